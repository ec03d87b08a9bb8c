"""Filling in forms over HTTP, and reading what the pages and the outbox say."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.access.session import system
from app.accounts.models import Account, AccountProfile
from app.crypto.sealing import open_sealed
from app.extensions import db
from app.notifications.models import OutboxMessage
from tests.world import PASSWORD

CAPTCHA = "24680"
RED, GREEN = "/sign-in/official/", "/sign-in/general/"


def send(client: FlaskClient, path: str, fields: dict[str, Any], *, follow: bool = False) -> Any:
    """Open the page, fill in, send: as a browser does, with the token of the page's form."""
    page = client.get(path)
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page.text)
    assert token, page.text[:500]
    return client.post(path, data={"csrf_token": token.group(1), **fields}, follow_redirects=follow)


def enter(client: FlaskClient, door: str, username: str, password: str = PASSWORD, **more: Any) -> Any:
    """Fill in the form of an entrance; answers the page that comes of it."""
    return send(client, door, {"username": username, "password": password, "captcha": CAPTCHA, **more})


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/portal/").status_code == 200


def errors(page: Any) -> dict[str, str]:
    """Field → the message beside it."""
    found = re.findall(r'class="error" id="([\w]+)-e">(?:<svg.*?</svg>)?(.*?)</', page.text, flags=re.S)
    return {name: html.unescape(text) for name, text in found}


def value_of(page: Any, name: str) -> str:
    """What a text field of the page holds."""
    control = re.search(rf'<(?:input|textarea)[^>]* name="{name}"[^>]*>', page.text)
    assert control, name
    value = re.search(r'value="([^"]*)"', control.group())
    return html.unescape(value.group(1)) if value else ""


def messages(flask_app: Flask, purpose: str) -> list[tuple[str, dict[str, str]]]:
    """(receiver, content) of the outbox's messages of one purpose, in order."""
    with flask_app.app_context(), system("tests"):
        rows = db.session.execute(
            sa.select(OutboxMessage.receiver, OutboxMessage.content_sealed)
            .where(OutboxMessage.purpose == purpose)
            .order_by(OutboxMessage.id)
        ).all()
        return [(receiver, json.loads(open_sealed(content))) for receiver, content in rows]


def account(flask_app: Flask, username: str) -> dict[str, Any] | None:
    """The facts of an account and its profile, or None."""
    with flask_app.app_context(), system("tests"):
        row = db.session.execute(
            sa.select(Account, AccountProfile)
            .join(AccountProfile, AccountProfile.account_id == Account.id)
            .where(Account.username == username)
        ).first()
        if row is None:
            return None
        facts = {column.name: getattr(row[1], column.name) for column in AccountProfile.__table__.columns}
        kept = ("id", "state", "account_type", "must_change_password", "password")
        return {**facts, **{name: getattr(row[0], name) for name in kept}, "roles": {role.name for role in row[0].roles}}


def count(flask_app: Flask, model: Any, *conditions: Any) -> int:
    with flask_app.app_context(), system("tests"):
        return int(db.session.scalar(sa.select(sa.func.count()).select_from(model).where(*conditions)) or 0)
