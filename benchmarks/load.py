"""A small load generator: keep-alive connections that each ask, wait for the whole answer, and ask again."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection


@dataclass
class Outcome:
    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    """Of each request, in seconds."""
    failures: int = 0

    @property
    def per_second(self) -> float:
        return len(self.times) / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """In milliseconds."""
        ordered = sorted(self.times)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


class _Connection(asyncio.Protocol):
    def __init__(self, request: bytes, left: list[int], outcome: Outcome, done: asyncio.Future[None]) -> None:
        self.request, self.left, self.outcome, self.done = request, left, outcome, done
        self.buffer = b""
        self.expected = -1
        self.started = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._ask()

    def _ask(self) -> None:
        if self.left[0] <= 0:
            self.transport.close()
            return
        self.left[0] -= 1
        self.buffer, self.expected = b"", -1
        self.started = time.perf_counter()
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if self.expected < 0:
            head, found, _ = self.buffer.partition(b"\r\n\r\n")
            if not found:
                return
            lines = head.lower().split(b"\r\n")
            length = next(line for line in lines if line.startswith(b"content-length:"))
            self.expected = len(head) + 4 + int(length.split(b":")[1])
        if len(self.buffer) < self.expected:
            return
        self.outcome.times.append(time.perf_counter() - self.started)
        if b" 200 " not in self.buffer[:20]:
            self.outcome.failures += 1
        self._ask()

    def connection_lost(self, error: Exception | None) -> None:
        if error is not None:
            self.outcome.failures += 1
        if not self.done.done():
            self.done.set_result(None)


async def _run(port: int, request: bytes, requests: int, connections: int) -> Outcome:
    loop = asyncio.get_running_loop()
    outcome, left = Outcome(), [requests]
    ends: list[asyncio.Future[None]] = [loop.create_future() for _ in range(connections)]
    started = time.perf_counter()
    for end in ends:
        await loop.create_connection(lambda end=end: _Connection(request, left, outcome, end), "127.0.0.1", port)  # type: ignore[misc]
    await asyncio.gather(*ends)
    outcome.seconds = time.perf_counter() - started
    return outcome


def ask(port: int, path: str, cookie: str, requests: int, connections: int) -> Outcome:
    """Send ``requests`` GETs of ``path`` over ``connections`` to a server on this machine."""
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\nAccept: text/html\r\n\r\n"
    return asyncio.run(_run(port, head.encode(), requests, connections))


def fetch(port: int, path: str, cookie: str) -> tuple[int, int]:
    """Status and size of one answer."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path, headers={"Cookie": cookie})
    answer = connection.getresponse()
    size = len(answer.read())
    connection.close()
    return answer.status, size
