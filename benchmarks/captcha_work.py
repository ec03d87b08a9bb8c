"""How long does a device compute that asks for no picture? ``python -m benchmarks.captcha_work``.

Solves tasks with the product's own captcha-worker.js in Chromium, as fast as this machine is and with its processor slowed
down four times, a mid-range phone's stand-in (Chromium slows down only what runs in the page, so the same code runs there
instead of in its worker). Checks every answer as the server does, and prints how long that takes.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import statistics
import sys
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

import config
from app.captcha.work import PARTS, Work

TASKS = int(os.environ.get("WORK_TASKS", "12"))
SOURCE = Path(__file__).resolve().parents[1] / "app" / "static" / "captcha-worker.js"
SOLVE = """([challenge, parts, bits]) => {
  const begin = performance.now(), numbers = [];
  for (let part = 0; part < parts; part++) numbers.push(solve(challenge, part, bits));
  return [numbers, performance.now() - begin];
}"""


def main() -> int:
    """Print the table. 1 when an answer is not what the server takes."""
    usual = config.load({})["CAPTCHA_WORK_BITS"]
    print("| bits | processor | median s | from – to s | tries a second |\n|--:|---|--:|---|--:|")
    checks: list[float] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for bits in (usual - 1, usual, usual + 1):
            for slower in (1, 4):
                page = browser.new_page()
                page.add_script_tag(content=SOURCE.read_text("utf-8"))
                page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
                page.evaluate(SOLVE, ["0" * 32, PARTS, 8])  # the first one is compiled
                times, tries = [], 0
                for _ in range(TASKS):
                    work = Work(secrets.token_hex(16), 0, bits)
                    numbers, milliseconds = page.evaluate(SOLVE, [work.challenge, PARTS, bits])
                    begin = time.perf_counter()
                    is_done = work.is_done_by(".".join(map(str, numbers)))
                    checks.append(time.perf_counter() - begin)
                    if not is_done:
                        print(f"REFUSED {json.dumps(numbers)}")
                        return 1
                    times.append(milliseconds / 1000)
                    tries += sum(numbers) + PARTS
                page.close()
                print(
                    f"| {bits}{' (set)' if bits == usual else ''} | {'as it is' if slower == 1 else f'{slower}× slower'} "
                    f"| {statistics.median(times):.1f} | {min(times):.1f} – {max(times):.1f} | {tries / sum(times):,.0f} |",
                    flush=True,
                )
        browser.close()
    print(f"\nThe server checks an answer in {1e6 * statistics.median(checks):.0f} µs.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
