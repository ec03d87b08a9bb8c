"""What a request may bring: how much, how many fields, and which numbers stand for a row."""

from __future__ import annotations

from typing import Any

from flask import Request, current_app
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.routing import IntegerConverter, Map

from app.access.loading import LARGEST_ID

MOST_FIELDS = 1000
"""Of an address or a form. The longest page of ours, a contact book with fifty lines, has 300."""


class Fields(ImmutableMultiDict[str, str]):
    """The fields of an address or a form. Werkzeug counts the parts of multipart forms alone."""

    def __init__(self, mapping: Any = None) -> None:
        if isinstance(mapping, list) and len(mapping) > MOST_FIELDS:
            raise RequestEntityTooLarge
        super().__init__(mapping)


class PortalRequest(Request):
    """Only files may be large: a longer form or JSON text is answered with 413 before it is read."""

    parameter_storage_class = Fields

    @property
    def max_content_length(self) -> int | None:
        limit = super().max_content_length
        if not current_app or self.mimetype == "multipart/form-data":
            return limit
        of_fields: int = current_app.config["MAX_FORM_MEMORY_SIZE"]
        return of_fields if limit is None else min(limit, of_fields)

    @max_content_length.setter
    def max_content_length(self, value: int | None) -> None:
        self._max_content_length = value

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        """As Flask's; brackets in brackets without end are a bad request too."""
        try:
            return super().get_json(force, silent, cache)
        except RecursionError as error:
            return None if silent else self.on_json_loading_failed(ValueError(str(error)))


def row_number(text: str) -> int:
    """The row that an address or a form names: ``request.args.get("before", type=row_number)``.

    Raises ValueError for a number that no row can have: databases refuse to compare with what is too large for them.
    """
    if not (text.isascii() and text.isdecimal() and len(text) <= 10) or not 0 < int(text) <= LARGEST_ID:
        raise ValueError("not the number of a row")
    return int(text)


class RowNumberConverter(IntegerConverter):
    """``<int:…>`` in an address: what cannot be a row's number is no address of ours."""

    def __init__(self, url_map: Map, **options: Any) -> None:
        super().__init__(url_map, **{"max": LARGEST_ID, **options})
