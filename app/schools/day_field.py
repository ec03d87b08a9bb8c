"""A day of school life in a form, written in 民國 or 西元."""

from __future__ import annotations

from datetime import date, timedelta

from flask_babel import get_locale
from flask_babel import gettext as _

from app.accounts.fields import ParsedField
from app.model_types import today
from app.web.formatting import long_date, parse_date

FARTHEST = timedelta(days=400)
"""A day of school life lies within about a school year of today; farther off, the year was mistyped."""


class DayField(ParsedField):
    """115/11/20, 民國115年11月20日, 2026-11-20; ``data`` is a date."""

    def parse(self, text: str) -> date:
        try:
            day = parse_date(text)
        except ValueError as error:
            raise ValueError(_("This is not a date, for example 115/11/20 or 2026-11-20.")) from error
        if abs(day - today()) > FARTHEST:
            raise ValueError(_("Please check the year of this date."))
        return day

    def show(self, value: date) -> str:
        locale = get_locale()
        return long_date(value) if locale is None or locale.language == "zh" else value.isoformat()
