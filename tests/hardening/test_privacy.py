"""P04 and P07: what ends, ends at once and everywhere; what moves on, moves with the child."""

from __future__ import annotations

from io import BytesIO

import pytest
import sqlalchemy as sa

from app.access.actor import acting_as
from app.access.session import system
from app.attachments.models import Attachment
from app.extensions import db
from app.guardian_links import protection, services
from app.guardian_links.models import GuardianLink, LinkStatus
from app.model_types import today
from app.notifications.delivery import deliver_due
from app.notifications.models import OutboxChannel, OutboxMessage, OutboxStatus
from app.notifications.outbox import send_letter, send_sms
from app.schools.models import Enrollment, StudentStatus
from tests.attachments import samples
from tests.contact_books.test_writing import HOME as BOOK
from tests.contact_books.test_writing import form as book_form
from tests.world import add_link

MING = "王小明"


def link_id_of(world, username: str = "parent_chen", student: str = MING) -> int:
    return db.session.scalar(
        sa.select(GuardianLink.id).where(
            GuardianLink.account_id == world.accounts[username], GuardianLink.student_id == world.students[student]
        )
    )


@pytest.fixture
def addresses(client_as, flask_app, world) -> list[str]:
    """Every address by which a linked guardian reads of 王小明, an attachment of his class included."""
    sent = book_form(world, lines=[("homework", "練習卷", {"files": [(BytesIO(samples.PDF), "練習卷.pdf")]})])
    assert client_as("teacher_501").post(BOOK + "add", data=sent).status_code == 302
    with flask_app.app_context(), system("tests"):
        attachment = db.session.query(Attachment.id).one()[0]
    child = f"/portal/children/{world.students[MING]}"
    return [
        f"{child}/",
        f"{child}/records",
        f"{child}/bulletins",
        f"{child}/bulletins/{world.bulletins['501']}",
        f"{child}/contact-book",
        f"{child}/threads/homeroom",
        f"{child}/threads/academic_affairs",
        f"{child}/threads/counseling",
        f"/attachments/{attachment}",
    ]


def refuse(actor, link):
    services.reject_link(actor, link, "座號不符")


def end(actor, link):
    services.end_link(actor, link, "已離校")


def protect(actor, link):
    protection.place_mark(actor, link, "家護字第 117 號")


@pytest.mark.every_database
@pytest.mark.parametrize(
    "closed_by", ["nobody yet", refuse, end, protect, "the guardian"], ids=lambda each: getattr(each, "__name__", each)
)
def test_p04_pages_attachments_letters_and_sms_stop_in_the_same_moment(
    client_as, flask_app, world, actor_of, addresses, closed_by
):
    """The browser stays open and signed in; its letters and SMS are queued already."""
    waits = closed_by in ("nobody yet", refuse)
    guardian, manager = client_as("parent_lin"), actor_of("manager_wc")
    with flask_app.app_context(), system("tests"):
        link_id = add_link(world, "parent_lin", MING, "501", LinkStatus.PENDING if waits else LinkStatus.APPROVED)
        send_letter("lin@example.org", "link_approved", "en", guardian_link_id=link_id, guardian_name="L",
                    student_name=MING, school_name="S")  # fmt: skip
        send_sms("+886912345678", "first_password", "en", guardian_link_id=link_id, temporary_password=MING)
        db.session.commit()
    if not waits:
        assert [guardian.get(address).status_code for address in addresses] == [200] * len(addresses)
    if closed_by == "the guardian":
        assert guardian.post(f"/portal/links/{link_id}/end").status_code == 302
    elif callable(closed_by):
        with flask_app.app_context(), acting_as(manager):
            closed_by(manager, db.session.scalars(sa.select(GuardianLink).where(GuardianLink.id == link_id)).one())

    assert [guardian.get(address).status_code for address in addresses] == [404] * len(addresses)
    thread = f"/portal/children/{world.students[MING]}/threads/homeroom"
    assert guardian.post(thread, data={"body": "還在嗎？", "send_key": "k"}).status_code == 404
    assert "公告內容" not in guardian.get("/portal/").text
    with flask_app.app_context(), system("tests"):
        deliver_due(OutboxChannel.SMS)
        deliver_due(OutboxChannel.EMAIL)
        queued = db.session.scalars(sa.select(OutboxMessage).where(OutboxMessage.guardian_link_id == link_id)).all()
        told = {message.channel.value: message.status for message in queued}
        assert told["sms"] == OutboxStatus.DROPPED
        # what tells of the application itself may go while it waits
        assert told["email"] == (OutboxStatus.SENT if closed_by == "nobody yet" else OutboxStatus.DROPPED)
        assert all(message.content_sealed == "" for message in queued)


