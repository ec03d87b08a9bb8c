"""Counting failed proofs of one name: five lock it for fifteen minutes (資通系統防護基準 4-2-3).

A try is counted before anything is looked at, in one statement, so that tries sent together cannot outrun the count.
Names that do not exist are counted and answered alike. The door counts by entrance and account name, password and
one-time code together; whoever is signed in and types the password once more is counted apart, so that strangers at the
door cannot keep an owner from changing a password.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from app.access.actor import Actor
from app.access.session import system
from app.accounts.even_time import even_time
from app.accounts.models import Account, AccountKind, SignInCounter
from app.accounts.notices import tell_owner
from app.audit.record import record
from app.extensions import db
from app.model_types import UtcDateTime, now

MOST_FAILURES = 5
LOCKED_FOR = timedelta(minutes=15)
"""Failures further apart than this do not add up."""
LETTERS_APART = timedelta(days=1)

USERNAME = re.compile(r"[a-z0-9_.-]{4,32}")
_INSIDE = "/inside"
"""Ends the counted name of an account that is signed in already; no account name contains a slash."""


class SignInRefused(Exception):
    """Nobody was signed in."""


class EntranceLocked(SignInRefused):
    """Too many failures for this name; the right password is refused as well."""

    def __init__(self, minutes_left: int) -> None:
        super().__init__()
        self.minutes_left = minutes_left


@dataclass(frozen=True)
class Try:
    """One counted try: to be taken back, forgotten with all before it, or noted as failed."""

    entrance: AccountKind
    name: str
    failures: int
    locked_until: datetime | None

    @property
    def is_last(self) -> bool:
        return self.failures == MOST_FAILURES

    @property
    def minutes_left(self) -> int:
        left = (self.locked_until - now()).total_seconds() if self.locked_until is not None else 0
        return max(1, -int(-left // 60))


def normal_username(typed: str) -> str:
    """Accounts are compared in small letters; full-width signs count as what they stand for."""
    return unicodedata.normalize("NFKC", typed).strip().lower()


def count_try(entrance: AccountKind, name: str) -> Try:
    """Count one more try at the door for a normal ``name``. Commits. Raises EntranceLocked."""
    return _count(entrance, _counted_name(name))


def count_try_inside(actor: Actor) -> Try:
    """Count one more try of somebody who is signed in and proves it once more. Commits. Raises EntranceLocked."""
    return _count(AccountKind(actor.kind), f"{actor.username.lower()}{_INSIDE}")


def succeed(tried: Try) -> None:
    """The name starts again at no failures. Does not commit."""
    _forget(tried.entrance, tried.name)


def take_back(tried: Try) -> None:
    """The try was right and proves half of what is asked: it counts no more, those before it still do. Does not commit."""
    table = SignInCounter.__table__
    less = table.c.failures - 1
    with system("count failed sign-ins"):
        db.session.execute(
            sa.update(table)
            .where(table.c.entrance == tried.entrance, table.c.username == tried.name)
            .values(failures=less, locked_until=sa.case((less >= MOST_FAILURES, table.c.locked_until), else_=sa.null()))
        )


def fail(tried: Try, account: Account | None, action: str = "fail.sign_in") -> None:
    """Note a failed try; the fifth is told to the owner, in the same time where there is none. Commits.

    The name itself is noted only when it is an account's: people type passwords into the wrong field.
    Raises EntranceLocked with the fifth.
    """
    if not tried.is_last:
        _note(action, account, tried)
        return
    with even_time():
        _note("lock.sign_in", account, tried)
    raise EntranceLocked(tried.minutes_left)


def forget_failures(entrance: AccountKind, username: str) -> None:
    """The name starts again at no failures, at the door and inside. Does not commit."""
    name = normal_username(username)
    _forget(entrance, _counted_name(name), f"{name}{_INSIDE}")


def forget_old_failures() -> int:
    """Drop the counts that no longer matter; for the nightly job. Answers how many. Commits."""
    table = SignInCounter.__table__
    with system("count failed sign-ins"):
        dropped = db.session.execute(table.delete().where(table.c.last_failure_at < now() - timedelta(days=1)))
        db.session.commit()
    return int(dropped.rowcount)  # type: ignore[attr-defined]


def _count(entrance: AccountKind, counted_name: str) -> Try:
    """The fifth try sets the lock; success takes it back."""
    table: Any = SignInCounter.__table__
    dialect: Any = {"sqlite": sqlite, "postgresql": postgresql}[db.engine.dialect.name]
    moment = now()
    is_locked = sa.and_(table.c.locked_until.is_not(None), table.c.locked_until > moment)
    is_over = sa.or_(table.c.locked_until.is_not(None), table.c.last_failure_at <= moment - LOCKED_FOR)
    lock = sa.literal(moment + LOCKED_FOR, UtcDateTime)
    statement = (
        dialect.insert(table)
        .values(entrance=entrance, username=counted_name, failures=1, last_failure_at=moment)
        .on_conflict_do_update(
            index_elements=[table.c.entrance, table.c.username],
            set_={
                "failures": sa.case((is_locked, table.c.failures + 1), (is_over, 1), else_=table.c.failures + 1),
                "last_failure_at": sa.case((is_locked, table.c.last_failure_at), else_=sa.literal(moment, UtcDateTime)),
                "locked_until": sa.case(
                    (is_locked, table.c.locked_until),
                    (is_over, sa.null()),
                    (table.c.failures + 1 >= MOST_FAILURES, lock),
                    else_=sa.null(),
                ),
            },
        )
        .returning(table.c.failures, table.c.locked_until)
    )
    with system("count failed sign-ins"):
        counted = db.session.execute(statement).one()
        db.session.commit()
    tried = Try(entrance, counted_name, counted.failures, counted.locked_until)
    if tried.failures > MOST_FAILURES:
        raise EntranceLocked(tried.minutes_left)
    return tried


def _forget(entrance: AccountKind, *counted_names: str) -> None:
    table = SignInCounter.__table__
    with system("count failed sign-ins"):
        db.session.execute(table.delete().where(table.c.entrance == entrance, table.c.username.in_(counted_names)))


def _counted_name(name: str) -> str:
    """What nobody can be called is counted too, under a name that fits the column."""
    return name if USERNAME.fullmatch(name) else hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()


def _note(action: str, account: Account | None, tried: Try) -> None:
    actor = Actor(id=account.id, username=account.username) if account is not None else None
    record(actor, action, account.id if account else "", detail=tried.entrance)
    if account is not None and tried.is_last and _may_tell(account.id):
        tell_owner(account.id, "sign_in_locked", minutes=int(LOCKED_FOR.total_seconds() // 60))
    db.session.commit()


def _may_tell(account_id: int) -> bool:
    """One letter a day: a stranger who fails on purpose fills no mailbox. Of several at once one may."""
    table, moment = Account.__table__, now()
    told = db.session.execute(
        sa.update(table)
        .where(
            table.c.id == account_id, sa.or_(table.c.lock_told_at.is_(None), table.c.lock_told_at < moment - LETTERS_APART)
        )
        .values(lock_told_at=moment)
    )
    return cast("sa.CursorResult[Any]", told).rowcount == 1
