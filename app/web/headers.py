"""Headers of every answer: a strict content policy, no framing, no sniffing, nothing in a browser's store.

Scripts and styles are our own files alone: no page has any inside it, so there is no nonce to give.
"""

from __future__ import annotations

from flask import Flask, Response, request

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "media-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "object-src 'none'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

_ALWAYS = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
"""No view sets one of these itself: they are added without looking."""
_SECURE = (*_ALWAYS, ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"))


def install_headers(flask_app: Flask) -> None:
    @flask_app.after_request
    def add_headers(response: Response) -> Response:
        headers = response.headers
        headers.extend(_SECURE if flask_app.config["SESSION_COOKIE_SECURE"] else _ALWAYS)
        if request.view_args and "token" in request.view_args:
            # the address of a letter's link goes nowhere, from an error page neither
            headers["Referrer-Policy"] = "no-referrer"
        headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        if request.endpoint != "static" or response.status_code >= 400:
            # before a sign-in too: forms show again what was typed, and every page has the session's token in it
            headers["Cache-Control"] = "no-store"
        elif b"v=" in request.query_string:
            headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
