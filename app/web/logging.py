"""Logs: one JSON line per event in production, readable lines elsewhere; never a form field, a token or a number."""

from __future__ import annotations

import logging
import re
from collections.abc import MutableMapping
from typing import Any

import structlog
from flask import Flask

_SECRET_OF_A_LINK = re.compile(r"(/(?:activate|reset/general)/)[^\s/?\"']{20,}")
"""The paths that links in letters name, with their token. deploy/nginx.conf names them too."""


def without_tokens(text: str) -> str:
    """``text`` with the tokens of letters' links taken out of the paths that it names."""
    return _SECRET_OF_A_LINK.sub(r"\1…", text)


class WithoutTokens(logging.Filter):
    """Takes the tokens out of what others log: gunicorn's access and error logs, Flask's own words on a broken request."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        masked = without_tokens(message)
        if masked != message:
            record.msg, record.args = masked, ()
        return True


_without_tokens = WithoutTokens()
_OF_THE_SERVER = ("gunicorn.access", "gunicorn.error", "werkzeug")


def _mask(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: without_tokens(value) if isinstance(value, str) else value for key, value in event.items()}


def install_logging(flask_app: Flask) -> None:
    """Set structlog up once per process. FAB's «unknown permission» chatter is kept at warnings."""
    renderer = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if flask_app.config["PORTAL_ENV"] == "production"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _mask,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=False,
    )
    logging.getLogger("flask_appbuilder").setLevel(logging.ERROR)
    for logger in (flask_app.logger, *(logging.getLogger(name) for name in _OF_THE_SERVER)):
        logger.addFilter(_without_tokens)
