"""Shared fixtures: one application per run and database, a fresh copy of a filled template database per test.

Tests run on SQLite. A test marked ``every_database`` runs on PostgreSQL as well, when there is one (TEST_DATABASE_URL
or the usual local port); what is skipped is listed with its reason, and with REQUIRE_ALL=1 a skip is a failure.
"""

from __future__ import annotations

import gc
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from itsdangerous import URLSafeTimedSerializer
from playwright.sync_api import Browser, sync_playwright

import config
from app import create_app, jobs
from app.access.actor import Actor
from app.access.pages import permissions_by_role, sync_pages
from app.access.session import system
from app.accounts import passwords
from app.accounts.models import AccessVersion, AccountSession
from app.accounts.sessions import _QUERY, actor_from, hash_key
from app.audit.reading import remembered
from app.audit.refusals import bound
from app.crypto import masking
from app.extensions import db
from app.model_types import now
from app.web.catalogues import compile_catalogues
from tests.world import HASH_METHOD, World, build_world

POSTGRESQL = os.environ.get("TEST_DATABASE_URL", "postgresql+psycopg://127.0.0.1:5432/postgres")
if POSTGRESQL.startswith("postgresql://"):
    POSTGRESQL = POSTGRESQL.replace("postgresql://", "postgresql+psycopg://", 1)


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


def _keep_what_is_here() -> None:
    """Code, items and applications stay for the whole run: that Python walked over them again and again, in search of what
    nobody holds any more, was a sixth of the work of a run.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def pytest_collection_finish(session: pytest.Session) -> None:
    _keep_what_is_here()


class Template:
    """A database filled once; ``fresh()`` puts a copy under the application."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.folder = folder
        self.name = f"portal_test_{os.getpid()}_{uuid.uuid4().hex[:6]}"
        folder.mkdir(parents=True, exist_ok=True)
        if kind == "postgresql":
            self.server = sa.create_engine(POSTGRESQL, isolation_level="AUTOCOMMIT")
            self._execute(f'CREATE DATABASE "{self.name}"')
            url = sa.make_url(POSTGRESQL).set(database=self.name).render_as_string(hide_password=False)
        else:
            url = f"sqlite:///{folder / 'test.db'}"
        settings = config.load(
            {
                "PORTAL_ENV": "test",
                "DATABASE_URL": url,
                "INSTANCE_DIR": str(folder / "instance"),
                "CAPTCHA_FIXED_ANSWER": "24680",
                "PUBLIC_BASE_URL": "http://localhost",
            }
        )
        self.app = create_app(settings)
        with self.app.app_context():
            upgrade()
            sync_pages(db.session)
            self.world = build_world()
            db.session.remove()
            db.engine.dispose()
        if kind == "postgresql":
            self.restore_script = self._keep_rows()
        else:
            shutil.copyfile(folder / "test.db", folder / "template.db")
        with self.app.app_context():
            sa.event.listen(db.engine, "after_cursor_execute", self._note_writes)
        self.is_touched = self.has_sessions = False

    def _note_writes(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        """Tests that only read leave the database as it was; sessions of the test's people do not count."""
        if (
            not statement.lstrip().upper().startswith(("SELECT", "PRAGMA", "EXPLAIN"))
            and " account_session " not in statement
        ):
            self.is_touched = True
        self.has_sessions = self.has_sessions or " account_session " in statement

    def _keep_rows(self) -> str:
        """Put a copy of every row aside in a schema of its own; answers the statements that bring back what was touched.

        Triggers note the tables that a test writes to, whoever writes: other processes and cascades included. A table
        without its trigger was made anew by a test of migrations: that one is filled, and gets its trigger again.
        """
        tables = [table.name for table in db.metadata.sorted_tables]
        with self.app.app_context(), db.engine.begin() as connection:
            for statement in (
                "CREATE SCHEMA kept",
                "CREATE UNLOGGED TABLE kept.touched (name text)",
                # no unique key: two transactions that touch one table would wait for each other
                "CREATE FUNCTION kept.note() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN INSERT INTO kept.touched VALUES (TG_TABLE_NAME); RETURN NULL; END $$",
                "CREATE FUNCTION kept.watch() RETURNS SETOF text LANGUAGE plpgsql AS $$ DECLARE each text; BEGIN "
                "FOR each IN SELECT relname FROM pg_class WHERE relnamespace = 'kept'::regnamespace AND relkind = 'r' "
                "AND relname <> 'touched' AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = 'kept_note' "
                "AND tgrelid = format('public.%I', relname)::regclass) LOOP "
                "EXECUTE format('CREATE TRIGGER kept_note AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON public.%I "
                "FOR EACH STATEMENT EXECUTE FUNCTION kept.note()', each); RETURN NEXT each; END LOOP; END $$",
                "CREATE FUNCTION kept.restore() RETURNS void LANGUAGE plpgsql AS $$ DECLARE each text; BEGIN "
                # the audit log refuses deletions (its triggers), and rows come back in whatever order
                "SET LOCAL session_replication_role = replica; "
                "FOR each IN SELECT name FROM kept.touched UNION SELECT kept.watch() LOOP "
                "EXECUTE format('DELETE FROM public.%I', each); "
                "EXECUTE format('INSERT INTO public.%I SELECT * FROM kept.%I', each, each); END LOOP; "
                "DELETE FROM kept.touched; SET LOCAL session_replication_role = DEFAULT; END $$",
                *(f'CREATE TABLE kept."{name}" AS TABLE public."{name}"' for name in tables),
                "SELECT kept.watch()",
            ):
                connection.execute(sa.text(statement))
            sequences = connection.execute(
                sa.text("SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'")
            ).all()
            db.session.remove()
        with self.app.app_context():
            db.engine.dispose()
        others = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return ";".join(
            [
                others,
                "SELECT kept.restore()",
                *(
                    f"SELECT setval('public.\"{name}\"', {value or 1}, {'true' if value else 'false'})"
                    for name, value in sequences
                ),
            ]
        )

    def _forget_sessions(self) -> None:
        if self.has_sessions:
            with self.app.app_context(), db.engine.begin() as connection:
                connection.execute(sa.text("DELETE FROM account_session"))
            self.has_sessions = False

    def _execute(self, statement: str) -> None:
        with self.server.connect() as connection:
            connection.execute(sa.text(statement))

    def fresh(self) -> None:
        remembered.forget()
        bound.forget()
        shutil.rmtree(self.folder / "instance", ignore_errors=True)
        if not self.is_touched:
            self._forget_sessions()
            return
        self.is_touched = False
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
        if self.kind == "postgresql":
            with self.app.app_context(), db.engine.connect() as connection:
                connection.connection.driver_connection.execute(self.restore_script)  # type: ignore[union-attr]
                connection.connection.driver_connection.commit()  # type: ignore[union-attr]
            self.is_touched = False
        else:
            for leftover in self.folder.glob("test.db*"):
                leftover.unlink()
            shutil.copyfile(self.folder / "template.db", self.folder / "test.db")

    def drop(self) -> None:
        if self.kind == "postgresql":
            with self.app.app_context():
                db.engine.dispose()
            self._execute(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Template]]:
    made: dict[str, Template] = {}
    compile_catalogues()

    def template(kind: str) -> Template:
        if kind not in made:
            if kind == "postgresql" and not _postgresql_answers():
                pytest.skip("no PostgreSQL at TEST_DATABASE_URL or 127.0.0.1:5432")
            made[kind] = Template(kind, tmp_path_factory.mktemp(kind))
            _keep_what_is_here()
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
