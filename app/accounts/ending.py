"""Ending a placement: whoever leaves a unit loses its roles in the same moment."""

from __future__ import annotations

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import assoc_user_role

from app.access import policy
from app.access.actor import Actor
from app.accounts.models import StaffPlacement
from app.accounts.sessions import end_sessions
from app.audit.record import record
from app.extensions import db


class MayNotEndPlacement(Exception):
    """Another unit's placement, or the own one."""


def amend_placement(actor: Actor, placement: StaffPlacement) -> None:
    """Check a changed placement; when it has an end now, take its roles away and end the account's sessions.

    Part of the caller's transaction: the generated screen saves title and end with it. Raises MayNotEndPlacement.
    """
    if not policy.may_end_placement(actor, placement):
        raise MayNotEndPlacement
    if placement.ended_on is None:
        return
    db.session.execute(sa.delete(assoc_user_role).where(assoc_user_role.c.user_id == placement.account_id))
    end_sessions(placement.account_id)
    record(actor, "end.placement", placement.id, school_id=placement.school_id)
