"""Sixteen threads, people of all kinds, small switch interval: nobody is given another's scope."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice

import pytest
import sqlalchemy as sa

from app.access.actor import NoActor, acting_as
from app.extensions import db
from app.schools.models import Student
from app.student_records.models import TermGrade

PEOPLE = [
    "parent_chen",
    "parent_lin",
    "parent_wang",
    "teacher_501",
    "teacher_701",
    "manager_wc",
    "counselor_wc",
    "city_admin",
]


@pytest.mark.every_database
def test_sixteen_threads_never_mix_up_who_sees_what(flask_app, actor_of):
    actors = {person: actor_of(person) for person in PEOPLE}

    def look(person: str) -> tuple[str, frozenset[str], int]:
        with flask_app.app_context(), acting_as(actors[person]):
            names = frozenset(db.session.scalars(sa.select(Student.full_name)))
            return person, names, db.session.query(TermGrade).count()

    expected = {person: look(person)[1:] for person in PEOPLE}
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(look, islice(cycle(PEOPLE), 1600)))
    finally:
        sys.setswitchinterval(before)
    mixed_up = [(person, names) for person, *seen in answers for names in [seen[0]] if tuple(seen) != expected[person]]
    assert len(answers) == 1600
    assert mixed_up == []


def test_a_child_thread_without_an_actor_raises(context, actor_of):
    caught: list[BaseException] = []

    def look() -> None:
        try:
            with context.app_context():
                db.session.scalars(sa.select(Student)).all()
        except NoActor as error:
            caught.append(error)

    with acting_as(actor_of("city_admin")):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert len(caught) == 1
