"""What the pages of 學期報告 read: which terms there are to ask for, and the reports that were asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.access.actor import Actor
from app.access.choices import in_report_area
from app.access.loading import get_or_404
from app.extensions import db
from app.model_types import today
from app.schools.models import AcademicTerm, Enrollment, SchoolClass
from app.student_records.models import AttendanceEvent, ConductRecord, TermGrade
from app.term_reports.models import ReportState, TermReport

TERMS_OF_A_CLASS = 6
"""A class is asked for in the terms of three years."""


@dataclass(frozen=True, slots=True)
class TermLine:
    """A term that can be asked for, and the report of it if there is one."""

    term: AcademicTerm
    report: TermReport | None

    @property
    def is_under_way(self) -> bool:
        return self.report is not None and self.report.state in (ReportState.WAITING, ReportState.BEING_MADE)


def terms_of_child(actor: Actor, student_id: int) -> list[TermLine]:
    """The terms in which something is on record about the student, newest first. One statement."""
    noted = sa.union(
        *(
            sa.select(model.term_id).where(model.student_id == student_id)  # type: ignore[attr-defined]
            for model in (TermGrade, AttendanceEvent, ConductRecord)
        )
    )
    return _lines(actor, TermReport.student_id == student_id, AcademicTerm.id.in_(noted))


def terms_of_class(actor: Actor, class_id: int) -> list[TermLine]:
    """The newest terms, for all who sit in the class now. One statement."""
    begun = sa.select(AcademicTerm.id).where(AcademicTerm.starts_on <= today())
    newest = begun.order_by(AcademicTerm.starts_on.desc()).limit(TERMS_OF_A_CLASS).subquery()
    return _lines(actor, TermReport.class_id == class_id, AcademicTerm.id.in_(sa.select(newest.c.id)))


def _lines(actor: Actor, of_subject: Any, offered: Any) -> list[TermLine]:
    rows = db.session.execute(
        sa.select(AcademicTerm, TermReport)
        .outerjoin(TermReport, sa.and_(TermReport.term_id == AcademicTerm.id, TermReport.account_id == actor.id, of_subject))
        .where(offered, AcademicTerm.starts_on <= today())
        .order_by(AcademicTerm.starts_on.desc(), TermReport.id.desc())
    )
    found: dict[int, TermLine] = {}
    for term, report in rows:
        found.setdefault(term.id, TermLine(term, report))
    return list(found.values())


def classes_to_report(actor: Actor) -> Sequence[SchoolClass]:
    """導師: the own classes; 管理者 and 註冊: those of the school that have students now. One statement, by grade."""
    seated = sa.select(Enrollment.id).where(Enrollment.class_id == SchoolClass.id, Enrollment.ended_on.is_(None))
    return db.session.scalars(
        sa.select(SchoolClass)
        .where(in_report_area(actor), seated.exists())
        .order_by(SchoolClass.grade_level, SchoolClass.class_name, SchoolClass.id)
    ).all()


def class_or_404(actor: Actor, class_id: int) -> SchoolClass:
    """A class of which ``actor`` may take the reports along now."""
    return get_or_404(SchoolClass, class_id, in_report_area(actor))


def made_report_or_404(actor: Actor, report_id: int, **subject: int) -> TermReport:
    """The actor's own report of this student or class, if it is ready."""
    conditions = [getattr(TermReport, name) == value for name, value in subject.items()]
    return get_or_404(
        TermReport, report_id, TermReport.account_id == actor.id, TermReport.state == ReportState.MADE, *conditions
    )
