"""The running product for the journeys: web server, worker, a real SMTP server, files for SMS, Chromium.

One server per database and run, on the demo city that came in through the roster importer. Journeys do not depend on
one another: each takes people and children of its own.
"""

from __future__ import annotations

import email
import email.policy
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from playwright.sync_api import Browser

from tests.conftest import _postgresql_answers
from tests.journeys.walk import Manual, Walk
from tests.journeys.words import MANUALS_LANGUAGE, Words, read_in
from tests.template import POSTGRESQL

ROOT = Path(__file__).resolve().parents[2]
EDITIONS = {"zh-TW": MANUALS_LANGUAGE, "en": "en"}
"""Editions of the living manual and the language of their pages. MANUAL=en walks for that one (tests.manual)."""
CAPTCHA = "24680"
PASSWORD = "Portal-demo-2026"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "width" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("widths")
        metafunc.parametrize("width", list(marker.args) if marker else [1280])
    if "running" in metafunc.fixturenames:
        kinds = os.environ.get("JOURNEY_DATABASES", "sqlite,postgresql").split(",")
        metafunc.parametrize("running", kinds, indirect=True, scope="session")


class Mailbox:
    """What the SMTP server received."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 (aiosmtpd's name)
        self.letters.append(email.message_from_bytes(envelope.content, policy=email.policy.default))  # type: ignore[arg-type]
        return "250 OK"


@dataclass
class Running:
    """The product under test, as its users reach it."""

    origin: str
    database_url: str
    outbox: Path
    mailbox: Mailbox
    kind: str
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def rows(self, statement: str, **values: Any) -> list[Any]:
        """Facts of the demo city that a journey needs to begin: a child without a link, a seat number."""
        engine = sa.create_engine(self.database_url)
        try:
            with engine.connect() as connection:
                return list(connection.execute(sa.text(statement), values))
        finally:
            engine.dispose()

    def let_everybody_read(self, locale: str) -> None:
        """The people of the demo city chose this language."""
        engine = sa.create_engine(self.database_url)
        with engine.begin() as connection:
            connection.execute(sa.text("UPDATE account_profile SET locale = :locale"), {"locale": locale})
        engine.dispose()

    def letter_to(self, address: str, containing: str = "", *, seconds: float = 20) -> str:
        """The text of the newest letter to ``address``; waits for the worker. Fails when none arrives."""

        def find() -> str | None:
            for letter in reversed(self.mailbox.letters):
                body = letter.get_body(("plain",))
                text = f"{letter['Subject']}\n{body.get_content() if body else ''}"
                if address in str(letter["To"]) and containing in text:
                    return text
            return None

        return _wait_for(find, f"no letter to {address}", seconds)

    def letters_to(self, address: str) -> int:
        return sum(address in str(letter["To"]) for letter in self.mailbox.letters)

    def sms_to(self, mobile: str, *, after: int = 0, seconds: float = 20) -> str:
        """The text of the newest SMS to the E.164 number, once there are more than ``after``."""

        def find() -> str | None:
            texts = self.all_sms_to(mobile)
            return texts[-1] if len(texts) > after else None

        return _wait_for(find, f"no SMS to {mobile}", seconds)

    def all_sms_to(self, mobile: str) -> list[str]:
        found = [json.loads(path.read_text("utf-8")) for path in self.outbox.glob("*.sms.json")]
        return [sms["text"] for sms in sorted(found, key=lambda sms: sms["sent_at"]) if sms["to"] == mobile]


def _wait_for(find: Callable[[], str | None], problem: str, seconds: float) -> str:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = find()
        if found is not None:
            return found
        time.sleep(0.1)
    raise AssertionError(problem)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="session")
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    kind = request.param
    folder = tmp_path_factory.mktemp(f"running-{kind}")
    name = f"portal_walk_{os.getpid()}_{uuid.uuid4().hex[:6]}"
    server = None
    if kind == "postgresql":
        if not _postgresql_answers():
            pytest.skip("no PostgreSQL at TEST_DATABASE_URL or 127.0.0.1:5432")
        server = sa.create_engine(POSTGRESQL, isolation_level="AUTOCOMMIT")
        with server.connect() as connection:
            connection.execute(sa.text(f'CREATE DATABASE "{name}"'))
        url = sa.make_url(POSTGRESQL).set(database=name).render_as_string(hide_password=False)
    else:
        url = f"sqlite:///{folder / 'portal.db'}"
    mailbox = Mailbox()
    smtp = Controller(mailbox, hostname="127.0.0.1", port=_free_port())
    smtp.start()
    port = _free_port()
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith(("MAIL_", "SMS_", "FLASK_"))},
        "PORTAL_ENV": "test",
        "DATABASE_URL": url,
        "REDIS_URL": "",
        "INSTANCE_DIR": str(folder / "instance"),
        "OUTBOX_DIR": str(folder / "outbox"),
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": str(smtp.port),
        "SMS_GATEWAY": "file",
        "CAPTCHA_FIXED_ANSWER": CAPTCHA,
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "PUBLIC_BASE_URL": f"http://127.0.0.1:{port}",
        "PYTHONUNBUFFERED": "1",
    }
    edition = os.environ.get("MANUAL", "")
    if edition:
        environment["DEFAULT_LOCALE"] = EDITIONS[edition]
    log = (folder / "run.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "run.py"], cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
    )
    running = Running(f"http://127.0.0.1:{port}", url, folder / "outbox", mailbox, kind, [process])
    try:
        _wait_until_healthy(running, process, folder / "run.log")
        if edition:
            running.let_everybody_read(EDITIONS[edition])
        yield running
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
        smtp.stop()
        log.close()
        if server is not None:
            with server.connect() as connection:
                connection.execute(sa.text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
            server.dispose()


def _wait_until_healthy(running: Running, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{running.origin}/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.3)
    raise AssertionError(f"the product did not start:\n{log.read_text('utf-8', 'replace')[-4000:]}")


@pytest.fixture
def walk_as(
    running: Running, chromium: Browser, width: int, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], Walk]]:
    """Makes browsers: ``walk_as()`` is one person's, with nothing in it yet."""
    walks: list[Walk] = []
    edition = os.environ.get("MANUAL", "")
    if EDITIONS.get(edition, MANUALS_LANGUAGE) != MANUALS_LANGUAGE:
        read_in(Words(EDITIONS[edition]), monkeypatch)

    def begin() -> Walk:
        manual = Manual(edition) if edition else None
        walk = Walk(chromium, running.origin, width, keep_pictures=running.kind == "sqlite", manual=manual)
        walks.append(walk)
        return walk

    yield begin
    problems = [problem for walk in walks for problem in walk.problems]
    for walk in walks:
        walk.close()
    assert problems == []
