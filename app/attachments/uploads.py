"""Pages that take files may be sent more than other pages, from those who may open them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, g, request
from flask_appbuilder import AppBuilder

from app.access.pages import may_open

MOST_OF_REQUEST = 128 * 1024 * 1024
"""Ten files of 10 MB, and the rest of the form. The reverse proxy must let as much through."""


class TakesFiles:
    """For a PortalView whose form takes files. It runs before the form is read for its CSRF token."""

    class_permission_name: str
    most_of_request = MOST_OF_REQUEST
    """Bytes."""

    def create_blueprint(self, appbuilder: AppBuilder, *args: Any, **kwargs: Any) -> Blueprint:
        blueprint: Blueprint = super().create_blueprint(appbuilder, *args, **kwargs)  # type: ignore[misc]
        blueprint.url_value_preprocessor(self._let_files_in)
        return blueprint

    def _let_files_in(self, endpoint: str | None, values: dict[str, Any] | None) -> None:
        actor = g.get("actor")
        if request.method != "POST" or actor is None:
            return
        session = current_app.appbuilder.session  # type: ignore[attr-defined]
        if may_open(session, actor, "can_open", self.class_permission_name):
            request.max_content_length = self.most_of_request
