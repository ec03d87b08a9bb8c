"""The product that is attacked: a demo portal of its own on this machine, as run.py starts it."""

from __future__ import annotations

import re
import shutil
import urllib.error
import urllib.request
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

import config
from app import create_app
from app.extensions import db
from tests.conftest import begin_session
from tests.running import Portal
from tests.security.report import Line

TYPED = "default"
"""What wapiti types into a field it knows nothing about: as the captcha's fixed answer it opens what lies behind."""


@dataclass(frozen=True)
class Scout:
    """As whom the portal is scanned, and where the scan begins."""

    name: str
    start: str
    """Opens with 200 only while the session lives."""
    person: str | None
    probes: tuple[str, ...] = ()
    """Addresses for sqlmap beside those that wapiti finds; * marks a place in a path."""


SCOUTS = (
    Scout("visitor", "/sign-in/general/", None, ("/information/privacy*", "/captcha/sign-in-general*.png", "/news/1*")),
    Scout("parent", "/portal/", "parent_chen", ("/portal/children/go/records*",)),
    Scout("teacher", "/student-affairs/", "teacher_501", ("/student-affairs/term-grades/show/1*",)),
    Scout(
        "manager",
        "/sso/",
        "manager_wc",
        (
            "/sso/students/list/?_flt_0_full_name=x&_oc_StudentAdmin=full_name&_od_StudentAdmin=asc&page_StudentAdmin=0",
            "/sso/students/show/1*",
            "/sso/enrollments/lookup/student*?q=x",
        ),
    ),
)


class ScannedPortal:
    """Starts on a fresh demo city in ``folder``; every answer is in its access log."""

    def __init__(self, folder: Path) -> None:
        shutil.rmtree(folder / "instance", ignore_errors=True)
        self.portal = Portal(folder)
        self.answers_log = folder / "answers.log"
        self.answers_log.unlink(missing_ok=True)
        self.portal.settings |= {
            "CAPTCHA_FIXED_ANSWER": TYPED,
            # a scanner is one address: with its caps it would see nothing but 429 (tests/limits shows them at work)
            "CAP_SIGN_IN_TRIES": "0",
            "CAP_APPLICATION_TRIES": "0",
            "GUNICORN_CMD_ARGS": f"--access-logfile {self.answers_log} --access-logformat '%(s)s %(m)s %(U)s %(q)s'",
        }

    def start(self) -> None:
        self.portal.start()
        self.web = create_app(config.load(self.portal.settings))

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.portal.port}"

    def begin_session(self, person: str | None) -> str:
        """The cookie of ``person`` (None: of a visitor with a session), name and value."""
        with self.web.app_context(), db.engine.connect() as connection:
            found = connection.execute(sa.text("SELECT id FROM ab_user WHERE username = :name"), {"name": person}).scalar()
        return f"{self.web.config['SESSION_COOKIE_NAME']}={begin_session(self.web, found)}"

    def csrf_token(self, cookie: str) -> str:
        """A token for the forms of that session."""
        request = urllib.request.Request(self.origin + "/sign-in/general/", headers={"Cookie": cookie})
        with urllib.request.urlopen(request, timeout=20) as answer:
            found = re.search(r'name="csrf_token" value="([^"]+)"', answer.read().decode())
        assert found, "a form without a token"
        return found[1]

    def still_opens(self, path: str, cookie: str) -> bool:
        request = urllib.request.Request(self.origin + path, headers={"Cookie": cookie})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status == 200 and answer.url == self.origin + path
        except urllib.error.URLError:
            return False

    def answers(self) -> list[str]:
        """Every answer so far: status, method, path, query."""
        return self.answers_log.read_text("utf-8", "replace").splitlines() if self.answers_log.exists() else []

    def end(self) -> tuple[list[Line], list[str]]:
        """Stop; a line for what it answered and one for its log. An answer of 500 and above has failed."""
        if self.portal.process is not None:
            self.portal.end()
        answers = self.answers()
        broken = [answer for answer in answers if answer.startswith("5")]
        statuses = Counter(answer[:1] + "xx" for answer in answers)
        told = ", ".join(f"{count} × {status}" for status, count in sorted(statuses.items()))
        errors = [line for line in self.portal.said.splitlines() if re.search(r"server_error|CRITICAL|Traceback", line)]
        lines = [
            Line("no answer of 500 or above", int(not broken), len(broken), note=f"answers: {told}"),
            Line("no error in the product's log", int(not errors), len(errors)),
        ]
        return lines, [*(f"answered {each}" for each in sorted(set(broken))[:40]), *errors[:40]]
