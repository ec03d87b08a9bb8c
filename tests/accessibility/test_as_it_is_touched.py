"""Where the focus and the finger meet a page: each of these went wrong once."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.access.session import system
from app.conversations.models import Conversation
from app.extensions import db
from tests.conftest import begin_session

pytestmark = pytest.mark.browser

# Asked for at once after the key, as a reader's eye does: no waiting until a page has glided to its place.
HIDDEN = """() => {
  const one = document.activeElement, box = one.getBoundingClientRect();
  if (one === document.body) return "";
  if (box.bottom <= 0 || box.top >= innerHeight) return "off the screen";
  const inside = (value, most) => Math.min(Math.max(value, 0), most - 1);
  const points = [box.top + 2, (box.top + box.bottom) / 2, box.bottom - 2].map((y) =>
    document.elementFromPoint(inside((box.left + box.right) / 2, innerWidth), inside(y, innerHeight)));
  return points.some((top) => top === one || one.contains(top) || top?.contains(one) || one.labels?.[0]?.contains(top))
    ? "" : "under " + points[0]?.className;
}"""


@pytest.fixture
def teachers_page(hands, small_world):
    def open_page(path: str, width: int = 1280, height: int = 800):
        key = begin_session(small_world.app, small_world.world.accounts["teacher_501"])
        hands.tab.context.add_cookies([{"name": "portal", "value": key, "url": hands.origin}])
        hands.tab.set_viewport_size({"width": width, "height": height})
        hands.go(path)
        return hands.tab

    return open_page


@pytest.mark.parametrize("path", ["/student-affairs/contact-book/add", "/sso/permissions/"])
def test_the_focus_is_on_the_screen_and_not_under_a_bar_as_soon_as_tab_is_pressed(teachers_page, path):
    tab = teachers_page(path)
    for number in range(60):
        tab.keyboard.press("Tab")
        assert tab.evaluate(HIDDEN) == "", f"Tab {number + 1}: {tab.evaluate('document.activeElement.outerHTML')[:120]}"


def test_a_long_last_message_leaves_the_pupils_name_its_place_at_390_px(teachers_page, small_world):
    with small_world.app.app_context(), system("a long message"):
        db.session.execute(sa.update(Conversation).values(last_message_text="老師您好，孩子今天發燒請假一天，" * 4))
        db.session.commit()
    tab = teachers_page("/student-affairs/conversations-on-file/list/", 390, 844)
    boxes = [link.bounding_box() for link in tab.locator("tbody th a").all()]
    assert boxes
    assert min(box["width"] for box in boxes) >= 44
    assert max(box["height"] for box in boxes) <= 48


@pytest.mark.parametrize("width", [390, 1280])
def test_the_control_for_a_lines_files_is_as_large_as_what_is_seen_of_it(teachers_page, width):
    tab = teachers_page("/student-affairs/contact-book/add", width)
    control, label = tab.locator(".attach-input").first.bounding_box(), tab.locator(".attach-label").first.bounding_box()
    assert control["width"] >= 44
    assert control["height"] >= 44
    for side in ("x", "y", "width", "height"):
        assert abs(control[side] - label[side]) <= 1, side
    with tab.expect_file_chooser():
        tab.locator(".attach-input").first.click()
