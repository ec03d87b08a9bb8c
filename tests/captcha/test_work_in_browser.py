"""請電腦算一題 in a browser: by keyboard alone, said as it goes on, under the content policy, and absent without scripts."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect
from werkzeug.serving import make_server

from tests.world import PASSWORD

pytestmark = pytest.mark.browser


@pytest.fixture
def origin(flask_app, monkeypatch) -> Iterator[str]:
    monkeypatch.setitem(flask_app.config, "CAPTCHA_FIXED_ANSWER", "")
    monkeypatch.setitem(flask_app.config, "CAPTCHA_WORK_BITS", 8)
    server = make_server("127.0.0.1", 0, flask_app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_somebody_signs_in_by_keyboard_without_the_picture(chromium, origin):
    context = chromium.new_context(base_url=origin, viewport={"width": 390, "height": 844})
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto("/sign-in/general/")
    page.get_by_label("帳號").fill("parent_chen")
    page.get_by_label("密碼").fill(PASSWORD)
    page.get_by_label("圖像識別碼", exact=True).focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="不用看圖，請電腦算一題")).to_be_focused()
    page.keyboard.press("Enter")
    status = page.locator(".captcha-work [role=status]")
    expect(status).to_have_text("電腦已算好，不必輸入圖中的數字。")
    expect(page.get_by_role("button", name="不用看圖，請電腦算一題")).to_be_focused()
    page.get_by_label("密碼").press("Enter")
    page.wait_for_url("**/portal/")
    assert said == []
    context.close()


def test_without_scripts_picture_and_sound_are_offered_and_no_task(chromium, origin):
    context = chromium.new_context(base_url=origin, java_script_enabled=False)
    page = context.new_page()
    page.goto("/sign-in/general/")
    expect(page.get_by_role("img", name="圖像識別碼")).to_be_visible()
    expect(page.get_by_role("link", name="用聽的")).to_be_visible()
    expect(page.get_by_text("不用看圖")).to_be_hidden()
    context.close()
