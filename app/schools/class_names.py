"""班級 as people write it, in one spelling: 1, 01, 一, １班, 五年一班 and 501 are all 一班; 忠 is 忠班."""

from __future__ import annotations

import re
import unicodedata

from app.schools.models import chinese_number

_GRADE_IN_FRONT = re.compile(r"^[0-9一二三四五六七八九十]+年級?(?=.)")


def normal_class_name(text: str, grade_level: int | None = None) -> str:
    """The part of 年班 after the grade, ending in 班. ``grade_level`` lets 501 be read as 五年一班. Empty stays empty."""
    name = re.sub(r"[\s第]+", "", unicodedata.normalize("NFKC", text)).upper()
    name = _GRADE_IN_FRONT.sub("", name).removesuffix("班")
    if not name:
        return ""
    if not (name.isascii() and name.isdigit()):
        return name + "班"
    if grade_level is not None and len(name) >= 3 and name[:-2] == str(grade_level):
        name = name[-2:]
    number = int(name[:4])
    return f"{chinese_number(number) if 0 < number < 100 else number}班"
