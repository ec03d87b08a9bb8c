"""Acts on a student's records that are not a keeper's: reading them."""

from __future__ import annotations

from app.access.actor import Actor
from app.audit.reading import record_reading


def note_reading(actor: Actor, student_id: int, school_id: int) -> None:
    """A guardian's reading of a child's record stands in the audit log."""
    record_reading(actor, "read.student_records", student_id, student_id, school_id=school_id, as_guardian=True)
