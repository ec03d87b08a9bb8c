"""The words of the pages in the language they are walked in.

The journeys name what they look for in the words of the manual, which are Chinese. Walked in another language, each of
those is looked up in the catalogues before Playwright looks for it: a word that reads alike in Chinese may be several
in the other language, and any of them counts. What the catalogues do not know (names, what a person typed) stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from playwright.sync_api import Locator, Page

CATALOGUES = Path(__file__).resolve().parents[2] / "translations"
MANUALS_LANGUAGE = "zh_Hant_TW"
_PLACE = re.compile(r"%\((\w+)\)[sd]")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Words:
    """What the Chinese words of the manual are called on pages in ``locale``."""

    def __init__(self, locale: str) -> None:
        self.pairs = _pairs(locale)

    def named(self, text: str, *, exact: bool, in_passing: bool = False) -> Any:
        """``text`` itself where nothing is known about it, else a pattern of all that it may be.

        ``in_passing``: also where it is only a part of what is said.
        """
        found = [there for here, there in self.pairs if here == text] or self._of_a_pattern(text)
        if not exact and (in_passing or not found):
            found += [there for here, there in self.pairs if text in here]
        if not found:
            return text
        choice = "|".join(_as_pattern(each) for each in sorted(set(found)))
        return re.compile(rf"^\s*(?:{choice})\s*$") if exact else re.compile(choice)

    def plain(self, text: str) -> str:
        """The first word for ``text``: for choices, which are chosen by their exact words."""
        return next((there for here, there in self.pairs if here == text), None) or next(
            iter(self._of_a_pattern(text)), text
        )

    def _of_a_pattern(self, text: str) -> list[str]:
        """五年級 is Grade 5, 12月24日 is 24 Dec."""
        if day := re.fullmatch(r"(\d+)月(\d+)日", text):
            return [f"{day[2]} {_MONTHS[int(day[1]) - 1]}"]
        if grade := re.fullmatch(r"([一二三四五六七八九])年級", text):
            return [f"Grade {'一二三四五六七八九'.index(grade[1]) + 1}"]
        return []


@lru_cache
def _pairs(locale: str) -> tuple[tuple[str, str], ...]:
    theirs = {message.id: message.string for message in _messages(locale)}
    pairs = []
    for message in _messages(MANUALS_LANGUAGE):
        one_there, one_here = theirs.get(message.id), message.string
        for here, there in zip(_forms(one_here), _forms(one_there or message.id), strict=False):
            if here:
                pairs.append((here, there))
    return tuple(pairs)


def _messages(locale: str) -> list[Any]:
    with (CATALOGUES / locale / "LC_MESSAGES" / "messages.po").open("rb") as source:
        return [message for message in read_po(source, locale=locale) if message.id]


def _forms(text: Any) -> list[str]:
    return list(text) if isinstance(text, tuple | list) else [text]


def _as_pattern(text: str) -> str:
    # a slash would end the pattern in Playwright's selectors
    return ".*".join(re.escape(part).replace("/", r"\x2f") for part in _PLACE.split(text)[::2])


def read_in(words: Words, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Playwright look for the pages' words instead of the manual's, until ``monkeypatch`` ends."""
    for kind in (Page, Locator):
        monkeypatch.setattr(kind, "get_by_label", _looking_for_text(kind.get_by_label, words, in_passing=False))
        monkeypatch.setattr(kind, "get_by_text", _looking_for_text(kind.get_by_text, words, in_passing=True))
        monkeypatch.setattr(kind, "get_by_role", _looking_for(kind.get_by_role, words, "name"))
    monkeypatch.setattr(Locator, "filter", _looking_for(Locator.filter, words, "has_text"))
    choose = Locator.select_option

    def select_option(self: Locator, *arguments: Any, **named: Any) -> Any:
        if isinstance(named.get("label"), str):
            named["label"] = words.plain(named["label"])
        return choose(self, *arguments, **named)

    monkeypatch.setattr(Locator, "select_option", select_option)


def _looking_for_text(find: Callable[..., Any], words: Words, *, in_passing: bool) -> Callable[..., Any]:
    def found(self: Any, text: Any, *, exact: bool | None = None) -> Any:
        named = words.named(text, exact=bool(exact), in_passing=in_passing) if isinstance(text, str) else text
        return find(self, named, exact=exact if isinstance(named, str) else None)

    return found


def _looking_for(find: Callable[..., Any], words: Words, argument: str) -> Callable[..., Any]:
    def found(self: Any, *arguments: Any, **named: Any) -> Any:
        if isinstance(named.get(argument), str):
            named[argument] = words.named(named[argument], exact=bool(named.get("exact")))
            if not isinstance(named[argument], str):
                named.pop("exact", None)
        return find(self, *arguments, **named)

    return found
