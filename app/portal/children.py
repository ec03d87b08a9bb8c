"""親師互動功能: the areas of one child (B4.1)."""

from __future__ import annotations

from typing import Any

from flask import abort, redirect, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name

from app.access.actor import Actor
from app.conversations.models import Channel
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
            return redirect(_to_areas(children[0]))
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
        """The bottom bar's ways: to the area of the child given as ``child``, else of the first one."""
        if area not in _WAYS:
            abort(404)
        children = children_of(acting_account())
        if not children:
            return redirect(url_for("PortalHomeView.home"))
        wanted = request.args.get("child")
        child = next((child for child in children if str(child.student_id) == wanted), children[0])
        return redirect(_WAYS[area](child))


def _to_areas(child: Child) -> str:
    return url_for("ChildAreasView.areas", student_id=child.student_id)


def _to_contact_book(child: Child) -> str:
    return url_for("ChildContactBookView.day", student_id=child.student_id) if child.class_id else _to_areas(child)


def _to_messages(child: Child) -> str:
    """The homeroom teacher's area, else an office's; a child with every switch at 關 has none."""
    channel = next((channel for channel in Channel if channel in child.open_channels), None)
    if channel is None:
        return _to_areas(child)
    return url_for("ChildThreadsView.thread", student_id=child.student_id, channel=channel.value)


def _to_records(child: Child) -> str:
    return url_for("ChildRecordsView.records", student_id=child.student_id)


_WAYS = {"contact-book": _to_contact_book, "messages": _to_messages, "records": _to_records}
