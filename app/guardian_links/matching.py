"""Which student of a roster an application means, and what «the same child» is.

A student is found by the school and the key (學號, or an identity number through its index), and only when the name or
the birthday agrees as well: a key alone, mistyped or guessed, ties nobody to a child (docs/decisions/0010).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date

import sqlalchemy as sa

from app.accounts.identity import mask, normal_form, read_identity_number
from app.accounts.models import IdentityKind
from app.crypto.sealing import keyed_indexes
from app.extensions import db
from app.schools.class_names import normal_class_name
from app.schools.models import Enrollment, SchoolClass, Student, StudentStatus

_LIKE_AN_IDENTITY_NUMBER = re.compile(r"[A-Z]")
"""A key with a letter in it that is no student number of the school is treated as a foreign identity number."""


@dataclass(frozen=True)
class StudentKey:
    """學號或身分證字號 as somebody typed it."""

    typed: str = field(repr=False)
    value: str = field(repr=False)
    """The normal form, for look-up."""
    is_identity_number: bool
    """Certainly an identity number, by its form: a national ID or a resident certificate."""

    def claim(self, school_id: int) -> str:
        """For ``claim_key``: equal for equal keys at one school, whether such a student exists or not."""
        return self.claims(school_id)[0]

    def claims(self, school_id: int) -> tuple[str, ...]:
        """The same under every key that a stored one may have been made with, the present key first."""
        return keyed_indexes(f"link|{school_id}|{self.value}")

    def kept(self, matched_number: str | None) -> str:
        """What may be stored in the clear: a student number as typed, an identity number masked."""
        if self.is_identity_number or (matched_number is None and _LIKE_AN_IDENTITY_NUMBER.search(self.value)):
            return mask(self.value)
        return self.typed


@dataclass(frozen=True, slots=True)
class Found:
    """The roster's student that an application means, and the class in which the student sits now."""

    student_id: int
    class_id: int | None
    by_number: bool
    """Found by 學號; else by the identity number."""


def read_student_key(text: str) -> StudentKey:
    """Raises IdentityChecksumWrong when it has the form of an identity number and cannot be one."""
    value = normal_form(text)
    is_identity_number = False
    if re.fullmatch(r"[A-Z][A-D0-9][0-9]{8}", value):
        is_identity_number = read_identity_number(value).kind != IdentityKind.PASSPORT
    return StudentKey(typed=text, value=value, is_identity_number=is_identity_number)


def same_name(one: str, other: str) -> bool:
    """Equal without regard to spaces, letter case and width."""
    return _plain(one) == _plain(other)


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def find_student(school_id: int, key: StudentKey, name: str, birth_date: date) -> Found | None:
    """The one enrolled student whom key and evidence mean. Needs the whole roster: call it inside ``access.system``."""
    rows = db.session.execute(
        sa.select(Student.id, Student.full_name, Student.birth_date, Student.student_number, Enrollment.class_id)
        .outerjoin(Enrollment, (Enrollment.student_id == Student.id) & Enrollment.ended_on.is_(None))
        .where(
            Student.school_id == school_id,
            Student.status == StudentStatus.ENROLLED,
            sa.or_(
                Student.student_number.in_({key.typed, key.value, key.value.lower()}),
                Student.identity_number_index.in_(keyed_indexes(key.value)),
            ),
        )
    ).all()
    agreeing = [row for row in rows if same_name(row.full_name, name) or row.birth_date == birth_date]
    if len(agreeing) != 1:
        return None
    row = agreeing[0]
    return Found(row.id, row.class_id, by_number=normal_form(row.student_number) == key.value)


def find_class(school_id: int, grade_level: int, class_name: str) -> int | None:
    """The class of the school's newest year with this 年班. Call it inside ``access.system``."""
    newest = sa.select(sa.func.max(SchoolClass.school_year)).where(SchoolClass.school_id == school_id).scalar_subquery()
    rows = db.session.execute(
        sa.select(SchoolClass.id, SchoolClass.class_name).where(
            SchoolClass.school_id == school_id,
            SchoolClass.school_year == newest,
            SchoolClass.grade_level == grade_level,
        )
    )
    return next((row.id for row in rows if normal_class_name(row.class_name) == class_name), None)
