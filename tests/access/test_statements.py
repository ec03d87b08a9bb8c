"""The contract of fixed statements: scoped like any other, by the combination of roles of whoever asks now."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.access.actor import acting_as
from app.access.session import system
from app.access.statements import fixed
from app.conversations.models import Channel, Conversation
from app.extensions import db
from app.model_types import today
from app.schools.models import Enrollment, Student
from app.student_records.models import TermGrade

pytestmark = pytest.mark.every_database

PEOPLE = (
    "parent_chen",
    "parent_lin",
    "teacher_501",
    "teacher_701",
    "registrar_wc",
    "counselor_wc",
    "city_admin",
    "citizen_wu",
)


def _students():
    return sa.select(Student.full_name).order_by(Student.id)


def _names(statement, values=None):
    return list(db.session.scalars(statement, values))


@pytest.mark.parametrize("order", [PEOPLE, PEOPLE[::-1]], ids=["guardian first", "administrator first"])
def test_a_fixed_statement_answers_each_person_what_an_ordinary_one_answers(context, actor_of, order):
    statement = fixed(_students())
    for person in order:
        with acting_as(actor_of(person)):
            assert _names(statement) == _names(_students()), person


def test_a_visitor_sees_nothing_through_a_statement_that_the_system_ran_first(flask_app):
    statement = fixed(_students())
    with flask_app.app_context(), system("tests"):
        assert _names(statement)
    with flask_app.test_request_context("/"):
        assert _names(statement) == []


def test_values_are_those_of_this_execution(context, world, actor_of):
    of_student = fixed(sa.select(TermGrade.student_id).where(TermGrade.student_id.in_(sa.bindparam("ids", expanding=True))))
    ming, hua = world.students["王小明"], world.students["王小華"]
    with acting_as(actor_of("parent_chen")):
        assert set(_names(of_student, {"ids": [ming]})) == {ming}
        assert set(_names(of_student, {"ids": [ming, hua]})) == {ming, hua}
        assert _names(of_student, {"ids": []}) == []
    with acting_as(actor_of("teacher_701")):
        assert set(_names(of_student, {"ids": [ming, hua]})) == {hua}


def test_two_people_of_the_same_roles_are_not_mixed_up(context, actor_of):
    statement = fixed(_students())
    with acting_as(actor_of("parent_chen")):
        chen = _names(statement)
    with acting_as(actor_of("parent_wang")):
        wang = _names(statement)
    assert chen
    assert wang
    assert not set(chen) & set(wang)


def test_values_come_back_in_their_python_types(context, actor_of):
    statement = fixed(
        sa.select(Enrollment.started_on, Conversation.channel).join(
            Conversation, Conversation.student_id == Enrollment.student_id
        )
    )
    with acting_as(actor_of("counselor_wc")):
        rows = db.session.execute(statement).all()
    assert rows
    assert all(type(row.started_on) is type(today()) and type(row.channel) is Channel for row in rows)


def test_what_was_changed_before_is_written_before_it_is_asked_for(context, world, actor_of):
    statement = fixed(_students())
    with acting_as(actor_of("registrar_wc")):
        db.session.get_one(Student, world.students["王小明"]).full_name = "王大明"
        assert "王大明" in _names(statement)
        db.session.rollback()
        assert "王大明" not in _names(statement)


def test_whole_rows_are_refused(context, actor_of):
    with acting_as(actor_of("registrar_wc")), pytest.raises(TypeError, match="columns"):
        db.session.scalars(fixed(sa.select(Student)))
