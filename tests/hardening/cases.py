"""What the portal must withstand, case by case. Each case has at least one test: ``test_pNN_…`` in this folder, or one of
SHOWN_ELSEWHERE.

``make security`` counts the tests of each case; ``test_cases.py`` fails when a case has none.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

CASES: dict[str, str] = {
    # who may see and do what
    "P01": "A parent asks for another child's rows by their ids",
    "P02": "A teacher acts on another class, a manager on another school",
    "P03": "Each role of the manual without the one it needs beside it",
    "P04": "A link that is pending, refused or ended gives nothing, at once",
    "P05": "A room that is switched off takes nothing in, by any route",
    "P06": "Accounts under review or suspended open nothing but their notice",
    "P07": "A student changes class, leaves or graduates",
    "P08": "A school that takes no applications, and foreign ids in select fields",
    "P09": "Fields that a form does not have",
    # accounts
    "P10": "Five failures lock an account for fifteen minutes, also under parallel tries",
    "P11": "The same answer in the same time for what exists and what does not",
    "P12": "Temporary passwords: once, ten minutes, the old one goes on",
    "P13": "Links in letters: once, for a time, nothing changed by GET",
    "P14": "Password rules by kind of account, the last three refused",
    "P15": "Sessions end with what they stood on",
    "P16": "Captchas: once, bound, on the server, in two senses",
    "P17": "Caps on letters and SMS",
    "P18": "One identity number, one account",
    # input and output
    "P19": "Scripts in texts and names are shown as text",
    "P20": "Uploads by content, size and name",
    "P21": "Cells of an export are never formulas",
    "P22": "Rosters: bombs, a million rows, encodings, all or nothing",
    "P23": "Line breaks in names and subjects, a foreign Host",
    "P24": "Oversized, malformed and absurd input is refused, never a 5xx",
    "P25": "CSRF, no change by GET, headers, no-store, masked numbers",
    # reliability
    "P26": "Sent twice and decided twice has one effect",
    "P27": "Letters through an outbox: kill -9, dead mail servers",
    "P28": "Database, Redis or disk gone: a code, then recovery",
    "P29": "Copies and their return, the schema up, down and up",
    "P30": "The audit log: who, what, when, from where, unaltered",
    "P31": "Many workers and threads, the first start together",
}
"""Case → what is tried."""

SHOWN_ELSEWHERE: dict[str, tuple[str, ...]] = {
    "P26": (
        "tests/bulletins/test_publishing.py::test_a_double_click_publishes_once",
        "tests/contact_books/test_writing.py::test_of_those_who_write_a_day_at_once_one_wins_and_the_others_are_told",
        "tests/conversations/test_sending.py::test_the_same_form_sent_twice_is_one_message",
        "tests/guardian_links/test_services.py::test_of_two_who_decide_at_the_same_moment_one_wins_and_the_other_is_told",
        "tests/accounts/test_placements.py::test_of_two_reviewers_at_once_one_decides_and_the_other_is_told",
        "tests/importing/test_import_pages.py::test_two_clicks_at_the_same_moment_import_once",
    ),
    "P27": (
        "tests/test_running.py::test_after_a_power_cut_everything_is_there_and_what_waited_is_sent",
        "tests/notifications/test_delivery.py::test_a_worker_that_dies_while_it_holds_a_letter_only_delays_it",
        "tests/notifications/test_delivery.py::test_two_workers_at_once_send_every_letter_once",
        "tests/notifications/test_delivery.py::test_a_server_that_says_nothing_holds_nobody_up_for_long",
        "tests/notifications/test_delivery.py::test_a_dead_mail_server_delays_no_sms",
    ),
    "P29": (
        "tests/operations/test_backup.py::test_a_restored_portal_has_its_rows_and_its_files",
        "tests/operations/test_backup.py::test_a_copy_is_whole_while_people_go_on_working",
    ),
    "P31": (
        "tests/access/test_threads.py::test_sixteen_threads_never_mix_up_who_sees_what",
        "tests/web/test_generated_threads.py::test_related_adds_and_searches_of_sixteen_threads_never_cross",
        "tests/web/test_generated_rest.py::test_one_request_never_fills_the_row_of_another",
    ),
}
"""Cases whose tests stand beside what they try: they are part of these cases as if they were here."""

_CASE_OF_A_TEST = re.compile(r"test_(p\d\d)_")


def case_of(test: str) -> str | None:
    """The case a test's name tells: ``test_p07_a_leaver…`` → "P07"; None for other tests."""
    found = _CASE_OF_A_TEST.match(test)
    return found[1].upper() if found else None


def tests_by_case() -> dict[str, list[str]]:
    """Every case → its test functions, read from the sources of this folder."""
    found: dict[str, list[str]] = {case: list(SHOWN_ELSEWHERE.get(case, ())) for case in CASES}
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and (case := case_of(node.name)):
                found.setdefault(case, []).append(f"{path.name}::{node.name}")
    return found
