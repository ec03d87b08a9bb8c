"""Signing in at one of the two entrances (A1.5, A2.5, A3.7).

A name that does not exist, one of the other entrance and a wrong password get the same answer, after the same work.
Five failures lock a name at that entrance for fifteen minutes, whether it exists or not. A try is counted before the
password is looked at, in one statement, so that tries sent together cannot outrun the count.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from app.access.actor import Actor
from app.access.session import system
from app.accounts import passwords, secrets
from app.accounts.models import Account, AccountKind, AccountState, SecretPurpose, SignInCounter
from app.accounts.sessions import end_sessions
from app.audit.record import record
from app.extensions import db
from app.model_types import UtcDateTime, now

MOST_FAILURES = 5
LOCKED_FOR = timedelta(minutes=15)
"""Failures further apart than this do not add up."""
STAFF_PASSWORD_AGE = timedelta(days=365)
"""Staff choose a new password every year (資通系統防護基準 4-2-4)."""

_USERNAME = re.compile(r"[a-z0-9_.-]{4,32}")
_KEPT_AT_A_PASSWORD = frozenset({AccountState.ACTIVE, AccountState.PENDING_REVIEW})


class SignInRefused(Exception):
    """Nobody was signed in."""


class WrongNameOrPassword(SignInRefused):
    """No such account at this entrance, or not its password: deliberately one answer."""


class EntranceLocked(SignInRefused):
    """Too many failures for this name at this entrance; the right password is refused as well."""

    def __init__(self, minutes_left: int) -> None:
        super().__init__()
        self.minutes_left = minutes_left


class NotActivatedYet(SignInRefused):
    """The right password, but the letter with the activation link has not been used (A3.6)."""


class AccountSuspended(SignInRefused):
    """The right password of a suspended account."""


class AccountClosed(SignInRefused):
    """The right password of a closed account."""


@dataclass(frozen=True)
class SignedIn:
    """For whom the caller begins a session."""

    account_id: int
    must_change_password: bool


def sign_in(entrance: AccountKind, username: str, password: str) -> SignedIn:
    """Prove who somebody is; the caller begins the session. Commits.

    A temporary password is used up by it. After a reset it takes the place of the old password, and the account must
    change it (A2.6). Raises a SignInRefused.
    """
    name = normal_username(username)
    failures, locked_until = _count_try(entrance, name)
    if failures > MOST_FAILURES:
        raise EntranceLocked(_minutes_until(locked_until))
    account = _find(entrance, name)
    temporary = None
    is_right = passwords.check(_password_of(account), password)
    if not is_right and entrance == AccountKind.OFFICIAL:
        temporary = secrets.consume_temporary_password(account.id if account is not None else 0, password)
    if account is None or not (is_right or _opens(temporary, account)):
        _note_failure(entrance, account, failures)
        if failures == MOST_FAILURES:
            raise EntranceLocked(_minutes_until(locked_until))
        raise WrongNameOrPassword
    forget_failures(entrance, name)
    _refuse_by_state(account)
    if temporary == SecretPurpose.RESET_PASSWORD:
        passwords.make_unusable(account)
        account.must_change_password = True
        end_sessions(account.id)
    if entrance == AccountKind.OFFICIAL and _is_password_old(account):
        account.must_change_password = True
    account.last_login = now().replace(tzinfo=None)
    account.login_count = (account.login_count or 0) + 1
    record(_as_actor(account), "sign_in.account", account.id, detail=f"{entrance}{' temporary' if temporary else ''}")
    db.session.commit()
    return SignedIn(account.id, account.must_change_password)


def sign_out(actor: Actor) -> None:
    """Note it; the caller ends the session. Commits."""
    record(actor, "sign_out.account", actor.id)
    db.session.commit()


def normal_username(typed: str) -> str:
    """Accounts are compared in small letters; full-width signs count as what they stand for."""
    return unicodedata.normalize("NFKC", typed).strip().lower()


def forget_failures(entrance: AccountKind, username: str) -> None:
    """The name starts again at no failures. Does not commit."""
    table = SignInCounter.__table__
    with system("count failed sign-ins"):
        db.session.execute(
            table.delete().where(table.c.entrance == entrance, table.c.username == _counted_name(normal_username(username)))
        )


def forget_old_failures() -> int:
    """Drop the counts that no longer matter; for the nightly job. Answers how many. Commits."""
    table = SignInCounter.__table__
    with system("count failed sign-ins"):
        dropped = db.session.execute(table.delete().where(table.c.last_failure_at < now() - timedelta(days=1)))
        db.session.commit()
    return int(dropped.rowcount)  # type: ignore[attr-defined]


# ---------- counting ----------


def _count_try(entrance: AccountKind, name: str) -> tuple[int, datetime | None]:
    """Count one more try and answer (tries, locked until). The fifth sets the lock; success takes it back. Commits."""
    table: Any = SignInCounter.__table__
    dialect: Any = {"sqlite": sqlite, "postgresql": postgresql}[db.engine.dialect.name]
    moment = now()
    is_locked = sa.and_(table.c.locked_until.is_not(None), table.c.locked_until > moment)
    is_over = sa.or_(table.c.locked_until.is_not(None), table.c.last_failure_at <= moment - LOCKED_FOR)
    lock = sa.literal(moment + LOCKED_FOR, UtcDateTime)
    statement = (
        dialect.insert(table)
        .values(entrance=entrance, username=_counted_name(name), failures=1, last_failure_at=moment)
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
    return counted.failures, counted.locked_until


def _counted_name(name: str) -> str:
    """What nobody can be called is counted too, under a name that fits the column."""
    return name if _USERNAME.fullmatch(name) else hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()


def _minutes_until(moment: datetime | None) -> int:
    left = (moment - now()).total_seconds() if moment is not None else 0
    return max(1, -int(-left // 60))


# ---------- proving ----------


def _find(entrance: AccountKind, name: str) -> Account | None:
    """The account of that name that belongs at this entrance."""
    if not _USERNAME.fullmatch(name):
        name = ""
    return db.session.scalar(sa.select(Account).where(sa.func.lower(Account.username) == name, Account.kind == entrance))


def _password_of(account: Account | None) -> str | None:
    """The hash to compare with; None where only a temporary password opens, or nothing does."""
    if account is None or account.state == AccountState.PENDING_PASSWORD_CHANGE:
        return None
    return account.password


def _opens(temporary: SecretPurpose | None, account: Account) -> bool:
    """The first password opens the first sign-in, the one of a reset an account that had been in use."""
    if account.state == AccountState.PENDING_PASSWORD_CHANGE:
        return temporary == SecretPurpose.FIRST_PASSWORD
    return temporary == SecretPurpose.RESET_PASSWORD and account.state in _KEPT_AT_A_PASSWORD


def _refuse_by_state(account: Account) -> None:
    """Said only after the right password: to anybody else the account might as well not exist."""
    refusals: dict[AccountState, type[SignInRefused]] = {
        AccountState.PENDING_ACTIVATION: NotActivatedYet,
        AccountState.SUSPENDED: AccountSuspended,
        AccountState.CLOSED: AccountClosed,
    }
    refusal = refusals.get(account.state) or (None if account.active else AccountSuspended)
    if refusal is None:
        return
    record(_as_actor(account), "refuse.sign_in", account.id, detail=account.state)
    db.session.commit()
    raise refusal


def _note_failure(entrance: AccountKind, account: Account | None, failures: int) -> None:
    """The name itself is noted only when it is an account's: people type passwords into the wrong field."""
    action = "lock.sign_in" if failures == MOST_FAILURES else "fail.sign_in"
    record(_as_actor(account) if account is not None else None, action, account.id if account else "", detail=entrance)
    db.session.commit()


def _is_password_old(account: Account) -> bool:
    changed = account.password_changed_at
    return account.password != passwords.UNUSABLE and changed is not None and changed < now() - STAFF_PASSWORD_AGE


def _as_actor(account: Account) -> Actor:
    return Actor(id=account.id, username=account.username)
