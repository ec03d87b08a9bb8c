"""A model that is added to the product is scoped everywhere with no further line: two are added here and attacked.

The attacks are those that were tried on Flask-AppBuilder as it comes; the tests are named for what went wrong there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_appbuilder import BaseView, ModelRestApi, ModelView, expose
from flask_appbuilder.actions import action
from flask_appbuilder.exceptions import InvalidOrderByColumnFABException
from flask_appbuilder.models.sqla.filters import FilterEqual, FilterInFunction, FilterRelationManyToManyEqual
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_appbuilder.views import CompactCRUDMixin, MasterDetailView, MultipleView, SimpleFormView
from itsdangerous import URLSafeTimedSerializer

from app import create_app
from app.access import pages
from app.access.actor import EVERYONE, acting_as
from app.access.ownership import Misdeclared, Owned, StudentOwned
from app.access.roles import Role
from app.access.session import option_for, system
from app.accounts.models import Account
from app.extensions import db
from app.schools.models import Student
from app.student_records.models import TermGrade
from app.web.datamodel import ScopedInterface
from app.web.declarations import UnsafeDeclaration
from app.web.lookups import Lookup
from app.web.model_views import ScopedModelView
from app.web.rest import ScopedModelRestApi
from tests.access.extension import declare, forget
from tests.conftest import CSRF_SECRET, PersonClient, begin_session
from tests.template import Template

pytestmark = pytest.mark.attack

UNKNOWN = 987_654
OWN = {"registrar_wc": ("王小明", "林品妤", "李宥廷", "張子晴"), "parent_chen": ("王小明", "王小華")}
EVERYBODY = ("王小明", "林品妤", "李宥廷", "張子晴", "王小華")
SCREENS = ("/checkups", "/referrals", "/checkup-desk", "/reopened")


@pytest.fixture(scope="module")
def extension() -> Iterator[Any]:
    """Declared after the options of these roles were built, as if somebody had worked with the portal before."""
    for roles in ([Role.REGISTRAR, Role.INSTRUCTION_OFFICER], [Role.GUARDIAN]):
        option_for("|".join(sorted([EVERYONE, *roles])))
    declared = declare()
    yield declared
    forget(declared.Referral, declared.Checkup)


@pytest.fixture(scope="module")
def applications(extension) -> Iterator[dict[str, Flask]]:
    """Database → the application with the added screens, built once."""
    made: dict[str, Flask] = {}
    yield made
    pages._cache.clear()


@pytest.fixture
def extended(database: Template, applications, extension, monkeypatch) -> Iterator[Flask]:
    """The application with the added screens, two rows for each student, on a fresh world."""
    for page, grants in extension.pages.items():
        monkeypatch.setitem(pages.PAGES, page, grants)
    if database.kind not in applications:
        application = create_app(dict(database.app.config))
        with application.app_context():
            for view in extension.screens:
                application.appbuilder.add_view_no_menu(view)
        applications[database.kind] = application
    application = applications[database.kind]
    database.is_touched = True
    with application.app_context():
        extension.metadata.create_all(db.engine)
        pages.sync_pages(db.session)
        _plant(extension, database.world)
        db.session.remove()
    yield application
    with application.app_context():
        db.session.remove()
        extension.metadata.drop_all(db.engine)
        db.engine.dispose()
    pages._cache.clear()


def _plant(extension: Any, world: Any) -> None:
    """Check and referral n belong to the n-th student: their numbers are known to the tests."""
    with system("tests"):
        for number, name in enumerate(EVERYBODY, 1):
            school = "zhongxing" if name == "王小華" else "wenchang"
            owner = {"student_id": world.students[name], "school_id": world.schools[school]}
            db.session.add(extension.Checkup(id=number, title=f"CHECK-{name}", secret=f"SECRET-{name}", **owner))
            db.session.flush()
            db.session.add(extension.Referral(id=number, words=f"LETTER-{name}", checkup_id=number, **owner))
        db.session.commit()
        if db.engine.dialect.name == "postgresql":
            for table in ("checkup", "referral"):
                db.session.execute(sa.text(f"SELECT setval('{table}_id_seq', 100)"))
            db.session.commit()


@pytest.fixture
def extended_as(extended, world):
    def client(username: str) -> PersonClient:
        person = PersonClient(extended, extended.response_class)
        key = begin_session(extended, world.accounts[username])
        person.set_cookie(extended.config["SESSION_COOKIE_NAME"], key)
        return person

    return client


@pytest.fixture
def stored(extended, extension):
    """All rows of both tables as they stand in the database."""

    def rows() -> list[Any]:
        with extended.app_context(), system("tests"):
            tables = (extension.Checkup.__table__, extension.Referral.__table__)
            return [tuple(row) for table in tables for row in db.session.execute(sa.select(table).order_by(table.c.id))]

    return rows


def _token(client: PersonClient) -> dict[str, str]:
    serializer = URLSafeTimedSerializer(client.application.secret_key or "", salt="wtf-csrf-token")
    return {"X-CSRFToken": serializer.dumps(CSRF_SECRET)}


def _send(client: PersonClient, method: str, address: str, data: Any = None) -> Any:
    return client.open(address, method=method, json=data, headers=_token(client))


def _numbers(names: Any) -> list[int]:
    return [EVERYBODY.index(name) + 1 for name in names]


def _foreign_to(person: str) -> list[str]:
    return [name for name in EVERYBODY if name not in OWN[person]]


def _foreign_words(person: str, text: str) -> list[str]:
    text = text.encode().decode("unicode_escape") if "\\u" in text else text
    words = [f"{kind}-{name}" for name in _foreign_to(person) for kind in ("CHECK", "LETTER", "SECRET")]
    return [word for word in [*words, *_foreign_to(person)] if word in text]


# ---------- reading ----------


@pytest.mark.parametrize("person", OWN)
def test_lists_counts_pages_files_and_choices_of_an_added_model_hold_the_own_rows_alone(extended_as, person):
    client, own, foreign = extended_as(person), OWN[person], _numbers(_foreign_to(person))
    for address in ("/checkups", "/referrals", "/checkup-desk"):
        name = {"/checkups": "CheckupAdmin", "/referrals": "ReferralAdmin"}.get(address, "")
        for query in (
            "",
            "?_flt_0_title=CHECK",
            "?_flt_0_words=LETTER",
            "?_flt_1_student=王",
            f"?_oc_{name}=title&_od_{name}=asc",
        ):
            page = client.get(f"{address}/list/{query}")
            assert page.status_code == 200, (address, query)
            assert _foreign_words(person, page.text) == [], (address, query)
            if "student" not in query:
                assert f"共 {len(own)} 筆" in page.text, (address, query)
        for number in (foreign[-1], UNKNOWN):
            for act in ("show", "edit", "delete", "close"):
                assert client.get(f"{address}/{act}/{number}").status_code == 404, (address, act, number)
                assert client.post(f"{address}/{act}/{number}", data={}).status_code in (404, 405), (address, act, number)
            assert client.get(f"/referrals/add?_flt_0_checkup={number}").status_code == 404
        form = client.get(f"{address}/add")
        assert _foreign_words(person, form.text) == [], address
        for typed in ("", "小華", "品妤"):
            found = client.get(f"{address}/lookup/student?q={typed}")
            assert found.status_code in (200, 404)
            assert _foreign_words(person, found.text) == [], (address, typed)
        file = client.post(f"{address}/export", data={"format": "csv"})
        assert (_foreign_words(person, file.text), file.text.count("\r\n")) == ([], 1 + len(own))


@pytest.mark.parametrize("person", OWN)
def test_related_and_master_detail_views_show_rows_of_the_scope_alone(extended_as, person):
    """As it comes, /list/<pk> of a master-detail view showed any row, and its related rows with it."""
    client = extended_as(person)
    for name, number in zip(OWN[person], _numbers(OWN[person]), strict=True):
        for address in ("/checkups/show", "/checkup-desk/list"):
            page = client.get(f"{address}/{number}").text
            assert f"LETTER-{name}" in page, address
            assert _foreign_words(person, page) == [], address
    assert 'href="/checkup-desk/list/1"' in client.get("/checkup-desk/list/").text
    answers = [client.get(f"/checkup-desk/list/{key}") for key in (*_numbers(_foreign_to(person)), UNKNOWN, "x", "-1")]
    assert {answer.status_code for answer in answers} == {404}


def test_a_related_row_out_of_sight_is_not_named(extended_as, extended, extension):
    """A letter of one's own child that names another child's check: the check reads as none."""
    with extended.app_context(), system("tests"):
        db.session.get(extension.Referral, 1).checkup_id = 3
        db.session.commit()
    client = extended_as("parent_chen")
    for address in ("/referrals/list/", "/referrals/show/1", "/referrals/list/?_flt_0_checkup=3", "/api/v1/referrals/1"):
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert "李宥廷" not in answer.text.encode().decode("unicode_escape" if "api" in address else "utf-8"), address
    assert _send(client, "GET", "/api/v1/referrals/1").json["result"]["checkup"] is None


@pytest.mark.every_database
@pytest.mark.parametrize("person", OWN)
def test_a_resource_answers_with_the_own_rows_alone(extended_as, person):
    client, own, foreign = extended_as(person), OWN[person], _numbers(_foreign_to(person))
    for name in ("checkups", "referrals"):
        address = f"/api/v1/{name}"
        listed = client.get(f"{address}/?q={json.dumps({'page_size': -1})}")
        assert (listed.json["count"], sorted(listed.json["ids"])) == (len(own), sorted(_numbers(own)))
        answers = [listed, client.get(f"{address}/_info"), *(client.get(f"{address}/{number}") for number in _numbers(own))]
        for answer in answers:
            assert answer.status_code == 200, answer.text
            assert _foreign_words(person, answer.text) == []
        for number in foreign:
            assert client.get(f"{address}/{number}").data == client.get(f"{address}/{UNKNOWN}").data
            assert client.get(f"{address}/{number}").status_code == 404


def test_what_is_not_listed_cannot_be_searched_sorted_or_asked_for(extended_as):
    """Searching or sorting a column that no page shows tells its values one sign after the other."""
    client = extended_as("registrar_wc")
    plain = client.get("/checkups/list/").text
    for query in ("_flt_2_secret=SECRET-王", "_flt_0_secret=x", "_flt_0_school_id=1", "_flt_0_is_closed=y", "_flt_0_id=1"):
        assert client.get(f"/checkups/list/?{query}").text.count("CHECK-") == plain.count("CHECK-"), query
    assert 'value="secret"' not in plain
    sorted_by = [
        client.get(f"/checkups/list/?_oc_CheckupAdmin=secret&_od_CheckupAdmin={way}").text for way in ("asc", "desc")
    ]
    assert [page.count("aria-sort") for page in sorted_by] == [0, 0]
    asked: list[tuple[dict[str, Any], int]] = [
        ({"filters": [{"col": "secret", "opr": "sw", "value": "SECRET"}]}, 400),
        ({"filters": [{"col": "school_id", "opr": "eq", "value": 1}]}, 400),
        ({"filters": [{"col": "student.identity_number_index", "opr": "sw", "value": "a"}]}, 400),
        ({"order_column": "secret", "order_direction": "asc"}, 400),
        ({"order_column": "student.identity_number_index", "order_direction": "asc"}, 400),
        ({"columns": ["secret"]}, 200),
        ({"columns": ["student"]}, 200),
        ({"columns": ["student.identity_number_sealed"]}, 200),
        ({"select_columns": ["secret", "student"]}, 200),
        ({"filters": [{"col": "title", "opr": "sw", "value": "CHECK"}], "columns": ["title"]}, 200),
    ]
    for query, status in asked:
        answer = client.get(f"/api/v1/checkups/?q={json.dumps(query)}")
        assert answer.status_code == status, (query, answer.text)
        assert "SECRET" not in answer.text
        assert status == 400 or "identity" not in answer.text
    assert set(client.get("/api/v1/checkups/_info").json["filters"]) == {"id", "title"}
    assert "SECRET" not in client.get("/checkups/show/1").text


def test_no_page_is_larger_than_its_largest_size(extended_as, extended, extension, world):
    with extended.app_context(), system("tests"):
        owner = {"student_id": world.students["王小明"], "school_id": world.schools["wenchang"]}
        db.session.add_all(extension.Checkup(title=f"MORE-{number}", **owner) for number in range(120))
        db.session.commit()
    client = extended_as("parent_chen")
    for size in ("1000000", "-1", "abc"):
        assert client.get(f"/checkups/list/?psize_CheckupAdmin={size}").text.count('<th scope="row">') == 25
    assert len(client.get('/api/v1/checkups/?q={"page_size":100000}').json["result"]) == 100
    assert client.get('/api/v1/checkups/?q={"page_size":-1}').json["count"] == 122


# ---------- writing ----------


@pytest.mark.every_database
def test_keys_of_other_rows_are_not_taken_as_sent(extended_as, stored, world):
    """As it comes, POST and PUT took any child's number, and ?_flt_0_… passed by the form's own filter."""
    client, before = extended_as("registrar_wc"), stored()
    foreign, own = world.students["王小華"], world.students["王小明"]
    for key in (foreign, UNKNOWN):
        for data in ({"student": key, "title": "x"}, {"student": key, "title": "x", "school_id": world.schools["wenchang"]}):
            assert client.post("/checkups/add", data=data).status_code == 200
            assert client.post("/checkups/edit/1", data=data).status_code == 200
        assert client.post(f"/checkups/add?_flt_0_student={key}", data={"title": "x"}).status_code == 404
        assert client.post("/referrals/add", data={"student": own, "checkup": key, "words": "x"}).status_code == 200
        assert client.post(f"/referrals/add?_flt_0_checkup={key}", data={"student": own, "words": "x"}).status_code == 404
    assert client.post("/referrals/add", data={"student": own, "checkup": 5, "words": "x"}).status_code == 200
    assert client.post("/referrals/add?_flt_0_checkup=5", data={"student": own, "words": "x"}).status_code == 404
    for method, address in (("POST", "/api/v1/referrals/"), ("PUT", "/api/v1/referrals/1")):
        for wrong in ({"student": foreign}, {"student": UNKNOWN}, {"checkup": 5}, {"checkup": UNKNOWN}):
            answer = _send(client, method, address, {"student": own, "checkup": 1, "words": "x"} | wrong)
            assert (answer.status_code, list(answer.json["message"])) == (422, list(wrong)), (method, wrong)
        for unlisted in ({"school_id": 1}, {"student_id": foreign}, {"checkup_id": 5}, {"id": 77}):
            answer = _send(client, method, address, {"student": own, "checkup": 1, "words": "x"} | unlisted)
            assert answer.status_code == 422, (method, unlisted)
    assert _send(client, "POST", "/api/v1/checkups/", {"student": own, "title": "x", "secret": "x"}).status_code == 422
    for method in ("PUT", "DELETE"):
        foreign_row, unknown = (_send(client, method, f"/api/v1/checkups/{key}", {"title": "x"}) for key in (5, UNKNOWN))
        assert (foreign_row.status_code, foreign_row.data) == (404, unknown.data)
    assert stored() == before


def test_who_may_write_writes_with_the_school_of_the_student(extended_as, stored, world):
    """That the attacks fail is not because nothing works."""
    client, own = extended_as("registrar_wc"), world.students["李宥廷"]
    assert client.post("/checkups/add", data={"student": own, "title": "by form"}).status_code == 302
    assert _send(client, "POST", "/api/v1/referrals/", {"student": own, "checkup": 3, "words": "by rest"}).status_code == 201
    assert client.post("/referrals/edit/3", data={"student": own, "checkup": 3, "words": "changed"}).status_code == 302
    assert client.get("/checkups/close/3").status_code == 200
    assert client.post("/checkups/close/3").status_code == 302
    assert client.post("/referrals/delete/1").status_code == 302
    rows = stored()
    assert (own, world.schools["wenchang"], "by form") in [row[1:4] for row in rows]
    assert any("by rest" in row for row in rows) and any("changed" in row for row in rows)
    assert [row[0] for row in rows if row[-1] is True] == [3]
    assert not any("LETTER-王小明" in row for row in rows)


def test_who_sees_a_row_does_not_write_it(extended_as, stored, world):
    """The guardian may open every page here; the own child's rows are read and stay as they are."""
    client, before, own = extended_as("parent_chen"), stored(), world.students["王小明"]
    assert client.get("/checkups/show/1").status_code == 200
    listed = client.get("/checkups/list/").text
    assert "/checkups/edit/" not in listed and "/checkups/delete/" not in listed
    for act in ("edit", "delete", "close"):
        assert client.get(f"/checkups/{act}/1").status_code == 404
        assert client.post(f"/checkups/{act}/1", data={"student": own, "title": "x"}).status_code == 404
    assert client.post("/checkups/add", data={"student": own, "title": "x"}).status_code == 404
    for method, address in (("POST", ""), ("PUT", "1"), ("DELETE", "1")):
        assert _send(client, method, f"/api/v1/checkups/{address}", {"student": own, "title": "x"}).status_code == 404
    assert stored() == before


