"""``make taps``: how many taps and seconds the four things cost that people do most, in a real browser.

The portal is started on a demo city of its own (SQLite). Each task begins on the page where that person begins after
signing in, loaded and looked at; a tap is a click on something in view, an Enter on the keyboard is a key. Keys come at a
person's speed: five a second, and a Chinese character is three of them (two or three signs of 注音, and the choice).
The table goes to standard output, and with ``--write`` into docs/taps.md. Exit code 1 when a task misses what is wanted.
"""

from __future__ import annotations

import argparse
import os
import re
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from app.model_types import today

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "taps.md"
BEGIN, END = "<!-- measured -->", "<!-- end -->"
CAPTCHA, PASSWORD = "24680", "Portal-demo-2026"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
KEY = 0.2
"""Seconds for a key: five a second."""
KEYS_OF_A_CHARACTER = 3
PHONE, DESK = (390, 844), (1280, 900)
QUESTION = "星期四下午方便到校談談小明的報告嗎？"
ANSWER = "可以，下午四點到。"
DAY = ("國習第九課 P.62-65", "數學練習卷", "帶 水彩用具、抹布", "考 國語第九課生字", "通 校外教學同意書明天交回")


class Hand:
    """One person's finger and keyboard; counts what they do."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.taps = self.keys = 0

    def tap(self, target: Locator) -> None:
        expect(target).to_be_visible()
        target.click()
        self.taps += 1

    def press(self, key: str) -> None:
        time.sleep(KEY)
        self.page.keyboard.press(key)
        self.keys += 1

    def write(self, text: str) -> None:
        """An input method hands over whole characters; the keys behind each of them take their time."""
        for character in text:
            keys = 1 if character.isascii() else KEYS_OF_A_CHARACTER
            time.sleep(KEY * keys)
            self.page.keyboard.insert_text(character)
            self.keys += keys


@dataclass(frozen=True)
class Task:
    name: str
    person: str
    size: tuple[int, int]
    start: str
    most_taps: int | None
    most_seconds: float | None
    do: Callable[[Hand], None]


@dataclass(frozen=True)
class Measured:
    task: Task
    taps: int
    keys: int
    seconds: float

    @property
    def is_met(self) -> bool:
        task = self.task
        return (task.most_taps is None or self.taps <= task.most_taps) and (
            task.most_seconds is None or self.seconds <= task.most_seconds
        )


def read_todays_book(hand: Hand) -> None:
    line = hand.page.locator(".todo").filter(has_text="今天的聯絡簿").filter(has_text="王小明")
    hand.tap(line.get_by_role("link", name="看聯絡簿"))
    expect(hand.page.locator(".book-items li").filter(has_text=DAY[0])).to_be_visible()


def answer_the_teacher(hand: Hand) -> None:
    line = hand.page.locator(".todo").filter(has_text=QUESTION[:10])
    hand.tap(line.get_by_role("link", name="看訊息"))
    hand.tap(hand.page.get_by_label("對話內容"))
    hand.write(ANSWER)
    hand.tap(hand.page.get_by_role("button", name="送出"))
    expect(hand.page.locator(".msg.is-mine").filter(has_text=ANSWER)).to_be_visible()


def write_todays_book(hand: Hand) -> None:
    hand.tap(hand.page.get_by_role("link", name="寫今天的聯絡簿"))
    expect(hand.page.get_by_label("一行寫一項")).to_be_focused()
    for number, line in enumerate(DAY, 1):
        hand.write(line)
        hand.press("Enter" if number < len(DAY) else "Control+Enter")
    expect(hand.page.get_by_text("新增資料成功!")).to_be_visible()
    row = hand.page.get_by_role("row").filter(has_text="今天")
    for line in DAY:
        expect(row.get_by_text(re.sub(r"^\S ", "", line))).to_be_visible()


def review_an_application(hand: Hand) -> None:
    hand.tap(hand.page.locator(".job").filter(has_text="連結申請審核").get_by_role("link", name="去審核"))
    hand.tap(hand.page.get_by_label("通過審核", exact=True))
    hand.tap(hand.page.get_by_role("button", name="儲存", exact=True))
    expect(hand.page.get_by_text("編輯資料成功!")).to_be_visible()


TASKS = (
    Task("a teacher writes a day of five items", "teacher_501", DESK, "/student-affairs/", None, 60, write_todays_book),
    Task("a parent reads that day's contact book", "parent_chen", PHONE, "/portal/", 1, None, read_todays_book),
    Task("a parent answers the teacher", "parent_chen", PHONE, "/portal/", 3, None, answer_the_teacher),
    Task("a teacher reviews a student link", "teacher_501", DESK, "/student-affairs/", 3, None, review_an_application),
)


# ---------- the portal, and the people in it ----------


@contextmanager
def portal(folder: Path) -> Iterator[str]:
    """The product on a demo city of its own; answers its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith(("MAIL_", "SMS_", "FLASK_"))},
        "PORTAL_ENV": "test",
        "DATABASE_URL": f"sqlite:///{folder / 'portal.db'}",
        "REDIS_URL": "",
        "INSTANCE_DIR": str(folder / "instance"),
        "OUTBOX_DIR": str(folder / "outbox"),
        "CAPTCHA_FIXED_ANSWER": CAPTCHA,
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "PUBLIC_BASE_URL": f"http://127.0.0.1:{port}",
    }
    with (folder / "run.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "run.py"], cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            _wait_for(f"http://127.0.0.1:{port}/health", process, folder / "run.log")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _try in range(1500):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"the portal did not start:\n{log.read_text('utf-8', 'replace')[-3000:]}")


def prepare(browser: Browser, origin: str, database: Path) -> None:
    """The day is not written yet at 五年一班, and the teacher has asked something about 王小明."""
    day = today().isoformat()
    connection = sqlite3.connect(database)
    entries = "SELECT e.id FROM contact_book_entry e JOIN school_class c ON c.id = e.class_id WHERE e.entry_date >= ?"
    of_class = f"{entries} AND c.grade_level = 5 AND c.class_name = '一班'"
    items = f"SELECT id FROM contact_book_item WHERE entry_id IN ({of_class})"
    for table_name, column, ids in (
        ("attachment", "item_id", items),
        ("contact_book_item", "entry_id", of_class),
        ("contact_book_entry", "id", of_class),
    ):
        connection.execute(f"DELETE FROM {table_name} WHERE {column} IN ({ids})", (day,))
    connection.commit()
    connection.close()
    page = sign_in(browser, origin, "teacher_501", DESK)
    page.goto(f"{origin}/student-affairs/threads/homeroom/")
    page.get_by_role("main").get_by_role("link", name="王小明").first.click()
    page.get_by_label("對話內容").fill(QUESTION)
    page.get_by_role("button", name="送出").click()
    expect(page.locator(".msg").filter(has_text=QUESTION)).to_be_visible()
    page.context.close()


def sign_in(browser: Browser, origin: str, person: str, size: tuple[int, int]) -> Page:
    """A browser of that person, signed in through their entrance, on the page where they begin."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, locale="zh-TW", timezone_id="Asia/Taipei", has_touch=size == PHONE
    )
    page = context.new_page()
    page.goto(origin)
    entrance = "教育公務帳號登入" if person.startswith("teacher") else "使用一般帳號登入"
    page.get_by_role("link", name=entrance).click()
    page.get_by_label("帳號", exact=True).fill(person)
    page.get_by_label("密碼", exact=True).fill(PASSWORD)
    page.get_by_label("圖像識別碼", exact=True).fill(CAPTCHA)
    page.get_by_role("button", name="登入", exact=True).click()
    expect(page.locator("h1").first).to_be_visible()
    return page


def measure(browser: Browser, origin: str, task: Task) -> Measured:
    page = sign_in(browser, origin, task.person, task.size)
    page.wait_for_url(origin + task.start)  # where the person begins, not where the script goes
    page.wait_for_load_state("load")
    hand = Hand(page)
    begin = time.monotonic()
    task.do(hand)
    seconds = time.monotonic() - begin
    page.context.close()
    return Measured(task, hand.taps, hand.keys, seconds)


# ---------- the table ----------


def table(measured: list[Measured]) -> str:
    lines = ["| what | at px | taps | wanted | keys | seconds | wanted | |", "|---|--:|--:|--:|--:|--:|--:|---|"]
    for each in measured:
        task = each.task
        most_taps = f"≤ {task.most_taps}" if task.most_taps else "—"
        most_seconds = f"≤ {task.most_seconds:.0f}" if task.most_seconds else "—"
        state = "met" if each.is_met else "MISSED"
        cells = (task.name, task.size[0], each.taps, most_taps, each.keys, f"{each.seconds:.1f}", most_seconds, state)
        lines.append(f"| {' | '.join(str(cell) for cell in cells)} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the table into docs/taps.md as well")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        with portal(Path(name)) as origin:
            prepare(browser, origin, Path(name) / "portal.db")
            measured = [measure(browser, origin, task) for task in TASKS]
        browser.close()
    print(table(measured))
    if arguments.write:
        text = DOCUMENT.read_text("utf-8")
        before, _rest = text.split(BEGIN)
        DOCUMENT.write_text(f"{before}{BEGIN}\n{table(measured)}\n{END}{text.split(END)[1]}", "utf-8")
    return 0 if all(each.is_met for each in measured) else 1


if __name__ == "__main__":
    sys.exit(main())
