"""Three families, each with its class, teacher, guardian and one row of every kind that may not reach anybody else.

Family A and B are of one school, in two classes; Z is of another school. Every text of these rows is a canary word of
its own («canaryAmark»), so that an answer that holds one tells what leaked, and of whom. ``plant`` fills them into a
world of tests.world; the people who look are the personas of app.access.matrix, all of them seen from family A.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import Role as FabRole

from app.access.matrix import Persona
from app.access.roles import Role
from app.access.session import system
from app.accounts.models import (
    AccessVersion,
    Account,
    AccountKind,
    AccountProfile,
    AccountSession,
    AccountState,
    AccountType,
    IdentityKind,
    OneTimeSecret,
    PasswordHistory,
    PlacementRequest,
    PlacementRequestStatus,
    RecoveryCode,
    SecondFactor,
    SecretPurpose,
    SignInCounter,
    StaffPlacement,
)
from app.attachments.models import Attachment
from app.attachments.storage import new_key, storage
from app.audit.models import AuditEntry, AuditHead, AuditSeal
from app.bulletins.models import Bulletin, BulletinRead
from app.contact_books.models import ContactBookEntry, ContactBookItem, ContactBookRead
from app.conversations.models import Channel, ChannelSwitch, Conversation, ConversationRead, Message
from app.crypto.sealing import keyed_index, seal
from app.extensions import db
from app.guardian_links.models import GuardianLink, LinkStatus, ProtectionMark, Relationship
from app.importing.models import ImportBatch, ImportStatus
from app.limits.models import LimitCount
from app.model_types import now, today
from app.notifications.models import OutboxChannel, OutboxMessage, OutboxStatus
from app.portal.models import News
from app.privacy.models import Consent
from app.schools.models import (
    AcademicTerm,
    Enrollment,
    HomeroomAssignment,
    School,
    SchoolClass,
    SchoolKind,
    Student,
    StudentStatus,
)
from app.student_records.models import (
    AttendanceCategory,
    AttendanceEvent,
    ConductKind,
    ConductRecord,
    SubjectKind,
    TermGrade,
)
from app.term_reports.models import ReportState, TermReport
from tests.world import PASSWORD_HASH, World

SCHOOL_OF = {"A": "wenchang", "B": "wenchang", "Z": "zhongxing"}
TEACHER_OF = {"A": "teacher_501", "B": "teacher_502", "Z": "teacher_701"}
NATIONAL_IDS = {"A": "A199887701", "B": "A199887702", "Z": "A199887703"}
"""No page ever shows one whole."""
UNREADABLE = ("canaryAhash", "canaryAsecret", "canaryBhash", "canaryBsecret", "canaryZhash", "canaryZsecret")
"""What no page ever shows to anybody."""

USERNAMES: dict[Persona, str | None] = {
    Persona.ANONYMOUS: None,
    Persona.GUARDIAN: "guardian_a",
    Persona.GUARDIAN_OF_ANOTHER: "guardian_b",
    Persona.LINK_PENDING: "guardian_pending",
    Persona.LINK_REFUSED: "guardian_refused",
    Persona.LINK_ENDED: "guardian_ended",
    Persona.TEACHER: "teacher_501",
    Persona.TEACHER_OF_ANOTHER_CLASS: "teacher_502",
    Persona.TEACHER_OF_ANOTHER_SCHOOL: "teacher_701",
    Persona.TEACHER_AND_MANAGER: "lead_wc",
    Persona.MANAGER: "manager_wc",
    Persona.REGISTRAR: "only_registrar_wc",
    Persona.INSTRUCTION: "only_instruction_wc",
    Persona.ACADEMIC_AFFAIRS: "registrar_wc",
    Persona.COUNSELOR: "counselor_wc",
    Persona.PERSONNEL: "personnel_wc",
    Persona.CITY: "city_admin",
    Persona.TEACHER_AND_GUARDIAN: "teacher_parent",
    Persona.AWAITING_REVIEW: "awaiting",
    Persona.SUSPENDED: "suspended",
}


@dataclass
class Family:
    """The numbers of one family's rows, by the object of the matrix."""

    letter: str
    ids: dict[str, Any] = field(default_factory=dict)
    member: str = ""
    """The username of its guardian."""

    def word(self, thing: str) -> str:
        return f"canary{self.letter}{thing}"