def test_an_act_over_numbers_that_were_sent_reaches_no_row(extended, extended_as, stored):
    """As it comes, /action_post loaded any numbers: one parent read another's marks, one deleted another's row.
    /download gave any file of the folder to whoever had the permission on any page."""
    client, before = extended_as("registrar_wc"), stored()
    for address in SCREENS:
        for number in (1, 5):
            assert client.post(f"{address}/action_post", data={"action": "delete", "rowid": number}).status_code == 404
            assert client.post(f"{address}/action/delete/{number}").status_code == 404
            assert client.get(f"{address}/action/delete/{number}").status_code == 404
        assert client.get(f"{address}/download/config.py").status_code == 404
    views = {view.endpoint for view in extended.appbuilder.baseviews if getattr(view, "datamodel", None) is not None}
    acts = {rule.endpoint.split(".")[1] for rule in extended.url_map.iter_rules() if rule.endpoint.split(".")[0] in views}
    assert not acts & {"action", "action_post", "download"}
    assert stored() == before


def test_an_act_of_a_screen_asks_first_and_needs_its_token(extended_as, stored):
    client, before = extended_as("registrar_wc"), stored()
    assert "Close CHECK-王小明?" in client.get("/checkups/close/1").text
    assert client.post("/checkups/close/1", headers={"X-CSRFToken": "x"}).status_code == 400
    assert stored() == before


