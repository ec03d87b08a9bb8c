"""What every template may use: formatting filters, icons, addresses of static files, the menu, who is signed in."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from flask import Flask, g, get_flashed_messages, request, url_for
from flask_babel import get_locale
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from app import navigation
from app.access.roles import Role
from app.web import formatting


def install_context(flask_app: Flask) -> None:
    """Register globals and filters once; nothing here runs a statement."""
    environment = flask_app.jinja_env
    environment.trim_blocks = environment.lstrip_blocks = True
    for name in ("long_date", "short_date", "weekday", "clock", "date_and_time", "file_size"):
        environment.filters[name] = getattr(formatting, name)
    static = _static_addresses(Path(flask_app.static_folder or ""))
    sprite = static["vendor/bootstrap-icons/sprite.svg"]

    def icon(name: str, css: str = "i") -> Markup:
        return Markup('<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>').format(css, sprite, name)

    def csrf_field() -> Markup:
        return Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())

    environment.globals.update(
        asset=static.__getitem__,
        icon=icon,
        csrf_field=csrf_field,
        csp_nonce=lambda: "",
        actor=_Actor(),
        html_lang=html_lang,
        menu=navigation.menu,
        child_areas=navigation.child_areas,
        languages=flask_app.config["LANGUAGES"],
        Role=Role,
        term_label=formatting.term_label,
        get_flashed_messages=get_flashed_messages,
        url_for=url_for,
        request_path=lambda: request.full_path if request.query_string else request.path,
    )


class _Actor:
    """The acting account of the present request, for templates imported without context too; false when nobody."""

    def __bool__(self) -> bool:
        return g.get("actor") is not None

    def __getattr__(self, name: str) -> Any:
        return getattr(g.get("actor"), name, None)


def html_lang() -> str:
    locale = str(get_locale())
    return {"zh_Hant_TW": "zh-Hant-TW"}.get(locale, locale.replace("_", "-"))


def _static_addresses(folder: Path) -> dict[str, str]:
    """name → address with the content's hash, so that browsers may keep it for ever."""
    addresses = {}
    for path in folder.rglob("*"):
        if path.is_file():
            name = path.relative_to(folder).as_posix()
            version = hashlib.sha256(path.read_bytes()).hexdigest()[:10]
            addresses[name] = f"/static/{name}?v={version}"
    return addresses
