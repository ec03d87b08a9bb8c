"""今天: what waits for whom, and that asking costs the same for one class and for forty."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from app.access.session import system
from app.accounts.models import StaffPlacement
from app.bulletins.models import Bulletin
from app.contact_books.models import ContactBookEntry
from app.conversations.models import Channel
from app.extensions import db
from app.guardian_links.models import GuardianLink, LinkStatus
from app.model_types import today
from app.schools.models import Enrollment, HomeroomAssignment, SchoolClass, Student
from app.student_affairs.queries import _week_of_term
from tests.conversations.rows import turn_switch, write_many

DESK = "/student-affairs/"


def jobs(page: str) -> dict[str, tuple[str, str]]:
    """Title → (number or "book", what stands beneath), in the order of the page."""
    found = re.findall(
        r'<div class="job"><span class="job-n[^"]*">(.*?)</span><div><h3>(.*?)</h3>'
        r'<span class="meta">(.*?)</span></div><a class="btn',
        page,
        re.S,
    )
    return {
        title: ("book" if "<svg" in number else number, " ".join(re.sub(r"<[^>]+>", " ", text).split()))
        for number, title, text in found
    }


def test_a_homeroom_teacher_sees_the_day_of_the_own_class(client_as, flask_app, world):
    with flask_app.app_context():
        write_many(world, "王小明", Channel.HOMEROOM, 3)
        write_many(world, "李宥廷", Channel.HOMEROOM, 1)
        write_many(world, "王小明", Channel.COUNSELING, 1)
        with system("tests"):
            db.session.execute(sa.update(Bulletin).values(publish_until=today() + timedelta(days=3)))
            db.session.commit()
    page = client_as("teacher_501").get(DESK).text
    assert "<h2 id=" in page and "五年一班" in page and "五年二班" not in page
    found = jobs(page)
    assert list(found) == ["今天的聯絡簿", "家長互動區 未讀", "連結申請審核", "班級公佈欄 公佈中"]
    assert found["今天的聯絡簿"] == ("book", "已寫")
    assert found["家長互動區 未讀"] == ("1", "王小明 的家長")
    assert found["班級公佈欄 公佈中"][0] == "1"
    assert "最近到期" in found["班級公佈欄 公佈中"][1]
    assert found["連結申請審核"][0] == "1"
    assert "送出" in found["連結申請審核"][1]
    assert "第 2 則" in page
    assert "互動區：<b>開</b>" in page
    client = client_as("teacher_501")
    client.get(f"/student-affairs/threads/homeroom/{world.students['王小明']}")
    assert jobs(client.get(DESK).text)["家長互動區 未讀"] == ("0", "沒有待辦。")


def test_a_day_without_a_contact_book_leads_to_writing_it(client_as, flask_app, world):
    with flask_app.app_context(), system("tests"):
        db.session.execute(sa.update(ContactBookEntry).values(entry_date=today() - timedelta(days=30)))
        db.session.commit()
        turn_switch(world, Channel.HOMEROOM, "501", is_open=False)
    page = client_as("teacher_501").get(DESK).text
    assert jobs(page)["今天的聯絡簿"] == ("book", "還沒寫")
    assert "互動開關已關" in jobs(page)["家長互動區 未讀"][1]
    assert re.search(
        rf'href="/student-affairs/contact-book/add\?class_id={world.classes["501"]}"[^>]*>.*寫今天的聯絡簿', page
    )


def test_the_button_opens_the_application_that_waits_longest(client_as, flask_app, world):
    with flask_app.app_context(), system("tests"):
        oldest = db.session.scalar(sa.select(sa.func.min(GuardianLink.id)).where(GuardianLink.status == LinkStatus.PENDING))
    teacher = client_as("teacher_501")
    page = teacher.get(DESK).text
    assert f'href="/student-affairs/links/{oldest}#set"' in page
    assert 'name="decision" value="approve"' in teacher.get(f"/student-affairs/links/{oldest}").text


def test_applications_of_other_classes_stand_beneath_the_own_ones(client_as, flask_app, world):
    """lead_wc is homeroom teacher of 601 and manager of the school."""
    page = client_as("lead_wc").get(DESK).text
    assert page.count("連結申請審核</h3>") == 2
    assert client_as("teacher_501").get(DESK).text.count("連結申請審核</h3>") == 1


def test_offices_and_managers_see_what_concerns_them(client_as, flask_app, world):
    with flask_app.app_context():
        write_many(world, "王小明", Channel.ACADEMIC_AFFAIRS, 1)
        write_many(world, "李宥廷", Channel.ACADEMIC_AFFAIRS, 1)
        write_many(world, "王小華", Channel.ACADEMIC_AFFAIRS, 1)
        write_many(world, "王小明", Channel.COUNSELING, 1)
    registrar = client_as("registrar_wc").get(DESK).text
    assert jobs(registrar) == {"教務處互動區 待回覆": ("2", "李宥廷、王小明 的家長")}
    assert "學籍" in registrar
    counselor = client_as("counselor_wc").get(DESK).text
    assert jobs(counselor) == {"輔導室互動區 待回覆": ("1", "王小明 的家長")}
    assert "李宥廷" not in counselor
    manager = client_as("manager_wc").get(DESK).text
    assert list(jobs(manager)) == ["連結申請審核"]
    assert "王小明" not in manager
    for person in ("only_registrar_wc", "only_instruction_wc"):
        page = client_as(person).get(DESK).text
        assert jobs(page) == {}
        assert "王小明" not in page
    assert jobs(client_as("manager_zx").get(DESK).text)["連結申請審核"][0] == "0"
    assert client_as("parent_chen").get(DESK).status_code == 403
    assert client_as("personnel_wc").get(DESK).status_code == 403


@pytest.mark.every_database
def test_forty_classes_cost_as_many_statements_as_one(client_as, flask_app, world, count_statements):
    client = client_as("teacher_501")
    client.get(DESK)
    with count_statements() as one:
        client.get(DESK)
    with flask_app.app_context(), system("tests"):
        placement = db.session.scalar(sa.select(StaffPlacement.id).where(StaffPlacement.username == "teacher_501"))
        _add_classes(world.schools["wenchang"], placement, 39)
        write_many(world, "王小明", Channel.HOMEROOM, 300)
    with count_statements() as forty:
        page = client.get(DESK).text
    assert page.count("今天的聯絡簿</h3>") == 40
    assert len(forty) == len(one) <= 6, str(forty)


def _add_classes(school_id: int, placement_id: int, count: int) -> None:
    for number in range(count):
        school_class = SchoolClass(
            school_id=school_id, school_year=115, grade_level=1 + number % 4, class_name=f"{number}班"
        )
        student = Student(school_id=school_id, student_number=f"x{number}", full_name=f"學生{number}")
        db.session.add_all([school_class, student])
        db.session.flush()
        db.session.add_all(
            [
                Enrollment(student_id=student.id, class_id=school_class.id, school_id=school_id, seat_number=1),
                HomeroomAssignment(
                    class_id=school_class.id, school_id=school_id, placement_id=placement_id, teacher_name="老師"
                ),
            ]
        )
    db.session.commit()


@pytest.mark.parametrize(
    ("starts_on", "day", "week"),
    [
        (date(2026, 8, 31), date(2026, 8, 31), 1),
        (date(2026, 8, 31), date(2026, 9, 6), 1),
        (date(2026, 8, 31), date(2026, 9, 7), 2),
        (date(2026, 8, 31), date(2026, 11, 20), 12),
        (date(2026, 9, 1), date(2026, 9, 7), 2),
    ],
)
def test_weeks_of_a_term_begin_on_mondays(starts_on, day, week):
    assert _week_of_term(starts_on, day) == week
