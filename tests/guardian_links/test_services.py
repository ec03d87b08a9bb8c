"""A student link from the application to its end: who may, what is found, what is told, what happens at the same moment."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa

from app.access.actor import acting_as
from app.access.session import system
from app.accounts.identity import IdentityChecksumWrong, IdentityNumber
from app.accounts.models import IdentityKind
from app.audit.models import AuditEntry
from app.extensions import db
from app.guardian_links import services
from app.guardian_links.models import GuardianLink, LinkStatus, Relationship
from app.guardian_links.services import Application
from app.notifications.models import OutboxMessage
from app.schools.models import Enrollment, School, Student

pytestmark = pytest.mark.every_database

IDENTITY = "A123456789"


@pytest.fixture
def ming(world) -> Application:
    """王小明 as he stands on the roll, typed by somebody."""
    return Application(
        school_id=world.schools["wenchang"],
        grade_level=5,
        class_name="一班",
        seat_number=12,
        student_name="王小明",
        student_key="1110500",
        birth_date=date(2015, 5, 6),
        relationship=Relationship.FATHER,
    )


@pytest.fixture
def pin(world, context):
    """林品妤 of 501 has an identity number on the roll."""
    with system("tests"):
        student = db.session.get(Student, world.students["林品妤"])
        student.identity_number_index = IdentityNumber(IdentityKind.NATIONAL_ID, IDENTITY).index
        student.identity_number_sealed = IdentityNumber(IdentityKind.NATIONAL_ID, IDENTITY).sealed
        db.session.commit()


def request(actor, application) -> GuardianLink:
    with acting_as(actor):
        link = services.request_link(actor, application)
        db.session.refresh(link)
        return link


def load(link_id: int) -> GuardianLink:
    with system("tests"):
        return db.session.get(GuardianLink, link_id)


def pending_link(world, student: str = "王小明") -> int:
    """parent_wang's application of the small world."""
    with system("tests"):
        return db.session.scalar(
            sa.select(GuardianLink.id).where(
                GuardianLink.student_id == world.students[student], GuardianLink.status == LinkStatus.PENDING
            )
        )


def letters() -> list[str]:
    with system("tests"):
        return list(db.session.scalars(sa.select(OutboxMessage.purpose).order_by(OutboxMessage.id)))


# ---------- applying ----------


def test_what_is_typed_finds_the_student_and_the_class(context, world, actor_of, ming):
    lin = actor_of("parent_lin")
    link = request(lin, replace(ming, seat_number=21, class_name="二班"))
    with acting_as(lin):
        assert link.status == LinkStatus.PENDING
        assert (link.student_id, link.class_id) == (world.students["王小明"], world.classes["501"])
        assert (link.typed_seat_number, link.typed_class_name, link.guardian_name) == (21, "二班", "林文彬")
    with system("tests"):
        assert db.session.scalars(sa.select(AuditEntry.action)).all() == ["request.guardian_link"]
    assert letters() == []


@pytest.mark.parametrize(
    ("changes", "student"),
    [
        ({"student_name": "王曉明"}, "王小明"),
        ({"birth_date": date(2015, 5, 16)}, "王小明"),
        ({"student_name": " 王 小明 "}, "王小明"),
        ({"student_name": "王曉明", "birth_date": date(2015, 5, 16)}, None),
        ({"student_key": "1110599"}, None),
        ({"student_key": "1110501"}, None),
    ],
    ids=["name", "birthday", "spaces", "neither", "unknown-number", "number-of-another"],
)
def test_the_key_counts_only_with_the_name_or_the_birthday(context, world, actor_of, ming, changes, student):
    lin = actor_of("parent_lin")
    link = request(lin, replace(ming, **changes))
    with acting_as(lin):
        assert link.student_id == (world.students[student] if student else None)
        assert link.class_id == world.classes["501"]


def test_a_child_that_does_not_exist_is_applied_for_like_any_other(context, world, actor_of, ming):
    lin = actor_of("parent_lin")
    link = request(lin, replace(ming, student_name="王小安", student_key="1119999", class_name="九班"))
    with acting_as(lin):
        assert (link.student_id, link.class_id, link.status) == (None, None, LinkStatus.PENDING)


