"""A term's attendance as a guardian reads it: counts, the days in words, one month as a calendar."""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.student_records.models import AttendanceCategory
from app.student_records.queries import Absence, PresentTerm

_ALWAYS_COUNTED = (
    AttendanceCategory.PERSONAL_LEAVE,
    AttendanceCategory.SICK_LEAVE,
    AttendanceCategory.TARDY,
    AttendanceCategory.UNEXCUSED_ABSENCE,
)
_BY_TIMES = frozenset({AttendanceCategory.TARDY, AttendanceCategory.EARLY_DEPARTURE})
_LOOKS = {
    AttendanceCategory.SICK_LEAVE: "sick",
    AttendanceCategory.TARDY: "late",
    AttendanceCategory.EARLY_DEPARTURE: "late",
    AttendanceCategory.UNEXCUSED_ABSENCE: "late",
}


_IN_A_CELL = {
    AttendanceCategory.PERSONAL_LEAVE: _l("Personal"),
    AttendanceCategory.SICK_LEAVE: _l("Sick"),
    AttendanceCategory.OFFICIAL_LEAVE: _l("Official"),
    AttendanceCategory.BEREAVEMENT_LEAVE: _l("Mourning"),
    AttendanceCategory.UNEXCUSED_ABSENCE: _l("Absent"),
    AttendanceCategory.TARDY: _l("Late"),
    AttendanceCategory.EARLY_DEPARTURE: _l("Left early"),
}
"""One word each: a day of the calendar is as wide as a thumb."""


@dataclass(frozen=True)
class Sum:
    category: AttendanceCategory
    count: int
    unit: str
    """節 for lessons missed, 次 for times late."""


def sums(absences: Sequence[Absence]) -> list[Sum]:
    """事假, 病假, 遲到 and 曠課 always, the others when there are any."""
    counted = Counter(absence.category for absence in absences)
    categories = [*_ALWAYS_COUNTED, *(each for each in AttendanceCategory if counted[each] and each not in _ALWAYS_COUNTED)]
    return [Sum(each, counted[each], _("times") if each in _BY_TIMES else _("lessons")) for each in categories]


@dataclass(frozen=True)
class DayLine:
    day: date
    category: AttendanceCategory
    periods: str


def day_lines(absences: Sequence[Absence]) -> list[DayLine]:
    """One line per day and kind, newest first: 病假，第 1–7 節."""
    lines = []
    for (day, category), group in groupby(
        sorted(absences, key=lambda each: (-each.day.toordinal(), each.category, each.period)),
        key=lambda each: (each.day, each.category),
    ):
        lines.append(DayLine(day, category, periods_in_words([each.period for each in group])))
    return lines


def periods_in_words(periods: Sequence[int]) -> str:
    """[0, 1, 2, 3, 7] → 早修、第 1–3 節、第 7 節."""
    texts = [_("before lessons")] if 0 in periods else []
    lessons = sorted(period for period in periods if period > 0)
    runs: list[list[int]] = []
    for lesson in lessons:
        if runs and lesson == runs[-1][1] + 1:
            runs[-1][1] = lesson
        else:
            runs.append([lesson, lesson])
    for first, last in runs:
        texts.append(
            _("lesson %(number)s", number=first)
            if first == last
            else _("lessons %(first)s–%(last)s", first=first, last=last)
        )
    return _(", ").join(texts)


@dataclass(frozen=True)
class CalendarDay:
    day: date
    is_off: bool
    is_today: bool
    kinds: tuple[tuple[str, str, str], ...]
    """(look, word, lessons)."""

    @property
    def number(self) -> int:
        return self.day.day


@dataclass(frozen=True)
class Month:
    first_day: date
    weeks: tuple[tuple[CalendarDay | None, ...], ...]


@dataclass(frozen=True)
class MonthLink:
    """A month to go to."""

    first_day: date
    days: int
    """On so many of its days something is noted."""


def months_of(term: PresentTerm, present_day: date) -> list[MonthLink]:
    """Every month of the term up to the present one, and later ones with something noted, oldest first."""
    noted = Counter(day.replace(day=1) for day in {absence.day for absence in term.absences})
    last = min(max(present_day, term.starts_on), term.ends_on).replace(day=1)
    months, month = set(noted), term.starts_on.replace(day=1)
    while month <= last:
        months.add(month)
        month = (month + timedelta(days=31)).replace(day=1)
    return [MonthLink(month, noted[month]) for month in sorted(months)]


def month_of(first_day: date, absences: Sequence[Absence], present_day: date) -> Month:
    """The weeks of a month, Sunday first as school calendars have it."""
    kinds: dict[date, dict[AttendanceCategory, list[int]]] = {}
    for absence in absences:
        if (absence.day.year, absence.day.month) == (first_day.year, first_day.month):
            kinds.setdefault(absence.day, {}).setdefault(absence.category, []).append(absence.period)
    weeks = []
    for week in calendar.Calendar(firstweekday=6).monthdatescalendar(first_day.year, first_day.month):
        weeks.append(
            tuple(
                CalendarDay(
                    day=day,
                    is_off=day.weekday() >= 5,
                    is_today=day == present_day,
                    kinds=tuple(
                        (_LOOKS.get(kind, "leave"), str(_IN_A_CELL[kind]), periods_in_words(periods))
                        for kind, periods in kinds.get(day, {}).items()
                    ),
                )
                if day.month == first_day.month
                else None
                for day in week
            )
        )
    return Month(first_day, tuple(weeks))
