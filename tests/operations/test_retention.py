"""The retention rules: said before done, exact to the day, in batches, audited; and the document that shows them."""

from __future__ import annotations

import os
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask_appbuilder import Model

from app.access.session import system
from app.accounts.models import Account
from app.attachments.models import Attachment
from app.attachments.storage import new_key, storage
from app.audit.models import AuditEntry
from app.bulletins.models import Bulletin
from app.contact_books.models import ContactBookEntry
from app.conversations.models import Conversation, Message
from app.extensions import db
from app.guardian_links.models import GuardianLink, LinkStatus, ProtectionMark
from app.model_types import now, today
from app.notifications.models import OutboxChannel, OutboxMessage, OutboxStatus
from app.operations import forgetting
from app.operations.forgetting import let_go, what_is_due
from app.operations.retention import DAY, HOLDERS, RULES, YEAR
from app.schools.models import Enrollment, Student, StudentStatus
from app.student_records.models import TermGrade

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "retention.md"


def table() -> str:
    lines = ["| rule | what | kept for | from the moment when | why |", "|---|---|---|---|---|"]
    lines += [f"| `{rule.name}` | {rule.what} | {rule.period} | {rule.since or '—'} | {rule.why} |" for rule in RULES]
    return "\n".join(lines)


def test_the_document_shows_the_rules_as_they_are():
    assert table() in DOCUMENT.read_text("utf-8")


def test_every_column_that_names_a_file_protects_it():
    """Whoever keeps files under another column has to add it to HOLDERS, or they are taken for orphans."""
    named = {
        f"{model.__tablename__}.{column.name}"
        for model in (mapper.class_ for mapper in Model.registry.mappers)
        for column in model.__table__.columns
        if column.name.endswith("storage_key")
    }
    assert named == {f"{column.class_.__tablename__}.{column.key}" for column in HOLDERS}


def due() -> dict[str, int]:
    return {outcome.rule.name: outcome.due for outcome in what_is_due() if outcome.due}


def gone() -> dict[str, int]:
    return {outcome.rule.name: outcome.gone for outcome in let_go() if outcome.gone}


@pytest.fixture
def kept(context, tmp_path, monkeypatch):
    monkeypatch.setitem(context.config, "STORAGE_URL", f"file://{tmp_path / 'storage'}")
    monkeypatch.setattr(forgetting, "BATCH", 2)
    return context


def leave(world, student: str, days_ago: int) -> None:
    with system("tests"):
        day = today() - timedelta(days=days_ago)
        student_id = world.students[student]
        db.session.execute(
            sa.update(Student)
            .where(Student.id == student_id)
            .values(status=StudentStatus.GRADUATED, identity_number_sealed="x", identity_number_index="y")
        )
        db.session.execute(sa.update(Enrollment).where(Enrollment.student_id == student_id).values(ended_on=day))
        db.session.commit()


def count(model, *conditions) -> int:
    with system("tests"):
        return db.session.scalar(sa.select(sa.func.count()).select_from(model).where(*conditions)) or 0


def test_nothing_of_a_living_portal_is_due(kept, world):
    assert due() == {}
    assert gone() == {}


@pytest.mark.every_database
def test_what_stays_of_a_child_that_left_goes_step_by_step(kept, world):
    child = world.students["王小明"]
    leave(world, "王小明", 364)
    assert due() == {}
    leave(world, "王小明", 366)
    assert gone() == {"identity_numbers": 1, "conversations": 2}
    assert count(Conversation, Conversation.student_id == child) == 1
    assert count(Message, Message.student_id == child) == 1
    assert count(TermGrade, TermGrade.student_id == child) == 6
    leave(world, "王小明", 5 * 365 + 2)
    assert gone() == {"identity_numbers": 1, "marks": 6, "attendance": 1, "conduct": 1}
    leave(world, "王小明", 10 * 365 + 4)
    assert gone() == {"identity_numbers": 1, "counseling": 1}
    assert count(Message, Message.student_id == child) == 0
    assert count(Student, Student.id == child) == 1
    assert count(TermGrade) == 24
    assert count(Conversation) == 12


