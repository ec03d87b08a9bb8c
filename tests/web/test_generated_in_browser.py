"""Generated screens in a browser: by keyboard, on a phone, and once with scripts off."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page
from werkzeug.serving import make_server

from tests.conftest import begin_session

pytestmark = pytest.mark.browser


@pytest.fixture
def origin(flask_app) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, flask_app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def open_page(chromium, origin, flask_app, world) -> Iterator[Any]:
    """``open_page("registrar_wc", scripts=False)``: a page of that person's phone, and what its console said."""

    contexts = []

    def opened(username: str, *, scripts: bool = True) -> tuple[Page, list[str]]:
        context = chromium.new_context(base_url=origin, viewport={"width": 390, "height": 844}, java_script_enabled=scripts)
        contexts.append(context)
        key = begin_session(flask_app, world.accounts[username])
        context.add_cookies([{"name": flask_app.config["SESSION_COOKIE_NAME"], "value": key, "url": origin}])
        page, said = context.new_page(), []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        return page, said

    yield opened
    for context in contexts:
        context.close()


def test_a_mark_is_added_by_keyboard_and_what_is_wrong_gets_the_focus(open_page):
    page, said = open_page("registrar_wc")
    page.goto("/student-affairs/term-grades/list/")
    page.get_by_role("link", name="新增", exact=True).press("Enter")
    student = page.get_by_role("combobox", name="學生")
    student.press_sequentially("王")
    page.get_by_role("option", name="王小明").wait_for()
    student.press("ArrowDown")
    student.press("Enter")
    assert student.input_value().startswith("王小明")
    page.get_by_label("學年學期").select_option(label="115學年度第1學期")
    page.get_by_label("年級").fill("5")
    page.get_by_label("科目", exact=False).last.fill("自然")
    page.get_by_label("分數").fill("120")
    page.get_by_label("分數").press("Enter")
    assert page.locator(":focus").get_attribute("role") == "alert"
    page.locator(":focus").get_by_role("link", name="分數").press("Enter")
    assert page.locator(":focus").get_attribute("name") == "score"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_label("分數").fill("99.5")
    page.get_by_label("分數").press("Enter")
    page.get_by_text("新增資料成功!").wait_for()
    assert page.get_by_role("rowheader").first.inner_text() == "王小明"
    assert said == []


def test_leaving_a_half_typed_name_sends_the_text_and_not_an_old_choice(open_page):
    page, said = open_page("registrar_wc")
    page.goto("/sso/enrollments/add")
    student = page.get_by_role("combobox", name="學生")
    student.press_sequentially("王小明")
    page.get_by_role("option", name="王小明").click()
    student.fill("張子")
    assert page.locator("input[name=student]").input_value() == ""
    student.press("Escape")
    assert said == []


def test_with_scripts_off_a_student_is_found_and_conditions_are_added(open_page):
    page, _ = open_page("registrar_wc", scripts=False)
    page.goto("/student-affairs/conduct/add")
    page.get_by_label("學生").fill("11105")
    page.get_by_label("學年學期").select_option(label="115學年度第1學期")
    page.get_by_label("日期", exact=False).first.fill("115/11/3")
    page.get_by_label("獎懲類別").select_option(label="嘉獎")
    page.get_by_label("事由").fill("拾金不昧")
    page.get_by_role("button", name="儲存").click()
    page.get_by_role("radio", name="李宥廷").check()
    page.get_by_role("button", name="儲存").click()
    page.get_by_text("新增資料成功!").wait_for()
    page.goto("/student-affairs/conduct/list/")
    page.get_by_text("加條件").click()
    page.get_by_role("button", name="事由").click()
    page.get_by_label("事由的值").fill("拾金")
    page.get_by_role("button", name="搜尋").last.click()
    assert page.get_by_role("rowheader").all_inner_texts() == ["李宥廷"]


def test_deleting_asks_on_a_page_of_its_own(open_page, world):
    page, said = open_page("registrar_wc")
    page.goto(f"/sso/students/show/{world.students['王小明']}")
    page.locator("#related-ConductRecordAdmin").get_by_role("link", name="刪除").click()
    page.get_by_role("heading", name="要刪除").wait_for()
    page.get_by_role("button", name="確定刪除").click()
    page.get_by_text("刪除資料成功!").wait_for()
    assert page.get_by_role("heading", level=1).inner_text() == "王小明"
    assert said == []
