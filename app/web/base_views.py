"""The base of every page that we write ourselves: ``PortalView``. Generated screens: app.web.model_views."""

from __future__ import annotations

from typing import Any, cast

from flask import g
from flask_appbuilder import BaseView

from app.access.actor import Actor
from app.web.templating import render_page


def acting_account() -> Actor:
    """Who acts in this request. Only for pages behind a sign-in."""
    return cast(Actor, g.actor)


class PortalView(BaseView):
    """A page of ours: load within the scope, form, service, message, redirect.

    Guard methods with ``@expose(url) @has_access @permission_name("open")`` and set ``class_permission_name`` to the
    page's name in access.pages; public methods carry no guard and stand in access.gates.PUBLIC.
    """

    template_folder = None
    """Templates are ours alone: FAB's would stand behind every view."""

    def update_redirect(self) -> None:
        """FAB keeps visited addresses in the session; they do not belong there."""

    def render(self, template: str, **context: Any) -> str:
        return render_page(template, **context)
