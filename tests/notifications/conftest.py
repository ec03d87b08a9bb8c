"""Two purposes of our own, settings that a test may change, and a real mail server on the loopback."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from flask import Flask
from jinja2 import ChoiceLoader, DictLoader

from app.access.session import system
from app.crypto.sealing import open_sealed
from app.extensions import db, mail
from app.notifications.models import OutboxMessage

TEXTS = {
    "notifications/greeting/subject.txt": "{{ _('My area') }}: {{ name }}\n",
    "notifications/greeting/body.txt": "{{ _('My area') }}\n{{ name }}\n\n{{ absolute_url('HomeView.news', news_id=7) }}\n",
    "notifications/greeting/sms.txt": "{{ _('My area') }}: {{ name }}\n",
    "notifications/link_greeting/sms.txt": "{{ name }}\n",
    "notifications/framed/subject.txt": "{{ name }}",
    "notifications/framed/body.txt": "{{ name }}",
    "notifications/framed/body.html": '<p class="own">{{ name }}</p>',
}


@pytest.fixture(autouse=True)
def purposes(flask_app: Flask) -> Iterator[None]:
    """The texts above, beside the product's."""
    present = flask_app.jinja_env.loader
    assert present is not None
    flask_app.jinja_env.loader = ChoiceLoader([DictLoader(TEXTS), present])
    yield
    flask_app.jinja_env.loader = present


@pytest.fixture
def context(flask_app: Flask) -> Iterator[Flask]:
    """Services that write letters act for somebody; who that is makes no difference here."""
    with flask_app.app_context(), system("tests"):
        yield flask_app
        db.session.rollback()


@pytest.fixture
def settings(flask_app: Flask) -> Iterator[Callable[..., None]]:
    """``settings(MAIL_PORT=2525)``: other settings for this test alone."""
    kept = dict(flask_app.config)

    def change(**values: Any) -> None:
        flask_app.config.update(values)
        mail.init_app(flask_app)

    yield change
    flask_app.config.update(kept)
    mail.init_app(flask_app)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Mailbox:
    """A mail server's handler that keeps what arrives; ``answers`` says how it takes one receiver."""

    def __init__(self) -> None:
        self.letters: list[Any] = []
        self.answers: dict[str, str] = {}

    async def handle_RCPT(self, server, session, envelope, address, options):  # type: ignore[no-untyped-def]  # noqa: N802
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):  # type: ignore[no-untyped-def]  # noqa: N802
        self.letters.append((envelope.rcpt_tos[0], envelope.content))
        return "250 taken"


@pytest.fixture
def mailbox(settings: Callable[..., None]) -> Iterator[Mailbox]:
    """A real SMTP server; the application sends there."""
    handler = Mailbox()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings(MAIL_SERVER="127.0.0.1", MAIL_PORT=controller.port, MAIL_TIMEOUT=5.0)
    yield handler
    controller.stop()


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A server that takes the connection and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def rows() -> list[OutboxMessage]:
    """All of the outbox, oldest first, as it is committed; needs ``context``."""
    db.session.rollback()
    found = list(db.session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.id)))
    db.session.expunge_all()
    return found


def text_of(row: OutboxMessage) -> dict[str, str]:
    return json.loads(open_sealed(row.content_sealed))
