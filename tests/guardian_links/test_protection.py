"""A protection order: one guardian is kept away at once and unawares, the manager knows, the others notice nothing."""

from __future__ import annotations

import json
from datetime import date

import pytest
import sqlalchemy as sa

from app.access.actor import acting_as
from app.access.session import system
from app.accounts.models import AccountProfile
from app.audit.models import AuditEntry
from app.crypto.sealing import open_sealed
from app.extensions import db
from app.guardian_links import following, protection, services
from app.guardian_links.models import GuardianLink, LinkStatus, ProtectionMark, Relationship
from app.guardian_links.services import Application
from app.notifications.models import OutboxMessage
from app.schools.models import StudentStatus
from tests.world import World, add_link

REASON = "家護字第 117 號，至 116 年 5 月"


def link_of(world: World, username: str = "parent_chen", student: str = "王小明") -> int:
    with system("tests"):
        return db.session.scalars(
            sa.select(GuardianLink.id)
            .where(GuardianLink.account_id == world.accounts[username], GuardianLink.student_id == world.students[student])
            .order_by(GuardianLink.id.desc())
        ).first()


def load(link_id: int) -> GuardianLink:
    db.session.rollback()
    with system("tests"):
        link = db.session.scalars(sa.select(GuardianLink).where(GuardianLink.id == link_id)).one()
        db.session.expunge(link)
        return link


def place(actor, link_id: int) -> int:
    with acting_as(actor):
        link = db.session.scalars(sa.select(GuardianLink).where(GuardianLink.id == link_id)).one()
        mark_id = protection.place_mark(actor, link, REASON).id
        db.session.expunge_all()
        return mark_id


def apply_again(actor, world: World, **changes) -> int:
    typed = {
        "school_id": world.schools["wenchang"],
        "grade_level": 5,
        "class_name": "一班",
        "seat_number": 12,
        "student_name": "王小明",
        "student_key": "1110500",
        "birth_date": date(2015, 5, 6),
        "relationship": Relationship.MOTHER,
    }
    with acting_as(actor):
        link_id = services.request_link(actor, Application(**{**typed, **changes})).id
        db.session.expunge_all()
        return link_id


@pytest.mark.every_database
@pytest.mark.parametrize("person", ["manager_wc", "only_registrar_wc", "city_admin"])
def test_the_link_ends_at_once_without_a_letter_and_without_the_reason(context, world, actor_of, person):
    link_id = link_of(world)
    mark_id = place(actor_of(person), link_id)
    link = load(link_id)
    assert (link.status, link.ended_at is not None) == (LinkStatus.ENDED, True)
    assert REASON not in link.reason
    with system("tests"):
        assert db.session.scalars(sa.select(OutboxMessage.id)).all() == []
        entry = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "place.protection_mark")).one()
        assert (entry.object_id, entry.username, REASON in entry.detail) == (str(mark_id), person, False)


@pytest.mark.parametrize("person", ["teacher_501", "counselor_wc", "only_instruction_wc", "manager_zx", "parent_chen"])
def test_nobody_else_sets_a_mark(context, world, actor_of, person):
    link, actor = load(link_of(world)), actor_of(person)
    with acting_as(actor), pytest.raises(services.LinkNotAllowed):
        protection.place_mark(actor, link, REASON)
    assert load(link.id).status == LinkStatus.APPROVED


def test_a_mark_needs_a_reason_and_is_set_once(context, world, actor_of):
    manager, link_id = actor_of("manager_wc"), link_of(world)
    with acting_as(manager), pytest.raises(services.ReasonMissing):
        protection.place_mark(manager, load(link_id), "")
    place(manager, link_id)
    with pytest.raises(protection.AlreadyProtected):
        place(manager, link_id)


def test_other_guardians_and_other_children_are_not_touched(context, world, actor_of):
    with system("tests"):
        other = add_link(world, "parent_lin", "王小明", "501", LinkStatus.APPROVED)
        db.session.commit()
    place(actor_of("manager_wc"), link_of(world))
    assert load(other).status == LinkStatus.APPROVED
    assert load(link_of(world, "parent_chen", "王小華")).status == LinkStatus.APPROVED
    assert load(link_of(world, "parent_wang", "王小明")).held_for_manager is False


