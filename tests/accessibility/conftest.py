"""A server on the small world, and a page in Chromium."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser
from werkzeug.serving import make_server

from tests.accessibility.hands import Hands
from tests.template import Template


@pytest.fixture(scope="module")
def small_world(templates: Callable[[str], Template]) -> Template:
    template = templates("sqlite")
    template.fresh()
    return template


@pytest.fixture
def origin(small_world: Template) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, small_world.app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    small_world.fresh()


@pytest.fixture
def hands(origin: str, chromium: Browser) -> Iterator[Hands]:
    context = chromium.new_context(service_workers="block", viewport={"width": 1280, "height": 900}, locale="zh-TW")
    yield Hands(context.new_page(), origin)
    context.close()
