"""Shared fixtures: one application per run and database, a fresh copy of a filled template database per test.

Tests run on SQLite. A test marked ``every_database`` runs on PostgreSQL as well, when there is one (TEST_DATABASE_URL
or the usual local port); what is skipped is listed with its reason, and with REQUIRE_ALL=1 a skip is a failure.
"""

from __future__ import annotations

import os
import shutil
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from playwright.sync_api import Browser, sync_playwright

from app import jobs
from app.access.actor import Actor
from app.access.pages import permissions_by_role
from app.access.session import system
from app.accounts import passwords
from app.accounts.models import AccessVersion, AccountSession
from app.accounts.sessions import _QUERY, actor_from, hash_key
from app.crypto import masking
from app.extensions import db
from app.model_types import now
from app.web.catalogues import compile_catalogues
from tests.template import POSTGRESQL, Template, keep_what_is_here
from tests.world import HASH_METHOD, World

sys.dont_write_bytecode = False
"""Whatever the environment says: otherwise pytest rewrites the asserts of all tests in every process of every run."""

DEAR_HASH_METHOD, passwords.HASH_METHOD = passwords.HASH_METHOD, HASH_METHOD


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "every_database: runs on SQLite and on PostgreSQL")
    config.addinivalue_line("markers", "postgresql: runs on PostgreSQL alone, what it asks is not there on SQLite")
    config.addinivalue_line("markers", "browser: drives a real Chromium")
    config.addinivalue_line("markers", "attack: walks over every address, form and person with bad input or foreign rows")
    config.addinivalue_line("markers", "written_order: stays in the order of its file, and comes first")
    config.addinivalue_line("markers", "widths(*pixels): the widths a journey is walked at")
    config.addinivalue_line("markers", "real_masks: the mask of a page's token is random, as in the product")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database" in metafunc.fixturenames:
        kinds = ["sqlite"]
        if metafunc.definition.get_closest_marker("every_database"):
            kinds = ["sqlite", "postgresql"]
        elif metafunc.definition.get_closest_marker("postgresql"):
            kinds = ["postgresql"]
        metafunc.parametrize("database", kinds, indirect=True, ids=str)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Everything under tests/hardening is an attack. What is set up once for a whole file comes first and in its written
    order: shuffled, it would be set up anew, and begun late the other process would wait for it.
    """
    for item in items:
        if "hardening" in item.path.parts:
            item.add_marker("attack")
    yield
    items.sort(key=_place)


def _place(item: pytest.Item) -> tuple[Any, ...]:
    if item.get_closest_marker("written_order") is None:
        return (1,)
    callspec = getattr(item, "callspec", None)
    return (0, item.path.name, callspec.id if callspec else "", item.location[1] or 0)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Iterator[None]:
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.skipped and os.environ.get("REQUIRE_ALL") == "1" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"REQUIRE_ALL=1 and skipped: {report.longrepr}"


def pytest_collection_finish(session: pytest.Session) -> None:
    keep_what_is_here()


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Template]]:
    made: dict[str, Template] = {}
    compile_catalogues()

    def template(kind: str) -> Template:
        if kind not in made:
            if kind == "postgresql" and not _postgresql_answers():
                pytest.skip("no PostgreSQL at TEST_DATABASE_URL or 127.0.0.1:5432")
            made[kind] = Template(kind, tmp_path_factory.mktemp(kind))
            keep_what_is_here()
        return made[kind]

    yield template
    for each in made.values():
        each.drop()


def _postgresql_answers() -> bool:
    try:
        with sa.create_engine(POSTGRESQL).connect():
            return True
    except sa.exc.OperationalError:
        return False


@pytest.fixture(autouse=True)
def even_masks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages that differ in nothing else do not differ in the mask of their token; marker ``real_masks`` leaves it random."""
    if request.node.get_closest_marker("real_masks") is None:
        monkeypatch.setattr(masking, "make_cover", bytes)


@pytest.fixture
def dear_hashes(monkeypatch: pytest.MonkeyPatch) -> str:
    """New passwords cost what they cost in production."""
    monkeypatch.setattr(passwords, "HASH_METHOD", DEAR_HASH_METHOD)
    return DEAR_HASH_METHOD


