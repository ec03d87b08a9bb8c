"""親師互動功能: the areas of one child (B4.1)."""

from __future__ import annotations

from typing import Any

from flask import abort, redirect, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name

from app.access.actor import Actor
from app.portal.queries import Child, children_of
from app.web.base_views import PortalView, acting_account


def child_or_404(actor: Actor, student_id: int) -> tuple[Child, list[Child]]:
    """The linked child with this id, and all of the actor's children for the picker; 404 when it is not linked."""
    children = children_of(actor)
    child = next((child for child in children if child.student_id == student_id), None)
    if child is None:
        abort(404)
    return child, children


class ChildAreasView(PortalView):
    route_base = "/portal/children"
    default_view = "pick"
    class_permission_name = "ChildAreas"

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("open")
    def pick(self) -> Any:
        children = children_of(acting_account())
        if len(children) == 1:
            return redirect(url_for("ChildAreasView.areas", student_id=children[0].student_id))
        return self.render("portal/pick.html", children=children)

    @expose("/<int:student_id>/", methods=["GET"])
    @has_access
    @permission_name("open")
    def areas(self, student_id: int) -> Any:
        child, children = child_or_404(acting_account(), student_id)
        return self.render("portal/areas.html", child=child, children=children)

    @expose("/go/<area>", methods=["GET"])
    @has_access
    @permission_name("open")
    def go(self, area: str) -> Any:
        return self.render("layouts/shell.html", surface="portal")
