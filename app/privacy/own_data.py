"""我的資料: a copy of one's own rows (個人資料保護法 §3), made within the request.

Everything is read within the person's own scope: what no page shows them is not in it either. Only their own sign-ins, which
the audit log keeps for the city administrator, are fetched outside it, by their own number.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import lazyload

from app.access.actor import Actor
from app.access.policy import is_guardian
from app.access.session import system
from app.accounts.identity import masked_from_sealed
from app.accounts.models import AccountSession, AccountType, PlacementRequest, StaffPlacement
from app.accounts.own_sessions import device_name
from app.accounts.profile import own_profile, require_current_password
from app.audit.models import AuditEntry
from app.audit.record import record
from app.bulletins.models import Bulletin, BulletinRead
from app.contact_books.models import ContactBookRead
from app.conversations.models import Conversation, Message
from app.extensions import db
from app.guardian_links.models import GuardianLink
from app.model_types import now
from app.privacy.models import Consent
from app.schools.models import School, SchoolClass, Student
from app.web.cells import shown

ONCE_IN = timedelta(hours=1)
MOST_MESSAGES = 5000
MOST_ENTRIES = 1000

_ACTION = "export.own_data"
_SIGN_INS: dict[str, Any] = {
    "sign_in.account": _l("Signed in"),
    "sign_out.account": _l("Signed out"),
    "fail.sign_in": _l("Sign-in failed"),
    "lock.sign_in": _l("Sign-in failed; the account was locked for a while"),
    "refuse.sign_in": _l("Sign-in refused"),
}
"""Action of the audit log → what its owner reads."""


class TooSoon(Exception):
    """A copy was made within the last hour."""

    def __init__(self, minutes_left: int) -> None:
        super().__init__()
        self.minutes_left = minutes_left


@dataclass(frozen=True)
class Table:
    """One part of the copy, as JSON keeps it and as a person reads it."""

    key: str
    title: str
    columns: tuple[tuple[str, str], ...]
    """(key, heading)."""
    rows: Sequence[tuple[Any, ...]]


def own_data(actor: Actor, password: str) -> bytes:
    """The ZIP with ``my-data.json`` and ``my-data.html``, in the reader's language. Noted in the audit log; commits.

    Raises TooSoon, WrongCurrentPassword, EntranceLocked.
    """
    left = _minutes_until_next(actor)
    if left:
        raise TooSoon(left)
    require_current_password(actor, password)
    tables = _tables(actor)
    record(actor, _ACTION, actor.id, detail=", ".join(f"{table.key} {len(table.rows)}" for table in tables))
    db.session.commit()
    return _packed(actor, tables)


def _minutes_until_next(actor: Actor) -> int:
    """How long until another copy can be made; 0 for at once."""
    with system("see when somebody last took a copy of the own data"):
        last = db.session.scalar(
            sa.select(sa.func.max(AuditEntry.at)).where(AuditEntry.account_id == actor.id, AuditEntry.action == _ACTION)
        )
    left = (last + ONCE_IN - now()).total_seconds() if last is not None else 0
    return max(0, -int(-left // 60))


# ---------- what is in it ----------


def _tables(actor: Actor) -> list[Table]:
    tables = [_profile(actor), _consents(actor), _sessions(actor), _sign_ins(actor)]
    if is_guardian(actor):
        tables += [_links(actor), _reading_marks(actor)]
    if actor.kind == "official":
        tables += [_placements(actor), _placement_requests(actor)]
    return [*tables, _messages(actor)]


def _profile(actor: Actor) -> Table:
    profile = own_profile(actor)
    school = db.session.scalar(sa.select(School.name).where(School.id == profile.school_id)) if profile.school_id else None
    facts = (
        ("username", _("Account"), actor.username),
        ("account_type", _("Account type"), AccountType(actor.account_type)),
        ("full_name", _("Full name"), profile.full_name),
        ("identity_number", _("Identity number"), masked_from_sealed(profile.identity_number_sealed)),
        ("birth_date", _("Birthday"), profile.birth_date),
        ("email", _("E-mail"), profile.email),
        ("mobile", _("Mobile number"), profile.mobile),
        ("school", _("School attended"), school),
        ("student_number", _("Student number"), profile.student_number),
        ("organization", _("School of service"), profile.organization),
        ("job_title", _("Job title"), profile.job_title),
        ("postal_address", _("Postal address"), profile.postal_address),
        ("language", _("Language"), profile.locale),
    )
    columns = tuple((key, heading) for key, heading, _value in facts)
    return Table("profile", _("My basic data"), columns, [tuple(value for _key, _heading, value in facts)])


def _consents(actor: Actor) -> Table:
    rows = db.session.execute(
        sa.select(Consent.version, Consent.given_at, Consent.entrance)
        .where(Consent.account_id == actor.id)
        .order_by(Consent.id)
    ).all()
    columns = (("version", _("Version")), ("given_at", _("Agreed at")), ("entrance", _("Entrance")))
    return Table("consents", _("Notices agreed to"), columns, [tuple(row) for row in rows])


def _sessions(actor: Actor) -> Table:
    rows = db.session.execute(
        sa.select(
            AccountSession.user_agent,
            AccountSession.address,
            AccountSession.created_at,
            AccountSession.last_seen_at,
            AccountSession.expires_at,
        )
        .where(AccountSession.account_id == actor.id)
        .order_by(AccountSession.id)
    ).all()
    columns = (
        ("device", _("Device")),
        ("address", _("Network address")),
        ("created_at", _("Signed in at")),
        ("last_seen_at", _("Last used")),
        ("expires_at", _("Ends at the latest")),
    )
    return Table("sessions", _("Signed-in devices"), columns, [(device_name(row[0]), *row[1:]) for row in rows])


def _sign_ins(actor: Actor) -> Table:
    with system("copy one's own sign-ins out of the audit log"):
        rows = db.session.execute(
            sa.select(AuditEntry.at, AuditEntry.action, AuditEntry.address)
            .where(AuditEntry.account_id == actor.id, AuditEntry.action.in_(_SIGN_INS))
            .order_by(AuditEntry.id.desc())
            .limit(MOST_ENTRIES)
        ).all()
    columns = (("at", _("Time")), ("action", _("Event")), ("address", _("Network address")))
    return Table(
        "sign_ins",
        _("Own sign-ins in the audit log"),
        columns,
        [(row.at, str(_SIGN_INS[row.action]), row.address) for row in rows],
    )


def _links(actor: Actor) -> Table:
    """As 連結申請紀錄 shows them: what was typed and told, nothing that the school keeps for itself."""
    links = db.session.scalars(
        sa.select(GuardianLink).where(GuardianLink.account_id == actor.id).order_by(GuardianLink.id)
    ).all()
    columns = (
        ("school", _("School")),
        ("class", _("Class")),
        ("seat_number", _("Seat number")),
        ("student_name", _("Student's name")),
        ("student_key", _("Student number or ID number")),
        ("birth_date", _("Birthday")),
        ("relationship", _("Relationship")),
        ("created_at", _("Applied on")),
        ("status", _("Status")),
        ("reason", _("Remark")),
        ("ended_at", _("Ended on")),
    )
    rows = [
        (
            link.school.name,
            link.typed_class_label,
            link.typed_seat_number,
            link.typed_name,
            link.typed_student_key,
            link.typed_birth_date,
            link.relationship_kind,
            link.created_at,
            link.status,
            link.reason,
            link.ended_at,
        )
        for link in links
    ]
    return Table("link_applications", _("Record of link applications"), columns, rows)


def _reading_marks(actor: Actor) -> Table:
    """Which bulletins were opened, and how far the contact books of a class; of what may be read no more, nothing."""
    bulletins = (
        sa.select(SchoolClass, Bulletin.title, BulletinRead.read_at)
        .join(Bulletin, Bulletin.id == BulletinRead.bulletin_id)
        .join(SchoolClass, SchoolClass.id == Bulletin.class_id)
        .where(BulletinRead.account_id == actor.id)
        .order_by(BulletinRead.read_at.desc())
        .limit(MOST_ENTRIES)
    )
    books = (
        sa.select(SchoolClass, ContactBookRead.last_day, ContactBookRead.read_at)
        .join(SchoolClass, SchoolClass.id == ContactBookRead.class_id)
        .where(ContactBookRead.account_id == actor.id)
        .order_by(ContactBookRead.read_at.desc())
    )
    columns = (("class", _("Class")), ("what", _("Bulletin, or day of the contact book")), ("read_at", _("Opened at")))
    rows = [*db.session.execute(bulletins), *db.session.execute(books)]
    return Table(
        "read", _("Bulletins and contact books opened"), columns, [(row[0].label, row[1], row.read_at) for row in rows]
    )


def _placements(actor: Actor) -> Table:
    rows = db.session.execute(
        sa.select(School.name, StaffPlacement.job_title, StaffPlacement.started_on, StaffPlacement.ended_on)
        .join(School, School.id == StaffPlacement.school_id)
        .where(StaffPlacement.account_id == actor.id)
        .order_by(StaffPlacement.id)
    ).all()
    columns = (
        ("unit", _("Unit of service")),
        ("job_title", _("Job title")),
        ("started_on", _("Begins on")),
        ("ended_on", _("Ended on")),
    )
    return Table("placements", _("Placements"), columns, [tuple(row) for row in rows])


def _placement_requests(actor: Actor) -> Table:
    rows = db.session.execute(
        sa.select(
            School.name,
            PlacementRequest.job_title,
            PlacementRequest.created_at,
            PlacementRequest.status,
            PlacementRequest.reason,
        )
        .join(School, School.id == PlacementRequest.school_id)
        .where(PlacementRequest.account_id == actor.id)
        .order_by(PlacementRequest.id)
    ).all()
    columns = (
        ("unit", _("Unit of service")),
        ("job_title", _("Job title")),
        ("created_at", _("Sent on")),
        ("status", _("Status")),
        ("reason", _("Reason")),
    )
    return Table("placement_requests", _("Placement request"), columns, [tuple(row) for row in rows])


def _messages(actor: Actor) -> Table:
    """A guardian's conversations as they may be read now, both sides; of a member of staff the own messages alone."""
    query = (
        sa.select(
            Message.created_at, Student.full_name, Message.channel, Message.author_name, Message.body, Message.author_id
        )
        .join(Conversation, Conversation.id == Message.conversation_id)
        .join(Student, Student.id == Message.student_id)
        .options(lazyload("*"))
        .order_by(Message.id.desc())
        .limit(MOST_MESSAGES)
    )
    if not is_guardian(actor):
        query = query.where(Message.author_id == actor.id)
    rows = db.session.execute(query).all()
    columns = (
        ("created_at", _("Time")),
        ("student", _("Student")),
        ("channel", _("Area")),
        ("author", _("Written by")),
        ("body", _("Message")),
        ("is_own", _("Own message")),
    )
    found = [(*row[:5], row.author_id == actor.id) for row in rows]
    return Table("messages", _("Messages that you may read"), columns, found)


# ---------- how it is packed ----------


def _packed(actor: Actor, tables: Sequence[Table]) -> bytes:
    made_at = now()
    content = {
        "made_at": made_at.isoformat(timespec="seconds"),
        "account": actor.username,
        **{
            table.key: [
                {key: _plain(value) for (key, _heading), value in zip(table.columns, row, strict=True)} for row in table.rows
            ]
            for table in tables
        },
    }
    page = current_app.jinja_env.get_template("privacy/own_data_file.html")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("my-data.json", json.dumps(content, ensure_ascii=False, indent=1))
        archive.writestr("my-data.html", page.render(parts=[_readable(table) for table in tables], made_at=made_at))
    return packed.getvalue()


def _readable(table: Table) -> tuple[str, list[str], list[list[str]]]:
    """Title, headings and cells in the words of the reader."""
    return table.title, [heading for _key, heading in table.columns], [[shown(value) for value in row] for row in table.rows]


def _plain(value: Any) -> Any:
    """For JSON: moments in UTC and days by ISO 8601, choices by the value that the database keeps."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return value.isoformat() if isinstance(value, date) else value
