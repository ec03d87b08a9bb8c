"""Asking for a 學期報告, handing it out, forgetting it. Each public function that changes something is one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import BinaryIO

import sqlalchemy as sa

from app.access.actor import Actor
from app.attachments.storage import FileMissing, storage
from app.audit.reading import record_reading
from app.extensions import db
from app.model_types import now
from app.notifications.outbox import wake_worker_after_commit
from app.schools.models import SchoolClass
from app.term_reports.models import TermReport

KEPT_FOR = timedelta(days=1)
"""Long enough to come back for it in the evening. It is made anew in seconds."""


def ask_for_child(actor: Actor, student_id: int, school_id: int, term_id: int, locale: str) -> None:
    """Let the worker make the report of a student whom the caller found within the actor's reach."""
    _ask(TermReport(student_id=student_id, school_id=school_id, term_id=term_id, locale=locale, account_id=actor.id))


def ask_for_class(actor: Actor, school_class: SchoolClass, term_id: int, locale: str) -> None:
    """Let the worker make one file with the reports of all who sit in the class."""
    _ask(
        TermReport(
            class_id=school_class.id,
            school_id=school_class.school_id,
            term_id=term_id,
            locale=locale,
            account_id=actor.id,
        )
    )


def _ask(report: TermReport) -> None:
    """A new one takes the place of the actor's former one about the same, so nobody can pile them up."""
    former = db.session.scalars(
        sa.select(TermReport).where(
            TermReport.account_id == report.account_id,
            TermReport.term_id == report.term_id,
            TermReport.student_id == report.student_id if report.student_id else TermReport.class_id == report.class_id,
        )
    ).all()
    keys = [each.storage_key for each in former if each.storage_key]
    for each in former:
        db.session.delete(each)
    db.session.add(report)
    wake_worker_after_commit()
    db.session.commit()
    for key in keys:
        storage().delete(key)


def take_along(actor: Actor, report: TermReport, student_ids: Sequence[int], *, as_guardian: bool) -> BinaryIO:
    """The file, once the audit log says for each student that it was taken along. Raises FileMissing.

    The caller has just asked whether ``actor`` may still read these students.
    """
    if not report.storage_key:
        raise FileMissing(str(report.id))
    stream = storage().open(report.storage_key)
    for student_id in student_ids:
        record_reading(
            actor, "export.term_report", student_id, report.id, school_id=report.school_id, as_guardian=as_guardian
        )
    return stream


def forget_old_reports() -> None:
    """Rows and files of a day ago. Inside ``system``; does not commit."""
    table = TermReport.__table__
    old = now() - KEPT_FOR
    keys = db.session.scalars(sa.select(TermReport.storage_key).where(TermReport.asked_at <= old)).all()
    db.session.execute(sa.delete(table).where(table.c.asked_at <= old))
    for key in filter(None, keys):
        storage().delete(key)
