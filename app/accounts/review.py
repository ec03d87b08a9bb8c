"""單位人事審核: deciding on 調校申請, and shutting and reopening accounts (A1.8)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import Role as FabRole
from flask_appbuilder.security.sqla.models import assoc_user_role

from app.access import policy
from app.access.actor import Actor
from app.access.roles import Role
from app.access.session import system
from app.accounts import secrets
from app.accounts.models import (
    Account,
    AccountKind,
    AccountProfile,
    AccountState,
    PlacementRequest,
    PlacementRequestStatus,
    StaffPlacement,
)
from app.accounts.notices import tell_owner
from app.accounts.sessions import end_sessions
from app.audit.record import record
from app.extensions import db
from app.model_types import now, today
from app.notifications.outbox import send_letter
from app.schools.models import HomeroomAssignment

REASON_LENGTH = 300
PLACEABLE = (AccountState.PENDING_REVIEW, AccountState.ACTIVE)
"""States of those who have signed in for the first time (A1.7) and are not shut."""


class MayNotReview(Exception):
    """This request is not the acting account's to decide on: another unit's, or the own one."""


class PlacementAlreadyDecided(Exception):
    """Somebody else decided on the request in the meantime."""


class ApplicantNotReady(Exception):
    """The applicant has not signed in for the first time yet, or the account was shut: there is nobody to place."""


class RolesNotGrantable(Exception):
    """No role was chosen, or one that the acting account cannot grant at that unit."""


class ReasonMissing(Exception):
    """A refusal says why: the applicant reads it."""


class MayNotSuspend(Exception):
    """Suspending and reopening accounts is the city administrator's, and never about the own account."""


class NotToBeSuspended(Exception):
    """The account is not in use, or, for reopening, is not suspended."""


# ---------- 調校申請 ----------


def approve_placement(actor: Actor, request: PlacementRequest, roles: Collection[Role]) -> None:
    """通過審核: place the applicant at the unit with ``roles``; an older placement and its roles end.

    The applicant's sessions end, so that the next sign-in brings the new roles. Raises MayNotReview, RolesNotGrantable,
    ApplicantNotReady, PlacementAlreadyDecided.
    """
    _require_reviewer(actor, request)
    granted = [role for role in policy.grantable_roles(actor, request.school) if role in roles]
    if not granted or len(granted) != len(set(roles)):
        raise RolesNotGrantable
    account = _applicant(request)
    _decide(actor, request, PlacementRequestStatus.APPROVED, granted_roles="、".join(granted))
    placement = _move(request)
    _replace_roles(account.id, granted)
    _bind_homeroom_assignments(placement)
    if not _has_changed_state(account, PLACEABLE, AccountState.ACTIVE):
        raise ApplicantNotReady
    end_sessions(account.id)
    _tell(request, "placement_approved", roles=granted)
    record(actor, "approve.placement", request.id, school_id=request.school_id, detail="、".join(granted))
    db.session.commit()


def refuse_placement(actor: Actor, request: PlacementRequest, reason: str) -> None:
    """不通過: the applicant stays where he was, reads ``reason`` and may apply again.

    Raises MayNotReview, ReasonMissing, ApplicantNotReady, PlacementAlreadyDecided.
    """
    _require_reviewer(actor, request)
    if not reason.strip():
        raise ReasonMissing
    _applicant(request)
    _decide(actor, request, PlacementRequestStatus.REFUSED, reason=reason.strip()[:REASON_LENGTH])
    _tell(request, "placement_refused", reason=reason.strip())
    record(actor, "refuse.placement", request.id, school_id=request.school_id)
    db.session.commit()


def _require_reviewer(actor: Actor, request: PlacementRequest) -> None:
    if not policy.may_review_placement(actor, request):
        raise MayNotReview


def _applicant(request: PlacementRequest) -> Account:
    account = db.session.get(Account, request.account_id)
    if account is None or account.state not in PLACEABLE:
        raise ApplicantNotReady
    return account


def _decide(actor: Actor, request: PlacementRequest, status: PlacementRequestStatus, **values: str) -> None:
    """The one UPDATE that decides who was first: of two reviewers at once the other changes no row."""
    decided = _rows_changed(
        sa.update(PlacementRequest)
        .where(PlacementRequest.id == request.id, PlacementRequest.status == PlacementRequestStatus.PENDING)
        .values(status=status, decided_at=now(), decided_by_id=actor.id, decided_by_name=actor.full_name, **values)
    )
    if decided != 1:
        db.session.rollback()
        raise PlacementAlreadyDecided