@pytest.fixture
def manual_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker's tidying finds nothing to do for the manual, whose PDF takes seconds; tests/manual has it made."""
    monkeypatch.setattr(jobs, "make_missing_files", list)


@pytest.fixture
def database(request: pytest.FixtureRequest, templates: Callable[[str], Template]) -> Template:
    template = templates(request.param)
    template.fresh()
    return template


@pytest.fixture
def flask_app(database: Template) -> Flask:
    """The application on a fresh copy of the world. No application context is pushed: requests make their own."""
    return database.app


@pytest.fixture
def world(database: Template) -> World:
    return database.world


@pytest.fixture
def context(flask_app: Flask) -> Iterator[Flask]:
    """An application context for tests of services and queries; say who acts with ``acting_as`` or ``system``."""
    with flask_app.app_context():
        yield flask_app
        db.session.rollback()


@pytest.fixture
def actor_of(flask_app: Flask, world: World) -> Callable[[str], Actor]:
    """The Actor of a person of the world, as the session query gives it."""

    def actor(username: str) -> Actor:
        key = begin_session(flask_app, world.accounts[username])
        with flask_app.app_context(), system("tests"):
            return actor_from(db.session.execute(_QUERY, {"key_hash": hash_key(key)}).one())

    return actor


def begin_session(flask_app: Flask, account_id: int) -> str:
    """A session as sign-in makes it; returns the cookie's value."""
    key = uuid.uuid4().hex
    moment = now()
    with flask_app.app_context(), db.engine.begin() as connection:
        connection.execute(
            AccountSession.__table__.insert().values(
                key_hash=hash_key(key),
                account_id=account_id,
                data=f'{{"csrf_token": "{CSRF_SECRET}"}}',
                user_agent="",
                address="",
                created_at=moment,
                last_seen_at=moment,
                expires_at=moment + flask_app.config["SESSION_ABSOLUTE"],
            )
        )
    return key


CSRF_SECRET = "0" * 40


class PersonClient(FlaskClient):
    """A browser of one signed-in person: posts carry the CSRF token of their session."""

    def post(self, *args: Any, **kwargs: Any) -> Any:
        serializer = URLSafeTimedSerializer(self.application.secret_key or "", salt="wtf-csrf-token")
        headers = dict(kwargs.pop("headers", None) or {})
        headers.setdefault("X-CSRFToken", serializer.dumps(CSRF_SECRET))
        return super().post(*args, headers=headers, **kwargs)


@pytest.fixture
def client_as(flask_app: Flask, world: World) -> Callable[[str], PersonClient]:
    """``client_as("parent_chen")``: that person's browser, already signed in."""

    def client(username: str) -> PersonClient:
        key = begin_session(flask_app, world.accounts[username])
        person = PersonClient(flask_app, flask_app.response_class)
        person.set_cookie(flask_app.config["SESSION_COOKIE_NAME"], key)
        return person

    return client


@pytest.fixture
def visitor(flask_app: Flask) -> FlaskClient:
    """A browser of nobody in particular."""
    return flask_app.test_client()


class Statements(list[str]):
    """The SQL statements that ran inside ``with count_statements() as statements``; ``len()`` counts them."""

    def __str__(self) -> str:
        return "\n".join(" ".join(statement.split())[:200] for statement in self)


def _know_the_permissions() -> None:
    """A process asks for them once per version; the first page that a test happens to count would pay for it."""
    with system("tests"):
        permissions_by_role(db.session, db.session.scalar(sa.select(AccessVersion.version)) or 0)


@pytest.fixture
def count_statements(flask_app: Flask) -> Callable[[], AbstractContextManager[Statements]]:
    """Count what a request asks of the database: ``with count_statements() as statements: client.get(…)``."""

    @contextmanager
    def counting() -> Iterator[Statements]:
        statements = Statements()

        def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
            if not statement.startswith("PRAGMA"):
                statements.append(statement)

        with flask_app.app_context():
            engine = db.engine
            _know_the_permissions()
        sa.event.listen(engine, "before_cursor_execute", note)
        try:
            yield statements
        finally:
            sa.event.remove(engine, "before_cursor_execute", note)

    return counting


CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The one browser of a run: Playwright cannot be started twice in a process."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()
