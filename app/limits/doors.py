"""Caps on tries at the doors: forms sent from one client address, whoever they are about.

An account locks by itself after five failures; this slows down who goes from account to account, or tries numbers and
mailboxes out. Generous, because a school has one address.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from flask import Flask, current_app, request
from werkzeug.exceptions import TooManyRequests

from app.extensions import db
from app.limits.counts import Limit, LimitReached, take, visitor_network
from app.model_types import now

_SIGN_IN = ("tries.sign_in", "CAP_SIGN_IN_TRIES", timedelta(minutes=10))
_APPLICATION = ("tries.application", "CAP_APPLICATION_TRIES", timedelta(hours=1))
DOORS = {
    "OfficialLoginView.login": _SIGN_IN,
    "GeneralLoginView.login": _SIGN_IN,
    "SecondStepView.ask": _SIGN_IN,
    "OfficialRegistrationView.apply": _APPLICATION,
    "GeneralRegistrationView.start": _APPLICATION,
    "GeneralRegistrationView.apply": _APPLICATION,
    "ActivationView.confirm": _APPLICATION,
    "ActivationView.again": _APPLICATION,
    "OfficialResetView.ask": _APPLICATION,
    "GeneralResetView.ask": _APPLICATION,
    "GeneralResetView.renew": _APPLICATION,
}
"""Endpoint → (cap, setting of how many, in how long). Every public form that asks about an account stands here."""

_log = structlog.get_logger("limits")


def install_doors(flask_app: Flask) -> None:
    """Count each form that is sent at a door, before anything looks at it; answer 429 when there were too many."""

    @flask_app.before_request
    def count_tries() -> None:
        door = DOORS.get(request.endpoint or "")
        network = visitor_network()
        if door is None or request.method != "POST" or not network:
            return
        cap, setting, window = door
        try:
            take(Limit(cap, network, current_app.config[setting], window))
        except LimitReached as reached:
            db.session.rollback()
            _log.warning("too many tries from one address", cap=cap, address=network)
            raise TooManyRequests(retry_after=max(1, round((reached.until - now()).total_seconds()))) from None
        db.session.commit()
