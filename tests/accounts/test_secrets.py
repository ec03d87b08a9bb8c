"""One-time secrets: once only, short-lived, the newer kills the older, and never in the database as they are."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.access.session import system
from app.accounts import secrets
from app.accounts.models import OneTimeSecret, SecretPurpose
from app.extensions import db
from app.model_types import now

FIRST, RESET = SecretPurpose.FIRST_PASSWORD, SecretPurpose.RESET_PASSWORD
ACTIVATION, LINK = SecretPurpose.ACTIVATION, SecretPurpose.RESET_LINK


@pytest.fixture
def account_id(context, world):
    with system("tests"):
        yield world.accounts["teacher_501"]


def _password(account_id, purpose=FIRST):
    made = secrets.issue_temporary_password(account_id, purpose)
    db.session.commit()
    return made


def _token(account_id, purpose=LINK):
    made = secrets.issue_link_token(account_id, purpose)
    db.session.commit()
    return made


def test_a_temporary_password_is_ten_signs_without_look_alikes(account_id):
    made = {secrets.issue_temporary_password(account_id, FIRST) for _ in range(30)}
    assert len(made) == 30
    for password in made:
        assert len(password) == 10
        assert not set(password) & set("0Oo1Il")
        assert any(sign.isupper() for sign in password)
        assert any(sign.islower() for sign in password)
        assert any(sign.isdigit() for sign in password)


@pytest.mark.every_database
def test_a_temporary_password_works_once(account_id):
    password = _password(account_id)
    assert secrets.consume_temporary_password(account_id, password) == FIRST
    assert secrets.consume_temporary_password(account_id, password) is None


def test_it_works_for_its_own_account_alone(account_id, world):
    password = _password(account_id)
    assert secrets.consume_temporary_password(world.accounts["teacher_502"], password) is None
    assert secrets.consume_temporary_password(account_id, password.lower()) is None


def test_a_newer_one_kills_the_older(account_id):
    older, newer = _password(account_id), _password(account_id)
    assert secrets.consume_temporary_password(account_id, older) is None
    assert secrets.consume_temporary_password(account_id, newer) == FIRST


@pytest.mark.parametrize(("minutes", "works"), [(9, True), (10, False), (600, False)])
def test_it_lives_for_ten_minutes(account_id, minutes, works):
    moment = now()
    with time_machine.travel(moment, tick=False):
        password = _password(account_id)
    with time_machine.travel(moment + timedelta(minutes=minutes), tick=False):
        assert (secrets.consume_temporary_password(account_id, password) == FIRST) is works


@pytest.mark.every_database
def test_five_wrong_tries_end_it(account_id):
    password = _password(account_id)
    for _ in range(secrets.MOST_TRIES):
        assert secrets.consume_temporary_password(account_id, "not this one") is None
        db.session.commit()
    assert secrets.consume_temporary_password(account_id, password) is None


def test_four_wrong_tries_do_not(account_id):
    password = _password(account_id)
    for _ in range(secrets.MOST_TRIES - 1):
        secrets.consume_temporary_password(account_id, "not this one")
    assert secrets.consume_temporary_password(account_id, password) == FIRST


@pytest.mark.parametrize("at_any_time", [False, True])
def test_the_one_that_opened_the_sign_in_is_known_again_on_the_page_that_asks_for_it(account_id, at_any_time):
    password = _password(account_id)
    assert secrets.consume_temporary_password(account_id, password) == FIRST
    assert secrets.is_temporary_password_in_use(account_id, password, FIRST, at_any_time=at_any_time)
    assert not secrets.is_temporary_password_in_use(account_id, "not this one", FIRST, at_any_time=at_any_time)
    with time_machine.travel(now() + timedelta(minutes=11)):
        assert secrets.is_temporary_password_in_use(account_id, password, FIRST, at_any_time=at_any_time) is at_any_time


def test_a_temporary_password_that_was_never_used_does_not_outlive_its_ten_minutes(account_id):
    password = _password(account_id, RESET)
    with time_machine.travel(now() + timedelta(minutes=11)):
        assert not secrets.is_temporary_password_in_use(account_id, password, RESET, at_any_time=True)


@pytest.mark.every_database
def test_a_link_works_once_and_looking_uses_nothing_up(account_id):
    token = _token(account_id)
    for _ in range(3):
        assert secrets.find_by_token(token, LINK) == account_id
    assert secrets.consume(token, LINK) == account_id
    assert secrets.consume(token, LINK) is None
    assert secrets.find_by_token(token, LINK) is None


@pytest.mark.parametrize(
    ("purpose", "passed", "works"),
    [
        (LINK, timedelta(minutes=29), True),
        (LINK, timedelta(minutes=30), False),
        (ACTIVATION, timedelta(hours=23), True),
        (ACTIVATION, timedelta(hours=24), False),
    ],
)
def test_how_long_a_link_works(account_id, purpose, passed, works):
    moment = now()
    with time_machine.travel(moment, tick=False):
        token = _token(account_id, purpose)
    with time_machine.travel(moment + passed, tick=False):
        assert (secrets.consume(token, purpose) == account_id) is works


def test_a_link_serves_its_own_purpose(account_id):
    token = _token(account_id, ACTIVATION)
    assert secrets.consume(token, LINK) is None
    assert secrets.consume(token, ACTIVATION) == account_id


def test_a_newer_link_kills_the_older_and_other_purposes_stay(account_id):
    older, activation, newer = _token(account_id), _token(account_id, ACTIVATION), _token(account_id)
    assert secrets.find_by_token(older, LINK) is None
    assert secrets.find_by_token(newer, LINK) == account_id
    assert secrets.find_by_token(activation, ACTIVATION) == account_id


@pytest.mark.parametrize("token", ["", "x", "\x00", "\ud800", "長" * 200])
def test_a_made_up_token_finds_nothing(account_id, token):
    assert secrets.find_by_token(token, LINK) is None
    assert secrets.consume(token, LINK) is None


def test_after_revoking_nothing_works(account_id):
    token, password = _token(account_id), _password(account_id)
    secrets.consume_temporary_password(account_id, password)
    secrets.revoke(account_id)
    assert secrets.consume(token, LINK) is None
    assert not secrets.is_temporary_password_in_use(account_id, password, FIRST, at_any_time=True)


def test_the_database_holds_hashes(account_id):
    token, password = _token(account_id), _password(account_id)
    kept = db.session.scalars(sa.select(OneTimeSecret.secret_hash)).all()
    assert kept
    assert not {token, password} & set(kept)


def _together(flask_app, act, times=8):
    """``act`` in that many threads at once, each with a session and a transaction of its own."""
    gate = threading.Barrier(times)

    def run(_number):
        with flask_app.app_context(), system("tests"):
            gate.wait()
            outcome = act()
            db.session.commit()
            return outcome

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))


@pytest.mark.every_database
def test_of_several_browsers_at_once_one_uses_a_secret(flask_app, world):
    account_id = world.accounts["teacher_501"]
    with flask_app.app_context(), system("tests"):
        token, password = _token(account_id), _password(account_id)
    links = _together(flask_app, lambda: secrets.consume(token, LINK))
    assert sorted(links, key=str) == [account_id] + [None] * 7
    temporary = _together(flask_app, lambda: secrets.consume_temporary_password(account_id, password))
    assert temporary.count(FIRST) == 1
