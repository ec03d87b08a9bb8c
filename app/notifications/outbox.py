"""Put a letter or an SMS into the outbox, in the transaction of the change it tells of. A worker sends it after the commit.

A purpose is a folder of ``templates/notifications``: ``subject.txt`` and ``body.txt`` (and ``body.html`` where plain
paragraphs do not do) for a letter, ``sms.txt`` for an SMS. Texts are rendered at once, in the receiver's language.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

from flask import current_app
from flask_babel import force_locale
from jinja2 import TemplateNotFound
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.access.session import ScopedSession
from app.crypto.sealing import seal
from app.extensions import db
from app.notifications.models import OutboxChannel, OutboxMessage

WAKE_WORKER = "wake_outbox_worker"
"""The application's extension that a commit calls when it has put something into the outbox (app.jobs)."""

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_LINE_BREAKS = re.compile(r"[\r\n\v\f\x00\x1c-\x1e\x85\u2028\u2029]")


class UnsafeMessage(ValueError):
    """A receiver or a subject holds a line break, or is no address at all: it could grow headers of its own."""


def send_letter(
    to: str,
    purpose: str,
    locale: str,
    *,
    account_id: int | None = None,
    guardian_link_id: int | None = None,
    **values: Any,
) -> None:
    """Write a letter to the mail address ``to`` into the present transaction; does not commit.

    ``values`` are what the purpose's texts name; ``absolute_url`` is there for links. ``guardian_link_id`` says that
    the receiver may know only through that link: right before sending it must still be approved (pending will do for
    purposes named ``link_…``). A letter that says that a link was refused or has ended goes without it.
    Raises UnsafeMessage.
    """
    if "@" not in to or len(to) > 254 or _LINE_BREAKS.search(to):
        raise UnsafeMessage("not a mail address")
    with force_locale(_known(locale)):
        subject = _text(f"{purpose}/subject.txt", values)
        if not subject or _LINE_BREAKS.search(subject):
            raise UnsafeMessage("a subject is one line")
        text = _text(f"{purpose}/body.txt", values)
        content = {
            "subject": subject,
            "text": _text("_layout.txt", {"text": text}),
            "html": _text("_layout.html", {"subject": subject, "text": text, "html": _html_body(purpose, values)}),
        }
    _add(OutboxChannel.EMAIL, purpose, to, content, account_id, guardian_link_id)


def send_sms(
    to_e164: str,
    purpose: str,
    locale: str,
    *,
    account_id: int | None = None,
    guardian_link_id: int | None = None,
    **values: Any,
) -> None:
    """Write an SMS to the mobile number ``to_e164`` (+886912345678) into the present transaction; does not commit.

    See ``send_letter``. Raises UnsafeMessage.
    """
    if not _E164.fullmatch(to_e164):
        raise UnsafeMessage("not a mobile number in E.164")
    with force_locale(_known(locale)):
        text = _text(f"{purpose}/sms.txt", values)
    _add(OutboxChannel.SMS, purpose, to_e164, {"text": text}, account_id, guardian_link_id)


def absolute_url(endpoint: str, **values: Any) -> str:
    """The address of a page as a letter may name it: from PUBLIC_BASE_URL, never from what a browser said."""
    base = urlsplit(current_app.config["PUBLIC_BASE_URL"])
    adapter = current_app.url_map.bind(base.netloc, script_name=base.path or "/", url_scheme=base.scheme)
    return adapter.build(endpoint, values, force_external=True)


def _known(locale: str) -> str:
    return locale if locale in current_app.config["LANGUAGES"] else current_app.config["BABEL_DEFAULT_LOCALE"]


def _text(name: str, values: dict[str, Any]) -> str:
    """A text of templates/notifications. Not Flask's render_template: a letter knows no request and no session."""
    template = current_app.jinja_env.get_template(f"notifications/{name}")
    return template.render(
        absolute_url=absolute_url, public_base_url=current_app.config["PUBLIC_BASE_URL"], **values
    ).strip()


def _html_body(purpose: str, values: dict[str, Any]) -> str:
    try:
        return _text(f"{purpose}/body.html", values)
    except TemplateNotFound:
        return ""


def _add(
    channel: OutboxChannel,
    purpose: str,
    receiver: str,
    content: dict[str, str],
    account_id: int | None,
    guardian_link_id: int | None,
) -> None:
    db.session.add(
        OutboxMessage(
            channel=channel,
            purpose=purpose,
            receiver=receiver,
            account_id=account_id,
            guardian_link_id=guardian_link_id,
            content_sealed=seal(json.dumps(content, ensure_ascii=False)),
        )
    )
    wake_worker_after_commit()


def wake_worker_after_commit() -> None:
    """There is work for the worker in the present transaction: tell it once that is committed."""
    db.session.info["outbox_waits"] = True


@event.listens_for(ScopedSession, "after_commit")
def _wake_the_worker(session: Session) -> None:
    """Tell the worker, once the rows are there for it to see, so that a letter need not wait for its next round."""
    if session.in_nested_transaction() or not session.info.pop("outbox_waits", False):
        return
    wake = current_app.extensions.get(WAKE_WORKER)
    if wake is not None:
        wake()


@event.listens_for(ScopedSession, "after_rollback")
def _forget_to_wake(session: Session) -> None:
    session.info.pop("outbox_waits", None)
