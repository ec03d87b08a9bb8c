"""我的基本資料: what one changes about oneself (A2.6–A2.8, A5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.access.actor import Actor
from app.access.session import system
from app.accounts import passwords
from app.accounts.first_passwords import own_account
from app.accounts.models import AccountProfile, StaffPlacement
from app.accounts.notices import tell_owner
from app.accounts.reentry import WrongCurrentPassword
from app.accounts.reentry import require_current_password as _require_current_password
from app.audit.record import record
from app.extensions import db

CHANGEABLE = frozenset(
    {
        "full_name",
        "birth_date",
        "email",
        "mobile",
        "locale",
        "organization",
        "job_title",
        "school_id",
        "student_number",
        "postal_address",
    }
)
PROVEN = frozenset({"email", "mobile"})
"""Where letters and temporary passwords go: nobody changes these with an open session alone."""


@dataclass(frozen=True)
class PasswordChange:
    """What the form asked about passwords: the present one where it is needed, a new one where it is wanted."""

    current: str | None = None
    """None: not needed for this change."""
    new: str | None = None


def own_profile(actor: Actor) -> AccountProfile:
    return db.session.scalars(sa.select(AccountProfile).where(AccountProfile.account_id == actor.id)).one()


def own_job_title(actor: Actor) -> str:
    """職稱 of the present placement; empty without one."""
    title = sa.select(StaffPlacement.job_title).where(
        StaffPlacement.account_id == actor.id, StaffPlacement.ended_on.is_(None)
    )
    return db.session.scalar(title) or ""


def save_profile(actor: Actor, values: Mapping[str, Any], password: PasswordChange) -> None:
    """Save what the form of the account's type asked. A new password ends the other sessions; a new mailbox or number
    is told to the old mailbox, and a new mailbox to itself as well.

    Raises WrongCurrentPassword and EntranceLocked, with nothing saved.
    """
    account, profile = own_account(actor), own_profile(actor)
    if password.current is not None:
        _require_current_password(actor, account, password.current)
    changed = sorted(name for name in CHANGEABLE & values.keys() if getattr(profile, name) != values[name])
    if password.current is None and (password.new is not None or PROVEN.intersection(changed)):
        raise WrongCurrentPassword
    _tell_old_mailbox(actor, changed)
    for name in changed:
        setattr(profile, name, values[name])
    if "email" in changed:
        db.session.flush()
        tell_owner(actor.id, "new_mailbox")
    if "full_name" in changed:
        _carry_name(actor, profile.full_name)
        account.first_name = profile.full_name[:64]
    if password.new is not None:
        passwords.change_password(account, password.new, keep_session_id=actor.session_id)
    record(actor, "change.profile", actor.id, detail=" ".join(changed + (["password"] if password.new else [])))
    db.session.commit()


def require_current_password(actor: Actor, typed: str) -> None:
    """Say it even where something else keeps the form from being saved. Raises WrongCurrentPassword, EntranceLocked."""
    _require_current_password(actor, own_account(actor), typed)
    db.session.commit()


def _tell_old_mailbox(actor: Actor, changed: list[str]) -> None:
    told = [name for name in ("email", "mobile") if name in changed]
    if told:
        tell_owner(actor.id, "contact_changed", what=told[0] if len(told) == 1 else "both")


def _carry_name(actor: Actor, name: str) -> None:
    with system("carry a changed name to the own placement"):
        db.session.execute(
            sa.update(StaffPlacement)
            .where(StaffPlacement.account_id == actor.id, StaffPlacement.ended_on.is_(None))
            .values(staff_name=name)
        )