def _move(request: PlacementRequest) -> StaffPlacement:
    with system("move a placement from another school"):
        db.session.execute(
            sa.update(StaffPlacement)
            .where(StaffPlacement.account_id == request.account_id, StaffPlacement.ended_on.is_(None))
            .values(ended_on=today())
        )
        placement = StaffPlacement(
            account_id=request.account_id,
            school_id=request.school_id,
            username=request.username,
            staff_name=request.applicant_name,
            job_title=request.job_title,
        )
        db.session.add(placement)
    return placement


def _replace_roles(account_id: int, roles: Collection[Role]) -> None:
    table = assoc_user_role
    db.session.execute(sa.delete(table).where(table.c.user_id == account_id))
    role_ids = sa.select(sa.literal(account_id), FabRole.id).where(FabRole.name.in_([role.value for role in roles]))
    db.session.execute(sa.insert(table).from_select(["user_id", "role_id"], role_ids))


def _bind_homeroom_assignments(placement: StaffPlacement) -> None:
    """The roster may name a teacher before there is an account: the classes wait under the account's name.

    A teacher who is placed anew at the same school keeps the classes of the ended placement.
    """
    with system("bind the classes that the roster names the teacher of"):
        theirs = sa.select(StaffPlacement.id).where(StaffPlacement.account_id == placement.account_id)
        ended = sa.select(StaffPlacement.id).where(StaffPlacement.ended_on.is_not(None))
        waiting = sa.or_(HomeroomAssignment.placement_id.is_(None), HomeroomAssignment.placement_id.in_(ended))
        named = sa.func.lower(HomeroomAssignment.teacher_username) == placement.username.lower()
        db.session.execute(
            sa.update(HomeroomAssignment)
            .where(
                HomeroomAssignment.school_id == placement.school_id,
                HomeroomAssignment.ended_on.is_(None),
                sa.or_(HomeroomAssignment.placement_id.in_(theirs), sa.and_(waiting, named)),
            )
            .values(placement_id=placement.id)
            .execution_options(synchronize_session=False)
        )


def _tell(request: PlacementRequest, purpose: str, **values: Any) -> None:
    with system("tell an applicant the decision"):
        mailbox, locale = db.session.execute(
            sa.select(AccountProfile.email, AccountProfile.locale).where(AccountProfile.account_id == request.account_id)
        ).one()
    send_letter(
        mailbox,
        purpose,
        locale,
        account_id=request.account_id,
        full_name=request.applicant_name,
        unit=request.school.name,
        job_title=request.job_title,
        **values,
    )


# ---------- suspended accounts ----------


def suspend_account(actor: Actor, account: Account) -> None:
    """Shut an account: its sessions end and its secrets stop working. Raises MayNotSuspend, NotToBeSuspended."""
    if not policy.may_suspend_account(actor, account):
        raise MayNotSuspend
    if not _has_changed_state(account, PLACEABLE, AccountState.SUSPENDED):
        raise NotToBeSuspended
    secrets.revoke(account.id)
    end_sessions(account.id)
    tell_owner(account.id, "account_suspended")
    record(actor, "suspend.account", account.id)
    db.session.commit()


def reopen_account(actor: Actor, account: Account) -> None:
    """Open a suspended account again; an official one without a placement waits for its review as before.

    Raises MayNotSuspend, NotToBeSuspended.
    """
    if not policy.may_suspend_account(actor, account):
        raise MayNotSuspend
    with system("see whether a reopened account is placed"):
        placed = db.session.scalar(
            sa.select(sa.func.count())
            .select_from(StaffPlacement)
            .where(StaffPlacement.account_id == account.id, StaffPlacement.ended_on.is_(None))
        )
    waits = account.kind == AccountKind.OFFICIAL and not placed
    after = AccountState.PENDING_REVIEW if waits else AccountState.ACTIVE
    if not _has_changed_state(account, (AccountState.SUSPENDED,), after):
        raise NotToBeSuspended
    tell_owner(account.id, "account_reopened")
    record(actor, "reopen.account", account.id)
    db.session.commit()


def _has_changed_state(account: Account, before: tuple[AccountState, ...], after: AccountState) -> bool:
    """Change the state if it still is one of ``before``, in one UPDATE: somebody else may be at it too."""
    changed = _rows_changed(
        sa.update(Account)
        .where(Account.id == account.id, Account.state.in_(before))
        .values(state=after, changed_on=now().replace(tzinfo=None))
    )
    if changed != 1:
        db.session.rollback()
    return changed == 1


def _rows_changed(statement: sa.Update) -> int:
    return cast("sa.CursorResult[Any]", db.session.execute(statement)).rowcount
