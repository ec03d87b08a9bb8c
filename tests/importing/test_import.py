"""What becomes of a roster: new, changed, moved, leaving; once, and nothing the second time."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.access.session import system
from app.accounts.models import StaffPlacement
from app.crypto.sealing import open_sealed
from app.extensions import db
from app.guardian_links.models import GuardianLink, LinkStatus
from app.importing import apply
from app.importing.models import ImportBatch
from app.importing.plan import Act, Part
from app.importing.problems import NoteKind
from app.importing.services import Conflict, Imported, ManyLeave, import_path
from app.model_types import today
from app.notifications.models import OutboxMessage
from app.schools.models import (
    AcademicTerm,
    Enrollment,
    HomeroomAssignment,
    School,
    SchoolClass,
    SchoolKind,
    Student,
    StudentStatus,
)
from tests.importing.bundles import (
    NATIONAL_IDS,
    Tables,
    as_oneroster_1_2,
    leads,
    pupil,
    row,
    say,
    school_class,
    seat,
    session,
    teacher,
    wenchang,
    without,
    zipped,
)

pytestmark = pytest.mark.every_database

SDS = Path(__file__).parent / "rosters" / "sds-v2.1"


@pytest.fixture
def run(context, tmp_path):
    """``run(tables)`` imports them as the command does."""

    def run(tables: Tables, **options: Any) -> Imported:
        path = tmp_path / "roster.zip"
        path.write_bytes(zipped(tables, encoding=options.pop("encoding", "utf-8")))
        outcome = import_path(path, **options)
        assert not outcome.examination.problems.kept, outcome.examination.problems.kept
        return outcome

    return run


@contextmanager
def looking() -> Iterator[None]:
    with system("tests look"):
        yield


def student(key: str) -> Student:
    return db.session.scalars(sa.select(Student).where(Student.sourced_id == key)).one()


def place(key: str) -> tuple[str, int | None]:
    """Class label and seat of a student's active enrollment."""
    found = db.session.scalars(
        sa.select(Enrollment).join(Student).where(Student.sourced_id == key, Enrollment.ended_on.is_(None))
    ).one()
    return found.school_class.label, found.seat_number


def changes(outcome: Imported, part: Part) -> dict[str, int]:
    return {act.value: outcome.examination.plan.count(part, act) for act in Act if outcome.examination.plan.count(part, act)}


def content_of_all_tables() -> dict[str, list[Any]]:
    """Every roster row, to compare two states."""
    models = (School, AcademicTerm, SchoolClass, Student, Enrollment, HomeroomAssignment, GuardianLink)
    with system("tests look"):
        return {
            model.__tablename__: [
                tuple(each) for each in db.session.execute(sa.select(model.__table__).order_by(model.__table__.c.id))
            ]
            for model in models
        }


# ---------- the first time ----------


def test_a_roster_fills_the_school(run):
    tables = wenchang()
    row(tables, "users", "s-wen")["metadata.nationalId"] = NATIONAL_IDS[0].lower()
    outcome = run(tables)
    assert outcome.is_applied
    assert changes(outcome, Part.STUDENT) == {"new": 1, "changed": 4}
    assert changes(outcome, Part.CLASS) == {"changed": 3}
    with looking():
        new = student("s-wen")
        assert (new.full_name, new.student_number, new.birth_date) == ("陳大文", "1110599", date(2016, 2, 29))
        assert open_sealed(new.identity_number_sealed) == NATIONAL_IDS[0]
        assert new.school.name == "文昌國小"
        assert place("s-wen") == ("五年一班", 20)


def test_students_entered_by_hand_are_known_again_by_number_and_name(run, world):
    run(wenchang())
    with looking():
        assert student("s-ming").id == world.students["王小明"]
        assert place("s-ming") == ("五年一班", 12)


def test_a_second_time_nothing_changes(run):
    run(wenchang())
    before = content_of_all_tables()
    outcome = run(wenchang())
    assert outcome.examination.plan.changes == 0
    assert content_of_all_tables() == before


