"""The forced change of the first, temporary password (A1.5–A1.7)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.access.session import system
from app.accounts import secrets
from app.accounts.models import Account, AccountState, SecretPurpose
from app.extensions import db
from app.model_types import now
from tests.accounts.browsing import CAPTCHA, account, errors, messages, send
from tests.journeys.people import secret_in

PATH = "/first-password/"
NEW = {"new_password": "Green river 1", "new_password_again": "Green river 1"}


@pytest.fixture
def temporary(flask_app, world):
    """teacher_501 has just applied; the SMS's password."""
    with flask_app.app_context(), system("tests"):
        db.session.execute(
            sa.update(Account)
            .where(Account.username == "teacher_501")
            .values(state=AccountState.PENDING_PASSWORD_CHANGE, password="!")
        )
        made = secrets.issue_temporary_password(world.accounts["teacher_501"], SecretPurpose.FIRST_PASSWORD)
        db.session.commit()
        return made


@pytest.fixture
def newcomer(flask_app, temporary):
    """A browser that has signed in with it."""
    client = flask_app.test_client()
    fields = {"username": "teacher_501", "password": temporary, "captcha": CAPTCHA}
    assert send(client, "/sign-in/official/", fields).status_code == 302
    return client


def state(flask_app):
    return account(flask_app, "teacher_501")["state"]


@pytest.mark.every_database
def test_the_change_signs_out_and_the_new_password_opens_the_account_for_review(flask_app, newcomer, temporary):
    answer = send(newcomer, PATH, {"temporary_password": temporary, **NEW}, follow=True)
    assert "密碼變更成功，請重新登入" in answer.text
    assert answer.request.path == "/sign-in/official/"
    assert newcomer.get("/portal/").status_code == 302
    assert state(flask_app) == AccountState.PENDING_REVIEW
    for password, status in ((temporary, 200), ("Green river 1", 302)):
        fields = {"username": "teacher_501", "password": password, "captcha": CAPTCHA}
        assert send(flask_app.test_client(), "/sign-in/official/", fields).status_code == status


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"temporary_password": "not this one"}, "temporary_password"),
        ({"temporary_password": ""}, "temporary_password"),
        ({"new_password": "short"}, "new_password"),
        ({"new_password": "only small letters"}, "new_password"),
        ({"new_password": "Teacher_501 here"}, "new_password"),
        ({"new_password": ""}, "new_password"),
        ({"new_password_again": "Green river 2"}, "new_password_again"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_changes(flask_app, newcomer, temporary, wrong, field):
    answer = send(newcomer, PATH, {"temporary_password": temporary, **NEW, **wrong})
    assert field in errors(answer)
    assert state(flask_app) == AccountState.PENDING_PASSWORD_CHANGE
    assert send(newcomer, PATH, {"temporary_password": temporary, **NEW}).status_code == 302


def test_the_temporary_password_cannot_become_the_own_one(newcomer, temporary):
    """It would pass the rules; it was made by somebody else and sent in the open."""
    fields = {"temporary_password": temporary, "new_password": temporary, "new_password_again": temporary}
    assert "new_password" in errors(send(newcomer, PATH, fields))


def test_after_five_wrong_tries_a_new_one_is_needed(newcomer, temporary):
    for _ in range(5):
        send(newcomer, PATH, {"temporary_password": "not this one", **NEW})
    assert set(errors(send(newcomer, PATH, {"temporary_password": temporary, **NEW}))) == {"temporary_password"}


@pytest.mark.every_database
def test_when_it_has_expired_the_same_form_sends_a_new_one(flask_app, newcomer, temporary):
    with time_machine.travel(now() + timedelta(minutes=11)):
        assert set(errors(send(newcomer, PATH, {"temporary_password": temporary, **NEW}))) == {"temporary_password"}
        assert "新的臨時密碼已寄到" in send(newcomer, PATH, {"send_again": "1"}, follow=True).text
        ((receiver, content),) = messages(flask_app, "first_password")
        assert receiver == "+886912001002"
        another = secret_in(content["text"])
        assert another != temporary
        assert send(newcomer, PATH, {"temporary_password": another, **NEW}).status_code == 302
    assert state(flask_app) == AccountState.PENDING_REVIEW


def test_a_second_one_within_a_minute_is_not_sent(flask_app, newcomer):
    send(newcomer, PATH, {"send_again": "1"})
    assert "請等 1 分鐘" in send(newcomer, PATH, {"send_again": "1"}, follow=True).text
    assert len(messages(flask_app, "first_password")) == 1


def test_the_page_is_for_nobody_else(visitor, client_as):
    assert visitor.get(PATH).location == "/sign-in/official/"
    assert visitor.post(PATH).status_code in (302, 400)
    assert client_as("teacher_501").get(PATH).location == "/student-affairs/"
    assert client_as("parent_chen").post(PATH, data={"send_again": "1"}).location == "/portal/"
