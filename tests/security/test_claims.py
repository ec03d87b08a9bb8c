"""docs/security.md claims only what exists: every test and file that it names is there, every demand has one answer."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "security.md"
ANSWERS = {"yes", "n/a", "differs", "open"}
NAMED = re.compile(r"`([A-Za-z0-9_./-]+(?:::\w+)?)`")
"""A path, or a path and the test in it; `/health` and settings are neither."""
SUFFIXES = (".md", ".py", ".toml", ".txt")


def claims(pattern: str) -> list[tuple[str, str, str]]:
    """(number, answer, what shows it) of every row whose number looks like ``pattern``."""
    rows = re.findall(rf"^\| ({pattern})†? \|(.+)\|$", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    return [(number, *(cell.strip() for cell in cells.split("|")[-2:])) for number, cells in rows]


def all_claims() -> list[tuple[str, str, str]]:
    return claims(r"V\d+\.\d+\.\d+") + claims(r"\d-\d-\d")


@cache
def functions_of(path: Path) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)}


def names_of(shown: str) -> list[str]:
    """The paths and tests of this repository that an answer names."""
    return [name for name in NAMED.findall(shown) if name[0] != "/" and ("/" in name or name.endswith(SUFFIXES))]


def is_there(name: str) -> bool:
    path, _, test = name.partition("::")
    return (ROOT / path).exists() and (not test or test in functions_of(ROOT / path))


def test_every_demand_of_both_lists_is_answered_once():
    asvs = [number for number, *_ in claims(r"V\d+\.\d+\.\d+")]
    assert len(asvs) == len(set(asvs)) == 253
    levels = Counter(re.findall(r"^\| V\d+\.\d+\.\d+ \| ([12]) \|", DOCUMENT.read_text("utf-8"), re.MULTILINE))
    assert levels == {"1": 70, "2": 183}
    assert {number.split(".")[0] for number in asvs} == {f"V{chapter}" for chapter in range(1, 18)}
    baseline = [number for number, *_ in claims(r"\d-\d-\d")]
    assert len(baseline) == len(set(baseline))
    assert {number[0] for number in baseline} == set("1234567")


def test_every_answer_is_one_of_the_four_and_says_why():
    wrong = [number for number, answer, shown in all_claims() if answer not in ANSWERS or not shown]
    unshown = [number for number, answer, shown in all_claims() if answer == "yes" and not names_of(shown)]
    assert not wrong and not unshown


def test_every_test_and_file_that_is_named_exists():
    missing = [f"{number}: {name}" for number, _, shown in all_claims() for name in names_of(shown) if not is_there(name)]
    assert not missing


def test_the_numbers_at_the_top_are_those_of_the_rows():
    text = DOCUMENT.read_text("utf-8")
    for pattern in (r"V\d+\.\d+\.\d+", r"\d-\d-\d"):
        count = Counter(answer for _, answer, _ in claims(pattern))
        assert ", ".join(f"{count[answer]} {answer}" for answer in ("yes", "n/a", "differs", "open")) in text


def test_a_name_that_does_not_exist_is_noticed():
    assert is_there("tests/security/test_claims.py::test_a_name_that_does_not_exist_is_noticed")
    assert not is_there("tests/security/test_claims.py::test_of_nothing")
    assert names_of("`tests/gone.py`, `/health`, `config.py`, `make_nothing`") == ["tests/gone.py", "config.py"]
