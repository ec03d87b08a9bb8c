"""An account's own sessions: which there are, and ending them. All within the scope: nobody sees another's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask import current_app
from flask_babel import lazy_gettext as _l

from app.access.actor import Actor
from app.access.loading import LARGEST_ID
from app.accounts.models import AccountSession
from app.audit.record import record
from app.extensions import db
from app.model_types import now

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Line/", "LINE"),
    ("Chrom", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
"""What a browser calls itself → what people call it; the first that fits."""


@dataclass(frozen=True)
class PresentSession:
    """One device as its owner reads it."""

    id: int
    device: str
    address: str
    began_at: datetime
    last_seen_at: datetime
    is_this_one: bool
    kept_until: datetime | None = None
    """A guardian asked to stay signed in there."""


def present_sessions(actor: Actor) -> Sequence[PresentSession]:
    """The actor's sessions that have not ended by themselves: this one first, then the last used."""
    moment = now()
    rows = db.session.scalars(
        sa.select(AccountSession)
        .where(
            AccountSession.account_id == actor.id,
            AccountSession.expires_at > moment,
            sa.or_(AccountSession.is_kept, AccountSession.last_seen_at > moment - current_app.config["SESSION_IDLE"]),
        )
        .order_by(AccountSession.last_seen_at.desc())
        .limit(100)
    )
    found = [
        PresentSession(
            row.id,
            device_name(row.user_agent),
            row.address,
            row.created_at,
            row.last_seen_at,
            row.id == actor.session_id,
            row.expires_at if row.is_kept else None,
        )
        for row in rows
    ]
    return sorted(found, key=lambda session: not session.is_this_one)


def end_session(actor: Actor, session_id: int) -> None:
    """End one of the actor's own sessions; another's is as if there were none. Commits."""
    if not 0 < session_id <= LARGEST_ID:
        return
    _end(actor, AccountSession.id == session_id)


def end_other_sessions(actor: Actor) -> None:
    """End all of them but the present one. Commits."""
    _end(actor, AccountSession.id != actor.session_id)


def _end(actor: Actor, condition: sa.ColumnElement[bool]) -> None:
    db.session.execute(
        sa.delete(AccountSession)
        .where(AccountSession.account_id == actor.id, condition)
        .execution_options(synchronize_session=False)
    )
    record(actor, "end.session", actor.id)
    db.session.commit()


def device_name(user_agent: str) -> str:
    """«Chrome, Windows», as far as the browser says so."""
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), "")
    return ", ".join(part for part in (browser, system) if part) or str(_l("Unknown device"))
