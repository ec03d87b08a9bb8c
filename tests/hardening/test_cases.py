"""No case without a test, no test for a case that is not listed."""

from __future__ import annotations

from pathlib import Path

from tests.hardening.cases import CASES, SHOWN_ELSEWHERE, case_of, tests_by_case


def test_every_case_has_a_test():
    missing = {case for case, tests in tests_by_case().items() if not tests}
    assert not missing, "no test named after: " + ", ".join(sorted(missing))


def test_every_test_of_a_case_names_a_listed_one():
    assert set(tests_by_case()) == set(CASES)


def test_tests_that_stand_elsewhere_exist():
    root = Path(__file__).resolve().parents[2]
    for name in (name for names in SHOWN_ELSEWHERE.values() for name in names):
        path, _, test = name.partition("::")
        assert f"def {test}(" in (root / path).read_text("utf-8"), name


def test_the_case_is_read_from_the_name():
    assert case_of("test_p07_a_leaver_is_not_seen") == "P07"
    assert case_of("test_pages") is None
