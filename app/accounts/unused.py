"""Accounts that nobody uses (資通系統防護基準 1-1-2, 1-1-3): never completed ones go, idle staff accounts are shut.

The worker does it with its tidying (app.jobs).
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import current_app
from flask_appbuilder.security.sqla.models import Role as FabRole

from app.access.session import system
from app.accounts import secrets
from app.accounts.models import Account, AccountKind, AccountState
from app.accounts.notices import tell_owner
from app.accounts.registration import is_lapsed
from app.accounts.sessions import end_sessions
from app.audit.record import record
from app.extensions import db
from app.model_types import now


def remove_unused_accounts() -> int:
    """Remove accounts that still wait for their activation or first sign-in after UNUSED_ACCOUNT_DAYS. Commits.

    Answers how many. With 0 days nothing is removed.
    """
    before = _days_ago("UNUSED_ACCOUNT_DAYS")
    if before is None:
        return 0
    with system("remove accounts that nobody came to use"):
        removed = db.session.scalars(
            sa.delete(Account)
            .where(is_lapsed(), Account.last_login.is_(None), Account.created_on < before)
            .returning(Account.id)
            .execution_options(synchronize_session=False)
        ).all()
        for account_id in removed:
            record(None, "remove.account", account_id, detail="unused")
        db.session.commit()
    return len(removed)


def suspend_idle_staff() -> int:
    """Suspend official accounts to which nobody has signed in for IDLE_STAFF_DAYS, with their sessions. Commits.

    A reopened account (screen 帳號管理) has as many days again. City administrators are left: somebody must be there to
    reopen. Answers how many. With 0 days nothing is suspended.
    """
    before = _days_ago("IDLE_STAFF_DAYS")
    if before is None:
        return 0
    is_idle = (
        Account.kind == AccountKind.OFFICIAL,
        Account.state == AccountState.ACTIVE,
        sa.func.coalesce(Account.last_login, Account.created_on) < before,
        sa.or_(Account.changed_on.is_(None), Account.changed_on < before),
        sa.not_(Account.roles.any(FabRole.name == current_app.config["AUTH_ROLE_ADMIN"])),
    )
    with system("suspend staff accounts that nobody signs in to"):
        suspended = db.session.scalars(
            sa.update(Account)
            .where(*is_idle)
            .values(state=AccountState.SUSPENDED)
            .returning(Account.id)
            .execution_options(synchronize_session=False)
        ).all()
        for account_id in suspended:
            secrets.revoke(account_id)
            end_sessions(account_id)
            tell_owner(account_id, "account_suspended")
            record(None, "suspend.account", account_id, detail="idle")
        db.session.commit()
    return len(suspended)


def _days_ago(setting: str) -> datetime | None:
    """As FAB's columns keep it, without a zone; the server's own zone is hours off at most. None: the rule is off."""
    days = current_app.config[setting]
    return (now() - timedelta(days=days)).replace(tzinfo=None) if days > 0 else None
