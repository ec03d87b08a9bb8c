"""The one copy that a guardian's own device may hold, and the word on every answer by which the service worker lets it go.

Nothing of staff, of visitors, or of anything but one day's contact book is ever kept.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta
from functools import lru_cache
from typing import cast

from flask import Flask, Response, current_app, g, request, session

from app.access import policy
from app.accounts.sessions import ServerSession
from app.model_types import now

LONGEST = timedelta(hours=24)
READER = "Portal-Reader"
"""On every answer: a word for the reader whose copy may stay, ``-`` when nobody's may."""
UNTIL = "Portal-Kept-Until"
"""On the page that is kept: until when, in milliseconds since 1970."""
NOBODY = "-"


def kept_until() -> datetime:
    """How long a copy that is made now may be shown: a day, and never longer than the session can last by itself."""
    own = cast(ServerSession, session)
    moment = now()
    end = moment + (LONGEST if own.stays else current_app.config["SESSION_IDLE"])
    return min(end, moment + LONGEST, own.ends_at or end)


def is_own_device() -> bool:
    """The guardian chose to stay signed in here. (That the app is installed only the browser knows.)"""
    return cast(ServerSession, session).stays


def reader_word() -> str:
    """Another word for every session, account, and set of linked children; it tells nothing by itself."""
    actor, own = g.get("actor"), cast(ServerSession, session)
    if actor is None or actor.state != "active" or not own.link_ids:
        return NOBODY
    if not policy.may_stay_signed_in(actor.kind, actor.account_type, actor.roles):
        return NOBODY
    return _word(current_app.config["SECRET_KEY"], f"kept|{own.row_id}|{actor.id}|{own.link_ids}")


@lru_cache(maxsize=2000)
def _word(key: str, said: str) -> str:
    return hmac.new(key.encode(), said.encode(), hashlib.sha256).hexdigest()[:32]


def install_kept_copies(flask_app: Flask) -> None:
    """Say on every answer whose copy may stay. Not where something broke: then nobody was asked who reads."""

    @flask_app.after_request
    def say_whose_copy_may_stay(response: Response) -> Response:
        if request.endpoint != "static" and response.status_code < 500:
            response.headers[READER] = reader_word()
        return response
