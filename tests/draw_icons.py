"""Draw the app's icons from icon.svg: ``python -m tests.draw_icons``. To be run when the mark changes.

Maskable ones and Apple's fill their square, for the system cuts them; the book stays inside the middle 80 %.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.conftest import CHROMIUM_ARGUMENTS

STATIC = Path(__file__).resolve().parents[1] / "app" / "static"
SIZES = {
    "icon-192": (192, False),
    "icon-512": (512, False),
    "maskable-192": (192, True),
    "maskable-512": (512, True),
    "apple-touch-icon": (180, True),
}


def main() -> None:
    drawing = (STATIC / "icon.svg").read_text("utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_ARGUMENTS)
        for name, (size, fills) in SIZES.items():
            page = browser.new_page(viewport={"width": size, "height": size})
            svg = drawing.replace(' rx="7"', "") if fills else drawing
            page.set_content(f"<style>*{{margin:0}}svg{{display:block;width:{size}px}}</style>{svg}")
            png = Image.open(BytesIO(page.screenshot(omit_background=True)))
            (png.convert("RGB") if fills else png).save(STATIC / "icons" / f"{name}.png", optimize=True)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
