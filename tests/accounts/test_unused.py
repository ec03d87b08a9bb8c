"""Accounts that nobody came to use are removed, staff accounts that nobody signs in to are shut."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.access.session import system
from app.accounts.models import Account, AccountState
from app.accounts.review import reopen_account
from app.accounts.unused import remove_unused_accounts, suspend_idle_staff
from app.audit.models import AuditEntry
from app.extensions import db
from app.model_types import now
from tests.accounts.browsing import account, count
from tests.accounts.test_sign_in import RED, change, enter, is_signed_in


def noted(action, detail):
    return (AuditEntry.action == action, AuditEntry.detail == detail)


@pytest.mark.every_database
def test_an_account_that_was_never_completed_is_removed_after_its_days(flask_app, world):
    change(flask_app, "parent_lin", state=AccountState.PENDING_ACTIVATION)
    change(flask_app, "citizen_wu", state=AccountState.PENDING_PASSWORD_CHANGE)
    with flask_app.app_context():
        with time_machine.travel(now() + timedelta(days=29)):
            assert remove_unused_accounts() == 0
        with time_machine.travel(now() + timedelta(days=31)):
            assert remove_unused_accounts() == 2
    assert account(flask_app, "parent_lin") is None
    assert account(flask_app, "parent_chen") is not None
    assert count(flask_app, AuditEntry, *noted("remove.account", "unused")) == 2


@pytest.mark.every_database
def test_a_staff_account_that_nobody_signs_in_to_is_shut_and_says_so(flask_app, world, client_as):
    teacher = client_as("teacher_501")
    later = now() + timedelta(days=181)
    change(flask_app, "teacher_502", last_login=(later - timedelta(days=1)).replace(tzinfo=None))
    with time_machine.travel(later), flask_app.app_context():
        assert suspend_idle_staff() == count(flask_app, AuditEntry, *noted("suspend.account", "idle")) > 0
    states = {
        name: account(flask_app, name)["state"] for name in ("teacher_501", "teacher_502", "city_admin", "parent_chen")
    }
    assert states.pop("teacher_501") == AccountState.SUSPENDED
    assert set(states.values()) == {AccountState.ACTIVE}
    assert not is_signed_in(teacher)


def test_a_reopened_account_has_its_days_again(flask_app, world, actor_of):
    later = now() + timedelta(days=181)
    with time_machine.travel(later), flask_app.app_context(), system("tests"):
        suspend_idle_staff()
        reopen_account(actor_of("city_admin"), db.session.get(Account, world.accounts["teacher_501"]))
        assert suspend_idle_staff() == 0
        assert enter(flask_app.test_client(), RED, "teacher_501").status_code == 302


@pytest.mark.parametrize("setting", ["UNUSED_ACCOUNT_DAYS", "IDLE_STAFF_DAYS"])
def test_0_days_keep_everybody(flask_app, world, monkeypatch, setting):
    change(flask_app, "parent_lin", state=AccountState.PENDING_ACTIVATION)
    monkeypatch.setitem(flask_app.config, setting, 0)
    task = remove_unused_accounts if setting == "UNUSED_ACCOUNT_DAYS" else suspend_idle_staff
    with time_machine.travel(now() + timedelta(days=5000)), flask_app.app_context():
        assert task() == 0
        with system("tests"):
            assert db.session.scalar(sa.select(sa.func.count()).where(Account.state == AccountState.SUSPENDED)) == 0
