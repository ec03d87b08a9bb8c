"""``python run.py``: the portal on this machine, ready to look at.

Brings the database up to date, loads the demo schools where there is no school yet, then runs the web server and the
worker that delivers letters until Ctrl-C. Everything it keeps is in INSTANCE_DIR (default: instance/).
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import FrameType
from typing import Any

import config

ROOT = Path(__file__).resolve().parent
FLASK = [sys.executable, "-m", "flask", "--app", "app"]
SECONDS_TO_START = 60
SECONDS_TO_END = 25


class Stopped(Exception):
    """Somebody pressed Ctrl-C, closed the terminal or asked the process to end."""


def main() -> int:
    settings = config.load()
    host, port = settings["HOST"], settings["PORT"]
    if _is_taken(host, port):
        print(f"Port {port} on {host} is taken. Stop what runs there, or choose another one: PORT=8081 make run")
        return 1
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, _stop)
    environment = {**os.environ, "RUN_JOBS": "1", "PYTHONPATH": str(ROOT)}
    children: list[subprocess.Popen[bytes]] = []
    try:
        print("Preparing the database …", flush=True)
        with_demo = [] if settings["PORTAL_ENV"] == "production" else ["--with-demo"]
        subprocess.run([*FLASK, "portal", "init", *with_demo], cwd=ROOT, env=environment, check=True)
        web = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"]
        for command in (web, [*FLASK, "portal", "worker"]):
            children.append(subprocess.Popen(command, cwd=ROOT, env=environment))
        if _answers(f"http://{host}:{port}/health", settings, children):
            _announce(settings)
        return _until_one_ends(children)
    except Stopped:
        return 0
    except subprocess.CalledProcessError as error:
        print(f"The database could not be prepared (flask portal init ended with {error.returncode}).")
        return 1
    finally:
        _end(children)


def _stop(signum: int, frame: FrameType | None) -> None:
    raise Stopped


def _is_taken(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def _answers(address: str, settings: dict[str, Any], children: list[subprocess.Popen[bytes]]) -> bool:
    """Wait until the portal answers; False when a child ended before or it took too long."""
    request = urllib.request.Request(address.replace("//0.0.0.0:", "//127.0.0.1:"))
    for trusted in settings["TRUSTED_HOSTS"] or []:
        request.add_header("Host", trusted)
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end and _all_live(children):
        try:
            with urllib.request.urlopen(request, timeout=5):
                return _all_live(children)
        except OSError:
            time.sleep(0.1)
    return False


def _all_live(children: list[subprocess.Popen[bytes]]) -> bool:
    return all(child.poll() is None for child in children)


def _announce(settings: dict[str, Any]) -> None:
    print(f"\nThe portal is at {settings['PUBLIC_BASE_URL']}   (Ctrl-C ends it)")
    if not settings["MAIL_SERVER"] or settings["SMS_GATEWAY"] == "file":
        print(f"Letters and SMS become files in {settings['OUTBOX_DIR']}")
    people = Path(settings["INSTANCE_DIR"]) / "demo-sign-ins.json"
    if people.exists() and settings["PORTAL_ENV"] != "production":
        demo = json.loads(people.read_text("utf-8"))
        print(f"\nDemo sign-ins, password {demo['password']}")
        if settings["CAPTCHA_FIXED_ANSWER"]:
            print(f"({settings['CAPTCHA_FIXED_ANSWER']} does for every picture)")
        for username, description in demo["people"]:
            print(f"  {username:<16}{description}")
    print(flush=True)


def _until_one_ends(children: list[subprocess.Popen[bytes]]) -> int:
    while _all_live(children):
        time.sleep(0.2)
    ended = next(child for child in children if child.poll() is not None)
    print(f"A part of the portal ended by itself ({ended.returncode}); ending the rest.")
    return 1


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    """Let what is under way finish, then make sure."""
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, signal.SIG_IGN)
    for child in children:
        if child.poll() is None:
            child.terminate()
    end = time.monotonic() + SECONDS_TO_END
    for child in children:
        try:
            child.wait(max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


if __name__ == "__main__":
    sys.exit(main())
