"""Every bad row is named by file, line and field, and with one bad row nothing is applied (P22)."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from app.access.session import system
from app.extensions import db
from app.importing.bundle import BY_COMMAND, open_zip
from app.importing.problems import Problems
from app.importing.services import examine
from app.schools.models import Student
from tests.importing.bundles import (
    NATIONAL_IDS,
    Tables,
    pupil,
    row,
    say,
    school_class,
    seat,
    session,
    wenchang,
    without,
    zipped,
)


def changed(table: str, key: str, **values: Any) -> Callable[[Tables], None]:
    return lambda tables: row(tables, table, key).update(values)


def added(table: str, *rows: dict[str, Any]) -> Callable[[Tables], None]:
    return lambda tables: tables[table].extend(rows)


def both(*changes: Callable[[Tables], None]) -> Callable[[Tables], None]:
    def apply(tables: Tables) -> None:
        for change in changes:
            change(tables)

    return apply


CASES: dict[str, tuple[Callable[[Tables], None], tuple[str, int, str, str]]] = {
    "an organization of no known type": (
        changed("orgs", "o-wc", type="scool"),
        ("orgs.csv", 3, "type", "wrong_value"),
    ),
    "a school without a name": (changed("orgs", "o-wc", name=" "), ("orgs.csv", 3, "name", "missing_value")),
    "a code longer than ours": (
        changed("orgs", "o-wc", identifier="0" * 21),
        ("orgs.csv", 3, "identifier", "too_long"),
    ),
    "the same school twice": (
        added("orgs", {"sourcedId": "o-wc", "name": "文昌國小", "type": "school"}),
        ("orgs.csv", 4, "sourcedId", "duplicate"),
    ),
    "a term without an end": (
        changed("academicSessions", "t115-1", endDate=""),
        ("academicSessions.csv", 3, "endDate", "missing_value"),
    ),
    "a term that ends before it begins": (
        changed("academicSessions", "y115", endDate="2026-07-31"),
        ("academicSessions.csv", 2, "endDate", "ends_before_start"),
    ),
    "a date that is none": (
        changed("academicSessions", "y115", startDate="2026-02-30"),
        ("academicSessions.csv", 2, "startDate", "bad_date"),
    ),
    "a class of an unknown school": (
        added("classes", school_class("c-9", "五年九班", "05", org="o-nowhere")),
        ("classes.csv", 5, "schoolSourcedId", "unknown_reference"),
    ),
    "a class of an unknown term": (
        added("classes", school_class("c-9", "五年九班", "05", termSourcedIds="t999")),
        ("classes.csv", 5, "termSourcedIds", "unknown_reference"),
    ),
    "a class of no term": (
        added("classes", school_class("c-9", "五年九班", "05", termSourcedIds="")),
        ("classes.csv", 5, "termSourcedIds", "missing_value"),
    ),
    "a class of no grade": (added("classes", school_class("c-9", "忠班", "")), ("classes.csv", 5, "grades", "no_grade")),
    "a title that contradicts the grade": (
        added("classes", school_class("c-9", "六年九班", "05")),
        ("classes.csv", 5, "title", "grade_and_title"),
    ),
    "two classes of one name": (
        added("classes", school_class("c-9", "5年1班", "05")),
        ("classes.csv", 5, "title", "class_twice"),
    ),
    "a class of an unknown type": (
        changed("classes", "c-501", classType="home room"),
        ("classes.csv", 2, "classType", "wrong_value"),
    ),
    "a person without a name": (
        changed("users", "s-wen", givenName="", familyName=""),
        ("users.csv", 6, "familyName", "missing_value"),
    ),
    "a person of no known role": (changed("users", "t-501", role="techer"), ("users.csv", 7, "role", "wrong_value")),
    "a person of no school": (
        changed("users", "s-wen", orgSourcedIds=""),
        ("users.csv", 6, "orgSourcedIds", "missing_value"),
    ),
    "a person of an unknown school": (
        changed("users", "t-502", orgSourcedIds="o-wc,o-nowhere"),
        ("users.csv", 8, "orgSourcedIds", "unknown_reference"),
    ),
    "the same person twice": (
        added("users", pupil("s-ming", "王", "小明", "1119999")),
        ("users.csv", 10, "sourcedId", "duplicate"),
    ),
    "two students with one number": (
        changed("users", "s-wen", identifier="1110502"),
        ("users.csv", 6, "identifier", "number_twice"),
    ),
    "a student number longer than ours": (
        changed("users", "s-wen", identifier="1" * 31),
        ("users.csv", 6, "identifier", "too_long"),
    ),
    "a number that belongs to somebody else": (
        both(
            lambda tables: without(tables, "users", "s-qing"),
            lambda tables: without(tables, "enrollments", "e-qing"),
            changed("users", "s-wen", identifier="1110503"),
        ),
        ("users.csv", 5, "identifier", "number_taken"),
    ),
    "a wrong check digit": (
        changed("users", "s-wen", **{"metadata.nationalId": "A123456788"}),
        ("users.csv", 6, "metadata.nationalId", "identity_checksum"),
    ),
    "what is no identity number": (
        changed("users", "s-wen", **{"metadata.nationalId": "??"}),
        ("users.csv", 6, "metadata.nationalId", "bad_identity_number"),
    ),
    "one identity number for two": (
        both(
            changed("users", "s-ming", **{"metadata.nationalId": NATIONAL_IDS[0]}),
            changed("users", "s-wen", **{"metadata.nationalId": NATIONAL_IDS[0].lower()}),
        ),
        ("users.csv", 6, "metadata.nationalId", "identity_twice"),
    ),
    "a birthday that is none": (
        changed("demographics", "s-wen", birthDate="2016/13/1"),
        ("demographics.csv", 3, "birthDate", "bad_date"),
    ),
    "a birthday to come": (
        changed("demographics", "s-wen", birthDate="2100-01-01"),
        ("demographics.csv", 3, "birthDate", "birth_date_out_of_range"),
    ),
    "the birthday of nobody": (
        added("demographics", {"sourcedId": "s-nobody", "birthDate": "2016-01-01"}),
        ("demographics.csv", 4, "sourcedId", "unknown_reference"),
    ),
    "a seat in an unknown class": (
        changed("enrollments", "e-wen", classSourcedId="c-999"),
        ("enrollments.csv", 6, "classSourcedId", "unknown_reference"),
    ),
    "a seat of nobody": (
        changed("enrollments", "e-wen", userSourcedId="s-nobody"),
        ("enrollments.csv", 6, "userSourcedId", "unknown_reference"),
    ),
    "a seat number that is none": (
        changed("enrollments", "e-wen", **{"metadata.seatNumber": "twelve"}),
        ("enrollments.csv", 6, "metadata.seatNumber", "bad_seat_number"),
    ),
    "a seat number out of range": (
        changed("enrollments", "e-wen", **{"metadata.seatNumber": "0"}),
        ("enrollments.csv", 6, "metadata.seatNumber", "bad_seat_number"),
    ),
    "two students on one seat": (
        changed("enrollments", "e-wen", **{"metadata.seatNumber": 7}),
        ("enrollments.csv", 6, "metadata.seatNumber", "seat_taken"),
    ),
    "one student in two classes": (
        added("enrollments", seat("e-second", "c-502", "s-ming", 30)),
        ("enrollments.csv", 9, "userSourcedId", "two_classes"),
    ),
    "a teacher on a pupil's seat": (
        added("enrollments", seat("e-teacher", "c-501", "t-501", 30)),
        ("enrollments.csv", 9, "userSourcedId", "not_a_student"),
    ),
    "the same enrollment twice": (
        added("enrollments", seat("e-ming", "c-501", "s-ming", 12)),
        ("enrollments.csv", 9, "sourcedId", "duplicate"),
    ),
    "an unknown status": (changed("users", "s-wen", status="gone"), ("users.csv", 6, "status", "wrong_value")),
    "a column that is missing": (
        lambda tables: [each.pop("role") for each in tables["enrollments"]],
        ("enrollments.csv", 1, "role", "missing_heading"),
    ),
    "a file that the manifest promises": (
        lambda tables: tables.pop("demographics"),
        ("demographics.csv", 0, "", "missing_file"),
    ),
    "a version that is not read": (
        lambda tables: say(tables, "oneroster.version", "1.0"),
        ("manifest.csv", 0, "oneroster.version", "wrong_version"),
    ),
    "a seat at another school": (
        both(
            added("orgs", {"sourcedId": "o-oak", "name": "楓樹國小", "type": "school", "identifier": "034777"}),
            added("classes", school_class("c-oak", "五年一班", "05", org="o-oak")),
            added("enrollments", seat("e-oak", "c-oak", "s-wen", 1)),
            lambda tables: without(tables, "enrollments", "e-wen"),
        ),
        ("enrollments.csv", 8, "classSourcedId", "not_of_this_school"),
    ),
    "a school code that another school has": (
        added("orgs", {"sourcedId": "o-2", "name": "假國小", "type": "school", "identifier": "034601"}),
        ("orgs.csv", 4, "identifier", "duplicate"),
    ),
    "a term twice": (
        added("academicSessions", session("t115-2", "semester", "2027-02-01", "2027-07-31", 2027)),
        ("academicSessions.csv", 5, "sourcedId", "duplicate"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_bad_row_is_named_by_file_line_and_field(context, case):
    change, expected = CASES[case]
    tables = wenchang()
    change(tables)
    problems = Problems()
    with system("plan a roster"):
        before = db.session.scalar(sa.select(sa.func.count(Student.id)))
        examine(open_zip(io.BytesIO(zipped(tables)), BY_COMMAND, problems), None, problems)
        after = db.session.scalar(sa.select(sa.func.count(Student.id)))
    assert [(each.file, each.line, each.field, each.problem) for each in problems.kept] == [expected]
    assert problems.kept[0].text
    assert before == after


def test_the_roster_without_a_fault_has_none(context):
    problems = Problems()
    with system("plan a roster"):
        examine(open_zip(io.BytesIO(zipped(wenchang())), BY_COMMAND, problems), None, problems)
    assert not problems.kept


def test_no_problem_repeats_an_identity_number(context):
    tables = wenchang()
    row(tables, "users", "s-wen")["metadata.nationalId"] = "A123456788"
    problems = Problems()
    with system("plan a roster"):
        examine(open_zip(io.BytesIO(zipped(tables)), BY_COMMAND, problems), None, problems)
    assert "A123456788" not in "".join(str(each.as_json()) + each.text for each in problems.kept)


def test_every_problem_is_counted_and_the_first_ones_are_kept(context):
    tables = wenchang()
    tables["demographics"] = [{"sourcedId": f"s-{number}", "birthDate": "2016-01-01"} for number in range(800)]
    problems = Problems()
    with system("plan a roster"):
        examine(open_zip(io.BytesIO(zipped(tables)), BY_COMMAND, problems), None, problems)
    assert problems.total == 800
    assert len(problems.kept) == 500
