"""Carrying out the retention rules: what would go, and letting it go in batches, each with its entry in the audit log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa
import structlog

from app.access.session import system
from app.attachments.storage import storage
from app.audit.record import record
from app.extensions import db
from app.model_types import now
from app.operations.retention import HOLDERS, RULES, Rule

BATCH = 500
ORPHANS = "orphan_files"

_log = structlog.get_logger("retention")


@dataclass(frozen=True)
class Outcome:
    """How many rows or files of one rule are due, and how many of them have gone."""

    rule: Rule
    due: int
    gone: int = 0


def what_is_due(moment: datetime | None = None) -> list[Outcome]:
    """Of every rule that lets go by itself, how much its time is over for. Changes nothing."""
    moment = moment or now()
    with system("carry out the retention rules"):
        return [Outcome(rule, _count(rule, moment)) for rule in RULES if _acts(rule)]


def let_go(moment: datetime | None = None) -> Iterator[Outcome]:
    """Do it, rule by rule, in batches of BATCH rows, each its own transaction and audit entry.

    What breaks off in between is gone on with the next time.
    """
    moment = moment or now()
    for rule in RULES:
        if not _acts(rule):
            continue
        with system("carry out the retention rules"):
            due = _count(rule, moment)
            gone = sum(_orphans_go(rule, moment) if rule.name == ORPHANS else _rows_go(rule, moment))
        yield Outcome(rule, due, gone)


def _acts(rule: Rule) -> bool:
    return rule.due is not None or rule.name == ORPHANS


def _until(rule: Rule, moment: datetime) -> datetime:
    assert rule.kept is not None
    return moment - rule.kept


def _count(rule: Rule, moment: datetime) -> int:
    if rule.due is None:
        return sum(len(keys) for keys in _orphans(_until(rule, moment)))
    due = rule.due(_until(rule, moment)).subquery()
    return db.session.scalar(sa.select(sa.func.count()).select_from(due)) or 0


def _rows_go(rule: Rule, moment: datetime) -> Iterator[int]:
    assert rule.due is not None
    assert rule.model is not None
    table: Any = rule.model.__table__
    while ids := db.session.scalars(rule.due(_until(rule, moment)).limit(BATCH)).all():
        for model, column in rule.takes:
            hanging: Any = model.__table__
            db.session.execute(sa.delete(hanging).where(hanging.c[column].in_(ids)))
        if rule.wipes:
            values = {name: _EMPTY.get(name, "") for name in rule.wipes}
            db.session.execute(sa.update(table).where(table.c.id.in_(ids)).values(**values))
        else:
            db.session.execute(sa.delete(table).where(table.c.id.in_(ids)))
        record(None, f"forget.{rule.name}", detail=f"{len(ids)} {table.name}")
        db.session.commit()
        yield len(ids)


_EMPTY = {"errors": "[]"}
"""What an emptied column holds, where it is not an empty text."""


# ---------- files ----------


def _orphans(before: datetime) -> Iterator[list[str]]:
    """Keys of files that are older than ``before`` and that no row names, some at a time."""
    found = storage().keys(before)
    while keys := list(islice(found, BATCH)):
        known: set[str] = set()
        for column in HOLDERS:
            known.update(db.session.scalars(sa.select(column).where(column.in_(keys))))
        if orphans := [key for key in keys if key not in known]:
            yield orphans


def _orphans_go(rule: Rule, moment: datetime) -> Iterator[int]:
    shelf = storage()
    for keys in list(_orphans(_until(rule, moment))):
        for key in keys:
            shelf.delete(key)
        record(None, f"forget.{rule.name}", detail=f"{len(keys)} files")
        db.session.commit()
        yield len(keys)


def let_go_daily() -> None:
    """For the worker: let go, and say in the log what went."""
    for outcome in let_go():
        if outcome.gone:
            _log.info("retention", rule=outcome.rule.name, gone=outcome.gone)
