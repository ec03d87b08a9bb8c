"""Signing in at one of the two entrances (A1.5, A2.5, A3.7), and the second step of those who have a second factor.

A name that does not exist, one of the other entrance and a wrong password get the same answer, after the same work.
Five failures lock a name at that entrance for fifteen minutes, whether it exists or not; wrong one-time codes count
among them, and the right password alone takes none of them back (accounts.lockout).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.access import policy
from app.access.actor import Actor
from app.accounts import lockout, passwords, second_factor, secrets
from app.accounts.lockout import SignInRefused, normal_username
from app.accounts.models import Account, AccountKind, AccountState, SecretPurpose
from app.accounts.notices import tell_owner
from app.accounts.sessions import end_sessions
from app.audit.record import record
from app.extensions import db
from app.model_types import now

STAFF_PASSWORD_AGE = timedelta(days=365)
"""Staff choose a new password every year (資通系統防護基準 4-2-4)."""
SECOND_STEP_LASTS = timedelta(minutes=5)

_KEPT_AT_A_PASSWORD = frozenset({AccountState.ACTIVE, AccountState.PENDING_REVIEW})


class WrongNameOrPassword(SignInRefused):
    """No such account at this entrance, or not its password: deliberately one answer."""


class NotActivatedYet(SignInRefused):
    """The right password, but the letter with the activation link has not been used (A3.6)."""


class AccountSuspended(SignInRefused):
    """The right password of a suspended account."""


class AccountClosed(SignInRefused):
    """The right password of a closed account."""


class WrongCode(SignInRefused):
    """Not the present code of the authenticator app, one that was used already, or no recovery code left to use."""


class SecondStepOver(SignInRefused):
    """Five minutes have passed, or the account has changed meanwhile: it begins with the password again."""


@dataclass(frozen=True)
class SignedIn:
    """For whom the caller begins a session."""

    account_id: int
    must_change_password: bool
    stays: bool = False
    """A guardian's own device: the session outlasts the day."""


@dataclass(frozen=True)
class SecondStep:
    """The password was right and the code is still missing: the caller keeps this, and shows it to nobody."""

    account_id: int
    began_at: datetime
    is_temporary: bool = False
    """The password was a temporary one: it takes the old one's place once the code is right."""
    wants_to_stay: bool = False


def sign_in(entrance: AccountKind, username: str, password: str, *, wants_to_stay: bool = False) -> SignedIn | SecondStep:
    """Prove who somebody is; the caller begins the session, or asks for the code. Commits.

    A temporary password is used up by it. After a reset it takes the place of the old password, and the account must
    change it (A2.6). Raises a SignInRefused.
    """
    name = normal_username(username)
    tried = lockout.count_try(entrance, name)
    account = _find(entrance, name)
    temporary = None
    is_right = passwords.check(_password_of(account), password)
    if not is_right and entrance == AccountKind.OFFICIAL:
        temporary = secrets.consume_temporary_password(account.id if account is not None else 0, password)
    if account is None or not (is_right or _opens(temporary, account)):
        lockout.fail(tried, account)
        raise WrongNameOrPassword
    is_temporary = temporary == SecretPurpose.RESET_PASSWORD
    if account.second_factor_since is None:
        lockout.succeed(tried)
    else:
        lockout.take_back(tried)
    _refuse_by_state(account)
    if is_right:
        passwords.renew_hash(account, password)
    if account.second_factor_since is None:
        return _let_in(account, is_temporary, wants_to_stay, f"{entrance}{' temporary' if temporary else ''}")
    record(_as_actor(account), "ask.second_factor", account.id, detail=entrance)
    db.session.commit()
    return SecondStep(account.id, now(), is_temporary, wants_to_stay)


def take_second_step(step: SecondStep, code: str) -> SignedIn:
    """The code of the authenticator app, or a recovery code, after the right password. Commits.

    Raises WrongCode, SecondStepOver, EntranceLocked, and what else refuses the account by now.
    """
    account = account_of_step(step)
    tried = lockout.count_try(account.kind, normal_username(account.username))
    proof = second_factor.prove(account.id, code)
    if proof is None:
        lockout.fail(tried, account, "fail.second_factor")
        raise WrongCode
    lockout.succeed(tried)
    _refuse_by_state(account)
    return _let_in(account, step.is_temporary, step.wants_to_stay, f"{account.kind} {proof}")


def begin_second_step(account_id: int) -> SecondStep | None:
    """For an account that has just proven itself by a letter's link; None where no code is asked for."""
    account = db.session.get(Account, account_id)
    return SecondStep(account_id, now()) if account is not None and account.second_factor_since is not None else None


def account_of_step(step: SecondStep) -> Account:
    """Whose second step it is. Raises SecondStepOver."""
    account = db.session.get(Account, step.account_id)
    is_over = now() - step.began_at > SECOND_STEP_LASTS
    if account is None or is_over or account.second_factor_since is None or _has_other_password(account, step):
        raise SecondStepOver
    return account


def _has_other_password(account: Account, step: SecondStep) -> bool:
    """The password that was right is not the account's any more."""
    if account.password == passwords.UNUSABLE and not step.is_temporary:
        return True
    return account.password_changed_at is not None and account.password_changed_at > step.began_at


def _let_in(account: Account, is_temporary: bool, wants_to_stay: bool, detail: str) -> SignedIn:
    if is_temporary:
        passwords.make_unusable(account)
        account.must_change_password = True
        end_sessions(account.id)
        tell_owner(account.id, "temporary_password_used")
    if account.kind == AccountKind.OFFICIAL and _is_password_old(account):
        account.must_change_password = True
    account.last_login = now().replace(tzinfo=None)
    account.login_count = (account.login_count or 0) + 1
    stays = wants_to_stay and policy.may_stay_signed_in(
        account.kind, account.account_type, {role.name for role in account.roles}
    )
    record(_as_actor(account), "sign_in.account", account.id, detail=f"{detail}{' kept' if stays else ''}")
    db.session.commit()
    return SignedIn(account.id, account.must_change_password, stays)


def sign_out(actor: Actor) -> None:
    """Note it; the caller ends the session. Commits."""
    record(actor, "sign_out.account", actor.id)
    db.session.commit()


# ---------- proving ----------


def _find(entrance: AccountKind, name: str) -> Account | None:
    """The account of that name that belongs at this entrance."""
    if not lockout.USERNAME.fullmatch(name):
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


def _is_password_old(account: Account) -> bool:
    changed = account.password_changed_at
    return account.password != passwords.UNUSABLE and changed is not None and changed < now() - STAFF_PASSWORD_AGE


def _as_actor(account: Account) -> Actor:
    return Actor(id=account.id, username=account.username)
