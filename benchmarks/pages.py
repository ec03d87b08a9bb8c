"""What the pages of guardians and teachers cost, on SQLite and on PostgreSQL, beside the two yardsticks of the same run.

Processor milliseconds per request (application and database together) are the steady figure; requests per second
depend on how many other things the machine does. Only loopback, only a bounded number of requests.

A virtual machine has fast and slow minutes. So all servers stand ready from the beginning, and the pages are asked in
turn, in ROUNDS short rounds: each figure is the median of its rounds, and what is compared was measured in the same ones.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

import sqlalchemy as sa

from benchmarks.load import ask, fetch
from benchmarks.processes import ROOT, Server, serving, used_between

SERVER = os.environ.get("TEST_DATABASE_URL", "postgresql+psycopg://127.0.0.1:5432/postgres")
REQUESTS = int(os.environ.get("BENCH_REQUESTS", "400"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "8"))
CONNECTIONS = 16
WARM_UP = 60 * CONNECTIONS
"""PostgreSQL plans a statement anew (1 to 5 ms) until a connection has run it ten times; then a read costs 0.3 ms."""

MOST_STATEMENTS = 6
LESS_THAN_STOCK = 10
OF_PLAIN = 0.5


@dataclass
class Page:
    """A page to be measured, and what each round found."""

    server: Server
    name: str
    path: str
    cookie: str
    statements: int
    size: int = 0
    """Bytes of the answer."""
    times: list[float] = field(default_factory=list)
    """Seconds of each request that came alone."""
    processor: list[float] = field(default_factory=list)
    """By round: seconds per request, application and database."""
    per_second: list[float] = field(default_factory=list)
    """By round, with CONNECTIONS at once."""
    failures: int = 0

    def warm_up(self) -> None:
        for _ in range(4 * CONNECTIONS):  # every process and thread has seen the page once
            status, self.size = fetch(self.server.port, self.path, self.cookie)
            if status != 200:
                raise RuntimeError(f"{self.name}: {self.path} answered {status}")
        ask(self.server.port, self.path, self.cookie, WARM_UP, CONNECTIONS)

    def measure(self, requests: int) -> None:
        """One round: ``requests`` one after the other, twice as many with CONNECTIONS at once."""
        before = self.server.processor_seconds()
        alone = ask(self.server.port, self.path, self.cookie, requests, 1)
        crowd = ask(self.server.port, self.path, self.cookie, 2 * requests, CONNECTIONS)
        used = used_between(before, self.server.processor_seconds())
        self.processor.append(used / (len(alone.times) + len(crowd.times)))
        self.per_second.append(crowd.per_second)
        self.times += alone.times
        self.failures += alone.failures + crowd.failures

    def percentile(self, share: float) -> float:
        """In milliseconds."""
        ordered = sorted(self.times)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def main() -> int:
    """Measure on each database that answers and print the tables. 1 when a page misses what is wanted."""
    missed = []
    for kind in ("sqlite", "postgresql"):
        if kind == "postgresql" and not _postgresql_answers():
            print("\nPostgreSQL does not answer; SQLite alone was measured.")
            continue
        print(f"\n### {kind}\n", flush=True)
        missed += _measure_all(kind)
    print(
        "\nWanted: "
        f"≤ {MOST_STATEMENTS} statements, ≥ {LESS_THAN_STOCK} × less processor time than a blank page of stock "
        f"Flask-AppBuilder, ≥ {OF_PLAIN} of a plain route's requests per second."
    )
    for miss in missed:
        print(f"MISSED {miss}")
    return 1 if missed else 0


def _measure_all(kind: str) -> list[str]:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        databases = {
            purpose: stack.enter_context(_database(kind, purpose, folder)) for purpose in ("plain", "stock", "portal")
        }
        pages = [
            _plain(stack, *databases["plain"]),
            _stock(stack, *databases["stock"]),
            *_portal(stack, *databases["portal"], folder),
        ]
        for page in pages:
            page.warm_up()
        for _ in range(ROUNDS):
            for page in pages:
                page.measure(max(1, REQUESTS // ROUNDS))
    return _report(*pages)


def _report(plain: Page, stock: Page, *ours: Page) -> list[str]:
    print("| page | statements | kB | processor ms | × less than stock | p50 ms | p95 ms | requests/s at 16 | of plain |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    missed = []
    for each in (plain, stock, *ours):
        less = median(theirs / own for theirs, own in zip(stock.processor, each.processor, strict=True))
        share = median(own / theirs for own, theirs in zip(each.per_second, plain.per_second, strict=True))
        print(
            f"| {each.name} | {each.statements} | {each.size / 1000:.0f} | {1000 * median(each.processor):.2f} | {less:.1f} "
            f"| {each.percentile(0.5):.1f} | {each.percentile(0.95):.1f} | {median(each.per_second):.0f} | {share:.2f} |",
            flush=True,
        )
        if each.failures:
            missed.append(f"{each.name}: {each.failures} failed requests")
        if each in (plain, stock):
            continue
        if each.statements > MOST_STATEMENTS:
            missed.append(f"{each.name}: {each.statements} statements")
        if less < LESS_THAN_STOCK:
            missed.append(f"{each.name}: {less:.1f} × less processor time")
        if share < OF_PLAIN:
            missed.append(f"{each.name}: {share:.2f} of a plain route")
    return missed


# ---------- what is measured ----------


def _plain(stack: ExitStack, url: str, database: str) -> Page:
    environment = {"BENCH_DATABASE_URL": url}
    _run("-m", "benchmarks.plain_route", environment=environment)
    server = stack.enter_context(serving("benchmarks.plain_route:create_app()", environment, database))
    return Page(server, "a plain Flask route", "/notes/note-500", "", 1)


def _stock(stack: ExitStack, url: str, database: str) -> Page:
    environment = {"BENCH_DATABASE_URL": url}
    cookie = _run("-m", "benchmarks.stock_fab", environment=environment).strip().splitlines()[-1]
    counting = f"from benchmarks.stock_fab import statements; print(statements({cookie!r}))"
    statements = int(_run("-c", counting, environment=environment).strip().splitlines()[-1])
    server = stack.enter_context(serving("benchmarks.stock_fab:create_app()", environment, database))
    return Page(server, "a blank page of stock FAB", "/blank/", cookie, statements)


def _portal(stack: ExitStack, url: str, database: str, folder: str) -> list[Page]:
    environment = {
        "PORTAL_ENV": "development",
        "DATABASE_URL": url,
        "INSTANCE_DIR": str(Path(folder) / "instance"),
        "RUN_JOBS": "0",
    }
    _run("-m", "flask", "--app", "app", "portal", "init", "--with-demo", environment=environment)
    _gather_statistics(url)
    pages = _pages_of_the_demo(environment)
    server = stack.enter_context(serving("app:create_app()", environment, database))
    return [Page(server, *page) for page in pages]


def _gather_statistics(url: str) -> None:
    """As autovacuum does within a minute of a big import: without statistics PostgreSQL chose a plan 30 × as dear."""
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text("ANALYZE"))
    engine.dispose()


def _pages_of_the_demo(environment: dict[str, str]) -> list[tuple[str, str, str, int]]:
    """(name, path, cookie, statements) of each page, asked as the people of the demo."""
    import config
    from app import create_app
    from app.extensions import db

    flask_app = create_app(config.load(environment))
    with flask_app.app_context():
        children = db.engine.connect()
        child = children.scalar(
            sa.text(
                "SELECT l.student_id FROM guardian_link l JOIN ab_user u ON u.id = l.account_id "
                "WHERE u.username = 'parent_chen' AND l.status = 'approved' ORDER BY l.id"
            )
        )
        children.close()
    parent, teacher = _sign_in(flask_app, "parent_chen"), _sign_in(flask_app, "teacher_501")
    with flask_app.test_request_context():
        address = flask_app.url_for
        pages = [
            ("a guardian's home", address("PortalHomeView.home"), parent),
            ("contact book", address("ChildContactBookView.day", student_id=child), parent),
            ("marks, attendance, conduct", address("ChildRecordsView.records", student_id=child), parent),
            ("conversation", address("ChildThreadsView.thread", student_id=child, channel="homeroom"), parent),
            ("the teacher's desk", address("TeacherDeskView.today"), teacher),
        ]
    counted = [(name, path, cookie, _statements(flask_app, path, cookie)) for name, path, cookie in pages]
    with flask_app.app_context():
        db.engine.dispose()
    return counted


def _sign_in(flask_app: Any, username: str) -> str:
    """A session as sign-in makes it; the cookie's line."""
    from app.accounts.models import AccountSession
    from app.accounts.sessions import hash_key
    from app.extensions import db
    from app.model_types import now

    key, moment = uuid.uuid4().hex, now() + timedelta(seconds=5)
    with flask_app.app_context(), db.engine.begin() as connection:
        account_id = connection.scalar(sa.text("SELECT id FROM ab_user WHERE username = :name"), {"name": username})
        connection.execute(
            AccountSession.__table__.insert().values(
                key_hash=hash_key(key),
                account_id=account_id,
                data='{"csrf_token": "0000000000000000000000000000000000000000"}',
                user_agent="",
                address="",
                created_at=moment,
                last_seen_at=moment,
                expires_at=moment + timedelta(hours=2),
            )
        )
    return f"{flask_app.config['SESSION_COOKIE_NAME']}={key}"