def test_a_page_that_a_role_was_not_given_stays_closed(extended_as, extended, visitor):
    for address in (
        *(f"{screen}/list/" for screen in SCREENS),
        "/checkups/show/1",
        "/checkups/export",
        "/api/v1/checkups/1",
    ):
        method = "POST" if address.endswith("export") else "GET"
        answer = extended_as("teacher_501").open(address, method=method, headers=_token(extended_as("teacher_501")))
        assert answer.status_code == 403, address
        answer = extended.test_client().get(address)
        assert answer.status_code in (302, 401, 403, 405), address
        assert "CHECK-" not in answer.text


# ---------- what is refused ----------


@pytest.mark.every_database
def test_a_model_declared_after_the_first_statement_is_scoped_like_the_others(extended, extension, actor_of):
    """The options of these roles were built before (see the fixture) and knew nothing of it: all rows were everybody's."""
    with extended.app_context(), acting_as(actor_of("parent_chen")):
        seen = set(db.session.scalars(sa.select(extension.Checkup.title)))
    assert seen == {"CHECK-王小明", "CHECK-王小華"}


@pytest.mark.parametrize("base", [StudentOwned, Owned])
def test_a_model_without_the_columns_of_its_owner_cannot_be_declared(base):
    class Base(sa.orm.DeclarativeBase):
        pass

    with pytest.raises(Misdeclared):
        type("Loose", (base, Base), {"__tablename__": "loose", "id": sa.Column(sa.Integer, primary_key=True)})