def test_the_same_work_is_done_whether_the_child_exists_or_not(context, world, actor_of, ming, count_statements):
    lin = actor_of("parent_lin")
    counts = []
    for key in ("1110500", "1119999"):
        with count_statements() as statements:
            request(lin, replace(ming, student_key=key))
        counts.append([statement.split()[0] for statement in statements])
    assert counts[0] == counts[1]


def test_an_identity_number_finds_the_child_and_is_kept_masked(context, world, actor_of, ming, pin):
    lin = actor_of("parent_lin")
    link = request(lin, replace(ming, student_name="林品妤", student_key=" a123456789", birth_date=date(2014, 1, 1)))
    with acting_as(lin):
        assert link.student_id == world.students["林品妤"]
        assert link.typed_student_key == "A12****789"
        assert IDENTITY not in str(vars(link))


def test_an_identity_number_with_a_wrong_check_digit_is_refused(context, actor_of, ming):
    lin = actor_of("parent_lin")
    with pytest.raises(IdentityChecksumWrong):
        request(lin, replace(ming, student_key="A123456788"))


def test_a_foreign_identity_number_of_nobody_is_kept_masked(context, actor_of, ming):
    lin = actor_of("parent_lin")
    link = request(lin, replace(ming, student_key="XB1234567"))
    with acting_as(lin):
        assert "1234" not in link.typed_student_key


@pytest.mark.parametrize("key", ["1110500", "1119999"], ids=["exists", "does-not-exist"])
def test_the_same_child_cannot_be_applied_for_twice(context, actor_of, ming, key):
    lin = actor_of("parent_lin")
    request(lin, replace(ming, student_key=key))
    with pytest.raises(services.AlreadyApplied):
        request(lin, replace(ming, student_key=f" {key} ", seat_number=1, student_name="王大明"))


def test_an_approved_child_cannot_be_applied_for_under_another_key(context, world, actor_of, ming, pin):
    chen = actor_of("parent_chen")
    with pytest.raises(services.AlreadyApplied):
        request(chen, ming)


def test_another_key_of_a_waiting_child_tells_nothing(context, world, actor_of, ming, pin):
    """«Applied already» would tell that the number and the identity number belong to one child of this school."""
    lin = actor_of("parent_lin")
    first = request(lin, replace(ming, student_name="林品妤", student_key="1110501"))
    second = request(lin, replace(ming, student_name="林品妤", student_key=IDENTITY))
    with acting_as(lin):
        assert first.student_id == world.students["林品妤"]
        assert (second.student_id, second.class_id) == (None, world.classes["501"])


@pytest.mark.parametrize("end", ["withdrawn", "rejected"])
def test_after_a_withdrawal_or_a_refusal_one_may_apply_again(context, actor_of, ming, end):
    lin, teacher = actor_of("parent_lin"), actor_of("teacher_501")
    link_id = request(lin, ming).id
    if end == "withdrawn":
        with acting_as(lin):
            services.withdraw_link(lin, db.session.get(GuardianLink, link_id))
    else:
        with acting_as(teacher):
            services.reject_link(teacher, db.session.get(GuardianLink, link_id), "座號不符")
    assert request(lin, ming).id != link_id


@pytest.mark.parametrize("school", ["wuling", "bureau", None])
def test_a_closed_school_is_refused(context, world, actor_of, ming, school):
    lin = actor_of("parent_lin")
    with pytest.raises(services.SchoolTakesNoApplications):
        request(lin, replace(ming, school_id=world.schools[school] if school else 999_999))


def test_a_school_that_closes_meanwhile_is_refused(context, world, actor_of, ming):
    with system("tests"):
        db.session.get(School, world.schools["wenchang"]).accepts_link_requests = False
        db.session.commit()
    with pytest.raises(services.SchoolTakesNoApplications):
        request(actor_of("parent_lin"), ming)


@pytest.mark.parametrize("person", ["citizen_wu", "teacher_501", "manager_wc", "city_admin"])
def test_only_guardians_apply(context, actor_of, ming, person):
    with pytest.raises(services.LinkNotAllowed):
        request(actor_of(person), ming)


