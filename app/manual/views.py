"""使用手冊, open to everybody, in the reader's language."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import Response, abort, send_file, send_from_directory
from flask_appbuilder import expose

from app.manual.editions import CHINESE, ENGLISH, FOLDER, chapters_of, edition_for, file_of, text_of
from app.web.base_views import PortalView
from app.web.locales import page_language

_A_DAY = 24 * 60 * 60


class ManualView(PortalView):
    route_base = "/manual"
    default_view = "contents"

    @expose("/", methods=["GET"])
    def contents(self) -> Any:
        edition = edition_for(page_language())
        parts = [(part, list(group)) for part, group in groupby(chapters_of(edition), lambda chapter: chapter.part)]
        file = file_of(edition)
        is_printed = file is not None and file.exists()
        return self.render("manual/contents.html", edition=edition, parts=parts, is_printed=is_printed)

    @expose("/<chapter_id>", methods=["GET"])
    def chapter(self, chapter_id: str) -> Any:
        edition = edition_for(page_language())
        chapters = chapters_of(edition)
        place = next((place for place, each in enumerate(chapters) if each.id == chapter_id), None)
        if place is None:
            abort(404)
        return self.render(
            "manual/chapter.html",
            edition=edition,
            chapter=chapters[place],
            before=chapters[place - 1] if place else None,
            after=chapters[place + 1] if place + 1 < len(chapters) else None,
            text=text_of(edition, chapter_id),
        )

    @expose("/<any('zh-TW', 'en'):edition>/<any('pictures'):folder>/<name>", methods=["GET"])
    def picture(self, edition: str, folder: str, name: str) -> Response:
        """A picture of a step."""
        if not name.endswith(".webp"):
            abort(404)
        return send_from_directory(FOLDER / edition / folder, name, max_age=_A_DAY)

    @expose("/<any('zh-TW', 'en'):edition>/manual.pdf", methods=["GET"])
    def whole(self, edition: str) -> Response:
        """All chapters as one file to print or to keep. 404 until the worker has made it."""
        file = file_of(edition)
        if file is None or not file.exists():
            abort(404)
        name = {CHINESE: "使用手冊.pdf", ENGLISH: "manual.pdf"}[edition]
        return send_file(file, download_name=name, as_attachment=True, max_age=_A_DAY)
