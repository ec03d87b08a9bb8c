"""``python -m tests.accessibility.gallery`` (``make gallery``): a picture of every page, to be looked at.

390 and 1280 px, light and dark, into build/gallery/ with an index page; and contact sheets, several pages in one picture.
``--only WORD`` takes the pages whose name or path contains the word.
"""

from __future__ import annotations

import argparse
import html
import re
import shutil
import sys
import tempfile
from pathlib import Path

import structlog
from PIL import Image

from tests.accessibility.looking import THEMES, WIDTHS, Visitor, chromium
from tests.accessibility.pages import Page, chosen, find_pages
from tests.accessibility.world import DemoPortal

OUT = Path(__file__).resolve().parents[2] / "build" / "gallery"
TALLEST = {390: 2600, 1280: 1800}
"""Pixels of a page that a contact sheet shows."""
ACROSS = {390: 7, 1280: 4}
SHRUNK_TO = {390: 270, 1280: 480}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", default=[])
    arguments = parser.parse_args()
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory(), processors=[lambda *_: ""])
    if not arguments.only:
        shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, DemoPortal(Path(folder)) as portal, chromium() as browser:
        pages = [page for page in find_pages(portal).pages if chosen(page, arguments.only)]
        visitor = Visitor(browser, portal)
        names = []
        for number, page in enumerate(pages):
            name = f"{number:03}-{_file_name(page)}"
            try:
                _photograph(visitor, page, name)
                names.append((page, name))
            except Exception as problem:  # one page that breaks does not cost the pictures of the others
                print(f"no picture of {page.name} ({page.person} {page.path}): {problem}")
        visitor.close()
    _write_index(names)
    sheets = sum(_contact_sheets([name for _, name in names], width, theme) for width in WIDTHS for theme in THEMES)
    print(f"{len(names)} pages × {len(WIDTHS)} widths × {len(THEMES)} themes and {sheets} contact sheets: {OUT}/index.html")
    return int(len(names) < len(pages))


def _file_name(page: Page) -> str:
    return re.sub(r"[^a-z0-9]+", "-", page.name.lower()).strip("-")


def _photograph(visitor: Visitor, page: Page, name: str) -> None:
    with visitor.opened(page) as tab:
        tab.emulate_media(reduced_motion="reduce")
        for theme in THEMES:
            tab.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            for width, height in WIDTHS.items():
                tab.set_viewport_size({"width": width, "height": height})
                tab.screenshot(path=OUT / f"{name}-{width}-{theme}.png", full_page=True)


def _write_index(names: list[tuple[Page, str]]) -> None:
    rows = []
    for page, name in names:
        pictures = "".join(
            f'<a href="{name}-{width}-{theme}.png"><img src="{name}-{width}-{theme}.png" height="320" loading="lazy" '
            f'alt="{width} px, {theme}"></a>'
            for theme in THEMES
            for width in WIDTHS
        )
        heading = html.escape(f"{page.name} — {page.person} {page.path}")
        rows.append(f"<h2>{heading}</h2><p>{pictures}</p>")
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Gallery</title><h1>Every page</h1>'
    (OUT / "index.html").write_text(head + "\n".join(rows), "utf-8")


def _contact_sheets(names: list[str], width: int, theme: str) -> int:
    """Several pages in one picture, cut off at the height that a look needs; answers how many pictures it made."""
    on_one = ACROSS[width] * (1 if width == 390 else 2)
    begins = range(0, len(names), on_one)
    for sheet, begin in enumerate(begins):
        small = []
        for name in names[begin : begin + on_one]:
            with Image.open(OUT / f"{name}-{width}-{theme}.png") as picture:
                cut = picture.crop((0, 0, picture.width, min(picture.height, TALLEST[width])))
                factor = SHRUNK_TO[width] / cut.width
                small.append(cut.resize((SHRUNK_TO[width], max(1, int(cut.height * factor)))).convert("RGB"))
        across, tallest = ACROSS[width], max(each.height for each in small)
        rows = -(-len(small) // across)
        montage = Image.new("RGB", (across * (SHRUNK_TO[width] + 12), rows * (tallest + 12)), "#888")
        for place, each in enumerate(small):
            montage.paste(each, (place % across * (SHRUNK_TO[width] + 12), place // across * (tallest + 12)))
        montage.save(OUT / f"sheet-{width}-{theme}-{sheet:02}.png")
    return len(begins)


if __name__ == "__main__":
    sys.exit(main())
