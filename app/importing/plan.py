"""What a dry run shows and what is then carried out: ``apply`` does exactly what stands here (``planning`` makes it).

Two plans with the same fingerprint ask for the same.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from flask_babel import lazy_gettext as _l

from app.importing.present import EnrollmentNow
from app.importing.wanted import Place, WantedClass, WantedHomeroom, WantedSchool, WantedStudent
from app.model_types import LabelledEnum
from app.schools.models import StudentStatus


class Part(LabelledEnum):
    """What a line of the plan is about, in the order shown."""

    SCHOOL = "school", _l("Schools")
    TERM = "term", _l("School years and terms")
    CLASS = "class", _l("Classes")
    STUDENT = "student", _l("Students")
    PLACE = "place", _l("Seats in classes")
    HOMEROOM = "homeroom", _l("Homeroom teachers")


class Act(LabelledEnum):
    NEW = "new", _l("New")
    CHANGED = "changed", _l("Changed")
    MOVED = "moved", _l("Moved")
    LEAVING = "leaving", _l("Leaving")
    SAME = "same", _l("Unchanged")


class Aspect(LabelledEnum):
    """A field that differs, by the name that the reader knows."""

    CODE = "code", _l("School code")
    NAME = "name", _l("Name")
    FULL_NAME = "full_name", _l("Full name")
    ENGLISH_NAME = "english_name", _l("English name")
    KIND = "kind", _l("Kind")
    ROSTER_ID = "roster_id", _l("Roster number")
    STARTS_ON = "starts_on", _l("First day")
    ENDS_ON = "ends_on", _l("Last day")
    SCHOOL_YEAR = "school_year", _l("School year")
    CLASS = "class", _l("Class")
    STUDENT_NUMBER = "student_number", _l("Student number")
    BIRTH_DATE = "birth_date", _l("Date of birth")
    IDENTITY = "identity", _l("Identity number")
    STATUS = "status", _l("Status")
    SEAT_NUMBER = "seat_number", _l("Seat number")
    ACCOUNT = "account", _l("Account")


@dataclass(frozen=True, slots=True)
class Difference:
    aspect: Aspect
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One line of the difference: 王小明（五年一班）moved, 五年一班 → 五年二班."""

    part: Part
    act: Act
    key: str
    name: str
    place: str = ""
    differences: tuple[Difference, ...] = ()


@dataclass(slots=True)
class StudentLeaves:
    student_id: int
    status: StudentStatus
    releases_sourced_id: bool = False
    """The child goes on at another school under the same sourcedId."""


@dataclass(slots=True)
class Plan:
    """What would be done. ``values`` are column → value; a key says which wanted row a new row comes from."""

    lines: list[PlanLine] = field(default_factory=list)
    counts: Counter[tuple[Part, Act]] = field(default_factory=Counter)
    needs_confirmation: bool = False
    """Unusually many students leave."""
    new_schools: list[WantedSchool] = field(default_factory=list)
    changed_schools: dict[int, dict[str, Any]] = field(default_factory=dict)
    new_terms: list[dict[str, Any]] = field(default_factory=list)
    changed_terms: dict[int, dict[str, Any]] = field(default_factory=dict)
    new_classes: list[WantedClass] = field(default_factory=list)
    changed_classes: dict[int, dict[str, Any]] = field(default_factory=dict)
    new_students: list[WantedStudent] = field(default_factory=list)
    changed_students: dict[int, dict[str, Any]] = field(default_factory=dict)
    leaving: list[StudentLeaves] = field(default_factory=list)
    new_places: list[Place] = field(default_factory=list)
    """Of new students and of those who sat nowhere."""
    moves: list[tuple[EnrollmentNow, Place]] = field(default_factory=list)
    changed_places: dict[int, dict[str, Any]] = field(default_factory=dict)
    ended_places: list[int] = field(default_factory=list)
    """Enrollments that end because their student sits in no class any more."""
    released_enrollment_ids: set[int] = field(default_factory=set)
    new_homerooms: list[tuple[WantedHomeroom, int | None]] = field(default_factory=list)
    """With the placement of the teacher, where there is one."""
    changed_homerooms: dict[int, dict[str, Any]] = field(default_factory=dict)
    ended_homerooms: list[int] = field(default_factory=list)
    released_homeroom_ids: set[int] = field(default_factory=set)
    school_ids: dict[str, int] = field(default_factory=dict)
    """Bundle's sourcedId → school, for those that exist."""
    class_ids: dict[str, int] = field(default_factory=dict)
    student_ids: dict[str, int] = field(default_factory=dict)
    touched_schools: set[int] = field(default_factory=set)

    @property
    def changes(self) -> int:
        return sum(count for (_, act), count in self.counts.items() if act != Act.SAME)

    def count(self, part: Part, act: Act) -> int:
        return self.counts[part, act]

    def counts_as_json(self) -> dict[str, dict[str, int]]:
        return {part.value: {act.value: self.counts[part, act] for act in Act} for part in Part}

    def fingerprint(self) -> str:
        """The same for plans that ask for the same."""
        digest = hashlib.sha256()
        for line in self.lines:
            digest.update(repr((line.part.value, line.act.value, line.key, line.name, line.place)).encode())
            digest.update(repr([(each.aspect.value, each.old, each.new) for each in line.differences]).encode())
        digest.update(repr(sorted((part.value, act.value, count) for (part, act), count in self.counts.items())).encode())
        return digest.hexdigest()
