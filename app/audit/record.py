"""Write into the audit log. The entry is part of the caller's transaction: no change without its entry."""

from __future__ import annotations

from flask import has_request_context, request

from app.access.actor import Actor
from app.access.roles import Role
from app.audit.models import AuditEntry
from app.audit.proofs import prove
from app.extensions import db
from app.model_types import now


def record(
    actor: Actor | None,
    action: str,
    object_id: object = "",
    *,
    school_id: int | None = None,
    detail: str = "",
    student_id: int | None = None,
    roles: frozenset[Role] | None = None,
) -> None:
    """Note that ``actor`` (None: nobody signed in) did ``action`` («verb.object») to the object of that number.

    ``detail`` never holds a password, a token, an identity number or what somebody wrote. ``student_id`` marks the
    reading of that student's record: use ``app.audit.reading``. ``roles`` narrows the actor's to those acted with.
    """
    entry = AuditEntry(
        at=now(),
        account_id=actor.id if actor else None,
        username=actor.username if actor else "",
        roles="、".join(sorted(roles if roles is not None else actor.roles if actor else ())),
        action=action,
        object_id=str(object_id),
        school_id=school_id if school_id is not None else (actor.school_id if actor else None),
        student_id=student_id,
        address=(request.remote_addr or "")[:45] if has_request_context() else "",
        detail=detail[:500],
    )
    entry.proof = prove(entry)
    db.session.add(entry)
