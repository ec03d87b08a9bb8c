"""The name tag of a child: every item says whose it is. Functions rather than macros: a page shows many of them."""
# ruff: noqa: S704 (what is filled in is escaped)

from __future__ import annotations

import re
from typing import Protocol

from markupsafe import Markup, escape


class Child(Protocol):
    """What a name tag shows of a child (app.portal.queries.Child)."""

    @property
    def name(self) -> str: ...
    @property
    def mark(self) -> str: ...
    @property
    def variant(self) -> str: ...


def whole(name: str) -> Markup:
    """A name within a heading, which does not begin on one line and end on the next where one line can hold it."""
    return Markup(f'<span class="whole">{escape(name)}</span>')


_BETWEEN_WORDS = re.compile(r"(?<=[A-Za-z\u00c0-\u024f\u1e00-\u1eff])/(?=[A-Za-z\u00c0-\u024f\u1e00-\u1eff])")
"""A stroke between Latin letters."""


def breakable(text: object) -> Markup:
    """«Marks/attendance/conduct» may go on in the next line after a stroke; Chinese may do so anywhere by itself."""
    return Markup(_BETWEEN_WORDS.sub("/<wbr>", str(escape(text))))


def child_mark(child: Child, css: str = "") -> Markup:
    """明 in its square or circle. ``css`` adds a class."""
    shape = " is-b" if child.variant == "b" else ""
    return Markup(f'<span class="child-mark{shape}{" " if css else ""}{css}" aria-hidden="true">{escape(child.mark)}</span>')


def child_tag(child: Child) -> Markup:
    """The mark and the name."""
    return Markup(f'<span class="child">{child_mark(child)}<b>{escape(child.name)}</b></span>')
