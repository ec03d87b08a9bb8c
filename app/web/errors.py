"""Error pages: a code, a sentence and a way on, and nothing that tells whether the thing exists or what broke."""

from __future__ import annotations

import errno
import secrets
from contextlib import suppress

import structlog
from flask import Flask, Response, g, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError, TimeoutError
from werkzeug.exceptions import HTTPException, InternalServerError

from app.access.session import OutOfScope, ScopeEscape
from app.extensions import db

log = structlog.get_logger(__name__)

_TOLD = frozenset({"Allow", "Retry-After"})
"""What an error says in its headers: to programs, not to people."""
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
SECONDS_TO_WAIT = 10

Answer = tuple[str, int, dict[str, str]]


_REFUSALS = frozenset({403, 404})


def note_refusal(status: int | str) -> None:
    """One line for whoever watches: who was refused what, by numbers. Nothing that was typed, no token of a link."""
    arguments = request.view_args or {}
    log.warning(
        "refused",
        status=status,
        account=g.actor.id if g.get("actor") else None,
        address=request.remote_addr,
        method=request.method,
        endpoint=request.endpoint,
        arguments={name: value for name, value in arguments.items() if str(value).isdecimal() and len(str(value)) < 12},
    )


def install_errors(flask_app: Flask) -> None:
    @flask_app.after_request
    def note_what_somebody_may_not(response: Response) -> Response:
        # of strangers only forged forms are noted: addresses that exist nowhere are asked for all day long
        if response.status_code in _REFUSALS and g.get("actor") is not None and request.endpoint not in (None, "static"):
            note_refusal(response.status_code)
        return response

    @flask_app.errorhandler(HTTPException)
    def known(error: HTTPException) -> Answer | HTTPException:
        if isinstance(error, InternalServerError) and error.original_exception is not None:
            return broken(error.original_exception)  # type: ignore[arg-type]
        if error.code is None or error.code < 400:
            return error
        headers = {name: value for name, value in error.get_headers() if name in _TOLD}
        return render_template("errors/error.html", code=error.code, reference=None), error.code, headers

    @flask_app.errorhandler(CSRFError)
    def stale_form(error: CSRFError) -> tuple[str, int]:
        note_refusal("csrf")
        return render_template("errors/error.html", code="csrf", reference=None), 400

    @flask_app.errorhandler(OutOfScope)
    def not_yours(error: OutOfScope) -> tuple[str, int]:
        db.session.rollback()
        log.warning("out_of_scope", problem=str(error))
        return render_template("errors/error.html", code=404, reference=None), 404

    @flask_app.errorhandler(Exception)
    def broken(error: Exception) -> Answer:
        with suppress(SQLAlchemyError):
            db.session.rollback()
        reference, code = secrets.token_hex(4), code_of(error)
        log.error("server_error", reference=reference, code=code, escape=isinstance(error, ScopeEscape), exc_info=error)
        if code == 500:
            return render_template("errors/error.html", code=code, reference=reference), code, {}
        g.cannot_keep = True
        page = render_template("errors/away.html", code=code, reference=reference)
        return page, code, {"Retry-After": str(SECONDS_TO_WAIT)}


def code_of(error: BaseException) -> int:
    """507: there is no room to keep anything. 503: the database is away for a moment. 500: a fault of ours."""
    if isinstance(error, OSError) and error.errno in _FULL:
        return 507
    if not isinstance(error, (DBAPIError, TimeoutError)):
        return 500
    original = getattr(error, "orig", None)
    if getattr(original, "sqlstate", None) == "53100" or "disk is full" in str(original):
        return 507
    is_away = isinstance(error, (OperationalError, InterfaceError, TimeoutError)) or error.connection_invalidated
    return 503 if is_away else 500