def test_a_new_school_is_made_with_its_kind_and_its_own_choice_about_applications(run):
    tables = wenchang()
    oak = {"sourcedId": "o-oak", "name": "Oak Academy", "type": "school", "parentSourcedId": "o-city"}
    tables["orgs"].append({**oak, "metadata.acceptsLinkRequests": "FALSE", "metadata.englishName": "Oak"})
    tables["classes"].append(school_class("c-oak", "八年一班", "08", org="o-oak"))
    run(tables)
    with looking():
        school = db.session.scalars(sa.select(School).where(School.sourced_id == "o-oak")).one()
        assert (school.code, school.kind, school.accepts_link_requests) == ("o-oak", SchoolKind.JUNIOR_HIGH, False)
        school.accepts_link_requests = True
        db.session.commit()
    run(tables)
    with looking():
        db.session.expire_all()
        assert db.session.scalars(sa.select(School.accepts_link_requests).where(School.sourced_id == "o-oak")).one()


def test_terms_count_by_the_year_in_which_the_school_year_begins(run):
    run(wenchang())
    with looking():
        term = db.session.scalars(sa.select(AcademicTerm).where(AcademicTerm.sourced_id == "t115-2")).one()
        assert (term.school_year, term.semester, term.ends_on) == (115, 2, date(2027, 7, 31))


def test_a_teacher_with_a_placement_gets_the_class_one_without_waits_by_name(run, world):
    tables = wenchang()
    run(tables)
    with looking():
        bound, waiting = db.session.scalars(
            sa.select(HomeroomAssignment)
            .where(HomeroomAssignment.sourced_id.is_not(None))
            .order_by(HomeroomAssignment.sourced_id)
        ).all()
        assert (bound.placement.username, bound.class_id) == ("teacher_501", world.classes["501"])
        assert (waiting.placement_id, waiting.teacher_name, waiting.teacher_username) == (None, "吳宗翰", "teacher_new")


def test_who_is_placed_later_gets_the_class_by_the_next_import(run, world):
    run(wenchang())
    with system("tests place a teacher"):
        placement = db.session.scalars(sa.select(StaffPlacement).where(StaffPlacement.username == "only_registrar_wc")).one()
        placement.username = "Teacher_New"
        db.session.commit()
    outcome = run(wenchang())
    assert changes(outcome, Part.HOMEROOM) == {"changed": 1, "same": 1}
    with looking():
        assert db.session.scalars(
            sa.select(HomeroomAssignment.placement_id).where(HomeroomAssignment.teacher_username == "teacher_new")
        ).all() == [db.session.scalar(sa.select(StaffPlacement.id).where(StaffPlacement.username == "Teacher_New"))]


# ---------- formats ----------


def test_oneroster_1_2_says_the_same(run):
    run(wenchang())
    outcome = run(as_oneroster_1_2(wenchang()))
    assert outcome.examination.format == "OneRoster 1.2"
    assert outcome.examination.plan.changes == 0


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp950"])
def test_a_byte_order_mark_and_big5_say_the_same(run, encoding):
    run(wenchang())
    assert run(wenchang(), encoding=encoding).examination.plan.changes == 0


def test_the_sample_of_school_data_sync_is_imported(context):
    outcome = import_path(SDS)
    assert not outcome.examination.problems.kept
    assert outcome.examination.format == "SDS v2.1"
    with looking():
        school = db.session.scalars(sa.select(School).where(School.sourced_id == "110003")).one()
        assert (school.name, school.kind) == ("School of TwoDotOne", SchoolKind.SENIOR_HIGH)
        section = db.session.scalars(sa.select(SchoolClass).where(SchoolClass.school_id == school.id)).one()
        assert (section.school_year, section.grade_level, section.class_name) == (110, 10, "Biology 10")
        names = set(db.session.scalars(sa.select(Student.full_name).where(Student.school_id == school.id)))
        assert names == {"Jack Craig", "Fred Hutch", "Alice Smithee"}
        assert student("114001").birth_date == date(2001, 7, 2)
        homeroom = db.session.scalars(sa.select(HomeroomAssignment).where(HomeroomAssignment.class_id == section.id)).one()
        assert homeroom.teacher_name == "Kristen Fein"
    notes = outcome.examination.problems.notes
    assert notes[NoteKind.OTHER_ORGS] == 2
    assert notes[NoteKind.STUDENTS_ELSEWHERE] == 1
    assert import_path(SDS).examination.plan.changes == 0


