"""What the account screens read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.access.actor import Actor
from app.access.scopes import accounts_in_sight
from app.access.session import system
from app.accounts.identity import masked_from_sealed
from app.accounts.models import (
    Account,
    AccountProfile,
    AccountState,
    PlacementRequest,
    PlacementRequestStatus,
    StaffPlacement,
)
from app.extensions import db
from app.schools.models import School, SchoolKind

Choices = dict[str, list[tuple[int, str]]]
"""Group → (number, name)."""


def visible_accounts(actor: Actor) -> sa.Select[tuple[Account]]:
    """The accounts that the acting account may see on the staff's screens (access.scopes says which).

    A statement to go on from: ab_user itself has no scope.
    """
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


def has_signed_in() -> sa.ColumnElement[bool]:
    """Requests whose applicant has signed in for the first time."""
    not_yet_in = sa.select(Account.id).where(Account.state == AccountState.PENDING_PASSWORD_CHANGE)
    return PlacementRequest.account_id.not_in(not_yet_in)


def count_waiting_placement_requests(actor: Actor) -> int:
    """How many requests wait for the acting account's decision."""
    return (
        db.session.scalar(
            sa.select(sa.func.count())
            .select_from(PlacementRequest)
            .where(
                PlacementRequest.status == PlacementRequestStatus.PENDING,
                PlacementRequest.account_id != actor.id,
                has_signed_in(),
            )
        )
        or 0
    )


@dataclass(frozen=True)
class Applicant:
    """What a reviewer is told of an applicant beyond the request."""

    masked_number: str
    unit: str = ""
    """Where the applicant is placed now; empty for a first placement."""
    job_title: str = ""


def applicant_of(request: PlacementRequest) -> Applicant:
    """The applicant's number, masked, to be compared with the personnel file, and the placement that would end."""
    with system("tell a reviewer who applies"):
        row = db.session.execute(
            sa.select(AccountProfile.identity_number_sealed, School.name, StaffPlacement.job_title)
            .select_from(AccountProfile)
            .outerjoin(
                StaffPlacement,
                (StaffPlacement.account_id == AccountProfile.account_id) & StaffPlacement.ended_on.is_(None),
            )
            .outerjoin(School, School.id == StaffPlacement.school_id)
            .where(AccountProfile.account_id == request.account_id)
        ).one()
    return Applicant(masked_from_sealed(row.identity_number_sealed), row.name or "", row.job_title or "")


def school_name(school_id: int) -> str:
    return db.session.scalar(sa.select(School.name).where(School.id == school_id)) or ""
