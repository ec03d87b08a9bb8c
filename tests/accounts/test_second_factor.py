"""The second factor: setting up, signing in with it, recovery codes, turning off, and losing the phone."""

from __future__ import annotations

import html
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.access.session import system
from app.accounts import lockout, second_factor, secrets, sign_in
from app.accounts.models import Account, AccountSession, AccountState, RecoveryCode, SecondFactor, SecretPurpose
from app.audit.models import AuditEntry
from app.crypto.sealing import seal
from app.extensions import db
from app.model_types import now
from tests.accounts.authenticator import Phone, phone_for
from tests.accounts.browsing import GREEN, RED, account, count, enter, errors, is_signed_in, messages, send
from tests.world import PASSWORD

HERE, STEP = "/portal/second-factor/", "/sign-in/second-step/"


@pytest.fixture
def phone(flask_app, world):
    """parent_chen's."""
    return phone_for(flask_app, world.accounts["parent_chen"], "parent_chen")


@pytest.fixture
def obligatory(flask_app, monkeypatch):
    monkeypatch.setitem(flask_app.config, "SECOND_FACTOR_REQUIRED", True)


def change(flask_app, username, **values):
    with flask_app.app_context(), system("tests"):
        db.session.execute(sa.update(Account).where(Account.username == username).values(**values))
        db.session.commit()


def actions(flask_app):
    with flask_app.app_context(), system("tests"):
        return list(db.session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.id)))


def set_up(client):
    """Through the pages, as somebody without one; answers the phone."""
    send(client, HERE, {"current_password": PASSWORD})
    key = re.search(r'class="key num">([A-Z2-7 ]+)<', client.get(f"{HERE}set-up").text).group(1).replace(" ", "")
    send(client, f"{HERE}set-up", {"code": Phone(key).code()})
    codes = re.findall(r"<li>([a-z0-9]{5}-[a-z0-9]{5})</li>", client.get(f"{HERE}codes").text)
    return Phone(key, tuple(codes))


# ---------- setting up ----------


@pytest.mark.every_database
def test_it_is_set_up_with_the_password_and_a_first_code(flask_app, client_as):
    client, elsewhere = client_as("teacher_501"), client_as("teacher_501")
    phone = set_up(client)
    assert len(set(phone.recovery_codes)) == 10
    assert "使用中" in client.get(HERE).text
    assert not is_signed_in(elsewhere)
    assert [receiver for receiver, _ in messages(flask_app, "second_factor_on")] == ["teacher_501@example.org"]
    assert actions(flask_app)[-1] == "turn_on.second_factor"
    with flask_app.app_context(), system("tests"):
        kept = db.session.scalars(sa.select(SecondFactor.secret_sealed)).one()
        hashes = db.session.scalars(sa.select(RecoveryCode.code_hash)).all()
    assert phone.key not in kept
    assert not {code.replace("-", "") for code in phone.recovery_codes} & set(hashes)


def test_nothing_begins_without_the_password_and_nothing_ends_without_a_code(flask_app, client_as):
    client = client_as("teacher_501")
    assert set(errors(send(client, HERE, {"current_password": "not it"}))) == {"current_password"}
    assert client.get(f"{HERE}set-up").location == HERE
    assert client.get(f"{HERE}picture").status_code == 404
    send(client, HERE, {"current_password": PASSWORD})
    assert set(errors(send(client, f"{HERE}set-up", {"code": "000000"}))) == {"code"}
    assert count(flask_app, SecondFactor) == 0
    with time_machine.travel(now() + timedelta(minutes=16)):
        assert client.get(f"{HERE}set-up").location == HERE


def test_the_picture_is_an_image_of_its_own_for_this_session_alone(client_as):
    client = client_as("teacher_501")
    send(client, HERE, {"current_password": PASSWORD})
    picture = client.get(f"{HERE}picture")
    assert picture.mimetype == "image/svg+xml"
    assert picture.headers["Cache-Control"] == "no-store"
    assert b"<svg" in picture.data
    assert b"<script" not in picture.data
    assert b" style=" not in picture.data
    page = client.get(f"{HERE}set-up").text
    assert f'src="{HERE}picture"' in page
    assert client_as("teacher_501").get(f"{HERE}picture").status_code == 404