@dataclass
class Families:
    a: Family
    b: Family
    z: Family
    accounts: dict[str, int] = field(default_factory=dict)
    open_to_all: dict[str, int] = field(default_factory=dict)
    """The planted school, term, news and batch."""

    def __iter__(self) -> Iterator[Family]:
        return iter((self.a, self.b, self.z))


def _add(row: Any) -> Any:
    db.session.add(row)
    db.session.flush()
    return row


def plant(world: World) -> Families:
    """Fill the families into the present database. Needs an application context; commits."""
    families = Families(Family("A"), Family("B"), Family("Z"))
    with system("tests"):
        roles = {role.name: role for role in db.session.scalars(sa.select(FabRole))}
        placements = dict(db.session.execute(sa.select(StaffPlacement.username, StaffPlacement.id)).tuples().all())
        families.accounts = dict(world.accounts)
        _open_to_all(families)
        for family in families:
            family.member = f"guardian_{family.letter.lower()}"
            _guardian(families, roles, family.member, f"canary{family.letter}profile")
            _class_and_child(world, family, placements)
            _staff_rows(world, families, family, roles)
            _lessons(world, families, family)
            _private_rows(families, family)
            sibling = new_student(families, family, 90_000 + ord(family.letter))
            link(families, family, family.member, LinkStatus.APPROVED, student_id=sibling)
        _people_who_look(world, families, roles)
        db.session.commit()
    return families


def _open_to_all(families: Families) -> None:
    school = School(code="039999", name="canaryWschool", kind=SchoolKind.ELEMENTARY, accepts_link_requests=True)
    term = AcademicTerm(school_year=119, semester=2, starts_on=date(2031, 2, 1), ends_on=date(2031, 7, 31))
    news = News(title="canaryWnews", body="canaryWnews")
    families.open_to_all = {"School": _add(school).id, "AcademicTerm": _add(term).id, "News": _add(news).id}


def _account(
    families: Families,
    username: str,
    name: str,
    *,
    kind: AccountKind = AccountKind.GENERAL,
    account_type: AccountType = AccountType.GUARDIAN,
    state: AccountState = AccountState.ACTIVE,
    roles: tuple[Any, ...] = (),
    identity: str = "",
) -> int:
    number = len(families.accounts)
    identity = identity or f"A1{55000000 + number}"
    account = Account(
        username=username,
        first_name=name,
        last_name="",
        email=f"{username}@account.invalid",
        password=PASSWORD_HASH,
        active=True,
        kind=kind,
        account_type=account_type,
        state=state,
        password_changed_at=now(),
        profile=AccountProfile(
            kind=kind,
            full_name=name,
            email=f"{name}@example.org",
            mobile=f"+88691299{number:04}",
            birth_date=date(1983, 4, 18),
            identity_kind=IdentityKind.NATIONAL_ID,
            identity_number_sealed=seal(identity),
            identity_number_index=keyed_index(identity),
        ),
    )
    account.roles = list(roles)
    families.accounts[username] = _add(account).id
    return account.id


def _guardian(families: Families, roles: Any, username: str, name: str) -> int:
    account_id = _account(families, username, name, roles=(roles[Role.GUARDIAN],))
    db.session.get_one(Account, account_id).first_name = username  # the city's list of accounts is no leak of a profile
    return account_id


def _class_and_child(world: World, family: Family, placements: dict[str, int]) -> None:
    school_id, teacher = world.schools[SCHOOL_OF[family.letter]], TEACHER_OF[family.letter]
    school_class = SchoolClass(school_id=school_id, school_year=115, grade_level=5, class_name=family.word("class"))
    class_id = _add(school_class).id
    student_id = _add(
        Student(
            school_id=school_id,
            student_number=f"99{ord(family.letter)}01",
            full_name=family.word("student"),
            birth_date=date(2015, 5, 6),
            identity_number_sealed=seal(NATIONAL_IDS[family.letter]),
            identity_number_index=keyed_index(NATIONAL_IDS[family.letter]),
        )
    ).id
    enrollment = Enrollment(
        student_id=student_id, class_id=class_id, school_id=school_id, seat_number=71, started_on=date(2026, 8, 1)
    )
    assignment = HomeroomAssignment(
        class_id=class_id,
        school_id=school_id,
        placement_id=placements[teacher],
        teacher_name=family.word("homeroom"),
        teacher_username=teacher,
    )
    family.ids |= {
        "SchoolClass": class_id,
        "Student": student_id,
        "Enrollment": _add(enrollment).id,
        "HomeroomAssignment": _add(assignment).id,
        "school": school_id,
    }


