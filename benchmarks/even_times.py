"""Does the time of an answer tell whether an account, a number or a child exists? ``python -m benchmarks.even_times``.

Asks each form with data that are right and with data that belong to nobody, one after the other in random order, on one
connection to the product on its demo city: as well as somebody on the same machine could measure. Prints the medians and
in how many of all pairs the known one took longer (Mann–Whitney: 50 % tells nothing) with its z. A |z| above 3.3 is
chance once in a thousand runs; such a form is marked. Caps and locks are lifted: they would end the measurement.
"""

from __future__ import annotations

import math
import os
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa

from benchmarks import pages
from benchmarks.processes import serving

ROUNDS = int(os.environ.get("EVEN_ROUNDS", "100"))
CAPTCHA = "24680"
TELLING = 3.3
CAPS = (
    "SMS_PER_RECEIVER SMS_PER_ACCOUNT SMS_PER_ADDRESS SMS_PER_DAY LETTERS_PER_RECEIVER LETTERS_PER_ACCOUNT "
    "LETTERS_PER_ADDRESS LETTERS_PER_DAY NOTICES_PER_ACCOUNT SIGN_IN_TRIES APPLICATION_TRIES"
)


@dataclass
class Form:
    """A form, the fields that are right, and what makes them nobody's."""

    name: str
    path: str
    known: dict[str, str]
    unknown: dict[str, str]
    cookie: str = ""
    tidy: tuple[str, ...] = ()
    """Statements that take the last try back: a lock, an application."""


def main() -> int:
    """Measure on each database that answers. 1 when a form's times tell the two apart, or its answers do."""
    telling = []
    for kind in ("sqlite", "postgresql"):
        if kind == "postgresql" and not pages._postgresql_answers():
            print("\nPostgreSQL does not answer; SQLite alone was measured.")
            continue
        print(
            f"\n### {kind}\n\n| form | known ms | nobody's ms | known takes longer | z |\n|---|--:|--:|--:|--:|", flush=True
        )
        with tempfile.TemporaryDirectory() as folder, pages._database(kind, "even", folder) as (url, name):
            telling += _measure_all(url, name, folder)
    for form in telling:
        print(f"TELLING {form}")
    return 1 if telling else 0


def _measure_all(url: str, name: str, folder: str) -> list[str]:
    environment = {
        "PORTAL_ENV": "development",
        "DATABASE_URL": url,
        "INSTANCE_DIR": str(Path(folder) / "instance"),
        "RUN_JOBS": "0",
        "CAPTCHA_FIXED_ANSWER": CAPTCHA,
        **{f"CAP_{cap}": "0" for cap in CAPS.split()},
    }
    pages._run("-m", "flask", "--app", "app", "portal", "init", "--with-demo", environment=environment)
    pages._gather_statistics(url)
    forms, engine = _forms(environment), sa.create_engine(url, isolation_level="AUTOCOMMIT")
    telling = []
    with serving("app:create_app()", environment, name) as server:
        for form in forms:
            telling += _measure(server.port, form, lambda form=form: _tidy(engine, form))
    engine.dispose()
    return telling


def _measure(port: int, form: Form, tidy: Callable[[], None]) -> list[str]:
    browser = _Browser(port, form)
    times: dict[bool, list[float]] = {True: [], False: []}
    answers: dict[bool, set[Any]] = {True: set(), False: set()}
    for number in range(ROUNDS + 10):
        for is_known in random.sample((True, False), 2):
            tidy()
            fields = form.known if is_known else {**form.known, **form.unknown}
            answer, seconds = browser.send(fields)
            if number >= 10:  # the first ones warm both processes up
                times[is_known].append(seconds)
                answers[is_known].add(answer)
    longer, z = _mann_whitney(times[True], times[False])
    known, unknown = (1000 * statistics.median(times[is_known]) for is_known in (True, False))
    print(f"| {form.name} | {known:.2f} | {unknown:.2f} | {100 * longer:.0f} % | {z:+.1f} |", flush=True)
    return [
        *([f"{form.name}: the times (z {z:+.1f})"] if abs(z) > TELLING else []),
        *([f"{form.name}: the answers {answers}"] if answers[True] != answers[False] else []),
    ]


def _mann_whitney(one: list[float], other: list[float]) -> tuple[float, float]:
    """The share of pairs in which ``one`` is the longer, and how many standard deviations that is from one half."""
    pairs = len(one) * len(other)
    share = sum((a > b) + (a == b) / 2 for a in one for b in other) / pairs
    return share, (share - 0.5) * math.sqrt(12 * pairs / (len(one) + len(other) + 1))


