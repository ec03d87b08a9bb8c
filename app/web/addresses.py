"""Addresses of pages, each kind of them made once."""

from __future__ import annotations

from typing import Any

from flask import current_app, request, url_for
from flask.globals import request_ctx

_STAND_IN = 2_000_000_100
"""Numbers from here on stand in an address for those that are filled in; no row has them."""
_LARGEST = 2000

_patterns: dict[tuple[Any, ...], str] = {}


def address(endpoint: str, **values: Any) -> str:
    """Flask's url_for inside a request. Addresses that differ in numbers alone are made once and filled in afterwards."""
    if endpoint.startswith("."):
        endpoint = f"{request.blueprint}{endpoint}"
    numbers = {name: value for name, value in values.items() if type(value) is int and value >= 0}
    key = (endpoint, *numbers, *(item for item in values.items() if item[0] not in numbers))
    try:
        pattern = _patterns.get(key)
    except TypeError:  # a list among the values
        return _made(endpoint, values)
    if pattern is None:
        if len(_patterns) > _LARGEST:
            _patterns.clear()
        stand_ins = {name: _STAND_IN + place for place, name in enumerate(numbers)}
        pattern = _patterns[key] = _made(endpoint, {**values, **stand_ins})
    for place, value in enumerate(numbers.values()):
        pattern = pattern.replace(str(_STAND_IN + place), str(value))
    return pattern


def _made(endpoint: str, values: dict[str, Any]) -> str:
    if request_ctx.url_adapter is None:  # it came for a foreign host, and its error page still needs our ways
        return current_app.url_map.bind("").build(endpoint, values)
    return url_for(endpoint, **values)
