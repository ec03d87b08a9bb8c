"""Adding and changing rows on generated screens: errors beside the field, the school settled, nothing of other schools."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import assoc_user_role

from app.access.session import system
from app.accounts.models import Account, AccountSession, AccountState, StaffPlacement
from app.audit.models import AuditEntry
from app.extensions import db
from app.model_types import today
from app.schools.admin import StudentAdmin
from app.schools.models import AcademicTerm, Enrollment, HomeroomAssignment, School, SchoolClass, Student
from app.student_records.models import AttendanceEvent, ConductRecord, TermGrade
from tests.web.screens import generated_views, may

UNKNOWN = 987_654
GRADES = "/student-affairs/term-grades"


@pytest.fixture
def stored(flask_app):
    """Ask the database beyond every scope: ``stored(TermGrade, subject="自然")`` gives the rows."""

    def ask(model, *conditions, **values):  # type: ignore[no-untyped-def]
        with flask_app.app_context(), system("tests"):
            rows = db.session.scalars(sa.select(model).filter_by(**values).where(*conditions)).unique().all()
            db.session.expunge_all()
            return rows

    return ask


@pytest.fixture
def grade(world):
    """A complete form of a mark of 王小明; change what the test is about."""

    def form(**changes):  # type: ignore[no-untyped-def]
        return {
            "student": world.students["王小明"],
            "term": world.terms[115, 1],
            "grade_level": "5",
            "kind": "subject",
            "subject": "自然",
            "score": "92.5",
        } | changes

    return form


def _errors(html: str) -> dict[str, str]:
    """Field → the message beside it."""
    found = re.findall(r'<span class="error" id="([\w-]+)-e">.*?</svg>([^<]+)</span>', html, re.S)
    return {name: text.strip() for name, text in found}


# ---------- adding ----------


def test_a_mark_is_added_with_the_school_of_its_student(client_as, stored, grade, world):
    answer = client_as("registrar_wc").post(f"{GRADES}/add", data=grade(), follow_redirects=True)
    assert "新增資料成功!" in answer.text
    (row,) = stored(TermGrade, subject="自然")
    assert (row.student_id, row.school_id, row.score) == (
        world.students["王小明"],
        world.schools["wenchang"],
        Decimal("92.5"),
    )


def test_a_school_sent_along_is_ignored(client_as, stored, grade, world):
    data = grade(school_id=world.schools["zhongxing"], school=world.schools["zhongxing"], id=UNKNOWN)
    client_as("registrar_wc").post(f"{GRADES}/add", data=data)
    (row,) = stored(TermGrade, subject="自然")
    assert (row.school_id, row.id == UNKNOWN) == (world.schools["wenchang"], False)


def test_the_act_is_in_the_audit_log(client_as, stored, grade):
    client_as("registrar_wc").post(f"{GRADES}/add", data=grade())
    (row,) = stored(TermGrade, subject="自然")
    (entry,) = stored(AuditEntry, action="add.term_grade")
    assert (entry.username, entry.object_id, entry.school_id) == ("registrar_wc", str(row.id), row.school_id)


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"student": ""}, "student", "請填寫這一欄"),
        ({"term": "__None"}, "term", "請填寫這一欄"),
        ({"score": "101"}, "score", "請填 0 到 100 的數字"),
        ({"score": "NaN"}, "score", "請填數字"),
        ({"score": "Infinity"}, "score", "請填數字"),
        ({"score": "80.123"}, "score", "小數點後最多 2 位"),
        ({"score": "1e400"}, "score", "請填 0 到 100 的數字"),
        ({"grade_level": "99999999999999999999"}, "grade_level", "請填"),
        ({"grade_level": "五"}, "grade_level", "請填數字"),
        ({"subject": "科" * 41}, "subject", "40"),
        ({"subject": "  \x00 "}, "subject", "請填寫這一欄"),
        ({"kind": "nonsense"}, "kind", ""),
        ({"subject": "國語"}, "subject", "已經有一筆相同的資料"),
    ],
)
def test_an_error_stands_beside_its_field_and_what_was_typed_is_kept(client_as, stored, grade, change, field, words):
    before = len(stored(TermGrade))
    answer = client_as("registrar_wc").post(f"{GRADES}/add", data=grade(**change))
    errors = _errors(answer.text)
    assert list(errors) == [field]
    assert words in errors[field]
    assert f'aria-describedby="{field}-e"' in answer.text
    assert 'href="#' + field in answer.text
    assert 'value="92.5"' in answer.text or "score" in change
    assert 'value="自然"' in answer.text or "subject" in change
    assert len(stored(TermGrade)) == before


def test_an_empty_form_says_all_that_is_missing_in_every_screen(flask_app, client_as, actor_of, stored):
    for person in ("city_admin", "registrar_wc"):
        actor, client = actor_of(person), client_as(person)
        for view in generated_views(flask_app):
            if not may(flask_app, view, actor, "add"):
                continue
            before = len(stored(view.datamodel.obj))
            answer = client.post(f"{view.route_base}/add", data={})
            assert answer.status_code == 200, view.endpoint
            assert _errors(answer.text), view.endpoint
            assert "data-focus" in answer.text
            assert len(stored(view.datamodel.obj)) == before


def test_a_post_without_its_token_changes_nothing(flask_app, client_as, stored, grade):
    client = client_as("registrar_wc")
    answer = client.post(f"{GRADES}/add", data=grade(), headers={"X-CSRFToken": ""})
    assert answer.status_code == 400
    assert stored(TermGrade, subject="自然") == []


# ---------- rows of other schools ----------


def test_a_foreign_student_is_refused_like_an_unknown_one(client_as, stored, grade, world):
    client = client_as("registrar_wc")
    before = len(stored(TermGrade))
    answers = [
        client.post(f"{GRADES}/add", data=grade(student=student))
        for student in (world.students["王小華"], UNKNOWN, "1x", 2**40)
    ]
    assert {answer.status_code for answer in answers} == {200}
    assert {tuple(_errors(answer.text).items()) for answer in answers} == {(("student", "找不到符合的資料，請再確認。"),)}
    assert len(stored(TermGrade)) == before


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_foreign_parent_in_the_address_is_not_found(client_as, stored, grade, world, method):
    client = client_as("registrar_wc")
    before = len(stored(TermGrade))
    for student in (world.students["王小華"], UNKNOWN, "abc", "0", "9" * 30, "\x00"):
        address = f"{GRADES}/add?_flt_0_student={student}"
        answer = client.get(address) if method == "get" else client.post(address, data=grade(subject="偷渡"))
        assert answer.status_code == 404, student
    assert len(stored(TermGrade)) == before


def test_the_parent_of_the_address_wins_over_a_sent_one(client_as, stored, grade, world):
    address = f"{GRADES}/add?_flt_0_student={world.students['林品妤']}"
    page = client_as("registrar_wc").get(address).text
    assert "林品妤" in page
    assert 'name="student"' not in page
    client_as("registrar_wc").post(address, data=grade())
    (row,) = stored(TermGrade, subject="自然")
    assert row.student_id == world.students["林品妤"]


def test_student_and_class_are_of_one_school(client_as, stored, world):
    with_no_seat = {"student": world.students["王小華"], "school_class": world.classes["501"], "started_on": "115/9/1"}
    answer = client_as("city_admin").post("/sso/enrollments/add", data=with_no_seat)
    assert "不是同一所學校" in " ".join(_errors(answer.text).values())
    assert len(stored(Enrollment, student_id=world.students["王小華"])) == 1


def test_a_row_cannot_be_moved_to_another_school_by_an_edit(client_as, stored, world):
    (enrollment,) = stored(Enrollment, student_id=world.students["王小明"])
    data = {"school_class": world.classes["701"], "seat_number": "1", "started_on": "115/8/1", "ended_on": ""}
    answer = client_as("registrar_wc").post(f"/sso/enrollments/edit/{enrollment.id}", data=data)
    assert "school_class" in _errors(answer.text)
    answer = client_as("city_admin").post(f"/sso/enrollments/edit/{enrollment.id}", data=data)
    assert "不是同一所學校" in " ".join(_errors(answer.text).values())
    assert stored(Enrollment, id=enrollment.id)[0].class_id == world.classes["501"]


def test_a_write_that_the_data_layer_refuses_is_not_found_and_leaves_nothing(
    flask_app, client_as, stored, world, monkeypatch
):
    """The net below the screens: a hook that would put a row into another school."""

    def misplace(self, item):  # type: ignore[no-untyped-def]
        item.school_id = world.schools["zhongxing"]

    monkeypatch.setattr(StudentAdmin, "pre_add", misplace)
    data = {"student_number": "999", "full_name": "走錯", "status": "enrolled"}
    assert client_as("registrar_wc").post("/sso/students/add", data=data).status_code == 404
    assert stored(Student, student_number="999") == []
    assert client_as("registrar_wc").get("/sso/students/list/").status_code == 200


# ---------- whose school ----------


def test_a_registrar_adds_to_the_own_school_and_is_not_asked(client_as, stored, world):
    client = client_as("registrar_wc")
    assert 'name="school"' not in client.get("/sso/students/add").text
    data = {"student_number": "9001", "full_name": "𡍼𠮷", "status": "enrolled", "birth_date": "民國104年5月6日"}
    client.post("/sso/students/add", data=data | {"school": world.schools["zhongxing"]})
    (student,) = stored(Student, student_number="9001")
    assert (student.school_id, student.full_name, student.birth_date) == (
        world.schools["wenchang"],
        "𡍼𠮷",
        date(2015, 5, 6),
    )


def test_the_city_administrator_says_which_school(client_as, stored, world):
    client = client_as("city_admin")
    data = {"school_year": "115", "grade_level": "7", "class_name": "02"}
    assert "school" in _errors(client.post("/sso/classes/add", data=data).text)
    client.post("/sso/classes/add", data=data | {"school": world.schools["zhongxing"]})
    (added,) = stored(SchoolClass, grade_level=7, class_name="二班")
    assert added.school_id == world.schools["zhongxing"]


def test_a_manager_opens_link_applications_and_cannot_rename_the_school(client_as, stored, world):
    address = f"/sso/schools/edit/{world.schools['wenchang']}"
    client = client_as("manager_wc")
    assert 'name="code"' not in client.get(address).text
    client.post(address, data={"name": "別的學校", "code": "000", "english_name": "Wenchang"})
    school = stored(School, id=world.schools["wenchang"])[0]
    assert (school.name, school.code, school.english_name, school.accepts_link_requests) == (
        "文昌國小",
        "034601",
        "Wenchang",
        False,
    )


# ---------- editing ----------


def test_a_changed_mark_is_saved_and_said(client_as, stored, world):
    row = stored(TermGrade, student_id=world.students["王小明"], subject="國語", term_id=world.terms[115, 1])[0]
    data = {"grade_level": "5", "kind": "subject", "subject": "國語", "score": "77"}
    answer = client_as("only_instruction_wc").post(f"{GRADES}/edit/{row.id}", data=data, follow_redirects=True)
    assert "修改資料成功!" in answer.text
    assert stored(TermGrade, id=row.id)[0].score == 77


def test_a_refused_edit_leaves_the_row_as_it_was(client_as, stored, world):
    row = stored(TermGrade, student_id=world.students["王小明"], subject="國語", term_id=world.terms[115, 1])[0]
    data = {"grade_level": "5", "kind": "subject", "subject": "數學", "score": "77"}
    answer = client_as("registrar_wc").post(f"{GRADES}/edit/{row.id}", data=data)
    assert _errors(answer.text) == {"subject": "已經有一筆相同的資料。"}
    assert 'value="77"' in answer.text
    unchanged = stored(TermGrade, id=row.id)[0]
    assert (unchanged.subject, unchanged.score) == ("國語", 81)


def test_a_row_may_keep_its_own_unique_values(client_as, stored, world):
    (student,) = stored(Student, full_name="王小明")
    data = {"student_number": student.student_number, "full_name": "王曉明", "status": "enrolled", "birth_date": ""}
    client_as("registrar_wc").post(f"/sso/students/edit/{student.id}", data=data)
    changed = stored(Student, id=student.id)[0]
    assert (changed.full_name, changed.birth_date, changed.school_id) == ("王曉明", None, world.schools["wenchang"])


# ---------- the rules of each record ----------


def test_a_student_sits_in_one_class_at_a_time(client_as, stored, world):
    data = {"student": world.students["王小明"], "school_class": world.classes["502"], "started_on": "115/9/1"}
    answer = client_as("registrar_wc").post("/sso/enrollments/add", data=data)
    assert "已經編在班級裡" in _errors(answer.text)["student"]
    assert len(stored(Enrollment, student_id=world.students["王小明"])) == 1


def test_a_student_changes_class_by_ending_one_seat_and_taking_another(client_as, stored, world):
    client = client_as("registrar_wc")
    (old,) = stored(Enrollment, student_id=world.students["王小明"])
    ended = {"school_class": world.classes["501"], "seat_number": "12", "started_on": "115/8/1", "ended_on": "115/11/1"}
    assert client.post(f"/sso/enrollments/edit/{old.id}", data=ended).status_code == 302
    new = {"student": world.students["王小明"], "school_class": world.classes["502"], "started_on": "115/11/2"}
    assert client.post("/sso/enrollments/add", data=new).status_code == 302
    assert [
        row.class_id for row in stored(Enrollment, Enrollment.ended_on.is_(None), student_id=world.students["王小明"])
    ] == [world.classes["502"]]


@pytest.mark.parametrize(("address", "model"), [("attendance", AttendanceEvent), ("conduct", ConductRecord)])
def test_the_day_of_a_record_lies_in_its_term(client_as, stored, world, address, model):
    data = {
        "student": world.students["王小明"],
        "term": world.terms[114, 1],
        "event_date": "115/11/3",
        "period": "3",
        "category": "sick_leave",
        "kind": "warning",
        "count": "1",
        "reason": "遲到",
    }
    before = len(stored(model))
    answer = client_as("registrar_wc").post(f"/student-affairs/{address}/add", data=data)
    assert _errors(answer.text) == {"event_date": "這一天不在該學期內。"}
    client_as("registrar_wc").post(f"/student-affairs/{address}/add", data=data | {"term": world.terms[115, 1]})
    assert len(stored(model)) == before + 1


@pytest.mark.parametrize("text", ["115/11/3", "民國 115 年 11 月 3 日", "2026-11-03", "2026/11/3"])
def test_days_are_typed_in_roc_or_western_years(client_as, stored, world, text):
    data = {"student": world.students["王小明"], "term": world.terms[115, 1], "event_date": text, "period": "3"}
    client_as("registrar_wc").post("/student-affairs/attendance/add", data=data | {"category": "tardy"})
    assert len(stored(AttendanceEvent, event_date=date(2026, 11, 3))) == 1


def test_a_term_ends_after_it_begins(client_as, stored):
    data = {"school_year": "116", "semester": "1", "starts_on": "116/8/1", "ends_on": "116/7/1"}
    assert "ends_on" in _errors(client_as("city_admin").post("/sso/terms/add", data=data).text)
    assert stored(AcademicTerm, school_year=116) == []


def test_a_homeroom_teacher_goes_by_the_name_of_the_placement(client_as, stored, world):
    (placement,) = stored(StaffPlacement, username="teacher_502")
    data = {"school_class": world.classes["601"], "placement": placement.id, "started_on": "115/9/1"}
    client_as("manager_wc").post("/sso/homeroom-assignments/add", data=data)
    (row,) = stored(HomeroomAssignment, class_id=world.classes["601"], placement_id=placement.id)
    assert (row.teacher_name, row.teacher_username, row.school_id) == (
        "teacher_502老師",
        "teacher_502",
        world.schools["wenchang"],
    )
    data = {"school_class": world.classes["601"], "placement": "", "teacher_name": "新老師", "started_on": "115/9/1"}
    client_as("manager_wc").post("/sso/homeroom-assignments/add", data=data)
    assert len(stored(HomeroomAssignment, teacher_name="新老師", placement_id=None)) == 1
    answer = client_as("manager_wc").post("/sso/homeroom-assignments/add", data=data | {"teacher_name": ""})
    assert list(_errors(answer.text)) == ["teacher_name"]


# ---------- looking a row up without a script ----------


def test_a_typed_number_that_fits_one_student_is_taken(client_as, stored, grade, world):
    client_as("registrar_wc").post(f"{GRADES}/add", data=grade(student="") | {"student-text": "1110502"})
    (row,) = stored(TermGrade, subject="自然")
    assert row.student_id == world.students["李宥廷"]


def test_several_that_fit_are_offered_and_the_choice_is_taken(flask_app, client_as, stored, grade, world):
    client = client_as("registrar_wc")
    typed = grade(student="") | {"student-text": "11105"}
    answer = client.post(f"{GRADES}/add", data=typed)
    assert "有好幾筆符合" in _errors(answer.text)["student"]
    assert answer.text.count('name="student-choice"') == 4
    assert 'value="11105"' in answer.text
    client.post(f"{GRADES}/add", data=typed | {"student-asked": "11105", "student-choice": world.students["張子晴"]})
    (row,) = stored(TermGrade, subject="自然")
    assert row.student_id == world.students["張子晴"]


def test_a_typed_text_finds_nobody_of_another_school(client_as, stored, grade):
    answer = client_as("registrar_wc").post(f"{GRADES}/add", data=grade(student="") | {"student-text": "王小華"})
    assert _errors(answer.text) == {"student": "找不到符合的資料，請再確認。"}
    assert 'value="王小華"' in answer.text
    assert stored(TermGrade, subject="自然") == []


def test_a_choice_of_another_school_is_not_taken(client_as, stored, grade, world):
    data = grade(student="") | {"student-text": "王", "student-asked": "王", "student-choice": world.students["王小華"]}
    client_as("registrar_wc").post(f"{GRADES}/add", data=data)
    assert [row.student_id for row in stored(TermGrade, subject="自然")] in ([], [world.students["王小明"]])


# ---------- where one goes afterwards ----------


def test_after_saving_one_is_back_where_one_came_from(client_as, grade, world):
    client = client_as("registrar_wc")
    origin = f"/sso/students/show/{world.students['王小明']}"
    page = client.get(f"{GRADES}/add", headers={"Referer": f"http://localhost{origin}"}).text
    assert f'name="next" value="{origin}"' in page
    answer = client.post(f"{GRADES}/add", data=grade(next=origin))
    assert answer.location == origin


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", ""])
def test_nobody_is_sent_off_to_another_site(client_as, grade, target):
    client = client_as("registrar_wc")
    page = client.get(f"{GRADES}/add", headers={"Referer": "https://evil.example/x"}).text
    assert "evil.example" not in page
    assert client.post(f"{GRADES}/add", data=grade(next=target)).location == f"{GRADES}/list/"


def test_no_visited_address_is_kept_in_the_session(flask_app, client_as, stored):
    client = client_as("registrar_wc")
    client.get("/sso/students/list/?_flt_0_full_name=王")
    client.get("/sso/students/show/1")
    assert all("page_history" not in session.data for session in stored(AccountSession))


# ---------- accounts and placements ----------


def test_ending_a_placement_takes_the_roles_away_and_ends_the_sessions(flask_app, client_as, stored, world):
    (placement,) = stored(StaffPlacement, username="teacher_501")
    teacher = client_as("teacher_501")
    assert teacher.get("/student-affairs/term-grades/list/").status_code == 200
    data = {"job_title": "導師", "ended_on": today().isoformat()}
    answer = client_as("personnel_wc").post(f"/sso/placements/edit/{placement.id}", data=data, follow_redirects=True)
    assert "修改資料成功!" in answer.text
    assert stored(StaffPlacement, id=placement.id)[0].ended_on == today()
    with flask_app.app_context(), system("tests"):
        held = sa.select(assoc_user_role).where(assoc_user_role.c.user_id == world.accounts["teacher_501"])
        assert db.session.execute(held).all() == []
    assert teacher.get("/student-affairs/term-grades/list/").status_code == 302
    assert client_as("teacher_501").get("/student-affairs/term-grades/list/").status_code == 403


def test_nobody_ends_the_own_placement(client_as, stored):
    (placement,) = stored(StaffPlacement, username="personnel_wc")
    data = {"job_title": "校長", "ended_on": ""}
    answer = client_as("personnel_wc").post(f"/sso/placements/edit/{placement.id}", data=data)
    assert "您自己的任職資料" in answer.text
    assert stored(StaffPlacement, id=placement.id)[0].job_title == "人事主任"


def test_account_screens_show_the_unit_and_no_secret(client_as, world):
    listed = client_as("personnel_wc").get("/sso/accounts/list/?psize_AccountAdmin=100").text
    assert "teacher_501" in listed
    assert "manager_zx" not in listed
    assert "parent_chen" not in listed
    assert client_as("personnel_wc").get(f"/sso/accounts/show/{world.accounts['manager_zx']}").status_code == 404
    page = client_as("city_admin").get(f"/sso/accounts/show/{world.accounts['parent_chen']}").text
    assert "@" not in page.split("<main", 1)[1].split("</main>")[0]
    assert "pbkdf2" not in page


def test_the_city_administrator_suspends_and_reopens_an_account(client_as, stored, world):
    client, key = client_as("city_admin"), world.accounts["citizen_wu"]
    assert f"/sso/accounts/suspend/{key}" in client.get(f"/sso/accounts/show/{key}").text
    assert "要停用" in client.get(f"/sso/accounts/suspend/{key}").text
    assert stored(Account, id=key)[0].state == AccountState.ACTIVE
    client.post(f"/sso/accounts/suspend/{key}")
    assert stored(Account, id=key)[0].state == AccountState.SUSPENDED
    client.post(f"/sso/accounts/reopen/{key}")
    assert stored(Account, id=key)[0].state == AccountState.ACTIVE
    assert client_as("personnel_wc").post(f"/sso/accounts/suspend/{world.accounts['teacher_501']}").status_code == 403
    own = world.accounts["city_admin"]
    assert f"/sso/accounts/suspend/{own}" not in client.get(f"/sso/accounts/show/{own}").text
    client.post(f"/sso/accounts/suspend/{own}")
    assert stored(Account, id=own)[0].state == AccountState.ACTIVE