class _Base(sa.orm.DeclarativeBase):
    pass


class Ownerless(_Base):
    __tablename__ = "ownerless"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String(20))


class Screen(ScopedModelView):
    """A sound one; each case changes something."""

    datamodel = ScopedInterface(TermGrade)
    class_permission_name = "TermGradeAdmin"
    list_columns = ["subject", "score"]
    add_columns = edit_columns = ["subject", "score"]
    export_columns = ["subject"]


class Resource(ScopedModelRestApi):
    datamodel = ScopedInterface(TermGrade)
    class_permission_name = "Sample"
    list_columns = add_columns = edit_columns = ["subject"]


def _act(self: Any, rows: Any) -> None:
    raise AssertionError("never called")


LIKE_ALL = Lookup(Account, lambda typed: Account.username == typed, str, (Account.id,))
REFUSED: dict[str, tuple[tuple[type, ...], dict[str, Any], str]] = {
    "a model without an owner": ((Screen,), {"datamodel": ScopedInterface(Ownerless)}, "declares no owner"),
    "a resource of one": ((Resource,), {"datamodel": ScopedInterface(Ownerless)}, "declares no owner"),
    "accounts of FAB as a screen": ((Screen,), {"datamodel": ScopedInterface(Account)}, "declares no owner"),
    "a screen that calls itself one of accounts": ((Screen,), {"is_account_screen": True}, "is_account_screen"),
    "FAB's interface": ((Screen,), {"datamodel": SQLAInterface(TermGrade)}, "ScopedInterface"),
    "FAB's view": ((ModelView,), {"datamodel": SQLAInterface(TermGrade)}, "use ScopedModelView"),
    "FAB's resource": ((ModelRestApi,), {"datamodel": SQLAInterface(TermGrade)}, "use ScopedModelView"),
    "FAB's master-detail": ((MasterDetailView,), {"datamodel": ScopedInterface(TermGrade)}, "use ScopedModelView"),
    "FAB's master-detail on our base": ((MasterDetailView, Screen), {}, "list would be answered by"),
    "FAB's add and edit in the list": ((CompactCRUDMixin, Screen), {}, "would be answered by"),
    "FAB's views in one": ((MultipleView,), {"views": [Screen]}, "list would be answered by"),
    "FAB's form": ((SimpleFormView,), {"form": object}, "this_form_get"),
    "a resource without token": ((Resource,), {"csrf_exempt": True}, "csrf_exempt"),
    "no page": ((Screen,), {"class_permission_name": "Nowhere"}, "access.pages"),
    "no columns of the list": ((Screen,), {"list_columns": None}, "list_columns"),
    "no columns of the resource": ((Resource,), {"list_columns": None}, "list_columns"),
    "no columns to add": ((Screen,), {"add_columns": None}, "add_columns"),
    "no columns to put": ((Resource,), {"edit_columns": []}, "edit_columns"),
    "no columns to export": ((Screen,), {"export_columns": ()}, "export_columns"),
    "a column that is not there": ((Screen,), {"list_columns": ["subject", "score", "grade"]}, "has no 'grade'"),
    "a key instead of its relation": ((Screen,), {"add_columns": ["student_id"]}, "'student_id'"),
    "a key sent to a resource": ((Resource,), {"edit_columns": ["term_id"]}, "'term_id'"),
    "the number of the row": ((Resource,), {"add_columns": ["id"]}, "'id'"),
    "many rows in a form": (
        (Screen,),
        {"datamodel": ScopedInterface(Student), "list_columns": ["full_name"], "add_columns": ["enrollments"]},
        "enrollments",
    ),
    "a relation without a lookup": ((Screen,), {"add_columns": ["student"]}, "lookups"),
    "accounts as a choice": ((Screen,), {"lookups": {"student": LIKE_ALL}}, "Account"),
    "fieldsets": ((Screen,), {"add_fieldsets": [("x", {"fields": ["student_id"]})]}, "fieldsets"),
    "a search of what is not shown": ((Screen,), {"search_columns": ["grade_level"]}, "search_columns"),
    "a search through a relation": ((Resource,), {"search_columns": ["student"]}, "search_columns"),
    "an order of what is not shown": ((Screen,), {"order_columns": ["grade_level"]}, "order_columns"),
    "an order of a resource": ((Resource,), {"order_columns": ["grade_level"]}, "order_columns"),
    "an export of what is not listed": ((Screen,), {"export_columns": ["student"]}, "export_columns"),
    "an action of FAB's": ((Screen,), {"dump": action("dump", "Dump")(_act)}, "@action"),
    "a whole related row": ((Resource,), {"list_columns": ["subject", "student"]}, "student is a relation"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_not_registered(flask_app, monkeypatch, case):
    monkeypatch.setitem(pages.PAGES, "Sample", {Role.REGISTRAR: "info get post put delete"})
    bases, declared, words = REFUSED[case]
    view = type("Added", bases, declared)
    monkeypatch.setattr(flask_app, "_got_first_request", False)
    before = set(flask_app.blueprints)
    with flask_app.app_context(), pytest.raises(UnsafeDeclaration, match=words.replace(".", r"\.")):
        flask_app.appbuilder.add_view_no_menu(view)
    flask_app.appbuilder.baseviews[:] = [one for one in flask_app.appbuilder.baseviews if type(one) is not view]
    assert set(flask_app.blueprints) == before


def test_what_is_sound_is_not_refused(flask_app, monkeypatch):
    monkeypatch.setitem(pages.PAGES, "Sample", {Role.REGISTRAR: "info get post put delete"})
    with flask_app.app_context():
        assert Screen().search_columns == Screen().show_columns == ["subject", "score"]
        assert Resource().search_columns == Resource().order_columns == ["subject"]


def test_a_resource_that_can_be_sorted_by_nothing_is_sorted_by_nothing(flask_app, monkeypatch):
    """As it comes, a resource without sortable columns let itself be sorted by all of them."""
    monkeypatch.setitem(pages.PAGES, "Sample", {Role.REGISTRAR: "info get post put delete"})
    with flask_app.app_context():
        resource = type("Added", (Resource,), {"list_columns": ["student.full_name"]})()
        with pytest.raises(InvalidOrderByColumnFABException):
            resource._handle_order_args({"order_column": "score", "order_direction": "asc"})


def test_base_filters_that_fail_open_open_nothing(flask_app, actor_of):
    """An empty list and a name through many rows let everything pass; the scope below does not ask them."""
    spellings = (
        [["student_id", FilterInFunction, list]],
        [["enrollments.school_id", FilterEqual, 1]],
        [["enrollments", FilterRelationManyToManyEqual, UNKNOWN]],
    )
    for base_filters in spellings:
        model = Student if "enrollments" in base_filters[0][0] else TermGrade
        with flask_app.test_request_context(), acting_as(actor_of("parent_lin")):
            interface = ScopedInterface(model)
            filters = interface.get_filters()
            try:
                filters.add_filter_list(base_filters)
                rows = interface.query(filters)[1]
            except (sa.exc.SQLAlchemyError, AttributeError, NotImplementedError):
                rows = []
            assert rows == [], base_filters


def test_there_is_no_second_way_in(flask_app, visitor):
    """As it comes, /api/v1/security/login took passwords without captcha or limit and gave tokens for thirty days."""
    addresses = (
        "/api/v1/security/login",
        "/api/v1/security/refresh",
        "/api/v1/security/csrf_token/",
        "/api/v1/menu/",
        "/api/v1/_openapi",
        "/swaggerview/v1",
        "/login/",
        "/logout/",
        "/register/form",
        "/register/activation/x",
        "/resetpassword/form?pk=1",
        "/resetmypassword/form",
        "/userinfoeditview/form",
        "/users/list/",
        "/users/userinfo/",
        "/roles/list/",
        "/permissions/list/",
        "/back",
        "/lang/en",
    )
    for address in addresses:
        assert {visitor.get(address).status_code, visitor.post(address, json={}).status_code} == {404}, address
    resources = {view.endpoint for view in flask_app.appbuilder.baseviews if isinstance(view, ScopedModelRestApi)}
    behind = {rule.endpoint.split(".")[0] for rule in flask_app.url_map.iter_rules() if rule.rule.startswith("/api/")}
    assert behind <= resources


def test_pages_that_we_write_are_not_refused(flask_app):
    class Page(BaseView):
        @expose("/x")
        def x(self) -> str:
            return "x"

    from app.web.declarations import foreign_routes

    assert foreign_routes(Page(), None) == []
