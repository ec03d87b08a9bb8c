"""What a request may bring. Werkzeug limits the fields of multipart forms; plain forms it reads whole, however long."""

from __future__ import annotations

from flask import Request, current_app


class PortalRequest(Request):
    """Plain forms obey MAX_FORM_MEMORY_SIZE as well: a longer one is answered with 413 before it is read."""

    @property
    def max_content_length(self) -> int | None:
        limit = super().max_content_length
        if not current_app or self.mimetype != "application/x-www-form-urlencoded":
            return limit
        of_fields: int = current_app.config["MAX_FORM_MEMORY_SIZE"]
        return of_fields if limit is None else min(limit, of_fields)

    @max_content_length.setter
    def max_content_length(self, value: int | None) -> None:
        self._max_content_length = value
