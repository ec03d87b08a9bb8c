"""Letters to the owner of an account about its credentials: whoever did it, the owner learns of it (ASVS 6.3.7)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from app.access.session import system
from app.accounts.models import Account, AccountProfile
from app.extensions import db
from app.limits.messages import has_room_for_notice
from app.model_types import now
from app.notifications.outbox import send_letter


def tell_owner(account_id: int, purpose: str, **values: Any) -> None:
    """Write the letter ``purpose`` to the mailbox of an account's profile, if the account's cap has room; its text knows
    full_name, username and changed_at besides ``values``. Does not commit."""
    with system("tell the owner of an account"):
        receiver = db.session.execute(
            sa.select(AccountProfile.email, AccountProfile.full_name, AccountProfile.locale, Account.username)
            .join(Account, Account.id == AccountProfile.account_id)
            .where(AccountProfile.account_id == account_id)
        ).first()
    if receiver is None or not receiver.email or not has_room_for_notice(account_id):
        return
    send_letter(
        receiver.email,
        purpose,
        receiver.locale,
        account_id=account_id,
        **{"full_name": receiver.full_name, "username": receiver.username, "changed_at": now(), **values},
    )
