"""A class has one spelling, however people write it."""

from __future__ import annotations

import pytest

from app.schools.class_names import normal_class_name


@pytest.mark.parametrize(
    ("typed", "grade_level", "name"),
    [
        ("1", 5, "一班"),
        ("01", 5, "一班"),
        ("一", 5, "一班"),
        ("一班", 5, "一班"),
        ("１班", 5, "一班"),
        (" 第 1 班 ", 5, "一班"),
        ("五年一班", 5, "一班"),
        ("5年級1班", 5, "一班"),
        ("501", 5, "一班"),
        ("512", 5, "十二班"),
        ("1203", 12, "三班"),
        ("501", 7, "501班"),
        ("20", None, "二十班"),
        ("忠", 5, "忠班"),
        ("忠班", 5, "忠班"),
        ("a", 5, "A班"),
        ("", 5, ""),
        ("班", 5, ""),
        ("0", 5, "0班"),
        ("999999999999999999999", 5, "9999班"),
    ],
)
def test_class_names_are_read_as_people_write_them(typed, grade_level, name):
    assert normal_class_name(typed, grade_level) == name
