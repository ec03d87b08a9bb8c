"""Writing the day's book (B3.4, B3.5). Each public function is one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app.access.actor import Actor
from app.access.edits import claim_edit
from app.access.policy import may_write_for_class
from app.access.reading_marks import leave_mark
from app.access.session import OutOfScope, system
from app.attachments.checks import AcceptedFile
from app.attachments.services import Filing, filing
from app.audit.record import record
from app.contact_books.models import ContactBookEntry, ContactBookItem, ContactBookRead, ItemKind
from app.extensions import db
from app.model_types import now
from app.schools.models import SchoolClass


class DayAlreadyWritten(Exception):
    """The class has a book of this day; there is only one."""

    def __init__(self, entry_id: int) -> None:
        super().__init__(entry_id)
        self.entry_id = entry_id


@dataclass(frozen=True, slots=True)
class Line:
    """One line as the teacher left it. ``item_id`` names the stored line that it replaces."""

    kind: ItemKind
    text: str
    files: Sequence[AcceptedFile] = ()
    item_id: int | None = None
    dropped: frozenset[int] = frozenset()
    """Numbers of attachments to take off."""


def write_entry(actor: Actor, school_class: SchoolClass, day: date, lines: Sequence[Line]) -> ContactBookEntry:
    """Write the book of a class for a day (B3.4). Raises DayAlreadyWritten, OutOfScope, TooManyFiles."""
    _require_writer(actor, school_class)
    _require_free_day(school_class.id, day)
    with filing(actor) as filed:
        entry = ContactBookEntry(
            class_id=school_class.id,
            school_id=school_class.school_id,
            entry_date=day,
            author_id=actor.id,
            author_name=actor.full_name,
        )
        db.session.add(entry)
        _flush_unless_taken(school_class.id, day)
        _set_lines(entry, lines, filed)
        record(actor, "write.contact_book_entry", entry.id, school_id=entry.school_id, detail=day.isoformat())
        db.session.commit()
    return entry


def edit_entry(
    actor: Actor, entry: ContactBookEntry, day: date, lines: Sequence[Line], seen: datetime | None = None
) -> None:
    """Change the book of a day, or move it to another one (B3.5). A stored line that ``lines`` leaves out is deleted.

    ``seen`` is the ``updated_at`` that the writer saw. Raises DayAlreadyWritten, EditedMeanwhile, OutOfScope,
    TooManyFiles.
    """
    _require_writer(actor, entry.school_class)
    class_id = entry.class_id
    _require_free_day(class_id, day, besides=entry.id)
    with filing(actor) as filed:
        claim_edit(entry, seen or entry.updated_at)
        entry.entry_date = day
        _flush_unless_taken(class_id, day)
        _set_lines(entry, lines, filed)
        record(actor, "edit.contact_book_entry", entry.id, school_id=entry.school_id, detail=day.isoformat())
        db.session.commit()


def delete_entry(actor: Actor, entry: ContactBookEntry) -> None:
    """Take the book of a day and its files away for good. Raises OutOfScope."""
    _require_writer(actor, entry.school_class)
    with filing(actor) as filed:
        day = entry.entry_date.isoformat()
        record(actor, "delete.contact_book_entry", entry.id, school_id=entry.school_id, detail=day)
        _set_lines(entry, (), filed)
        db.session.delete(entry)
        db.session.commit()


def mark_read(actor: Actor, class_id: int, day: date) -> None:
    """Note that the actor has read the books of a class up to ``day``. Never goes back. One statement; commits."""
    keys = {"account_id": actor.id, "class_id": class_id}
    with system("note how far the contact books of a class have been read"):
        leave_mark(ContactBookRead, tuple(keys), {**keys, "last_day": day, "read_at": now()}, rising="last_day")


def _require_writer(actor: Actor, school_class: SchoolClass) -> None:
    if not may_write_for_class(actor, school_class):
        raise OutOfScope("ContactBookEntry: not the actor's class to write for")


def _entry_of(class_id: int, day: date) -> int | None:
    return db.session.scalar(
        sa.select(ContactBookEntry.id).where(ContactBookEntry.class_id == class_id, ContactBookEntry.entry_date == day)
    )


def _require_free_day(class_id: int, day: date, besides: int | None = None) -> None:
    with db.session.no_autoflush:
        taken = _entry_of(class_id, day)
    if taken is not None and taken != besides:
        raise DayAlreadyWritten(taken)


def _flush_unless_taken(class_id: int, day: date) -> None:
    """The unique constraint decides when two write at once; the later one is told."""
    try:
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        _require_free_day(class_id, day)
        raise


def _set_lines(entry: ContactBookEntry, lines: Sequence[Line], filed: Filing) -> None:
    stored = {item.id: item for item in entry.items}
    for position, line in enumerate(lines):
        item = stored.pop(line.item_id, None) if line.item_id else None
        if item is None:
            item = ContactBookItem(class_id=entry.class_id, school_id=entry.school_id)
            entry.items.append(item)
        item.position, item.kind, item.text = position, line.kind, line.text
        filed.detach(item, [each for each in item.attachments if each.id in line.dropped])
        filed.attach(item, line.files)
    for item in stored.values():
        filed.detach(item, list(item.attachments))
        entry.items.remove(item)
        db.session.delete(item)
