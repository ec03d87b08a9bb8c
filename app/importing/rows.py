"""One row of a bundle, read field by field: texts, keys, choices, days, seats; a wrong field is named and read on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from app.importing.bundle import Line, Table
from app.importing.problems import ProblemKind, Problems
from app.importing.roster import Mode, Roster
from app.web.formatting import parse_date

_STATUSES = frozenset({"", "active", "inactive", "tobedeleted"})
LONGEST_ID = 120
_CHINESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_AMERICAN_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_PLAIN_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")
_INSTANT = re.compile(r"(\d{4}-\d{1,2}-\d{1,2})[T ].*")


class Row:
    """One row whose fields are read one by one; each wrong field is noted, and ``ok`` tells at the end."""

    def __init__(self, table: Table, line: Line, problems: Problems) -> None:
        self._file = table.file
        self._line = line
        self._problems = problems
        self.number = line.number
        self.ok = True

    def _wrong(self, kind: ProblemKind, heading: str, value: object = "") -> None:
        self.ok = False
        self._problems.add(kind, self._file, self.number, heading, value)

    def text(self, heading: str, longest: int = 200, *, required: bool = False) -> str:
        value = " ".join(self._line.get(heading).split())
        if required and not value:
            self._wrong(ProblemKind.MISSING_VALUE, heading)
        if len(value) > longest:
            self._wrong(ProblemKind.TOO_LONG, heading)
        return value

    def key(self, heading: str, *, required: bool = True) -> str:
        return self.text(heading, LONGEST_ID, required=required)

    def many(self, heading: str) -> tuple[str, ...]:
        return tuple(part for part in (part.strip() for part in self._line.get(heading).split(",")) if part)

    def choice(self, heading: str, allowed: frozenset[str], *, required: bool = True) -> str:
        """One of ``allowed`` whatever its letter case, or OneRoster's own extension ``ext:…``."""
        value = self._line.get(heading)
        if not value and not required:
            return ""
        if not value and "" not in allowed:
            self._wrong(ProblemKind.MISSING_VALUE, heading)
            return ""
        for each in allowed:
            if each.lower() == value.lower():
                return each
        if not value.lower().startswith("ext:"):
            self._wrong(ProblemKind.WRONG_VALUE, heading, value)
        return value

    def day(self, heading: str, *, required: bool = False) -> date | None:
        value = self._line.get(heading)
        if not value:
            if required:
                self._wrong(ProblemKind.MISSING_VALUE, heading)
            return None
        try:
            day = read_day(value)
        except ValueError:
            day = None
        if day is None or not 1900 <= day.year <= 2200:
            self._wrong(ProblemKind.BAD_DATE, heading, value)
            return None
        return day

    def flag(self, heading: str) -> bool | None:
        """true or false, 1 or 0, in any letter case; None when empty."""
        value = self._line.get(heading).lower()
        if value in ("true", "1", "yes", "y"):
            return True
        if value in ("false", "0", "no", "n"):
            return False
        if value:
            self._wrong(ProblemKind.WRONG_VALUE, heading, value)
        return None

    def seat(self, heading: str) -> int | None:
        value = self._line.get(heading)
        if not value:
            return None
        if not re.fullmatch(r"[0-9]{1,2}", value) or int(value) == 0:
            self._wrong(ProblemKind.BAD_SEAT_NUMBER, heading)
            return None
        return int(value)


def read_day(text: str) -> date:
    """A date as rosters write it: ISO (with or without a time), 20260830, 民國, 1996/2/5, or month/day/year.

    Raises ValueError. Where month and day cannot be told apart the first is the month, as in the systems that write so.
    """
    value = text.strip()
    if match := _INSTANT.fullmatch(value):
        value = match[1]
    if match := _AMERICAN_DATE.fullmatch(value):
        return date(int(match[3]), int(match[1]), int(match[2]))
    if match := _PLAIN_DATE.fullmatch(value):
        return date(int(match[1]), int(match[2]), int(match[3]))
    return parse_date(value)


def full_name(family_name: str, given_name: str) -> str:
    """王小明, but Emma Johnson: Chinese names begin with the family and have no space."""
    if _CHINESE.search(family_name + given_name):
        return family_name + given_name
    return f"{given_name} {family_name}".strip()


def rows_of(table: Table | None, roster: Roster, name: str, problems: Problems) -> Iterator[Row]:
    """The rows of a table that are alive; those to be deleted are remembered by sourcedId."""
    if table is None or roster.mode(name) == Mode.ABSENT:
        return
    for line in table:
        row = Row(table, line, problems)
        status = row.choice("status", _STATUSES) if table.has("status") else ""
        if status in ("tobedeleted", "inactive"):
            roster.deleted.setdefault(name, {})[line.get("sourcedId")] = line.number
            if name == "roles" and line.get("role").lower() == "student":
                roster.deleted.setdefault("student_roles", {})[line.get("userSourcedId")] = line.number
            continue
        yield row


def is_new(known: dict[str, int], key: str, row: Row, table: Table, problems: Problems, heading: str = "sourcedId") -> bool:
    """Note a key that stands there twice."""
    if not key:
        return False
    if key in known:
        problems.add(ProblemKind.DUPLICATE, table.file, row.number, heading, known[key])
        return False
    known[key] = row.number
    return True