def _statements(flask_app: Any, path: str, cookie: str) -> int:
    from app.extensions import db

    counted: list[str] = []
    with flask_app.app_context():
        engine = db.engine

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if not statement.startswith("PRAGMA"):
            counted.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    client = flask_app.test_client()
    client.set_cookie(*cookie.split("=", 1))
    for _ in range(2):  # the first one reads the permissions of all roles, and notes what was read
        counted.clear()
        client.get(path)
    sa.event.remove(engine, "before_cursor_execute", note)
    return len(counted)


# ---------- databases and processes ----------


def _run(*arguments: str, environment: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{arguments}: {done.stdout}{done.stderr}")
    return done.stdout


def _postgresql_answers() -> bool:
    try:
        with sa.create_engine(SERVER).connect():
            return True
    except sa.exc.OperationalError:
        return False


@contextmanager
def _database(kind: str, purpose: str, folder: str) -> Iterator[tuple[str, str]]:
    """An empty database: its address, and its name where it is one of PostgreSQL."""
    if kind == "sqlite":
        yield f"sqlite:///{Path(folder) / purpose}.db", ""
        return
    name = f"bench_{purpose}_{uuid.uuid4().hex[:6]}"
    server = sa.create_engine(SERVER, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(sa.text(f'CREATE DATABASE "{name}"'))
    try:
        yield sa.make_url(SERVER).set(database=name).render_as_string(hide_password=False), name
    finally:
        with server.connect() as connection:
            connection.execute(sa.text(f'DROP DATABASE "{name}" WITH (FORCE)'))
        server.dispose()
