"""Which language a reader gets: the account's, else the one chosen before sign-in, else Traditional Chinese."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from babel import Locale
from flask import Flask, current_app, g, has_app_context, has_request_context, session
from flask_babel import Domain, get_locale


def select_locale() -> str | None:
    if not has_request_context():
        return None
    actor = g.get("actor")
    if g.get("cannot_keep"):  # the database is away: there is no session to ask
        return str(current_app.config["BABEL_DEFAULT_LOCALE"])
    chosen = actor.locale if actor is not None else session.get("locale")
    return chosen if chosen in current_app.config["LANGUAGES"] else current_app.config["BABEL_DEFAULT_LOCALE"]


def page_language() -> str:
    """The language of the page that is being made: what ``select_locale`` says, without Babel's detours."""
    return select_locale() or "zh_Hant_TW"


def html_lang() -> str:
    """The language of the page that is being made as HTML says it: zh-Hant-TW, en."""
    locale = str(get_locale())
    return {"zh_Hant_TW": "zh-Hant-TW"}.get(locale, locale.replace("_", "-"))


def _select_parsed() -> Locale | None:
    locale = select_locale()
    return _parsed(locale) if locale else None


@lru_cache(maxsize=20)
def _parsed(locale: str) -> Locale:
    """Babel looks through the file system whenever it parses one."""
    return Locale.parse(locale)


class Words(Domain):
    """Flask-Babel's catalogue, found once for each page and language: it looks anew for every word."""

    def get_translations(self) -> Any:
        if not has_app_context():
            return super().get_translations()
        present = g._get_current_object().__dict__  # type: ignore[attr-defined]
        locale = getattr(present.get("_flask_babel"), "babel_locale", None) or get_locale()
        kept = present.get("words")
        if kept is None or kept[0] is not locale:
            kept = present["words"] = (locale, super().get_translations())
        return kept[1]


def install_locales(flask_app: Flask) -> None:
    """FAB made the Babel object with its own selector, which writes into every visitor's session; ours does not."""
    babel = flask_app.extensions["babel"]
    babel.locale_selector = _select_parsed
    babel.instance.domain_instance = Words(domain=babel.default_domain)
