"""By Tab, Enter and typing alone, and a few pages under axe-core; every page is looked at by ``make a11y``."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.access.session import system
from app.contact_books.models import ContactBookEntry, ContactBookItem
from app.extensions import db
from tests.accessibility.axe import examine
from tests.conftest import begin_session

pytestmark = pytest.mark.browser


def test_a_guardian_signs_in_reads_the_book_and_writes_to_the_teacher_by_keyboard_alone(hands):
    hands.sign_in("general", "parent_chen")
    assert hands.tab.url.endswith("/portal/")
    hands.tab_to("/contact-book")
    hands.press()
    assert "作業" in hands.tab.inner_text("main")
    hands.tab_to("/threads/homeroom")
    hands.press()
    hands.tab_to("#body")
    hands.type("孩子今天請假半天，謝謝老師。")
    hands.tab_to("送出")
    hands.press()
    assert "孩子今天請假半天" in hands.tab.inner_text("[role=log]")


def test_a_teacher_writes_the_days_book_by_keyboard_alone(hands, small_world):
    with small_world.app.app_context(), system("the day is not written yet"):
        entry = small_world.world.entries["501"]
        db.session.execute(sa.delete(ContactBookItem.__table__).where(ContactBookItem.__table__.c.entry_id == entry))
        db.session.execute(sa.delete(ContactBookEntry.__table__).where(ContactBookEntry.__table__.c.id == entry))
        db.session.commit()
    hands.sign_in("official", "teacher_501")
    hands.tab_to("/student-affairs/contact-book/add")
    hands.press()
    for line in ("國語習作第九課", "數學練習卷"):
        hands.type(line)
        hands.tab.keyboard.press("Enter")
    hands.press("Control+Enter")
    hands.go("/student-affairs/contact-book/")
    assert "國語習作第九課" in hands.tab.inner_text("main")


@pytest.mark.parametrize(
    ("person", "path"),
    [
        ("", "/sign-in/general/"),
        ("parent_chen", "/portal/"),
        ("teacher_501", "/student-affairs/"),
        ("registrar_wc", "/sso/students/list/"),
    ],
)
def test_nothing_is_found_on_a_page_of_each_kind(hands, small_world, person, path):
    if person:
        key = begin_session(small_world.app, small_world.world.accounts[person])
        hands.tab.context.add_cookies([{"name": "portal", "value": key, "url": hands.origin}])
    hands.go(path)
    assert examine(hands.tab, path) == []
