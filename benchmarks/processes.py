"""Servers under measurement: started on a free port, and how much processor time they and their database have used."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Server:
    process: subprocess.Popen[bytes]
    port: int
    database: str
    """The name of its PostgreSQL database, or empty."""

    def processor_seconds(self) -> dict[int, float]:
        """Used so far by each of gunicorn's processes and of the database's own processes that serve them."""
        pids = (int(name) for name in os.listdir("/proc") if name.isdigit())
        used = ((pid, _used_by(pid, self.process.pid, self.database)) for pid in pids)
        return {pid: seconds for pid, seconds in used if seconds is not None}


def used_between(before: dict[int, float], after: dict[int, float]) -> float:
    """Seconds used between two readings. What a process used that ended meanwhile is lost, never subtracted."""
    return sum(seconds - before.get(pid, 0.0) for pid, seconds in after.items())


def _used_by(pid: int, server: int, database: str) -> float | None:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        parent = int(fields[1])
        if pid != server and parent != server:
            title = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if not database or not title.startswith("postgres:") or f" {database} " not in title:
                return None
        return _run_by_threads(pid) or (int(fields[11]) + int(fields[12])) / TICKS
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None


def _run_by_threads(pid: int) -> float:
    """Seconds on a processor, to the nanosecond; 0 where the kernel does not say.

    ``stat`` counts whole ticks of 10 ms: a request of 2 ms is charged a whole one or none, by chance.
    """
    try:
        told = [path.read_text().split() for path in Path(f"/proc/{pid}/task").glob("*/schedstat")]
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(int(fields[0]) for fields in told if fields) / 1e9


@contextmanager
def serving(application: str, environment: dict[str, str], database: str) -> Iterator[Server]:
    """gunicorn with the product's own settings (two processes of eight threads) on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"]
    process = subprocess.Popen(
        [*command, "--bind", f"127.0.0.1:{port}", application],
        cwd=ROOT,
        env={**os.environ, **environment, "PORT": str(port), "WEB_WORKERS": "2", "WEB_THREADS": "8"},
    )
    try:
        _wait_for(port, process)
        yield Server(process, port, database)
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError(f"gunicorn ended with {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("gunicorn did not start within 30 seconds")
