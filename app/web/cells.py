"""How a value of a row is shown in a list or on a page of facts."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from markupsafe import Markup, escape

from app.web.formatting import date_and_time, joined, long_date

ICON_OF_TONE = {
    "pending": "hourglass-split",
    "approved": "check-circle-fill",
    "refused": "x-circle-fill",
    "ended": "dash-circle-fill",
    "warn": "exclamation-triangle-fill",
}


def shown(value: Any) -> str:
    """``value`` in the words of the reader: labels of enumerations, 民國 dates, 是 and 否, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, enum.Enum):
        return str(getattr(value, "label", value.value))
    if isinstance(value, datetime):
        return date_and_time(value)
    if isinstance(value, date):
        return long_date(value)
    if isinstance(value, Decimal):
        return plain_decimal(value)
    if isinstance(value, (list, tuple, set)):
        return joined(shown(item) for item in value)
    return str(escape(value)) if isinstance(value, Markup) else str(value)


def plain_decimal(value: Decimal) -> str:
    """81, 81.5: no trailing zeros and no exponent."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def status(tones: Mapping[Any, str]) -> Callable[[Any], Markup]:
    """A formatter that shows a state as icon and word, in the tone that ``tones`` gives it."""

    def format_state(value: Any) -> Markup:
        tone = tones.get(value)
        if tone is None:
            return escape(shown(value))
        icon: Any = current_app.jinja_env.globals["icon"]
        return Markup('<span class="status is-{}">{}{}</span>').format(tone, icon(ICON_OF_TONE[tone]), shown(value))

    return format_state


def shortened(length: int) -> Callable[[Any], str]:
    """A formatter that shows the beginning of a long text."""

    def shorten(value: Any) -> str:
        text = " ".join(shown(value).split())
        return text if len(text) <= length else text[: length - 1] + "…"

    return shorten


def paragraphs(value: Any) -> Markup:
    """A formatter for plain text of several lines."""
    lines = [line for line in shown(value).splitlines() if line.strip()]
    return Markup("").join(Markup("<p>{}</p>").format(line) for line in lines)


def text_of_rich_text(value: Any) -> Markup:
    """A formatter for cleaned rich text: its words, paragraph by paragraph, without markup."""
    broken = str(value or "").replace("</p>", "</p>\n").replace("<br>", "\n").replace("</li>", "</li>\n")
    return paragraphs("\n".join(Markup(line).striptags() for line in broken.splitlines()))  # noqa: S704 (stripped)
