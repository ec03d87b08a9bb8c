"""The CSRF token of a page, different in every answer although the session has one.

A secret that stays the same in compressed pages can be guessed piece by piece from their lengths (BREACH). The token is
therefore written under a random mask of its own length, and read with it.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from typing import Any

from flask import g
from flask_wtf.csrf import CSRFProtect, _FlaskFormCSRF, generate_csrf

_MASKED = "m."
"""No token of Flask-WTF's begins so: base64 has no point, and theirs begin with a quotation mark's."""


make_cover = os.urandom
"""Tests that compare whole pages put one in its place that is always the same."""


def mask(token: str) -> str:
    plain = token.encode()
    cover = make_cover(len(plain))
    return _MASKED + base64.urlsafe_b64encode(cover + _under(plain, cover)).decode()


def unmask(token: str) -> str:
    """The token under ``token``'s mask; a token that has none, or a broken one, as it is."""
    if not token.startswith(_MASKED):
        return token
    try:
        both = base64.urlsafe_b64decode(token[len(_MASKED) :])
        half = len(both) // 2
        return _under(both[half:], both[:half]).decode()
    except ValueError:  # no base64, no letters, or not ours
        return token


def _under(text: bytes, cover: bytes) -> bytes:
    length = len(text)
    return (int.from_bytes(text) ^ int.from_bytes(cover[:length])).to_bytes(length)


def masked_token(token_of_session: Callable[[], str] = generate_csrf) -> str:
    """The token of the present session under the mask of the present answer."""
    masked: str | None = g.get("masked_csrf_token")
    if masked is None:
        masked = g.masked_csrf_token = mask(token_of_session())
    return masked


class MaskedFormToken(_FlaskFormCSRF):  # type: ignore[misc]
    """What ``form.csrf_token`` writes into the page."""

    def generate_csrf_token(self, csrf_token_field: Any) -> str:
        return masked_token()


class MaskedCSRFProtect(CSRFProtect):
    """Flask-WTF's check, on the token under the mask."""

    def _get_csrf_token(self) -> str | None:
        token = super()._get_csrf_token()
        return unmask(token) if token else token
