"""學生連結: the guardian applies (B1), the school reviews (B2)."""

from __future__ import annotations

from typing import Any

from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name

from app.web.base_views import PortalView


class GuardianLinksView(PortalView):
    route_base = "/portal/links"
    default_view = "links"
    class_permission_name = "GuardianLinks"

    @expose("/", methods=["GET", "POST"])
    @has_access
    @permission_name("open")
    def links(self) -> Any:
        return self.render("layouts/shell.html", surface="portal")


class LinkReviewView(PortalView):
    route_base = "/student-affairs/links"
    default_view = "review"
    class_permission_name = "LinkReview"

    @expose("/", methods=["GET", "POST"])
    @has_access
    @permission_name("open")
    def review(self) -> Any:
        return self.render("layouts/shell.html", surface="student_affairs")
