"""Dates, times and sizes as a reader of the page expects them: 民國 years in Chinese, ordinary years elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime

from flask_babel import get_locale, gettext

from app.model_types import TAIPEI, today
from app.schools.models import chinese_number

_WEEKDAYS = {
    "zh": tuple(f"星期{sign}" for sign in "一二三四五六日"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "vi": ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật"),
    "id": ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"),
}
_SHORT_WEEKDAYS = {
    "zh": tuple("一二三四五六日"),
    "en": _WEEKDAYS["en"],
    "vi": ("T2", "T3", "T4", "T5", "T6", "T7", "CN"),
    "id": ("Sen", "Sel", "Rab", "Kam", "Jum", "Sab", "Min"),
}
_WEEKDAY_INITIALS = {**_SHORT_WEEKDAYS, "en": tuple(name[:2] for name in _WEEKDAYS["en"])}
_MONTHS = {
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    "id": [
        "Januari",
        "Februari",
        "Maret",
        "April",
        "Mei",
        "Juni",
        "Juli",
        "Agustus",
        "September",
        "Oktober",
        "November",
        "Desember",
    ],
}


_DECIMAL_COMMA = frozenset({"vi", "id"})


def _language() -> str:
    """The reader's language, of those that have names of days here; Chinese where nobody reads."""
    locale = get_locale()
    if locale is None:
        return "zh"
    return locale.language if locale.language in _WEEKDAYS else "en"


def _is_chinese() -> bool:
    return _language() == "zh"


def joined(names: Iterable[object]) -> str:
    """甲、乙、丙, or A, B, C."""
    return gettext(", ").join(str(name) for name in names)


def local_date(value: date | datetime) -> date:
    """The Taipei date of an instant; a date stays itself."""
    return value.astimezone(TAIPEI).date() if isinstance(value, datetime) else value


def long_date(value: date | datetime | None) -> str:
    """115年11月20日, 20 November 2026, 20/11/2026."""
    if value is None:
        return ""
    day, language = local_date(value), _language()
    if language == "zh":
        return f"{day.year - 1911}年{day.month}月{day.day}日"
    if language == "vi":
        return f"{day.day}/{day.month}/{day.year}"
    return f"{day.day} {_MONTHS[language][day.month - 1]} {day.year}"


def short_date(value: date | datetime | None) -> str:
    """11月20日 (with the year when it is not this one), 20 Nov, 20/11."""
    if value is None:
        return ""
    day, language = local_date(value), _language()
    if day.year != today().year:
        return long_date(day)
    if language == "zh":
        return f"{day.month}月{day.day}日"
    return f"{day.day}/{day.month}" if language == "vi" else f"{day.day} {_MONTHS[language][day.month - 1][:3]}"


def year_and_day(day: date) -> tuple[str, str]:
    """(115年, 11月20日), (2026, 20 November), (2026, 20/11): where the day is the largest thing on the page."""
    language = _language()
    if language == "zh":
        return f"{day.year - 1911}年", f"{day.month}月{day.day}日"
    shown = f"{day.day}/{day.month}" if language == "vi" else f"{day.day} {_MONTHS[language][day.month - 1]}"
    return str(day.year), shown


def weekday(value: date | datetime) -> str:
    """星期五, Fri, thứ Sáu, Jumat."""
    return _WEEKDAYS[_language()][local_date(value).weekday()]


def short_weekday(value: date | datetime) -> str:
    """五, Fri, T6, Jum: where the days of a week stand side by side."""
    return _SHORT_WEEKDAYS[_language()][local_date(value).weekday()]


def clock(value: datetime) -> str:
    """19:42 in Asia/Taipei."""
    return f"{value.astimezone(TAIPEI):%H:%M}"


def date_and_time(value: datetime | None) -> str:
    """115年11月20日 12:31."""
    return f"{long_date(value)} {clock(value)}" if value else ""


def file_size(size: int) -> str:
    """Bytes as 820 B, 12 KB, 3.4 MB (3,4 MB in Vietnamese and Indonesian)."""
    if size < 1024:
        return f"{size} B"
    if size < 1024 * 1024:
        return f"{size // 1024} KB"
    text = f"{size / 1024 / 1024:.1f} MB"
    return text.replace(".", ",") if _language() in _DECIMAL_COMMA else text


def grade_label(grade_level: int) -> str:
    """五年級, or Grade 5."""
    return gettext("Grade %(grade)s", grade=chinese_number(grade_level) if _is_chinese() else grade_level)


def grade_term_label(grade_level: int, semester: int) -> str:
    """四下, or 4-2: the term of a student's 年級, as columns of marks are headed."""
    if _is_chinese():
        return f"{chinese_number(grade_level)}{'上' if semester == 1 else '下'}"
    return f"{grade_level}-{semester}"


def month_label(day: date, *, with_year: bool = False) -> str:
    """11月 or 115年11月; Nov or Nov 2026; tháng 11 or tháng 11/2026."""
    language = _language()
    if language == "zh":
        return f"{day.year - 1911}年{day.month}月" if with_year else f"{day.month}月"
    name = f"tháng {day.month}" if language == "vi" else _MONTHS[language][day.month - 1][:3]
    separator = "/" if language == "vi" else " "
    return f"{name}{separator}{day.year}" if with_year else name


def short_month(value: date | datetime) -> str:
    """11月, Nov, thg 11: under the day of a month, where there is little room."""
    day, language = local_date(value), _language()
    if language == "zh":
        return f"{day.month}月"
    return f"thg {day.month}" if language == "vi" else _MONTHS[language][day.month - 1][:3]


def weekday_initials() -> tuple[str, ...]:
    """The heads of a calendar that starts on Sunday: 日 一 … 六."""
    names = _WEEKDAY_INITIALS[_language()]
    return names[-1:] + names[:-1]


def term_label(school_year: int, semester: int) -> str:
    """115學年度第1學期; School year 2026/27, semester 1."""
    return gettext("School year %(year)s, semester %(semester)s", year=_year(school_year), semester=semester)


def year_label(school_year: int) -> str:
    """115學年度; School year 2026/27."""
    return gettext("School year %(year)s", year=_year(school_year))


def _year(school_year: int) -> str:
    first = school_year + 1911
    return str(school_year) if _is_chinese() else f"{first}/{(first + 1) % 100:02}"


_DATE = re.compile(r"^\s*(?:民國)?\s*(\d{2,4})\s*[年/.\-]\s*(\d{1,2})\s*[月/.\-]\s*(\d{1,2})\s*日?\s*$")

_DAY_FIRST = re.compile(r"^\s*(\d{1,2})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{4})\s*$")


def parse_date(text: str) -> date:
    """A day written in 民國 or 西元: 民國72年4月18日, 72/4/18, 1983-04-18. Raises ValueError.

    A year below 1000 counts from 1912 (ROC 1 = 1912); this is how forms in Taiwan are filled in. Who reads Vietnamese or
    Indonesian may write the day first, 18/4/1983; in English that order would not tell the day from the month.
    """
    day_first = _DAY_FIRST.match(text) if _language() in ("vi", "id") else None
    if day_first is not None:
        return date(int(day_first[3]), int(day_first[2]), int(day_first[1]))
    match = _DATE.match(text)
    if match is None:
        raise ValueError(f"not a date: {text!r}")
    year, month, day = (int(part) for part in match.groups())
    return date(year + 1911 if year < 1000 else year, month, day)