def test_p04_a_guardian_under_a_protection_mark_finds_no_trace_of_it(client_as, flask_app, world, actor_of, addresses):
    guardian, manager = client_as("parent_chen"), actor_of("manager_wc")
    with flask_app.app_context(), acting_as(manager):
        protect(manager, db.session.get(GuardianLink, link_id_of(world)))
    assert {guardian.get(address).status_code for address in addresses} == {404}
    for page in ("/portal/", "/portal/links/", "/portal/children/"):
        text = guardian.get(page, follow_redirects=True).text
        assert "保護" not in text
        assert "117" not in text
    with flask_app.app_context(), system("tests"):
        assert db.session.scalars(sa.select(OutboxMessage.id)).all() == []


# ---------- P07 ----------


def seat_of(world, student: str = MING) -> int:
    with system("tests"):
        return db.session.scalar(
            sa.select(Enrollment.id).where(Enrollment.student_id == world.students[student], Enrollment.ended_on.is_(None))
        )


def sees(client, world) -> set[str]:
    """What of 王小明 a member of staff finds on the screens."""
    pages = {
        "student": f"/sso/students/show/{world.students[MING]}",
        "thread": f"/student-affairs/threads/homeroom/?student_id={world.students[MING]}",
        "links": "/student-affairs/links/linked",
    }
    return {name for name, path in pages.items() if MING in client.get(path).text}


def test_p07_a_change_of_class_takes_the_child_from_one_teacher_to_the_other(client_as, flask_app, world):
    old, new, registrar = client_as("teacher_501"), client_as("teacher_502"), client_as("only_registrar_wc")
    assert "student" in sees(old, world)
    assert "links" in sees(old, world)
    assert sees(new, world) == set()
    with flask_app.app_context():
        seat = seat_of(world)
    day = today().isoformat()
    kept = {"school_class": world.classes["501"], "seat_number": "12", "started_on": "2026-08-01"}
    assert registrar.post(f"/sso/enrollments/edit/{seat}", data={**kept, "ended_on": day}).status_code == 302
    assert sees(old, world) == set()
    added = {"student": world.students[MING], "school_class": world.classes["502"], "seat_number": "30", "started_on": day}
    assert registrar.post("/sso/enrollments/add", data=added).status_code == 302
    assert sees(old, world) == set()
    assert {"student", "links"} <= sees(new, world)
    guardian = client_as("parent_chen")
    child = f"/portal/children/{world.students[MING]}"
    assert guardian.get(f"{child}/records").status_code == 200
    assert guardian.get(f"{child}/bulletins/{world.bulletins['501']}").status_code == 404
    assert guardian.get(f"{child}/bulletins/{world.bulletins['502']}").status_code == 200


@pytest.mark.every_database
@pytest.mark.parametrize("status", [StudentStatus.GRADUATED, StudentStatus.TRANSFERRED], ids=str)
def test_p07_who_graduates_or_leaves_is_out_of_reach_of_teacher_and_guardian(client_as, flask_app, world, addresses, status):
    registrar, guardian, teacher = client_as("only_registrar_wc"), client_as("parent_chen"), client_as("teacher_501")
    facts = {"student_number": "1110500", "full_name": MING, "birth_date": "2015-05-06", "status": status.value}
    assert registrar.post(f"/sso/students/edit/{world.students[MING]}", data=facts).status_code == 302
    assert {guardian.get(address).status_code for address in addresses} == {404}
    assert sees(teacher, world) == set()
    with flask_app.app_context(), system("tests"):
        links = dict(
            db.session.execute(
                sa.select(GuardianLink.guardian_name, GuardianLink.status).where(
                    GuardianLink.student_id == world.students[MING]
                )
            ).all()
        )
        assert links == {"陳美玲": LinkStatus.ENDED, "王志強": LinkStatus.REJECTED}
        letters = dict(db.session.execute(sa.select(OutboxMessage.receiver, OutboxMessage.purpose)).all())
    assert letters == {"parent_chen@example.org": "link_ended", "parent_wang@example.org": "link_rejected"}
    assert guardian.get(f"/portal/children/{world.students['王小華']}/records").status_code == 200
