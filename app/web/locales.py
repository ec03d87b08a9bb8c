"""Which language a reader gets: the account's, else the one chosen before sign-in, else Traditional Chinese."""

from __future__ import annotations

from flask import Flask, current_app, g, has_request_context, session


def select_locale() -> str | None:
    if not has_request_context():
        return None
    actor = g.get("actor")
    chosen = actor.locale if actor is not None else session.get("locale")
    return chosen if chosen in current_app.config["LANGUAGES"] else current_app.config["BABEL_DEFAULT_LOCALE"]


def page_language() -> str:
    """The language of the page that is being made: what ``select_locale`` says, without Babel's detours."""
    return select_locale() or "zh_Hant_TW"


def install_locales(flask_app: Flask) -> None:
    """FAB made the Babel object with its own selector, which writes into every visitor's session; ours does not."""
    flask_app.extensions["babel"].locale_selector = select_locale
