"""What people type, made fit to be kept: no control signs, no halves of signs, composed characters, trimmed."""

from __future__ import annotations

import unicodedata


def one_line(text: str | None) -> str:
    """``text`` as one line: line breaks, tabs and runs of spaces become one space, control signs go."""
    return " ".join(_without_control_signs(text or "", keep="").split())


def many_lines(text: str | None) -> str:
    """``text`` with its line breaks, at most one empty line in a row, control signs gone."""
    cleaned = _without_control_signs((text or "").replace("\r\n", "\n").replace("\r", "\n"), keep="\n")
    lines = [line.rstrip() for line in cleaned.split("\n")]
    kept = [line for number, line in enumerate(lines) if line or (number and lines[number - 1])]
    return "\n".join(kept).strip()


def _without_control_signs(text: str, keep: str) -> str:
    """Cc: control signs, NUL among them, which PostgreSQL refuses; Cs: lone surrogates, which UTF-8 cannot hold."""
    composed = unicodedata.normalize("NFC", text.encode("utf-8", "ignore").decode("utf-8"))
    return "".join(
        sign if sign in keep or unicodedata.category(sign) != "Cc" else " " if sign.isspace() else "" for sign in composed
    )
