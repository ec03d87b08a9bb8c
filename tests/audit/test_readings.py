"""Reading a student's record is noted; the child's guardians read in which capacity, and never who."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.access.actor import acting_as
from app.access.roles import Role
from app.access.session import system
from app.audit import reading
from app.audit.models import AuditEntry
from app.audit.queries import PAGE
from app.audit.reading import Remembered, record_reading
from app.audit.record import record
from app.extensions import db
from app.model_types import now


@pytest.fixture
def entries(flask_app):
    """The entries of the log, oldest first, as (action, student, object, detail, reader)."""

    def read() -> list[tuple]:
        with flask_app.app_context(), system("tests"):
            rows = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id))
            return [(row.action, row.student_id, row.object_id, row.detail, row.username) for row in rows]

    return read


def of(person: str, *wanted: tuple) -> list[tuple]:
    return [(*each, person) for each in wanted]


def test_what_staff_read_is_noted_once_for_a_page_and_once_for_a_list(client_as, world, entries):
    ming, registrar = world.students["王小明"], client_as("registrar_wc")
    for address in (
        "/sso/students/list/",
        f"/sso/students/show/{ming}",
        f"/sso/students/edit/{ming}",
        "/student-affairs/term-grades/list/?psize_TermGradeAdmin=10",
        f"/student-affairs/attendance/list/?_flt_0_student={ming}",
        "/sso/enrollments/list/",
        f"/student-affairs/threads/academic-affairs/{ming}",
        "/sso/schools/list/",
    ):
        assert registrar.get(address).status_code == 200, address
    assert entries() == of(
        "registrar_wc",
        ("list.student", None, "", "4 / 4"),
        ("read.student", ming, str(ming), ""),
        ("list.term_grade", None, "", "10 / 24"),
        ("list.attendance_event", ming, "", "1 / 1"),
        ("list.enrollment", None, "", "4 / 4"),
        ("read.conversation", ming, "", "academic_affairs"),
    )


def test_a_list_about_a_child_of_another_school_says_nothing_of_it(client_as, world, entries):
    client_as("registrar_wc").get(f"/student-affairs/attendance/list/?_flt_0_student={world.students['王小華']}")
    assert entries() == []


def test_a_guardian_s_own_reading_is_noted_as_a_guardian_s(flask_app, client_as, world, entries):
    ming, parent = world.students["王小明"], client_as("parent_chen")
    parent.get(f"/portal/children/{ming}/records")
    parent.get(f"/portal/children/{ming}/threads/homeroom")
    assert entries() == of(
        "parent_chen",
        ("read.student_records", ming, str(ming), ""),
        ("read.conversation", ming, "", "homeroom"),
    )
    with flask_app.app_context(), system("tests"):
        assert set(db.session.scalars(sa.select(AuditEntry.roles))) == {Role.GUARDIAN.value}


def test_a_page_loaded_again_is_no_other_reading_until_ten_minutes_are_over(client_as, world, entries):
    address = f"/sso/students/show/{world.students['王小明']}"
    first, other_session = client_as("teacher_501"), client_as("teacher_501")
    for client in (first, first, other_session):
        client.get(address)
    assert len(entries()) == 2, "another session is another reading"
    with time_machine.travel(now() + timedelta(minutes=11)):
        first.get(address)
    assert len(entries()) == 3


def test_what_cannot_be_noted_is_not_shown_and_not_taken_for_noted(flask_app, client_as, world, entries):
    address = f"/sso/students/show/{world.students['王小明']}"
    with flask_app.app_context(), db.engine.begin() as connection:
        connection.execute(
            sa.text("CREATE TRIGGER full BEFORE INSERT ON audit_entry BEGIN SELECT RAISE(FAIL, 'disk is full'); END")
        )
    teacher = client_as("teacher_501")
    answer = teacher.get(address)
    assert answer.status_code >= 500
    assert "王小明" not in answer.text
    with flask_app.app_context(), db.engine.begin() as connection:
        connection.execute(sa.text("DROP TRIGGER full"))
    assert teacher.get(address).status_code == 200
    assert len(entries()) == 1


def test_what_is_remembered_stays_bounded_with_many_threads(monkeypatch):
    monkeypatch.setattr(reading, "MOST_REMEMBERED", 50)
    remembered = Remembered()
    threads = [threading.Thread(target=lambda n=n: [remembered.note((n, each)) for each in range(200)]) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(remembered) == 50
    remembered.note((0, 999))
    assert remembered.is_fresh((0, 999))


# ---------- 「誰看過我的孩子」 ----------


def readers_page(client, world, child: str = "王小明", query: str = "") -> str:
    answer = client.get(f"/portal/children/{world.students[child]}/readers{query}")
    assert answer.status_code == 200
    return answer.text


def test_parents_see_which_office_read_and_no_name(client_as, world, actor_of):
    ming = world.students["王小明"]
    client_as("counselor_wc").get(f"/student-affairs/threads/counseling/{ming}")
    client_as("city_admin").get(f"/sso/students/show/{ming}")
    parent = client_as("parent_chen")
    parent.get(f"/portal/children/{ming}/records")
    page = readers_page(parent, world)
    rows = page[page.index("<tbody>") : page.index("</tbody>")]
    assert rows.index("您本人") < rows.index("桃園市政府教育局 系統管理者") < rows.index("文昌國小 輔導室")
    assert "親師對話" in rows
    assert "counselor_wc" not in page
    assert "city_admin" not in page


def test_another_guardian_is_called_so(context, client_as, world, actor_of):
    with acting_as(actor_of("parent_wang")) as other:
        record_reading(other, "read.student_records", world.students["王小明"], as_guardian=True)
    page = readers_page(client_as("parent_chen"), world)
    assert "孩子的另一位家長" in page
    assert "王志強" not in page


def test_a_page_without_entries_explains_itself_and_is_found_in_the_menu(client_as, world):
    parent = client_as("parent_chen")
    assert "目前沒有人開啟過" in readers_page(parent, world)
    ming = world.students["王小明"]
    assert f'href="/portal/children/{ming}/readers"' in parent.get(f"/portal/children/{ming}/").text


@pytest.mark.parametrize("person", ["parent_lin", "parent_wang", "teacher_501", "manager_wc", "city_admin", "citizen_wu"])
def test_nobody_else_reads_who_read(client_as, world, person):
    client_as("counselor_wc").get(f"/student-affairs/threads/counseling/{world.students['王小明']}")
    answer = client_as(person).get(f"/portal/children/{world.students['王小明']}/readers")
    assert answer.status_code in (302, 403, 404)
    assert "輔導室" not in answer.get_data(as_text=True)


@pytest.mark.every_database
def test_older_readings_are_on_further_pages_at_the_same_cost(context, client_as, world, actor_of, count_statements):
    with acting_as(actor_of("teacher_501")) as teacher:
        for number in range(PAGE + 5):
            record_reading(teacher, "read.term_grade", world.students["王小明"], number)
    parent = client_as("parent_chen")
    with count_statements() as statements:
        page = readers_page(parent, world)
    assert len(statements) <= 3, str(statements)
    assert page.count("文昌國小 導師") == PAGE
    older = page[page.index("?before=") :].partition('"')[0]
    assert readers_page(parent, world, query=older).count("文昌國小 導師") == 5
    for odd in ("?before=x", "?before=99999999999999999999", "?before=-1"):
        readers_page(parent, world, query=odd)


def test_a_guardian_s_scope_holds_the_readings_of_linked_children_alone(context, world, actor_of):
    with acting_as(actor_of("teacher_501")) as teacher:
        record_reading(teacher, "read.student", world.students["王小明"])
        record_reading(teacher, "read.student", world.students["林品妤"])
        record(teacher, "send.message", 1)
        db.session.commit()
    with acting_as(actor_of("parent_chen")):
        assert db.session.scalars(sa.select(AuditEntry.student_id)).all() == [world.students["王小明"]]
    with acting_as(actor_of("parent_lin")):
        assert db.session.scalars(sa.select(AuditEntry.student_id)).all() == []
