"""What the account screens read."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from app.access.actor import Actor
from app.access.scopes import accounts_in_sight
from app.accounts.models import Account, AccountState, PlacementRequest, PlacementRequestStatus
from app.extensions import db
from app.schools.models import School, SchoolKind

Choices = dict[str, list[tuple[int, str]]]
"""Group → (number, name)."""


def visible_accounts(actor: Actor) -> sa.Select[tuple[Account]]:
    """The accounts that the acting account may see on the staff's screens: all for 系統管理者, those placed at or applying
    to the own unit for 校端_一般_人事, none for others. A statement to go on from; ab_user itself has no scope."""
    return sa.select(Account).where(accounts_in_sight(Account, actor.shape))


def units_to_choose() -> Choices:
    """服務單位: every school and the bureau, grouped by kind."""
    return _schools(True)


def schools_to_choose() -> Choices:
    """Every school, grouped by kind."""
    return _schools(False)


def _schools(with_bureau: bool) -> Choices:
    query = sa.select(School.id, School.name, School.kind).order_by(School.code)
    if not with_bureau:
        query = query.where(School.kind != SchoolKind.BUREAU)
    groups: Choices = {str(kind.label): [] for kind in SchoolKind}
    for school_id, name, kind in db.session.execute(query):
        groups[str(kind.label)].append((school_id, name))
    return {label: schools for label, schools in groups.items() if schools}


def own_placement_requests(actor: Actor) -> Sequence[PlacementRequest]:
    """The acting account's own 調校申請, the newest first; the last ten tell enough."""
    return db.session.scalars(
        sa.select(PlacementRequest)
        .where(PlacementRequest.account_id == actor.id)
        .order_by(PlacementRequest.id.desc())
        .limit(10)
    ).all()


def awaits_review() -> sa.ColumnElement[bool]:
    """Requests that can be decided on: pending, and the applicant has signed in once (A1.7 comes before A1.8)."""
    not_yet_in = sa.select(Account.id).where(Account.state == AccountState.PENDING_PASSWORD_CHANGE)
    return sa.and_(PlacementRequest.status == PlacementRequestStatus.PENDING, PlacementRequest.account_id.not_in(not_yet_in))


def count_waiting_placement_requests(actor: Actor) -> int:
    """How many requests wait for the acting account's decision."""
    return (
        db.session.scalar(
            sa.select(sa.func.count())
            .select_from(PlacementRequest)
            .where(awaits_review(), PlacementRequest.account_id != actor.id)
        )
        or 0
    )
