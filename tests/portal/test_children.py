"""Who a guardian's children are, and that asking costs one statement."""

from __future__ import annotations

import pytest

from app.access.actor import acting_as
from app.conversations.models import Channel
from app.portal.queries import Child, children_of


def _names(children):
    return [(child.name, child.school_name, child.class_label, child.variant) for child in children]


@pytest.mark.every_database
def test_a_guardian_has_the_children_of_approved_links_alone(context, actor_of, count_statements):
    chen, wang, lin = actor_of("parent_chen"), actor_of("parent_wang"), actor_of("parent_lin")
    with acting_as(chen), count_statements() as statements:
        children = children_of(chen)
    assert _names(children) == [("王小明", "文昌國小", "五年一班", "a"), ("王小華", "中興國中", "七年一班", "b")]
    assert children[0].open_channels == set(Channel)
    assert len(statements) == 1
    with acting_as(wang):
        assert [child.name for child in children_of(wang)] == ["李宥廷"]
    with acting_as(lin), count_statements() as statements:
        assert children_of(lin) == []
    assert not statements


@pytest.mark.parametrize(
    ("name", "mark"),
    [("王小明", "明"), ("Emma Johnson", "E"), ("𡍼𠮷", "𠮷"), ("葛\U000e0101", "葛\U000e0101"), ("李", "李"), ("", "")],
)
def test_the_name_tag_shows_one_character(name, mark):
    child = Child(1, name, "a", 1, "", None, "", frozenset())
    assert child.mark == mark


def test_pages_of_one_child_answer_404_for_other_children(client_as, world):
    client = client_as("parent_wang")
    assert client.get(f"/portal/children/{world.students['李宥廷']}/").status_code == 200
    for student_id in (world.students["王小明"], 0, 999999, 10**30):
        assert client.get(f"/portal/children/{student_id}/").status_code == 404
