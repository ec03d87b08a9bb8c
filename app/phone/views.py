"""Manifest, service worker and offline page: the same for everybody who reads one language, nothing of anybody in them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, current_app, request
from flask_appbuilder import expose
from flask_babel import force_locale
from flask_babel import gettext as _

from app.web.base_views import PortalView
from app.web.locales import html_lang

ASSETS = (
    "vendor/bootstrap/bootstrap.min.css",
    "tokens.css",
    "portal.css",
    "portal.js",
    "offline.js",
    "vendor/bootstrap-icons/sprite.svg",
    "icon.svg",
)
"""What the offline page and a kept copy need."""
ICONS = (
    ("icon-192.png", 192, "any"),
    ("icon-512.png", 512, "any"),
    ("maskable-192.png", 192, "maskable"),
    ("maskable-512.png", 512, "maskable"),
)
"""Drawn from icon.svg by tests/draw_icons.py: file, size in pixels, purpose."""
SOURCE = Path(__file__).with_name("service-worker.js")


class PhoneView(PortalView):
    route_base = ""
    default_view = "offline"

    @expose("/manifest/<language>.webmanifest", methods=["GET"])
    def manifest(self, language: str) -> Any:
        """What the phone puts on its home screen. A page names it in its own language."""
        asset = current_app.jinja_env.globals["asset"]
        with force_locale(_locale_or_404(language)):
            answer = current_app.response_class(json.dumps(_manifest(asset), ensure_ascii=False))
        answer.mimetype = "application/manifest+json"
        return answer

    @expose("/service-worker.js", methods=["GET"])
    def worker(self) -> Response:
        """From the root, so that it stands before every page. Another content is another version to the browser."""
        kept: str | None = current_app.extensions.get("service_worker")
        if kept is None:
            kept = current_app.extensions["service_worker"] = _worker(current_app)
        return current_app.response_class(kept, mimetype="text/javascript")

    @expose("/offline/<language>", methods=["GET"])
    def offline(self, language: str) -> str:
        return _offline_page(_locale_or_404(language))


def _languages() -> dict[str, str]:
    """The language as a page says it in ``lang`` → our name of it."""
    found = {}
    for locale in current_app.config["LANGUAGES"]:
        with force_locale(locale):
            found[html_lang()] = locale
    return found


def _locale_or_404(language: str) -> str:
    return _languages().get(language) or abort(404)


def _offline_page(locale: str) -> str:
    """Rendered without session or reader: it is kept in browsers, and nothing of anybody may be in it."""
    environment = current_app.jinja_env.in_language(locale)  # type: ignore[attr-defined]
    with force_locale(locale):
        page: str = environment.get_template("phone/offline.html").render(request=request, session={}, g={})
    return page


def _worker(flask_app: Flask) -> str:
    """The source with what it keeps written in front: addresses with the content's hash, so no step builds anything."""
    asset: Any = flask_app.jinja_env.globals["asset"]
    languages = _languages()
    source = SOURCE.read_text("utf-8")
    pages = "".join(_offline_page(locale) for locale in languages.values())
    facts = {
        "VERSION": hashlib.sha256((source + pages).encode()).hexdigest()[:10],
        "SHELL": [*(asset(name) for name in ASSETS), *(f"/offline/{language}" for language in languages)],
        "LANGUAGE": next(iter(languages)),
    }
    return "".join(f"const {name} = {json.dumps(value)};\n" for name, value in facts.items()) + source


def _manifest(asset: Any) -> dict[str, Any]:
    icons = [
        {"src": asset(f"icons/{name}"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for name, size, purpose in ICONS
    ]
    ways = (
        (_("Class contact book"), "/portal/children/go/contact-book"),
        (_("Messages"), "/portal/children/go/messages"),
        (_("Records"), "/portal/children/go/records"),
    )
    return {
        "id": "/",
        "name": _("Taoyuan education portal"),
        "short_name": _("Education portal"),
        "description": _("Contact book, bulletin, records and conversations of one's children"),
        "lang": html_lang(),
        "dir": "ltr",
        "start_url": "/portal/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f7f6f2",
        "theme_color": "#1d5496",
        "icons": [*icons, {"src": asset("icon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"}],
        "shortcuts": [{"name": name, "url": url, "icons": icons[:1]} for name, url in ways],
    }
