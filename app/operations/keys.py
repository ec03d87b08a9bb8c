"""``flask portal keys``: which keys of FIELD_KEYS are in use, and bringing everything that is kept under the first one.

A new key is put first and the old ones stay behind it; the portal runs on, old rows open and are found as before. When
``rotate`` is through, an old key may go as soon as ``status`` says that nothing is under it any more: the seals of the
audit log keep theirs until they are removed after their time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import current_app

from app.access.session import system
from app.accounts.identity import normal_form
from app.accounts.models import AccountProfile, SecondFactor
from app.audit.models import AuditEntry, AuditHead, AuditSeal
from app.crypto.sealing import CannotOpen, keyed_index, open_sealed, present_key_id, seal
from app.extensions import db
from app.guardian_links.matching import StudentKey
from app.guardian_links.models import GuardianLink
from app.notifications.models import OutboxMessage
from app.schools.models import Student

BATCH = 200


@dataclass(frozen=True)
class Kept:
    """A column of sealed text, with the keyed index beside it where there is one."""

    name: str
    model: Any
    sealed: str
    index: str = ""

    @property
    def table(self) -> sa.Table:
        return self.model.__table__

    @property
    def key(self) -> sa.Column[Any]:
        return next(iter(self.table.primary_key.columns))


KEPT = (
    Kept("identity numbers of accounts", AccountProfile, "identity_number_sealed", "identity_number_index"),
    Kept("identity numbers of students", Student, "identity_number_sealed", "identity_number_index"),
    Kept("second factors", SecondFactor, "secret_sealed"),
    Kept("letters and SMS", OutboxMessage, "content_sealed"),
)


@dataclass
class Rotated:
    """What became of one kind of sealed text."""

    name: str
    changed: int = 0
    unreadable: int = 0
    """Their key is not in FIELD_KEYS, or they are damaged: left as they are."""


def rotate() -> Iterator[Rotated]:
    """Seal and index everything anew under the present key, in batches; what was done stays done when it is cut short."""
    for kept in KEPT:
        yield _rotate(kept)
    yield _claims_anew()


def _rotate(kept: Kept) -> Rotated:
    outcome, present = Rotated(kept.name), f"{present_key_id()}."
    columns = [kept.key.label("key"), kept.table.c[kept.sealed].label("sealed")]
    if kept.index:
        columns.append(kept.table.c[kept.index].label("index"))
    query = sa.select(*columns).where(kept.table.c[kept.sealed] != "")
    if not kept.index:
        query = query.where(sa.not_(kept.table.c[kept.sealed].startswith(present, autoescape=True)))

    def change(row: Any) -> None:
        try:
            text = open_sealed(row.sealed)
        except CannotOpen:
            outcome.unreadable += 1
            return
        values = {} if row.sealed.startswith(present) else {kept.sealed: seal(text)}
        if kept.index and row.index != keyed_index(text):
            values[kept.index] = keyed_index(text)
        if values:
            # whoever changed the row meanwhile sealed it under the present key
            unchanged = (kept.key == row.key, kept.table.c[kept.sealed] == row.sealed)
            db.session.execute(sa.update(kept.table).where(*unchanged).values(values))
            outcome.changed += 1

    _for_each(query, kept.key, change)
    return outcome


def _claims_anew() -> Rotated:
    """What makes one guardian apply for one child once: made of the key that was typed, where that is still known."""
    outcome = Rotated("claims of student links")
    link, student = GuardianLink.__table__, Student.__table__
    query = sa.select(
        link.c.id.label("key"),
        link.c.school_id,
        link.c.claim_key,
        link.c.typed_student_key,
        student.c.identity_number_sealed,
    ).select_from(link.outerjoin(student, student.c.id == link.c.student_id))

    def change(row: Any) -> None:
        typed = _typed_key(row)
        claims = StudentKey(typed, normal_form(typed), False).claims(row.school_id) if typed else ()
        if row.claim_key in claims[1:]:
            db.session.execute(sa.update(link).where(link.c.id == row.key).values(claim_key=claims[0]))
            outcome.changed += 1

    _for_each(query, link.c.id, change)
    return outcome


def _typed_key(row: Any) -> str:
    """學號 as typed; for an identity number, of which the mask alone is kept, the student's own; empty when unknown."""
    if "*" not in row.typed_student_key:
        return str(row.typed_student_key)
    try:
        return open_sealed(row.identity_number_sealed) if row.identity_number_sealed else ""
    except CannotOpen:
        return ""


def _for_each(query: Any, key: Any, change: Callable[[Any], None]) -> None:
    """``change`` for the rows of ``query`` by their key, with a commit after each batch."""
    last, rows = 0, None
    while rows is None or len(rows) == BATCH:
        with system("seal under the present key"):
            rows = db.session.execute(query.where(key > last).order_by(key).limit(BATCH)).all()
            for row in rows:
                change(row)
            db.session.commit()
        last = rows[-1].key if rows else last


@dataclass(frozen=True)
class KeyUse:
    """One key of FIELD_KEYS, and what is still under it."""

    key_id: str
    is_present: bool
    uses: Counter[str]


def status() -> list[KeyUse]:
    """Every key in its order, with how many rows need it."""
    ids = [part.partition(":")[0].strip() for part in current_app.config["FIELD_KEYS"].split(",")]
    with system("see which keys are in use"):
        uses = [KeyUse(key_id, number == 0, _uses_of(key_id)) for number, key_id in enumerate(ids)]
        db.session.rollback()
    return uses


def _uses_of(key_id: str) -> Counter[str]:
    counted: Counter[str] = Counter()
    columns = [(kept.name, kept.table.c[kept.sealed]) for kept in KEPT]
    for name, column in [*columns, ("entries of the audit log", AuditEntry.__table__.c.proof)]:
        under = column.startswith(f"{key_id}.", autoescape=True)
        counted[name] = db.session.scalar(sa.select(sa.func.count()).where(under)) or 0
    for name, model in (("seals of the audit log", AuditSeal), ("the head of the audit log", AuditHead)):
        of_key = sa.select(sa.func.count()).where(model.__table__.c.key_id == key_id)
        counted[name] = db.session.scalar(of_key) or 0
    return +counted
