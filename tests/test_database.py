"""What a connection keeps from one request to the next, and what it must not keep."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.access.session import system
from app.contact_books.models import ContactBookItem
from app.extensions import db

from .world import World

PREPARED = "SELECT count(*) FROM pg_prepared_statements WHERE generic_plans + custom_plans > 0"


@pytest.mark.postgresql
def test_statements_stay_prepared_when_a_request_that_only_read_has_ended(
    flask_app: Flask, client_as: Callable[[str], FlaskClient], world: World
) -> None:
    with flask_app.app_context():
        db.engine.dispose()  # from here on there is one connection
    person = client_as("parent_chen")
    for _ in range(8):  # psycopg prepares what it has seen five times
        assert person.get("/portal/").status_code == 200
    with flask_app.app_context(), db.engine.connect() as connection:
        prepared = connection.scalar(sa.text(PREPARED))
    assert prepared
    assert prepared >= 5


@pytest.mark.every_database
def test_what_a_request_wrote_and_did_not_commit_is_gone(flask_app: Flask) -> None:
    with flask_app.app_context(), system("tests"):
        before = db.session.scalar(sa.select(sa.func.count(ContactBookItem.id)))
        db.session.execute(sa.delete(ContactBookItem))
        assert db.session.scalar(sa.select(sa.func.count(ContactBookItem.id))) == 0
    with flask_app.app_context(), system("tests"):
        assert db.session.scalar(sa.select(sa.func.count(ContactBookItem.id))) == before
    assert before


@pytest.mark.every_database
def test_what_was_written_after_a_first_look_is_gone_as_well(flask_app: Flask) -> None:
    with flask_app.app_context(), db.engine.connect() as connection:
        before = connection.scalar(sa.text("SELECT count(*) FROM contact_book_item"))
        connection.execute(sa.text("DELETE FROM contact_book_item"))
        connection.rollback()
        assert connection.scalar(sa.text("SELECT count(*) FROM contact_book_item")) == before
        connection.execute(sa.text("DELETE FROM contact_book_item"))
    with flask_app.app_context(), db.engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM contact_book_item")) == before
    assert before
