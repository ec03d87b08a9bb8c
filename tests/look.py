"""Look at pages as a person of the small world: ``python -m tests.look PERSON PATH [PATH …] [--out DIR]``.

Starts the application on a fresh world, opens each path at 390 and 1280 px in Chromium and writes the pictures.
PERSON "-" is a visitor. What the page's console says and what the content policy stops is printed.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from app.web.catalogues import compile_catalogues
from tests.conftest import CHROMIUM_ARGUMENTS, begin_session
from tests.template import Template

CHROMIUM = "/usr/bin/chromium"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("person")
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--out", default="build/look")
    parser.add_argument("--widths", default="390,1280")
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--locale", default="")
    arguments = parser.parse_args()
    compile_catalogues()
    out = Path(arguments.out)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        template = Template("sqlite", Path(folder))
        server = make_server("127.0.0.1", 0, template.app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        origin = f"http://127.0.0.1:{server.server_port}"
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
            for width in (int(width) for width in arguments.widths.split(",")):
                context = browser.new_context(
                    viewport={"width": width, "height": 844 if width < 600 else 900},
                    color_scheme="dark" if arguments.dark else "light",
                )
                if arguments.person != "-":
                    key = begin_session(template.app, template.world.accounts[arguments.person])
                    context.add_cookies([{"name": "portal", "value": key, "url": origin}])
                page = context.new_page()
                page.on("console", lambda message: print("console:", message.text))
                page.on("pageerror", lambda error: print("error:", error))
                if arguments.locale:
                    page.goto(origin + "/site-map" if arguments.person == "-" else origin + "/")
                    choice = page.locator(f"button[name=locale][value={arguments.locale}]").first
                    with page.expect_navigation():
                        choice.evaluate("button => button.form.requestSubmit(button)")
                for number, path in enumerate(arguments.paths):
                    for key, value in {**template.world.students, **template.world.classes}.items():
                        path = path.replace("{" + key + "}", str(value))
                    answer = page.goto(origin + path, wait_until="networkidle")
                    name = f"{number}-{path.strip('/').replace('/', '_').split('?')[0] or 'home'}-{width}.png"
                    page.screenshot(path=str(out / name), full_page=True)
                    overflow = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
                    print(answer.status if answer else "-", page.url, "->", out / name, "SIDEWAYS" if overflow else "")
            browser.close()
        server.shutdown()


if __name__ == "__main__":
    main()