def link(
    families: Families,
    family: Family,
    username: str,
    status: LinkStatus,
    *,
    student_id: int | None = None,
    name: str = "",
) -> int:
    """An application for the family's child (or another student of its class) as the review left it."""
    name = name or family.word("link")
    student_id = student_id or family.ids["Student"]
    row = GuardianLink(
        account_id=families.accounts[username],
        guardian_name=name,
        relationship_kind=Relationship.MOTHER,
        school_id=family.ids["school"],
        class_id=family.ids["SchoolClass"],
        student_id=student_id,
        claim_key=f"{username}-{student_id}-{status}",
        typed_grade_level=5,
        typed_class_name="一班",
        typed_seat_number=71,
        typed_name=name,
        typed_student_key="99",
        typed_birth_date=date(2015, 5, 6),
        status=status,
    )
    return _add(row).id


def _staff_rows(world: World, families: Families, family: Family, roles: Any) -> None:
    school_id = family.ids["school"]
    name = family.word("staff")
    staff = _account(
        families,
        f"staff_{family.letter.lower()}",
        name,
        kind=AccountKind.OFFICIAL,
        account_type=AccountType.STAFF,
        roles=(roles[Role.COUNSELOR],),
    )
    placement = StaffPlacement(
        account_id=staff, school_id=school_id, username=f"staff_{family.letter.lower()}", staff_name=name, job_title="組員"
    )
    request = PlacementRequest(
        account_id=staff,
        school_id=school_id,
        username=f"staff_{family.letter.lower()}",
        applicant_name=family.word("request"),
        job_title="組長",
        status=PlacementRequestStatus.PENDING,
    )
    batch = ImportBatch(
        school_id=school_id, file_name=family.word("import"), status=ImportStatus.CHECKED, account_name=family.word("import")
    )
    family.ids |= {
        "Account": staff,
        "StaffPlacement": _add(placement).id,
        "PlacementRequest": _add(request).id,
        "ImportBatch": _add(batch).id,
    }


def new_bulletin(families: Families, family: Family, title: str, author: str) -> int:
    row = Bulletin(
        class_id=family.ids["SchoolClass"],
        school_id=family.ids["school"],
        title=title,
        body=f"<p>{title}</p>",
        publish_from=today(),
        author_id=families.accounts[author],
        author_name=title,
    )
    return _add(row).id


def new_entry(families: Families, family: Family, text: str, author: str, day: date) -> tuple[int, int]:
    entry = ContactBookEntry(
        class_id=family.ids["SchoolClass"],
        school_id=family.ids["school"],
        entry_date=day,
        author_id=families.accounts[author],
        author_name=text,
    )
    entry_id = _add(entry).id
    item = ContactBookItem(entry_id=entry_id, class_id=entry.class_id, school_id=entry.school_id, text=text)
    return entry_id, _add(item).id


def new_attachment(family: Family, name: str, **owner: int) -> int:
    key = new_key()
    content = f"{name} content".encode()
    storage().save(key, io.BytesIO(content))
    row = Attachment(
        class_id=family.ids["SchoolClass"],
        school_id=family.ids["school"],
        storage_key=key,
        original_name=f"{name}.txt",
        content_type="text/plain",
        size=len(content),
        **owner,
    )
    return _add(row).id


