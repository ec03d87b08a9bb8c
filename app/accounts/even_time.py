"""Answers that may not be told apart by how long they took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

LONG_ENOUGH = 0.25
"""Seconds: several times what issuing a secret and writing a letter take."""


@contextmanager
def even_time() -> Iterator[None]:
    """Whatever is done inside takes ``LONG_ENOUGH``: a request for an unknown account, which sends nothing, too."""
    end = time.perf_counter() + LONG_ENOUGH
    try:
        yield
    finally:
        time.sleep(max(0.0, end - time.perf_counter()))
