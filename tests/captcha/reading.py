"""What the picture in front of somebody says, for tests that may not use the answer that is always right."""

from __future__ import annotations

import json
import re

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.models import AccountSession
from app.accounts.sessions import hash_key
from app.captcha.challenges import Challenge
from app.extensions import db


def session_data(flask_app: Flask, client: FlaskClient) -> dict[str, str]:
    """What the server keeps for this browser."""
    cookie = client.get_cookie(flask_app.config["SESSION_COOKIE_NAME"])
    assert cookie is not None
    table = AccountSession.__table__
    with flask_app.app_context(), db.engine.connect() as connection:
        data = connection.scalar(sa.select(table.c.data).where(table.c.key_hash == hash_key(cookie.value)))
    return json.loads(data) if data else {}


def digits_shown(flask_app: Flask, client: FlaskClient, scene: str) -> str:
    nonce, expires_at = session_data(flask_app, client)[f"captcha.{scene}"].split(":")
    with flask_app.app_context():
        return Challenge(scene, nonce, int(expires_at)).digits


def form_token(page) -> str:  # type: ignore[no-untyped-def]
    found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page.text)
    assert found
    return found.group(1)