@pytest.mark.every_database
def test_a_new_application_lies_before_the_manager_alone_and_tells_the_guardian_nothing(
    context, world, actor_of, count_statements
):
    chen, lin = actor_of("parent_chen"), actor_of("parent_lin")
    place(actor_of("manager_wc"), link_of(world))
    with count_statements() as of_anybody:
        apply_again(lin, world)
    with count_statements() as of_the_marked:
        link_id = apply_again(chen, world)
    assert [each.split()[0] for each in of_the_marked] == [each.split()[0] for each in of_anybody]
    link = load(link_id)
    assert (link.status, link.student_id, link.reason) == (LinkStatus.PENDING, world.students["王小明"], "")
    assert (link.held_for_manager, link.class_id) == (True, None)
    with acting_as(chen):
        assert db.session.scalars(sa.select(ProtectionMark)).all() == []
    teacher = actor_of("teacher_501")
    with acting_as(teacher):
        assert db.session.scalar(sa.select(GuardianLink.id).where(GuardianLink.id == link_id)) is None
        assert db.session.scalars(sa.select(ProtectionMark)).all() == []


def test_the_manager_cannot_approve_while_the_mark_stands(context, world, actor_of):
    manager = actor_of("manager_wc")
    mark_id = place(manager, link_of(world))
    link_id = apply_again(actor_of("parent_chen"), world)
    with acting_as(manager):
        link = db.session.scalars(sa.select(GuardianLink).where(GuardianLink.id == link_id)).one()
        assert [mark.id for mark in protection.marks_on_application(link)] == [mark_id]
        with pytest.raises(services.UnderProtection):
            services.approve_link(manager, link)
    assert load(link_id).status == LinkStatus.PENDING


@pytest.mark.parametrize("known_by", ["identity number", "name"])
def test_another_account_of_the_same_person_is_recognised(context, world, actor_of, known_by):
    place(actor_of("manager_wc"), link_of(world))
    with system("tests"):
        chen = db.session.get(AccountProfile, world.accounts["parent_chen"])
        lin = db.session.get(AccountProfile, world.accounts["parent_lin"])
        if known_by == "name":
            lin.full_name = f" {chen.full_name} "
        else:
            mark = db.session.scalars(sa.select(ProtectionMark)).one()
            mark.identity_number_index = lin.identity_number_index
        db.session.commit()
    link_id = apply_again(actor_of("parent_lin"), world)
    assert load(link_id).held_for_manager is True
    manager = actor_of("manager_wc")
    with acting_as(manager):
        link = db.session.scalars(sa.select(GuardianLink).where(GuardianLink.id == link_id)).one()
        if known_by == "name":  # two people may share a name: the manager tells them apart
            services.approve_link(manager, link)
        else:
            with pytest.raises(services.UnderProtection):
                services.approve_link(manager, link)


def test_a_mistyped_child_is_still_known_by_its_name(context, world, actor_of):
    place(actor_of("manager_wc"), link_of(world))
    link = load(apply_again(actor_of("parent_chen"), world, student_key="9999999"))
    assert (link.student_id, link.held_for_manager, link.class_id) == (None, True, None)


def test_an_application_that_waits_already_is_taken_from_the_teacher(context, world, actor_of):
    waiting = link_of(world, "parent_wang", "王小明")
    place(actor_of("manager_wc"), waiting)
    link = load(waiting)
    assert (link.status, link.held_for_manager, link.class_id) == (LinkStatus.PENDING, True, None)


def test_a_teacher_who_had_the_page_open_cannot_approve_any_more(context, world, actor_of):
    waiting, teacher = link_of(world, "parent_wang", "王小明"), actor_of("teacher_501")
    seen = load(waiting)
    place(actor_of("manager_wc"), waiting)
    with acting_as(teacher), pytest.raises((services.UnderProtection, services.LinkNotAllowed)):
        services.approve_link(teacher, seen)
    assert load(waiting).status == LinkStatus.PENDING


