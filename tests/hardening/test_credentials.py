"""P14 and P15 over HTTP: what a password may be, what a change needs, and what ends with it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from werkzeug.security import generate_password_hash

from app.access.session import system
from app.accounts import passwords, secrets
from app.accounts.models import Account, AccountSession, PasswordHistory, PlacementRequest, SecretPurpose
from app.extensions import db
from app.model_types import now
from tests.accounts.authenticator import phone_for
from tests.accounts.browsing import CAPTCHA, GREEN, RED, account, count, enter, errors, is_signed_in, messages, send
from tests.world import PASSWORD

EDIT, SESSIONS = "/portal/profile/edit", "/portal/sessions/"
STAFF, PARENT = "teacher_501", "parent_chen"
GOOD = {STAFF: "Quiet-harbour-71", PARENT: "quiet harbour lamp"}


def change(flask_app, username, **values):
    with flask_app.app_context(), system("tests"):
        db.session.execute(sa.update(Account).where(Account.username == username).values(**values))
        db.session.commit()


def profile_of(flask_app, username, **changes):
    """The form of 我的基本資料 as it is shown, with ``changes``."""
    saved = account(flask_app, username)
    kept = {name: saved[name] for name in ("full_name", "email", "mobile", "locale")}
    return {**kept, "birth_date": str(saved["birth_date"]), "captcha": CAPTCHA, "current_password": PASSWORD, **changes}


def with_new_password(flask_app, username, password, **changes):
    new = {"wants_new_password": "y", "new_password": password, "new_password_again": password}
    return profile_of(flask_app, username, **{**new, **changes})


# ---------- P14: what a password may be ----------


REFUSED = {
    STAFF: {
        "Short-1": "short",
        "quietharbourlamp": "one class of four",
        "quiet harbour lamp": "two classes of four",
        "My-Teacher_501-word": "account name",
        "River-0912001002-a": "telephone",
        "River-A100001002-x": "identity number",
        "River-文昌國小-Lamp": "school",
        "River-034601-Lamp": "code of the school",
        "River-19830418-Lamp": "birthday",
        "Passw0rd12": "easy",
    },
    PARENT: {
        "short one": "short",
        "my parent_chen words": "account name",
        "river 0912002000 lamp": "telephone",
        "river a100002000 lamp": "identity number",
        "1234567890": "easy",
    },
}


@pytest.mark.parametrize("username", REFUSED)
def test_p14_a_password_obeys_the_rules_of_its_class_of_account(flask_app, client_as, username):
    client, fields = client_as(username), with_new_password(flask_app, username, "")
    for password, why in REFUSED[username].items():
        page = send(client, EDIT, {**fields, "new_password": password, "new_password_again": password})
        assert set(errors(page)) == {"new_password"}, why
    assert passwords.check(account(flask_app, username)["password"], PASSWORD)


@pytest.mark.parametrize("username", [STAFF, PARENT])
def test_p14_none_of_the_last_three_comes_back(flask_app, client_as, username):
    client, used = client_as(username), [PASSWORD]
    for number in range(3):
        new = f"{GOOD[username]} {number}"
        send(client, EDIT, with_new_password(flask_app, username, new, current_password=used[-1]))
        used.append(new)
        change(flask_app, username, password_changed_at=now() - timedelta(days=2))
    assert passwords.check(account(flask_app, username)["password"], used[-1])
    for former in used[1:]:
        page = send(client, EDIT, with_new_password(flask_app, username, former, current_password=used[-1]))
        assert set(errors(page)) == {"new_password"}
    send(client, EDIT, with_new_password(flask_app, username, PASSWORD, current_password=used[-1]))
    assert passwords.check(account(flask_app, username)["password"], PASSWORD)


def test_p14_a_password_of_staff_is_kept_for_a_day_unless_it_has_to_be_changed(flask_app, client_as):
    change(flask_app, STAFF, password_changed_at=now() - timedelta(hours=23))
    change(flask_app, PARENT, password_changed_at=now())
    client = client_as(STAFF)
    assert set(errors(send(client, EDIT, with_new_password(flask_app, STAFF, GOOD[STAFF])))) == {"new_password"}
    change(flask_app, STAFF, must_change_password=True)
    assert send(client, EDIT, with_new_password(flask_app, STAFF, GOOD[STAFF])).status_code == 302
    assert send(client_as(PARENT), EDIT, with_new_password(flask_app, PARENT, GOOD[PARENT])).status_code == 302


def test_p14_a_password_of_staff_lasts_a_year_and_then_opens_its_own_change_alone(flask_app, visitor):
    change(flask_app, STAFF, password_changed_at=now() - timedelta(days=366))
    enter(visitor, RED, STAFF)
    for path in ("/portal/", "/student-affairs/", SESSIONS):
        assert visitor.get(path).location == EDIT
    send(visitor, EDIT, with_new_password(flask_app, STAFF, GOOD[STAFF]))
    assert visitor.get("/student-affairs/").status_code == 200


@pytest.mark.every_database
def test_p14_a_hash_of_older_cost_is_made_anew_at_sign_in_and_stays_among_the_last_three(flask_app, visitor, dear_hashes):
    old = generate_password_hash(PASSWORD, "scrypt:1024:8:1")
    change(flask_app, PARENT, password=old)
    with flask_app.app_context(), system("tests"):
        account_id = db.session.scalar(sa.select(Account.id).where(Account.username == PARENT))
        db.session.add(PasswordHistory(account_id=account_id, password_hash=old))
        db.session.commit()
    enter(visitor, GREEN, PARENT, "not my password")
    assert account(flask_app, PARENT)["password"] == old
    enter(visitor, GREEN, PARENT)
    new = account(flask_app, PARENT)["password"]
    assert new.startswith(f"{dear_hashes}$")
    assert passwords.check(new, PASSWORD)
    assert count(flask_app, PasswordHistory, PasswordHistory.password_hash == new) == 1
    assert is_signed_in(visitor)


# ---------- P14: what a change needs ----------


@pytest.mark.parametrize("username", [STAFF, PARENT])
def test_p14_a_change_of_mail_mobile_or_password_needs_password_and_picture(flask_app, client_as, username):
    client, before = client_as(username), account(flask_app, username)
    new = {"wants_new_password": "y", "new_password": GOOD[username], "new_password_again": GOOD[username]}
    for changes in ({"email": "new@example.org"}, {"mobile": "0987654321"}, new):
        fields = profile_of(flask_app, username, **changes)
        for wrong in ({"current_password": ""}, {"current_password": "not it"}, {"captcha": "00000"}):
            assert set(errors(send(client, EDIT, {**fields, **wrong}))) == set(wrong)
    assert account(flask_app, username) == before


@pytest.mark.parametrize("username", [STAFF, PARENT])
def test_p14_whoever_finds_a_device_unlocked_guesses_five_times(flask_app, client_as, username):
    client, wrong = client_as(username), profile_of(flask_app, username, email="new@example.org", current_password="not it")
    for _ in range(5):
        page = send(client, EDIT, wrong)
    assert "鎖定" in errors(page)["current_password"]
    assert "鎖定" in errors(send(client, EDIT, {**wrong, "current_password": PASSWORD}))["current_password"]
    assert account(flask_app, username)["email"] != "new@example.org"
    with time_machine.travel(now() + timedelta(minutes=16)):
        assert send(client_as(username), EDIT, {**wrong, "current_password": PASSWORD}).status_code == 302


# ---------- P14: the owner learns of every change ----------


def letters(flask_app, purpose):
    return [receiver for receiver, _ in messages(flask_app, purpose)]


def test_p14_a_letter_tells_of_mail_mobile_and_password(flask_app, client_as):
    client = client_as(STAFF)
    old = account(flask_app, STAFF)["email"]
    send(client, EDIT, profile_of(flask_app, STAFF, mobile="0987654321"))
    assert letters(flask_app, "contact_changed") == [old]
    send(client, EDIT, profile_of(flask_app, STAFF, email="new@example.org"))
    assert letters(flask_app, "contact_changed") == [old, old]
    assert letters(flask_app, "new_mailbox") == ["new@example.org"]
    send(client, EDIT, with_new_password(flask_app, STAFF, GOOD[STAFF]))
    assert letters(flask_app, "password_changed") == ["new@example.org"]


def test_p14_a_letter_tells_of_suspending_and_reopening(flask_app, client_as, world):
    admin = client_as("city_admin")
    for act in ("suspend", "reopen"):
        send(admin, f"/sso/accounts/{act}/{world.accounts[STAFF]}", {})
    assert letters(flask_app, "account_suspended") == [f"{STAFF}@example.org"]
    assert letters(flask_app, "account_reopened") == [f"{STAFF}@example.org"]


def test_p14_a_letter_tells_of_a_lock_once_a_day(flask_app, visitor):
    moment = now()
    for hours, sent in ((0, 1), (1, 1), (25, 2)):
        with time_machine.travel(moment + timedelta(hours=hours), tick=False):
            for _ in range(5):
                enter(visitor, GREEN, PARENT, "not it")
        assert letters(flask_app, "sign_in_locked") == [f"{PARENT}@example.org"] * sent


# ---------- P15: what ends with a change ----------


def new_password(flask_app, client_as, username, here, world):
    send(here, EDIT, with_new_password(flask_app, username, GOOD[username]))
    return True


def reset_by_letter(flask_app, client_as, username, here, world):
    with flask_app.app_context():
        token = secrets.issue_link_token(world.accounts[PARENT], SecretPurpose.RESET_LINK)
        db.session.commit()
    browser = flask_app.test_client()
    browser.get(f"/reset/general/{token}")
    send(browser, "/reset/general/new", {"new_password": GOOD[PARENT], "new_password_again": GOOD[PARENT]})
    assert is_signed_in(browser)
    return False


def reset_by_sms(flask_app, client_as, username, here, world):
    with flask_app.app_context():
        temporary = secrets.issue_temporary_password(world.accounts[STAFF], SecretPurpose.RESET_PASSWORD)
        db.session.commit()
    enter(flask_app.test_client(), RED, STAFF, temporary)
    return False


def suspension(flask_app, client_as, username, here, world):
    send(client_as("city_admin"), f"/sso/accounts/suspend/{world.accounts[username]}", {})
    return False


def other_roles(flask_app, client_as, username, here, world):
    with flask_app.app_context(), system("tests"):
        request = PlacementRequest(
            account_id=world.accounts[STAFF],
            school_id=world.schools["wenchang"],
            username=STAFF,
            applicant_name=STAFF,
            job_title="組長",
        )
        db.session.add(request)
        db.session.commit()
        request_id = request.id
    fields = {"decision": "approve", "roles": "校端_一般_註冊"}
    assert send(client_as("personnel_wc"), f"/sso/placement-requests/review/{request_id}", fields).status_code == 302
    return False


def second_factor_on(flask_app, client_as, username, here, world):
    phone_for(flask_app, world.accounts[username], username)
    return False


@pytest.mark.parametrize(
    ("username", "event"),
    [
        (STAFF, new_password),
        (PARENT, new_password),
        (PARENT, reset_by_letter),
        (STAFF, reset_by_sms),
        (STAFF, suspension),
        (PARENT, suspension),
        (STAFF, other_roles),
        (STAFF, second_factor_on),
    ],
)
def test_p15_other_sessions_end_with_every_change_of_what_a_session_may_do(flask_app, client_as, world, username, event):
    here, elsewhere, neighbor = client_as(username), client_as(username), client_as("parent_lin")
    here_stays = event(flask_app, client_as, username, here, world)
    assert not is_signed_in(elsewhere)
    assert is_signed_in(here) is here_stays
    assert is_signed_in(neighbor)


def test_p15_signing_out_kills_the_cookie(client_as):
    person = client_as(PARENT)
    cookie = person.get_cookie("portal").value
    person.post("/sign-out/")
    person.set_cookie("portal", cookie)
    assert not is_signed_in(person)


def test_p15_a_session_ends_after_half_an_hour_of_silence_and_after_twelve_hours(flask_app, client_as):
    moment = now()
    silent, busy = client_as(STAFF), client_as(STAFF)
    with time_machine.travel(moment + timedelta(minutes=31)):
        assert not is_signed_in(silent)
    for minutes in range(25, 12 * 60, 25):
        with time_machine.travel(moment + timedelta(minutes=minutes)):
            assert is_signed_in(busy) is True
    with time_machine.travel(moment + timedelta(hours=12, seconds=5)):
        assert not is_signed_in(busy)


def test_p15_one_sees_and_ends_the_own_sessions(flask_app, client_as, world):
    lost, mine = client_as(STAFF), client_as(STAFF)
    client_as(PARENT)
    assert mine.get(SESSIONS).text.count('<tr><th scope="row">') == 2
    mine.post(SESSIONS, data={"others": "1"})
    assert not is_signed_in(lost)
    assert is_signed_in(mine)
    assert count(flask_app, AccountSession, AccountSession.account_id == world.accounts[PARENT]) == 1


# ---------- P15: thirty days on a guardian's own device ----------


def stays(client, days):
    with time_machine.travel(now() + timedelta(days=days)):
        return is_signed_in(client)


@pytest.mark.every_database
def test_p15_a_guardian_who_asks_stays_signed_in_for_thirty_days(flask_app, visitor):
    answer = enter(visitor, GREEN, PARENT, stay="y")
    assert "Max-Age=2592000" in answer.headers["Set-Cookie"]
    assert stays(visitor, 1)
    assert "保持登入至" in visitor.get(SESSIONS).text
    assert stays(visitor, 29)
    assert not stays(visitor, 30.01)


def test_p15_who_does_not_ask_gets_a_day_and_no_lasting_cookie(visitor):
    answer = enter(visitor, GREEN, PARENT)
    assert "Max-Age" not in answer.headers["Set-Cookie"]
    assert not stays(visitor, 1)


@pytest.mark.parametrize(("door", "username"), [(RED, STAFF), (GREEN, "citizen_wu")])
def test_p15_nobody_but_guardians_stays(flask_app, visitor, door, username):
    answer = enter(visitor, door, username, stay="y")
    assert "Max-Age" not in answer.headers["Set-Cookie"]
    assert count(flask_app, AccountSession, AccountSession.is_kept) == 0
    assert not stays(visitor, 1)


def test_p15_a_kept_session_is_ended_from_elsewhere_and_by_a_new_password(flask_app, client_as, world):
    browsers = [flask_app.test_client() for _ in range(2)]
    for browser in browsers:
        enter(browser, GREEN, PARENT, stay="y")
    mine = client_as(PARENT)
    with flask_app.app_context(), system("tests"):
        lost = db.session.scalar(sa.select(sa.func.min(AccountSession.id)).where(AccountSession.is_kept))
    mine.post(SESSIONS, data={"session": str(lost)})
    assert [is_signed_in(browser) for browser in browsers] == [False, True]
    send(mine, EDIT, with_new_password(flask_app, PARENT, GOOD[PARENT]))
    assert not is_signed_in(browsers[1])


def test_p15_a_kept_session_changes_no_data_without_the_password(flask_app, visitor):
    enter(visitor, GREEN, PARENT, stay="y")
    page = send(visitor, EDIT, profile_of(flask_app, PARENT, email="new@example.org", current_password=""))
    assert set(errors(page)) == {"current_password"}


def test_p15_a_kept_session_of_somebody_who_joins_the_staff_is_like_theirs(flask_app, visitor):
    enter(visitor, GREEN, PARENT, stay="y")
    change(flask_app, PARENT, kind="official")
    assert not stays(visitor, 1)


def test_p15_the_second_step_keeps_what_was_asked(flask_app, visitor, world):
    phone = phone_for(flask_app, world.accounts[PARENT], PARENT)
    enter(visitor, GREEN, PARENT, stay="y")
    assert not stays(visitor, 0)
    send(visitor, "/sign-in/second-step/", {"code": phone.next_code()})
    assert stays(visitor, 1)
