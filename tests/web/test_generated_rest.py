"""The base of REST resources, through one that only this test registers: same rows, same refusals as the screens."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from itsdangerous import URLSafeTimedSerializer

from app import create_app
from app.access import pages
from app.access.roles import Role
from app.access.session import system
from app.extensions import db
from app.student_records.models import TermGrade
from app.web.datamodel import ScopedInterface
from app.web.rest import ScopedModelRestApi
from tests.conftest import CSRF_SECRET, PersonClient, begin_session
from tests.template import Template

UNKNOWN = 987_654
ACTS = "info get post put delete"


class TermGradeApi(ScopedModelRestApi):
    datamodel = ScopedInterface(TermGrade)
    resource_name = "term-grades"
    class_permission_name = "TermGradeApi"
    list_columns = show_columns = ["id", "student.full_name", "subject", "score", "kind"]
    add_columns = edit_columns = ["student", "term", "subject", "kind", "grade_level", "score"]
    search_columns = ["subject", "score", "student"]
    order_columns = ["subject", "score"]


@pytest.fixture(scope="module")
def applications() -> dict[str, Flask]:
    """Database → the application with one more page, built once."""
    return {}


@pytest.fixture
def rest_app(database: Template, applications: dict[str, Flask], monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The application with one more page, on the same database."""
    database.is_touched = True
    allowed = {Role.REGISTRAR: ACTS, Role.SCHOOL_ADMIN: ACTS, Role.HOMEROOM_TEACHER: "get info", Role.GUARDIAN: ACTS}
    monkeypatch.setitem(pages.PAGES, "TermGradeApi", allowed)
    if database.kind not in applications:
        application = create_app(dict(database.app.config))
        with application.app_context():
            application.appbuilder.add_api(TermGradeApi)
        applications[database.kind] = application
    application = applications[database.kind]
    with application.app_context():
        pages.sync_pages(db.session)
        db.session.remove()
    yield application
    with application.app_context():
        db.session.remove()
        db.engine.dispose()
    pages._cache.clear()


@pytest.fixture
def rest(rest_app, world):
    def client(username: str) -> PersonClient:
        person = PersonClient(rest_app, rest_app.response_class)
        key = begin_session(rest_app, world.accounts[username])
        person.set_cookie(rest_app.config["SESSION_COOKIE_NAME"], key)
        return person

    return client


@pytest.fixture
def stored(rest_app):
    def ask(**values: Any) -> list[TermGrade]:
        with rest_app.app_context(), system("tests"):
            rows = list(db.session.scalars(sa.select(TermGrade).filter_by(**values)))
            db.session.expunge_all()
            return rows

    return ask


@pytest.fixture
def mark(world):
    def data(**changes: Any) -> dict[str, Any]:
        return {
            "student": world.students["王小明"],
            "term": world.terms[115, 1],
            "subject": "自然",
            "kind": "subject",
            "grade_level": 5,
            "score": "92.5",
        } | changes

    return data


@pytest.mark.every_database
def test_lists_hold_rows_of_the_scope_and_count_them(rest):
    names = {row["student"]["full_name"] for row in rest("registrar_wc").get("/api/v1/term-grades/").json["result"]}
    assert names == {"王小明", "林品妤", "李宥廷", "張子晴"}
    assert rest("teacher_501").get("/api/v1/term-grades/").json["count"] == 12
    assert rest("manager_zx").get("/api/v1/term-grades/").json["count"] == 6


@pytest.mark.every_database
def test_a_foreign_row_and_an_unknown_one_are_alike(rest, stored, world, mark):
    client = rest("registrar_wc")
    foreign = stored(student_id=world.students["王小華"])[0].id
    for method, data in (("get", None), ("put", mark()), ("delete", None)):
        answers = [
            client.open(f"/api/v1/term-grades/{key}", method=method.upper(), json=data, headers=_token(client))
            for key in (foreign, UNKNOWN)
        ]
        assert [answer.status_code for answer in answers] == [404, 404], method
        assert answers[0].data == answers[1].data
    assert len(stored(student_id=world.students["王小華"])) == 6


def _token(client: PersonClient) -> dict[str, str]:
    serializer = URLSafeTimedSerializer(client.application.secret_key or "", salt="wtf-csrf-token")
    return {"X-CSRFToken": serializer.dumps(CSRF_SECRET)}


@pytest.mark.every_database
def test_a_mark_is_added_with_the_school_of_its_student(rest, stored, mark, world):
    answer = rest("registrar_wc").post("/api/v1/term-grades/", json=mark())
    assert answer.status_code == 201, answer.text
    (row,) = stored(subject="自然")
    assert (row.student_id, row.school_id) == (world.students["王小明"], world.schools["wenchang"])


@pytest.mark.every_database
def test_a_related_row_outside_the_scope_is_not_found_like_an_unknown_one(rest, stored, mark, world):
    client = rest("registrar_wc")
    own = stored(student_id=world.students["王小明"])[0]
    before = len(stored())
    for student in (world.students["王小華"], UNKNOWN, -1, 2**40, "x", "\x00", None, True, [1], {"id": 1}):
        added = client.post("/api/v1/term-grades/", json=mark(student=student))
        assert added.status_code == 422, (student, added.text)
        changed = client.open(
            f"/api/v1/term-grades/{own.id}", method="PUT", json=mark(student=student), headers=_token(client)
        )
        assert changed.status_code == 422, student
        if isinstance(student, int) and student is not True:
            assert added.json["message"] == changed.json["message"] == {"student": ["Not found."]}
    assert len(stored()) == before
    assert stored(id=own.id)[0].student_id == world.students["王小明"]


