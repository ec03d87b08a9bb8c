"""Who a guardian's children are, and that asking costs one statement."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from app.access.actor import acting_as
from app.access.session import system
from app.conversations.models import Channel, ChannelSwitch
from app.extensions import db
from app.portal.queries import Child, children_of
from app.schools.models import Enrollment


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


# ---------- the areas ----------

AREAS = ("成績/出勤/獎懲", "班導師互動區", "班級公佈欄", "班級聯絡簿", "導師互動區", "教務處互動區", "輔導室互動區")


def areas_on(page: str) -> list[str]:
    """The areas in the main part of a page, in order."""
    main = page.split("<main", 1)[1]
    return [area for area in AREAS if f"<span>{area}</span>" in main]


def close(flask_app, channel: Channel) -> None:
    with flask_app.app_context(), system("tests"):
        db.session.execute(sa.update(ChannelSwitch).where(ChannelSwitch.channel == channel).values(is_open=False))
        db.session.commit()


def test_a_parent_of_several_children_picks_one_first(client_as, world):
    page = client_as("parent_chen").get("/portal/children/").get_data(as_text=True)
    assert f'href="/portal/children/{world.students["王小明"]}/"' in page
    assert f'href="/portal/children/{world.students["王小華"]}/"' in page


def test_a_parent_of_one_child_is_led_to_it(client_as, world):
    answer = client_as("parent_wang").get("/portal/children/")
    assert answer.location == f"/portal/children/{world.students['李宥廷']}/"


def test_a_parent_without_a_child_is_led_to_the_application(client_as):
    page = client_as("parent_lin").get("/portal/children/").get_data(as_text=True)
    assert '<a class="btn btn-primary" href="/portal/links/">學生連結申請</a>' in page


@pytest.mark.parametrize(
    ("channel", "absent"),
    [
        (None, set()),
        (Channel.HOMEROOM, {"導師互動區"}),
        (Channel.ACADEMIC_AFFAIRS, {"教務處互動區"}),
        (Channel.COUNSELING, {"輔導室互動區"}),
    ],
)
def test_an_area_that_is_switched_off_is_absent(flask_app, client_as, world, channel, absent):
    if channel:
        close(flask_app, channel)
    for path in (f"/portal/children/{world.students['李宥廷']}/", "/portal/"):
        page = client_as("parent_wang").get(path).get_data(as_text=True)
        present = set(areas_on(page)) | {"班導師互動區"}
        assert set(AREAS) - present == absent
        for area in absent:
            assert f"<span>{area}</span>" not in page


def test_a_child_without_a_class_keeps_the_records_and_the_offices(flask_app, client_as, world):
    with flask_app.app_context(), system("tests"):
        db.session.execute(
            sa.update(Enrollment).where(Enrollment.student_id == world.students["李宥廷"]).values(ended_on=date(2026, 9, 1))
        )
        db.session.commit()
    client = client_as("parent_wang")
    page = client.get(f"/portal/children/{world.students['李宥廷']}/").get_data(as_text=True)
    assert areas_on(page)[0] == "成績/出勤/獎懲"
    assert not {"班級公佈欄", "班級聯絡簿", "導師互動區"} & set(areas_on(page))
    assert client.get("/portal/children/go/contact-book").location.endswith(f"/{world.students['李宥廷']}/")
    assert client.get("/portal/").status_code == 200


@pytest.mark.parametrize(
    ("area", "path"),
    [("contact-book", "contact-book"), ("messages", "threads/homeroom"), ("records", "records")],
)
def test_the_bottom_bar_leads_to_the_chosen_child_else_to_the_first(client_as, world, area, path):
    client = client_as("parent_chen")
    ming, hua, foreign = (world.students[name] for name in ("王小明", "王小華", "李宥廷"))
    for query, student_id in (("", ming), (f"?child={hua}", hua), (f"?child={foreign}", ming), ("?child=\x00", ming)):
        answer = client.get(f"/portal/children/go/{area}{query}")
        assert answer.location == f"/portal/children/{student_id}/{path}"
    page = client.get(f"/portal/children/{hua}/records").get_data(as_text=True)
    assert f"/portal/children/go/{area}?child={hua}" in page


def test_the_way_to_messages_leads_to_the_first_open_channel(flask_app, client_as, world):
    client, student_id = client_as("parent_wang"), world.students["李宥廷"]
    for channel, path in (
        (Channel.HOMEROOM, "threads/academic_affairs"),
        (Channel.ACADEMIC_AFFAIRS, "threads/counseling"),
        (Channel.COUNSELING, ""),
    ):
        close(flask_app, channel)
        assert client.get("/portal/children/go/messages").location == f"/portal/children/{student_id}/{path}"


def test_the_picker_leads_to_the_areas_where_the_other_child_has_no_such_channel(flask_app, client_as, world):
    with flask_app.app_context(), system("tests"):
        db.session.execute(
            sa.update(ChannelSwitch)
            .where(ChannelSwitch.class_id == world.classes["701"], ChannelSwitch.channel == Channel.HOMEROOM)
            .values(is_open=False)
        )
        db.session.commit()
    ming, hua = world.students["王小明"], world.students["王小華"]
    page = client_as("parent_chen").get(f"/portal/children/{ming}/threads/homeroom").get_data(as_text=True)
    assert f'href="/portal/children/{hua}/"' in page
    assert f"/portal/children/{hua}/threads/homeroom" not in page


def test_an_unknown_way_is_404(client_as):
    assert client_as("parent_chen").get("/portal/children/go/nowhere").status_code == 404


def test_nobody_but_guardians_opens_the_areas(client_as, world):
    for person in ("citizen_wu", "teacher_501", "manager_wc", "city_admin"):
        for path in ("", f"{world.students['王小明']}/", f"{world.students['王小明']}/records", "go/records"):
            answer = client_as(person).get(f"/portal/children/{path}")
            assert answer.status_code in (302, 403, 404)
            assert "王小明" not in answer.get_data(as_text=True)
