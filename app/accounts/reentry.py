"""「目前密碼」 once more, before something that an open session alone must not do (manual A2.7, A5.3; ASVS 7.5.1).

Whoever finds a device unlocked can guess five times in a quarter of an hour.
"""

from __future__ import annotations

from app.access.actor import Actor
from app.accounts import lockout, passwords
from app.accounts.models import Account


class WrongCurrentPassword(Exception):
    """「目前密碼」 was needed and is not that."""


def require_current_password(actor: Actor, account: Account, typed: str) -> None:
    """Does not commit when ``typed`` is right. Raises WrongCurrentPassword, and EntranceLocked after five failures."""
    tried = lockout.count_try_inside(actor)
    if not passwords.is_current_password(account, typed):
        lockout.fail(tried, account, "fail.current_password")  # commits: a wrong temporary password stays counted
        raise WrongCurrentPassword
    lockout.succeed(tried)
