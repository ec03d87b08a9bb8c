"""The small world of most tests: two schools, four classes, the people of the demo sign-ins, and rows to be kept apart.

Made once per run into a template database; ``World`` holds numbers only, never instances.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import Role as FabRole
from werkzeug.security import generate_password_hash

from app.access.roles import Role
from app.access.session import system
from app.accounts.models import (
    Account,
    AccountKind,
    AccountProfile,
    AccountState,
    AccountType,
    IdentityKind,
    StaffPlacement,
)
from app.bulletins.models import Bulletin
from app.contact_books.models import ContactBookEntry, ContactBookItem, ItemKind
from app.conversations.models import Channel, ChannelSwitch, Conversation, Message
from app.crypto.sealing import keyed_index, seal
from app.extensions import db
from app.guardian_links.models import GuardianLink, LinkStatus, Relationship
from app.model_types import now, today
from app.privacy.models import Consent
from app.privacy.notices import in_force
from app.schools.models import AcademicTerm, Enrollment, HomeroomAssignment, School, SchoolClass, SchoolKind, Student
from app.student_records.models import (
    AttendanceCategory,
    AttendanceEvent,
    ConductKind,
    ConductRecord,
    SubjectKind,
    TermGrade,
)

PASSWORD = "Portal-demo-2026"
HASH_METHOD = "pbkdf2:sha256:1000"
"""A hash as dear as the product's costs every sign-in of a test 60 ms; tests of hashing use fixture ``dear_hashes``."""
PASSWORD_HASH = generate_password_hash(PASSWORD, method=HASH_METHOD)

STAFF = {
    "personnel_wc": ("wenchang", [Role.PERSONNEL_OFFICER], "人事主任"),
    "manager_wc": ("wenchang", [Role.SCHOOL_ADMIN], "教務主任"),
    "teacher_501": ("wenchang", [Role.HOMEROOM_TEACHER], "導師"),
    "teacher_502": ("wenchang", [Role.HOMEROOM_TEACHER], "導師"),
    "lead_wc": ("wenchang", [Role.HOMEROOM_TEACHER, Role.SCHOOL_ADMIN], "導師"),
    "registrar_wc": ("wenchang", [Role.REGISTRAR, Role.INSTRUCTION_OFFICER], "註冊組長"),
    "only_registrar_wc": ("wenchang", [Role.REGISTRAR], "註冊組員"),
    "only_instruction_wc": ("wenchang", [Role.INSTRUCTION_OFFICER], "教學組員"),
    "counselor_wc": ("wenchang", [Role.COUNSELOR], "輔導老師"),
    "teacher_701": ("zhongxing", [Role.HOMEROOM_TEACHER], "導師"),
    "manager_zx": ("zhongxing", [Role.SCHOOL_ADMIN], "教務主任"),
    "city_admin": ("bureau", [Role.CITY_ADMIN], "科員"),
}
GENERAL = {
    "parent_chen": ("陳美玲", AccountType.GUARDIAN),
    "parent_lin": ("林文彬", AccountType.GUARDIAN),
    "parent_wang": ("王志強", AccountType.GUARDIAN),
    "citizen_wu": ("吳大明", AccountType.CITIZEN),
}


@dataclass
class World:
    schools: dict[str, int] = field(default_factory=dict)
    classes: dict[str, int] = field(default_factory=dict)
    """"501", "502", "601" at wenchang; "701" at zhongxing."""
    students: dict[str, int] = field(default_factory=dict)
    """By name: 王小明 and 林品妤 in 501, 李宥廷 in 502, 王小華 in 701."""
    accounts: dict[str, int] = field(default_factory=dict)
    terms: dict[tuple[int, int], int] = field(default_factory=dict)
    bulletins: dict[str, int] = field(default_factory=dict)
    entries: dict[str, int] = field(default_factory=dict)
    conversations: dict[tuple[str, str], int] = field(default_factory=dict)


def build_world() -> World:
    """Fill the present database. Needs an application context; commits."""
    world = World()
    with system("tests build their world"):
        _schools(world)
        _people(world)
        _lessons(world)
        db.session.commit()
    return world


def _add(row):  # type: ignore[no-untyped-def]
    db.session.add(row)
    db.session.flush()
    return row


