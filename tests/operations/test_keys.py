"""``flask portal keys``: a new key is put in front, everything is brought under it, and the old one goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa

from app.access.actor import acting_as
from app.access.session import system
from app.accounts.identity import read_identity_number
from app.accounts.models import AccountProfile
from app.accounts.resets import ask_general_reset
from app.audit import chain
from app.audit.record import record
from app.cli import portal
from app.crypto.sealing import keyed_index, open_sealed
from app.extensions import db
from app.guardian_links.models import GuardianLink, Relationship
from app.guardian_links.services import AlreadyApplied, Application, request_link
from app.notifications.models import OutboxMessage
from app.operations import keys
from app.schools.models import Student

NEW = "new:bmV3IGZpZWxkIGtleSBmb3IgdGhlIHRlc3RzLCAzMmI="
NUMBER = "A123456789"
KINDS = ["identity numbers of accounts", "identity numbers of students", "second factors", "letters and SMS"]


@pytest.fixture
def application(world) -> Application:
    return Application(
        school_id=world.schools["wenchang"],
        grade_level=5,
        class_name="一班",
        seat_number=7,
        student_name="林品妤",
        student_key="1110501",
        birth_date=date(2015, 5, 7),
        relationship=Relationship.FATHER,
    )


@pytest.fixture
def two_keys(context, world, actor_of, application, monkeypatch):
    """What was kept under the old key, before a new one was put in front of it."""
    number = read_identity_number(NUMBER)
    with system("tests"):
        student = db.session.get_one(Student, world.students["王小明"])
        student.identity_number_sealed, student.identity_number_index = number.sealed, number.index
        record(None, "write.test")
        db.session.commit()
    with acting_as(actor_of("parent_lin")) as guardian:
        request_link(guardian, application)
        request_link(guardian, replace(application, student_key=NUMBER, student_name="王小明"))
    chain.seal_waiting()
    monkeypatch.setitem(context.config, "FIELD_KEYS", f"{NEW},{context.config['FIELD_KEYS']}")
    return guardian


def find_by_reset(product, username: str, number: str) -> int:
    """How many letters have gone out after a request for a reset with ``number``."""
    with product.test_request_context():
        ask_general_reset(username, number, date(1983, 4, 18))
    with system("tests"):
        return db.session.scalars(sa.select(sa.func.count(OutboxMessage.id))).one()


@pytest.mark.every_database
def test_a_key_is_rotated_in_and_the_old_one_goes(context, world, two_keys, application, monkeypatch):
    before = {use.key_id: use.uses for use in keys.status()}
    assert before["new"] == {}
    assert before["dev"]["identity numbers of students"] == 1
    with acting_as(two_keys):
        for known in (application, replace(application, student_key=NUMBER, student_name="王小明")):
            with pytest.raises(AlreadyApplied):
                request_link(two_keys, known)
    outcomes = {outcome.name: outcome for outcome in keys.rotate()}
    assert outcomes["identity numbers of students"].changed == 1
    assert outcomes["identity numbers of accounts"].changed == len(world.accounts)
    assert outcomes["claims of student links"].changed == 2
    assert not any(outcome.unreadable for outcome in outcomes.values())
    assert not any(outcome.changed for outcome in keys.rotate()), "a second run finds nothing to do"
    left = next(use.uses for use in keys.status() if use.key_id == "dev")
    assert not set(left) & set(KINDS)
    assert left["seals of the audit log"] > 0, "the log keeps its key until its entries go"
    monkeypatch.setitem(context.config, "FIELD_KEYS", NEW)
    with system("tests"):
        student = db.session.get_one(Student, world.students["王小明"], populate_existing=True)
        assert open_sealed(student.identity_number_sealed) == NUMBER
        assert student.identity_number_index == keyed_index(NUMBER)
        assert len(set(db.session.scalars(sa.select(GuardianLink.claim_key)))) > 2
    with acting_as(two_keys), pytest.raises(AlreadyApplied):
        request_link(two_keys, application)


def test_people_are_found_before_during_and_after(context, world, two_keys):
    with system("tests"):
        profile = db.session.get_one(AccountProfile, world.accounts["citizen_wu"])
        number = open_sealed(profile.identity_number_sealed)
    assert find_by_reset(context, "citizen_wu", "A1" + "0" * 8) == 0
    assert find_by_reset(context, "citizen_wu", number) == 1
    list(keys.rotate())
    assert find_by_reset(context, "parent_lin", number) == 1, "somebody else's number"


def test_what_cannot_be_opened_is_left_and_said(context, two_keys, monkeypatch):
    with system("tests"):
        table = Student.__table__
        db.session.execute(sa.update(table).values(identity_number_sealed="gone.AAAA", identity_number_index="x"))
        db.session.commit()
    answer = context.test_cli_runner().invoke(portal, ["keys", "rotate"])
    assert answer.exit_code == 1
    assert "identity numbers of students: 0 changed, 5 unreadable" in answer.output


def test_the_commands_say_what_is_under_which_key(context, two_keys):
    run = context.test_cli_runner().invoke
    assert "new: present\n" in run(portal, ["keys", "status"]).output
    assert "dev: still needed (" in run(portal, ["keys", "status"]).output
    assert run(portal, ["keys", "rotate"]).exit_code == 0
    assert "dev: still needed (3 entries of the audit log, 3 seals" in run(portal, ["keys", "status"]).output
