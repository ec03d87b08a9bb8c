"""No page of a guardian or a teacher reads a table from end to end that grows with the city.

Asked of SQLite's own plan: whether a statement searches by an index shows there with ten rows as with ten million.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask_appbuilder import Model

from app.extensions import db

DOES_NOT_GROW = {
    "academic_term",
    "access_version",
    "ab_permission",
    "ab_permission_view",
    "ab_permission_view_role",
    "ab_role",
    "ab_view_menu",
    "school",
}
"""Two a year; as many as there are screens and roles; the schools of one city."""

PAGES = [
    ("parent_chen", "/portal/"),
    ("parent_chen", "/portal/children/{child}"),
    ("parent_chen", "/portal/children/{child}/contact-book"),
    ("parent_chen", "/portal/children/{child}/bulletins"),
    ("parent_chen", "/portal/children/{child}/records"),
    ("parent_chen", "/portal/children/{child}/threads/homeroom"),
    ("parent_chen", "/portal/links/"),
    ("teacher_501", "/student-affairs/"),
    ("teacher_501", "/student-affairs/links/"),
    ("teacher_501", "/student-affairs/links/linked"),
    ("teacher_501", "/student-affairs/contact-book/"),
    ("teacher_501", "/student-affairs/threads/homeroom/"),
    ("lead_wc", "/student-affairs/"),
    ("manager_wc", "/student-affairs/"),
    ("manager_wc", "/student-affairs/links/"),
    ("counselor_wc", "/student-affairs/"),
    ("counselor_wc", "/student-affairs/threads/counseling/"),
]


@pytest.mark.parametrize(("person", "address"), PAGES)
def test_a_page_searches_by_an_index(client_as, flask_app, world, person, address):
    client, path = client_as(person), address.format(child=world.students["王小明"])
    asked: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            asked.append((statement, parameters))

    with flask_app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        assert client.get(path, follow_redirects=True).status_code == 200
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    assert asked
    with engine.connect() as connection:
        whole = {
            table: statement
            for statement, parameters in asked
            for table in _read_whole(connection, statement, parameters) - DOES_NOT_GROW
        }
    assert not whole, "\n".join(f"{table}: {' '.join(statement.split())}" for table, statement in whole.items())


def _read_whole(connection: sa.Connection, statement: str, parameters: Any) -> set[str]:
    """The tables that SQLite would go through row by row."""
    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
    scanned = (re.match(r"SCAN (\w+)", row.detail) for row in plan)
    whole = {_table(found[1]) for found in scanned if found} & set(Model.metadata.tables)
    return whole - set(re.findall(r"FROM (\w+)\s+WHERE 0 = 1", statement))  # a scope of no row: nothing is read


def _table(name: str) -> str:
    """The table behind an alias: guardian_link of guardian_link_1."""
    return name if name in Model.metadata.tables else re.sub(r"_\d+$", "", name)
