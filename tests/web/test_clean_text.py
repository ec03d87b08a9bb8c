"""What people type is kept without what no database and no reader can use."""

from __future__ import annotations

import pytest

from app.web.clean_text import many_lines, one_line


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (None, ""),
        ("  王小明\t\n", "王小明"),
        ("王\x00小\ud800明", "王小明"),
        ("Emma\r\n  Johnson", "Emma Johnson"),
        ("𡍼𠮷", "𡍼𠮷"),
        ("e\u0301", "é"),
        ("葛\U000e0101", "葛\U000e0101"),
    ],
)
def test_one_line(typed, kept):
    assert one_line(typed) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("一\r\n二\r三", "一\n二\n三"), ("一\n\n\n\n二\n", "一\n\n二"), ("\x00一\x07", "一"), (None, "")],
)
def test_many_lines(typed, kept):
    assert many_lines(typed) == kept
