"""Headers of every answer: a strict content policy, no framing, no sniffing, nothing personal in a cache."""

from __future__ import annotations

from flask import Flask, Response, g, request

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
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

_ALWAYS = (
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
)
"""No view sets one of these itself: they are added without looking."""
_SECURE = (*_ALWAYS, ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"))


def install_headers(flask_app: Flask) -> None:
    @flask_app.after_request
    def add_headers(response: Response) -> Response:
        headers = response.headers
        headers.extend(_SECURE if flask_app.config["SESSION_COOKIE_SECURE"] else _ALWAYS)
        if request.endpoint == "static":
            if request.args.get("v"):
                headers["Cache-Control"] = "public, max-age=31536000, immutable"
        else:
            headers.setdefault("Cache-Control", "no-store" if g.get("actor") else "no-cache")
        return response
