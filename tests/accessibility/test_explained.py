"""What may be called explained, and what becomes of an entry that explains nothing."""

from __future__ import annotations

import re
from pathlib import Path

from tests.accessibility.explained import EXPLAINED, Explained, sort_out
from tests.accessibility.finding import Finding

ROOT = Path(__file__).resolve().parents[2]
ENTRY = Explained("GN1", r"ManualView\.chapter", "tab", "the page is long", "tests/a.py::test_b")


def test_an_entry_explains_its_rule_on_its_page_with_its_words_and_nothing_else():
    meant = Finding("ManualView.chapter (- /manual/A1)", "light", "GN1", "9 of 12 tab stops")
    others = [
        Finding("ManualView.chapter", "light", "GN2", "9 of 12 tab stops"),
        Finding("ManualView.chapters (- /manual/A1)", "light", "GN1", "9 of 12 tab stops"),
        Finding("ManualView.chapter", "light", "GN1", "no focus at all"),
    ]
    left, explained = sort_out([meant, *others], [ENTRY])
    assert left == others
    assert explained == {ENTRY: [meant]}


def test_an_entry_that_explains_nothing_any_more_is_known():
    assert sort_out([], [ENTRY]) == ([], {ENTRY: []})


def test_every_entry_is_narrow_and_names_a_test_that_exists():
    for entry in EXPLAINED:
        assert entry.reason
        assert not re.fullmatch(entry.page, "any other page")
        assert not re.search(entry.words, "any other words")
        path, name = entry.shown_by.split("::")
        assert f"def {name}(" in (ROOT / path).read_text("utf-8")