class _Browser:
    """One connection and one session: it opened the form once, and sends it again and again."""

    def __init__(self, port: int, form: Form) -> None:
        self.path = form.path
        self.connection = HTTPConnection("127.0.0.1", port, timeout=30)
        headers = {"Cookie": form.cookie} if form.cookie else {}
        self.connection.request("GET", form.path, headers=headers)
        page = self.connection.getresponse()
        self.cookie = form.cookie or (page.getheader("Set-Cookie") or "").partition(";")[0]
        token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page.read().decode())
        if token is None:
            raise RuntimeError(f"{form.path} answered {page.status} without a form")
        self.token = token[1]

    def send(self, fields: dict[str, str]) -> tuple[tuple[int, str | None], float]:
        """Status and target of the answer, and the seconds until it was whole."""
        body = urlencode({"csrf_token": self.token, "captcha": CAPTCHA, **fields})
        headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        begin = time.perf_counter()
        self.connection.request("POST", self.path, body, headers)
        answer = self.connection.getresponse()
        answer.read()
        return (answer.status, answer.getheader("Location")), time.perf_counter() - begin


def _tidy(engine: sa.Engine, form: Form) -> None:
    with engine.connect() as connection:
        for statement in form.tidy:
            connection.execute(sa.text(statement))


def _forms(environment: dict[str, str]) -> list[Form]:
    import config
    from app import create_app
    from app.crypto.sealing import open_sealed
    from app.extensions import db

    flask_app = create_app(config.load(environment))
    with flask_app.app_context(), db.engine.begin() as connection:

        def person(username: str) -> Any:
            return connection.execute(
                sa.text(
                    "SELECT p.email, p.mobile, p.identity_number_sealed AS number, p.birth_date "
                    "FROM account_profile p JOIN ab_user u ON u.id = p.account_id WHERE u.username = :name"
                ),
                {"name": username},
            ).one()

        teacher, parent, waiting = person("teacher_501"), person("parent_chen"), person("citizen_wu")
        connection.execute(sa.text("UPDATE ab_user SET state = 'pending_activation' WHERE username = 'citizen_wu'"))
        pupil = connection.execute(
            sa.text(
                "SELECT s.full_name, s.student_number, s.birth_date, c.grade_level, c.class_name, e.seat_number, k.name "
                "FROM student s JOIN enrollment e ON e.student_id = s.id AND e.ended_on IS NULL "
                "JOIN school_class c ON c.id = e.class_id JOIN school k ON k.id = s.school_id "
                "WHERE k.code = '034601' ORDER BY s.id LIMIT 1"
            )
        ).one()
        last_link = connection.scalar(sa.text("SELECT max(id) FROM guardian_link"))
        numbers = open_sealed(parent.number), open_sealed(waiting.number)
    cookie = pages._sign_in(flask_app, "parent_lin")
    with flask_app.app_context():
        db.engine.dispose()
    unlock, nobody = ("DELETE FROM sign_in_counter",), {"username": "nobody_here"}
    reset = {"username": "teacher_501", "email": teacher.email, "mobile": teacher.mobile}
    letter = {"username": "parent_chen", "identity_number": numbers[0], "birth_date": str(parent.birth_date)}
    again = {"username": "citizen_wu", "identity": numbers[1]}
    wrong = {"password": "not the password"}
    link = {
        "school": pupil.name,
        "grade_level": str(pupil.grade_level),
        "class_name": pupil.class_name,
        "seat_number": str(pupil.seat_number),
        "student_name": pupil.full_name,
        "student_key": pupil.student_number,
        "birth_date": str(pupil.birth_date),
        "relationship_kind": "father",
    }
    withdraw = (f"DELETE FROM guardian_link WHERE id > {last_link}",)
    return [
        Form("sign-in, official", "/sign-in/official/", {"username": "teacher_501", **wrong}, nobody, tidy=unlock),
        Form("sign-in, general", "/sign-in/general/", {"username": "parent_chen", **wrong}, nobody, tidy=unlock),
        Form("reset by SMS: account", "/reset/official/", reset, nobody),
        Form("reset by SMS: mailbox", "/reset/official/", reset, {"email": "nobody@example.org"}),
        Form("reset by letter: account", "/reset/general/", letter, nobody),
        Form("reset by letter: number", "/reset/general/", letter, {"identity_number": "H100000017"}),
        Form("activation letter again", "/activate/again", again, nobody),
        Form("link application", "/portal/links/", link, {"student_key": "9999999"}, cookie, withdraw),
    ]


if __name__ == "__main__":
    sys.exit(main())
