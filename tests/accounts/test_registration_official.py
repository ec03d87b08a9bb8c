"""A1.2–A1.4: applying for an official account."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
import time_machine

from app.accounts.identity import read_identity_number
from app.accounts.models import Account, AccountState, PlacementRequest
from app.accounts.registration import (
    IdentityNumberTaken,
    OfficialApplication,
    UsernameTaken,
    register_official,
)
from app.model_types import now
from tests.accounts.browsing import CAPTCHA, account, count, errors, messages, send, value_of

PATH = "/register/official/"


@pytest.fixture
def fields(world):
    return {
        "username": "Chou_YT",
        "full_name": "周雅婷",
        "identity": "A123456789",
        "birth_date": "民國 75年 3月 2日",
        "email": "yating@example.org",
        "mobile": "0912-345-678",
        "school_id": str(world.schools["wenchang"]),
        "job_title": "教師",
        "captcha": CAPTCHA,
    }


@pytest.mark.every_database
def test_an_application_makes_account_request_and_sms_together(flask_app, visitor, world, fields):
    answer = send(visitor, PATH, fields, follow=True)
    assert "申請成功" in answer.text
    assert answer.request.path == "/register/official/done"
    made = account(flask_app, "chou_yt")
    assert made["state"] == AccountState.PENDING_PASSWORD_CHANGE
    assert (made["full_name"], made["mobile"], made["birth_date"]) == ("周雅婷", "+886912345678", date(1986, 3, 2))
    assert made["roles"] == set()
    assert count(flask_app, PlacementRequest, PlacementRequest.account_id == made["id"]) == 1
    ((receiver, content),) = messages(flask_app, "first_password")
    assert receiver == "+886912345678"
    assert re.search(r"[A-Za-z0-9]{10,}", content["text"])
    assert "A123456789" not in made["identity_number_sealed"]


def test_the_form_asks_what_the_manual_asks(visitor):
    page = visitor.get(PATH)
    labels = re.findall(r"<label for=\"[^\"]+\">([^<]+)</label>", page.text)
    assert labels == [
        "申請帳號",
        "姓名",
        "身分證字號",
        "出生日期",
        "電子信箱",
        "手機號碼",
        "服務單位",
        "職稱",
        "圖像識別碼",
    ]
    assert "桃園市政府教育局" in page.text


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("username", ""),
        ("username", "abc"),
        ("username", "a" * 33),
        ("username", "has space"),
        ("username", "周雅婷老師"),
        ("username", "yating@example.org"),
        ("username", "TEACHER_501"),
        ("full_name", "   "),
        ("full_name", "長" * 61),
        ("identity", "A123456788"),
        ("identity", "X1234567"),
        ("identity", "hello"),
        ("birth_date", "民國 175年 3月 2日"),
        ("birth_date", "2999-01-01"),
        ("birth_date", "0075/13/45"),
        ("birth_date", "1799-01-01"),
        ("email", "yating@gmail"),
        ("email", "yating"),
        ("email", "a@b.tw\r\nBcc: all@example.org"),
        ("email", "two..dots@example.org"),
        ("mobile", "12345"),
        ("mobile", "03-3322101"),
        ("school_id", ""),
        ("school_id", "999999"),
        ("school_id", "99999999999999999999"),
        ("school_id", "x"),
        ("job_title", ""),
        ("captcha", "00000"),
        ("captcha", ""),
    ],
)
def test_a_mistake_is_said_beside_its_field_and_the_rest_is_kept(flask_app, visitor, fields, field, typed):
    before = count(flask_app, Account)
    page = send(visitor, PATH, {**fields, field: typed})
    assert page.status_code == 200
    assert set(errors(page)) == {field}
    for name, value in fields.items():
        if name not in (field, "captcha", "school_id"):
            assert value_of(page, name) == value
    if field != "school_id":
        assert f'<option selected value="{fields["school_id"]}">' in page.text
    assert count(flask_app, Account) == before
    assert messages(flask_app, "first_password") == []


def test_what_was_typed_wrongly_is_shown_again_as_typed(visitor, fields):
    page = send(visitor, PATH, {**fields, "mobile": "12345", "birth_date": "某日"})
    assert value_of(page, "mobile") == "12345"
    assert value_of(page, "birth_date") == "某日"


def test_a_line_break_in_an_address_never_reaches_a_letter(flask_app, visitor, fields):
    send(visitor, PATH, {**fields, "full_name": "周\r\n雅婷\x00"})
    assert account(flask_app, "chou_yt")["full_name"] == "周 雅婷"


@pytest.mark.every_database
def test_one_number_has_one_official_account(flask_app, visitor, fields):
    send(visitor, PATH, fields)
    page = send(visitor, PATH, {**fields, "username": "another_one", "identity": "a123-456-789"})
    assert set(errors(page)) == {"identity"}
    assert count(flask_app, PlacementRequest) == 1


def test_a_resident_certificate_is_as_good_as_an_id(flask_app, visitor, fields):
    assert "申請成功" in send(visitor, PATH, {**fields, "identity": "A800000014"}, follow=True).text


def test_another_picture_without_scripts_keeps_what_was_typed_and_says_no_error(flask_app, visitor, fields):
    page = send(visitor, PATH, {**fields, "mobile": "12345", "renew_captcha": "1"})
    assert errors(page) == {}
    assert value_of(page, "full_name") == "周雅婷"
    assert account(flask_app, "chou_yt") is None


def test_the_page_of_success_needs_a_registration(visitor):
    assert visitor.get("/register/official/done").location == PATH


def _application(world, **changes):
    facts = {
        "username": "race_one",
        "full_name": "競速",
        "identity": read_identity_number("A123456789"),
        "birth_date": date(1986, 3, 2),
        "email": "race@example.org",
        "mobile": "+886912345678",
        "locale": "zh_Hant_TW",
        "school_id": world.schools["wenchang"],
        "job_title": "教師",
    }
    return OfficialApplication(**{**facts, **changes})


@pytest.mark.every_database
@pytest.mark.parametrize(
    ("second", "refusal"),
    [
        ({"username": "race_two"}, IdentityNumberTaken),
        ({"identity": read_identity_number("F131104093")}, UsernameTaken),
    ],
)
def test_two_registrations_at_once_make_one_account_and_the_other_is_told(flask_app, world, second, refusal):
    start = Barrier(2)

    def register(changes):
        with flask_app.app_context():
            start.wait()
            try:
                register_official(_application(world, **changes))
            except (UsernameTaken, IdentityNumberTaken) as refused:
                return type(refused)
        return None

    with ThreadPoolExecutor(2) as both:
        results = list(both.map(register, ({}, second)))
    assert sorted(results, key=str) == sorted([None, refusal], key=str)
    assert count(flask_app, Account, Account.username.like("race%")) == 1
    assert len(messages(flask_app, "first_password")) == 1


@pytest.mark.every_database
def test_a_registration_that_nobody_completed_in_a_day_gives_way(flask_app, world):
    with flask_app.app_context():
        register_official(_application(world, mobile="+886911111111"))
        with time_machine.travel(now() + timedelta(hours=23)), pytest.raises(UsernameTaken):
            register_official(_application(world))
        with time_machine.travel(now() + timedelta(hours=25)):
            register_official(_application(world))
    assert account(flask_app, "race_one")["mobile"] == "+886912345678"
    assert count(flask_app, PlacementRequest) == 1


def test_one_mobile_number_gets_a_few_sms_a_day_however_many_register_with_it(flask_app, visitor, world, fields):
    moment = now()
    with flask_app.app_context():
        for serial, number in enumerate(NUMBERS):
            with time_machine.travel(moment + timedelta(minutes=2 * serial), tick=False):
                register_official(_application(world, username=f"flood_{serial}", identity=read_identity_number(number)))
    with time_machine.travel(moment + timedelta(minutes=20)):
        page = send(visitor, PATH, fields, follow=True)
    assert "申請成功" in page.text, "the page is the same: it does not tell what the number got from others"
    assert len(messages(flask_app, "first_password")) == len(NUMBERS) == flask_app.config["CAP_SMS_PER_RECEIVER"]
    with time_machine.travel(moment + timedelta(days=1, minutes=1)):
        again = {"username": "chou_yt", "email": fields["email"], "mobile": fields["mobile"], "captcha": CAPTCHA}
        assert "密碼重設成功" in send(visitor, "/reset/official/", again, follow=True).text
    assert len(messages(flask_app, "first_password")) == len(NUMBERS) + 1


NUMBERS = ("F131104093", "A800000014", "AC01234567", "I111111115", "H100000017")