def test_the_picture_is_of_one_account_and_one_key(context, actor_of):
    pictures = {
        second_factor.picture_of(actor_of(username), seal(key * 8))
        for username in ("teacher_501", "teacher_502")
        for key in ("JBSW", "Y3DP")
    }
    assert len(pictures) == 4


def test_the_recovery_codes_are_shown_once(client_as):
    client = client_as("teacher_501")
    set_up(client)
    assert client.get(f"{HERE}codes").location == HERE


def test_five_wrong_passwords_inside_lock_that_and_not_the_door(flask_app, client_as, visitor):
    client = client_as("teacher_501")
    said = [errors(send(client, HERE, {"current_password": "not it"}))["current_password"] for _ in range(5)]
    assert said[:4] == ["目前密碼不正確。"] * 4
    assert "鎖定" in said[4]
    assert "鎖定" in errors(send(client, HERE, {"current_password": PASSWORD}))["current_password"]
    assert enter(visitor, RED, "teacher_501").status_code == 302
    assert len(messages(flask_app, "sign_in_locked")) == 1


# ---------- signing in ----------


@pytest.mark.every_database
def test_signing_in_asks_for_a_code_after_the_password(flask_app, visitor, phone):
    answer = enter(visitor, f"{GREEN}?next=/portal/profile/", "parent_chen")
    assert answer.location == STEP
    assert not is_signed_in(visitor)
    assert "parent_chen" in visitor.get(STEP).text
    assert set(errors(send(visitor, STEP, {"code": phone.wrong_code()}))) == {"code"}
    assert not is_signed_in(visitor)
    answer = send(visitor, STEP, {"code": phone.next_code()})
    assert answer.location == f"{GREEN}?next=/portal/profile/"
    assert visitor.get(answer.location).location == "/portal/profile/"
    assert is_signed_in(visitor)


def test_who_has_none_signs_in_as_before(visitor):
    assert enter(visitor, GREEN, "parent_chen").location == GREEN
    assert is_signed_in(visitor)
    assert visitor.get(STEP).location == "/portal/"


def test_each_step_has_a_new_cookie(visitor, phone):
    cookies = []
    visitor.get(GREEN)
    cookies.append(visitor.get_cookie("portal").value)
    enter(visitor, GREEN, "parent_chen")
    cookies.append(visitor.get_cookie("portal").value)
    send(visitor, STEP, {"code": phone.next_code()})
    cookies.append(visitor.get_cookie("portal").value)
    assert len(set(cookies)) == 3


def test_the_second_step_belongs_to_the_browser_that_typed_the_password(flask_app, visitor, phone):
    enter(visitor, GREEN, "parent_chen")
    stranger = flask_app.test_client()
    assert stranger.get(STEP).location == RED
    stranger.get(GREEN)
    assert stranger.post(STEP, data={"code": phone.next_code()}).status_code == 400


def test_the_second_step_is_over_after_five_minutes(visitor, phone):
    enter(visitor, GREEN, "parent_chen")
    with time_machine.travel(now() + timedelta(minutes=5, seconds=1)):
        answer = visitor.get(STEP)
        assert answer.location.startswith(GREEN)
        assert "已超過 5 分鐘" in visitor.get(answer.location).text
        assert visitor.get(STEP).location == RED


@pytest.mark.parametrize("event", ["another password", "no second factor any more", "suspended"])
def test_the_second_step_is_over_when_the_account_has_changed(flask_app, visitor, phone, event):
    enter(visitor, GREEN, "parent_chen")
    values = {
        "another password": {"password_changed_at": now() + timedelta(seconds=1)},
        "no second factor any more": {"second_factor_since": None},
        "suspended": {"state": AccountState.SUSPENDED},
    }[event]
    change(flask_app, "parent_chen", **values)
    page = visitor.get(STEP)
    if event == "suspended":
        send(visitor, STEP, {"code": phone.next_code()})
    else:
        assert page.status_code == 302
    assert not is_signed_in(visitor)
    assert visitor.get(STEP).location == RED


