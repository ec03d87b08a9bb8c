"""What a browser session has to read or to compute: bound to a scene, five minutes, one try.

The session keeps a random number; the digits follow from it by the server's secret, so that neither the cookie nor a
copy of the session table tells them.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from flask import current_app, session

from app.accounts.models import AccountSession
from app.accounts.sessions import ServerSession
from app.extensions import db
from app.model_types import now

LIFE = timedelta(minutes=5)
LEFT_FOR_A_NEW_FORM = timedelta(minutes=4)
"""A form that is shown again keeps its picture only while there is time to fill it in."""
LENGTH = 5


@dataclass(frozen=True)
class Challenge:
    """One picture's digits."""

    scene: str
    nonce: str
    expires_at: int

    @property
    def number(self) -> str:
        """Names the picture in its address, so that a browser never shows an older one; tells nothing."""
        return self.nonce[:8]

    @property
    def digits(self) -> str:
        key = current_app.config["SECRET_KEY"].encode()
        made = hmac.new(key, f"captcha|{self.scene}|{self.nonce}".encode(), hashlib.sha256).digest()
        return f"{int.from_bytes(made, 'big') % 10**LENGTH:0{LENGTH}}"


def current(scene: str) -> Challenge:
    """The scene's challenge of this session; a new one when there is none or its time is nearly over."""
    known = find(scene)
    if known is None or known.expires_at - now().timestamp() < LEFT_FOR_A_NEW_FORM.total_seconds():
        return renew(scene)
    return known


def find(scene: str) -> Challenge | None:
    """The scene's challenge of this session, unless there is none or it has expired."""
    nonce, _, expires_at = str(session.get(_key(scene), "")).partition(":")
    if not expires_at or int(expires_at) <= now().timestamp():
        return None
    return Challenge(scene, nonce, int(expires_at))


def is_known(scene: str) -> bool:
    """True when a form of this scene was shown in this session: only then are pictures drawn for it."""
    return _key(scene) in session


def renew(scene: str) -> Challenge:
    """換一張: other digits, for five minutes."""
    challenge = Challenge(scene, secrets.token_hex(16), int((now() + LIFE).timestamp()))
    session[_key(scene)] = f"{challenge.nonce}:{challenge.expires_at}"
    return challenge


def is_right(scene: str, typed: str) -> bool:
    """Whether ``typed`` is what the picture shows. Right or wrong, that picture is used up, and a computed task with it."""
    challenge = find(scene)
    answer = "".join(unicodedata.normalize("NFKC", typed).split())
    is_first = use_up(scene)
    fixed = current_app.config["CAPTCHA_FIXED_ANSWER"]
    if fixed and hmac.compare_digest(answer.encode(), fixed.encode()):
        return True
    return challenge is not None and is_first and hmac.compare_digest(answer.encode(), challenge.digits.encode())


def use_up(scene: str) -> bool:
    """Take picture and task out of the session, in the database at once: of several answers sent together one counts."""
    kept = cast(ServerSession, session)
    before, keys = json.dumps(kept.loaded), {_key(scene), work_key(scene)}
    had = [key for key in keys if kept.pop(key, None) is not None]
    if not had or kept.row_id is None:
        return False
    table = AccountSession.__table__
    with db.engine.begin() as connection:
        changed = connection.execute(
            table.update()
            .where(table.c.id == kept.row_id, table.c.data == before)
            .values(data=json.dumps({key: value for key, value in kept.loaded.items() if key not in keys}))
        )
    for key in keys:
        kept.loaded.pop(key, None)
    return changed.rowcount == 1


def _key(scene: str) -> str:
    return f"captcha.{scene}"


def work_key(scene: str) -> str:
    """Where the session keeps the scene's task (app.captcha.work)."""
    return f"captcha-work.{scene}"
