"""The manual as one PDF for each edition, made from the HTML and the pictures of docs/manual; not kept in the repository.

The worker's part (``flask portal manual``, and hourly where it is missing): a web process never loads WeasyPrint.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from html import escape
from pathlib import Path

from PIL import Image

from app.manual import editions
from app.manual.editions import EDITIONS, Chapter, chapters_of, file_of, text_of

STYLE = Path(__file__).with_name("document.css")
TITLES = {"zh-TW": "教育發展資源入口網　使用手冊", "en": "The Taoyuan education portal: user manual"}
LANGUAGES = {"zh-TW": "zh-Hant-TW", "en": "en"}
_WIDTHS = {False: 640, True: 300}
"""Pixels across of a picture; True: of a phone."""
_SCHEME = "manual:"
"""Of an address of WeasyPrint's alone: what has a file's it reads by itself, whatever it was given."""
_PICTURES = re.compile(r"pictures/[\w.-]+\.webp")


def make_missing_files() -> list[Path]:
    """Write the PDF of each edition that has none for its present chapters; former ones go. Answers what was written."""
    written = []
    for edition in EDITIONS:
        target = file_of(edition)
        if target is None or target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = target.with_suffix(".part")  # whoever asks meanwhile gets none, not half of one
        aside.write_bytes(_write_pdf(edition))
        for former in target.parent.glob(f"{edition}-*.pdf"):
            former.unlink()
        aside.replace(target)
        written.append(target)
    return written


def _write_pdf(edition: str) -> bytes:
    """Fonts are embedded, cut to what is used."""
    from weasyprint import CSS, HTML  # heavy, and no business of a web process
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class Pictures(URLFetcher):  # type: ignore[misc]
        """The edition's own pictures alone, as JPEG: WebP would be stored without loss in a PDF."""

        def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
            name = url.removeprefix(_SCHEME)
            if not _PICTURES.fullmatch(name):
                raise ValueError(f"not a picture of the manual: {url}")
            return URLFetcherResponse(
                url, body=_as_jpeg(editions.FOLDER / edition / name), headers={"Content-Type": "image/jpeg"}
            )

    document = HTML(string=_html(edition), base_url=None, url_fetcher=Pictures(fail_on_errors=True))
    made: bytes = document.write_pdf(stylesheets=[CSS(string=STYLE.read_text("utf-8"))])
    return made


def _html(edition: str) -> str:
    chapters = chapters_of(edition)
    parts = [f'<section class="cover"><h1>{escape(TITLES[edition])}</h1>{_list(chapters)}</section>']
    for chapter in chapters:
        text = str(text_of(edition, chapter.id)).replace(f'src="{edition}/', f'src="{_SCHEME}')
        # what guardians do they do on a phone: its picture is enough on paper
        text = re.sub(r'(<img class="is-phone"[^>]*>)\s*<img [^>]*>', r"\1", text)
        parts.append(f'<section id="{chapter.id}"><h1>{escape(chapter.title)}</h1>{text}</section>')
    title = escape(TITLES[edition])
    return f'<html lang="{LANGUAGES[edition]}"><title>{title}</title><body>{"".join(parts)}</body></html>'


def _list(chapters: Sequence[Chapter]) -> str:
    lines = (f'<li><a href="#{each.id}">{each.id}　{escape(each.title)}</a></li>' for each in chapters)
    return f"<ul>{''.join(lines)}</ul>"


def _as_jpeg(path: Path) -> bytes:
    kept = io.BytesIO()
    with Image.open(path) as picture:
        across = _WIDTHS["-390." in path.name]
        small = picture.resize((across, round(picture.height * across / picture.width)), Image.Resampling.LANCZOS)
        small.save(kept, "JPEG", quality=40, optimize=True)
    return kept.getvalue()
