"""Forgotten passwords: by SMS for official accounts (A2), by a letter's link for general ones (A4).

Who asks is unknown, so nothing they see tells whether the account exists, and the old password goes on working until
the new way has been used: nobody is locked out by a stranger who knows three facts.
"""

from __future__ import annotations

import hmac
from datetime import date

import sqlalchemy as sa

from app.access.actor import Actor
from app.access.session import system
from app.accounts import passwords, secrets
from app.accounts.identity import normal_form
from app.accounts.lockout import forget_failures, normal_username
from app.accounts.models import Account, AccountKind, AccountProfile, AccountState, SecretPurpose
from app.audit.record import record
from app.crypto.sealing import keyed_indexes
from app.extensions import db
from app.limits.messages import Occasion, has_room
from app.notifications.outbox import absolute_url, send_letter, send_sms

_RESETTABLE = {
    AccountState.ACTIVE: (SecretPurpose.RESET_PASSWORD, Occasion.RESET),
    AccountState.PENDING_REVIEW: (SecretPurpose.RESET_PASSWORD, Occasion.RESET),
    AccountState.PENDING_PASSWORD_CHANGE: (SecretPurpose.FIRST_PASSWORD, Occasion.REGISTRATION),
}
"""Whoever let the first temporary password expire gets another one in the same way."""


class LinkDoesNotWork(Exception):
    """Used, older than thirty minutes, replaced by a newer one, or never sent."""


def ask_official_reset(username: str, email: str, mobile: str) -> None:
    """A2.3: if the three belong together, an SMS with a temporary password and a letter go out; else nothing. Commits.

    ``mobile`` is in E.164. Nothing goes out either while a cap has no room (app.limits.messages).
    """
    found = _find(AccountKind.OFFICIAL, username)
    if found is None:
        return
    account, profile = found
    is_same = (
        profile.email.casefold() == email.strip().casefold() and profile.mobile == mobile and account.state in _RESETTABLE
    )
    if not is_same:
        db.session.rollback()
        return
    purpose, occasion = _RESETTABLE[account.state]
    if not has_room(occasion, account.id, sms=profile.mobile, letter=profile.email):
        db.session.rollback()
        return
    temporary = secrets.issue_temporary_password(account.id, purpose)
    send_sms(profile.mobile, purpose.value, profile.locale, account_id=account.id, temporary_password=temporary)
    send_letter(
        profile.email,
        "password_reset_done",
        profile.locale,
        account_id=account.id,
        full_name=profile.full_name,
        username=account.username,
    )
    record(None, "reset.password", account.id, detail="sms")
    db.session.commit()


def ask_general_reset(username: str, identity_number: str, birth_date: date) -> None:
    """A4.3: if the three belong together, a letter with a link goes out; else nothing. Commits."""
    found = _find(AccountKind.GENERAL, username)
    indexes = keyed_indexes(normal_form(identity_number))
    if found is None:
        return
    account, profile = found
    is_same = (
        any(hmac.compare_digest(profile.identity_number_index, index) for index in indexes)
        and profile.birth_date == birth_date
        and account.state == AccountState.ACTIVE
    )
    if not is_same or not has_room(Occasion.RESET, account.id, letter=profile.email):
        db.session.rollback()
        return
    token = secrets.issue_link_token(account.id, SecretPurpose.RESET_LINK)
    send_letter(
        profile.email,
        "reset_link",
        profile.locale,
        account_id=account.id,
        full_name=profile.full_name,
        username=account.username,
        address=absolute_url("GeneralResetView.renew", token=token),
    )
    record(None, "reset.password", account.id, detail="letter")
    db.session.commit()


def account_of_link(token_hash: str) -> Account:
    """Whose password the link of a letter renews; uses nothing up. Raises LinkDoesNotWork."""
    account_id = secrets.find_by_hash(token_hash, SecretPurpose.RESET_LINK)
    return _account(account_id)


def renew_password(token_hash: str, new_password: str) -> int:
    """A4.5: use the link up, set the password, end all sessions, tell the owner. Answers the account's number. Commits.

    ``new_password`` has passed the rules. Raises LinkDoesNotWork.
    """
    account = _account(secrets.consume_by_hash(token_hash, SecretPurpose.RESET_LINK))
    passwords.change_password(account, new_password)
    forget_failures(account.kind, account.username)
    record(Actor(id=account.id, username=account.username), "renew.password", account.id)
    db.session.commit()
    return account.id


def _find(kind: AccountKind, username: str) -> tuple[Account, AccountProfile] | None:
    with system("find the account of a reset"):
        found = db.session.execute(
            sa.select(Account, AccountProfile)
            .join(AccountProfile, AccountProfile.account_id == Account.id)
            .where(sa.func.lower(Account.username) == normal_username(username), Account.kind == kind, Account.active)
        ).first()
    return (found[0], found[1]) if found is not None else None


def _account(account_id: int | None) -> Account:
    account = db.session.get(Account, account_id) if account_id is not None else None
    if account is None or account.state != AccountState.ACTIVE or not account.active:
        db.session.rollback()
        raise LinkDoesNotWork
    return account
