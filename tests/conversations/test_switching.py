"""「互動開關」: who turns it, what for, and that the history outlives it (B3.6–8)."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.access.actor import acting_as
from app.access.session import system
from app.audit.models import AuditEntry
from app.conversations.models import Channel, ChannelSwitch
from app.conversations.services import OutOfReach, close_channel, open_channel
from app.extensions import db
from app.portal.queries import children_of
from tests.conversations.rows import forget_switches

pytestmark = pytest.mark.every_database

WHO = [
    ("teacher_501", Channel.HOMEROOM, "501", True),
    ("teacher_501", Channel.HOMEROOM, "502", False),
    ("teacher_501", Channel.HOMEROOM, "701", False),
    ("lead_wc", Channel.HOMEROOM, "502", True),
    ("lead_wc", Channel.HOMEROOM, "701", False),
    ("manager_wc", Channel.HOMEROOM, "501", False),
    ("registrar_wc", Channel.HOMEROOM, "501", False),
    ("parent_chen", Channel.HOMEROOM, "501", False),
    ("registrar_wc", Channel.ACADEMIC_AFFAIRS, None, True),
    ("only_registrar_wc", Channel.ACADEMIC_AFFAIRS, None, False),
    ("only_instruction_wc", Channel.ACADEMIC_AFFAIRS, None, False),
    ("manager_wc", Channel.ACADEMIC_AFFAIRS, None, False),
    ("counselor_wc", Channel.ACADEMIC_AFFAIRS, None, False),
    ("counselor_wc", Channel.COUNSELING, None, True),
    ("teacher_501", Channel.COUNSELING, None, False),
    ("lead_wc", Channel.COUNSELING, None, False),
    ("city_admin", Channel.COUNSELING, None, False),
    # a class has no office's switch, a school no homeroom's
    ("counselor_wc", Channel.COUNSELING, "501", False),
    ("lead_wc", Channel.HOMEROOM, None, False),
]


@pytest.mark.parametrize("begun", [True, False], ids=["a row is there", "no row yet"])
def test_who_turns_which_switch(context, world, actor_of, begun):
    for person, channel, label, may in WHO:
        if not begun:
            forget_switches()
        actor, before = actor_of(person), _counts()
        class_id = world.classes[label] if label else None
        with acting_as(actor):
            if may:
                assert open_channel(actor, channel, class_id) is not begun
                assert close_channel(actor, channel, class_id)
                assert not close_channel(actor, channel, class_id)
                assert open_channel(actor, channel, class_id)
                assert _counts() == (before[0] + (not begun), before[1] + 3 - begun)
            else:
                for turn in (open_channel, close_channel):
                    with pytest.raises(OutOfReach):
                        turn(actor, channel, class_id)
                assert _counts() == before


def _counts() -> tuple[int, int]:
    """Switches, and entries about them in the audit log."""
    entries = sa.select(sa.func.count(AuditEntry.id)).where(AuditEntry.action.like("%.channel"))
    with system("tests"):
        return db.session.scalar(sa.select(sa.func.count(ChannelSwitch.id))), db.session.scalar(entries)


def test_a_number_that_is_no_class_is_refused(context, actor_of):
    actor = actor_of("teacher_501")
    for class_id in (0, -1, 10**30, 999_999):
        with acting_as(actor), pytest.raises(OutOfReach):
            open_channel(actor, Channel.HOMEROOM, class_id)


def test_closing_turns_one_area_of_one_class_off_and_opening_brings_it_back(context, world, actor_of):
    teacher, parent = actor_of("teacher_501"), actor_of("parent_chen")
    with acting_as(teacher):
        close_channel(teacher, Channel.HOMEROOM, world.classes["501"])
    with acting_as(parent):
        ming, hua = children_of(parent)
    assert ming.open_channels == {Channel.ACADEMIC_AFFAIRS, Channel.COUNSELING}
    assert hua.open_channels == set(Channel)
    with acting_as(teacher):
        open_channel(teacher, Channel.HOMEROOM, world.classes["501"])
    with acting_as(parent):
        assert children_of(parent)[0].open_channels == set(Channel)
