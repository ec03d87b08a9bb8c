"""Each person sees the rows of the scope tables and no others."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.access.actor import NoActor, acting_as
from app.access.session import OutOfScope, ScopeEscape, system
from app.accounts.models import PlacementRequest, PlacementRequestStatus
from app.bulletins.models import Bulletin
from app.conversations.models import Conversation, Message
from app.extensions import db
from app.guardian_links.models import GuardianLink, LinkStatus
from app.schools.models import SchoolClass, Student
from app.student_records.models import TermGrade

pytestmark = pytest.mark.every_database

STUDENTS = {
    "parent_chen": {"王小明", "王小華"},
    "parent_lin": set(),
    "parent_wang": {"李宥廷"},
    "citizen_wu": set(),
    "teacher_501": {"王小明", "林品妤"},
    "teacher_502": {"李宥廷"},
    "teacher_701": {"王小華"},
    "lead_wc": {"王小明", "林品妤", "李宥廷", "張子晴"},
    "manager_wc": {"王小明", "林品妤", "李宥廷", "張子晴"},
    "registrar_wc": {"王小明", "林品妤", "李宥廷", "張子晴"},
    "counselor_wc": {"王小明", "林品妤", "李宥廷", "張子晴"},
    "personnel_wc": set(),
    "city_admin": {"王小明", "林品妤", "李宥廷", "張子晴", "王小華"},
}


@pytest.mark.parametrize("person", STUDENTS)
def test_a_person_sees_exactly_the_students_of_the_role(context, actor_of, person):
    with acting_as(actor_of(person)):
        assert set(db.session.scalars(sa.select(Student.full_name))) == STUDENTS[person]


CHANNELS = {
    "parent_chen": {"王小明": 3, "王小華": 3},
    "teacher_501": {"王小明": 1, "林品妤": 1},
    "lead_wc": {"王小明": 1, "林品妤": 1, "李宥廷": 1, "張子晴": 1},
    "manager_wc": {},
    "registrar_wc": {"王小明": 1, "林品妤": 1, "李宥廷": 1, "張子晴": 1},
    "only_registrar_wc": {},
    "only_instruction_wc": {},
    "counselor_wc": {"王小明": 1, "林品妤": 1, "李宥廷": 1, "張子晴": 1},
    "city_admin": {},
}


@pytest.mark.parametrize("person", CHANNELS)
def test_conversations_are_read_by_guardians_and_the_staff_of_the_channel_alone(context, world, actor_of, person):
    names = {number: name for name, number in world.students.items()}
    with acting_as(actor_of(person)):
        rows = db.session.execute(sa.select(Message.student_id, sa.func.count()).group_by(Message.student_id)).all()
    assert {names[student_id]: count for student_id, count in rows} == CHANNELS[person]


def test_counts_gets_aliases_and_relationships_carry_the_scope(context, world, actor_of):
    with acting_as(actor_of("parent_wang")):
        assert db.session.query(TermGrade).count() == 6
        assert db.session.get(Student, world.students["王小明"]) is None
        alias = sa.orm.aliased(Student)
        assert db.session.scalars(sa.select(alias.full_name)).all() == ["李宥廷"]
        grade = db.session.scalars(sa.select(TermGrade)).first()
        assert grade.student.full_name == "李宥廷"


def test_an_administrator_first_in_the_process_opens_nothing_to_a_guardian_after(context, actor_of):
    with acting_as(actor_of("city_admin")):
        assert db.session.query(TermGrade).count() == 30
    with acting_as(actor_of("parent_lin")):
        assert db.session.query(TermGrade).count() == 0


def test_nobody_acting_outside_a_request_is_an_error(context):
    with pytest.raises(NoActor):
        db.session.scalars(sa.select(Student)).all()


def test_core_and_text_statements_on_owned_tables_are_refused(context, actor_of):
    with acting_as(actor_of("teacher_501")):
        for statement in (sa.text("SELECT * FROM student"), sa.select(Student.__table__), sa.insert(Student.__table__)):
            with pytest.raises(ScopeEscape):
                db.session.execute(statement)


def test_what_system_loaded_is_forgotten_by_the_actor(context, world, actor_of):
    with acting_as(actor_of("parent_lin")):
        with system("tests"):
            assert db.session.get(Student, world.students["王小明"]) is not None
        assert db.session.get(Student, world.students["王小明"]) is None


def test_a_guardian_sees_a_mark_and_may_not_change_it(context, world, actor_of):
    with acting_as(actor_of("parent_chen")):
        grade = db.session.scalars(sa.select(TermGrade)).first()
        grade.score = 100
        with pytest.raises(OutOfScope):
            db.session.flush()


def test_a_teacher_may_not_move_a_bulletin_to_another_class(context, world, actor_of):
    with acting_as(actor_of("teacher_501")):
        bulletin = db.session.get(Bulletin, world.bulletins["501"])
        bulletin.class_id = world.classes["502"]
        with pytest.raises(OutOfScope):
            db.session.flush()


def test_bulk_updates_reach_only_what_may_be_written(context, world, actor_of):
    parent, manager = actor_of("parent_chen"), actor_of("manager_wc")
    with acting_as(parent):
        assert db.session.execute(sa.update(TermGrade).values(score=100)).rowcount == 0
    with acting_as(manager):
        assert db.session.execute(sa.update(TermGrade).values(score=70)).rowcount == 24
        with pytest.raises(ScopeEscape):
            db.session.execute(sa.update(TermGrade).values(student_id=1))


def test_a_closed_switch_hides_the_area_and_opening_it_brings_the_history_back(context, world, actor_of):
    from app.conversations.models import Channel, ChannelSwitch

    parent = actor_of("parent_chen")
    with system("tests"):
        switch = db.session.scalars(
            sa.select(ChannelSwitch).where(
                ChannelSwitch.class_id == world.classes["501"], ChannelSwitch.channel == Channel.HOMEROOM
            )
        ).one()
        switch.is_open = False
    db.session.commit()
    count = sa.select(sa.func.count()).select_from(Conversation).where(Conversation.student_id == world.students["王小明"])
    with acting_as(parent):
        assert db.session.scalar(count) == 2
    with system("tests"):
        db.session.execute(sa.update(ChannelSwitch).values(is_open=True))
    db.session.commit()
    with acting_as(parent):
        assert db.session.scalar(count) == 3


def test_a_manager_alone_has_no_homeroom_area_and_sees_every_class(context, actor_of):
    with acting_as(actor_of("manager_wc")):
        assert db.session.query(Bulletin).count() == 0
        assert db.session.query(SchoolClass).count() == 3
    with acting_as(actor_of("lead_wc")):
        assert db.session.query(Bulletin).count() == 3


def test_a_guardian_cannot_approve_an_own_application_even_through_a_hole_in_a_view(context, world, actor_of):
    waiting = sa.select(GuardianLink).where(GuardianLink.status == LinkStatus.PENDING)
    with acting_as(actor_of("parent_wang")):
        link = db.session.scalars(waiting).one()
        link.status = LinkStatus.APPROVED
        with pytest.raises(OutOfScope):
            db.session.commit()
        db.session.rollback()
        for values in ({"status": LinkStatus.APPROVED}, {"status": sa.literal("approved")}):
            assert not db.session.execute(sa.update(GuardianLink).values(values)).rowcount
        with pytest.raises(ScopeEscape):
            db.session.execute(sa.update(GuardianLink).where(GuardianLink.id == link.id), {"status": LinkStatus.APPROVED})
        db.session.rollback()
        assert db.session.scalars(waiting).one().status == LinkStatus.PENDING


def test_a_guardian_cannot_lead_an_approved_link_to_another_child(context, world, actor_of):
    with acting_as(actor_of("parent_chen")):
        link = db.session.scalars(sa.select(GuardianLink).where(GuardianLink.student_id == world.students["王小明"])).one()
        link.student_id = world.students["林品妤"]
        with pytest.raises(OutOfScope):
            db.session.commit()
        db.session.rollback()
        moved = sa.update(GuardianLink).values(student_id=world.students["林品妤"])
        assert not db.session.execute(moved.where(GuardianLink.status == LinkStatus.APPROVED)).rowcount


def test_a_guardian_cannot_make_an_approved_link_vanish(context, world, actor_of):
    approved = GuardianLink.status == LinkStatus.APPROVED
    with acting_as(actor_of("parent_chen")):
        assert not db.session.execute(sa.delete(GuardianLink).where(approved)).rowcount
        db.session.delete(db.session.scalars(sa.select(GuardianLink).where(approved)).first())
        with pytest.raises(OutOfScope):
            db.session.commit()


def test_a_guardian_ends_an_own_link_and_the_teacher_approves_the_waiting_one(context, world, actor_of):
    with acting_as(actor_of("parent_chen")):
        link = db.session.scalars(sa.select(GuardianLink).where(GuardianLink.student_id == world.students["王小明"])).one()
        link.status = LinkStatus.ENDED
        db.session.commit()
    with acting_as(actor_of("teacher_501")):
        waiting = db.session.scalars(sa.select(GuardianLink).where(GuardianLink.status == LinkStatus.PENDING)).one()
        waiting.status = LinkStatus.APPROVED
        db.session.commit()


def test_an_applicant_cannot_grant_the_own_placement(context, world, actor_of):
    with acting_as(actor_of("teacher_501")):
        db.session.add(
            PlacementRequest(
                account_id=world.accounts["teacher_501"],
                school_id=world.schools["wenchang"],
                username="teacher_501",
                applicant_name="導師",
                job_title="校長",
                status=PlacementRequestStatus.APPROVED,
            )
        )
        with pytest.raises(OutOfScope):
            db.session.commit()