def test_the_sample_in_capitals_reordered_and_dated_the_american_way(context, tmp_path):
    folder = tmp_path / "sds"
    shutil.copytree(SDS, folder)
    for path in folder.glob("*.csv"):
        rows = list(csv.reader(path.open(encoding="utf-8")))
        text = "\n".join(",".join([*reversed(each), "", ""]) for each in rows)
        path.write_text(text.replace("2001-07-02", "7/02/2001").replace("TRUE", "True"), "utf-8")
    outcome = import_path(folder)
    assert not outcome.examination.problems.kept
    with looking():
        assert student("114001").birth_date == date(2001, 7, 2)


def test_subject_classes_are_left_out_where_there_are_homerooms(run):
    tables = wenchang()
    tables["classes"].append(school_class("c-math", "五年級數學", "05", classType="scheduled"))
    tables["enrollments"].append(seat("e-math", "c-math", "s-ming", ""))
    outcome = run(tables)
    assert outcome.examination.problems.notes[NoteKind.SUBJECT_CLASSES] == 1
    with looking():
        assert db.session.scalar(sa.select(SchoolClass.id).where(SchoolClass.sourced_id == "c-math")) is None


def test_a_student_in_two_course_sections_sits_in_the_first(run):
    tables = wenchang()
    for each in tables["classes"]:
        each["classType"] = "scheduled"
    tables["enrollments"].append(seat("e-also", "c-502", "s-ming", ""))
    outcome = run(tables)
    assert outcome.examination.problems.notes[NoteKind.FURTHER_SECTIONS] == 1
    with looking():
        assert place("s-ming")[0] == "五年五年一班"


def test_a_kindergarten_is_left_out(run):
    tables = wenchang()
    tables["classes"].append(school_class("c-kg", "大班", "KG"))
    tables["users"].append(pupil("s-kg", "小", "安", "K01", grade="KG"))
    tables["enrollments"].append(seat("e-kg", "c-kg", "s-kg", 1))
    outcome = run(tables)
    assert outcome.examination.problems.notes[NoteKind.OTHER_GRADES] == 1
    with looking():
        assert db.session.scalar(sa.select(Student.id).where(Student.sourced_id == "s-kg")) is None


def test_an_identity_number_in_the_place_of_a_student_number_is_not_shown_as_one(run):
    tables = wenchang()
    row(tables, "users", "s-wen").update(identifier=NATIONAL_IDS[1])
    run(tables)
    with looking():
        assert student("s-wen").student_number == "s-wen"
        assert open_sealed(student("s-wen").identity_number_sealed) == NATIONAL_IDS[1]


# ---------- the next time ----------


def test_changed_data_are_changed(run):
    run(wenchang())
    tables = wenchang()
    row(tables, "users", "s-wen").update(givenName="小文", identifier="1110600")
    row(tables, "demographics", "s-wen").update(birthDate="105/3/1")
    row(tables, "enrollments", "e-wen").update({"metadata.seatNumber": 21})
    outcome = run(tables)
    assert changes(outcome, Part.STUDENT) == {"changed": 1, "same": 4}
    assert changes(outcome, Part.PLACE) == {"changed": 1, "same": 4}
    with looking():
        found = student("s-wen")
        assert (found.full_name, found.student_number, found.birth_date) == ("陳小文", "1110600", date(2016, 3, 1))
        assert place("s-wen") == ("五年一班", 21)


def test_what_a_bundle_does_not_say_stays(run):
    run(wenchang())
    tables = wenchang()
    without(tables, "demographics", "s-ming", "s-wen")
    tables["demographics"].append({"sourcedId": "s-yu", "birthDate": ""})
    assert run(tables).examination.plan.changes == 0


