"""What every template may use: formatting filters, icons, addresses of static files, the menu, who is signed in."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, g, get_flashed_messages
from flask_babel import get_translations
from markupsafe import Markup

from app import navigation
from app.access.roles import Role
from app.web import chrome, formatting
from app.web.addresses import address
from app.web.locales import html_lang
from app.web.name_tag import breakable, child_mark, child_tag, whole


def install_context(flask_app: Flask) -> None:
    """Register globals and filters once; nothing here runs a statement."""
    environment = flask_app.jinja_env
    environment.trim_blocks = environment.lstrip_blocks = True
    for name in (
        "long_date",
        "short_date",
        "weekday",
        "short_weekday",
        "short_month",
        "joined",
        "clock",
        "date_and_time",
        "file_size",
    ):
        environment.filters[name] = getattr(formatting, name)
    environment.filters["breakable"] = breakable
    static = _static_addresses(Path(flask_app.static_folder or ""))
    sprite = static["vendor/bootstrap-icons/sprite.svg"]

    @lru_cache(maxsize=500)
    def icon(name: str, css: str = "i") -> Markup:
        return Markup('<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>').format(css, sprite, name)

    environment.install_gettext_callables(translate, translate_plural, newstyle=True)  # type: ignore[attr-defined]
    environment.translate = translate  # type: ignore[attr-defined]
    environment.globals.update(
        asset=static.__getitem__,
        icon=icon,
        chrome=chrome.chrome,
        csrf_field=chrome.csrf_field,
        reader_name=chrome.reader_name,
        reader_school=chrome.reader_school,
        csp_nonce=lambda: "",
        actor=_Actor(),
        html_lang=html_lang,
        menu=navigation.menu,
        child_areas=navigation.child_areas,
        child_mark=child_mark,
        child_tag=child_tag,
        whole=whole,
        languages=flask_app.config["LANGUAGES"],
        Role=Role,
        term_label=formatting.term_label,
        grade_label=formatting.grade_label,
        get_flashed_messages=get_flashed_messages,
        url_for=address,
        request_path=chrome.present_path,
    )


def translate(text: str) -> str:
    return get_translations().ugettext(text)


def translate_plural(singular: str, plural: str, number: int) -> str:
    return get_translations().ungettext(singular, plural, number)


class _Actor:
    """The acting account of the present request, for templates imported without context too; false when nobody."""

    def __bool__(self) -> bool:
        return g.get("actor") is not None

    def __getattr__(self, name: str) -> Any:
        return getattr(g.get("actor"), name, None)


def _static_addresses(folder: Path) -> dict[str, str]:
    """name → address with the content's hash, so that browsers may keep it for ever."""
    addresses = {}
    for path in folder.rglob("*"):
        if path.is_file():
            name = path.relative_to(folder).as_posix()
            version = hashlib.sha256(path.read_bytes()).hexdigest()[:10]
            addresses[name] = f"/static/{name}?v={version}"
    return addresses
