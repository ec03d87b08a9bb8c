"""Forgotten passwords: by SMS (A2) and by a letter (A4). Who asks learns nothing; who owns the account gets in."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.access.session import system
from app.accounts import even_time
from app.accounts.even_time import LONG_ENOUGH
from app.accounts.models import Account, AccountProfile, AccountState
from app.accounts.resets import ask_general_reset, ask_official_reset
from app.extensions import db
from app.model_types import now
from app.notifications.models import OutboxMessage
from tests.accounts.browsing import CAPTCHA, account, count, errors, messages, send, value_of
from tests.accounts.test_sign_in import GREEN, RED, enter, is_signed_in
from tests.journeys.people import link_in, secret_in
from tests.world import PASSWORD

BY_SMS, BY_LETTER = "/reset/official/", "/reset/general/"
TEACHER = {"username": "teacher_501", "email": "teacher_501@example.org", "mobile": "0912-001-002", "captcha": CAPTCHA}
GUARDIAN = {"username": "parent_chen", "identity_number": "A100002000", "birth_date": "民國72年4月18日", "captcha": CAPTCHA}
NEW = {"new_password": "green river stone", "new_password_again": "green river stone"}


def change(flask_app, username, **values):
    with flask_app.app_context(), system("tests"):
        db.session.execute(sa.update(Account).where(Account.username == username).values(**values))
        db.session.commit()


def without_tokens(page):
    """What a page says, without what differs from browser to browser."""
    return re.sub(r'name="csrf_token" value="[^"]+"', "", page.text)


def path_of_the_letter(flask_app):
    """The address of the newest letter, as a path."""
    text = messages(flask_app, "reset_link")[-1][1]["text"]
    assert link_in(text).startswith("http://localhost/reset/general/")
    return link_in(text).removeprefix("http://localhost")


# ---------- A2: by SMS ----------


@pytest.mark.every_database
def test_the_right_three_get_an_sms_and_a_letter(flask_app, visitor):
    answer = send(visitor, BY_SMS, TEACHER, follow=True)
    assert answer.request.path == "/reset/official/done"
    assert "密碼重設成功" in answer.text
    ((mobile, sms),) = messages(flask_app, "reset_password")
    ((mailbox, letter),) = messages(flask_app, "password_reset_done")
    assert (mobile, mailbox) == ("+886912001002", "teacher_501@example.org")
    temporary = secret_in(sms["text"])
    assert temporary not in letter["text"]
    assert enter(visitor, RED, "teacher_501", temporary).status_code == 302


@pytest.mark.parametrize(
    "wrong",
    [
        {"username": "nobody_here"},
        {"username": "teacher_502"},
        {"username": "x\x00' OR 1=1"},
        {"email": "somebody@example.org"},
        {"mobile": "0912-001-003"},
        {"username": "parent_chen", "email": "parent_chen@example.org", "mobile": "0912-002-000"},
    ],
)
def test_any_other_combination_gets_the_same_page_and_sends_nothing(flask_app, visitor, wrong):
    right = without_tokens(send(flask_app.test_client(), BY_SMS, TEACHER, follow=True))
    sent = count(flask_app, OutboxMessage)
    answer = send(visitor, BY_SMS, {**TEACHER, **wrong}, follow=True)
    assert without_tokens(answer) == right
    assert count(flask_app, OutboxMessage) == sent == 2


@pytest.mark.parametrize("state", [AccountState.SUSPENDED, AccountState.CLOSED])
def test_an_account_that_is_shut_gets_nothing(flask_app, visitor, state):
    change(flask_app, "teacher_501", state=state)
    assert "密碼重設成功" in send(visitor, BY_SMS, TEACHER, follow=True).text
    assert count(flask_app, OutboxMessage) == 0


def test_who_missed_the_first_temporary_password_gets_another_one(flask_app, visitor):
    change(flask_app, "teacher_501", state=AccountState.PENDING_PASSWORD_CHANGE, password="!")
    send(visitor, BY_SMS, TEACHER)
    temporary = secret_in(messages(flask_app, "first_password")[0][1]["text"])
    enter(visitor, RED, "teacher_501", temporary)
    assert visitor.get(RED).location == "/first-password/"


def test_letter_case_of_the_mailbox_and_the_way_a_number_is_written_do_not_matter(flask_app, visitor):
    written = {"username": "Teacher_501", "email": "TEACHER_501@Example.org", "mobile": "+886912001002"}
    send(visitor, BY_SMS, {**TEACHER, **written})
    assert len(messages(flask_app, "reset_password")) == 1


@pytest.mark.parametrize(
    ("path", "fields", "wrong", "field"),
    [
        (BY_SMS, TEACHER, {"username": ""}, "username"),
        (BY_SMS, TEACHER, {"email": ""}, "email"),
        (BY_SMS, TEACHER, {"mobile": "12345"}, "mobile"),
        (BY_SMS, TEACHER, {"captcha": "00000"}, "captcha"),
        (BY_LETTER, GUARDIAN, {"username": ""}, "username"),
        (BY_LETTER, GUARDIAN, {"identity_number": ""}, "identity_number"),
        (BY_LETTER, GUARDIAN, {"birth_date": "yesterday"}, "birth_date"),
        (BY_LETTER, GUARDIAN, {"captcha": ""}, "captcha"),
    ],
)
def test_what_cannot_be_read_is_said_beside_its_field_and_the_rest_kept(flask_app, visitor, path, fields, wrong, field):
    answer = send(visitor, path, {**fields, **wrong})
    assert answer.status_code == 200
    assert set(errors(answer)) == {field}
    for name, typed in {**fields, **wrong}.items():
        if name != "captcha":
            assert value_of(answer, name) == typed
    assert count(flask_app, OutboxMessage) == 0


@pytest.mark.parametrize(("path", "fields"), [(BY_SMS, TEACHER), (BY_LETTER, GUARDIAN)])
def test_a_second_request_within_a_minute_sends_nothing_more(flask_app, visitor, path, fields):
    moment = now()
    with time_machine.travel(moment, tick=False):
        send(visitor, path, fields)
        sent = count(flask_app, OutboxMessage)
        first, second = send(visitor, path, fields, follow=True), send(visitor, path, fields, follow=True)
        assert without_tokens(first) == without_tokens(second)
        assert count(flask_app, OutboxMessage) == sent > 0
    with time_machine.travel(moment + timedelta(seconds=61), tick=False):
        send(visitor, path, fields)
    assert count(flask_app, OutboxMessage) == 2 * sent


@pytest.mark.every_database
def test_requests_sent_together_send_one_sms(flask_app, world):
    def ask(_number):
        with flask_app.test_request_context():
            ask_official_reset("teacher_501", "teacher_501@example.org", "+886912001002")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(8)))
    assert len(messages(flask_app, "reset_password")) == 1


class Clock:
    """Stands still but for who sleeps: how long an answer takes does not hang on the machine."""

    moment = 0.0

    def perf_counter(self) -> float:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.moment += seconds


@pytest.mark.parametrize(("path", "fields"), [(BY_SMS, TEACHER), (BY_LETTER, GUARDIAN)])
def test_an_unknown_account_takes_as_long_as_a_known_one(visitor, monkeypatch, path, fields):
    for username in (fields["username"], "nobody_here"):
        clock = Clock()
        monkeypatch.setattr(even_time, "time", clock)
        send(visitor, path, {**fields, "username": username})
        assert clock.moment == LONG_ENOUGH


# ---------- A4: by a letter ----------


@pytest.mark.every_database
def test_the_right_three_get_a_letter_whose_link_sets_a_new_password_and_signs_in(flask_app, visitor, client_as):
    elsewhere = client_as("parent_chen")
    answer = send(visitor, BY_LETTER, GUARDIAN, follow=True)
    assert "重設密碼的信已寄出" in answer.text
    path = path_of_the_letter(flask_app)
    opened = visitor.get(path)
    assert opened.location == "/reset/general/new"
    answer = send(visitor, opened.location, NEW, follow=True)
    assert "重設密碼成功" in answer.text
    assert answer.request.path == "/portal/"
    assert not is_signed_in(elsewhere)
    assert enter(flask_app.test_client(), GREEN, "parent_chen").status_code == 200
    assert enter(flask_app.test_client(), GREEN, "parent_chen", "green river stone").status_code == 302
    ((receiver, letter),) = messages(flask_app, "password_changed")
    assert receiver == "parent_chen@example.org"
    assert "green river stone" not in letter["text"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"username": "nobody_here"},
        {"username": "parent_lin"},
        {"identity_number": "A100002001"},
        {"identity_number": "nonsense"},
        {"birth_date": "72/4/19"},
        {"username": "teacher_501", "identity_number": "A100001002"},
    ],
)
def test_any_other_three_get_the_same_page_and_no_letter(flask_app, visitor, wrong):
    right = without_tokens(send(flask_app.test_client(), BY_LETTER, GUARDIAN, follow=True))
    assert without_tokens(send(visitor, BY_LETTER, {**GUARDIAN, **wrong}, follow=True)) == right
    assert len(messages(flask_app, "reset_link")) == 1


@pytest.mark.parametrize("typed", ["a100002000", " A100 002 000 ", "Ａ１００００２０００"])
def test_the_number_may_be_written_as_people_write_it(flask_app, visitor, typed):
    send(visitor, BY_LETTER, {**GUARDIAN, "identity_number": typed, "birth_date": "1983-04-18"})
    assert len(messages(flask_app, "reset_link")) == 1


def test_the_letter_names_the_configured_address_and_never_the_browsers(flask_app, visitor):
    page = visitor.get(BY_LETTER, headers={"Host": "evil.example"})
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page.text)
    if token:
        visitor.post(BY_LETTER, data={"csrf_token": token.group(1), **GUARDIAN}, headers={"Host": "evil.example"})
    assert all("evil" not in content["text"] for _, content in messages(flask_app, "reset_link"))


def test_a_mail_scanner_that_opens_the_link_uses_nothing_up(flask_app, visitor):
    send(visitor, BY_LETTER, GUARDIAN)
    path = path_of_the_letter(flask_app)
    for _ in range(3):
        scanner = flask_app.test_client()
        assert scanner.get(path, follow_redirects=True).status_code == 200
    assert account(flask_app, "parent_chen")["password"].startswith("pbkdf2")
    assert send(visitor, visitor.get(path).location, NEW).location == "/portal/"


def test_the_token_is_in_no_address_that_a_browser_keeps(flask_app, visitor):
    send(visitor, BY_LETTER, GUARDIAN)
    path = path_of_the_letter(flask_app)
    page = visitor.get(path, follow_redirects=True)
    assert page.request.path == "/reset/general/new"
    assert path.rpartition("/")[2] not in page.text
    assert page.headers["Referrer-Policy"] == "same-origin"


def test_a_link_works_once(flask_app, visitor):
    send(visitor, BY_LETTER, GUARDIAN)
    path = path_of_the_letter(flask_app)
    send(visitor, visitor.get(path).location, NEW)
    stranger = flask_app.test_client()
    answer = stranger.get(path, follow_redirects=True)
    assert answer.status_code == 410
    assert "這個網址已經失效" in answer.text


def test_a_link_dies_after_half_an_hour_and_by_a_newer_one(flask_app, visitor):
    moment = now()
    with time_machine.travel(moment, tick=False):
        send(visitor, BY_LETTER, GUARDIAN)
    older = path_of_the_letter(flask_app)
    with time_machine.travel(moment + timedelta(minutes=2), tick=False):
        send(visitor, BY_LETTER, GUARDIAN)
        newer = path_of_the_letter(flask_app)
        assert flask_app.test_client().get(older, follow_redirects=True).status_code == 410
        assert flask_app.test_client().get(newer, follow_redirects=True).status_code == 200
    with time_machine.travel(moment + timedelta(minutes=33), tick=False):
        assert flask_app.test_client().get(newer, follow_redirects=True).status_code == 410


@pytest.mark.parametrize("token", ["x", "new0", "a" * 2000, "%00", "..%2f..", "長"])
def test_a_made_up_link_is_dead(visitor, token):
    assert visitor.get(f"/reset/general/{token}", follow_redirects=True).status_code in (404, 410)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"new_password": "short"}, "new_password"),
        ({"new_password": "parent_chen words"}, "new_password"),
        ({"new_password": PASSWORD, "new_password_again": PASSWORD}, "new_password"),
        ({"new_password_again": "something else"}, "new_password_again"),
    ],
)
def test_a_password_against_the_rules_leaves_the_link_alive(flask_app, visitor, wrong, field):
    send(visitor, BY_LETTER, GUARDIAN)
    where = visitor.get(path_of_the_letter(flask_app)).location
    assert field in errors(send(visitor, where, {**NEW, **wrong}))
    assert send(visitor, where, NEW).location == "/portal/"


def test_a_reset_lifts_the_lock_of_the_entrance(flask_app, visitor):
    for _ in range(5):
        enter(visitor, GREEN, "parent_chen", "wrong one")
    send(visitor, BY_LETTER, GUARDIAN)
    send(visitor, visitor.get(path_of_the_letter(flask_app)).location, NEW)
    assert enter(flask_app.test_client(), GREEN, "parent_chen", "green river stone").status_code == 302


@pytest.mark.parametrize("state", [AccountState.PENDING_ACTIVATION, AccountState.SUSPENDED, AccountState.CLOSED])
def test_an_account_that_is_not_in_use_gets_no_letter(flask_app, visitor, state):
    change(flask_app, "parent_chen", state=state)
    send(visitor, BY_LETTER, GUARDIAN)
    assert messages(flask_app, "reset_link") == []


def test_a_link_of_an_account_that_was_suspended_meanwhile_is_dead(flask_app, visitor):
    send(visitor, BY_LETTER, GUARDIAN)
    change(flask_app, "parent_chen", state=AccountState.SUSPENDED)
    assert visitor.get(path_of_the_letter(flask_app), follow_redirects=True).status_code == 410


def test_letters_and_sms_are_in_the_language_of_their_reader(flask_app, world):
    with flask_app.app_context(), system("tests"):
        db.session.execute(
            sa.update(AccountProfile)
            .where(AccountProfile.account_id.in_([world.accounts["teacher_501"], world.accounts["parent_chen"]]))
            .values(locale="en")
        )
        db.session.commit()
    with flask_app.test_request_context():
        ask_official_reset("teacher_501", "teacher_501@example.org", "+886912001002")
        ask_general_reset("parent_chen", "A100002000", date(1983, 4, 18))
    assert "temporary password" in messages(flask_app, "reset_password")[0][1]["text"]
    assert "within 30 minutes" in messages(flask_app, "reset_link")[0][1]["text"]
    assert messages(flask_app, "reset_link")[0][1]["subject"] == "Set a new password"
