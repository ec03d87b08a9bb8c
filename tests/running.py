"""The portal as ``python run.py`` starts it, for tests that want the whole product."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SECONDS_TO_START = 100


class Portal:
    """A portal on this machine, with everything it keeps in one folder."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.instance = folder / "instance"
        self.log = folder / "run.log"
        self.settings = {"INSTANCE_DIR": str(self.instance), "PORT": str(self.port), "HOST": "127.0.0.1"}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Run until the sign-ins are printed; returns the seconds that took."""
        began = time.monotonic()
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "run.py"],
                cwd=ROOT,
                env={**kept, **self.settings, "PYTHONUNBUFFERED": "1"},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        while "Demo sign-ins" not in self.said:
            assert self.process.poll() is None, self.said
            assert time.monotonic() - began < SECONDS_TO_START, self.said
            time.sleep(0.05)
        return time.monotonic() - began

    @property
    def said(self) -> str:
        return self.log.read_text("utf-8")

    def end(self, signum: int = signal.SIGINT) -> int:
        assert self.process is not None
        self.process.send_signal(signum)
        code = self.process.wait(40)
        self.process = None
        return code

    def cut_the_power(self) -> None:
        """Kill them all. Those who serve are not our children and may die after run.py, with the port in their hands."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        self.process = None
        began = time.monotonic()
        while self.is_listening():
            assert time.monotonic() - began < 10, f"port {self.port} is still served after ten seconds"
            time.sleep(0.01)

    def is_listening(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0
