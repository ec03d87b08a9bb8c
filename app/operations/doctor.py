"""``flask portal doctor``: what an administrator wants to know before calling for help. Changes nothing."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.script import ScriptDirectory
from flask import current_app
from redis import Redis
from redis.exceptions import RedisError

from app.access.session import system
from app.accounts.breached import is_breached
from app.attachments.models import Attachment, ScanState
from app.attachments.scanning import scanner
from app.attachments.storage import new_key, storage_at
from app.audit import chain, guards
from app.crypto.sealing import CannotOpen, open_sealed, seal
from app.extensions import db
from app.limits.messages import limit_of_the_day, sent_today
from app.model_types import now
from app.notifications.models import OutboxMessage, OutboxStatus
from config import UnsafeConfiguration, refuse_unsafe

MIGRATIONS = Path(__file__).resolve().parents[1] / "migrations"
LATE = timedelta(minutes=5)
"""A message that was due so long ago means that no worker runs."""


@dataclass(frozen=True)
class Finding:
    """One line of the report. ``is_well`` False makes the command end with 1."""

    name: str
    is_well: bool
    detail: str


def examine() -> Iterator[Finding]:
    """Look at everything, one after the other; a check that breaks is a finding too. Needs an application context."""
    checks: tuple[tuple[str, Callable[[], str]], ...] = (
        ("settings", _settings),
        ("keys", _keys),
        ("database", _database),
        ("migrations", _migrations),
        ("storage", _storage),
        ("queue", _queue),
        ("outbox", _outbox),
        ("scanner", _scanner),
        ("passwords", _passwords),
        ("audit", _audit),
        ("caps", _caps),
    )
    for name, check in checks:
        try:
            yield Finding(name, True, check())
        except Unwell as problem:
            yield Finding(name, False, str(problem))
        except Exception as error:  # a broken part must not hide what the other checks say
            yield Finding(name, False, type(error).__name__)


class Unwell(Exception):
    """What is wrong and what to do, in a sentence."""


def _settings() -> str:
    settings = current_app.config
    try:
        refuse_unsafe(settings)
    except UnsafeConfiguration as problem:
        if settings["PORTAL_ENV"] == "production":
            raise Unwell(str(problem)) from problem
        return f"{settings['PORTAL_ENV']}; not for production: {problem}"
    return str(settings["PORTAL_ENV"])


def _keys() -> str:
    try:
        if open_sealed(seal("doctor")) != "doctor":
            raise Unwell("FIELD_KEYS do not open what they sealed")
    except (ValueError, CannotOpen) as error:
        raise Unwell(f"FIELD_KEYS: {error}") from error
    return f"{len(current_app.config['FIELD_KEYS'].split(','))} field key(s)"


def _database() -> str:
    with system("doctor"):
        db.session.execute(sa.select(sa.literal(1)))
        db.session.rollback()
    url = db.engine.url
    return f"{url.get_backend_name()} {url.database if url.host is None else f'{url.host}/{url.database}'}"


def _migrations() -> str:
    wanted = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    with system("doctor"):
        version = sa.table("alembic_version", sa.column("version_num"))
        present = db.session.scalar(sa.select(version.c.version_num))
        db.session.rollback()
    if present != wanted:
        raise Unwell(f"the database is at {present}, the product at {wanted}: run flask portal init")
    return str(present)


def _storage() -> str:
    url = current_app.config["STORAGE_URL"]
    storage, key = storage_at(url), new_key()
    try:
        storage.save(key, io.BytesIO(b"doctor"))
        storage.delete(key)
    except OSError as error:
        raise Unwell(f"{url} cannot be written: {error.strerror}") from error
    return str(url)


def _queue() -> str:
    url = current_app.config["REDIS_URL"]
    if not url:
        return "a file in the instance folder"
    try:
        Redis.from_url(url, socket_connect_timeout=2, socket_timeout=2).ping()
    except RedisError as error:
        raise Unwell(f"Redis does not answer ({type(error).__name__}); letters leave a few seconds later") from error
    return "Redis"


def _outbox() -> str:
    with system("doctor"):
        row: Any = db.session.execute(
            sa.select(
                sa.func.count().filter(OutboxMessage.status == OutboxStatus.QUEUED),
                sa.func.count().filter(OutboxMessage.status == OutboxStatus.FAILED),
                sa.func.min(OutboxMessage.next_attempt_at).filter(OutboxMessage.status == OutboxStatus.QUEUED),
            )
        ).one()
        db.session.rollback()
    queued, failed, earliest = row
    if earliest is not None and earliest < now() - LATE:
        raise Unwell(f"{queued} waiting, the first since {earliest:%Y-%m-%d %H:%M} UTC: does the worker run?")
    return f"{queued} waiting, {failed} failed"


def _scanner() -> str:
    clamd = scanner()
    with system("doctor"):
        held = db.session.scalar(sa.select(sa.func.count()).where(Attachment.scan_state == ScanState.HELD))
        db.session.rollback()
    if clamd is None and held:
        raise Unwell(f"no CLAMD_ADDRESS, and {held} file(s) wait for a scanner")
    if clamd is None:
        return "none: attachments are handed out unscanned"
    if not clamd.is_there():
        raise Unwell(f"{clamd.address} does not answer; {held} file(s) are held until it does")
    return f"{clamd.address}, {held} file(s) held"


def _passwords() -> str:
    if not current_app.config["BREACHED_PASSWORDS"]:
        return "no BREACHED_PASSWORDS: passwords known from leaks are not refused"
    if not is_breached("password"):
        raise Unwell("BREACHED_PASSWORDS does not hold «password»: it is no list of SHA-1 sums in their order")
    return "those known from leaks are refused"


def _audit() -> str:
    """How the chain stands. Recomputing it all takes its time: flask portal audit verify."""
    missing = guards.missing_triggers()
    if missing:
        raise Unwell(f"the database no longer refuses changes to the audit log: {', '.join(missing)} missing")
    try:
        standing = chain.standing()
    except CannotOpen as error:
        raise Unwell(f"the audit log: {error}") from error
    if not standing.is_head_genuine:
        raise Unwell("the head of the audit log was altered: run flask portal audit verify")
    if standing.oldest_waiting is not None and standing.oldest_waiting < now() - LATE:
        since = f"{standing.oldest_waiting:%Y-%m-%d %H:%M} UTC"
        raise Unwell(f"{standing.waiting} not sealed yet, the first since {since}: does the worker run?")
    return f"{standing.number} sealed, {standing.waiting} waiting"


def _caps() -> str:
    """How near registrations and resets are to what a day may cost."""
    told = []
    for channel in ("sms", "letters"):
        most, count = limit_of_the_day(channel).most, sent_today(channel)
        if most > 0 and count.used >= most:
            raise Unwell(
                f"{channel}: all {most} of a day are used up until {count.ends_at:%Y-%m-%d %H:%M} UTC: "
                f"see who asks for so many, or raise CAP_{channel.upper()}_PER_DAY"
            )
        told.append(f"{channel} {count.used} of {most}" if most > 0 else f"{channel} without a cap")
    return ", ".join(told)
