"""docs/manual/<edition>: a Markdown file for each chapter, the HTML that the product serves, the pictures. The PDF is
made of these by app.manual.printing."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from markdown_it import MarkdownIt
from PIL import Image

from app.manual.printing import TITLES
from tests.manual.chapters import Chapter, Step, chapters_in

DOCS = Path(__file__).resolve().parents[2] / "docs" / "manual"
WIDTHS = {1280: 800, 390: 320}
"""Pixels across at which a page was walked → pixels across of its picture."""
CAPTIONS = {"zh-TW": "{step} 的畫面", "en": "The page at {step}"}


def write_edition(edition: str, walked: Path) -> int:
    """Write the whole edition anew from the pictures in ``walked``; returns its size in bytes."""
    folder = DOCS / edition
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "pictures").mkdir(parents=True)
    chapters = chapters_in(edition)
    for chapter in chapters:
        text = _markdown(edition, chapter, walked, folder / "pictures")
        (folder / f"{chapter.id}.md").write_text(text, "utf-8")
        (folder / f"{chapter.id}.html").write_text(_served(edition, text, folder), "utf-8")
    contents = [{"id": each.id, "part": each.part, "title": each.title} for each in chapters]
    (folder / "chapters.json").write_text(json.dumps(contents, ensure_ascii=False, indent=1) + "\n", "utf-8")
    (folder / "README.md").write_text(_contents(edition, chapters), "utf-8")
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


# ---------- Markdown ----------


def _contents(edition: str, chapters: Sequence[Chapter]) -> str:
    lines = [f"# {TITLES[edition]}", ""]
    part = ""
    for chapter in chapters:
        if chapter.part != part:
            part = chapter.part
            lines += [f"## {part}", ""]
        lines += [f"- [{chapter.id} {chapter.title}]({chapter.id}.md)"]
        if chapter is chapters[-1] or chapters[chapters.index(chapter) + 1].part != part:
            lines += [""]
    return "\n".join(lines)


def _markdown(edition: str, chapter: Chapter, walked: Path, pictures: Path) -> str:
    """The pictures are put beside it; steps that end on the same page share theirs."""
    lines = [f"# {chapter.title}", ""]
    for step in chapter.steps:
        lines += [f"## {step.id}", "", step.text, ""]
        if step.note:
            lines += [f"> {step.note}", ""]
        lines += [_picture(edition, step, path, pictures) for path in sorted(walked.glob(f"{step.id}-*.png"), reverse=True)]
        lines += [""]
    return "\n".join(lines).rstrip() + "\n"


def _picture(edition: str, step: Step, path: Path, pictures: Path) -> str:
    name = f"{path.stem}.webp"
    with Image.open(path) as picture:
        across = WIDTHS[int(path.stem.rsplit("-", 1)[1])]
        small = picture.convert("RGB").resize(
            (across, round(picture.height * across / picture.width)), Image.Resampling.LANCZOS
        )
    small.save(pictures / name, "WEBP", quality=44, method=6)
    return f"![{CAPTIONS[edition].format(step=step.id)}](pictures/{name})"


# ---------- HTML ----------


def _html(text: str) -> str:
    """What stands in 【】 and 「」 is a word of the product as what stands between ** is."""
    html = MarkdownIt("commonmark", {"html": False}).render(text)
    return re.sub(r"([【「][^】」<]+[】」])", r"<strong>\1</strong>", html)


def _served(edition: str, text: str, folder: Path) -> str:
    """Without its title, which the page has already; a picture says how large it is, so that nothing jumps."""
    html = _html(text.split("\n", 2)[2])

    def placed(match: re.Match[str]) -> str:
        with Image.open(folder / match[1]) as picture:
            width, height = picture.size
        kind = "is-phone" if "-390." in match[1] else "is-desk"
        return f'<img class="{kind}" loading="lazy" width="{width}" height="{height}" src="{edition}/{match[1]}"'

    return re.sub(r'<img src="([^"]+)"', placed, html)
