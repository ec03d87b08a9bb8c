"""The people of the demo city: staff with placements and roles, guardians with links, and who waits for review."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import Role as FabRole
from flask_appbuilder.security.sqla.models import assoc_user_role

from app.access.roles import Role
from app.accounts.identity import IdentityNumber, read_identity_number
from app.accounts.models import (
    Account,
    AccountKind,
    AccountProfile,
    AccountState,
    AccountType,
    PasswordHistory,
    PlacementRequest,
    StaffPlacement,
)
from app.extensions import db
from app.guardian_links.matching import read_student_key
from app.guardian_links.models import GuardianLink, LinkStatus, Relationship
from app.importing.demo_city import names
from app.importing.demo_city.roll import Pupil, Roll
from app.model_types import now, today
from app.privacy.models import Consent
from app.privacy.notices import in_force
from app.schools.models import HomeroomAssignment

BUREAU, WENCHANG, ZHONGXING = "030000", "034601", "034501"

STAFF: tuple[tuple[str, str, str, str, tuple[Role, ...]], ...] = (
    ("city_admin", "方振宇", BUREAU, "科員", (Role.CITY_ADMIN,)),
    ("personnel_wc", "許麗華", WENCHANG, "人事主任", (Role.PERSONNEL_OFFICER,)),
    ("manager_wc", "黃建國", WENCHANG, "教務主任", (Role.SCHOOL_ADMIN,)),
    ("registrar_wc", "蔡佳蓉", WENCHANG, "註冊組長", (Role.REGISTRAR, Role.INSTRUCTION_OFFICER)),
    ("counselor_wc", "周雅婷", WENCHANG, "輔導老師", (Role.COUNSELOR,)),
)
"""Username, name, unit, title, roles. Homeroom teachers come by name out of the roster."""

GUARDIANS: tuple[tuple[str, str, AccountType], ...] = (
    ("parent_chen", "陳美玲", AccountType.GUARDIAN),
    ("parent_lin", "林文彬", AccountType.GUARDIAN),
    ("citizen_wu", "吳大明", AccountType.CITIZEN),
    ("parent_wang", "王志強", AccountType.GUARDIAN),
    ("parent_johnson", "Sarah Johnson", AccountType.GUARDIAN),
    ("parent_gao", "高婉如", AccountType.GUARDIAN),
    ("parent_li", "李佳穎", AccountType.GUARDIAN),
    ("parent_tu", "𡍼雅文", AccountType.GUARDIAN),
    ("parent_zhang", "張育誠", AccountType.GUARDIAN),
    ("parent_ouyang", "歐陽慧君", AccountType.GUARDIAN),
)

SIGN_INS = (
    ("city_admin", "系統管理者（桃園市政府教育局）"),
    ("personnel_wc", "文昌國小 校端_一般_人事"),
    ("manager_wc", "文昌國小 校端_進階_管理者"),
    ("teacher_501", "文昌國小 五年一班 校端_一般_導師"),
    ("teacher_502", "文昌國小 五年二班 校端_一般_導師"),
    ("registrar_wc", "文昌國小 校端_一般_註冊、校端_一般_教學"),
    ("counselor_wc", "文昌國小 校端_一般_輔導"),
    ("teacher_701", "中興國中 七年一班 校端_一般_導師"),
    ("parent_chen", "學生家長，已連結王小明（五年一班）與王小華（七年一班）"),
    ("parent_lin", "學生家長，尚無連結"),
    ("citizen_wu", "一般民眾"),
)
"""Who is told at the start, and as what."""


@dataclass
class People:
    """Account numbers and names by username."""

    ids: dict[str, int] = field(default_factory=dict)
    full_names: dict[str, str] = field(default_factory=dict)


class _Register:
    """Makes accounts; every one of them has an identity number, a mailbox and a mobile number of its own."""

    def __init__(self, password_hash: str) -> None:
        self.password_hash = password_hash
        self.random = Random(911)  # noqa: S311 (invented people)
        self.identities: set[str] = set()
        self.roles = {role.name: role.id for role in db.session.scalars(sa.select(FabRole))}
        self.accounts: list[Account] = []
        self.granted: list[tuple[Account, Sequence[Role]]] = []

    def add(
        self,
        username: str,
        full_name: str,
        kind: AccountKind,
        account_type: AccountType,
        roles: Sequence[Role],
        state: AccountState = AccountState.ACTIVE,
    ) -> Account:
        identity = self._identity()
        account = Account(
            username=username,
            first_name=full_name[:64],
            last_name="",
            email=f"{username}@account.invalid",
            password=self.password_hash,
            active=True,
            kind=kind,
            account_type=account_type,
            state=state,
            password_changed_at=now() - timedelta(days=30),
            profile=AccountProfile(
                kind=kind,
                full_name=full_name,
                email=f"{username}@example.org",
                mobile=f"+8869{10_000_000 + len(self.accounts):08}",
                birth_date=date(1975, 1, 1) + timedelta(days=self.random.randrange(6000)),
                identity_kind=identity.kind,
                identity_number_sealed=identity.sealed,
                identity_number_index=identity.index,
            ),
        )
        self.accounts.append(account)
        self.granted.append((account, roles))
        return account

    def _identity(self) -> IdentityNumber:
        while True:
            number = names.national_id(self.random, self.random.random() < 0.6)
            if number not in self.identities:
                self.identities.add(number)
                return read_identity_number(number)

    def save(self) -> People:
        db.session.add_all(self.accounts)
        db.session.flush()
        db.session.execute(
            sa.insert(PasswordHistory),
            [{"account_id": each.id, "password_hash": self.password_hash, "created_at": now()} for each in self.accounts],
        )
        db.session.add_all(
            [Consent(account_id=each.id, version=in_force().version, entrance=each.kind) for each in self.accounts]
        )
        roles = [
            {"user_id": account.id, "role_id": self.roles[role.value]} for account, held in self.granted for role in held
        ]
        db.session.execute(sa.insert(assoc_user_role), roles)
        return People(
            {each.username: each.id for each in self.accounts},
            {each.username: each.profile.full_name for each in self.accounts},
        )


def add_people(roll: Roll, password_hash: str) -> People:
    """Accounts, placements and links; the homeroom teachers get the classes that wait for them by name."""
    register = _Register(password_hash)
    placed: list[tuple[str, str, int, str]] = []
    for username, name, code, title, roles in STAFF:
        register.add(username, name, AccountKind.OFFICIAL, AccountType.STAFF, roles)
        placed.append((username, name, roll.schools[code].id, title))
    for each in roll.classes:
        roles = (Role.HOMEROOM_TEACHER,)
        register.add(each.teacher_username, each.teacher_name, AccountKind.OFFICIAL, AccountType.STAFF, roles)
        placed.append((each.teacher_username, each.teacher_name, each.school_id, "導師"))
    for username, name, account_type in GUARDIANS:
        roles = (Role.GUARDIAN,) if account_type == AccountType.GUARDIAN else ()
        register.add(username, name, AccountKind.GENERAL, account_type, roles)
    newcomer = register.add(
        "applicant_he", "何靜宜", AccountKind.OFFICIAL, AccountType.STAFF, (), AccountState.PENDING_REVIEW
    )
    people = register.save()
    _place(placed, people)
    db.session.add(
        PlacementRequest(
            account_id=newcomer.id,
            school_id=roll.schools[WENCHANG].id,
            username=newcomer.username,
            applicant_name="何靜宜",
            job_title="代理教師",
            created_at=now() - timedelta(days=1, hours=3),
        )
    )
    _link(roll, people)
    return people


def _place(placed: list[tuple[str, str, int, str]], people: People) -> None:
    rows = [
        StaffPlacement(
            account_id=people.ids[username],
            school_id=school_id,
            username=username,
            staff_name=name,
            job_title=title,
            started_on=date(2024, 8, 1),
        )
        for username, name, school_id, title in placed
    ]
    db.session.add_all(rows)
    db.session.flush()
    for row in rows:
        db.session.execute(
            sa.update(HomeroomAssignment)
            .where(
                HomeroomAssignment.school_id == row.school_id,
                HomeroomAssignment.teacher_username == row.username,
                HomeroomAssignment.ended_on.is_(None),
            )
            .values(placement_id=row.id),
            execution_options={"synchronize_session": False},
        )


def _link(roll: Roll, people: People) -> None:
    """Approved links, three applications to review in 501, one refused and one ended."""
    ming, hua = roll.pupil("王小明"), roll.pupil("王小華")
    approved = (
        ("parent_chen", Relationship.MOTHER, ming, 80),
        ("parent_chen", Relationship.MOTHER, hua, 79),
        ("parent_li", Relationship.MOTHER, roll.pupil("李宥廷"), 19),
        ("parent_tu", Relationship.MOTHER, roll.pupil("𡍼𠮷"), 60),
        ("parent_ouyang", Relationship.MOTHER, roll.pupil("歐陽芷若"), 55),
    )
    for username, relationship, pupil, days in approved:
        _add_link(roll, people, username, relationship, pupil, LinkStatus.APPROVED, days)
    # What he typed differs from the roster: seat and birthday.
    mistyped = _add_link(roll, people, "parent_wang", Relationship.FATHER, ming, LinkStatus.PENDING, 2)
    mistyped.typed_seat_number = 21
    mistyped.typed_birth_date = ming.birth_date + timedelta(days=10)
    _add_link(roll, people, "parent_johnson", Relationship.MOTHER, roll.pupil("Emma Johnson"), LinkStatus.PENDING, 4)
    unknown = Pupil(0, ming.class_id, ming.school_id, "陳小安", "1110599", date(2016, 1, 20), 29, 5, "一班")
    nobody = _add_link(roll, people, "parent_gao", Relationship.MOTHER, unknown, LinkStatus.PENDING, 1)
    nobody.student_id = None
    refused = _add_link(roll, people, "parent_zhang", Relationship.FATHER, roll.pupil("張子晴"), LinkStatus.REJECTED, 23)
    refused.reason = "生日與學籍不符，請確認後再送出申請"
    ended = _add_link(roll, people, "parent_chen", Relationship.MOTHER, ming, LinkStatus.ENDED, 82)
    ended.reason, ended.ended_at = "班級填寫錯誤，已請家長重新申請", now() - timedelta(days=81)


def _add_link(
    roll: Roll, people: People, username: str, relationship: Relationship, pupil: Pupil, status: LinkStatus, days_ago: int
) -> GuardianLink:
    asked = now() - timedelta(days=days_ago, hours=5, minutes=17)
    link = GuardianLink(
        account_id=people.ids[username],
        guardian_name=people.full_names[username],
        relationship_kind=relationship,
        school_id=pupil.school_id,
        class_id=pupil.class_id,
        student_id=pupil.id,
        claim_key=read_student_key(pupil.student_number).claim(pupil.school_id),
        typed_grade_level=pupil.grade_level,
        typed_class_name=pupil.class_name,
        typed_seat_number=pupil.seat_number,
        typed_name=pupil.full_name,
        typed_student_key=pupil.student_number,
        typed_birth_date=pupil.birth_date,
        status=status,
        created_at=asked,
    )
    if status != LinkStatus.PENDING:
        teacher = next(each for each in roll.classes if each.id == pupil.class_id)
        link.decided_at = min(now(), asked + timedelta(hours=20))
        link.decided_by_id = people.ids[teacher.teacher_username]
        link.decided_by_name = teacher.teacher_name
    db.session.add(link)
    return link


def school_days_before(day: date, count: int) -> list[date]:
    """The last ``count`` weekdays before ``day``, the oldest first."""
    days: list[date] = []
    while len(days) < count:
        day -= timedelta(days=1)
        if day.weekday() < 5:
            days.insert(0, day)
    return days


def last_school_days(count: int) -> list[date]:
    """The last school days before today: today's book is left for the one who tries the demo."""
    return school_days_before(today(), count)