@pytest.mark.every_database
def test_ended_links_go_after_a_year_unless_a_mark_in_force_stands_at_them(kept, world):
    with system("tests"):
        links = db.session.scalars(sa.select(GuardianLink).order_by(GuardianLink.id)).all()
        for link, days in zip(links, (366, 366, 364), strict=False):
            link.status, link.ended_at = LinkStatus.ENDED, now() - days * DAY
        for link, lifted_at in ((links[0], None), (links[1], now() - YEAR - DAY)):
            db.session.add(
                ProtectionMark(
                    school_id=link.school_id,
                    guardian_link_id=link.id,
                    guardian_name="x",
                    student_id=link.student_id,
                    student_name="y",
                    reason="z",
                    placed_by_name="w",
                    lifted_at=lifted_at,
                )
            )
        db.session.commit()
        protected = links[0].id
    assert due() == {"closed_links": 1, "protection_marks": 1}
    assert gone() == {"closed_links": 1, "protection_marks": 1}
    assert count(GuardianLink) == 3
    assert count(ProtectionMark, ProtectionMark.guardian_link_id == protected) == 1


@pytest.mark.every_database
def test_books_bulletins_and_letters_go_in_batches_each_with_its_entry(kept, world):
    with system("tests"):
        db.session.execute(sa.update(ContactBookEntry).values(entry_date=today() - 731 * DAY))
        db.session.execute(sa.update(Bulletin).values(publish_from=today() - 731 * DAY))
        for number, status in enumerate((OutboxStatus.SENT, OutboxStatus.FAILED, OutboxStatus.QUEUED)):
            db.session.add(
                OutboxMessage(
                    channel=OutboxChannel.EMAIL,
                    purpose="x",
                    receiver=f"{number}@example.org",
                    content_sealed="",
                    status=status,
                    created_at=now() - 181 * DAY,
                )
            )
        db.session.commit()
    assert gone() == {"contact_books": 4, "bulletins": 4, "outbox": 2}
    assert count(OutboxMessage) == 1
    with system("tests"):
        entries = db.session.execute(
            sa.select(AuditEntry.action, AuditEntry.detail)
            .where(AuditEntry.action == "forget.bulletins")
            .order_by(AuditEntry.id)
        ).all()
        assert entries == [("forget.bulletins", "2 bulletin")] * 2
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Account)) == 16


def test_files_that_no_row_names_go_after_a_day_and_no_others(kept, world):
    shelf = storage()
    named, orphan, fresh, cut_off = (new_key() for _ in range(4))
    for key in (named, orphan, fresh, cut_off):
        shelf.save(key, BytesIO(b"x"))
    whole = shelf.folder / cut_off[:2] / cut_off  # type: ignore[attr-defined]
    whole.rename(whole.with_suffix(".part"))
    old = (now() - 2 * DAY).timestamp()
    for key in (named, orphan):
        os.utime(shelf.folder / key[:2] / key, (old, old))  # type: ignore[attr-defined]
    os.utime(whole.with_suffix(".part"), (old, old))
    with system("tests"):
        bulletin = db.session.get(Bulletin, world.bulletins["501"])
        db.session.add(
            Attachment(
                class_id=bulletin.class_id,
                school_id=bulletin.school_id,
                bulletin_id=bulletin.id,
                storage_key=named,
                original_name="a.pdf",
                content_type="application/pdf",
                size=1,
            )
        )
        db.session.commit()
    assert due() == {"orphan_files": 2}
    assert gone() == {"orphan_files": 2}
    assert {path.name for path in shelf.folder.rglob("*") if path.is_file()} == {named, fresh}  # type: ignore[attr-defined]


def test_the_command_changes_nothing_until_it_is_told_to(kept, world):
    leave(world, "王小明", 366)
    run = kept.test_cli_runner()
    said = run.invoke(args=["portal", "retention"])
    assert "identity_numbers        1 year         1 due" in said.output
    assert "Nothing was changed" in said.output
    assert count(Conversation) == 15
    assert "conversations           1 year         2 gone" in run.invoke(args=["portal", "retention", "--apply"]).output
    assert count(Conversation) == 13
