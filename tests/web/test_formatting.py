"""Days, school years, sizes and lists of names in the manner of each reader."""

from __future__ import annotations

from datetime import date

import pytest
from flask_babel import force_locale

from app.model_types import today
from app.web import formatting

DAY = date(2025, 11, 20)
"""A Thursday; not of this year."""


@pytest.mark.parametrize(
    ("locale", "long", "weekday", "short_weekday", "month", "term", "grade", "names", "size"),
    [
        ("zh_Hant_TW", "114年11月20日", "星期四", "四", "114年11月", "115學年度第1學期", "五年級", "甲、乙", "3.4 MB"),
        (
            "en",
            "20 November 2025",
            "Thu",
            "Thu",
            "Nov 2025",
            "School year 2026/27, semester 1",
            "Grade 5",
            "甲, 乙",
            "3.4 MB",
        ),
        ("vi", "20/11/2025", "thứ Năm", "T5", "tháng 11/2025", "Năm học 2026/27, học kỳ 1", "Khối 5", "甲, 乙", "3,4 MB"),
        ("id", "20 November 2025", "Kamis", "Kam", "Nov 2025", "Tahun ajaran 2026/27, semester 1", None, "甲, 乙", "3,4 MB"),
    ],
)
def test_each_reader_has_an_own_manner(context, locale, long, weekday, short_weekday, month, term, grade, names, size):
    with force_locale(locale):
        assert formatting.long_date(DAY) == formatting.short_date(DAY) == long
        assert formatting.weekday(DAY) == weekday
        assert formatting.short_weekday(DAY) == short_weekday
        assert formatting.month_label(DAY, with_year=True) == month
        assert formatting.term_label(115, 1) == term
        assert grade is None or formatting.grade_label(5) == grade
        assert formatting.joined(["甲", "乙"]) == names
        assert formatting.file_size(3_565_158) == size


@pytest.mark.parametrize(("locale", "said"), [("zh_Hant_TW", "11月"), ("en", "Nov"), ("vi", "thg 11"), ("id", "Nov")])
def test_news_stood_under_a_month_called_11_month(context, locale, said):
    with force_locale(locale):
        assert formatting.short_month(DAY) == said


@pytest.mark.parametrize("locale", ["zh_Hant_TW", "en", "vi", "id"])
def test_the_year_and_the_day_stand_apart_in_every_language(context, locale):
    with force_locale(locale):
        year, day = formatting.year_and_day(DAY)
        assert year in ("114年", "2025")
        assert year not in day
        assert "20" in day
        assert formatting.short_date(today().replace(day=1)) != formatting.long_date(today().replace(day=1))


def test_the_day_first_is_understood_where_people_write_it_so(context):
    for locale in ("vi", "id"):
        with force_locale(locale):
            assert formatting.parse_date("18/4/1983") == date(1983, 4, 18)
            assert formatting.parse_date("1983-04-18") == formatting.parse_date("72/4/18") == date(1983, 4, 18)
    with force_locale("en"), pytest.raises(ValueError, match="not a date"):
        formatting.parse_date("18/4/1983")


@pytest.mark.parametrize(
    ("locale", "year"),
    [("zh_Hant_TW", "115學年度"), ("en", "School year 2026/27"), ("vi", "Năm học 2026/27"), ("id", "Tahun ajaran 2026/27")],
)
def test_a_class_to_choose_was_named_in_english_to_everybody(context, locale, year):
    with force_locale(locale):
        assert formatting.year_label(115) == year
