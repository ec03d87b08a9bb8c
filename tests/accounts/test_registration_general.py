"""A3.3–A3.7: applying for a general account, and activating it."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.access.roles import Role
from app.access.session import system
from app.accounts.models import Account, AccountSession, AccountState, AccountType
from app.accounts.registration import ANSWERS_WITHOUT_CAPTCHA
from app.extensions import db
from app.model_types import now
from tests.accounts.browsing import CAPTCHA, account, count, errors, messages, send, value_of

START, DETAILS, DONE = "/register/general/", "/register/general/details", "/register/general/done"
NUMBER = "A123456789"

PERSON = {
    "full_name": "蔡孟君",
    "birth_date": "民國 78年 10月 3日",
    "email": "mengchun@example.org",
    "mobile": "0912-345-678",
    "username": "Meng.Chun",
    "new_password": "correct horse battery",
    "new_password_again": "correct horse battery",
    "consent": "y",
    "captcha": CAPTCHA,
}


def begin(visitor, account_type="guardian", number=NUMBER, **more):
    return send(visitor, START, {"identity": number, "account_type": account_type, **more})


def link_of(letter) -> str:
    return re.search(r"https?://\S+", letter["text"]).group().removeprefix("http://localhost")


@pytest.fixture
def details(world):
    """What each type asks beyond the common fields."""
    return {
        "guardian": {},
        "student": {"school_id": str(world.schools["wenchang"]), "student_number": "1110512"},
        "outside_staff": {"organization": "國立中壢高中", "job_title": "教師"},
        "citizen": {"postal_address": "桃園市桃園區縣府路1號"},
    }


@pytest.mark.every_database
def test_a_guardian_registers_opens_the_letter_and_may_sign_in(flask_app, visitor):
    assert begin(visitor).location == DETAILS
    page = send(visitor, DETAILS, PERSON, follow=True)
    assert page.request.path == DONE
    assert "申請成功" in page.text
    assert "啟用信" in page.text
    assert "m***n@example.org" in page.text
    made = account(flask_app, "meng.chun")
    assert (made["state"], made["roles"], made["birth_date"]) == (
        AccountState.PENDING_ACTIVATION,
        {Role.GUARDIAN},
        date(1989, 10, 3),
    )
    ((receiver, letter),) = messages(flask_app, "activation")
    assert receiver == "mengchun@example.org"
    assert letter["subject"] == "請啟用您的教育發展資源入口網帳號"
    assert "蔡孟君 您好" in letter["text"]
    link = link_of(letter)

    opened = visitor.get(link)
    assert opened.location == "/activate/confirm"
    assert "data-auto-submit" in visitor.get(opened.location).text
    assert account(flask_app, "meng.chun")["state"] == AccountState.PENDING_ACTIVATION, "a bare GET uses nothing up"

    done = send(visitor, "/activate/confirm", {})
    assert done.location == "/sign-in/general/"
    assert "帳號啟用成功" in visitor.get(done.location).text
    assert account(flask_app, "meng.chun")["state"] == AccountState.ACTIVE


@pytest.mark.every_database
@pytest.mark.parametrize("account_type", ["guardian", "student", "outside_staff", "citizen"])
def test_each_type_asks_for_its_own_fields(flask_app, visitor, details, account_type):
    begin(visitor, account_type)
    page = visitor.get(DETAILS).text
    asked = {name for more in details.values() for name in more if f'name="{name}"' in page}
    assert asked == set(details[account_type])
    assert "A12****789" in page
    assert NUMBER not in page
    assert send(visitor, DETAILS, {**PERSON, **details[account_type]}).location == DONE
    made = account(flask_app, "meng.chun")
    assert made["account_type"] == AccountType(account_type)
    assert made["roles"] == ({Role.GUARDIAN} if account_type == "guardian" else set())
    for name, value in details[account_type].items():
        assert str(made[name]) == value


@pytest.mark.parametrize(
    ("account_type", "empty"),
    [
        ("student", "school_id"),
        ("student", "student_number"),
        ("outside_staff", "organization"),
        ("outside_staff", "job_title"),
        ("citizen", "postal_address"),
        ("guardian", "mobile"),
    ],
)
def test_a_field_of_the_type_may_not_stay_empty(visitor, details, account_type, empty):
    begin(visitor, account_type)
    page = send(visitor, DETAILS, {**PERSON, **details[account_type], empty: ""})
    assert set(errors(page)) == {empty}


def test_a_student_needs_no_mobile_number(flask_app, visitor, details):
    begin(visitor, "student")
    send(visitor, DETAILS, {**PERSON, **details["student"], "mobile": ""})
    assert account(flask_app, "meng.chun")["mobile"] == ""


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("full_name", ""),
        ("birth_date", "2999/1/1"),
        ("birth_date", "78.13.3"),
        ("email", "mengchun@gmail"),
        ("mobile", "0912"),
        ("username", "PARENT_CHEN"),
        ("username", "meng@example.org"),
        ("username", "m c"),
        ("new_password", "short"),
        ("new_password", "1234567890"),
        ("new_password", "meng.chun-2026"),
        ("new_password", "mengchun19891003"),
        ("new_password", "A123456789xyz"),
        ("new_password_again", "something else 9"),
        ("captcha", "00000"),
    ],
)
def test_a_mistake_is_said_beside_its_field_and_the_rest_is_kept(flask_app, visitor, field, typed):
    before = count(flask_app, Account)
    begin(visitor)
    fields = {**PERSON, field: typed}
    if field == "new_password":
        fields["new_password_again"] = typed
    page = send(visitor, DETAILS, fields)
    assert set(errors(page)) == {field}
    for name in {"full_name", "birth_date", "email", "mobile", "username"} - {field}:
        assert value_of(page, name) == PERSON[name]
    assert value_of(page, "new_password") == "", "a browser never gets a password back"
    assert count(flask_app, Account) == before
    assert messages(flask_app, "activation") == []


def test_consent_has_to_be_given(visitor):
    begin(visitor)
    page = send(visitor, DETAILS, {name: value for name, value in PERSON.items() if name != "consent"})
    assert set(errors(page)) == {"consent"}


# ---------- the first step ----------


@pytest.mark.parametrize("typed", ["", "A123456788", "hello", "12", "A１２３"])
def test_a_malformed_number_is_said_at_once(visitor, typed):
    page = begin(visitor, number=typed)
    assert set(errors(page)) == {"identity"}
    assert 'value="guardian" checked' in page.text


@pytest.mark.parametrize("account_type", ["", "staff", "nonsense"])
def test_a_type_has_to_be_chosen(visitor, account_type):
    page = begin(visitor, account_type)
    assert set(errors(page)) == {"account_type"}
    assert value_of(page, "identity") == NUMBER


@pytest.mark.every_database
def test_a_registered_number_is_said_at_once_however_it_is_spaced(flask_app, visitor):
    begin(visitor)
    send(visitor, DETAILS, PERSON)
    page = begin(flask_app.test_client(), "citizen", "a123 456-789")
    assert set(errors(page)) == {"identity"}


def test_whoever_asks_for_many_registered_numbers_reads_a_picture(flask_app, visitor):
    begin(visitor)
    send(visitor, DETAILS, PERSON)
    for _ in range(ANSWERS_WITHOUT_CAPTCHA):
        assert "圖像識別碼" not in visitor.get(START).text
        begin(visitor)
    assert "圖像識別碼" in flask_app.test_client().get(START).text
    assert set(errors(begin(visitor))) == {"captcha"}
    assert set(errors(begin(visitor, captcha=CAPTCHA))) == {"identity"}
    with time_machine.travel(now() + timedelta(minutes=61)):
        assert "圖像識別碼" not in flask_app.test_client().get(START).text


def test_the_number_is_in_no_address_and_lies_sealed_between_the_steps(flask_app, visitor):
    answer = begin(visitor)
    assert NUMBER not in answer.location
    with flask_app.app_context(), system("tests"):
        data = db.session.scalars(sa.select(AccountSession.data).order_by(AccountSession.id.desc())).first()
    assert "guardian" in data
    assert NUMBER not in data


def test_the_second_step_needs_the_first(visitor):
    assert visitor.get(DETAILS).location == START
    assert visitor.get(DONE).location == START


def test_a_number_registered_meanwhile_leads_back_to_the_first_step(flask_app, visitor):
    other = flask_app.test_client()
    begin(visitor)
    begin(other)
    send(other, DETAILS, PERSON)
    page = send(visitor, DETAILS, {**PERSON, "username": "second_one"}, follow=True)
    assert page.request.path == START
    assert "已經註冊" in page.text
    assert account(flask_app, "second_one") is None


# ---------- activation ----------


@pytest.fixture
def letter_link(flask_app, visitor):
    begin(visitor)
    send(visitor, DETAILS, PERSON)
    return link_of(messages(flask_app, "activation")[-1][1])


def confirm(browser, link):
    browser.get(link)
    return browser.get("/activate/confirm")


@pytest.mark.every_database
def test_a_link_works_once(flask_app, visitor, letter_link):
    visitor.get(letter_link)
    send(visitor, "/activate/confirm", {})
    again = confirm(flask_app.test_client(), letter_link)
    assert again.status_code == 410
    assert "/activate/again" in again.text


def test_two_browsers_on_one_link_activate_once(flask_app, visitor, letter_link):
    other = flask_app.test_client()
    visitor.get(letter_link)
    other.get(letter_link)
    page = other.get("/activate/confirm")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text).group(1)
    assert send(visitor, "/activate/confirm", {}).status_code == 302
    assert other.post("/activate/confirm", data={"csrf_token": token}).status_code == 410


@pytest.mark.parametrize("change", ["altered", "cut", "nonsense"])
def test_an_altered_link_is_said_to_be_dead(flask_app, visitor, letter_link, change):
    token = letter_link.rsplit("/", 1)[1]
    link = {"altered": token[:-1] + ("a" if token[-1] != "a" else "b"), "cut": token[:20], "nonsense": "%00%ff"}[change]
    assert confirm(flask_app.test_client(), f"/activate/{link}").status_code == 410
    assert account(flask_app, "meng.chun")["state"] == AccountState.PENDING_ACTIVATION


def test_a_link_runs_out_after_a_day(flask_app, visitor, letter_link):
    with time_machine.travel(now() + timedelta(hours=24, minutes=1)):
        assert confirm(flask_app.test_client(), letter_link).status_code == 410


@pytest.mark.every_database
def test_a_letter_sent_again_kills_the_older_one(flask_app, visitor, letter_link):
    again = {"username": "MENG.CHUN", "identity": NUMBER, "captcha": CAPTCHA}
    with time_machine.travel(now() + timedelta(minutes=2)):
        assert send(visitor, "/activate/again", again).location == "/sign-in/general/"
        sent = messages(flask_app, "activation")
        assert [receiver for receiver, _ in sent] == ["mengchun@example.org"] * 2
        assert confirm(flask_app.test_client(), letter_link).status_code == 410
        assert confirm(flask_app.test_client(), link_of(sent[1][1])).status_code == 200


@pytest.mark.parametrize("changed", [{"username": "nobody_here"}, {"identity": "F131104093"}, {"username": "parent_chen"}])
def test_asking_again_for_somebody_else_looks_the_same_and_sends_nothing(flask_app, visitor, letter_link, changed):
    with time_machine.travel(now() + timedelta(minutes=2)):
        fields = {"username": "meng.chun", "identity": NUMBER, "captcha": CAPTCHA, **changed}
        assert send(visitor, "/activate/again", fields).location == "/sign-in/general/"
    assert len(messages(flask_app, "activation")) == 1


def test_a_second_letter_within_a_minute_is_not_sent(flask_app, visitor, letter_link):
    send(visitor, "/activate/again", {"username": "meng.chun", "identity": NUMBER, "captcha": CAPTCHA})
    assert len(messages(flask_app, "activation")) == 1


def test_a_mistyped_mailbox_can_be_put_right_after_a_day(flask_app, visitor, letter_link):
    with time_machine.travel(now() + timedelta(hours=25)):
        begin(visitor)
        send(visitor, DETAILS, {**PERSON, "email": "right@example.org"})
    assert account(flask_app, "meng.chun")["email"] == "right@example.org"
