"""Single values as rosters write them: dates, names, grades, titles."""

from __future__ import annotations

from datetime import date

import pytest

from app.importing.class_titles import TitleContradictsGrade, grade_of, read_title
from app.importing.rows import full_name, read_day
from app.importing.understanding import kind_by_name, roc_school_year, roc_term
from app.schools.models import SchoolKind


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2016-05-06", date(2016, 5, 6)),
        ("2016-5-6", date(2016, 5, 6)),
        ("2016/5/6", date(2016, 5, 6)),
        ("20160506", date(2016, 5, 6)),
        ("2016-05-06T00:00:00.000Z", date(2016, 5, 6)),
        ("1/05/2023", date(2023, 1, 5)),
        ("105/5/6", date(2016, 5, 6)),
        ("民國105年5月6日", date(2016, 5, 6)),
    ],
)
def test_dates_are_read_as_rosters_write_them(text, day):
    assert read_day(text) == day


@pytest.mark.parametrize("text", ["13/05/2023", "2016-13-01", "2016-02-30", "tomorrow", "1", "20161301"])
def test_what_is_no_date_is_not_guessed(text):
    with pytest.raises(ValueError, match=r".*"):
        read_day(text)


@pytest.mark.parametrize(
    ("family", "given", "name"),
    [
        ("王", "小明", "王小明"),
        ("Johnson", "Emma", "Emma Johnson"),
        ("𡍼", "𠮷", "𡍼𠮷"),
        ("歐陽", "芷若", "歐陽芷若"),
        ("", "Cher", "Cher"),
    ],
)
def test_chinese_names_begin_with_the_family(family, given, name):
    assert full_name(family, given) == name


@pytest.mark.parametrize(
    ("title", "grade", "read"),
    [
        ("五年一班", None, (5, "一班")),
        ("5年1班", 5, (5, "一班")),
        ("501", None, (5, "一班")),
        ("1203", None, (12, "三班")),
        ("忠班", 5, (5, "忠班")),
        ("一年忠班", 7, (7, "忠班")),
        ("三年12班", 9, (9, "十二班")),
        ("七年級一班", None, (7, "一班")),
        ("一班", None, (None, "一班")),
    ],
)
def test_titles_of_classes_in_one_spelling(title, grade, read):
    assert read_title(title, grade) == read


def test_a_title_that_names_another_grade_is_no_title():
    with pytest.raises(TitleContradictsGrade):
        read_title("六年一班", 5)


@pytest.mark.parametrize(
    ("code", "grade"), [("05", 5), ("5", 5), ("12", 12), ("KG", None), ("13", None), ("ps1", None), ("", None)]
)
def test_grade_codes(code, grade):
    assert grade_of(code) == grade


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "term"),
    [
        (date(2026, 8, 1), date(2027, 1, 31), (115, 1)),
        (date(2026, 8, 30), date(2027, 1, 20), (115, 1)),
        (date(2027, 2, 1), date(2027, 7, 31), (115, 2)),
        (date(2027, 1, 21), date(2027, 6, 30), (115, 2)),
        (date(2021, 9, 1), date(2021, 12, 1), (110, 1)),
    ],
)
def test_a_semester_belongs_to_the_year_in_which_its_school_year_began(starts_on, ends_on, term):
    assert roc_term(starts_on, ends_on) == term
    assert roc_school_year(starts_on, ends_on) == term[0]


def test_a_whole_year_is_the_school_year_of_its_first_semester():
    assert roc_school_year(date(2026, 8, 1), date(2027, 7, 31)) == 115
    assert roc_school_year(date(2021, 8, 24), date(2022, 6, 11)) == 110


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("文昌國小", SchoolKind.ELEMENTARY),
        ("中興國中", SchoolKind.JUNIOR_HIGH),
        ("武陵高中", SchoolKind.SENIOR_HIGH),
        ("Oak Junior High School", SchoolKind.JUNIOR_HIGH),
        ("Oak High School", SchoolKind.SENIOR_HIGH),
        ("仁和國中小", None),
        ("Oak Academy", None),
    ],
)
def test_the_kind_of_a_school_by_its_name(name, kind):
    assert kind_by_name(name) == kind
