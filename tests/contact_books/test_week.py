"""班級聯絡簿 of a week on one sheet: what it holds, whose it is, what it costs."""

from __future__ import annotations

import re
from datetime import date

import pytest
import sqlalchemy as sa

from app.access.session import system
from app.contact_books.models import ContactBookEntry, ContactBookItem, ItemKind
from app.extensions import db


def week(world, name: str = "王小明", day: str = "2026-10-07") -> str:
    return f"/portal/children/{world.students[name]}/contact-book/week?date={day}"


@pytest.fixture
def written(flask_app, world):
    """Wednesday and Saturday of a week of October for 501, and Wednesday for 502."""
    with flask_app.app_context(), system("tests"):
        pattern = db.session.scalars(sa.select(ContactBookEntry)).first()
        for label, day, text in (
            ("501", date(2026, 10, 7), "水彩用具"),
            ("501", date(2026, 10, 10), "國慶日升旗"),
            ("502", date(2026, 10, 7), "別班的內容"),
        ):
            entry = ContactBookEntry(
                class_id=world.classes[label],
                school_id=world.schools["wenchang"],
                entry_date=day,
                author_id=pattern.author_id,
                author_name="林老師",
            )
            entry.items = [
                ContactBookItem(
                    class_id=entry.class_id, school_id=entry.school_id, kind=ItemKind.BRING, text=text, position=0
                )
            ]
            db.session.add(entry)
        db.session.commit()


@pytest.mark.every_database
def test_a_week_has_five_rows_and_the_written_day_of_its_weekend(client_as, world, written):
    page = client_as("parent_chen").get(week(world)).text
    rows = re.findall(r'<th scope="row"><b class="num">([^<]+)</b>', page)
    assert rows == ["10月5日", "10月6日", "10月7日", "10月8日", "10月9日", "10月10日"]
    assert "水彩用具" in page
    assert "國慶日升旗" in page
    assert "別班的內容" not in page
    assert page.count("未填寫") == 4
    for head in ("文昌國小", "五年一班", "王小明", "家長簽章", "導師簽章"):
        assert head in page


@pytest.mark.every_database
def test_the_week_of_a_child_that_is_not_linked_is_not_there(client_as, world, written):
    assert client_as("parent_chen").get(week(world, "林品妤")).status_code == 404
    assert client_as("parent_lin").get(week(world)).status_code == 404


@pytest.mark.every_database
def test_the_week_costs_a_handful_of_statements(client_as, world, written, count_statements):
    browser = client_as("parent_chen")
    browser.get(week(world))
    with count_statements() as statements:
        assert browser.get(week(world)).status_code == 200
    assert len(statements) <= 4, str(statements)


@pytest.mark.parametrize("day", ["1912-01-08", "2900-12-31", "nonsense"])
def test_the_first_and_the_last_day_that_can_be_written_open_too(client_as, world, day):
    assert client_as("parent_chen").get(week(world, day=day)).status_code == 200


def test_every_page_brings_its_rules_for_paper(visitor):
    assert re.search(r'href="/static/print\.css[^"]*" media="print"', visitor.get("/").text)
