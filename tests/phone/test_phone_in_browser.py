"""The app on the phone in a browser: what may be installed, what is there without a server, and what is gone at sign-out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import BrowserContext, Page, expect
from werkzeug.serving import make_server

from app.access.session import system
from app.extensions import db
from app.guardian_links.models import GuardianLink, LinkStatus
from app.model_types import today
from app.phone import kept
from tests.conftest import begin_session
from tests.phone.test_phone import stay_signed_in

pytestmark = pytest.mark.browser

PERSONAL = ("王小明", "王小華", "陳美玲", "parent_chen", "501 作業", "701 作業", "文昌國小", 'name="csrf_token"')


class Server:
    """The portal on a port that stays its own, to be taken away and brought back."""

    def __init__(self, flask_app: Any) -> None:
        self.flask_app = flask_app
        self.start(0)
        self.origin = f"http://127.0.0.1:{self.port}"

    def start(self, port: int) -> None:
        self.running = make_server("127.0.0.1", port, self.flask_app, threaded=True)
        self.port = self.running.server_port
        threading.Thread(target=self.running.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.running.shutdown()
        self.running.server_close()


@pytest.fixture
def server(flask_app) -> Iterator[Server]:
    server = Server(flask_app)
    yield server
    server.stop()


@pytest.fixture
def phone(chromium, server, flask_app, world) -> Iterator[BrowserContext]:
    """parent_chen's own phone, who chose to stay signed in."""
    context = chromium.new_context(base_url=server.origin, viewport={"width": 390, "height": 844})
    sign_in(context, server, flask_app, world, "parent_chen")
    yield context
    context.close()


def sign_in(
    context: BrowserContext, server: Server, flask_app: Any, world: Any, username: str, *, stays: bool = True
) -> None:
    key = begin_session(flask_app, world.accounts[username])
    if stays:
        stay_signed_in(flask_app, world, username)
    context.add_cookies([{"name": flask_app.config["SESSION_COOKIE_NAME"], "value": key, "url": server.origin}])


def read_book(page: Page, world: Any, child: str = "王小明") -> str:
    """Open today's book, and wait until the worker stands before the pages; answers its address."""
    address = f"/portal/children/{world.students[child]}/contact-book"
    page.goto(address)
    page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    return address


def wait_until_kept(page: Page) -> None:
    page.wait_for_function(
        "caches.has('kept').then((has) => has && caches.open('kept')).then((c) => c && c.keys()).then((k) => k && k.length)"
    )


def kept_in(page: Page) -> dict[str, str]:
    """Everything that the browser's caches hold: address → text."""
    return page.evaluate(
        """async () => {
          const found = {};
          for (const name of await caches.keys()) {
            const cache = await caches.open(name);
            for (const request of await cache.keys()) {
              found[`${name} ${request.url}`] = await (await cache.match(request)).text();
            }
          }
          return found;
        }"""
    )


def personal_in(page: Page) -> list[str]:
    return [f"{word} in {address}" for address, text in kept_in(page).items() for word in PERSONAL if word in text + address]


def test_the_last_book_is_read_without_the_server_and_is_gone_after_signing_out(phone, server, world):
    page, said = phone.new_page(), []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    address = read_book(page, world)
    wait_until_kept(page)
    assert said == []
    server.stop()

    page.goto("/portal/")
    expect(page.get_by_role("heading", name="目前連不上入口網")).to_be_visible()
    page.get_by_role("link", name="最近讀過的聯絡簿（副本）").click()
    expect(page.get_by_text("留在這台裝置上的副本")).to_be_visible()
    expect(page.get_by_text("501 作業")).to_be_visible()
    page.goto(address)
    expect(page.get_by_text("留在這台裝置上的副本")).to_be_visible()
    page.goto(f"{address}?date=2026-01-05")
    expect(page.get_by_role("heading", name="目前連不上入口網")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

    server.start(server.port)
    page.goto(address)
    expect(page.get_by_text("留在這台裝置上的副本")).to_be_hidden()
    wait_until_kept(page)
    page.locator("details.menu-nav > summary").click()
    page.get_by_role("button", name="登出").last.click()
    page.wait_for_url("**/")
    page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    assert page.evaluate("caches.has('kept')") is False
    assert personal_in(page) == []
    server.stop()
    page.goto(address)
    expect(page.get_by_role("heading", name="目前連不上入口網")).to_be_visible()
    expect(page.get_by_text("最近讀過的聯絡簿")).to_be_hidden()
    server.start(server.port)


@pytest.mark.parametrize("what", ["the session has ended", "another account", "the link has ended"])
def test_the_copy_is_gone_at_the_next_contact_when(phone, server, flask_app, world, what):
    page = phone.new_page()
    read_book(page, world)
    wait_until_kept(page)
    assert personal_in(page) != []
    if what == "the session has ended":
        phone.clear_cookies()
    elif what == "another account":
        sign_in(phone, server, flask_app, world, "parent_lin")
    else:
        end_links(flask_app, world)
    page.goto("/site-map")
    assert page.evaluate("caches.has('kept')") is False
    assert personal_in(page) == []


def test_when_its_time_is_over_the_copy_is_neither_shown_nor_there(phone, server, world, monkeypatch):
    monkeypatch.setattr(kept, "LONGEST", timedelta(seconds=3))
    page = phone.new_page()
    address = read_book(page, world)
    wait_until_kept(page)
    server.stop()
    page.wait_for_timeout(3000)
    page.goto(address)
    expect(page.get_by_role("heading", name="目前連不上入口網")).to_be_visible()
    assert page.evaluate("caches.has('kept')") is False
    server.start(server.port)


def end_links(flask_app: Any, world: Any) -> None:
    with flask_app.app_context(), system("tests"):
        db.session.execute(
            sa.update(GuardianLink)
            .where(GuardianLink.student_id == world.students["王小明"])
            .values(status=LinkStatus.ENDED)
        )
        db.session.commit()


@pytest.mark.parametrize("person", ["parent_chen", "teacher_501"])
def test_nothing_is_kept_on_a_computer_that_is_not_the_reader_s_own_and_nothing_of_staff(
    chromium, server, flask_app, world, person
):
    context = chromium.new_context(base_url=server.origin)
    sign_in(context, server, flask_app, world, person, stays=False)
    page = context.new_page()
    if person == "parent_chen":
        read_book(page, world)
        page.goto(f"/portal/children/{world.students['王小明']}/contact-book?date={today()}")
    else:
        page.goto("/student-affairs/")
        page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
        page.goto("/student-affairs/contact-book/")
    page.wait_for_load_state("networkidle")
    assert any("/offline/en" in address for address in kept_in(page))
    assert personal_in(page) == []
    context.close()


def test_chromium_finds_nothing_that_keeps_the_portal_from_being_installed(phone):
    page = phone.new_page()
    page.goto("/")
    page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    tools = phone.new_cdp_session(page)
    assert tools.send("Page.getInstallabilityErrors")["installabilityErrors"] in (
        [],
        [{"errorId": "in-incognito", "errorArguments": []}],
    )
    manifest = tools.send("Page.getAppManifest")
    assert manifest["url"].endswith("/manifest/zh-Hant-TW.webmanifest")
    assert manifest["errors"] == []