def test_one_guardian_has_only_so_many_waiting(context, actor_of, ming):
    lin = actor_of("parent_lin")
    for number in range(services.MOST_PENDING):
        request(lin, replace(ming, student_key=f"9{number:06}"))
    with pytest.raises(services.TooManyPending):
        request(lin, ming)


def test_two_windows_at_the_same_moment_file_one_application(flask_app, world, actor_of, ming):
    lin = actor_of("parent_lin")

    def send() -> str:
        services.request_link(lin, ming)
        return "filed"

    assert sorted(at_the_same_moment(flask_app, [(lin, send), (lin, send)])) == ["AlreadyApplied", "filed"]


# ---------- deciding ----------


@pytest.mark.parametrize(
    ("person", "may"),
    [("teacher_501", True), ("manager_wc", True), ("lead_wc", True)]
    + [(person, False) for person in ("teacher_502", "registrar_wc", "counselor_wc", "city_admin", "manager_zx")]
    + [(person, False) for person in ("parent_wang", "parent_chen", "citizen_wu", "personnel_wc")],
)
def test_who_may_decide(context, world, actor_of, person, may):
    actor = actor_of(person)
    link_id = pending_link(world)
    with system("tests"):
        link = db.session.get(GuardianLink, link_id)
        db.session.expunge(link)
    with acting_as(actor):
        if may:
            link = db.session.get(GuardianLink, link_id)
            services.approve_link(actor, link)
            assert link.status == LinkStatus.APPROVED
            assert link.decided_by_name == actor.full_name
        else:
            for act in (services.approve_link, lambda a, b: services.reject_link(a, b, "不符")):
                with pytest.raises((services.LinkNotAllowed, services.StudentHasLeft)):
                    act(actor, link)
    assert load(link_id).status == (LinkStatus.APPROVED if may else LinkStatus.PENDING)


def test_an_approved_guardian_sees_the_child_and_gets_a_letter(context, world, actor_of):
    teacher, wang, link_id = actor_of("teacher_501"), actor_of("parent_wang"), pending_link(world)
    with acting_as(teacher):
        services.approve_link(teacher, db.session.get(GuardianLink, link_id))
    with acting_as(wang):
        assert set(db.session.scalars(sa.select(Student.full_name))) == {"李宥廷", "王小明"}
    with system("tests"):
        letter = db.session.scalars(sa.select(OutboxMessage)).one()
        assert (letter.purpose, letter.receiver, letter.guardian_link_id) == (
            "link_approved",
            "parent_wang@example.org",
            link_id,
        )
        assert db.session.scalars(sa.select(AuditEntry.action)).all() == ["approve.guardian_link"]


def test_a_refusal_needs_a_reason_and_tells_it(context, world, actor_of):
    teacher, link_id = actor_of("teacher_501"), pending_link(world)
    with acting_as(teacher):
        link = db.session.get(GuardianLink, link_id)
        with pytest.raises(services.ReasonMissing):
            services.reject_link(teacher, link, "")
        services.reject_link(teacher, link, "班級與學籍不符")
        assert (link.status, link.reason) == (LinkStatus.REJECTED, "班級與學籍不符")
    assert letters() == ["link_rejected"]


def test_an_application_that_nobody_matches_can_only_be_refused(context, world, actor_of, ming):
    manager = actor_of("manager_wc")
    link_id = request(actor_of("parent_lin"), replace(ming, student_key="1119999")).id
    with acting_as(manager):
        link = db.session.get(GuardianLink, link_id)
        with pytest.raises(services.NobodyMatches):
            services.approve_link(manager, link)
        services.reject_link(manager, link, "查無此學生")
        assert link.status == LinkStatus.REJECTED


def test_a_student_who_left_meanwhile_cannot_be_approved(context, world, actor_of):
    manager, link_id = actor_of("manager_wc"), pending_link(world)
    with system("tests"):
        db.session.execute(
            sa.update(Enrollment).where(Enrollment.student_id == world.students["王小明"]).values(ended_on=date(2026, 9, 1))
        )
        db.session.commit()
    with acting_as(manager), pytest.raises(services.StudentHasLeft):
        services.approve_link(manager, db.session.get(GuardianLink, link_id))