@pytest.mark.every_database
@pytest.mark.parametrize(("ahead", "opens"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_clocks_may_differ_by_one_step(flask_app, world, ahead, opens):
    moment = now()
    with time_machine.travel(moment - timedelta(minutes=10), tick=False):
        phone = phone_for(flask_app, world.accounts["parent_chen"], "parent_chen")
    with time_machine.travel(moment, tick=False), flask_app.app_context():
        assert (second_factor.prove(world.accounts["parent_chen"], phone.code(ahead)) is not None) is opens


@pytest.mark.every_database
def test_a_code_is_accepted_once_and_none_older_than_it(flask_app, world, phone):
    account_id = world.accounts["parent_chen"]
    moment = now() + timedelta(minutes=2)
    with time_machine.travel(moment, tick=False), flask_app.app_context():
        outcomes = [second_factor.prove(account_id, phone.code(ahead)) for ahead in (0, 0, -1, 1, 1)]
        db.session.commit()
    assert [outcome is not None for outcome in outcomes] == [True, False, False, True, False]


def test_the_code_that_set_it_up_opens_nothing_more(flask_app, world):
    with time_machine.travel(now(), tick=False), flask_app.app_context():
        phone = phone_for(flask_app, world.accounts["parent_chen"], "parent_chen")
        assert second_factor.prove(world.accounts["parent_chen"], phone.code()) is None


@pytest.mark.parametrize(
    "typed", ["", " ", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "x" * 100_000, "\x00" * 6, "'; --", "000000\n"]
)
def test_strange_codes_are_wrong_and_break_nothing(flask_app, world, phone, typed):
    if phone.code() == "000000":  # one in a million
        return
    with flask_app.app_context():
        assert second_factor.prove(world.accounts["parent_chen"], typed) is None


def test_a_code_may_be_typed_as_it_is_shown(flask_app, world, phone):
    shown = phone.next_code()
    with flask_app.app_context():
        assert second_factor.prove(world.accounts["parent_chen"], f" {shown[:3]} {shown[3:]} ") is not None


# ---------- five tries, passwords and codes together ----------


@pytest.mark.every_database
def test_of_many_codes_sent_together_five_are_looked_at(flask_app, world, phone):
    step = sign_in.SecondStep(world.accounts["parent_chen"], now())

    def attempt(_number):
        with flask_app.test_request_context():
            try:
                sign_in.take_second_step(step, phone.wrong_code())
            except lockout.EntranceLocked:
                return "locked"
            except sign_in.WrongCode:
                return "wrong"
            return "in"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(attempt, range(16)))
    assert (outcomes.count("wrong"), outcomes.count("locked")) == (4, 12)
    assert len(messages(flask_app, "sign_in_locked")) == 1


def test_the_right_password_takes_no_failure_back(flask_app, visitor, phone):
    """Or whoever knows the password has five codes for every time it is typed."""
    enter(visitor, GREEN, "parent_chen", "wrong one")
    enter(visitor, GREEN, "parent_chen")
    for _ in range(2):
        send(visitor, STEP, {"code": phone.wrong_code()})
    enter(visitor, GREEN, "parent_chen")
    send(visitor, STEP, {"code": phone.wrong_code()})
    answer = send(visitor, STEP, {"code": phone.wrong_code()})
    assert answer.location.startswith(GREEN)
    assert "鎖定" in visitor.get(answer.location).text
    assert "鎖定" in errors(enter(visitor, GREEN, "parent_chen"))["password"]


def test_the_right_code_begins_the_count_again(flask_app, visitor, phone):
    for _ in range(4):
        enter(visitor, GREEN, "parent_chen", "wrong one")
    enter(visitor, GREEN, "parent_chen")
    send(visitor, STEP, {"code": phone.next_code()})
    assert is_signed_in(visitor)
    with time_machine.travel(now() + timedelta(minutes=2)):
        other = flask_app.test_client()
        for _ in range(4):
            assert "鎖定" not in errors(enter(other, GREEN, "parent_chen", "wrong one"))["password"]


# ---------- recovery codes ----------


@pytest.mark.every_database
def test_a_recovery_code_opens_one_sign_in(flask_app, visitor, phone):
    enter(visitor, GREEN, "parent_chen")
    send(visitor, STEP, {"code": phone.recovery_codes[0].upper()})
    assert is_signed_in(visitor)
    ((receiver, letter),) = messages(flask_app, "recovery_code_used")
    assert receiver == "parent_chen@example.org"
    assert "9" in letter["text"]
    again = flask_app.test_client()
    enter(again, GREEN, "parent_chen")
    assert set(errors(send(again, STEP, {"code": phone.recovery_codes[0]}))) == {"code"}
    assert ">9</dd>" in visitor.get(HERE).text


def test_new_recovery_codes_need_the_password_and_end_the_old_ones(flask_app, client_as, world, phone):
    client, elsewhere = client_as("parent_chen"), client_as("parent_chen")
    assert set(errors(send(client, f"{HERE}new-codes", {"current_password": "not it"}))) == {"current_password"}
    page = send(client, f"{HERE}new-codes", {"current_password": PASSWORD}, follow=True)
    codes = re.findall(r"<li>([a-z0-9]{5}-[a-z0-9]{5})</li>", page.text)
    assert len(codes) == 10
    assert not is_signed_in(elsewhere)
    assert len(messages(flask_app, "recovery_codes_renewed")) == 1
    with flask_app.app_context():
        assert second_factor.prove(world.accounts["parent_chen"], phone.recovery_codes[0]) is None
        assert second_factor.prove(world.accounts["parent_chen"], codes[0]) == second_factor.Proof.RECOVERY_CODE


# ---------- no way around it ----------


def test_a_reset_by_letter_does_not_spare_the_code(flask_app, visitor, phone, world):
    with flask_app.app_context():
        token = secrets.issue_link_token(world.accounts["parent_chen"], SecretPurpose.RESET_LINK)
        db.session.commit()
    visitor.get(f"/reset/general/{token}")
    new = "quiet harbour lamp"
    answer = send(visitor, "/reset/general/new", {"new_password": new, "new_password_again": new})
    assert answer.location == STEP
    assert not is_signed_in(visitor)
    send(visitor, STEP, {"code": phone.next_code()})
    assert is_signed_in(visitor)


def test_a_temporary_password_replaces_the_old_one_only_with_the_code(flask_app, visitor, world):
    phone = phone_for(flask_app, world.accounts["teacher_501"], "teacher_501")
    with flask_app.app_context():
        temporary = secrets.issue_temporary_password(world.accounts["teacher_501"], SecretPurpose.RESET_PASSWORD)
        db.session.commit()
    assert enter(visitor, RED, "teacher_501", temporary).location == STEP
    assert account(flask_app, "teacher_501")["must_change_password"] is False
    send(visitor, STEP, {"code": phone.next_code()})
    assert account(flask_app, "teacher_501")["must_change_password"] is True
    assert visitor.get("/portal/").location == "/portal/profile/edit"
    assert len(messages(flask_app, "temporary_password_used")) == 1


# ---------- another phone, turning off ----------


def test_another_phone_needs_password_and_code_and_ends_the_old_one(flask_app, client_as, world, phone):
    client = client_as("parent_chen")
    page = send(client, f"{HERE}another-phone", {"current_password": PASSWORD, "code": phone.wrong_code()})
    assert set(errors(page)) == {"code"}
    answer = send(client, f"{HERE}another-phone", {"current_password": PASSWORD, "code": phone.recovery_codes[0]})
    assert answer.location == f"{HERE}set-up"
    shown = re.search(r'class="key num">([^<]+)<', client.get(f"{HERE}set-up").text).group(1)
    new = Phone(html.unescape(shown).replace(" ", ""))
    send(client, f"{HERE}set-up", {"code": new.code()})
    with flask_app.app_context():
        assert second_factor.prove(world.accounts["parent_chen"], phone.next_code()) is None
        assert second_factor.prove(world.accounts["parent_chen"], new.next_code()) == second_factor.Proof.APP


@pytest.mark.every_database
def test_turning_off_needs_password_and_code(flask_app, client_as, phone):
    client, elsewhere = client_as("parent_chen"), client_as("parent_chen")
    for typed, field in (
        ({"current_password": "not it", "code": phone.next_code()}, "current_password"),
        ({"current_password": PASSWORD, "code": phone.wrong_code()}, "code"),
        ({"current_password": PASSWORD, "code": ""}, "code"),
    ):
        assert set(errors(send(client, f"{HERE}off", typed))) == {field}
        assert count(flask_app, SecondFactor) == 1
    send(client, f"{HERE}off", {"current_password": PASSWORD, "code": phone.next_code()})
    assert (count(flask_app, SecondFactor), count(flask_app, RecoveryCode)) == (0, 0)
    assert not is_signed_in(elsewhere)
    assert len(messages(flask_app, "second_factor_off")) == 1
    assert enter(flask_app.test_client(), GREEN, "parent_chen").location == GREEN


# ---------- obligatory ----------


@pytest.mark.parametrize("username", ["city_admin", "personnel_wc"])
def test_whoever_grants_roles_sets_it_up_before_anything_else_opens(flask_app, client_as, obligatory, username):
    client = client_as(username)
    for path in ("/portal/", "/sso/", "/sso/accounts/list/", "/portal/profile/", "/portal/sessions/", "/api/v1/_openapi"):
        assert client.get(path).location == HERE, path
    assert "設定完成前無法開啟其他頁面" in client.get(HERE).text
    phone = set_up(client)
    assert client.get("/sso/").status_code == 200
    assert "關閉兩步驟驗證" not in client.get(HERE).text
    send(client, f"{HERE}off", {"current_password": PASSWORD, "code": phone.next_code()})
    assert count(flask_app, SecondFactor) == 1


@pytest.mark.parametrize("username", ["teacher_501", "manager_wc", "parent_chen"])
def test_to_everybody_else_it_is_offered(client_as, obligatory, username):
    client = client_as(username)
    assert client.get("/portal/").status_code == 200
    assert f'href="{HERE}"' in client.get("/portal/profile/").text
    assert client.get(HERE).status_code == 200


# ---------- the phone and the codes are lost ----------


def remove_path(account_id):
    return f"/sso/accounts/remove-second-factor/{account_id}"


@pytest.mark.every_database
def test_the_city_administrator_removes_a_lost_one_with_a_reason(flask_app, client_as, world, phone):
    owner, admin, account_id = client_as("parent_chen"), client_as("city_admin"), world.accounts["parent_chen"]
    assert remove_path(account_id) in admin.get(f"/sso/accounts/show/{account_id}").text
    assert set(errors(send(admin, remove_path(account_id), {"reason": " "}))) == {"reason"}
    assert count(flask_app, SecondFactor) == 1
    send(admin, remove_path(account_id), {"reason": "電話確認身分，手機遺失"})
    assert (count(flask_app, SecondFactor), count(flask_app, RecoveryCode)) == (0, 0)
    assert not is_signed_in(owner)
    ((receiver, letter),) = messages(flask_app, "second_factor_removed")
    assert receiver == "parent_chen@example.org"
    assert "手機遺失" in letter["text"]
    entry = AuditEntry.action == "remove.second_factor"
    assert (
        count(flask_app, AuditEntry, entry, AuditEntry.username == "city_admin", AuditEntry.detail.contains("手機遺失")) == 1
    )
    assert enter(flask_app.test_client(), GREEN, "parent_chen").location == GREEN


def test_nobody_else_removes_one_and_nobody_the_own(flask_app, client_as, world):
    phone_for(flask_app, world.accounts["city_admin"], "city_admin")
    phone_for(flask_app, world.accounts["teacher_501"], "teacher_501")
    for username in ("personnel_wc", "manager_wc", "parent_chen"):
        client = client_as(username)
        assert client.post(remove_path(world.accounts["teacher_501"]), data={"reason": "x"}).status_code in (403, 404)
    send(client_as("city_admin"), remove_path(world.accounts["city_admin"]), {"reason": "my own"})
    assert count(flask_app, SecondFactor) == 2


def test_the_operator_helps_the_only_city_administrator(flask_app, world):
    phone_for(flask_app, world.accounts["city_admin"], "city_admin")
    run = flask_app.test_cli_runner().invoke
    told = run(args=["portal", "remove-second-factor", "CITY_ADMIN", "--reason", "phone in the river"])
    assert "Removed" in told.output
    assert count(flask_app, SecondFactor) == 0
    assert "no such account" in run(args=["portal", "remove-second-factor", "nobody", "--reason", "x"]).output


# ---------- what it costs ----------


def test_the_second_factor_costs_a_page_no_statement(client_as, count_statements, phone):
    client = client_as("parent_chen")
    client.get("/portal/sessions/")
    with count_statements() as statements:
        client.get("/portal/sessions/")
    assert len(statements) == 2
    assert AccountSession.__tablename__ in statements[0]