def test_a_class_move_ends_the_old_seat_and_takes_the_student_link_along(run, world):
    run(wenchang())
    tables = wenchang()
    row(tables, "enrollments", "e-ming").update(classSourcedId="c-502", **{"metadata.seatNumber": 3})
    outcome = run(tables)
    assert changes(outcome, Part.PLACE) == {"moved": 1, "same": 4}
    with looking():
        assert place("s-ming") == ("五年二班", 3)
        history = db.session.scalars(
            sa.select(Enrollment).where(Enrollment.student_id == world.students["王小明"]).order_by(Enrollment.id)
        ).all()
        assert [(each.class_id, each.ended_on) for each in history] == [
            (world.classes["501"], today()),
            (world.classes["502"], None),
        ]
        links = db.session.scalars(
            sa.select(GuardianLink).where(GuardianLink.student_id == world.students["王小明"]).order_by(GuardianLink.id)
        ).all()
        assert {(each.status, each.class_id) for each in links} == {
            (LinkStatus.APPROVED, world.classes["502"]),
            (LinkStatus.PENDING, world.classes["502"]),
        }
    assert run(tables).examination.plan.changes == 0


def test_who_is_not_on_the_roll_any_more_leaves_and_the_guardians_are_told(run, world):
    run(wenchang())
    tables = wenchang()
    without(tables, "users", "s-ming")
    without(tables, "enrollments", "e-ming")
    without(tables, "demographics", "s-ming")
    outcome = run(tables)
    assert outcome.ended_links == 2
    with looking():
        assert student("s-ming").status == StudentStatus.TRANSFERRED
        ended = db.session.scalars(sa.select(Enrollment).where(Enrollment.student_id == world.students["王小明"])).one()
        assert ended.ended_on == today()
        links = db.session.scalars(sa.select(GuardianLink).where(GuardianLink.student_id == world.students["王小明"])).all()
        assert {(each.status, each.reason) for each in links} == {
            (LinkStatus.ENDED, "學生已離校"),
            (LinkStatus.REJECTED, "學籍中找不到符合的學生。"),
        }
        assert {(each.receiver, each.purpose) for each in db.session.scalars(sa.select(OutboxMessage))} == {
            ("parent_chen@example.org", "link_ended"),
            ("parent_wang@example.org", "link_rejected"),
        }
    assert run(tables).examination.plan.changes == 0


def test_who_comes_back_is_the_same_child(run, world):
    run(wenchang())
    tables = wenchang()
    without(tables, "users", "s-wen")
    without(tables, "enrollments", "e-wen")
    without(tables, "demographics", "s-wen")
    run(tables)
    outcome = run(wenchang())
    assert changes(outcome, Part.STUDENT) == {"changed": 1, "same": 4}
    with looking():
        assert student("s-wen").status == StudentStatus.ENROLLED
        assert place("s-wen") == ("五年一班", 20)
        assert db.session.scalar(sa.select(sa.func.count(Student.id)).where(Student.full_name == "陳大文")) == 1


def test_students_of_other_schools_and_those_entered_by_hand_do_not_leave(run, world):
    run(wenchang())
    with looking():
        assert db.session.get(Student, world.students["王小華"]).status == StudentStatus.ENROLLED


def test_a_deleted_row_in_a_whole_roster_is_a_child_that_leaves(run):
    run(wenchang())
    tables = wenchang()
    row(tables, "users", "s-wen")["status"] = "tobedeleted"
    row(tables, "enrollments", "e-wen")["status"] = "tobedeleted"
    run(tables)
    with looking():
        assert student("s-wen").status == StudentStatus.TRANSFERRED


def test_a_student_without_a_class_stays_on_the_roll(run):
    run(wenchang())
    tables = wenchang()
    without(tables, "enrollments", "e-wen")
    outcome = run(tables)
    assert changes(outcome, Part.PLACE) == {"leaving": 1, "same": 4}
    with looking():
        assert student("s-wen").status == StudentStatus.ENROLLED


