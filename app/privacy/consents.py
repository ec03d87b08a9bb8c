"""Accepting the notice: at registration, and once more at the first sign-in under a newer version."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app.access.actor import Actor
from app.access.session import system
from app.accounts.models import AccountKind
from app.audit.record import record
from app.extensions import db
from app.privacy.models import Consent
from app.privacy.notices import in_force


def note_consent(account_id: int, entrance: AccountKind) -> None:
    """Keep version, moment and entrance of a registration's acceptance. Part of the caller's transaction."""
    db.session.add(Consent(account_id=account_id, version=in_force().version, entrance=entrance))


def is_to_be_asked(account_id: int) -> bool:
    """The account has not accepted the version that is in force."""
    with system("see whether the notice in force was accepted"):
        accepted = sa.select(Consent.id).where(Consent.account_id == account_id, Consent.version == in_force().version)
        return db.session.scalar(accepted) is None


def accept_notice(actor: Actor) -> None:
    """The signed-in person accepts the version in force. A second click changes nothing. Commits."""
    if not is_to_be_asked(actor.id):
        return
    note_consent(actor.id, AccountKind(actor.kind))
    record(actor, "accept.notice", in_force().version)
    try:
        db.session.commit()
    except IntegrityError:  # another window was faster
        db.session.rollback()
