"""最新消息 of the city, written by the city administrator."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.portal.models import News
from app.web.cells import paragraphs
from app.web.datamodel import ScopedInterface
from app.web.model_views import ScopedModelView


class NewsAdmin(ScopedModelView):
    datamodel = ScopedInterface(News)
    route_base = "/sso/news"
    class_permission_name = "NewsAdmin"
    list_title, row_name = _l("News of the city"), _l("Piece of news")
    label_columns = {"category": _l("Kind of news")}

    list_columns = ["title", "category", "office", "published_on"]
    show_columns = ["title", "summary", "body", "category", "office", "published_on"]
    add_columns = edit_columns = ["title", "summary", "body", "category", "office", "published_on"]
    search_columns = ["title", "body", "category", "office", "published_on"]
    order_columns = ["title", "published_on"]
    base_order = ("published_on", "desc")
    formatters_columns = {"body": paragraphs}
    description_columns = {
        "body": _l("Plain text; an empty line begins a new paragraph."),
        "published_on": _l("From this day on everybody sees it on the home page."),
    }
    empty_words = _l("Nothing has been announced yet.")