def test_numbers_and_names_may_change_places(run, world):
    run(wenchang())
    tables = wenchang()
    row(tables, "users", "s-ming")["identifier"], row(tables, "users", "s-yu")["identifier"] = "1110501", "1110500"
    row(tables, "classes", "c-501")["title"], row(tables, "classes", "c-502")["title"] = "五年二班", "五年一班"
    key, other = row(tables, "enrollments", "e-ming"), row(tables, "enrollments", "e-yu")
    key["sourcedId"], other["sourcedId"] = "e-yu", "e-ming"
    run(tables)
    with looking():
        assert (student("s-ming").student_number, student("s-yu").student_number) == ("1110501", "1110500")
        assert db.session.get(SchoolClass, world.classes["501"]).class_name == "二班"
        assert place("s-ming") == ("五年二班", 12)
    assert run(tables).examination.plan.changes == 0


def next_year() -> Tables:
    """116 學年度: 501 and 502 are sixth grades now, 601 has left, teachers are others."""
    tables = wenchang()
    tables["academicSessions"] = [session("t116-1", "semester", "2027-08-01", "2028-01-31", 2028)]
    tables["classes"] = [
        school_class("c-116-601", "六年一班", "06", termSourcedIds="t116-1"),
        school_class("c-116-602", "六年二班", "06", termSourcedIds="t116-1"),
    ]
    without(tables, "users", "s-qing")
    tables["users"].append(teacher("t-602", "何", "惠雯", "teacher_602"))
    tables["enrollments"] = [
        seat("e6-ming", "c-116-601", "s-ming", 12),
        seat("e6-yu", "c-116-601", "s-yu", 7),
        seat("e6-ting", "c-116-602", "s-ting", 15),
        seat("e6-wen", "c-116-602", "s-wen", 20),
        leads("e6-t1", "c-116-601", "t-501"),
        leads("e6-t2", "c-116-602", "t-602"),
    ]
    return tables


def test_the_next_school_year_moves_everybody_up_and_lets_the_last_grade_graduate(run, world):
    run(wenchang())
    outcome = run(next_year())
    assert changes(outcome, Part.PLACE) == {"moved": 4}
    with looking():
        assert student("s-qing").status == StudentStatus.GRADUATED
        assert place("s-ming") == ("六年一班", 12)
        active = db.session.scalars(
            sa.select(HomeroomAssignment)
            .where(HomeroomAssignment.ended_on.is_(None), HomeroomAssignment.school_id == world.schools["wenchang"])
            .order_by(HomeroomAssignment.teacher_username)
        ).all()
        assert [(each.teacher_username, each.school_class.label) for each in active] == [
            ("teacher_501", "六年一班"),
            ("teacher_602", "六年二班"),
        ]
        assert active[0].placement.username == "teacher_501"
        assert db.session.get(SchoolClass, world.classes["501"]).school_year == 115
    assert run(next_year()).examination.plan.changes == 0


def test_another_homeroom_teacher_takes_over(run, world):
    run(wenchang())
    tables = wenchang()
    tables["users"].append(teacher("t-sub", "何", "惠雯", "teacher_502"))
    row(tables, "enrollments", "e-t501")["userSourcedId"] = "t-sub"
    run(tables)
    with looking():
        active = db.session.scalars(
            sa.select(HomeroomAssignment).where(
                HomeroomAssignment.class_id == world.classes["501"], HomeroomAssignment.ended_on.is_(None)
            )
        ).one()
        assert (active.teacher_name, active.placement.username) == ("何惠雯", "teacher_502")
    assert run(tables).examination.plan.changes == 0


def test_a_teacher_who_is_not_primary_looks_after_no_class_of_another(run, world):
    tables = wenchang()
    tables["users"].append(teacher("t-music", "何", "惠雯", "music"))
    tables["enrollments"].append(leads("e-music", "c-501", "t-music", primary="false"))
    run(tables)
    with looking():
        names = db.session.scalars(
            sa.select(HomeroomAssignment.teacher_username).where(
                HomeroomAssignment.class_id == world.classes["501"], HomeroomAssignment.ended_on.is_(None)
            )
        ).all()
        assert names == ["teacher_501"]


# ---------- between schools ----------


