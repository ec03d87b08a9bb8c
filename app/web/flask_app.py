"""Flask, told what this product is made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from app.web.requests import PortalRequest, RowNumberConverter
from app.web.templating import PortalEnvironment


class PortalFlask(Flask):
    request_class = PortalRequest
    jinja_environment = PortalEnvironment

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.url_map.converters["int"] = RowNumberConverter

    def preprocess_request(self) -> ResponseReturnValue | None:
        """A request for a foreign host ends here: no hook needs to know that it has no addresses."""
        if isinstance(request.routing_exception, BadRequest):
            raise request.routing_exception
        return super().preprocess_request()

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """No view and no hook is asynchronous; Flask would look at each of them anew in every request."""
        return func