def test_neither_a_move_nor_a_leaving_of_the_child_reaches_the_guardian(context, world, actor_of):
    place(actor_of("manager_wc"), link_of(world))
    link_id, child = apply_again(actor_of("parent_chen"), world), world.students["王小明"]
    with system("tests"):
        following.follow([child])
        following.end_links_of_leavers([child], StudentStatus.TRANSFERRED)
        db.session.commit()
        assert "parent_chen@example.org" not in db.session.scalars(sa.select(OutboxMessage.receiver)).all()
    link = load(link_id)
    assert (link.status, link.class_id, link.reason) == (LinkStatus.PENDING, None, "")


def test_lifting_brings_no_link_back_and_lets_the_class_review_again(context, world, actor_of):
    manager, registrar = actor_of("manager_wc"), actor_of("only_registrar_wc")
    mark_id = place(manager, link_of(world))
    link_id = apply_again(actor_of("parent_chen"), world)
    with acting_as(registrar):
        mark = db.session.scalars(sa.select(ProtectionMark)).one()
        with pytest.raises(services.ReasonMissing):
            protection.lift_mark(registrar, mark, "")
        protection.lift_mark(registrar, mark, "保護令已失效")
        with pytest.raises(protection.AlreadyLifted):
            protection.lift_mark(registrar, db.session.scalars(sa.select(ProtectionMark)).one(), "再一次")
    link = load(link_id)
    assert (link.status, link.held_for_manager, link.class_id) == (LinkStatus.PENDING, False, world.classes["501"])
    with system("tests"):
        entry = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "lift.protection_mark")).one()
        assert (entry.object_id, entry.username) == (str(mark_id), "only_registrar_wc")
    teacher = actor_of("teacher_501")
    with acting_as(teacher):
        services.approve_link(teacher, db.session.scalars(sa.select(GuardianLink).where(GuardianLink.id == link_id)).one())


# ---------- the pages ----------


def test_mark_and_reason_stand_before_the_manager_and_nowhere_before_the_guardian(client_as, context, world, actor_of):
    manager, guardian = client_as("manager_wc"), client_as("parent_chen")
    address = f"/student-affairs/protection/{link_of(world)}/place"
    assert "陳美玲" in manager.get(address).text
    answer = manager.post(address, data={"reason": REASON}, follow_redirects=True)
    assert REASON in answer.text
    link_id = apply_again(actor_of("parent_chen"), world)
    review = manager.get(f"/student-affairs/links/{link_id}")
    assert REASON in review.text
    refused = manager.post(f"/student-affairs/links/{link_id}", data={"decision": "approve", "reason": ""})
    assert refused.status_code == 200
    page = guardian.get("/portal/links/")
    assert REASON not in page.text
    assert "保護" not in page.text
    assert load(link_id).status == LinkStatus.PENDING
    for teacher in ("teacher_501", "counselor_wc"):
        assert client_as(teacher).get("/student-affairs/protection/").status_code == 403


def test_a_rejected_application_under_a_mark_writes_the_managers_words_alone(context, world, actor_of):
    manager = actor_of("manager_wc")
    place(manager, link_of(world))
    link_id = apply_again(actor_of("parent_chen"), world)
    with acting_as(manager):
        link = db.session.scalars(sa.select(GuardianLink).where(GuardianLink.id == link_id)).one()
        services.reject_link(manager, link, "請洽學校")
    with system("tests"):
        letter = json.loads(open_sealed(db.session.scalars(sa.select(OutboxMessage.content_sealed)).one()))
    assert "請洽學校" in letter["text"]
    assert REASON not in str(letter)


def test_another_schools_mark_is_not_there(client_as, context, world, actor_of):
    mark_id = place(actor_of("manager_wc"), link_of(world))
    other = client_as("manager_zx")
    assert REASON not in other.get("/student-affairs/protection/").text
    assert other.post(f"/student-affairs/protection/{mark_id}/lift", data={"reason": "x"}).status_code == 404
    assert other.post(f"/student-affairs/protection/{link_of(world)}/place", data={"reason": "x"}).status_code == 404
