"""Sessions live on the server. One statement per request reads the session, its account, profile, placement and roles.

Why not Flask-Session: docs/decisions/0004-sessions-are-rows.md.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask, Request, Response, g
from flask import request as current_request
from flask.sessions import SessionInterface, SessionMixin
from flask_appbuilder.security.sqla.models import Role as FabRole
from flask_appbuilder.security.sqla.models import assoc_user_role
from flask_login import AnonymousUserMixin

from app.access import policy
from app.access.actor import Actor
from app.access.gates import ASKS_NOTICE
from app.access.roles import roles_that_count
from app.access.session import system
from app.access.statements import fixed
from app.accounts.models import (
    AccessVersion,
    Account,
    AccountKind,
    AccountProfile,
    AccountSession,
    AccountState,
    StaffPlacement,
)
from app.extensions import db
from app.guardian_links.models import GuardianLink, LinkStatus
from app.model_types import now
from app.privacy.consents import is_to_be_asked
from app.schools.models import School

SEEN_AGAIN_AFTER = timedelta(minutes=1)
"""last_seen_at is written at most once a minute: reading a page is not a write."""


_NOTHING = object()


class ServerSession(dict[str, Any], SessionMixin):
    """The session of one request. ``account_id`` is None before sign-in."""

    def __init__(self, data: dict[str, Any] | None = None, row_id: int | None = None, account_id: int | None = None) -> None:
        super().__init__(data or {})
        self.row_id = row_id
        self.account_id = account_id
        self.loaded = deepcopy(dict(self))
        self.ended_row_id: int | None = None
        self.touch = False
        self.is_kept = False
        self.stays = False
        """A guardian chose to stay signed in on this device, and still may."""
        self.ends_at: datetime | None = None
        self.link_ids = ""
        """The account's approved student links, in order: another text whenever one begins or ends."""

    @property
    def is_changed(self) -> bool:
        return dict(self) != self.loaded

    def begin_for(self, account_id: int, *, is_kept: bool = False) -> None:
        """Sign in: a new key and an empty session (no fixation). ``is_kept``: for thirty days, on a guardian's device."""
        self.begin_anew()
        self.account_id = account_id
        self.is_kept = is_kept
        if is_to_be_asked(account_id):
            self[ASKS_NOTICE] = True

    def begin_anew(self) -> None:
        """A new key and an empty session; only the chosen language is kept."""
        kept = {key: self[key] for key in ("locale",) if key in self}
        self.end()
        self.update(kept)

    def end(self) -> None:
        """Sign out: the row is deleted when the answer goes out, the cookie with it."""
        self.clear()
        self.ended_row_id = self.row_id or self.ended_row_id
        self.row_id = None
        self.account_id = None
        self.loaded = {}


def _session_query() -> sa.Select[Any]:
    session, account, profile = AccountSession.__table__, Account.__table__, AccountProfile.__table__
    placement, school, version = StaffPlacement.__table__, School.__table__, AccessVersion.__table__
    roles = (
        sa.select(sa.func.aggregate_strings(FabRole.__table__.c.name, "|"))
        .select_from(assoc_user_role.join(FabRole.__table__, FabRole.__table__.c.id == assoc_user_role.c.role_id))
        .where(assoc_user_role.c.user_id == account.c.id)
        .scalar_subquery()
    )
    link = GuardianLink.__table__

    def links(status: LinkStatus, what: sa.ColumnElement[Any]) -> sa.ScalarSelect[Any]:
        of_account = (link.c.account_id == account.c.id) & (link.c.status == sa.literal_column(f"'{status.value}'"))
        return sa.select(what).select_from(link).where(of_account).scalar_subquery()

    return fixed(
        sa.select(
            session.c.id,
            session.c.data,
            session.c.account_id,
            session.c.last_seen_at,
            session.c.expires_at,
            session.c.is_kept,
            account.c.username,
            account.c.active,
            account.c.kind,
            account.c.account_type,
            account.c.state,
            account.c.must_change_password,
            account.c.second_factor_since,
            profile.c.full_name,
            profile.c.locale,
            placement.c.school_id,
            school.c.name.label("school_name"),
            roles.label("roles"),
            links(LinkStatus.APPROVED, sa.func.aggregate_strings(sa.cast(link.c.id, sa.String), ",")).label(
                "approved_links"
            ),
            links(LinkStatus.PENDING, sa.func.count()).label("waiting_links"),
            sa.select(sa.func.max(version.c.version)).scalar_subquery().label("permission_version"),
        )
        .select_from(
            session.outerjoin(account, account.c.id == session.c.account_id)
            .outerjoin(profile, profile.c.account_id == account.c.id)
            .outerjoin(placement, (placement.c.account_id == account.c.id) & placement.c.ended_on.is_(None))
            .outerjoin(school, school.c.id == placement.c.school_id)
        )
        .where(session.c.key_hash == sa.bindparam("key_hash"))
    )


_QUERY = _session_query()