def _lessons(world: World, families: Families, family: Family) -> None:
    teacher, student_id, school_id = TEACHER_OF[family.letter], family.ids["Student"], family.ids["school"]
    term_id = world.terms[115, 1]
    of_child = {"student_id": student_id, "school_id": school_id}
    bulletin_id = new_bulletin(families, family, family.word("bulletin"), teacher)
    entry_id, item_id = new_entry(families, family, family.word("book"), teacher, today())
    mark = TermGrade(
        **of_child,
        term_id=term_id,
        subject=family.word("mark"),
        kind=SubjectKind.SUBJECT,
        grade_level=5,
        score=81,
    )
    absence = AttendanceEvent(
        **of_child,
        term_id=term_id,
        event_date=today() - timedelta(days=3),
        period=1,
        category=AttendanceCategory.SICK_LEAVE,
    )
    conduct = ConductRecord(
        **of_child,
        term_id=term_id,
        event_date=today() - timedelta(days=3),
        kind=ConductKind.COMMENDATION,
        reason=family.word("conduct"),
    )
    family.ids |= {
        "Bulletin": bulletin_id,
        "ContactBookEntry": entry_id,
        "ContactBookItem": item_id,
        "Attachment": new_attachment(family, family.word("file"), bulletin_id=bulletin_id),
        "TermGrade": _add(mark).id,
        "AttendanceEvent": _add(absence).id,
        "ConductRecord": _add(conduct).id,
    }
    for channel in Channel:
        text = family.word(f"talk{channel.value.replace('_', '')}")
        conversation = Conversation(**of_child, channel=channel)
        _add(conversation)
        message = Message(
            conversation_id=conversation.id,
            **of_child,
            channel=channel,
            author_id=families.accounts["city_admin"],
            author_name=text,
            author_capacity=channel.value,
            is_from_guardian=False,
            body=text,
            send_key=f"{family.letter}-{channel.value}",
        )
        _add(message)
        conversation.last_message_at = message.created_at
        conversation.last_message_id = message.id
        conversation.last_message_text = text
        family.ids |= {f"Conversation.{channel.value}": conversation.id, f"Message.{channel.value}": message.id}
    switch = ChannelSwitch(school_id=school_id, class_id=family.ids["SchoolClass"], channel=Channel.HOMEROOM, is_open=True)
    family.ids["ChannelSwitch.homeroom"] = _add(switch).id
    for channel in (Channel.ACADEMIC_AFFAIRS, Channel.COUNSELING):
        family.ids[f"ChannelSwitch.{channel.value}"] = db.session.scalars(
            sa.select(ChannelSwitch.id).where(
                ChannelSwitch.school_id == school_id, ChannelSwitch.class_id.is_(None), ChannelSwitch.channel == channel
            )
        ).one()


def _private_rows(families: Families, family: Family) -> None:
    """What belongs to the guardian's account alone, and what is nobody's to read."""
    letter, guardian = family.letter, families.accounts[family.member]
    moment = now()
    browser = AccountSession(
        key_hash=f"session of {family.member}",
        account_id=guardian,
        user_agent="Firefox/130 Linux",
        address=family.word("address"),
        created_at=moment,
        last_seen_at=moment,
        expires_at=moment + timedelta(hours=1),
    )
    read = ConversationRead(account_id=guardian, conversation_id=family.ids["Conversation.homeroom"], last_read_message_id=0)
    _add(read)
    bulletin_read = BulletinRead(account_id=guardian, bulletin_id=family.ids["Bulletin"])
    _add(bulletin_read)
    books_read = ContactBookRead(account_id=guardian, class_id=family.ids["SchoolClass"], last_day=today())
    entry = AuditEntry(action="read.student", username=family.word("audit"), detail=family.word("audit"), object_id="1")
    letter_out = OutboxMessage(
        channel=OutboxChannel.EMAIL,
        purpose="link_approved",
        receiver=f"{family.word('outbox')}@example.org",
        content_sealed=seal(family.word("letter")),
        status=OutboxStatus.SENT,
    )
    secret = OneTimeSecret(
        account_id=guardian, purpose=SecretPurpose.RESET_LINK, secret_hash=family.word("secret"), expires_at=moment
    )
    history = PasswordHistory(account_id=guardian, password_hash=family.word("hash"))
    mark = ProtectionMark(
        school_id=family.ids["school"],
        guardian_name=family.word("protection"),
        student_name=family.word("protection"),
        reason=family.word("protection"),
        placed_by_name="manager",
    )
    consent = Consent(account_id=guardian, version="1", entrance=AccountKind.GENERAL)
    _add(entry)
    seal_of_entry = AuditSeal(number=90_000 + ord(letter), entry_id=entry.id, key_id="key", hash=family.word("seal"))
    counter = SignInCounter(entrance=AccountKind.GENERAL, username=family.word("counter"), failures=1)
    _add(counter)
    family.ids |= {
        "AccountProfile": guardian,
        "AccountSession": _add(browser).id,
        "ConversationRead": (guardian, family.ids["Conversation.homeroom"]),
        "BulletinRead": (guardian, family.ids["Bulletin"]),
        "ContactBookRead": _add(books_read).id,
        "AuditEntry": entry.id,
        "OutboxMessage": _add(letter_out).id,
        "OneTimeSecret": _add(secret).id,
        "PasswordHistory": _add(history).id,
        "SignInCounter": (AccountKind.GENERAL, family.word("counter")),
        "SecondFactor": _add(SecondFactor(account_id=guardian, secret_sealed=family.word("secret"), last_step=0)).account_id,
        "RecoveryCode": _add(RecoveryCode(account_id=guardian, code_hash=family.word("hash"))).id,
        "ProtectionMark": _add(mark).id,
        "Consent": _add(consent).id,
        "TermReport": _add(_term_report(families, family, guardian)).id,
        "AuditSeal": _add(seal_of_entry).number,
        "AuditHead": db.session.scalar(sa.select(AuditHead.id)) or _add(AuditHead(id=1)).id,
        "LimitCount": ("canary", _add(LimitCount(cap="canary", subject=family.word("limit"), ends_at=moment)).subject),
        "AccessVersion": db.session.scalars(sa.select(AccessVersion.id)).one(),
        "GuardianLink": link(families, family, family.member, LinkStatus.APPROVED),
        **families.open_to_all,
    }


