"""Deliver what the outbox holds: claim a row, ask whether its receiver may still know, send, note what became of it.

A claim raises the row's number of attempts and puts its next one off, in one statement: no two workers hold the same
row, and a worker that dies in between only delays it. What cannot be known is whether a message left before the
power went; it is then sent again under the same key (Message-ID, clientid).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from flask import current_app

from app.access.policy import may_still_know
from app.access.session import system
from app.accounts.models import Account
from app.crypto.sealing import CannotOpen, open_sealed
from app.extensions import db
from app.guardian_links.models import GuardianLink
from app.model_types import now
from app.notifications.models import OutboxChannel, OutboxMessage, OutboxStatus
from app.notifications.transports import DeliveryProblem, Refused, Unreachable
from app.notifications.transports.email import letter_transport
from app.notifications.transports.sms import sms_gateway

FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(minutes=30)
MOST_ATTEMPTS = 20
"""With these pauses a server may be away for about seven hours before a message is given up."""
STEPS_OF_A_SENDING = 15
"""A sending is at most so many steps, each with its own time-out; the claim lasts as long."""

_log = structlog.get_logger("notifications")
_outbox = OutboxMessage.__table__


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row of the outbox that this worker alone holds for now."""

    id: int
    channel: OutboxChannel
    purpose: str
    receiver: str
    account_id: int | None
    guardian_link_id: int | None
    content_sealed: str
    attempts: int
    created_at: datetime

    @property
    def key(self) -> str:
        """The same for every attempt: file name, Message-ID, the gateway's clientid."""
        return f"{self.created_at:%Y%m%dT%H%M%S}-{self.id}"


def deliver_due(channel: OutboxChannel, may_go_on: Callable[[], bool] = lambda: True) -> Counter[str]:
    """Send what is due on one channel, until nothing is or the server does not answer. Returns how many ended how.

    Commits after every message, and asks ``may_go_on`` before the next. Needs an application context.
    """
    outcome: Counter[str] = Counter()
    transport: Any = (letter_transport if channel == OutboxChannel.EMAIL else sms_gateway)(current_app.config)
    with system("deliver the outbox"):
        try:
            while may_go_on() and (message := _claim(channel)) is not None:
                try:
                    _deliver(message, transport)
                    outcome["sent"] += 1
                except _NoLongerForReceiver:
                    _finish(message, OutboxStatus.DROPPED)
                    outcome["dropped"] += 1
                except Refused as problem:
                    _finish(message, OutboxStatus.FAILED, problem.reason)
                    outcome["failed"] += 1
                except DeliveryProblem as problem:
                    outcome["failed" if _put_off(message, problem.reason) else "put_off"] += 1
                    if isinstance(problem, Unreachable):
                        break
        finally:
            transport.close()
            db.session.rollback()
    return outcome


class _NoLongerForReceiver(Exception):
    """The student link by which the receiver may know has ended, or the account is shut."""


def _deliver(message: Claimed, transport: Any) -> None:
    if not _receiver_may_know(message):
        raise _NoLongerForReceiver
    try:
        content = json.loads(open_sealed(message.content_sealed))
    except CannotOpen as error:
        raise Refused("the sealed text cannot be opened: is its key in FIELD_KEYS?") from error
    if message.channel == OutboxChannel.EMAIL:
        transport.send(message.receiver, content, message.key)
    else:
        transport.send(message.receiver, content["text"], message.key)
    _finish(message, OutboxStatus.SENT)


def _claim(channel: OutboxChannel) -> Claimed | None:
    """Take the row that has waited longest. On SQLite the UPDATE alone is the lock, on PostgreSQL rows taken are skipped."""
    moment = now()
    timeout = current_app.config["MAIL_TIMEOUT" if channel == OutboxChannel.EMAIL else "SMS_TIMEOUT"]
    due = (
        sa.select(_outbox.c.id)
        .where(_outbox.c.status == OutboxStatus.QUEUED, _outbox.c.next_attempt_at <= moment, _outbox.c.channel == channel)
        .order_by(_outbox.c.next_attempt_at, _outbox.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    row = db.session.execute(
        _outbox.update()
        .where(_outbox.c.id == due)
        .values(
            attempts=_outbox.c.attempts + 1,
            next_attempt_at=moment + timedelta(seconds=max(60.0, timeout * STEPS_OF_A_SENDING)),
        )
        .returning(*(_outbox.c[name] for name in Claimed.__dataclass_fields__))
    ).one_or_none()
    db.session.commit()
    return Claimed(**row._mapping) if row is not None else None


def _receiver_may_know(message: Claimed) -> bool:
    if message.guardian_link_id is None:
        return True
    link, account = GuardianLink.__table__, Account.__table__
    row = db.session.execute(
        sa.select(link.c.status, account.c.state)
        .select_from(link.join(account, account.c.id == link.c.account_id))
        .where(link.c.id == message.guardian_link_id)
    ).one_or_none()
    db.session.rollback()
    return row is not None and may_still_know(message.purpose, row.status, row.state)


def _finish(message: Claimed, status: OutboxStatus, reason: str = "") -> None:
    """The last word on a message: its text is wiped, for it may hold a secret."""
    sent_at = now() if status == OutboxStatus.SENT else None
    _note(message, status=status, last_error=reason, sent_at=sent_at, content_sealed="")
    if reason:
        _log.warning("message failed", outbox_id=message.id, purpose=message.purpose, reason=reason)


def _put_off(message: Claimed, reason: str) -> bool:
    """Plan the next attempt, twice as far away as the last one; True when there have been too many."""
    if message.attempts >= MOST_ATTEMPTS:
        _finish(message, OutboxStatus.FAILED, reason)
        return True
    pause = min(FIRST_PAUSE * 2 ** (message.attempts - 1), LONGEST_PAUSE)
    _note(message, last_error=reason, next_attempt_at=now() + pause)
    return False


def _note(message: Claimed, **values: Any) -> None:
    """Write to the row, unless its claim ran out and another worker holds it by now."""
    db.session.execute(
        _outbox.update()
        .where(
            _outbox.c.id == message.id,
            _outbox.c.status == OutboxStatus.QUEUED,
            _outbox.c.attempts == message.attempts,
        )
        .values(**values)
    )
    db.session.commit()
