"""The demo city in a database of its own, served on this machine, with people in every state that has a page.

What a page needs to be reached that no link leads to (a letter's link, the middle of a sign-in) is put into the database
and into the server's sessions, as the flows themselves would have left it.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

import config
from app import create_app
from app.access.gates import ASKS_NOTICE
from app.access.pages import sync_pages
from app.access.session import system
from app.accounts import secrets
from app.accounts.models import Account, AccountProfile, AccountSession, AccountState, AccountType, SecretPurpose
from app.accounts.sessions import hash_key
from app.accounts.sign_in import SecondStep
from app.crypto.sealing import seal
from app.extensions import db
from app.guardian_links.models import GuardianLink, LinkStatus, ProtectionMark
from app.importing.demo import seed_demo
from app.model_types import now
from app.web.catalogues import compile_catalogues
from tests.accounts.authenticator import phone_for

CSRF_SECRET = "0" * 40


class _Quiet(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        """A line for each request would bury what is printed."""


class DemoPortal:
    """The product on the demo schools, for measuring. Use with ``with``; ``origin`` is its address."""

    def __init__(self, folder: Path) -> None:
        compile_catalogues()
        settings = config.load(
            {
                "PORTAL_ENV": "development",
                "INSTANCE_DIR": str(folder),
                "RUN_JOBS": "0",
                "CAPTCHA_FIXED_ANSWER": "24680",
                "PUBLIC_BASE_URL": "http://localhost",
            }
        )
        self.app: Flask = create_app(settings)
        with self.app.app_context():
            upgrade()
            sync_pages(db.session)
            seed_demo()
            with system("measuring: people in every state"):
                self.accounts = {name: key for key, name in db.session.execute(sa.select(Account.id, Account.username))}
                self.child_of_parent_chen = db.session.scalars(
                    sa.select(GuardianLink.student_id).where(
                        GuardianLink.account_id == self.accounts["parent_chen"], GuardianLink.status == LinkStatus.APPROVED
                    )
                ).first()
                self.states = self._people_in_every_state()
                db.session.commit()
            db.session.remove()
        self.locale = "zh_Hant_TW"
        phone_for(self.app, self.accounts["teacher_wc_302"], "teacher_wc_302")

    def __enter__(self) -> DemoPortal:
        self.servers: dict[str, BaseWSGIServer] = {}
        self.server = make_server("127.0.0.1", 0, self.app, threaded=True, request_handler=_Quiet)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        return self

    def __exit__(self, *_: object) -> None:
        for server in (self.server, *self.servers.values()):
            server.shutdown()

    def speak(self, locale: str) -> None:
        """From now on everybody reads in ``locale``: the accounts by their own choice, visitors with a new session."""
        self.locale = locale
        with self.app.app_context(), db.engine.begin() as connection:
            connection.execute(AccountProfile.__table__.update().values(locale=locale))

    def origin_as(self, person: str) -> str:
        """An address at which everybody is ``person``, for tools that know no cookies."""
        if person not in self.servers:
            cookie = f"{self.app.config['SESSION_COOKIE_NAME']}={self.cookie_of(person)}"
            signed_in = partial(_as_person, self.app, cookie)
            self.servers[person] = make_server("127.0.0.1", 0, signed_in, threaded=True, request_handler=_Quiet)
            threading.Thread(target=self.servers[person].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.servers[person].server_port}"

    def cookie_of(self, person: str) -> str:
        """The cookie of a new session of ``person``: a username, "-" for a visitor, or one of ``states``."""
        username, kept = self.states.get(person, (person, {}))
        return begin_session(self.app, self.accounts.get(username), {"locale": self.locale, **kept})

    def _people_in_every_state(self) -> dict[str, tuple[str, dict[str, Any]]]:
        """Name of the state → (account, what the session has kept)."""
        newcomer, keeper, late, locked_out = "teacher_wc_301", "teacher_wc_302", "parent_zhang", "parent_li"
        _set(self.accounts[newcomer], state=AccountState.PENDING_PASSWORD_CHANGE)
        _set(self.accounts[late], state=AccountState.PENDING_ACTIVATION)
        _set(self.accounts["teacher_wc_401"], active=False, state=AccountState.SUSPENDED)
        activation = secrets.issue_link_token(self.accounts[late], SecretPurpose.ACTIVATION)
        reset = secrets.issue_link_token(self.accounts[locked_out], SecretPurpose.RESET_LINK)
        step = SecondStep(self.accounts[keeper], now())
        started = {"number": seal("A123456789")}
        kept_away = db.session.scalars(
            sa.select(GuardianLink).where(GuardianLink.account_id == self.accounts["parent_tu"])
        ).one()
        db.session.add(_mark_on(kept_away, self.accounts["registrar_wc"]))
        return {
            "newcomer": (newcomer, {}),
            "keeper": (keeper, {}),
            "applied officially": ("-", {"registration.done": "09**-***-456"}),
            "applied": ("-", {"registration.done": "m***@example.org"}),
            **{
                f"applies as {kind}": ("-", {"registration.started": {**started, "type": kind.value}})
                for kind in (AccountType.GUARDIAN, AccountType.STUDENT, AccountType.OUTSIDE_STAFF, AccountType.CITIZEN)
            },
            "activates": ("-", {"registration.activation": secrets.hash_token(activation)}),
            "renews": ("-", {"reset_link": secrets.hash_token(reset)}),
            "second step": (
                "-",
                {
                    "second_step": {
                        "step": {**asdict(step), "began_at": step.began_at.isoformat()},
                        "next": None,
                        "door": "official",
                    }
                },
            ),
            "sets up": (
                "teacher_501",
                {"second_factor.key": {"sealed": seal("JBSWY3DPEHPK3PXP" * 2), "until": int(time.time()) + 36000}},
            ),
            "has codes": ("teacher_501", {"second_factor.codes": seal(json.dumps(["abcde-fghjk"] * 10))}),
            "asked": ("parent_chen", {ASKS_NOTICE: True}),
        }


def _mark_on(link: GuardianLink, registrar_id: int) -> ProtectionMark:
    return ProtectionMark(
        school_id=link.school_id,
        guardian_link_id=link.id,
        account_id=link.account_id,
        identity_number_index="",
        guardian_name=link.guardian_name,
        student_id=link.student_id,
        student_name=link.typed_name,
        reason="法院通常保護令 115年度家護字第12號",
        placed_by_id=registrar_id,
        placed_by_name="蔡佳蓉",
    )


def _as_person(flask_app: Flask, cookie: str, environ: dict[str, Any], start_response: Any) -> Any:
    if environ["REQUEST_METHOD"] == "POST" and environ["PATH_INFO"].startswith(("/language/", "/sign-out/")):
        start_response("204 No Content", [])  # a tool that sends every form must not change who looks, or how
        return []
    return flask_app({**environ, "HTTP_COOKIE": cookie}, start_response)


def _set(account_id: int, **values: Any) -> None:
    db.session.execute(sa.update(Account).where(Account.id == account_id).values(**values))


def begin_session(flask_app: Flask, account_id: int | None, kept: dict[str, Any]) -> str:
    """A session as sign-in makes it, with ``kept`` in it; returns the cookie's value."""
    key, moment = uuid.uuid4().hex, now()
    with flask_app.app_context(), db.engine.begin() as connection:
        connection.execute(
            AccountSession.__table__.insert().values(
                key_hash=hash_key(key),
                account_id=account_id,
                data=json.dumps({"csrf_token": CSRF_SECRET, **kept}),
                user_agent="",
                address="",
                created_at=moment,
                last_seen_at=moment,
                expires_at=moment + flask_app.config["SESSION_ABSOLUTE"],
            )
        )
    return key
