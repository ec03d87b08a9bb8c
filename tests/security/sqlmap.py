"""sqlmap on every address and form with something to type in."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from tests.security.report import Line
from tests.security.scanned import ScannedPortal, Scout
from tests.security.wapiti import Request

UNTOUCHED = "csrf_token|send_key|captcha|renew_captcha"
"""Fields that only open the form; a wrong one ends the request before anything is asked of the database."""


def scan(
    portal: ScannedPortal, scout: Scout, requests: list[Request], tools: Path, folder: Path, seconds: int
) -> tuple[list[Line], list[str]]:
    """A case is an address or form; together they take at most ``seconds``, those left over are skipped."""
    cookie = portal.begin_session(scout.person)
    begun, end = len(portal.answers()), time.monotonic() + seconds
    line = Line(f"sqlmap as {scout.name}")
    details = []
    probes = [Request("GET", address) for address in scout.probes]
    asking = [each for each in requests if _asks(each)]
    for number, request in enumerate([*probes, *asking]):
        left = int(end - time.monotonic())
        if left < 5:
            line.skipped += Counter(["the time for sqlmap was over"])
            continue
        outcome, told = _try(portal.origin, request, cookie, tools, folder / f"sqlmap-{scout.name}" / str(number), left)
        if outcome == "sound":
            line.passed += 1
        elif outcome == "cut":
            line.skipped += Counter(["cut short in the middle: the time for sqlmap was over"])
        else:
            line.failed += 1
            details.append(f"sqlmap as {scout.name}: {request.method} {request.address}: {told}")
    line.note = f"addresses and forms; {len(portal.answers()) - begun} requests"
    return [line], details


def _asks(request: Request) -> bool:
    """Whether there is anything to type in: a form of one button has its token alone."""
    query = [pair.split("=")[0] for pair in urlsplit(request.address).query.split("&") if "=" in pair]
    names = {*query, *(name for name, _ in request.fields)}
    return any(not re.fullmatch(UNTOUCHED, name) for name in names)


def _try(origin: str, request: Request, cookie: str, tools: Path, folder: Path, seconds: int) -> tuple[str, str]:
    """("sound" | "cut" | "failed", what sqlmap says)."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    report = folder / "report.json"
    command = [str(tools / "sqlmap"), "--url", origin + request.address, "--cookie", cookie, "--batch"]
    if request.method == "POST":
        command += ["--data", urlencode(request.fields)]
    command += ["--level", "1", "--risk", "1", "--dbms", "SQLite", "--technique", "BEUST", "--time-sec", "2"]
    command += ["--timeout", "10", "--retries", "0", "--threads", "1", "--param-exclude", UNTOUCHED]
    # every page brings a token masked anew: compared by its source, two answers alike differ, and by chance more or less
    command += ["--text-only"]
    # a redirect tells as much as where it leads; what is refused with 4xx is an answer like any other
    command += ["--ignore-redirects", "--ignore-code", "*", "--answers", "quit=N,follow=N"]
    command += ["--disable-coloring", "--flush-session", "--output-dir", str(folder), "--report-json", str(report)]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "HOME": str(folder)},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        return "cut", ""
    (folder / "log.txt").write_text(done.stdout + done.stderr, "utf-8")
    found = json.loads(report.read_text("utf-8"))["data"] if report.exists() else []
    if found:
        return "failed", json.dumps(found)[:600]
    if "do not appear to be injectable" in done.stdout:
        return "sound", ""
    said = [text for text in done.stdout.splitlines() if "[CRITICAL]" in text or "[ERROR]" in text]
    return "failed", " ".join(said)[:400] or "did not say that it tested anything"
