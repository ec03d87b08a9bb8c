"""班級聯絡簿 as guardians read it: a day of the own child's class, 【<】 and 【>】, the files of the lines."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from app.access.session import system
from app.attachments.models import Attachment
from app.contact_books.models import ContactBookEntry, ContactBookItem
from app.contact_books.queries import Days
from app.extensions import db
from app.model_types import today
from app.schools.models import Enrollment
from tests.contact_books.test_writing import add_days

FRIDAY, SATURDAY, MONDAY = date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 23)
ONE_DAY = timedelta(days=1)


def book_of(world, child="王小明", day=None):
    address = f"/portal/children/{world.students[child]}/contact-book"
    return f"{address}?date={day}" if day else address


STEPS = [
    ("in the middle of a week", date(2026, 11, 18), (), date(2026, 11, 17), date(2026, 11, 19)),
    ("Friday to Monday", FRIDAY, (), date(2026, 11, 19), MONDAY),
    ("Monday to Friday", MONDAY, (), FRIDAY, date(2026, 11, 24)),
    ("a Saturday that is written", FRIDAY, (SATURDAY,), date(2026, 11, 19), SATURDAY),
    ("back to a Saturday that is written", MONDAY, (SATURDAY,), SATURDAY, date(2026, 11, 24)),
    ("away from a Saturday", SATURDAY, (), FRIDAY, MONDAY),
]


@pytest.mark.parametrize(
    ("day", "written", "before", "after"), [case[1:] for case in STEPS], ids=[case[0] for case in STEPS]
)
def test_the_arrows_lead_to_the_day_before_and_the_day_after(day, written, before, after):
    days = Days(day, written)
    assert (days.before, days.after) == (before, after)


def test_the_arrows_read_as_the_manual_says_and_tell_the_day(client_as, world):
    page = client_as("parent_chen").get(book_of(world, day="2026-11-20")).text
    assert re.search(r'href="[^"]*date=2026-11-19"[^>]*>&lt;<span class="visually-hidden"> 前一天 11月19日</span>', page)
    assert re.search(r'href="[^"]*date=2026-11-23"[^>]*>&gt;<span class="visually-hidden"> 後一天 11月23日</span>', page)
    assert "<span>115年</span><b>11月20日 星期五</b>" in page


def test_the_book_opens_at_the_newest_day_up_to_today(client_as, world, flask_app):
    parent = client_as("parent_chen")
    assert "501 作業" in parent.get(book_of(world)).text
    add_days(flask_app, world, 3)
    with flask_app.app_context(), system("tests"):
        entry = db.session.get(ContactBookEntry, world.entries["501"])
        entry.entry_date = today() + ONE_DAY
        db.session.commit()
    page = parent.get(book_of(world)).text
    assert "第 1 天第 0 項" in page
    assert "還沒有聯絡簿，這是最近的一本。" in page


def test_a_day_without_a_book_says_so_and_leads_to_the_nearest_ones(client_as, world, flask_app):
    page = client_as("parent_chen").get(book_of(world, day=today() - 30 * ONE_DAY)).text
    assert "這一天沒有聯絡簿。" in page
    assert f"下一本 {today().month}月{today().day}日" in page
    assert "上一本" not in page


def test_attachments_stand_with_their_lines_and_can_be_downloaded(client_as, world, flask_app):
    add_days(flask_app, world, 1, lines=1)
    page = client_as("parent_chen").get(book_of(world, day=today() - ONE_DAY)).text
    link = re.search(r'<a class="file" href="(/attachments/\d+)">.*?<span>(附件.*?)</a>', page, re.DOTALL)
    assert link
    assert re.sub(r"<[^>]+>", "", link[2]).startswith("附件")
    assert "單.pdf" in link[2]


def test_each_child_has_the_book_of_its_own_class(client_as, world):
    parent = client_as("parent_chen")
    assert "701 作業" in parent.get(book_of(world, "王小華")).text
    assert "701 作業" not in parent.get(book_of(world)).text


@pytest.mark.parametrize("person", ["parent_wang", "parent_lin", "citizen_wu", "teacher_502", "manager_wc", "city_admin"])
def test_nobody_else_reads_a_childs_book(client_as, world, person):
    assert client_as(person).get(book_of(world)).status_code in (403, 404)


@pytest.mark.parametrize("day", ["2026-13-45", "x", "0001-01-01", "9999-12-31", "99999999999", "2026-11-20%00"])
def test_a_day_that_is_none_opens_the_newest_one(client_as, world, day):
    answer = client_as("parent_chen").get(book_of(world, day=day))
    assert answer.status_code == 200
    assert "501 作業" in answer.text


def test_a_child_without_a_class_has_no_book(client_as, world, flask_app):
    with flask_app.app_context(), system("tests"):
        of_child = Enrollment.student_id == world.students["王小明"]
        db.session.execute(sa.update(Enrollment).where(of_child).values(ended_on=today()))
        db.session.commit()
    assert client_as("parent_chen").get(book_of(world)).status_code == 404


def test_the_week_holds_five_days_and_a_written_weekend(client_as, world, flask_app):
    assert [day.day for day in Days(FRIDAY, ()).week] == [16, 17, 18, 19, 20]
    assert [day.day for day in Days(FRIDAY, (SATURDAY,)).week] == [16, 17, 18, 19, 20, 21]


@pytest.mark.every_database
@pytest.mark.parametrize("count", [3, 300])
def test_a_parents_page_costs_the_same_however_many_days_there_are(client_as, world, flask_app, count_statements, count):
    add_days(flask_app, world, count, lines=2)
    parent = client_as("parent_chen")
    parent.get(book_of(world))
    with count_statements() as statements:
        assert parent.get(book_of(world)).status_code == 200
    assert len(statements) == 4, str(statements)


def test_a_page_costs_the_same_however_many_lines_and_files_a_day_has(client_as, world, flask_app, count_statements):
    add_days(flask_app, world, 1, lines=40)
    parent = client_as("parent_chen")
    parent.get(book_of(world))
    with count_statements() as statements:
        page = parent.get(book_of(world, day=today() - ONE_DAY)).text
    assert len(statements) == 4, str(statements)
    assert page.count('class="file"') == 40
    with flask_app.app_context(), system("tests"):
        assert db.session.scalar(sa.select(sa.func.count(Attachment.id))) == 40
        assert db.session.scalar(sa.select(sa.func.count(ContactBookItem.id))) == 44


def test_markup_in_a_line_is_shown_as_text(client_as, world, flask_app):
    with flask_app.app_context(), system("tests"):
        item = db.session.scalars(sa.select(ContactBookItem).where(ContactBookItem.class_id == world.classes["501"])).one()
        item.text = "<script>alert(1)</script>"
        db.session.commit()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in client_as("parent_chen").get(book_of(world)).text
    assert "<script>alert" not in client_as("teacher_501").get(f"/student-affairs/contact-book/{world.entries['501']}").text
