"""The editions of the manual under docs/manual, as ``make manual`` left them: read once, when first asked for."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from flask import current_app
from markupsafe import Markup

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "manual"
CHINESE, ENGLISH = EDITIONS = ("zh-TW", "en")


@dataclass(frozen=True, slots=True)
class Chapter:
    id: str
    """A1 … B4, as the steps are numbered."""
    part: str
    title: str


def edition_for(language: str) -> str:
    """zh-TW for who reads Chinese, en for everybody else."""
    return CHINESE if language.startswith("zh") else ENGLISH


@lru_cache
def chapters_of(edition: str) -> tuple[Chapter, ...]:
    """The chapters in the manual's order; none before the manual was made."""
    path = FOLDER / edition / "chapters.json"
    if not path.exists():
        return ()
    return tuple(Chapter(**each) for each in json.loads(path.read_text("utf-8")))


@lru_cache
def text_of(edition: str, chapter_id: str) -> Markup:
    """The steps of a chapter: HTML that was made from its Markdown and lies beside it."""
    return Markup((FOLDER / edition / f"{chapter_id}.html").read_text("utf-8"))  # noqa: S704 (a file of this repository)


def file_of(edition: str) -> Path | None:
    """Where the PDF of these chapters lies, once app.manual.printing has made it; None before the manual was made."""
    digest = _digest_of(edition)
    return Path(current_app.config["INSTANCE_DIR"]) / "manual" / f"{edition}-{digest}.pdf" if digest else None


@lru_cache
def _digest_of(edition: str) -> str:
    chapters = chapters_of(edition)
    texts = "".join(f"{chapter.title}{text_of(edition, chapter.id)}" for chapter in chapters)
    return hashlib.sha256(texts.encode()).hexdigest()[:12] if chapters else ""
