"""Where something was sent, shown so that its owner knows it and nobody else learns it."""

from __future__ import annotations

from app.accounts.mobile import national_form


def masked_email(email: str) -> str:
    """m***g@example.com."""
    local, _at, domain = email.rpartition("@")
    return f"{local[:1]}***{local[-1:] if len(local) > 2 else ''}@{domain}"


def masked_mobile(e164: str) -> str:
    """0912 *** 678."""
    shown = national_form(e164).replace("-", " ")
    return f"{shown[:-7]}*** {shown[-3:]}" if len(shown) > 9 else "***"
