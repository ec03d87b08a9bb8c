"""Error pages: a sentence and a way on, and nothing that tells whether the thing exists."""

from __future__ import annotations

import secrets

import structlog
from flask import Flask, render_template
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from app.access.session import OutOfScope, ScopeEscape
from app.extensions import db

log = structlog.get_logger(__name__)


def install_errors(flask_app: Flask) -> None:
    @flask_app.errorhandler(HTTPException)
    def known(error: HTTPException) -> tuple[str, int] | HTTPException:
        if error.code is None or error.code < 400:
            return error
        return render_template("errors/error.html", code=error.code, reference=None), error.code

    @flask_app.errorhandler(CSRFError)
    def stale_form(error: CSRFError) -> tuple[str, int]:
        return render_template("errors/error.html", code="csrf", reference=None), 400

    @flask_app.errorhandler(OutOfScope)
    def not_yours(error: OutOfScope) -> tuple[str, int]:
        db.session.rollback()
        log.warning("out_of_scope", problem=str(error))
        return render_template("errors/error.html", code=404, reference=None), 404

    @flask_app.errorhandler(Exception)
    def broken(error: Exception) -> tuple[str, int]:
        db.session.rollback()
        reference = secrets.token_hex(4)
        log.exception("server_error", reference=reference, escape=isinstance(error, ScopeEscape))
        return render_template("errors/error.html", code=500, reference=reference), 500
