"""Logs: one JSON line per event in production, readable lines elsewhere; never a form field, a token or a number."""

from __future__ import annotations

import logging

import structlog
from flask import Flask


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
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=False,
    )
    logging.getLogger("flask_appbuilder").setLevel(logging.ERROR)
