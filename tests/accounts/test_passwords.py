"""What a password may be, how it is kept, and what a change sets off."""

from __future__ import annotations

import time

import pytest
import sqlalchemy as sa

from app.access.session import system
from app.accounts import passwords
from app.accounts.models import Account, AccountKind, AccountSession, PasswordHistory
from app.accounts.passwords import TOO_EASY, TOO_LONG, TOO_PERSONAL, TOO_SHORT, TOO_UNIFORM, USED_BEFORE
from app.extensions import db
from tests.accounts.browsing import messages
from tests.conftest import begin_session
from tests.world import PASSWORD

STAFF, GENERAL = AccountKind.OFFICIAL, AccountKind.GENERAL
ABOUT = ("parent_chen", "陳美玲", "meiling.chen", "918273645", "19830418", "720418", "A129384756")


@pytest.mark.parametrize(
    ("kind", "password", "expected"),
    [
        (GENERAL, "short-one", [TOO_SHORT]),
        (GENERAL, "green river stone", []),
        (GENERAL, "kqzmwfjxvu", []),
        (GENERAL, "青山綠水白雲藍天遠方", []),
        (GENERAL, "1234567890", [TOO_EASY]),
        (GENERAL, "password12", [TOO_EASY]),
        (GENERAL, "qwertyuiop", [TOO_EASY]),
        (GENERAL, "aaaaaaaaaaaa", [TOO_EASY]),
        (GENERAL, "x" * 129, [TOO_LONG]),
        (GENERAL, "my PARENT_CHEN words", [TOO_PERSONAL]),
        (GENERAL, "陳美玲的好密碼在這裡", [TOO_PERSONAL]),
        (GENERAL, "river 0918273645 stone", [TOO_PERSONAL]),
        (GENERAL, "river 273645 stone", [TOO_PERSONAL]),
        (GENERAL, "river 19830418 stone", [TOO_PERSONAL]),
        (GENERAL, "river 720418 stone", [TOO_PERSONAL]),
        (GENERAL, "river a129384756 stone", [TOO_PERSONAL]),
        (STAFF, "green river stone", [TOO_UNIFORM]),
        (STAFF, "Green river stone", []),
        (STAFF, "green river stone 7", []),
        (STAFF, "GREENRIVERSTONE77", [TOO_UNIFORM]),
        (STAFF, "Passw0rd12", [TOO_EASY]),
        (STAFF, PASSWORD, []),
    ],
)
def test_what_a_password_may_be(kind, password, expected):
    assert passwords.problems_with(kind, password, ABOUT) == expected


def test_short_words_about_a_person_forbid_nothing():
    assert passwords.problems_with(GENERAL, "green river stone", ("", "g", "en", "陳")) == []


@pytest.fixture
def teacher(context, world):
    """The account of teacher_501, within the scope of nobody."""
    with system("tests"):
        yield db.session.get(Account, world.accounts["teacher_501"])


def test_the_words_about_an_account_are_what_others_know_of_its_owner(teacher):
    assert set(passwords.words_about(teacher)) >= {"teacher_501", "teacher_501老師", "19830418", "720418", "A100001002"}


@pytest.mark.every_database
def test_none_of_the_last_three_passwords_may_come_back(teacher):
    used = [PASSWORD, "Green river 1", "Green river 2", "Green river 3"]
    for password in used[1:]:
        assert passwords.problems_for(teacher, password) == []
        passwords.set_password(teacher, password)
        db.session.commit()
    refusals = [passwords.problems_for(teacher, password) for password in used]
    assert refusals == [[], [USED_BEFORE], [USED_BEFORE], [USED_BEFORE]]
    rows = db.session.scalar(
        sa.select(sa.func.count()).select_from(PasswordHistory).where(PasswordHistory.account_id == teacher.id)
    )
    assert rows == 3


def test_a_password_from_before_there_was_a_history_counts_too(teacher):
    assert passwords.problems_for(teacher, PASSWORD) == [USED_BEFORE]


@pytest.mark.every_database
def test_a_change_ends_the_other_sessions_and_tells_the_owner(flask_app, world):
    account_id = world.accounts["teacher_501"]
    for _ in range(3):
        begin_session(flask_app, account_id)
    begin_session(flask_app, world.accounts["teacher_502"])
    with flask_app.app_context(), system("tests"):
        kept = db.session.scalar(sa.select(sa.func.max(AccountSession.id)).where(AccountSession.account_id == account_id))
        passwords.change_password(db.session.get(Account, account_id), "Green river 1", keep_session_id=kept)
        db.session.commit()
        left = db.session.scalars(sa.select(AccountSession.id).where(AccountSession.account_id == account_id)).all()
        others = db.session.scalar(sa.select(sa.func.count()).select_from(AccountSession))
    assert left == [kept]
    assert others == 2
    ((receiver, content),) = messages(flask_app, "password_changed")
    assert receiver == "teacher_501@example.org"
    assert "teacher_501" in content["text"]
    assert "Green river 1" not in content["text"]


def test_a_hash_is_scrypt_and_salted(dear_hashes):
    first, second = passwords.generate_hash("Green river 1"), passwords.generate_hash("Green river 1")
    assert first.startswith("scrypt:16384:12:1$")
    assert first != second
    assert passwords.check(first, "Green river 1")
    assert not passwords.check(first, "Green river 2")


@pytest.mark.parametrize("nobody", [None, passwords.UNUSABLE])
def test_no_password_opens_what_has_none(nobody):
    assert not passwords.check(nobody, "")
    assert not passwords.check(nobody, passwords.UNUSABLE)


def test_the_hash_of_nobody_costs_as_much_as_a_real_one(dear_hashes):
    real = passwords.generate_hash("Green river 1")

    def cost(password_hash):
        spent = []
        for _ in range(3):
            begin = time.process_time()
            passwords.check(password_hash, "something else")
            spent.append(time.process_time() - begin)
        return min(spent)

    assert cost(None) == pytest.approx(cost(real), rel=0.5)


@pytest.mark.parametrize("password", ["\x00" * 20, "\ud800" * 12, "長" * 128, "x" * 100_000])
def test_strange_passwords_are_wrong_and_break_nothing(password):
    assert not passwords.check(passwords.generate_hash("Green river 1"), password)
