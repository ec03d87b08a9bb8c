"""Dates, times and sizes as a reader of the page expects them: 民國 years in Chinese, ISO-like in English."""

from __future__ import annotations

import re
from datetime import date, datetime

from flask_babel import get_locale, gettext

from app.model_types import TAIPEI, today
from app.schools.models import chinese_number

_WEEKDAYS_ZH = "一二三四五六日"
_WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def _is_chinese() -> bool:
    locale = get_locale()
    return locale is None or locale.language == "zh"


def local_date(value: date | datetime) -> date:
    """The Taipei date of an instant; a date stays itself."""
    return value.astimezone(TAIPEI).date() if isinstance(value, datetime) else value


def long_date(value: date | datetime | None) -> str:
    """115年11月20日, or 20 November 2026."""
    if value is None:
        return ""
    day = local_date(value)
    return f"{day.year - 1911}年{day.month}月{day.day}日" if _is_chinese() else f"{day.day} {day:%B} {day.year}"


def short_date(value: date | datetime | None) -> str:
    """11月20日 (with the year when it is not this one), or 20 Nov."""
    if value is None:
        return ""
    day = local_date(value)
    if day.year != today().year:
        return long_date(day)
    return f"{day.month}月{day.day}日" if _is_chinese() else f"{day.day} {day:%b}"


def weekday(value: date | datetime) -> str:
    """星期五, or Fri."""
    day = local_date(value)
    return f"星期{_WEEKDAYS_ZH[day.weekday()]}" if _is_chinese() else _WEEKDAYS_EN[day.weekday()]


def clock(value: datetime) -> str:
    """19:42 in Asia/Taipei."""
    return f"{value.astimezone(TAIPEI):%H:%M}"


def date_and_time(value: datetime | None) -> str:
    """115年11月20日 12:31."""
    return f"{long_date(value)} {clock(value)}" if value else ""


def file_size(size: int) -> str:
    """Bytes as 820 B, 12 KB, 3.4 MB."""
    if size < 1024:
        return f"{size} B"
    if size < 1024 * 1024:
        return f"{size // 1024} KB"
    return f"{size / 1024 / 1024:.1f} MB"


def grade_label(grade_level: int) -> str:
    """五年級, or Grade 5."""
    return gettext("Grade %(grade)s", grade=chinese_number(grade_level) if _is_chinese() else grade_level)


def grade_term_label(grade_level: int, semester: int) -> str:
    """四下, or 4-2: the term of a student's 年級, as columns of marks are headed."""
    if _is_chinese():
        return f"{chinese_number(grade_level)}{'上' if semester == 1 else '下'}"
    return f"{grade_level}-{semester}"


def month_label(day: date, *, with_year: bool = False) -> str:
    """11月 or 115年11月; Nov or Nov 2026."""
    if _is_chinese():
        return f"{day.year - 1911}年{day.month}月" if with_year else f"{day.month}月"
    return f"{day:%b %Y}" if with_year else f"{day:%b}"


def weekday_initials() -> tuple[str, ...]:
    """The heads of a calendar that starts on Sunday: 日 一 … 六."""
    names = tuple(_WEEKDAYS_ZH) if _is_chinese() else tuple(name[:2] for name in _WEEKDAYS_EN)
    return names[-1:] + names[:-1]


def term_label(school_year: int, semester: int) -> str:
    """115學年度第1學期."""
    return gettext("School year %(year)s, semester %(semester)s", year=school_year, semester=semester)


_DATE = re.compile(r"^\s*(?:民國)?\s*(\d{2,4})\s*[年/.\-]\s*(\d{1,2})\s*[月/.\-]\s*(\d{1,2})\s*日?\s*$")


def parse_date(text: str) -> date:
    """A day written in 民國 or 西元: 民國72年4月18日, 72/4/18, 1983-04-18. Raises ValueError.

    A year below 1000 counts from 1912 (ROC 1 = 1912); this is how forms in Taiwan are filled in.
    """
    match = _DATE.match(text)
    if match is None:
        raise ValueError(f"not a date: {text!r}")
    year, month, day = (int(part) for part in match.groups())
    return date(year + 1911 if year < 1000 else year, month, day)
