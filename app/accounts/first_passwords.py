"""The first sign-in of an official account: a temporary password by SMS, and its forced change (A1.4–A1.7)."""

from __future__ import annotations

import sqlalchemy as sa

from app.access.actor import Actor
from app.accounts import passwords, secrets
from app.accounts.models import Account, AccountProfile, AccountState, SecretPurpose
from app.audit.record import record
from app.extensions import db
from app.limits.messages import Occasion, has_room
from app.notifications.outbox import send_sms


class TemporaryPasswordWrong(Exception):
    """Mistyped, older than ten minutes, or replaced by a newer one."""


class AskedTooSoon(Exception):
    """A temporary password was sent within the last minute, or enough of them today."""


def send_first_password(account_id: int, mobile: str, locale: str) -> bool:
    """Issue a temporary password and put its SMS into the outbox, if its cap has room; does not commit."""
    if not has_room(Occasion.REGISTRATION, account_id, sms=mobile):
        return False
    password = secrets.issue_temporary_password(account_id, SecretPurpose.FIRST_PASSWORD)
    send_sms(mobile, "first_password", locale, account_id=account_id, temporary_password=password)
    return True


def send_first_password_again(actor: Actor) -> str:
    """Another one, the older stops working. Answers the mobile number it goes to. Raises AskedTooSoon."""
    mobile, locale = db.session.execute(
        sa.select(AccountProfile.mobile, AccountProfile.locale).where(AccountProfile.account_id == actor.id)
    ).one()
    if not send_first_password(actor.id, mobile, locale):
        db.session.rollback()
        raise AskedTooSoon
    record(actor, "send.first_password", actor.id)
    db.session.commit()
    return str(mobile)


def replace_first_password(actor: Actor, temporary_password: str, new_password: str) -> None:
    """A1.6: the account gets its own password and waits for review; all its sessions end.

    ``new_password`` has passed the rules. Raises TemporaryPasswordWrong.
    """
    account = own_account(actor)
    is_right = account.state == AccountState.PENDING_PASSWORD_CHANGE and secrets.is_temporary_password_in_use(
        account.id, temporary_password, SecretPurpose.FIRST_PASSWORD
    )
    if not is_right:
        db.session.commit()  # the wrong try stays counted
        raise TemporaryPasswordWrong
    account.state = AccountState.PENDING_REVIEW
    passwords.change_password(account, new_password)
    record(actor, "change.first_password", account.id)
    db.session.commit()


def own_account(actor: Actor) -> Account:
    """The actor's account, whole, for the rules about its password."""
    return db.session.scalars(sa.select(Account).where(Account.id == actor.id)).one()