def test_a_decided_link_is_not_decided_again(context, world, actor_of):
    teacher, link_id = actor_of("teacher_501"), pending_link(world)
    with acting_as(teacher):
        link = db.session.get(GuardianLink, link_id)
        services.reject_link(teacher, link, "不符")
        with pytest.raises(services.LinkAlreadyDecided):
            services.approve_link(teacher, link)
    assert (load(link_id).status, letters()) == (LinkStatus.REJECTED, ["link_rejected"])


def test_of_two_who_decide_at_the_same_moment_one_wins_and_the_other_is_told(flask_app, world, actor_of):
    teacher, manager = actor_of("teacher_501"), actor_of("manager_wc")
    with flask_app.app_context():
        link_id = pending_link(world)

    def approve() -> str:
        services.approve_link(teacher, db.session.get(GuardianLink, link_id))
        return "approved"

    def reject() -> str:
        services.reject_link(manager, db.session.get(GuardianLink, link_id), "不符")
        return "rejected"

    told = at_the_same_moment(flask_app, [(teacher, approve), (manager, reject)])
    assert sorted(told)[0] == "LinkAlreadyDecided"
    with flask_app.app_context():
        status = load(link_id).status
        assert status.value in told
        assert letters() == [f"link_{status.value}"]
        with system("tests"):
            assert db.session.scalar(sa.select(sa.func.count(AuditEntry.id))) == 1


# ---------- ending ----------


def approved_link(world, person: str, student: str) -> int:
    with system("tests"):
        return db.session.scalar(
            sa.select(GuardianLink.id).where(
                GuardianLink.account_id == world.accounts[person], GuardianLink.student_id == world.students[student]
            )
        )


def test_a_guardian_ends_the_own_link_and_sees_nothing_from_then_on(context, world, actor_of):
    chen, link_id = actor_of("parent_chen"), approved_link(world, "parent_chen", "王小明")
    with acting_as(chen):
        services.withdraw_link(chen, db.session.get(GuardianLink, link_id))
        db.session.expunge_all()
        assert set(db.session.scalars(sa.select(Student.full_name))) == {"王小華"}
    assert letters() == []


def test_the_school_ends_a_link_with_a_reason_and_the_guardian_gets_a_letter(context, world, actor_of):
    teacher, link_id = actor_of("teacher_501"), approved_link(world, "parent_chen", "王小明")
    with acting_as(teacher):
        link = db.session.get(GuardianLink, link_id)
        with pytest.raises(services.ReasonMissing):
            services.end_link(teacher, link, "")
        services.end_link(teacher, link, "監護權變更")
        assert (link.status, link.reason) == (LinkStatus.ENDED, "監護權變更")
        with pytest.raises(services.LinkAlreadyDecided):
            services.end_link(teacher, link, "監護權變更")
    assert letters() == ["link_ended"]


@pytest.mark.parametrize("person", ["parent_lin", "teacher_501", "manager_wc", "city_admin"])
def test_nobody_else_withdraws_for_a_guardian(context, world, actor_of, person):
    actor, link_id = actor_of(person), approved_link(world, "parent_chen", "王小明")
    link = load(link_id)
    with acting_as(actor), pytest.raises(services.LinkNotAllowed):
        services.withdraw_link(actor, link)
    assert load(link_id).status == LinkStatus.APPROVED


def at_the_same_moment(flask_app, deeds) -> list[str]:
    """Do all deeds in threads that start together; what each returned, or the name of what it raised."""
    barrier = threading.Barrier(len(deeds))
    told: list[str] = []

    def run(actor, deed) -> None:
        with flask_app.app_context(), acting_as(actor):
            barrier.wait()
            try:
                told.append(deed())
            except Exception as error:  # noqa: BLE001 (the name is the result)
                db.session.rollback()
                told.append(type(error).__name__)

    threads = [threading.Thread(target=run, args=deed) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told
