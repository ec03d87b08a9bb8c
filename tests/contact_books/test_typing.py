"""A whole day typed by keyboard alone, and the same form with scripts off, in a real browser."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from datetime import date

import pytest
from playwright.sync_api import Page
from werkzeug.serving import make_server

from app.attachments.checks import MAX_BYTES
from app.attachments.models import Attachment
from app.contact_books.models import ContactBookItem, ItemKind
from tests.attachments import samples
from tests.bulletins.test_publishing import rows
from tests.conftest import begin_session
from tests.contact_books.test_typed_lines import CASES

pytestmark = pytest.mark.browser


@pytest.fixture
def page_of(chromium, flask_app, world) -> Iterator[Callable[..., Page]]:
    """``page_of("teacher_501", "/…")``: that person's page; scripts can be off."""
    server = make_server("127.0.0.1", 0, flask_app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    origin = f"http://127.0.0.1:{server.server_port}"
    problems: list[str] = []
    contexts = []

    def page(person: str, path: str, *, scripts: bool = True, width: int = 1280) -> Page:
        context = chromium.new_context(
            service_workers="block", java_script_enabled=scripts, viewport={"width": width, "height": 844}
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        cookie = {"name": "portal", "value": begin_session(flask_app, world.accounts[person]), "url": origin}
        context.add_cookies([cookie])
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.goto(origin + path)
        return page

    yield page
    for context in contexts:
        context.close()
    server.shutdown()
    assert problems == []


ADD = "/student-affairs/contact-book/add"


def written(flask_app, page):
    page.get_by_text("新增資料成功!").wait_for()
    with flask_app.app_context():
        return [(item.kind.value, item.text) for item in rows(ContactBookItem) if not item.text.startswith(("5", "6", "7"))]


def tomorrow(page):
    """The world has a book of today."""
    page.get_by_label("日期", exact=True).fill("2026-12-24")


@pytest.fixture(autouse=True)
def in_november(monkeypatch):
    """The form takes days of about a year around today; the tests' day is one of them whenever they run."""
    monkeypatch.setattr("app.schools.day_field.today", lambda: date(2026, 11, 22))


def test_a_day_is_typed_by_keyboard_alone(page_of, flask_app):
    page = page_of("teacher_501", ADD)
    tomorrow(page)
    page.get_by_label("作業", exact=True).focus()
    for text in ("甲", "乙", "丙", "丁"):
        page.keyboard.type(text)
        page.keyboard.press("Enter")
    assert page.get_by_label("作業 5", exact=True).evaluate("element => element === document.activeElement")
    page.keyboard.press("Enter")
    page.keyboard.type("水彩")
    page.keyboard.press("Control+Enter")
    assert written(flask_app, page) == [("homework", text) for text in "甲乙丙丁"] + [("bring", "水彩")]


BOX = "一行寫一項"


def items_of(page, kind):
    return [box.input_value() for box in page.locator(f".book-part:has(input[value={kind}]) .line-text").all()]


def test_a_whole_day_is_typed_into_one_box(page_of, flask_app):
    page = page_of("teacher_501", f"{ADD}?date=2026-12-24")
    box = page.get_by_label(BOX)
    assert box.evaluate("element => element === document.activeElement")
    for text in ("國習 P.24", "帶 水彩", "抹布", "考試：國語第九課"):
        page.keyboard.type(text)
        page.keyboard.press("Enter")
    assert (items_of(page, "homework")[0], items_of(page, "bring"), items_of(page, "exam")) == (
        "國習 P.24",
        ["水彩", "抹布"],
        ["國語第九課"],
    )
    assert page.get_by_role("status").filter(has_text="考試：國語第九課").count() == 1
    page.keyboard.type("數學小考")
    page.keyboard.press("Control+Enter")
    assert written(flask_app, page) == [
        ("homework", "國習 P.24"),
        ("bring", "水彩"),
        ("bring", "抹布"),
        ("exam", "國語第九課"),
        ("exam", "數學小考"),
    ]


def test_backspace_in_the_empty_box_brings_the_last_line_back(page_of):
    page = page_of("teacher_501", f"{ADD}?date=2026-12-24")
    for text in ("帶 水彩", "其 天氣"):
        page.keyboard.type(text)
        page.keyboard.press("Enter")
    page.keyboard.press("Backspace")
    assert (page.get_by_label(BOX).input_value(), items_of(page, "other")) == ("天氣", [""])
    page.keyboard.press("Enter")
    assert items_of(page, "other") == ["天氣"]


def test_the_box_reads_lines_as_the_server_does(page_of):
    page = page_of("teacher_501", f"{ADD}?date=2026-12-24")
    for name, (text, items) in CASES.items():
        page.get_by_label(BOX).fill(text + "\n")
        shown = [(kind, text) for kind in ItemKind for text in items_of(page, kind.value) if text]
        assert shown == sorted(items, key=lambda item: list(ItemKind).index(item[0])), name
        assert page.get_by_label(BOX).input_value() == "", name
        page.reload()


def test_a_day_is_full_at_forty_lines_and_the_rest_stays_in_the_box(page_of):
    page = page_of("teacher_501", f"{ADD}?date=2026-12-24")
    page.get_by_label(BOX).fill("".join(f"第 {number} 項\n" for number in range(40)))
    assert page.get_by_label(BOX).input_value() == "\n".join(f"第 {number} 項" for number in range(36, 40))
    assert page.get_by_text("一天最多 40 行。").is_visible()


def test_yesterdays_lines_are_taken_over_and_changed(page_of, flask_app):
    page = page_of("teacher_501", f"{ADD}?date=2026-12-24")
    page.keyboard.type("還在寫")
    page.get_by_role("button", name=re.compile("^帶入")).click()
    assert page.get_by_label("作業", exact=True).input_value() == "501 作業"
    assert page.get_by_label(BOX).input_value() == "還在寫"
    page.get_by_label("作業", exact=True).fill("改過的")
    page.get_by_role("button", name="新增儲存", exact=True).click()
    assert written(flask_app, page) == [("homework", "改過的"), ("homework", "還在寫")]


def test_with_scripts_off_the_box_takes_the_whole_day(page_of, flask_app):
    page = page_of("teacher_501", f"{ADD}?date=2026-12-24", scripts=False, width=390)
    page.get_by_label(BOX).fill("國習\n帶 水彩\n抹布")
    page.get_by_role("button", name="新增儲存", exact=True).click()
    assert written(flask_app, page) == [("homework", "國習"), ("bring", "水彩"), ("bring", "抹布")]


def test_lines_that_are_pasted_together_become_lines_each(page_of, flask_app):
    page = page_of("teacher_501", ADD)
    tomorrow(page)
    page.get_by_label("考試", exact=True).evaluate(
        """element => {
          const data = new DataTransfer();
          data.setData("text/plain", "一\\r\\n\\r\\n二\\n三");
          element.focus();
          element.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }"""
    )
    page.get_by_role("button", name="新增儲存", exact=True).click()
    assert written(flask_app, page) == [("exam", text) for text in "一二三"]


def test_an_empty_line_that_was_added_goes_with_backspace(page_of):
    page = page_of("teacher_501", ADD)
    page.get_by_role("button", name=re.compile("加一行.*通知")).click()
    page.get_by_label("通知 2", exact=True).press("Backspace")
    assert page.get_by_label("通知 2", exact=True).count() == 0
    assert page.get_by_label("通知", exact=True).evaluate("element => element === document.activeElement")


def test_a_file_stays_with_its_line_when_lines_are_put_before_it(page_of, flask_app):
    page = page_of("teacher_501", ADD)
    tomorrow(page)
    page.get_by_label("攜帶", exact=True).fill("水彩")
    page.get_by_label("附件：攜帶").set_input_files({"name": "單.pdf", "mimeType": "application/pdf", "buffer": samples.PDF})
    page.get_by_role("button", name=re.compile("加一行.*作業")).click()
    page.get_by_label("作業 4", exact=True).fill("甲")
    assert page.get_by_text("單.pdf").is_visible()
    page.get_by_role("button", name="新增儲存", exact=True).click()
    assert written(flask_app, page) == [("homework", "甲"), ("bring", "水彩")]
    with flask_app.app_context():
        [bring] = [item for item in rows(ContactBookItem) if item.text == "水彩"]
        assert [(file.item_id, file.original_name) for file in rows(Attachment)] == [(bring.id, "單.pdf")]


def test_a_file_that_is_too_large_is_said_before_it_is_sent(page_of):
    page = page_of("teacher_501", ADD)
    page.get_by_label("作業", exact=True).fill("甲")
    chooser = page.get_by_label("附件：作業", exact=True)
    assert chooser.get_attribute("data-max-bytes") == str(MAX_BYTES)
    chooser.evaluate("element => { element.dataset.maxBytes = 10 }")
    chooser.set_input_files({"name": "大.pdf", "mimeType": "application/pdf", "buffer": samples.PDF})
    assert page.get_by_text("超過 10 MB：").is_visible()
    page.get_by_role("button", name="新增儲存", exact=True).click()
    assert page.url.endswith(ADD)
    chooser.set_input_files([])
    assert page.get_by_text("超過 10 MB：").count() == 0


def test_with_scripts_off_the_day_is_written_all_the_same(page_of, flask_app):
    page = page_of("teacher_501", ADD, scripts=False, width=390)
    tomorrow(page)
    page.get_by_label("作業", exact=True).fill("甲")
    page.get_by_role("button", name="再加幾行（檔案需重新選擇）").click()
    assert page.get_by_label("作業", exact=True).input_value() == "甲"
    page.get_by_label("作業 4", exact=True).fill("乙")
    page.get_by_role("button", name="新增儲存", exact=True).click()
    assert written(flask_app, page) == [("homework", "甲"), ("homework", "乙")]


def test_the_buttons_above_a_bulletin_put_their_signs(page_of):
    page = page_of("teacher_501", "/student-affairs/bulletins/add")
    text = page.get_by_label("內容", exact=True)
    text.fill("水彩\n抹布")
    text.evaluate("element => element.setSelectionRange(0, element.value.length)")
    page.get_by_role("button", name="編號清單").click()
    assert text.input_value() == "1. 水彩\n2. 抹布"
    text.fill("明天")
    text.evaluate("element => element.setSelectionRange(0, 2)")
    page.get_by_role("button", name="粗體").click()
    assert text.input_value() == "**明天**"
