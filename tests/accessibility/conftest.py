"""The product on the small world, served for a browser."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from werkzeug.serving import make_server

from tests.conftest import Template


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
