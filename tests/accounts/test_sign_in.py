"""The two entrances: who gets in, who is told what, and what five failures do (A1.5, A1.9, A3.7)."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from werkzeug.security import check_password_hash

from app.access.session import system
from app.accounts import lockout, passwords, secrets, sign_in
from app.accounts.models import Account, AccountKind, AccountSession, AccountState, SecretPurpose, SignInCounter
from app.accounts.sessions import hash_key
from app.audit.models import AuditEntry
from app.extensions import db
from app.model_types import now
from tests.accounts.browsing import CAPTCHA, GREEN, RED, account, count, enter, errors, is_signed_in, send, value_of
from tests.world import PASSWORD


def change(flask_app, username, **values):
    with flask_app.app_context(), system("tests"):
        db.session.execute(sa.update(Account).where(Account.username == username).values(**values))
        db.session.commit()


def temporary_password(flask_app, world, username, purpose=SecretPurpose.RESET_PASSWORD):
    with flask_app.app_context():
        made = secrets.issue_temporary_password(world.accounts[username], purpose)
        db.session.commit()
        return made


def audited(flask_app):
    with flask_app.app_context(), system("tests"):
        return [tuple(row) for row in db.session.execute(sa.select(AuditEntry.action, AuditEntry.username))]


# ---------- the pages ----------


@pytest.mark.parametrize(
    ("door", "labels", "links"),
    [
        (RED, ["帳號", "密碼", "圖像識別碼"], ["申請單一認證平台帳號", "輸入資料重設您的密碼", "回首頁"]),
        (GREEN, ["帳號", "密碼", "圖像識別碼"], ["申請本入口網帳號", "輸入資料重設您的密碼", "教育公務帳號登入"]),
    ],
)
def test_an_entrance_shows_what_the_manual_shows(visitor, door, labels, links):
    page = visitor.get(door)
    assert re.findall(r"<label for=\"[^\"]+\">([^<]+)</label>", page.text) == labels
    assert re.search(r"<button class=\"btn btn-\w+ btn-wide\" type=\"submit\">登入</button>", page.text)
    for link in links:
        assert link in page.text


def test_the_home_page_leads_to_both(visitor):
    home = visitor.get("/").text
    assert RED in home
    assert GREEN in home


# ---------- getting in ----------


@pytest.mark.every_database
@pytest.mark.parametrize(
    ("door", "username", "first_page"),
    [
        (RED, "teacher_501", "/student-affairs/"),
        (RED, "counselor_wc", "/student-affairs/"),
        (RED, "manager_wc", "/student-affairs/"),
        (RED, "personnel_wc", "/sso/"),
        (RED, "city_admin", "/sso/"),
        (GREEN, "parent_chen", "/portal/"),
        (GREEN, "citizen_wu", "/portal/"),
    ],
)
def test_everybody_begins_at_their_own_desk(visitor, door, username, first_page):
    answer = enter(visitor, door, username)
    assert (answer.status_code, answer.location) == (302, door)
    assert visitor.get(door).location == first_page
    assert visitor.get(first_page).status_code == 200


def test_a_member_of_staff_opens_both_platforms_with_one_sign_in(visitor):
    enter(visitor, RED, "teacher_501")
    assert visitor.get("/portal/").status_code == 200
    assert visitor.get("/sso/").status_code == 200


@pytest.mark.parametrize("typed", ["PARENT_CHEN", " parent_chen ", "ｐａｒｅｎｔ_ｃｈｅｎ"])
def test_the_case_of_letters_and_what_an_input_method_adds_do_not_matter(visitor, typed):
    assert enter(visitor, GREEN, typed).status_code == 302
    assert is_signed_in(visitor)


def test_signing_in_gives_a_new_cookie_and_forgets_the_old_session(flask_app, visitor):
    visitor.get(GREEN)
    before = visitor.get_cookie("portal").value
    enter(visitor, GREEN, "parent_chen")
    assert visitor.get_cookie("portal").value != before
    assert count(flask_app, AccountSession, AccountSession.key_hash == hash_key(before)) == 0
    stranger = flask_app.test_client()
    stranger.set_cookie("portal", before)
    assert not is_signed_in(stranger)


def test_the_language_chosen_at_the_door_stays_for_the_visitor_and_yields_to_the_account(visitor):
    enter(visitor, GREEN, "parent_chen")
    assert "親師互動" in visitor.get("/portal/").text


# ---------- not getting in ----------


@pytest.mark.parametrize(
    ("door", "username", "password"),
    [
        (GREEN, "parent_chen", "not my password"),
        (GREEN, "nobody_here", PASSWORD),
        (GREEN, "teacher_501", PASSWORD),
        (RED, "parent_chen", PASSWORD),
        (GREEN, "not an account name at all", PASSWORD),
        (GREEN, "x" * 500, PASSWORD),
        (GREEN, "parent_chen\x00", PASSWORD + "\x00"),
        (GREEN, "parent_chen", "x" * 100_000),
        (GREEN, "' OR 1=1 --", PASSWORD),
    ],
)
def test_wrong_unknown_and_the_other_door_get_one_answer(visitor, door, username, password):
    answer = enter(visitor, door, username, password)
    assert answer.status_code == 200
    assert errors(answer) == {"password": "帳號或密碼不正確。"}
    assert value_of(answer, "password") == ""
    assert not is_signed_in(visitor)


def test_what_was_typed_is_kept_but_not_the_password(visitor):
    answer = enter(visitor, GREEN, "parent_chen", "not my password")
    assert value_of(answer, "username") == "parent_chen"
    assert "not my password" not in answer.text


@pytest.mark.parametrize("missing", ["username", "password", "captcha"])
def test_an_empty_field_is_said_beside_it_and_counts_as_no_failure(flask_app, visitor, missing):
    answer = (
        enter(visitor, GREEN, "parent_chen", **{missing: ""})
        if missing != "username"
        else send(visitor, GREEN, {"username": "", "password": PASSWORD, "captcha": CAPTCHA})
    )
    assert set(errors(answer)) == {missing}
    assert count(flask_app, SignInCounter) == 0


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (AccountState.PENDING_ACTIVATION, "尚未啟用"),
        (AccountState.SUSPENDED, "停用"),
        (AccountState.CLOSED, "註銷"),
    ],
)
def test_an_account_that_may_not_come_in_learns_why_after_the_right_password_only(flask_app, visitor, state, said):
    change(flask_app, "parent_chen", state=state)
    assert errors(enter(visitor, GREEN, "parent_chen", "not my password")) == {"password": "帳號或密碼不正確。"}
    assert said in errors(enter(visitor, GREEN, "parent_chen"))["password"]
    assert not is_signed_in(visitor)


def test_an_account_that_was_switched_off_in_the_users_table_stays_out(flask_app, visitor):
    change(flask_app, "parent_chen", active=False)
    assert "停用" in errors(enter(visitor, GREEN, "parent_chen"))["password"]


def test_an_account_under_review_comes_in_and_sees_only_that(flask_app, visitor):
    change(flask_app, "teacher_501", state=AccountState.PENDING_REVIEW)
    enter(visitor, RED, "teacher_501")
    assert visitor.get(RED).location == "/under-review/"
    assert visitor.get("/student-affairs/").location == "/under-review/"


def test_the_form_needs_its_token(visitor):
    visitor.get(GREEN)
    answer = visitor.post(GREEN, data={"username": "parent_chen", "password": PASSWORD, "captcha": CAPTCHA})
    assert answer.status_code == 400


# ---------- five failures ----------


@pytest.mark.every_database
@pytest.mark.parametrize("username", ["parent_chen", "nobody_here"])
def test_five_failures_lock_a_name_known_or_not_for_fifteen_minutes(visitor, username):
    moment = now()
    with time_machine.travel(moment, tick=False):
        said = [errors(enter(visitor, GREEN, username, "wrong one"))["password"] for _ in range(6)]
    assert said[:4] == ["帳號或密碼不正確。"] * 4
    assert said[4] == said[5] == "連續輸錯 5 次，帳號已鎖定，請於 15 分鐘後再試。"
    with time_machine.travel(moment + timedelta(minutes=14), tick=False):
        assert errors(enter(visitor, GREEN, username))["password"] == "連續輸錯 5 次，帳號已鎖定，請於 1 分鐘後再試。"
    with time_machine.travel(moment + timedelta(minutes=15, seconds=1), tick=False):
        answer = enter(visitor, GREEN, username)
        assert (answer.status_code == 302) is (username == "parent_chen")


def test_a_lock_is_of_one_name_at_one_entrance(flask_app, visitor):
    for _ in range(5):
        enter(visitor, RED, "parent_chen", "wrong one")
        enter(visitor, GREEN, "parent_lin", "wrong one")
    assert enter(visitor, GREEN, "parent_chen").status_code == 302


def test_the_right_password_begins_the_count_again(flask_app, visitor):
    for _ in range(2):
        for _ in range(4):
            enter(visitor, GREEN, "parent_chen", "wrong one")
        assert enter(flask_app.test_client(), GREEN, "parent_chen").status_code == 302


def test_failures_of_yesterday_do_not_add_up(visitor):
    moment = now()
    for hours in range(8):
        with time_machine.travel(moment + timedelta(hours=hours), tick=False):
            assert errors(enter(visitor, GREEN, "parent_chen", "wrong one")) == {"password": "帳號或密碼不正確。"}


@pytest.mark.every_database
def test_of_many_tries_sent_together_five_are_looked_at(flask_app, world):
    """The sixth is refused even if it is right: a password list cannot outrun the count."""

    def attempt(number):
        with flask_app.test_request_context():
            try:
                sign_in.sign_in(AccountKind.GENERAL, "parent_chen", f"wrong {number}")
            except lockout.EntranceLocked:
                return "locked"
            except sign_in.WrongNameOrPassword:
                return "wrong"
            return "in"

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(attempt, range(40)))
    assert outcomes.count("wrong") == 4
    assert outcomes.count("locked") == 36
    with flask_app.app_context(), system("tests"):
        assert db.session.scalar(sa.select(SignInCounter.failures)) == 40


def test_old_counts_are_dropped(flask_app, visitor):
    enter(visitor, GREEN, "nobody_here", "wrong one")
    with time_machine.travel(now() + timedelta(days=2)), flask_app.app_context():
        assert lockout.forget_old_failures() == 1
    assert count(flask_app, SignInCounter) == 0


# ---------- the same time for everybody ----------


def test_an_unknown_account_costs_as_dear_a_hash_as_a_known_one(flask_app, world, dear_hashes, monkeypatch):
    """How long that takes is measured by benchmarks/even_times.py."""
    with flask_app.app_context(), system("tests"):
        passwords.set_password(db.session.get(Account, world.accounts["parent_chen"]), "Green river 1")
        db.session.commit()
    reckoned = []

    def reckon(kept, password):
        reckoned.append((kept.partition("$")[0], len(kept), len(password)))
        return check_password_hash(kept, password)

    monkeypatch.setattr(passwords, "check_password_hash", reckon)
    for username in ("parent_chen", "nobody_here"):
        with flask_app.test_request_context(), pytest.raises(sign_in.WrongNameOrPassword):
            sign_in.sign_in(AccountKind.GENERAL, username, "wrong one")
    known, unknown = reckoned
    assert known == unknown
    assert known[0] == dear_hashes


@pytest.mark.parametrize(("door", "username"), [(RED, "teacher_501"), (GREEN, "parent_chen")])
def test_known_and_unknown_cost_the_same_statements(visitor, count_statements, door, username):
    enter(visitor, door, "somebody_else", "wrong one")
    counted = []
    for name in (username, "nobody_here"):
        with count_statements() as statements:
            enter(visitor, door, name, "wrong one")
        counted.append(len(statements))
    assert counted[0] == counted[1]


# ---------- temporary passwords ----------


def test_a_first_sign_in_needs_the_temporary_password_and_opens_one_page(flask_app, visitor, world):
    change(flask_app, "teacher_501", state=AccountState.PENDING_PASSWORD_CHANGE)
    assert errors(enter(visitor, RED, "teacher_501")) == {"password": "帳號或密碼不正確。"}
    temporary = temporary_password(flask_app, world, "teacher_501", SecretPurpose.FIRST_PASSWORD)
    assert enter(visitor, RED, "teacher_501", temporary).status_code == 302
    for elsewhere in (RED, "/portal/", "/sso/", "/student-affairs/", "/portal/profile/", "/portal/sessions/"):
        assert visitor.get(elsewhere).location == "/first-password/"


@pytest.mark.every_database
def test_a_temporary_password_opens_once(flask_app, visitor, world):
    change(flask_app, "teacher_501", state=AccountState.PENDING_PASSWORD_CHANGE)
    temporary = temporary_password(flask_app, world, "teacher_501", SecretPurpose.FIRST_PASSWORD)
    enter(visitor, RED, "teacher_501", temporary)
    assert errors(enter(flask_app.test_client(), RED, "teacher_501", temporary)) == {"password": "帳號或密碼不正確。"}


def test_after_a_reset_the_old_password_works_until_the_temporary_one_is_used(flask_app, world):
    temporary = temporary_password(flask_app, world, "teacher_501")
    before = flask_app.test_client()
    assert enter(before, RED, "teacher_501").status_code == 302
    assert account(flask_app, "teacher_501")["must_change_password"] is False
    after = flask_app.test_client()
    assert enter(after, RED, "teacher_501", temporary).status_code == 302
    assert account(flask_app, "teacher_501")["must_change_password"] is True
    assert not is_signed_in(before)
    assert errors(enter(flask_app.test_client(), RED, "teacher_501")) == {"password": "帳號或密碼不正確。"}


def test_a_form_that_stayed_open_over_lunch_still_works(visitor):
    moment = now()
    with time_machine.travel(moment, tick=False):
        page = visitor.get(GREEN)
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page.text).group(1)
    with time_machine.travel(moment + timedelta(hours=1), tick=False):
        fields = {"csrf_token": token, "username": "parent_chen", "password": PASSWORD, "captcha": CAPTCHA}
        assert visitor.post(GREEN, data=fields).status_code == 302
        assert is_signed_in(visitor)


def test_after_half_an_hour_of_silence_one_signs_in_again(client_as):
    person = client_as("parent_chen")
    assert is_signed_in(person)
    with time_machine.travel(now() + timedelta(minutes=31)):
        assert not is_signed_in(person)


def test_after_a_temporary_password_only_the_own_data_open(flask_app, visitor, world):
    enter(visitor, RED, "teacher_501", temporary_password(flask_app, world, "teacher_501"))
    assert visitor.get("/student-affairs/").location == "/portal/profile/edit"
    assert "請先設定新的密碼" in visitor.get("/portal/profile/edit").text
    assert visitor.get("/portal/").location == "/portal/profile/edit"


def test_the_temporary_password_stands_for_the_present_one_until_there_is_a_new_one(flask_app, visitor, world):
    temporary = temporary_password(flask_app, world, "teacher_501")
    enter(visitor, RED, "teacher_501", temporary)
    with flask_app.app_context(), system("tests"):
        teacher = db.session.get(Account, world.accounts["teacher_501"])
        assert passwords.is_current_password(teacher, temporary)
        assert not passwords.is_current_password(teacher, PASSWORD)
        assert passwords.problems_for(teacher, PASSWORD) == [passwords.USED_BEFORE]
        passwords.set_password(teacher, "Green river 1")
        db.session.commit()
        assert not passwords.is_current_password(teacher, temporary)
        assert passwords.is_current_password(teacher, "Green river 1")


def test_a_general_account_has_no_temporary_passwords(flask_app, visitor, world):
    temporary = temporary_password(flask_app, world, "parent_chen")
    assert errors(enter(visitor, GREEN, "parent_chen", temporary)) == {"password": "帳號或密碼不正確。"}


def test_staff_change_their_password_every_year(flask_app, visitor):
    change(flask_app, "teacher_501", password_changed_at=now() - timedelta(days=366))
    change(flask_app, "parent_chen", password_changed_at=now() - timedelta(days=3660))
    enter(visitor, RED, "teacher_501")
    assert account(flask_app, "teacher_501")["must_change_password"] is True
    enter(flask_app.test_client(), GREEN, "parent_chen")
    assert account(flask_app, "parent_chen")["must_change_password"] is False


# ---------- where to ----------


@pytest.mark.parametrize(
    ("wanted", "door"),
    [("/portal/", GREEN), ("/portal/links/", GREEN), ("/student-affairs/", RED), ("/sso/", RED)],
)
def test_a_page_behind_a_sign_in_leads_to_the_right_door_and_from_there_on(visitor, wanted, door):
    answer = visitor.get(wanted, follow_redirects=True)
    assert answer.request.path == door
    assert "請先登入" in answer.text
    assert "您沒有這項權限" not in answer.text
    username = "parent_chen" if door == GREEN else "teacher_501"
    at_the_door = answer.request.full_path
    entered = enter(visitor, at_the_door, username)
    assert visitor.get(entered.location).location == wanted


def test_staff_may_go_to_the_red_door_for_a_page_of_the_portal(visitor):
    page = visitor.get("/portal/", follow_redirects=True)
    other_door = re.search(r'href="(/sign-in/official/[^"]*)"', page.text).group(1).replace("&amp;", "&")
    entered = enter(visitor, other_door, "teacher_501")
    assert visitor.get(entered.location).location == "/portal/"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "http://localhost.evil.example/portal/",
        "http:///evil.example",
        "/no/such/page",
        "/sign-out/",
        "/portal/\r\nX-Header: 1",
        "",
    ],
)
def test_nobody_is_sent_elsewhere(visitor, elsewhere):
    entered = send(
        visitor,
        GREEN,
        {"username": "parent_chen", "password": PASSWORD, "captcha": CAPTCHA, "next": elsewhere},
    )
    assert entered.location == GREEN
    assert visitor.get(GREEN, query_string={"next": elsewhere}).location == "/portal/"


@pytest.mark.parametrize("door", [RED, GREEN])
def test_who_is_signed_in_is_sent_on_from_a_door(client_as, door):
    assert client_as("parent_chen").get(door).location == "/portal/"
    assert client_as("teacher_501").get(door).location == "/student-affairs/"


# ---------- going out, and what is noted ----------


def test_signing_out_ends_the_session_for_good(flask_app, client_as):
    person = client_as("parent_chen")
    cookie = person.get_cookie("portal").value
    assert person.get("/sign-out/").status_code == 405
    answer = person.post("/sign-out/", follow_redirects=True)
    assert "您已登出" in answer.text
    person.set_cookie("portal", cookie)
    assert not is_signed_in(person)


@pytest.mark.every_database
def test_every_event_at_a_door_is_noted_without_what_was_typed(flask_app, visitor, client_as):
    enter(visitor, GREEN, "my password by mistake", "x")
    for _ in range(5):
        enter(visitor, GREEN, "parent_lin", "wrong one")
    enter(visitor, GREEN, "parent_chen")
    client_as("parent_chen").post("/sign-out/")
    assert audited(flask_app) == [
        ("fail.sign_in", ""),
        *[("fail.sign_in", "parent_lin")] * 4,
        ("lock.sign_in", "parent_lin"),
        ("sign_in.account", "parent_chen"),
        ("sign_out.account", "parent_chen"),
    ]


def test_the_last_sign_in_is_kept(flask_app, visitor):
    enter(visitor, GREEN, "parent_chen")
    with flask_app.app_context(), system("tests"):
        last, times = db.session.execute(
            sa.select(Account.last_login, Account.login_count).where(Account.username == "parent_chen")
        ).one()
    assert abs(last - now().replace(tzinfo=None)) < timedelta(minutes=1)
    assert times == 1