def two_schools() -> Tables:
    tables = wenchang()
    tables["orgs"].append({"sourcedId": "o-oak", "name": "楓樹國小", "type": "school", "identifier": "034777"})
    tables["classes"].append(school_class("c-oak", "五年一班", "05", org="o-oak"))
    tables["users"].append(pupil("s-oak", "楊", "承恩", "1", org="o-oak"))
    tables["enrollments"].append(seat("e-oak", "c-oak", "s-oak", 1, org="o-oak"))
    return tables


def test_a_child_that_changes_school_leaves_the_one_and_is_new_at_the_other(run, world):
    run(two_schools())
    tables = two_schools()
    row(tables, "users", "s-ming")["orgSourcedIds"] = "o-oak"
    row(tables, "enrollments", "e-ming").update(classSourcedId="c-oak", schoolSourcedId="o-oak")
    outcome = run(tables)
    assert outcome.ended_links == 2
    with looking():
        old = db.session.get(Student, world.students["王小明"])
        assert (old.sourced_id, old.status, old.school.name) == (None, StudentStatus.TRANSFERRED, "文昌國小")
        new = student("s-ming")
        assert (new.id != old.id, new.school.name, new.status) == (True, "楓樹國小", StudentStatus.ENROLLED)
        assert place("s-ming") == ("五年一班", 12)
    assert run(tables).examination.plan.changes == 0


def test_a_class_cannot_move_to_another_school(context, tmp_path, run):
    run(two_schools())
    tables = two_schools()
    row(tables, "classes", "c-oak")["schoolSourcedId"] = "o-wc"
    row(tables, "classes", "c-oak")["title"] = "五年三班"
    without(tables, "enrollments", "e-oak")
    path = tmp_path / "roster.zip"
    path.write_bytes(zipped(tables))
    problems = import_path(path).examination.problems.kept
    assert [(each.file, each.field, each.problem) for each in problems] == [
        ("classes.csv", "schoolSourcedId", "class_of_other_school")
    ]


# ---------- changes only ----------


def only_changes(**tables: Any) -> Tables:
    manifest = wenchang()
    for name in ("orgs", "academicSessions", "classes", "users", "demographics", "enrollments"):
        say(manifest, f"file.{name}", "delta" if name in tables else "absent")
    return {"manifest": manifest["manifest"], **tables}


def test_changes_add_and_change_and_nobody_leaves(run):
    run(wenchang())
    outcome = run(
        only_changes(
            users=[pupil("s-new", "高", "以恩", "1110700"), pupil("s-wen", "陳", "小文", "1110599")],
            enrollments=[seat("e-new", "c-502", "s-new", 9), seat("e-yu", "c-502", "s-yu", 8)],
        )
    )
    assert changes(outcome, Part.STUDENT) == {"new": 1, "changed": 1}
    assert changes(outcome, Part.PLACE) == {"new": 1, "moved": 1}
    with looking():
        assert place("s-new") == ("五年二班", 9)
        assert place("s-yu") == ("五年二班", 8)
        assert student("s-ming").status == StudentStatus.ENROLLED


def test_changes_say_who_is_gone(run):
    run(wenchang())
    gone = {**pupil("s-wen", "陳", "大文", "1110599"), "status": "tobedeleted"}
    unseated = {**seat("e-yu", "c-501", "s-yu", 7), "status": "tobedeleted"}
    run(only_changes(users=[gone], enrollments=[unseated]))
    with looking():
        assert student("s-wen").status == StudentStatus.TRANSFERRED
        assert student("s-yu").status == StudentStatus.ENROLLED
        assert (
            db.session.scalars(
                sa.select(Enrollment).where(Enrollment.student_id == student("s-yu").id, Enrollment.ended_on.is_(None))
            ).all()
            == []
        )


def test_without_a_manifest_nobody_leaves(run):
    run(wenchang())
    tables = wenchang()
    del tables["manifest"]
    without(tables, "users", "s-wen")
    without(tables, "enrollments", "e-wen")
    without(tables, "demographics", "s-wen")
    outcome = run(tables)
    assert outcome.examination.problems.notes[NoteKind.NO_MANIFEST] == 1
    assert outcome.examination.plan.changes == 0