def _term_report(families: Families, family: Family, guardian: int) -> TermReport:
    """Made already, with its file."""
    key, content = new_key(), f"%PDF {family.word('report')}".encode()
    storage().save(key, io.BytesIO(content))
    return TermReport(
        account_id=guardian,
        student_id=family.ids["Student"],
        school_id=family.ids["school"],
        term_id=families.open_to_all["AcademicTerm"],
        locale="zh_Hant_TW",
        state=ReportState.MADE,
        storage_key=key,
        size=len(content),
    )


def _people_who_look(world: World, families: Families, roles: Any) -> None:
    for username, status in (
        ("guardian_pending", LinkStatus.PENDING),
        ("guardian_refused", LinkStatus.REJECTED),
        ("guardian_ended", LinkStatus.ENDED),
    ):
        _guardian(families, roles, username, username)
        link(families, families.a, username, status, name=username)
    official = {"kind": AccountKind.OFFICIAL, "account_type": AccountType.STAFF}
    teacher = roles[Role.HOMEROOM_TEACHER]
    for username, family, state, held in (
        ("teacher_parent", families.b, AccountState.ACTIVE, (teacher, roles[Role.GUARDIAN])),
        ("suspended", families.a, AccountState.SUSPENDED, (teacher,)),
    ):
        account = _account(families, username, username, **official, state=state, roles=held)
        placement = StaffPlacement(
            account_id=account,
            school_id=world.schools["wenchang"],
            username=username,
            staff_name=username,
            job_title="導師",
        )
        assignment = HomeroomAssignment(
            class_id=family.ids["SchoolClass"],
            school_id=family.ids["school"],
            placement_id=_add(placement).id,
            teacher_name=username,
            teacher_username=username,
        )
        _add(assignment)
    link(families, families.a, "teacher_parent", LinkStatus.APPROVED, name="teacher_parent")
    awaiting = _account(families, "awaiting", "awaiting", **official, state=AccountState.PENDING_REVIEW, roles=(teacher,))
    request = PlacementRequest(
        account_id=awaiting,
        school_id=world.schools["wenchang"],
        username="awaiting",
        applicant_name="awaiting",
        job_title="導師",
        status=PlacementRequestStatus.REFUSED,
    )
    _add(request)


def new_student(families: Families, family: Family, number: int) -> int:
    """Another pupil of the family's class, with nothing that hangs on it but the seat."""
    row = Student(
        school_id=family.ids["school"],
        student_number=f"98{number:05}",
        full_name=f"fresh{number}",
        birth_date=date(2015, 5, 6),
        status=StudentStatus.ENROLLED,
    )
    student_id = _add(row).id
    seat = Enrollment(
        student_id=student_id,
        class_id=family.ids["SchoolClass"],
        school_id=family.ids["school"],
        seat_number=None,
        started_on=date(2026, 8, 1),
    )
    _add(seat)
    return student_id
