"""The normal form of a roster: what the three formats have in common, still in the words of OneRoster.

Every row remembers its line. ``is_deleted`` is OneRoster's ``tobedeleted``: the row says that the thing is gone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Format(StrEnum):
    ONEROSTER_1_1 = "OneRoster 1.1"
    ONEROSTER_1_2 = "OneRoster 1.2"
    SDS_2_1 = "SDS v2.1"


class Mode(StrEnum):
    """What the manifest says of a file: the whole of it, changes only, or not there."""

    BULK = "bulk"
    DELTA = "delta"
    ABSENT = "absent"


@dataclass(slots=True)
class Org:
    line: int
    sourced_id: str
    name: str
    type: str
    code: str
    """``identifier``; empty when the bundle has none."""
    english_name: str
    accepts_link_requests: bool | None
    """``metadata.acceptsLinkRequests``; None when it is not said."""


@dataclass(slots=True)
class Session:
    line: int
    sourced_id: str
    type: str
    starts_on: date
    ends_on: date


@dataclass(slots=True)
class ClassRow:
    line: int
    sourced_id: str
    title: str
    org: str
    is_homeroom: bool
    grades: tuple[str, ...]
    sessions: tuple[str, ...]
    course: str


@dataclass(slots=True)
class RoleRow:
    """A person's role at an organization; out of users.csv in OneRoster 1.1, out of roles.csv otherwise."""

    line: int
    org: str
    role: str
    is_primary: bool
    grade: str = ""


@dataclass(slots=True)
class User:
    line: int
    sourced_id: str
    username: str
    full_name: str
    student_number: str
    identity_number: str
    identity_field: str
    """The column in which the identity number stood."""
    grades: tuple[str, ...]
    roles: list[RoleRow] = field(default_factory=list)


@dataclass(slots=True)
class EnrollmentRow:
    line: int
    sourced_id: str
    class_id: str
    user: str
    role: str
    is_primary: bool
    starts_on: date | None
    ends_on: date | None
    seat_number: int | None


@dataclass(slots=True)
class Roster:
    """A whole bundle, read. Dictionaries are keyed by sourcedId."""

    format: Format
    modes: dict[str, Mode]
    files: dict[str, str] = field(default_factory=dict)
    """Table → the file's own name, for the report."""
    headings: dict[str, str] = field(default_factory=dict)
    """What this format calls a column, where formats differ: ``class_org``, ``class_sessions``, ``user_org``."""
    orgs: dict[str, Org] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    wrong_sessions: set[str] = field(default_factory=set)
    """Those that are there and cannot be used: noted once, not again by every class that names them."""
    course_grades: dict[str, tuple[str, ...]] = field(default_factory=dict)
    classes: dict[str, ClassRow] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    birth_dates: dict[str, tuple[int, date]] = field(default_factory=dict)
    """User → line of demographics.csv and date of birth."""
    enrollments: dict[str, EnrollmentRow] = field(default_factory=dict)
    deleted: dict[str, dict[str, int]] = field(default_factory=dict)
    """Table → sourcedIds and lines of rows that say ``tobedeleted``; ``student_roles`` holds the users of such roles."""

    def mode(self, table: str) -> Mode:
        return self.modes.get(table, Mode.ABSENT)

    def file(self, table: str) -> str:
        return self.files.get(table, f"{table}.csv")

    def is_deleted(self, table: str, sourced_id: str) -> bool:
        return sourced_id in self.deleted.get(table, ())
