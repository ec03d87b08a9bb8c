"""The base of every generated screen: FAB's ModelView and ModelRestApi, made safe for many threads and many schools.

What FAB does not do by itself, and is mended here for all screens at once: filters per request (FAB shares one object
between threads: marks landed on the wrong child), refusals of the data layer as 404 (FAB shows the exception's text),
no actions and downloads unless declared, search and order on listed columns only.
"""

from __future__ import annotations

import copy
from typing import Any

from flask import abort, g, has_request_context
from flask_appbuilder import ModelRestApi, ModelView

from app.extensions import db


class RequestFilters:
    """``_filters`` per request and view: FAB keeps one shared object per class (upstream issue 2366)."""

    is_account_screen = False
    """True for the screens on FAB's own account tables, which stay outside the row scope (access.policy guards them)."""

    @property
    def _filters(self) -> Any:
        prototype = self.__dict__.get("_filters_prototype")
        if prototype is None or not has_request_context():
            return prototype
        own = g.setdefault("view_filters", {})
        key = id(self)
        if key not in own:
            own[key] = copy.copy(prototype)
            own[key].clear_filters()
        return own[key]

    @_filters.setter
    def _filters(self, value: Any) -> None:
        self.__dict__["_filters_prototype"] = value


class ScopedModelView(RequestFilters, ModelView):
    """A generated screen. Columns, labels and searches are declared by the subclass; rows are the data layer's."""

    exclude_route_methods = {"action", "action_post", "download"}
    surface = "sso"

    def update_redirect(self) -> None:
        """FAB keeps visited addresses in the session; they do not belong there."""

    def render_template(self, template: str, **kwargs: Any) -> str:
        return super().render_template(template, surface=self.surface, **kwargs)

    def _refused(self, done: Any) -> Any:
        error = g.pop("out_of_scope", None)
        if error is not None:
            db.session.rollback()
            abort(404)
        return done

    def _add(self) -> Any:
        return self._refused(super()._add())

    def _edit(self, pk: Any) -> Any:
        return self._refused(super()._edit(pk))

    def _delete(self, pk: Any) -> Any:
        return self._refused(super()._delete(pk))


class ScopedModelRestApi(RequestFilters, ModelRestApi):
    """A generated REST resource; same rows as the screen, 422 for a foreign key outside the scope."""
