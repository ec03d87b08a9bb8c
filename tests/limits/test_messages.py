"""Caps on letters and SMS: all or none, per receiver, account, address and day; a minute apart."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.access.session import system
from app.extensions import db
from app.jobs import tidy_up
from app.limits.messages import Occasion, has_room, has_room_for_notice
from app.limits.models import LimitCount
from app.model_types import now
from app.operations.doctor import examine

ONE, OTHER = "+886912345678", "+886987654321"
REGISTRATION, RESET = Occasion.REGISTRATION, Occasion.RESET


def asked(occasion=REGISTRATION, account_id=1, **receivers):
    answer = has_room(occasion, account_id, **(receivers or {"sms": ONE}))
    db.session.commit()
    return answer


@pytest.fixture
def caps(context, monkeypatch):
    """``caps(SMS_PER_RECEIVER=2)`` for this test; the others are lifted."""

    def set_caps(**values):
        for name in [name for name in context.config if name.startswith("CAP_")]:
            monkeypatch.setitem(context.config, name, values.get(name.removeprefix("CAP_"), 0))

    return set_caps


@pytest.mark.every_database
@pytest.mark.parametrize(("seconds", "may"), [(0, False), (59, False), (60, True)])
def test_a_second_one_may_go_out_after_a_minute(context, seconds, may):
    moment = now()
    with time_machine.travel(moment, tick=False):
        assert asked()
    with time_machine.travel(moment + timedelta(seconds=seconds), tick=False):
        assert asked() is may
        assert asked(RESET), "what anybody may cause does not use up what the owner needs"


def test_a_receiver_gets_a_few_a_day_from_whatever_accounts(caps):
    caps(SMS_PER_RECEIVER=3)
    moment = now()
    for number in range(3):
        with time_machine.travel(moment + timedelta(minutes=2 * number), tick=False):
            assert asked(account_id=number)
    with time_machine.travel(moment + timedelta(hours=23), tick=False):
        assert not asked(account_id=9)
        assert asked(account_id=9, sms=OTHER)
    with time_machine.travel(moment + timedelta(hours=25), tick=False):
        assert asked(account_id=9)


def test_an_account_causes_a_few_a_day_to_whatever_receivers(caps):
    caps(LETTERS_PER_ACCOUNT=2)
    moment = now()
    for number, may in enumerate((True, True, False)):
        with time_machine.travel(moment + timedelta(minutes=2 * number), tick=False):
            assert asked(letter=f"somebody{number}@example.org") is may


def test_one_mailbox_in_several_spellings_is_one(caps):
    caps(LETTERS_PER_RECEIVER=1)
    assert asked(account_id=1, letter="somebody@example.org")
    for number, spelling in enumerate(("Somebody@Example.ORG", "somebody+2@example.org")):
        assert not asked(account_id=2 + number, letter=spelling)
    assert asked(account_id=9, letter="somebody@example.com")


@pytest.mark.parametrize(
    ("first", "second", "may"),
    [
        ("203.0.113.7", "203.0.113.7", False),
        ("203.0.113.7", "::ffff:203.0.113.7", False),
        ("203.0.113.7", "203.0.113.8", True),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", False),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", True),
    ],
)
def test_an_address_is_a_household_of_ipv6(context, caps, first, second, may):
    caps(SMS_PER_ADDRESS=1)
    for number, (address, expected) in enumerate(((first, True), (second, may))):
        with context.test_request_context(environ_base={"REMOTE_ADDR": address}):
            assert asked(account_id=number, sms=f"+88691234567{number}") is expected


@pytest.mark.every_database
def test_a_refusal_by_one_cap_uses_up_none_of_the_others(caps):
    caps(SMS_PER_RECEIVER=1, SMS_PER_DAY=2, LETTERS_PER_RECEIVER=5)
    assert asked(account_id=1)
    assert not asked(account_id=2, sms=ONE, letter="a@example.org")
    assert asked(account_id=3, sms=OTHER), "the day has room for the second"
    assert not asked(account_id=4, sms="+886911111111")
    with system("tests"):
        used = dict(
            db.session.execute(sa.select(LimitCount.cap, LimitCount.used).where(LimitCount.cap.like("letters%"))).all()
        )
    assert set(used.values()) <= {0}


def test_what_was_rolled_back_was_not_sent_and_is_not_counted(caps):
    caps(SMS_PER_RECEIVER=1)
    assert has_room(REGISTRATION, 1, sms=ONE)
    db.session.rollback()
    assert asked()


@pytest.mark.every_database
def test_of_requests_sent_together_as_many_go_out_as_the_cap_says(context, caps):
    caps(SMS_PER_DAY=3)
    gate = threading.Barrier(8)

    def ask(number):
        with context.app_context():
            gate.wait()
            return asked(account_id=number, sms=f"+88691234567{number}")

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(ask, range(8))) == 3


def test_the_table_names_nobody_and_is_tidied(context, manual_is_printed):
    asked(sms=ONE, letter="somebody@example.org")
    with system("tests"):
        kept = str(db.session.execute(sa.select(LimitCount.__table__)).all())
    assert kept.count("registration.receiver") == 2
    assert not any(named in kept for named in (ONE, ONE[-9:], "somebody"))
    tidy_up()
    with system("tests"):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(LimitCount)) > 0
    with time_machine.travel(now() + timedelta(days=1, minutes=1)):
        tidy_up()
    with system("tests"):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(LimitCount)) == 0


def test_an_owner_is_told_of_changes_whatever_strangers_use_up(caps):
    caps(LETTERS_PER_RECEIVER=1, LETTERS_PER_ACCOUNT=1, LETTERS_PER_DAY=1, NOTICES_PER_ACCOUNT=2)
    assert asked(RESET, letter="owner@example.org")
    assert not asked(RESET, letter="owner@example.org")
    assert [has_room_for_notice(1) for _ in range(3)] == [True, True, False]
    assert has_room_for_notice(2)


def test_the_doctor_says_that_the_cap_of_the_day_is_reached(caps, capsys):
    def finding():
        return next(each for each in examine() if each.name == "caps")

    caps(SMS_PER_DAY=2)
    asked(account_id=1)
    assert (finding().is_well, finding().detail) == (True, "sms 1 of 2, letters without a cap")
    asked(account_id=2, sms=OTHER)
    assert not finding().is_well
    assert "CAP_SMS_PER_DAY" in finding().detail
    assert "cap of the day reached" in capsys.readouterr().out
