"""The export of a generated list: the rows of the present search, within the scope, as a file.

Closed unless the screen names ``export_columns`` and access.pages grants «export» on its page. It is a POST: each one
is written into the audit log.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from flask import Response, abort, flash, redirect, request, send_file
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext as _
from markupsafe import Markup

from app.audit.record import record
from app.extensions import db
from app.model_types import today
from app.web.base_views import acting_account
from app.web.export_files import FILE_KINDS, Value, new_file
from app.web.list_page import Asked, list_url
from app.web.search import read_search

MOST_ROWS = 20_000
"""A file holds no more: a school's marks of one term fit; a city's rows are not a list."""


class Exporting:
    """The part of a generated screen that answers ``POST …/export``."""

    # what it uses of the screen
    datamodel: Any
    label_columns: Any
    formatters_columns: Any
    base_order: Any
    list_title: Any
    page_size: int
    _filters: Any
    _base_filters: Any
    cell: Any
    add_conditions: Any

    export_columns: Sequence[str] = ()
    """Columns of the list, as many of them as a file may hold; none unless said: no export."""

    @expose("/export", methods=["POST"])
    @has_access
    @permission_name("export")
    def export(self) -> Any:
        """The file, or the way back to the list with the words why there is none."""
        kind = FILE_KINDS.get(request.form.get("format", "")) or abort(404)
        search, asked = read_search(self, request.args), Asked.of(self, request.args)
        conditions = self.add_conditions(search)
        if self.datamodel.query_count(self.datamodel.start(), conditions, most=MOST_ROWS) > MOST_ROWS:
            flash(_("More than %(most)s rows fit. Search for fewer, then export them.", most=MOST_ROWS), "warning")
            return redirect(list_url(self, search, asked.order, asked.page_size))
        file, labels = new_file(), [str(self.label_columns[name]) for name in self.export_columns]
        rows = self.datamodel.every_row(conditions, *(asked.order or self.base_order or ("", "")))
        count = kind.write(file, str(self.list_title), labels, self._cells(rows))
        record(acting_account(), f"export.{self.datamodel.obj.__tablename__}", detail=f"{count} rows, {kind.suffix}")
        db.session.commit()
        return self._answer(file, kind)

    def _cells(self, rows: Any) -> Iterator[list[Value]]:
        for row in rows:
            yield [self.cell_of_export(row, name) for name in self.export_columns]

    def cell_of_export(self, row: Any, name: str) -> Value:
        """A number, a day or an instant as such; everything else in the words of the list."""
        value = self.datamodel._get_attr_value(row, name)
        is_plain = isinstance(value, (int, float, Decimal, date)) and not isinstance(value, (bool, enum.Enum))
        if is_plain and name not in self.formatters_columns:
            return value
        words = self.cell(row, name)
        return words.striptags() if isinstance(words, Markup) else str(words)

    def _answer(self, file: Any, kind: Any) -> Response:
        size = file.tell()
        file.seek(0)
        name = re.sub(r"[\\/:*?\"<>|\s]+", "_", f"{self.list_title}_{today().isoformat()}.{kind.suffix}")
        answer = send_file(file, mimetype=kind.content_type, as_attachment=True, download_name=name)
        answer.content_length = size
        answer.headers["Cache-Control"] = "no-store"
        return answer
