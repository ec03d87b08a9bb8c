"""A day typed in one go: which heading a line goes under, and what is left out of it."""

from __future__ import annotations

import pytest
from flask_babel import force_locale

from app.contact_books.models import ItemKind
from app.contact_books.typed_lines import read_lines

H, B, E, N, O = ItemKind  # noqa: E741
CASES = {
    "without a word: homework": ("國習 P.24", [(H, "國習 P.24")]),
    "one sign and a blank": ("帶 水彩用具", [(B, "水彩用具")]),
    "a whole word and a blank of Chinese": ("考試　國語第九課", [(E, "國語第九課")]),
    "a colon": ("通知:明天校外教學", [(N, "明天校外教學")]),
    "a colon of Chinese": ("其他：天氣轉涼", [(O, "天氣轉涼")]),
    "no blank: no heading": ("作文一篇\n考卷訂正\n通條一支", [(H, "作文一篇"), (H, "考卷訂正"), (H, "通條一支")]),
    "goes on under the heading above": ("帶 水壺\n雨衣\n作 數習", [(B, "水壺"), (B, "雨衣"), (H, "數習")]),
    "a heading alone leads": ("考試：\n國語\n數學", [(E, "國語"), (E, "數學")]),
    "numbers are left out": ("1. 國習\n2、數習\n（3）背書", [(H, "國習"), (H, "數習"), (H, "（3）背書")]),
    "a number after the heading": ("攜帶：1.水壺", [(B, "水壺")]),
    "a measure stays": ("帶 2 包衛生紙\n3.5 公升水", [(B, "2 包衛生紙"), (B, "3.5 公升水")]),
    "a digit chooses nothing": ("2 包衛生紙", [(H, "2 包衛生紙")]),
    "empty lines": ("\n  \n\t\n", []),
    "blanks around": ("  帶   水彩  ", [(B, "水彩")]),
}


@pytest.mark.parametrize(("text", "items"), CASES.values(), ids=CASES)
def test_a_line_goes_under_its_heading(flask_app, text, items):
    with flask_app.test_request_context():
        assert read_lines(text) == items


def test_the_heading_in_the_readers_language_wants_a_colon(flask_app):
    with flask_app.test_request_context(), force_locale("en"):
        assert read_lines("Bring along: water\nexam: Chinese\nOther people come") == [
            (B, "water"),
            (E, "Chinese"),
            (E, "Other people come"),
        ]


def test_the_first_line_goes_where_the_writer_left_off(flask_app):
    with flask_app.test_request_context():
        assert read_lines("水壺", ItemKind.BRING) == [(B, "水壺")]