def _schools(world: World) -> None:
    for key, code, name, kind, accepts in (
        ("wenchang", "034601", "文昌國小", SchoolKind.ELEMENTARY, True),
        ("zhongxing", "034501", "中興國中", SchoolKind.JUNIOR_HIGH, True),
        ("wuling", "034602", "武陵國小", SchoolKind.ELEMENTARY, False),
        ("bureau", "030000", "桃園市政府教育局", SchoolKind.BUREAU, False),
    ):
        world.schools[key] = _add(School(code=code, name=name, kind=kind, accepts_link_requests=accepts)).id
    for year, semester, start, end in (
        (114, 1, date(2025, 8, 1), date(2026, 1, 31)),
        (114, 2, date(2026, 2, 1), date(2026, 7, 31)),
        (115, 1, date(2026, 8, 1), date(2027, 1, 31)),
    ):
        term = AcademicTerm(school_year=year, semester=semester, starts_on=start, ends_on=end)
        world.terms[year, semester] = _add(term).id
    for label, school, grade, name in (
        ("501", "wenchang", 5, "一班"),
        ("502", "wenchang", 5, "二班"),
        ("601", "wenchang", 6, "一班"),
        ("701", "zhongxing", 7, "一班"),
    ):
        school_class = SchoolClass(school_id=world.schools[school], school_year=115, grade_level=grade, class_name=name)
        world.classes[label] = _add(school_class).id
    for number, (name, label, seat) in enumerate(
        (("王小明", "501", 12), ("林品妤", "501", 7), ("李宥廷", "502", 15), ("張子晴", "601", 1), ("王小華", "701", 3))
    ):
        school_id = world.schools["zhongxing" if label == "701" else "wenchang"]
        student = _add(
            Student(
                school_id=school_id, student_number=f"11105{number:02}", full_name=name, birth_date=date(2015, 5, 6 + number)
            )
        )
        world.students[name] = student.id
        _add(
            Enrollment(
                student_id=student.id,
                class_id=world.classes[label],
                school_id=school_id,
                seat_number=seat,
                started_on=date(2026, 8, 1),
            )
        )


def _account(username: str, name: str, kind: AccountKind, account_type: AccountType, number: int) -> Account:
    identity = f"A1{number:08}"
    account = _add(
        Account(
            username=username,
            first_name=name,
            last_name="",
            email=f"{username}@account.invalid",
            password=PASSWORD_HASH,
            active=True,
            kind=kind,
            account_type=account_type,
            state=AccountState.ACTIVE,
            password_changed_at=now() - timedelta(days=30),
            profile=AccountProfile(
                kind=kind,
                full_name=name,
                email=f"{username}@example.org",
                mobile=f"+8869120{number:05}",
                birth_date=date(1983, 4, 18),
                identity_kind=IdentityKind.NATIONAL_ID,
                identity_number_sealed=seal(identity),
                identity_number_index=keyed_index(identity),
            ),
        )
    )
    _add(Consent(account_id=account.id, version=in_force().version, entrance=kind))
    return account


def _people(world: World) -> None:
    roles = {role.name: role for role in db.session.scalars(sa.select(FabRole))}
    placements = {}
    for number, (username, (school, held, title)) in enumerate(STAFF.items()):
        account = _account(username, f"{username}老師", AccountKind.OFFICIAL, AccountType.STAFF, 1000 + number)
        account.roles = [roles[role] for role in held]
        world.accounts[username] = account.id
        placements[username] = _add(
            StaffPlacement(
                account_id=account.id,
                school_id=world.schools[school],
                username=username,
                staff_name=f"{username}老師",
                job_title=title,
            )
        )
    for label, username in (("501", "teacher_501"), ("502", "teacher_502"), ("601", "lead_wc"), ("701", "teacher_701")):
        _add(
            HomeroomAssignment(
                class_id=world.classes[label],
                school_id=placements[username].school_id,
                placement_id=placements[username].id,
                teacher_name=placements[username].staff_name,
                teacher_username=username,
            )
        )
    for number, (username, (name, account_type)) in enumerate(GENERAL.items()):
        account = _account(username, name, AccountKind.GENERAL, account_type, 2000 + number)
        account.roles = [roles[Role.GUARDIAN]] if account_type == AccountType.GUARDIAN else []
        world.accounts[username] = account.id
    for username, student, label, status in (
        ("parent_chen", "王小明", "501", LinkStatus.APPROVED),
        ("parent_chen", "王小華", "701", LinkStatus.APPROVED),
        ("parent_wang", "李宥廷", "502", LinkStatus.APPROVED),
        ("parent_wang", "王小明", "501", LinkStatus.PENDING),
    ):
        add_link(world, username, student, label, status)


