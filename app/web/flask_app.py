"""Flask, told what this product is made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from app.web.requests import PortalRequest
from app.web.templating import PortalEnvironment


class PortalFlask(Flask):
    request_class = PortalRequest
    jinja_environment = PortalEnvironment

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """No view and no hook is asynchronous; Flask would look at each of them anew in every request."""
        return func
