"""A signed-in person's home: what waits for a guardian; the ways on for everybody else."""

from __future__ import annotations

from typing import Any

from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name

from app.access.actor import Actor
from app.access.policy import is_guardian
from app.model_types import today
from app.portal import home_queries, queries
from app.portal.todo import build_home
from app.web.base_views import PortalView, acting_account

NEWS = 6


class PortalHomeView(PortalView):
    route_base = "/portal"
    default_view = "home"
    class_permission_name = "PortalHome"

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("open")
    def home(self) -> Any:
        actor = acting_account()
        if is_guardian(actor):
            return self._guardians_home(actor)
        return self.render("portal/home.html", bar="home", day=today(), news=queries.latest_news(NEWS))

    def _guardians_home(self, actor: Actor) -> str:
        """Five statements with the session's, whatever there is to list, and one more while an application waits.

        Before the first child is linked: the session's, the news, and that one.
        """
        children = queries.children_of(actor)
        waiting = home_queries.waiting_applications(actor)
        if not children:
            return self.render(
                "portal/no_child.html", bar="home", day=today(), waiting=waiting, news=queries.latest_news(NEWS)
            )
        home = build_home(
            children,
            home_queries.newest_books(actor, children),
            home_queries.talks_of(actor),
            home_queries.recent_bulletins(actor, children),
        )
        return self.render(
            "portal/guardian_home.html",
            bar="home",
            day=today(),
            child=children[0] if len(children) == 1 else None,
            children=children,
            home=home,
            waiting=waiting,
        )
