"""/styleguide: every component in every state, made by the product's own macros, partials and classes. Development only."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from flask import abort, current_app, request
from flask_appbuilder import expose

from app.attachments.models import ScanState
from app.conversations.queries import Line, Page
from app.model_types import now, today
from app.portal.styleguide_forms import SampleForm
from app.web.base_views import PortalView

COLOURS = (
    ("brand-fill", "主色 填色"),
    ("brand-tint", "主色 淡底"),
    ("official-fill", "公務 紅"),
    ("general-fill", "一般 綠"),
    ("pending-tint", "待審核 淡底"),
    ("ok-tint", "通過 淡底"),
    ("bad-tint", "錯誤 淡底"),
    ("warn-tint", "提醒 淡底"),
    ("ground", "頁底"),
    ("paper", "紙面"),
    ("sunken", "下沉"),
    ("line-strong", "欄框"),
    ("ink", "字"),
    ("ink-2", "次要字"),
    ("ink-3", "說明字"),
    ("seal", "印章"),
)


class StyleguideView(PortalView):
    route_base = "/styleguide"
    default_view = "show"

    @expose("/", methods=["GET"])
    def show(self) -> Any:
        """In the theme of the system, or in ``?theme=light`` or ``dark``. 404 outside development."""
        if current_app.config["PORTAL_ENV"] != "development":
            abort(404)
        theme = request.args.get("theme", "")
        return self.render(
            "portal/styleguide.html",
            theme=theme if theme in ("light", "dark") else "",
            colours=COLOURS,
            day=today(),
            form=_filled_form(),
            page=_conversation(),
            children=_children(),
            files=_files(),
            table=_pages(),
        )


def _filled_form() -> SampleForm:
    form = SampleForm(data={"full_name": "陳美玲", "email": "name@gmail", "number": "A22****789", "stays": True})
    form.email.errors = ["信箱少了網域結尾，例如 .com 或 .tw"]
    return form


def _conversation() -> Page:
    moment = now()
    words = ((False, "林淑芬", "導師", "好的，星期一見。"), (True, "陳美玲", "母親", "謝謝老師，\n孩子已經好多了。"))
    return Page(
        [
            Line(number, name, capacity, is_guardian, text, moment - timedelta(minutes=9 - number), today())
            for number, (is_guardian, name, capacity, text) in enumerate(words, 1)
        ]
    )


def _children() -> list[SimpleNamespace]:
    return [
        SimpleNamespace(student_id=1, name="王小明", mark="明", variant="a", school_name="文昌國小", class_label="五年一班"),
        SimpleNamespace(student_id=2, name="王小華", mark="華", variant="b", school_name="中興國中", class_label="七年一班"),
    ]


def _files() -> list[SimpleNamespace]:
    kinds = (
        ("數學練習卷.pdf", "application/pdf", ScanState.PASSED),
        ("校外教學同意書.docx", "application/msword", ScanState.HELD),
    )
    return [
        SimpleNamespace(id=number, original_name=name, content_type=kind, size=182_000, scan_state=state)
        for number, (name, kind, state) in enumerate(kinds, 1)
    ]


def _pages() -> SimpleNamespace:
    asked = SimpleNamespace(page=1)
    return SimpleNamespace(asked=asked, pages=4, near_pages=[0, 1, 2, 3], page_url=lambda number: f"?page={number}")
