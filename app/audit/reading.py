"""Readings of students' records stand in the audit log as acts do.

The same reader in the same session who looks at the same thing again within ten minutes is noted once: a page loaded
again is not another reading. Each process remembers that for itself, in bounded memory; a second process may note the
reading a second time, never lose it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.access.actor import Actor
from app.access.ownership import Ledger, Owned, StudentOwned
from app.access.roles import AS_GUARDIAN, as_staff
from app.audit.record import record
from app.extensions import db
from app.model_types import now

AGAIN_AFTER = timedelta(minutes=10)
MOST_REMEMBERED = 20_000


class Remembered:
    """What was noted last, oldest first. Safe between threads."""

    def __init__(self) -> None:
        self._noted: OrderedDict[tuple[Any, ...], datetime] = OrderedDict()
        self._lock = threading.Lock()

    def is_fresh(self, key: tuple[Any, ...]) -> bool:
        """Was it noted less than AGAIN_AFTER ago?"""
        with self._lock:
            noted = self._noted.get(key)
        return noted is not None and now() - AGAIN_AFTER < noted <= now()

    def note(self, key: tuple[Any, ...]) -> None:
        with self._lock:
            self._noted[key] = now()
            self._noted.move_to_end(key)
            while len(self._noted) > MOST_REMEMBERED:
                self._noted.popitem(last=False)

    def forget(self) -> None:
        with self._lock:
            self._noted.clear()

    def __len__(self) -> int:
        return len(self._noted)


remembered = Remembered()


def record_reading(
    actor: Actor,
    action: str,
    student_id: int | None = None,
    object_id: object = "",
    *,
    school_id: int | None = None,
    detail: str = "",
    of_what: str = "",
    as_guardian: bool = False,
) -> None:
    """Note that ``actor`` read a record: ``action`` names its kind («read.conversation»), ``student_id`` whose it is.

    None for what belongs to no single student (a list, a file of a class). ``of_what`` tells apart what one action
    names: the search of a list, a channel. The guardians of a student read who read about it, so ``as_guardian``
    says that the reader is one of them. Commits, without making the page's rows stale; what cannot be noted is not shown.
    """
    key = (actor.id, actor.session_id, action, student_id, str(object_id), of_what)
    if remembered.is_fresh(key):
        return
    record(
        actor,
        action,
        object_id,
        school_id=school_id,
        detail=detail,
        student_id=student_id,
        roles=AS_GUARDIAN if as_guardian else as_staff(actor.roles),
    )
    session = db.session()
    expires, session.expire_on_commit = session.expire_on_commit, False
    try:
        session.commit()
    finally:
        session.expire_on_commit = expires
    remembered.note(key)


def is_about_students(model: Any) -> bool:
    """True for a model whose rows are records of students: reading them is noted wherever a screen is generated."""
    if issubclass(model, StudentOwned):
        return True
    return issubclass(model, Owned) and not issubclass(model, Ledger) and "student_id" in sa.inspect(model).columns


def student_of(row: Any) -> int | None:
    """The student whom a row is about, if it is about one."""
    return getattr(row, getattr(type(row), "student_key", "student_id"), None)
