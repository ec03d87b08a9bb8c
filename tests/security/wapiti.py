"""wapiti over the running product: every address and form that a person finds, attacked module by module."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.security.findings import Explanation, Finding, triage
from tests.security.report import Line
from tests.security.scanned import ScannedPortal, Scout

MODULES = (
    "xss",
    "permanentxss",
    "sql",
    "timesql",
    "exec",
    "file",
    "crlf",
    "redirect",
    "csrf",
    "http_headers",
    "cookieflags",
    "csp",
    "htaccess",
    "methods",
    "upload",
)
"""Those that need no server elsewhere: ssrf, xxe, log4shell and the like would call one, and do not run."""

LEFT_OUT = (
    "/sign-out/*",
    "/portal/sessions/*",  # would end the scan's own session
    "/portal/links/*/end",  # would leave the parent without a child
    "/student-affairs/links/*/end",
    "*/delete*",
    "/language/*",  # on every page the same form; attacked once, see scan_form
    "/static/*",
)


@dataclass(frozen=True)
class Request:
    """An address or a form that wapiti found."""

    method: str
    address: str
    """Path and query."""
    fields: tuple[tuple[str, str], ...] = ()


def scan_form(
    portal: ScannedPortal,
    address: str,
    fields: dict[str, str],
    tools: Path,
    folder: Path,
    seconds: int,
    explanations: list[Explanation],
) -> tuple[list[Line], list[str]]:
    """Attack one form that stands on every page, as a visitor."""
    cookie = portal.begin_session(None)
    data = urlencode({"csrf_token": portal.csrf_token(cookie), **fields})
    where = folder / f"wapiti-{address.strip('/').replace('/', '-')}"
    told, log = _run(portal, tools, where, seconds, address, cookie, "--data", data, "--scope", "page", excluded=())
    if told is None:
        return [Line(f"wapiti on {address}", failed=1, note="wrote no report")], [log[-2000:]]
    line, details = _line(f"wapiti on {address}", told, log, seconds, explanations)
    return [line], details


def scan(
    portal: ScannedPortal,
    scout: Scout,
    tools: Path,
    folder: Path,
    seconds: int,
    explanations: list[Explanation],
    requests: list[Request],
) -> tuple[list[Line], list[str]]:
    """Scan as ``scout``, each module for at most ``seconds``; a case is a module. Adds what it finds to ``requests``."""
    cookie = portal.begin_session(scout.person)
    begun = len(portal.answers())
    told, log = _run(portal, tools, folder / f"wapiti-{scout.name}", seconds, scout.start, cookie)
    if told is None:
        return [Line(f"wapiti as {scout.name}", failed=1, note="wrote no report")], [log[-2000:]]
    line, details = _line(f"wapiti as {scout.name}", told, log, seconds, explanations)
    requests += read_requests(told)
    seen = f"{len(requests)} addresses and forms, {len(portal.answers()) - begun} requests"
    line.note = "; ".join(filter(None, (seen, line.note)))
    if not portal.still_opens(scout.start, cookie):
        line.failed += 1
        details.append(
            f"wapiti as {scout.name}: {scout.start} no longer opened at the end, the scan saw less than it should"
        )
    return [line], details


def _line(
    part: str, told: dict[str, Any], log: str, seconds: int, explanations: list[Explanation]
) -> tuple[Line, list[str]]:
    open_, answered = triage(read_findings(told), explanations)
    failed = {finding.rule for finding in open_}
    ran = set(re.findall(r"Launching module (\w+)", log))
    line = Line(part, passed=len((set(MODULES) & ran) - failed), failed=len(failed), explained=len(answered))
    line.skipped.update(f"this wapiti has no module {module}" for module in set(MODULES) - ran)
    if cut := re.findall(r"Max attack time was reached for module (\w+)", log):
        line.note = f"cut short after {seconds} s: {', '.join(cut)}"
    return line, [*map(str, open_)]


def _run(
    portal: ScannedPortal,
    tools: Path,
    folder: Path,
    seconds: int,
    start: str,
    cookie: str,
    *more: str,
    excluded: tuple[str, ...] = LEFT_OUT,
) -> tuple[dict[str, Any] | None, str]:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    report = folder / "report.json"
    command = [str(tools / "wapiti"), "--url", portal.origin + start, "--scope", "domain"]
    command += ["--cookie-value", cookie, "--module", ",".join(MODULES)]
    for pattern in excluded:
        command += ["--exclude", portal.origin + pattern]
    command += ["--skip", "csrf_token", "--depth", "6", "--max-files-per-dir", "12", "--max-links-per-page", "60"]
    command += ["--max-parameters", "30", "--max-scan-time", str(seconds), "--max-attack-time", str(seconds)]
    command += ["--timeout", "10", "--no-bugreport", "--flush-session", "--verbose", "1", "--detailed-report", "1"]
    command += ["--store-session", str(folder / "session"), "--store-config", str(folder / "config")]
    command += ["--format", "json", "--output", str(report), *more]
    with (folder / "log.txt").open("wb") as log:
        limit = seconds * (len(MODULES) + 2)
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(
                command,
                cwd=folder,
                env={**os.environ, "HOME": str(folder)},
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
                timeout=limit,
            )
    told = json.loads(report.read_text("utf-8")) if report.exists() else None
    return told, (folder / "log.txt").read_text("utf-8", "replace")


def read_findings(told: dict[str, Any]) -> list[Finding]:
    """Everything in wapiti's report, what it only mentions included."""
    return [
        Finding("wapiti", each["module"], f"{each['method']} {each['path']}", " ".join(each["info"].split()))
        for kind in ("vulnerabilities", "anomalies", "additionals")
        for found in told[kind].values()
        for each in found
    ]


def read_requests(told: dict[str, Any]) -> list[Request]:
    """What wapiti crawled, each address and form once: numbers in paths and what was typed make no difference."""
    seen: dict[tuple[Any, ...], Request] = {}
    for page in told["infos"]["crawled_pages"]:
        request = page["request"]
        address = "/" + request["url"].split("/", 3)[3]
        fields = tuple((name, value) for name, value, *_ in request["post_params"])
        path, _, query = address.partition("?")
        names = tuple(sorted({pair.split("=")[0] for pair in query.split("&") if pair} | {name for name, _ in fields}))
        key = (request["method"], re.sub(r"\d+", "N", path), names)
        seen.setdefault(key, Request(request["method"], address, fields))
    return list(seen.values())