# ---------- all or nothing ----------


def crowded() -> Tables:
    tables = wenchang()
    for number in range(1, 31):
        tables["users"].append(pupil(f"s-{number}", "黃", f"小{number}", f"11106{number:02}"))
        tables["enrollments"].append(seat(f"e-{number}", "c-502", f"s-{number}", 30 + number))
    return tables


def test_unusually_many_do_not_leave_without_a_word(run):
    run(crowded())
    with pytest.raises(ManyLeave):
        run(wenchang())
    with looking():
        assert student("s-30").status == StudentStatus.ENROLLED
    assert run(wenchang(), many_may_leave=True).is_applied


def test_a_dry_run_changes_nothing(run):
    before = content_of_all_tables()
    outcome = run(wenchang(), is_dry_run=True)
    assert not outcome.is_applied
    assert outcome.examination.plan.changes > 0
    assert content_of_all_tables() == before


def test_with_one_bad_row_nothing_is_applied(context, tmp_path):
    tables = wenchang()
    row(tables, "users", "s-wen")["metadata.nationalId"] = "A123456788"
    path = tmp_path / "roster.zip"
    path.write_bytes(zipped(tables))
    before = content_of_all_tables()
    outcome = import_path(path)
    assert not outcome.is_applied
    assert content_of_all_tables() == before


def test_when_the_database_refuses_the_last_row_nothing_is_applied(run, monkeypatch):
    before = content_of_all_tables()
    carry_out_homerooms = apply._homerooms

    def and_then_fail(plan: Any) -> None:
        carry_out_homerooms(plan)
        db.session.execute(sa.insert(School), [{"code": "034601", "name": "twice", "kind": SchoolKind.ELEMENTARY}])

    monkeypatch.setattr(apply, "_homerooms", and_then_fail)
    with pytest.raises(Conflict):
        run(wenchang())
    assert content_of_all_tables() == before
    with looking():
        assert db.session.scalars(sa.select(ImportBatch)).all() == []


def test_confined_to_one_school_other_rows_are_problems(context, tmp_path):
    path = tmp_path / "roster.zip"
    path.write_bytes(zipped(two_schools()))
    problems = import_path(path, school_code="034601").examination.problems.kept
    assert {(each.file, each.problem) for each in problems} == {
        ("orgs.csv", "other_school"),
        ("classes.csv", "other_school"),
        ("users.csv", "other_school"),
    }


def test_confined_to_one_school_the_citys_data_stay(run, world):
    tables = wenchang()
    row(tables, "orgs", "o-wc").update(name="新國小", sourcedId="o-of-another-school")
    for table, heading in (("classes", "schoolSourcedId"), ("users", "orgSourcedIds")):
        for each in tables[table]:
            each[heading] = "o-of-another-school"
    outcome = run(tables, school_code="034601")
    assert changes(outcome, Part.SCHOOL) == {"same": 1}
    assert changes(outcome, Part.TERM) == {}
    with looking():
        school = db.session.get(School, world.schools["wenchang"])
        assert (school.name, school.sourced_id) == ("文昌國小", None)
        assert db.session.scalars(sa.select(AcademicTerm.sourced_id)).all() == [None] * 3
        assert student("s-wen").school_id == school.id


def test_a_school_does_not_take_over_another_schools_name_in_the_roster(context, tmp_path, run, world):
    run(two_schools())
    tables = wenchang()
    row(tables, "orgs", "o-wc")["sourcedId"] = "o-oak"
    path = tmp_path / "roster.zip"
    path.write_bytes(zipped(tables))
    problems = import_path(path, school_code="034601").examination.problems.kept
    assert ("orgs.csv", 3, "sourcedId", "other_school") in {
        (each.file, each.line, each.field, each.problem) for each in problems
    }


def test_the_record_of_an_import_is_kept(run):
    run(wenchang())
    with looking():
        batch = db.session.scalars(sa.select(ImportBatch)).one()
        assert (batch.file_name, batch.status.value, batch.account_name) == ("roster.zip", "applied", "flask portal import")
