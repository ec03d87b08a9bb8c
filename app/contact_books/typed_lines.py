"""A day typed in one go: each line is an item, a word before it says under which heading it belongs.

``帶 水彩用具`` goes under 攜帶; a line without such a word goes where the line above it went, the first one under 作業.
A heading alone (``考試：``) leads the lines that follow. Numbers and dots before a line are left out, the book counts by
itself; so a digit does not choose a heading: 「2 包衛生紙」 is an item. app/static/writing.js reads lines by the same rules.
"""

from __future__ import annotations

import re
from typing import Any

from app.contact_books.models import ItemKind
from app.web.clean_text import one_line

WORDS: dict[ItemKind, tuple[str, ...]] = {
    ItemKind.HOMEWORK: ("作業", "功課", "作"),
    ItemKind.BRING: ("攜帶", "要帶", "帶"),
    ItemKind.EXAM: ("考試", "測驗", "考"),
    ItemKind.NOTICE: ("通知", "通"),
    ItemKind.OTHER: ("其他", "其"),
}
"""Longest first, the last one is the sign that the page shows. A blank or a colon follows: 「作文一篇」 is no 文一篇."""
_BULLET = re.compile(r"^(?:\d{1,2}[.、)）](?!\d)|[-‧・•*])\s*")  # noqa: RUF001 (the signs of Chinese lists)


def headings() -> dict[str, dict[str, Any]]:
    """What a page tells its script: by kind the words, and the heading in the reader's language, which wants a colon."""
    return {kind.value: {"words": WORDS[kind], "label": str(kind.label)} for kind in ItemKind}


def read_lines(text: str, kind: ItemKind = ItemKind.HOMEWORK) -> list[tuple[ItemKind, str]]:
    """The items of ``text``, one a line, each with its heading; ``kind`` is where a first line without a word goes."""
    items = []
    for line in text.splitlines():
        bare = _BULLET.sub("", one_line(line) or "")
        found, rest = _heading_of(bare)
        kind = found or kind
        rest = _BULLET.sub("", rest)
        if rest:
            items.append((kind, rest))
    return items


def _heading_of(line: str) -> tuple[ItemKind | None, str]:
    """(the heading that the line names or None, the rest of the line)."""
    for kind in ItemKind:
        for word in (*WORDS[kind], str(kind.label)):
            before, after = line[: len(word)], line[len(word) :]
            if before.casefold() != word.casefold():
                continue
            rest = after.lstrip()
            if rest[:1] in {":", "："}:  # noqa: RUF001 (the colon of Chinese)
                return kind, rest[1:].lstrip()
            if not rest or (rest != after and word in WORDS[kind]):
                return kind, rest
    return None, line
