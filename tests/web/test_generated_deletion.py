"""Deleting from a generated screen: asked on a page of its own, and never what others hang on."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.access.session import system
from app.audit.models import AuditEntry
from app.extensions import db
from app.schools.models import SchoolClass, Student
from app.student_records.models import TermGrade


@pytest.fixture
def count(flask_app):
    def counting(model, **values):  # type: ignore[no-untyped-def]
        with flask_app.app_context(), system("tests"):
            return len(db.session.scalars(sa.select(model).filter_by(**values)).unique().all())

    return counting


def _mark_of(flask_app, student_id: int) -> int:
    with flask_app.app_context(), system("tests"):
        return db.session.scalars(sa.select(TermGrade.id).where(TermGrade.student_id == student_id)).first()


def test_a_page_asks_first_and_opening_it_deletes_nothing(flask_app, client_as, count, world):
    key = _mark_of(flask_app, world.students["王小明"])
    page = client_as("registrar_wc").get(f"/student-affairs/term-grades/delete/{key}").text
    assert "要刪除「王小明" in page
    assert "確定刪除" in page
    assert count(TermGrade, id=key) == 1


@pytest.mark.every_database
def test_confirmed_it_is_gone_and_said_and_noted(flask_app, client_as, count, world):
    key = _mark_of(flask_app, world.students["王小明"])
    client = client_as("registrar_wc")
    answer = client.post(f"/student-affairs/term-grades/delete/{key}", follow_redirects=True)
    assert "刪除資料成功!" in answer.text
    assert count(TermGrade, id=key) == 0
    assert count(AuditEntry, action="delete.term_grade", object_id=str(key)) == 1
    assert client.post(f"/student-affairs/term-grades/delete/{key}").status_code == 404


def test_without_its_token_nothing_is_deleted(flask_app, client_as, count, world):
    key = _mark_of(flask_app, world.students["王小明"])
    answer = client_as("registrar_wc").post(f"/student-affairs/term-grades/delete/{key}", headers={"X-CSRFToken": "x"})
    assert answer.status_code == 400
    assert count(TermGrade, id=key) == 1


@pytest.mark.every_database
def test_what_others_hang_on_stays_and_the_page_says_why(client_as, count, world):
    client, key = client_as("registrar_wc"), world.students["王小明"]
    page = client.get(f"/sso/students/delete/{key}").text
    assert "無法刪除「王小明」" in page
    assert "成績 （6 筆）" in page
    assert "確定刪除" not in page
    answer = client.post(f"/sso/students/delete/{key}")
    assert answer.status_code == 409
    assert count(Student, id=key) == 1
    assert count(TermGrade, student_id=key) == 6


def test_a_row_of_another_school_is_not_found(flask_app, client_as, count, world):
    key = _mark_of(flask_app, world.students["王小華"])
    assert client_as("registrar_wc").post(f"/student-affairs/term-grades/delete/{key}").status_code == 404
    assert count(TermGrade, id=key) == 1


def test_who_may_only_read_cannot_delete(flask_app, client_as, count, world):
    key = _mark_of(flask_app, world.students["王小明"])
    assert client_as("teacher_501").post(f"/student-affairs/term-grades/delete/{key}").status_code == 403
    assert count(TermGrade, id=key) == 1


def test_after_deleting_nobody_is_sent_to_the_page_of_the_row_that_is_gone(flask_app, client_as, world):
    key = _mark_of(flask_app, world.students["王小明"])
    client = client_as("registrar_wc")
    gone = f"/student-affairs/term-grades/show/{key}"
    answer = client.post(f"/student-affairs/term-grades/delete/{key}", data={"next": gone})
    assert answer.location == "/student-affairs/term-grades/list/"


def test_a_class_that_nobody_sits_in_can_be_deleted(flask_app, client_as, count, world):
    client = client_as("manager_wc")
    client.post("/sso/classes/add", data={"school_year": "115", "grade_level": "1", "class_name": "忠"})
    with flask_app.app_context(), system("tests"):
        key = db.session.scalars(sa.select(SchoolClass.id).where(SchoolClass.class_name == "忠班")).one()
    assert client.post(f"/sso/classes/delete/{key}").status_code == 302
    assert count(SchoolClass, id=key) == 0
