"""資料保存規則: what the portal keeps for how long, why, and from which moment on. The whole of it, as data.

``flask portal retention`` says what would go and, with ``--apply``, lets it go (app.operations.forgetting). The table in
docs/retention.md is this list; a test compares the two. Periods without a law behind them are the city's to change here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_appbuilder import Model

from app.accounts.models import AccountSession, OneTimeSecret
from app.attachments.models import Attachment
from app.bulletins.models import Bulletin
from app.contact_books.models import ContactBookEntry, ContactBookRead
from app.conversations.models import Channel, Conversation, Message
from app.guardian_links.models import GuardianLink, LinkStatus, ProtectionMark
from app.importing.models import ImportBatch
from app.model_types import TAIPEI
from app.notifications.models import OutboxMessage, OutboxStatus
from app.schools.models import Enrollment, Student, StudentStatus
from app.student_records.models import AttendanceEvent, ConductRecord, TermGrade
from app.term_reports.models import TermReport

DAY, YEAR = timedelta(days=1), timedelta(days=365)

Ids = sa.Select[int]


@dataclass(frozen=True)
class Rule:
    """``due`` answers the rows whose time is over at a moment; None: kept, or let go elsewhere, see ``why``."""

    name: str
    what: str
    kept: timedelta | None
    since: str
    why: str
    model: type[Model] | None = None
    due: Callable[[datetime], Ids] | None = None
    wipes: tuple[str, ...] = ()
    """These columns are emptied and the row stays; without any the row goes."""
    takes: tuple[tuple[type[Model], str], ...] = ()
    """(model, column): rows that hang on it without a cascade of the database, and go first."""

    @property
    def period(self) -> str:
        """«30 days», «5 years»; a dash where no period is set."""
        if self.kept is None:
            return "—"
        days = self.kept.days
        if not days:
            return "at once"
        years, rest = divmod(days, 365)
        number, unit = (years, "year") if years and not rest else (days, "day")
        return f"{number} {unit}{'' if number == 1 else 's'}"


# ---------- which rows ----------


def _sessions(moment: datetime) -> Ids:
    return sa.select(AccountSession.id).where(AccountSession.expires_at <= moment)


def _secrets(moment: datetime) -> Ids:
    return sa.select(OneTimeSecret.id).where(sa.or_(OneTimeSecret.used_at <= moment, OneTimeSecret.expires_at <= moment))


def _outbox(moment: datetime) -> Ids:
    return sa.select(OutboxMessage.id).where(OutboxMessage.status != OutboxStatus.QUEUED, OutboxMessage.created_at <= moment)


def _import_errors(moment: datetime) -> Ids:
    return sa.select(ImportBatch.id).where(ImportBatch.created_at <= moment, ImportBatch.errors != "[]")


def _closed_links(moment: datetime) -> Ids:
    """Ended and refused ones, unless a protection mark stands at them."""
    marked = sa.select(ProtectionMark.guardian_link_id).where(
        ProtectionMark.guardian_link_id.is_not(None), ProtectionMark.lifted_at.is_(None)
    )
    closed_at = sa.func.coalesce(GuardianLink.ended_at, GuardianLink.decided_at, GuardianLink.created_at)
    return sa.select(GuardianLink.id).where(
        GuardianLink.status.in_((LinkStatus.ENDED, LinkStatus.REJECTED)), closed_at <= moment, GuardianLink.id.not_in(marked)
    )


def _lifted_marks(moment: datetime) -> Ids:
    return sa.select(ProtectionMark.id).where(ProtectionMark.lifted_at <= moment)


def _left_before(moment: datetime) -> sa.ColumnElement[bool]:
    """Students who graduated or went to another school, and sat in no class since that day."""
    day = moment.astimezone(TAIPEI).date()
    since = sa.select(Enrollment.id).where(
        Enrollment.student_id == Student.id, sa.or_(Enrollment.ended_on.is_(None), Enrollment.ended_on > day)
    )
    sat = sa.select(Enrollment.id).where(Enrollment.student_id == Student.id)
    return sa.and_(Student.status != StudentStatus.ENROLLED, sat.exists(), ~since.exists())


def _leavers(moment: datetime) -> Ids:
    return sa.select(Student.id).where(_left_before(moment))


def _numbers_of_leavers(moment: datetime) -> Ids:
    return sa.select(Student.id).where(_left_before(moment), Student.identity_number_sealed != "")


def _conversations(moment: datetime) -> Ids:
    return sa.select(Conversation.id).where(
        Conversation.channel != Channel.COUNSELING, Conversation.student_id.in_(_leavers(moment))
    )


def _counseling(moment: datetime) -> Ids:
    return sa.select(Conversation.id).where(
        Conversation.channel == Channel.COUNSELING, Conversation.student_id.in_(_leavers(moment))
    )


def _marks(moment: datetime) -> Ids:
    return sa.select(TermGrade.id).where(TermGrade.student_id.in_(_leavers(moment)))


def _attendance(moment: datetime) -> Ids:
    return sa.select(AttendanceEvent.id).where(AttendanceEvent.student_id.in_(_leavers(moment)))


def _conduct(moment: datetime) -> Ids:
    return sa.select(ConductRecord.id).where(ConductRecord.student_id.in_(_leavers(moment)))


def _contact_books(moment: datetime) -> Ids:
    return sa.select(ContactBookEntry.id).where(ContactBookEntry.entry_date <= moment.astimezone(TAIPEI).date())


def _bulletins(moment: datetime) -> Ids:
    """By the last day of publication; without one by the first."""
    last = sa.func.coalesce(Bulletin.publish_until, Bulletin.publish_from)
    return sa.select(Bulletin.id).where(last <= moment.astimezone(TAIPEI).date())


def _book_marks(moment: datetime) -> Ids:
    return sa.select(ContactBookRead.id).where(ContactBookRead.read_at <= moment)


_OF_A_COPY = "a copy: the school's own system of record keeps what the law wants kept for ever"
_LEFT = "the last seat ended (graduated or transferred)"

RULES: tuple[Rule, ...] = (
    Rule("sessions", "Sessions", timedelta(0), "the session is over", "nobody needs them", AccountSession, _sessions),
    Rule(
        "secrets",
        "One-time secrets (hashed)",
        7 * DAY,
        "used or expired",
        "caps on letters and SMS count them for some days",
        OneTimeSecret,
        _secrets,
    ),
    Rule(
        "sign_in_counters",
        "Counts of failed sign-ins",
        DAY,
        "the last failure",
        "a lock lasts a quarter of an hour; the worker's hourly tidying drops them",
    ),
    Rule(
        "accounts_never_used",
        "Accounts never activated or never signed in to",
        30 * DAY,
        "the registration",
        "資通系統防護基準 1-1-2; UNUSED_ACCOUNT_DAYS, the worker's hourly tidying removes them",
    ),
    Rule(
        "accounts",
        "Accounts, profiles, accepted notices, password history",
        None,
        "",
        "as long as the account exists; closed on request",
    ),
    Rule(
        "outbox",
        "Letters and SMS: receiver and purpose (the text is wiped when it has been sent or given up)",
        180 * DAY,
        "put into the outbox",
        "questions about a letter come within a term",
        OutboxMessage,
        _outbox,
    ),
    Rule(
        "rosters",
        "Uploaded rosters (sealed)",
        DAY,
        "the upload",
        "they hold identity numbers; the worker's hourly tidying deletes them",
    ),
    Rule(
        "term_reports",
        "Term reports that were made",
        DAY,
        "asked for",
        "a copy, made anew in seconds; the worker's hourly tidying deletes them",
    ),
    Rule(
        "import_errors",
        "Errors of a roster, line by line",
        180 * DAY,
        "the upload",
        "the school has mended them",
        ImportBatch,
        _import_errors,
        wipes=("errors",),
    ),
    Rule(
        "protection_marks",
        "Protection marks that were lifted",
        YEAR,
        "lifted",
        "a mark in force is kept however old it is",
        ProtectionMark,
        _lifted_marks,
    ),
    Rule(
        "closed_links",
        "Refused applications and ended student links, with what was typed",
        YEAR,
        "refused or ended",
        "questions and complaints; those under a protection mark stay",
        GuardianLink,
        _closed_links,
    ),
    Rule(
        "contact_books",
        "Daily contact books",
        2 * YEAR,
        "the day they are for",
        "this school year and the one before",
        ContactBookEntry,
        _contact_books,
    ),
    Rule(
        "bulletins",
        "Class bulletins",
        2 * YEAR,
        "the last day of publication",
        "this school year and the one before",
        Bulletin,
        _bulletins,
    ),
    Rule(
        "reading_marks",
        "How far a guardian has read the contact books of a class",
        2 * YEAR,
        "the last reading",
        "the class is over; which bulletin was read goes with the bulletin, both with the account",
        ContactBookRead,
        _book_marks,
    ),
    Rule(
        "identity_numbers",
        "Identity numbers of students who left",
        YEAR,
        _LEFT,
        "only needed to find a child on the roll",
        Student,
        _numbers_of_leavers,
        wipes=("identity_number_sealed", "identity_number_index"),
    ),
    Rule(
        "conversations",
        "Conversations with homeroom teacher and academic affairs office",
        YEAR,
        _LEFT,
        "questions and complaints",
        Conversation,
        _conversations,
        takes=((Message, "conversation_id"),),
    ),
    Rule(
        "counseling",
        "Conversations with the counselors",
        10 * YEAR,
        _LEFT,
        "學生輔導法施行細則 §10: ten years, then destroyed",
        Conversation,
        _counseling,
        takes=((Message, "conversation_id"),),
    ),
    Rule("marks", "Marks", 5 * YEAR, _LEFT, _OF_A_COPY, TermGrade, _marks),
    Rule("attendance", "Attendance", 5 * YEAR, _LEFT, _OF_A_COPY, AttendanceEvent, _attendance),
    Rule("conduct", "Rewards and punishments", 5 * YEAR, _LEFT, _OF_A_COPY, ConductRecord, _conduct),
    Rule("students", "Students and where they sat", None, "", "the roll of the school; " + _OF_A_COPY),
    Rule(
        "orphan_files",
        "Files in the storage that no row names",
        DAY,
        "written",
        "left by a process that was killed, or by rows that went",
    ),
    Rule(
        "audit",
        "Audit log",
        3 * YEAR,
        "written",
        "資通系統防護基準 2-1-1: six months at least; sealed, so only `flask portal audit` shortens it",
    ),
)

HOLDERS = (Attachment.storage_key, ImportBatch.storage_key, TermReport.storage_key)
"""Every column that names a file of the storage: a file that none of them names is an orphan."""
