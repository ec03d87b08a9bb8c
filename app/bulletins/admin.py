"""班級公佈欄 on file, to be read. Teachers write bulletins at their desk (班導師互動區)."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.bulletins.models import Bulletin
from app.schools.lookups import CLASSES
from app.web.cells import text_of_rich_text
from app.web.datamodel import ScopedInterface
from app.web.model_views import ScopedModelView


class BulletinAdmin(ScopedModelView):
    datamodel = ScopedInterface(Bulletin)
    surface = "student_affairs"
    route_base = "/student-affairs/bulletins-on-file"
    class_permission_name = "BulletinAdmin"
    list_title, row_name = _l("Bulletins on file"), _l("Bulletin")
    lookups = {"school_class": CLASSES}

    list_columns = ["title", "school_class", "publish_from", "publish_until", "author_name"]
    show_columns = [
        "title",
        "school_class",
        "body",
        "attachments",
        "is_pinned",
        "publish_from",
        "publish_until",
        "author_name",
        "created_at",
        "updated_at",
    ]
    search_columns = ["title", "school_class", "author_name", "publish_from", "is_pinned"]
    order_columns = ["publish_from"]
    base_order = ("id", "desc")
    formatters_columns = {"body": text_of_rich_text}
    empty_words = _l("There is no bulletin on file yet.")
