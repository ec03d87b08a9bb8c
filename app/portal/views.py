"""The public face: home page, news, site map, information, language; and a signed-in person's home."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import abort, current_app, g, jsonify, redirect, request, session, url_for
from flask_appbuilder import expose
from flask_babel import lazy_gettext as _l

from app.access.session import system
from app.accounts.models import AccountProfile
from app.extensions import db
from app.portal import queries
from app.portal.health import look
from app.portal.information import TOPICS
from app.web.base_views import PortalView
from app.web.redirects import safe_next
from app.web.requests import row_number

SURFACES = (
    ("portal", _l("Taoyuan education portal")),
    ("student_affairs", _l("Cloud student affairs system")),
    ("sso", _l("Single sign-on platform")),
)


class HomeView(PortalView):
    """教育發展資源入口網's first page: the red and the green block (A1.1, A3.1), and the news of the city."""

    route_base = ""
    default_view = "index"

    @expose("/")
    def index(self) -> Any:
        return self.render("home/index.html", news=queries.latest_news(6))

    @expose("/news")
    def news_list(self) -> Any:
        news, older = queries.news_page(before=request.args.get("before", type=row_number))
        return self.render("home/news_list.html", news=news, older=older)

    @expose("/news/<int:news_id>")
    def news(self, news_id: int) -> Any:
        item = queries.find_news(news_id) or abort(404)
        return self.render("home/news.html", item=item)

    @expose("/site-map")
    def site_map(self) -> Any:
        topics = {name: topic.title for name, topic in TOPICS.items()}
        return self.render("home/site_map.html", surfaces=SURFACES, topics=topics)

    @expose("/information/<topic>")
    def information(self, topic: str) -> Any:
        text = TOPICS.get(topic) or abort(404)
        return self.render("home/information.html", title=text.title, paragraphs=text.paragraphs)

    @expose("/health")
    def health(self) -> Any:
        """Ready: for the machine that watches, and for a load balancer. 503 when pages cannot be served."""
        parts, is_ready = look()
        return jsonify(status="ok" if is_ready else "away", **parts), 200 if is_ready else 503

    @expose("/health/live")
    def live(self) -> Any:
        """Alive: this process answers, whatever else is away; restarting it would help nobody while it does."""
        return jsonify(status="ok")


class LanguageView(PortalView):
    """The reader's language, before and after sign-in."""

    route_base = "/language"
    default_view = "choose"

    @expose("/", methods=["POST"])
    def choose(self) -> Any:
        locale = request.form.get("locale", "")
        if locale not in current_app.config["LANGUAGES"]:
            abort(400)
        session["locale"] = locale
        if g.actor is not None:
            with system("keep the reader's language"):
                db.session.execute(
                    sa.update(AccountProfile).where(AccountProfile.account_id == g.actor.id).values(locale=locale)
                )
                db.session.commit()
        return redirect(safe_next(request.form.get("next")) or url_for("HomeView.index"))
