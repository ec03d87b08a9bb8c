"""The titles and grades of classes as schools write them: 五年一班, 5年1班, 501, 忠班; 05, 5, KG."""

from __future__ import annotations

import re

from app.schools.class_names import normal_class_name
from app.schools.models import CHINESE_NUMERALS

_GRADE_AND_NAME = re.compile(r"([一二三四五六七八九十]{1,3}|\d{1,2})\s*年級?\s*(\S.*)")
_THREE_DIGITS = re.compile(r"([1-9]|1[0-2])(\d{2})班?")


class TitleContradictsGrade(ValueError):
    """The title names another grade than the class's own column."""


def grade_of(code: str) -> int | None:
    """OneRoster's grade code as 1 to 12; None for kindergarten, universities and anything else."""
    return int(code) if re.fullmatch(r"0*(?:[1-9]|1[0-2])", code) else None


def read_title(title: str, grade: int | None) -> tuple[int | None, str]:
    """The grade (``grade`` where it is known) and the class's name without it: 五年一班 → (5, 一班), 501 → (5, 一班).

    Junior and senior high schools may count their own years: 一年忠班 of grade 7 is 忠班.
    Raises TitleContradictsGrade.
    """
    if match := _GRADE_AND_NAME.fullmatch(title):
        said, name = _number(match[1]), match[2]
    elif match := _THREE_DIGITS.fullmatch(title):
        said, name = int(match[1]), match[2]
    else:
        said, name = None, title
    name = normal_class_name(name)
    if said is None or grade is None:
        return grade if grade is not None else said, name
    if grade - said not in (0, 6, 9):
        raise TitleContradictsGrade(title)
    return grade, name


def _number(text: str) -> int | None:
    """五 → 5, 十二 → 12, 7 → 7; None for what is no number."""
    if text.isdigit():
        return int(text)
    if len(text) == 1:
        return CHINESE_NUMERALS.index(text)
    if text[0] == "十" and len(text) == 2 and text[1] != "十":
        return 10 + CHINESE_NUMERALS.index(text[1])
    return None