def test_a_school_cannot_be_sent(rest, stored, mark, world):
    answer = rest("registrar_wc").post("/api/v1/term-grades/", json=mark(school_id=world.schools["zhongxing"]))
    assert answer.status_code == 422
    assert stored(subject="自然") == []


def test_who_may_see_a_row_may_not_write_it(rest, stored, mark):
    """A guardian with the page's permission sees the child's marks; the data layer refuses the write."""
    answer = rest("parent_chen").post("/api/v1/term-grades/", json=mark())
    assert answer.status_code == 404, answer.text
    assert stored(subject="自然") == []
    assert rest("teacher_501").post("/api/v1/term-grades/", json=mark()).status_code == 403


@pytest.mark.every_database
def test_a_clash_tells_nothing_of_the_database(rest, stored, mark):
    answer = rest("registrar_wc").post("/api/v1/term-grades/", json=mark(subject="國語"))
    assert answer.status_code == 422
    assert "clashes" in answer.json["message"]
    assert "INSERT" not in answer.text
    assert "UNIQUE" not in answer.text.upper()
    again = rest("registrar_wc").post("/api/v1/term-grades/", json=mark())
    assert again.status_code == 201, again.text


def test_a_write_asks_for_the_token_of_the_session(rest, stored, mark):
    client = rest("registrar_wc")
    assert client.post("/api/v1/term-grades/", json=mark(), headers={"X-CSRFToken": "x"}).status_code == 400
    row = stored(subject="國語")[0]
    assert client.delete(f"/api/v1/term-grades/{row.id}").status_code == 400
    assert len(stored(id=row.id)) == 1


def test_a_visitor_gets_nothing(rest_app):
    answer = rest_app.test_client().get("/api/v1/term-grades/")
    assert answer.status_code in (401, 403)
    assert "王" not in answer.text


@pytest.mark.every_database
@pytest.mark.parametrize(
    ("query", "status"),
    [
        ('{"filters":[{"col":"subject","opr":"ct","value":"國"}]}', 200),
        ('{"filters":[{"col":"score","opr":"ge","value":"80"}]}', 200),
        ('{"filters":[{"col":"score","opr":"ge","value":"x"}]}', 200),
        ('{"filters":[{"col":"student","opr":"rel_o_m","value":999999999999}]}', 200),
        ('{"filters":[{"col":"subject","opr":"ct","value":"\\u0000"}]}', 200),
        ('{"filters":[{"col":"school_id","opr":"eq","value":"1"}]}', 400),
        ('{"filters":[{"col":"subject","opr":"zz","value":"1"}]}', 400),
        ('{"order_column":"school_id","order_direction":"asc"}', 400),
        ('{"order_column":"subject","order_direction":"asc"}', 200),
        ('{"page_size":100000,"page":0}', 200),
        ('{"page":-5}', 200),
        ("nonsense(", 400),
    ],
)
def test_what_a_list_may_be_asked(rest, query, status):
    answer = rest("registrar_wc").get("/api/v1/term-grades/", query_string={"q": query})
    assert answer.status_code == status, answer.text


def test_the_description_of_the_resource_names_nobody_of_another_school(rest):
    text = rest("registrar_wc").get("/api/v1/term-grades/_info").text.encode().decode("unicode_escape")
    assert "王小明" in text or "student" in text
    assert "王小華" not in text


def test_one_request_never_fills_the_row_of_another(rest_app, rest, stored, world):
    """marshmallow-sqlalchemy notes on the schema which row it fills: eight threads, each changes a row of its own."""
    rows = [row.id for row in stored()[:8]]
    clients = [rest("registrar_wc") for _ in rows]

    def work(number: int) -> None:
        client = clients[number]
        for turn in range(12):
            data = {"subject": f"{number}.{turn}", "student": world.students["李宥廷" if turn % 2 else "張子晴"]}
            address = f"/api/v1/term-grades/{rows[number]}"
            client.open(address, method="PUT", json=data, headers=_token(client))

    before = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    try:
        with ThreadPoolExecutor(len(rows)) as pool:
            list(pool.map(work, range(len(rows))))
    finally:
        sys.setswitchinterval(before)
    assert [stored(id=key)[0].subject for key in rows] == [f"{number}.11" for number in range(len(rows))]


def test_brackets_in_brackets_and_what_is_far_too_long_are_refused(rest):
    client = rest("registrar_wc")
    deep = ("[" * 100_000, '{"student":' * 50_000)
    for data, status in ((deep[0], 400), (deep[1], 400), ("1" * 2_000_000, 413), ('"\ud800', 400)):
        sent = data.encode("utf-8", "surrogatepass")
        answer = client.post("/api/v1/term-grades/", data=sent, content_type="application/json")
        assert answer.status_code == status, data[:20]
    for query in (
        "(" * 5_000,
        "!(" * 5_000,
        f"(page:{'9' * 40})",
        "(filters:!((col:subject,opr:eq,value:'%00')))",
        "%ED%A0",
    ):
        assert client.get(f"/api/v1/term-grades/?q={query}").status_code < 500, query[:20]
