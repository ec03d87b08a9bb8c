"""Whether the portal can work, for the machine that watches it: a word for each part, nothing that tells more."""

from __future__ import annotations

import time
from datetime import timedelta

import sqlalchemy as sa
import structlog
from flask import current_app

from app.access.session import system
from app.attachments.storage import storage
from app.extensions import db
from app.model_types import now
from app.notifications.models import OutboxMessage, OutboxStatus

LATE = timedelta(minutes=5)
"""A message that was due so long ago means that no worker runs."""
ASKED_AGAIN_AFTER = 2.0
"""Seconds: anybody may ask, the parts are asked this often at most by a process."""

_log = structlog.get_logger("health")


class Health:
    """What came of asking the parts, for a moment."""

    def __init__(self) -> None:
        self.asked_at = float("-inf")
        self.parts: dict[str, str] = {}

    def look(self) -> dict[str, str]:
        """Part → ok, away (database, storage), or late (worker)."""
        if time.monotonic() - self.asked_at > ASKED_AGAIN_AFTER:
            self.parts = {"database": "away", "storage": _storage(), "worker": "unknown"}
            try:
                self.parts["worker"] = _worker()
                self.parts["database"] = "ok"
            except Exception as error:  # whatever the database is made of
                _log.error("the database is away", error=type(error).__name__)
            self.asked_at = time.monotonic()
        return self.parts


def look() -> tuple[dict[str, str], bool]:
    """(the parts, whether pages can be served). A late worker keeps no page from being served."""
    health: Health = current_app.extensions.setdefault("health", Health())
    parts = health.look()
    return parts, parts["database"] == parts["storage"] == "ok"


def _storage() -> str:
    try:
        storage().check()
    except Exception as error:  # a folder's OSError, or whatever a bucket's client raises
        _log.error("the storage is away", error=type(error).__name__)
        return "away"
    return "ok"


def _worker() -> str:
    with system("health"):
        try:
            due = sa.select(sa.func.min(OutboxMessage.next_attempt_at)).where(OutboxMessage.status == OutboxStatus.QUEUED)
            earliest = db.session.scalar(due)
        finally:
            db.session.rollback()
    return "late" if earliest is not None and earliest < now() - LATE else "ok"
