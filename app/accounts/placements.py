"""調校申請: asking to be placed at a unit, for the first time or when moving to another school (A1.8)."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app.access import policy
from app.access.actor import Actor
from app.accounts.models import AccountProfile, PlacementRequest
from app.audit.record import record
from app.extensions import db


class MayNotApply(Exception):
    """Only an official account is placed at a unit."""


class PlacementAlreadyPending(Exception):
    """The account's last request has not been decided yet: one at a time."""


def request_placement(actor: Actor, school_id: int, job_title: str) -> PlacementRequest:
    """File a 調校申請 of the acting account for the unit ``school_id``. Raises MayNotApply, PlacementAlreadyPending."""
    if not policy.may_apply_for_placement(actor):
        raise MayNotApply
    name = db.session.scalars(sa.select(AccountProfile.full_name).where(AccountProfile.account_id == actor.id)).one()
    request = PlacementRequest(
        account_id=actor.id, school_id=school_id, username=actor.username, applicant_name=name, job_title=job_title
    )
    db.session.add(request)
    try:
        db.session.flush()
    except IntegrityError as error:
        db.session.rollback()
        raise PlacementAlreadyPending from error
    record(actor, "request.placement", request.id, school_id=school_id)
    db.session.commit()
    return request
