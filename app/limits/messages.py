"""Caps on letters and SMS that somebody who is not known can cause, and on notices that somebody inside can.

Whoever asks never learns that a cap was reached: the page says the same, and nothing is sent.
"""

from __future__ import annotations

import enum
from datetime import timedelta

import structlog
from flask import current_app

from app.limits.counts import Count, Limit, LimitReached, take, used, visitor_network

DAY = timedelta(days=1)
APART = timedelta(minutes=1)
"""A second request inside this time sends nothing."""

_log = structlog.get_logger("limits")


class Occasion(enum.StrEnum):
    """Why a message is sent. Each is counted by itself: what anybody may cause with a mailbox or number that is not
    theirs (registering) must not use up what its owner needs (a reset takes three facts about the account)."""

    REGISTRATION = "registration"
    RESET = "reset"


def has_room(occasion: Occasion, account_id: int, *, sms: str = "", letter: str = "") -> bool:
    """Whether an SMS to the number ``sms`` and a letter to the mailbox ``letter`` may go out now; counts them if so.

    For both or for neither. Part of the caller's transaction, right before it writes into the outbox.
    """
    try:
        counted = take(
            *(limit for receiver in [sms] if receiver for limit in _limits("sms", occasion, account_id, receiver)),
            *(limit for receiver in [letter] if receiver for limit in _limits("letters", occasion, account_id, receiver)),
        )
    except LimitReached as reached:
        _log.warning("message not sent: cap", cap=reached.limit.cap, until=reached.until.isoformat())
        return False
    for channel, limit in (("sms", limit_of_the_day("sms")), ("letters", limit_of_the_day("letters"))):
        if counted.get(limit.cap) == limit.most:
            _log.warning("cap of the day reached", channel=channel, most=limit.most)
    return True


def has_room_for_notice(account_id: int) -> bool:
    """Whether a letter that tells of a change of the own credentials may go out; counts it if so.

    Capped by account alone: no stranger can use the cap up to keep an owner from being told.
    """
    try:
        take(Limit("letters.notice.account", str(account_id), current_app.config["CAP_NOTICES_PER_ACCOUNT"], DAY))
    except LimitReached as reached:
        _log.warning("message not sent: cap", cap=reached.limit.cap, until=reached.until.isoformat())
        return False
    return True


def limit_of_the_day(channel: str) -> Limit:
    """Of all ``sms`` or ``letters`` of these occasions together."""
    return Limit(f"{channel}.day", "", current_app.config[f"CAP_{channel.upper()}_PER_DAY"], DAY)


def sent_today(channel: str) -> Count:
    """Where the cap of the day stands."""
    return used(limit_of_the_day(channel))


def _limits(channel: str, occasion: Occasion, account_id: int, receiver: str) -> list[Limit]:
    name, network = channel.upper(), visitor_network()
    caps = current_app.config
    limits = [
        Limit(f"{channel}.{occasion}.receiver", _mailbox(receiver), caps[f"CAP_{name}_PER_RECEIVER"], DAY, APART),
        Limit(f"{channel}.{occasion}.account", str(account_id), caps[f"CAP_{name}_PER_ACCOUNT"], DAY, APART),
        limit_of_the_day(channel),
    ]
    if network:
        limits.append(Limit(f"{channel}.address", network, caps[f"CAP_{name}_PER_ADDRESS"], DAY))
    return limits


def _mailbox(receiver: str) -> str:
    """One mailbox has many spellings: letter case, and what stands behind a plus."""
    name, at, domain = receiver.casefold().rpartition("@")
    return f"{name.partition('+')[0]}@{domain}" if at else receiver
