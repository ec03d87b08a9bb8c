"""The manual's chapters and steps, and whether the words of a step could be read while it was walked."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("chapters.toml")
_QUOTED = {"zh-TW": re.compile(r"[【「]([^】」]+)[】」]"), "en": re.compile(r"\*\*([^*]+)\*\*")}
_KEYS = {"zh-TW": "zh", "en": "en"}


@dataclass(frozen=True)
class Step:
    id: str
    text: str
    note: str
    words: tuple[str, ...]
    """Of the product, to the character."""

    def missing_from(self, read: str) -> list[str]:
        """The words that are nowhere in what could be read during the step."""
        flat = _flat(read)
        return [word for word in self.words if _flat(word) not in flat]


@dataclass(frozen=True)
class Chapter:
    id: str
    part: str
    title: str
    steps: tuple[Step, ...]


def chapters_in(edition: str) -> list[Chapter]:
    """All chapters in their order, in the words of ``edition`` (zh-TW or en)."""
    return list(_chapters(edition))


def _chapters(edition: str) -> Iterator[Chapter]:
    key = _KEYS[edition]
    for part in tomllib.loads(SOURCE.read_text("utf-8"))["part"]:
        for chapter in part["chapter"]:
            steps = tuple(_step(edition, number, texts, key) for number, texts in chapter["steps"].items())
            yield Chapter(chapter["id"], part[key], chapter[key], steps)


def _step(edition: str, number: str, texts: dict[str, str], key: str) -> Step:
    text, note = texts[key], texts.get(f"{key}_note", "")
    quoted = _QUOTED[edition].findall(f"{text} {note}")
    return Step(number, text, note, tuple(word.strip() for each in quoted for word in each.split("→")))


def _flat(text: str) -> str:
    return re.sub(r"\s+", "", text)
