"""The search of a generated list: rows of column, condition and value, read from the address and shown again.

Two spellings are understood. FAB's ``_flt_<n>_<column>=value`` is what our links carry. The form itself sends
``col``, ``op`` and ``val`` side by side, because a control's name cannot follow the condition that is chosen beside it
without a script; ``more`` adds a row, ``drop`` takes one away, both by a plain submit that loses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.web.clean_text import one_line
from app.web.datamodel import row_key

MOST_ROWS = 12
LONGEST_TEXT = 100
_ARGUMENT = re.compile(r"_flt_(\d{1,2})_(\w+)")

_WHAT_IS_EXPECTED = {
    "number": _l("Type a number."),
    "date": _l("Type a date, for example 115/9/1 or 2026-09-01."),
    "choice": _l("Choose one of the list."),
}


@dataclass
class SearchRow:
    """One condition as it stands on the page."""

    column: str
    operator: int
    text: str
    label: str
    operators: Sequence[tuple[int, str]]
    """(number, name) of the conditions that may be chosen for this column."""
    control: str
    choices: Sequence[tuple[str, str]] = ()
    shown: str = ""
    """What stands in place of a control for a fixed value: the name of the related row."""
    error: str = ""
    is_new: bool = False
    """Just added: the reader goes on typing there."""

    @property
    def applies(self) -> bool:
        return bool(self.text) and not self.error

    @property
    def argument(self) -> tuple[str, str]:
        return f"_flt_{self.operator}_{self.column}", self.text


def read_search(view: Any, arguments: Any) -> list[SearchRow]:
    """The conditions that ``arguments`` (the request's) name, in their order; what the screen does not offer is left out."""
    asked = _from_form(arguments) if "col" in arguments else _from_address(arguments)
    dropped = arguments.get("drop", "")
    if dropped.isdecimal() and len(dropped) < 3 and int(dropped) < len(asked):
        del asked[int(dropped)]
    if "more" in arguments:
        asked.append((arguments["more"], None, ""))
    filters = view._filters.get_search_filters()
    rows = [row for column, operator, text in asked[:MOST_ROWS] if (row := _row(view, filters, column, operator, text))]
    if "more" in arguments and rows:
        rows[-1].is_new = True
    if not rows and view.search_columns and (first := _row(view, filters, view.search_columns[0], None, "")):
        rows.append(first)
    return rows


def _from_address(arguments: Any) -> list[tuple[str, int | None, str]]:
    found: list[tuple[str, int | None, str]] = []
    for name, text in arguments.items(multi=True):
        match = _ARGUMENT.fullmatch(name)
        if match:
            found.append((match[2], int(match[1]), text))
    return found


def _from_form(arguments: Any) -> list[tuple[str, int | None, str]]:
    columns, operators, texts = (arguments.getlist(name) for name in ("col", "op", "val"))
    return [
        (column, int(operator) if operator.isdecimal() and len(operator) < 3 else None, text)
        for column, operator, text in zip(columns, operators, texts, strict=False)
    ]


def _row(view: Any, filters: Mapping[str, Any], column: str, operator: int | None, text: str) -> SearchRow | None:
    conditions = filters.get(column)
    if not conditions or column not in view.search_columns:
        return None
    typed = [(number, c) for number, c in enumerate(conditions) if c.control != "fixed"]
    if operator is None:
        operator = typed[0][0] if typed else 0
    if operator >= len(conditions):
        return None
    condition = conditions[operator]
    row = SearchRow(
        column=column,
        operator=operator,
        text=one_line(text)[:LONGEST_TEXT],
        label=str(view.label_columns[column]),
        operators=[(number, str(c.name)) for number, c in typed],
        control=condition.control,
    )
    if condition.control == "choice":
        row.choices = condition.choices()
    if condition.control == "fixed":
        _name_fixed_value(view, row)
    elif row.text:
        try:
            condition.read(row.text)
        except ValueError:
            row.error = str(_WHAT_IS_EXPECTED.get(row.control, ""))
    return row


def _name_fixed_value(view: Any, row: SearchRow) -> None:
    lookup, key = view.lookups.get(row.column), row_key(row.text)
    related = lookup.load(key) if lookup is not None and key is not None else None
    row.operators = [(row.operator, _("equals"))]
    row.shown = lookup.label(related) if lookup is not None and related is not None else "—"
    if key is None:
        row.text = ""
