"""Who knocks at a door that is not theirs: 403 and 404 of guarded pages stand in the audit log.

A signed-in account that is refused a page, or asks for a row that is not there for it, leaves one entry: which page and
which number, never whether the row exists. One session writes at most MOST in ten minutes; each process counts for itself.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime

import sqlalchemy as sa
import structlog
from flask import Flask, Response, g, request

from app.access.gates import PUBLIC
from app.audit.reading import AGAIN_AFTER
from app.audit.record import record
from app.extensions import db
from app.model_types import now

log = structlog.get_logger(__name__)

MOST = 20
"""Entries of one session within AGAIN_AFTER: a mistaken click is noted, a script is seen and fills no disk."""
_SESSIONS = 5_000


class Bound:
    """How many entries each session has written in its present ten minutes. Safe between threads."""

    def __init__(self) -> None:
        self._counts: OrderedDict[int | None, tuple[datetime, int]] = OrderedDict()
        self._lock = threading.Lock()

    def takes_one_more(self, session_id: int | None) -> bool:
        with self._lock:
            since, count = self._counts.get(session_id, (now(), 0))
            if not now() - AGAIN_AFTER < since <= now():
                since, count = now(), 0
            self._counts[session_id] = (since, count + 1)
            self._counts.move_to_end(session_id)
            while len(self._counts) > _SESSIONS:
                self._counts.popitem(last=False)
            return count < MOST

    def forget(self) -> None:
        with self._lock:
            self._counts.clear()


bound = Bound()


def row_number(value: object) -> bool:
    """Only what can be a row's number is written down: the rest of an address is whatever somebody typed."""
    text = str(value)
    return text.isascii() and text.isdecimal() and len(text) <= 12


def install_refusals(flask_app: Flask) -> None:
    @flask_app.after_request
    def note_refusal(response: Response) -> Response:
        if response.status_code not in (403, 404):
            return response
        actor, endpoint = g.get("actor"), request.endpoint
        if actor is None or endpoint is None or endpoint in PUBLIC or not bound.takes_one_more(actor.session_id):
            return response
        numbers = [str(value) for value in (request.view_args or {}).values() if row_number(value)]
        try:
            db.session.rollback()
            record(actor, "refuse.page", numbers[-1] if numbers else "", detail=f"{request.method} {endpoint}")
            db.session.commit()
        except sa.exc.SQLAlchemyError:
            db.session.rollback()
            log.exception("refusal_not_noted", endpoint=endpoint)
        return response
