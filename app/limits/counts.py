"""Counting under caps: all or none, decided on rows that are held, so that requests sent together cannot outrun it."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import has_request_context, request
from sqlalchemy.dialects import postgresql, sqlite

from app.access.session import system
from app.crypto.sealing import keyed_index
from app.extensions import db
from app.limits.models import LimitCount
from app.model_types import now

_table: Any = LimitCount.__table__


@dataclass(frozen=True)
class Limit:
    """At most ``most`` times in ``window`` for one subject. ``most`` 0 or less: no cap."""

    cap: str
    subject: str
    """Whom it counts, in the clear; only its keyed hash is kept."""
    most: int
    window: timedelta
    apart: timedelta | None = None
    """So long after the last time it may not happen again."""
    amount: int = 1
    """How much this once counts."""

    @property
    def key(self) -> tuple[str, str]:
        return self.cap, keyed_index(f"limit|{self.cap}|{self.subject}")


@dataclass(frozen=True)
class Count:
    """Where a cap stands."""

    used: int
    last_at: datetime | None
    ends_at: datetime


class LimitReached(Exception):
    """There is no room under ``limit`` before ``until``."""

    def __init__(self, limit: Limit, until: datetime) -> None:
        super().__init__(limit.cap)
        self.limit = limit
        self.until = until


def take(*limits: Limit) -> dict[str, int]:
    """Count once more under every limit, or under none. Answers cap → how often so far. Does not commit.

    Holds the rows until the caller's transaction ends: it should end soon. Raises LimitReached.
    """
    by_key = {limit.key: limit for limit in limits if limit.most > 0}
    if not by_key:
        return {}
    moment = now()
    with system("count under caps"):
        after = {}
        for key, count in _hold(sorted(by_key), moment).items():
            limit = by_key[key]
            if count.ends_at <= moment:
                count = Count(0, None, moment + limit.window)
            if count.used + limit.amount > limit.most:
                raise LimitReached(limit, count.ends_at)
            if limit.apart and count.last_at is not None and count.last_at + limit.apart > moment:
                raise LimitReached(limit, count.last_at + limit.apart)
            after[key] = Count(count.used + limit.amount, moment, count.ends_at)
        _write(after)
    return {cap: count.used for (cap, _), count in after.items()}


def used(limit: Limit) -> Count:
    """How often it has happened in the window under way. Holds nothing."""
    cap, subject = limit.key
    with system("count under caps"):
        row = db.session.execute(
            sa.select(_table.c.used, _table.c.last_at, _table.c.ends_at).where(
                _table.c.cap == cap, _table.c.subject == subject, _table.c.ends_at > now()
            )
        ).first()
    return Count(*row) if row is not None else Count(0, None, now())


def forget_old_counts() -> None:
    """Drop the counts whose window is over. Does not commit."""
    with system("count under caps"):
        db.session.execute(_table.delete().where(_table.c.ends_at <= now()))


def visitor_network() -> str:
    """Where the present request comes from, empty outside one. Of an IPv6 address its /64: one household has all of it.

    Behind proxies the address is what PROXY_HOPS says (app.web.proxies).
    """
    if not has_request_context():
        return ""
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return request.remote_addr or ""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))


def _hold(keys: list[tuple[str, str]], moment: datetime) -> dict[tuple[str, str], Count]:
    """Lock the rows, in one order for all, making those that are missing. SQLite locks itself whole with the INSERT."""
    statement = (
        _insert()
        .values([{"cap": cap, "subject": subject, "used": 0, "ends_at": moment} for cap, subject in keys])
        .on_conflict_do_update(index_elements=[_table.c.cap, _table.c.subject], set_={"used": _table.c.used})
        .returning(_table.c.cap, _table.c.subject, _table.c.used, _table.c.last_at, _table.c.ends_at)
    )
    return {(row.cap, row.subject): Count(row.used, row.last_at, row.ends_at) for row in db.session.execute(statement)}


def _write(counts: dict[tuple[str, str], Count]) -> None:
    rows = [
        {"cap": cap, "subject": subject, "used": count.used, "last_at": count.last_at, "ends_at": count.ends_at}
        for (cap, subject), count in counts.items()
    ]
    statement = _insert().values(rows)
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=[_table.c.cap, _table.c.subject],
            set_={name: statement.excluded[name] for name in ("used", "last_at", "ends_at")},
        )
    )


def _insert() -> Any:
    dialect: Any = {"sqlite": sqlite, "postgresql": postgresql}[db.engine.dialect.name]
    return dialect.insert(_table)
