"""Who read about a child, as its guardians see it: 「誰看過我的孩子」."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.access.actor import Actor
from app.access.loading import LARGEST_ID
from app.access.statements import fixed
from app.audit.models import AuditEntry
from app.extensions import db
from app.schools.models import School

PAGE = 30


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading: in which capacity and where, when, and what kind of record. Never who by name, nor what it said."""

    id: int
    at: datetime
    action: str
    roles: str
    school_name: str
    is_own: bool


def _statement(*conditions: sa.ColumnElement[bool]) -> Any:
    return fixed(
        sa.select(
            AuditEntry.id,
            AuditEntry.at,
            AuditEntry.action,
            AuditEntry.roles,
            School.name.label("school_name"),
            (AuditEntry.account_id == sa.bindparam("account_id")).label("is_own"),
        )
        .outerjoin(School, School.id == AuditEntry.school_id)
        .where(AuditEntry.student_id == sa.bindparam("student_id"), *conditions)
        .order_by(AuditEntry.id.desc())
        .limit(PAGE + 1)
    )


_NEWEST = _statement()
_OLDER = _statement(AuditEntry.id < sa.bindparam("before"))


def readings_about(actor: Actor, student_id: int, before: int | None = None) -> tuple[Sequence[Reading], int | None]:
    """A page of readings, newest first, and the number to go on from when there are older ones. One statement."""
    values = {"account_id": actor.id, "student_id": student_id}
    if before is None:
        rows = db.session.execute(_NEWEST, values).all()
    else:
        rows = db.session.execute(_OLDER, {**values, "before": max(0, min(before, LARGEST_ID))}).all()
    shown = [Reading(row.id, row.at, row.action, row.roles, row.school_name or "", bool(row.is_own)) for row in rows[:PAGE]]
    return shown, shown[-1].id if len(rows) > PAGE else None