def add_link(world: World, username: str, student: str, label: str, status: LinkStatus) -> int:
    """A student link as the review left it; returns its number."""
    return _add(
        GuardianLink(
            account_id=world.accounts[username],
            guardian_name=GENERAL[username][0],
            relationship_kind=Relationship.MOTHER,
            school_id=world.schools["zhongxing" if label == "701" else "wenchang"],
            class_id=world.classes[label],
            student_id=world.students[student],
            claim_key=f"{username}-{student}-{status}",
            typed_grade_level=int(label[0]),
            typed_class_name="一班",
            typed_seat_number=1,
            typed_name=student,
            typed_student_key="1110500",
            typed_birth_date=date(2015, 5, 6),
            status=status,
        )
    ).id


def _lessons(world: World) -> None:
    day = today()
    for label in world.classes:
        school_id = world.schools["zhongxing" if label == "701" else "wenchang"]
        author = {"501": "teacher_501", "502": "teacher_502", "601": "lead_wc", "701": "teacher_701"}[label]
        author_id, class_id = world.accounts[author], world.classes[label]
        world.bulletins[label] = _add(
            Bulletin(
                class_id=class_id,
                school_id=school_id,
                title=f"{label} 公告",
                body=f"<p>{label} 公告內容</p>",
                publish_from=day,
                author_id=author_id,
                author_name=author,
            )
        ).id
        entry = _add(
            ContactBookEntry(class_id=class_id, school_id=school_id, entry_date=day, author_id=author_id, author_name=author)
        )
        world.entries[label] = entry.id
        _add(
            ContactBookItem(
                entry_id=entry.id, class_id=class_id, school_id=school_id, kind=ItemKind.HOMEWORK, text=f"{label} 作業"
            )
        )
        _add(ChannelSwitch(school_id=school_id, class_id=class_id, channel=Channel.HOMEROOM, is_open=True))
    for school in ("wenchang", "zhongxing"):
        for channel in (Channel.ACADEMIC_AFFAIRS, Channel.COUNSELING):
            _add(ChannelSwitch(school_id=world.schools[school], channel=channel, is_open=True))
    for name, student_id in world.students.items():
        school_id = world.schools["zhongxing" if name == "王小華" else "wenchang"]
        for (year, semester), term_id in world.terms.items():
            grade_level = 7 if name == "王小華" else 5 - (115 - year)
            for subject in ("國語", "數學"):
                _add(
                    TermGrade(
                        student_id=student_id,
                        school_id=school_id,
                        term_id=term_id,
                        subject=subject,
                        kind=SubjectKind.SUBJECT,
                        grade_level=grade_level,
                        score=Decimal(80 + semester),
                    )
                )
        term_id = world.terms[115, 1]
        _add(
            AttendanceEvent(
                student_id=student_id,
                school_id=school_id,
                term_id=term_id,
                event_date=day - timedelta(days=3),
                period=1,
                category=AttendanceCategory.SICK_LEAVE,
            )
        )
        _add(
            ConductRecord(
                student_id=student_id,
                school_id=school_id,
                term_id=term_id,
                event_date=day - timedelta(days=5),
                kind=ConductKind.COMMENDATION,
                count=1,
                reason=f"{name}熱心服務",
            )
        )
        for channel in Channel:
            conversation = _add(Conversation(student_id=student_id, school_id=school_id, channel=channel))
            world.conversations[name, channel.value] = conversation.id
            message = _add(
                Message(
                    conversation_id=conversation.id,
                    student_id=student_id,
                    school_id=school_id,
                    channel=channel,
                    author_id=world.accounts["city_admin"],
                    author_name="老師",
                    author_capacity=channel.value,
                    is_from_guardian=False,
                    body=f"{name} {channel.value} 訊息",
                    send_key=f"{student_id}-{channel.value}",
                )
            )
            conversation.last_message_at = message.created_at
            conversation.last_message_id = message.id
            conversation.last_message_text = message.body
