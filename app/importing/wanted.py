"""What a roster asks for, in the portal's terms: schools, terms, classes, students, seats and homeroom teachers.

``understanding`` fills it from a bundle's rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from app.accounts.identity import (
    IdentityNumber,
)
from app.schools.models import SchoolKind, class_label


@dataclass(slots=True)
class WantedSchool:
    key: str
    """The bundle's sourcedId."""
    id: int | None
    """The school of the portal that it is; None for a new one."""
    code: str
    name: str
    english_name: str
    kind: SchoolKind | None
    accepts_link_requests: bool | None
    line: int


@dataclass(slots=True)
class WantedTerm:
    key: str
    school_year: int
    semester: int
    starts_on: date
    ends_on: date


@dataclass(slots=True)
class WantedClass:
    key: str
    school: str
    school_year: int
    grade_level: int
    class_name: str
    line: int
    starts_on: date
    ends_on: date

    @property
    def label(self) -> str:
        return class_label(self.grade_level, self.class_name)


@dataclass(slots=True)
class WantedStudent:
    key: str
    school: str
    student_number: str
    full_name: str
    birth_date: date | None
    """None: the bundle does not say; what is known stays."""
    identity: IdentityNumber | None
    line: int
    number_field: str


@dataclass(slots=True)
class Place:
    """A student's seat in a class."""

    key: str
    student: str
    school_class: str
    seat_number: int | None
    starts_on: date | None
    line: int


@dataclass(slots=True)
class WantedHomeroom:
    key: str
    school_class: str
    teacher_name: str
    teacher_username: str
    starts_on: date | None
    line: int


@dataclass(slots=True)
class Wanted:
    """Everything by sourcedId. A key that is not here belongs to a row of the database (changes-only bundles)."""

    schools: dict[str, WantedSchool] = field(default_factory=dict)
    keeps_schools: bool = False
    """Confined to one school: what the city says of it (name, code, roster number) stays."""
    terms: dict[tuple[int, int], WantedTerm] = field(default_factory=dict)
    classes: dict[str, WantedClass] = field(default_factory=dict)
    students: dict[str, WantedStudent] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    """By student."""
    homerooms: list[WantedHomeroom] = field(default_factory=list)
    is_full: bool = False
    """Whole rolls, not changes."""
    full_schools: set[int] = field(default_factory=set)
    """Schools whose whole roll is in the bundle: a student who is not leaves."""
    full_places: bool = False
    """Every enrollment is in the bundle: who has none sits in no class, and a teacher who has none looks after none."""
    gone_students: dict[str, int] = field(default_factory=dict)
    """sourcedId → line of users.csv that says so."""
    gone_enrollments: set[str] = field(default_factory=set)
