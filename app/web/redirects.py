"""Where to go after an act: only to addresses of this portal."""

from __future__ import annotations

from urllib.parse import urlsplit


def safe_next(target: str | None) -> str | None:
    """``target`` if it is a path on this host, else None."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc and "\\" not in target and "\n" not in target else None


def path_of(address: str | None, host: str) -> str | None:
    """The path and query of ``address`` if it lies on ``host`` (or is a path already), else None."""
    if not address:
        return None
    parts = urlsplit(address)
    if parts.scheme in ("http", "https") and parts.netloc == host:
        address = parts.path + (f"?{parts.query}" if parts.query else "")
    return safe_next(address)