def hash_key(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


class ServerSessionInterface(SessionInterface):
    """Flask's session, kept in account_session. It also tells the request who acts: g.actor."""

    def open_session(self, app: Flask, request: Request) -> ServerSession:
        g.actor, g._login_user = None, AnonymousUserMixin()  # for the error page, should the database be away
        session, actor = self._load(app, request)
        g.actor = actor
        g._login_user = actor or AnonymousUserMixin()
        return session

    def _load(self, app: Flask, request: Request) -> tuple[ServerSession, Actor | None]:
        key = request.cookies.get(app.config["SESSION_COOKIE_NAME"])
        if not key or request.endpoint == "static":
            return ServerSession(), None
        with system("read the session"):
            row = db.session.execute(_QUERY, {"key_hash": hash_key(key)}).first()
        if row is None:
            return ServerSession(), None
        moment = now()
        actor = actor_from(row) if row.account_id is not None else None
        is_idle = actor is not None and row.last_seen_at + app.config["SESSION_IDLE"] <= moment and not _stays(row, actor)
        ended = row.expires_at <= moment or is_idle  # a visitor's form may stay open: there is nobody to sign out
        shut = row.account_id is not None and (not row.active or row.state in (AccountState.SUSPENDED, AccountState.CLOSED))
        if ended or shut:
            session = ServerSession(row_id=row.id)
            session.end()
            return session, None
        session = ServerSession(json.loads(row.data), row.id, row.account_id)
        session.ends_at = row.expires_at
        if actor is not None:
            session.stays, session.link_ids = _stays(row, actor), ",".join(_link_ids(row))
        session.touch = moment - row.last_seen_at >= SEEN_AGAIN_AFTER
        return session, actor

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if g.get("cannot_keep"):
            return
        assert isinstance(session, ServerSession)
        if not (session.is_changed or session.touch or session.ended_row_id):
            return
        table = AccountSession.__table__
        key = None
        with db.engine.begin() as connection:
            if session.ended_row_id:
                connection.execute(table.delete().where(table.c.id == session.ended_row_id))
            moment = now()
            if session.row_id:
                if session.is_changed:  # or a page that only looked would put back what another request has just taken out
                    _write_changes(connection, session, moment)
                else:
                    connection.execute(table.update().where(table.c.id == session.row_id).values(last_seen_at=moment))
            elif session or session.account_id:
                key = secrets.token_urlsafe(32)
                connection.execute(table.insert().values(**_new_row(app, session, key)))
        if key:
            response.set_cookie(
                app.config["SESSION_COOKIE_NAME"],
                key,
                httponly=True,
                secure=app.config["SESSION_COOKIE_SECURE"],
                samesite=app.config["SESSION_COOKIE_SAMESITE"],
                path="/",
                max_age=app.config["SESSION_KEPT"] if session.is_kept else None,
            )
        elif session.ended_row_id:
            response.delete_cookie(
                app.config["SESSION_COOKIE_NAME"],
                path="/",
                secure=app.config["SESSION_COOKIE_SECURE"],
                httponly=True,
                samesite=app.config["SESSION_COOKIE_SAMESITE"],
            )


def _write_changes(connection: sa.Connection, session: ServerSession, moment: datetime) -> None:
    """Only what this request has changed: what another one has put in or used up meanwhile stays as that one left it."""
    table = AccountSession.__table__
    removed = session.loaded.keys() - session.keys()
    changed = {key: value for key, value in session.items() if session.loaded.get(key, _NOTHING) != value}
    present = json.dumps(session.loaded)
    for _try in range(20):
        data = {key: value for key, value in json.loads(present).items() if key not in removed} | changed
        written = connection.execute(
            table.update()
            .where(table.c.id == session.row_id, table.c.data == present)
            .values(data=json.dumps(data), last_seen_at=moment)
        )
        if written.rowcount:
            return
        row = connection.execute(sa.select(table.c.data).where(table.c.id == session.row_id)).first()
        if row is None:  # ended meanwhile
            return
        present = row.data


def _new_row(app: Flask, session: ServerSession, key: str) -> dict[str, Any]:
    moment = now()
    return {
        "key_hash": hash_key(key),
        "account_id": session.account_id,
        "data": json.dumps(dict(session)),
        "user_agent": (current_request.user_agent.string or "")[:200],
        "address": (current_request.remote_addr or "")[:45],
        "created_at": moment,
        "last_seen_at": moment,
        "expires_at": moment + app.config["SESSION_KEPT" if session.is_kept else "SESSION_ABSOLUTE"],
        "is_kept": session.is_kept,
    }


def _stays(row: Any, actor: Actor) -> bool:
    """Asked anew for every page: an account that has become one of staff's is signed in like staff."""
    return row.is_kept and policy.may_stay_signed_in(actor.kind, actor.account_type, actor.roles)


def _link_ids(row: Any) -> list[str]:
    return sorted(row.approved_links.split(",")) if row.approved_links else []


def actor_from(row: Any) -> Actor:
    """The light account of a row of the session query. Roles of a staff account count only with a placement."""
    names = row.roles.split("|") if row.roles else []
    roles = roles_that_count(names, is_official=row.kind == AccountKind.OFFICIAL, is_placed=row.school_id is not None)
    return Actor(
        id=row.account_id,
        username=row.username,
        full_name=row.full_name or row.username,
        kind=row.kind,
        account_type=row.account_type,
        state=row.state,
        must_change_password=row.must_change_password,
        has_second_factor=row.second_factor_since is not None,
        roles=roles if row.state == AccountState.ACTIVE else frozenset(),
        school_id=row.school_id,
        school_name=row.school_name or "",
        locale=row.locale or "zh_Hant_TW",
        session_id=row.id,
        permission_version=row.permission_version or 0,
        linked_children=len(_link_ids(row)),
        waiting_links=row.waiting_links or 0,
    )


def end_sessions(account_id: int, *, except_session_id: int | None = None) -> None:
    """End every session of an account (password change, reset, suspension, role change), or all but one."""
    table = AccountSession.__table__
    with system("end an account's sessions"):
        condition = table.c.account_id == account_id
        if except_session_id is not None:
            condition &= table.c.id != except_session_id
        db.session.execute(table.delete().where(condition))
