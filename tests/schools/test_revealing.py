"""The full identity number of a student: for a registrar of the school, for a reason and the password, once."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.access.actor import acting_as
from app.access.session import system
from app.accounts.identity import read_identity_number
from app.audit.models import AuditEntry
from app.extensions import db
from app.schools.models import Student
from app.schools.revealing import NotToBeRevealed, ReasonMissing, reveal_identity_number
from tests.world import PASSWORD

NUMBER = "A123456789"


@pytest.fixture
def ming(flask_app, world) -> int:
    with flask_app.app_context(), system("tests"):
        number = read_identity_number(NUMBER)
        for name in ("王小明", "王小華"):
            student = db.session.get_one(Student, world.students[name])
            student.identity_number_sealed, student.identity_number_index = number.sealed, number.index
        db.session.commit()
    return world.students["王小明"]


def reveals(flask_app) -> list[tuple]:
    with flask_app.app_context(), system("tests"):
        entries = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "reveal.identity_number"))
        return [(entry.username, entry.student_id, entry.detail) for entry in entries]


def ask(client, student_id: int, reason: str = "更正學籍資料", password: str = PASSWORD):
    return client.post(f"/sso/students/reveal/{student_id}", data={"reason": reason, "current_password": password})


def test_a_registrar_sees_it_once_and_it_is_noted_with_the_reason(flask_app, client_as, ming):
    registrar = client_as("only_registrar_wc")
    assert f"/sso/students/reveal/{ming}" in registrar.get(f"/sso/students/show/{ming}").text
    assert NUMBER not in registrar.get(f"/sso/students/reveal/{ming}").text
    answer = ask(registrar, ming)
    assert NUMBER in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert reveals(flask_app) == [("only_registrar_wc", ming, "更正學籍資料")]
    for address in (f"/sso/students/reveal/{ming}", f"/sso/students/show/{ming}", "/sso/students/list/"):
        assert NUMBER not in registrar.get(address).text
    ask(registrar, ming)
    assert len(reveals(flask_app)) == 2, "each time is noted"


@pytest.mark.parametrize(("reason", "password"), [("", PASSWORD), ("  ", PASSWORD), ("更正學籍資料", "wrong"), ("x", "")])
def test_without_a_reason_or_the_password_it_stays_hidden(flask_app, client_as, ming, reason, password):
    answer = ask(client_as("only_registrar_wc"), ming, reason, password)
    assert answer.status_code == 200
    assert NUMBER not in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert reveals(flask_app) == []


@pytest.mark.parametrize(
    "person", ["manager_wc", "teacher_501", "only_instruction_wc", "counselor_wc", "city_admin", "parent_chen"]
)
def test_nobody_but_a_registrar_is_offered_or_shown_it(flask_app, client_as, ming, person):
    client = client_as(person)
    assert "/reveal/" not in client.get(f"/sso/students/show/{ming}").text
    answer = ask(client, ming)
    assert answer.status_code in (302, 403, 404)
    assert NUMBER not in answer.text
    assert reveals(flask_app) == []


def test_a_student_of_another_school_or_without_a_number_is_not_there(flask_app, client_as, world, ming):
    registrar = client_as("only_registrar_wc")
    assert ask(registrar, world.students["王小華"]).status_code == 404
    assert ask(registrar, world.students["林品妤"]).status_code == 404
    assert reveals(flask_app) == []


def test_it_needs_the_token_of_the_page(flask_app, client_as, ming):
    answer = client_as("only_registrar_wc").open(
        f"/sso/students/reveal/{ming}", method="POST", data={"reason": "x", "current_password": PASSWORD}
    )
    assert answer.status_code == 400
    assert reveals(flask_app) == []


def test_the_guardians_read_that_the_registrar_saw_it(client_as, ming):
    ask(client_as("only_registrar_wc"), ming)
    page = client_as("parent_chen").get(f"/portal/children/{ming}/readers").text
    assert "註冊組" in page
    assert "完整證號" in page
    assert "更正學籍資料" not in page


@pytest.mark.parametrize("person", ["manager_wc", "manager_zx", "city_admin", "teacher_501"])
def test_the_service_asks_too_where_a_page_forgets(context, ming, actor_of, person):
    with acting_as(actor_of(person)) as actor:
        student = db.session.get(Student, ming) or Student(id=ming, school_id=1, identity_number_sealed="k.AAAA")
        with pytest.raises(NotToBeRevealed):
            reveal_identity_number(actor, student, "更正學籍資料", PASSWORD)


def test_the_service_wants_a_reason(context, ming, actor_of):
    with acting_as(actor_of("only_registrar_wc")) as actor, pytest.raises(ReasonMissing):
        reveal_identity_number(actor, db.session.get_one(Student, ming), "  ", PASSWORD)
