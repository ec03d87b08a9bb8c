"""Deleting a row on a generated screen: asked on a page of its own, refused as long as anything hangs on the row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import flash, redirect, request
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.access.session import system
from app.extensions import db


class Deleting:
    """The part of a generated screen that answers ``…/delete``, and the page that asks before any such act."""

    # what it uses of the screen
    appbuilder: Any
    datamodel: Any
    route_base: str
    list_columns: Any
    label_columns: Any
    refusals: Any
    confirm_template: str
    delete_title: Any
    delete_row_message: Any
    delete_integrity_error_message: Any
    pre_delete: Any
    post_delete: Any
    cell: Any
    row_title: Any
    came_from: Any
    render_template: Any
    get_default_url: Any
    _note_change: Any
    _get_to_write_or_404: Any

    @expose("/delete/<pk>", methods=["GET", "POST"])
    @has_access
    def delete(self, pk: Any) -> Any:
        """Ask on a page of its own, delete by POST. A row that others hang on stays, and the page says which."""
        row = self._get_to_write_or_404(pk)
        hanging = [(self._words_of_table(name), number) for name, number in what_hangs_on(row).items()]
        if request.method == "POST" and not hanging:
            self._delete(pk)
            return self.post_delete_redirect()
        name = self.row_title(row)
        question = _("%(row)s cannot be deleted", row=name) if hanging else _("Delete %(row)s?", row=name)
        page = self.ask(row, question, _("Yes, delete it"), "trash", self.delete_title, hanging)
        return page, 409 if request.method == "POST" else 200

    def ask(self, row: Any, question: str, yes: str, icon: str, title: Any, hanging: Sequence[Any] = ()) -> str:
        """The page that asks before an act on ``row``; the act itself is the POST to the same address."""
        facts = [(str(self.label_columns[name]), self.cell(row, name)) for name in self.list_columns]
        return self.render_template(
            self.confirm_template,
            title=title,
            question=question,
            yes=yes,
            yes_icon=icon,
            facts=facts,
            hanging=hanging,
            came_from=self.came_from(),
        )

    def _words_of_table(self, table: str) -> str:
        for view in self.appbuilder.baseviews:
            datamodel = getattr(view, "datamodel", None)
            if datamodel is not None and datamodel.obj.__tablename__ == table:
                return str(view.list_title)
        return str(_l("Other data"))

    def _delete(self, pk: Any) -> None:
        row = self._get_to_write_or_404(pk)
        try:
            self.pre_delete(row)
            self._note_change("delete", row)
            self.datamodel.delete(row, commit=False)
            self.post_delete(row)
            db.session.commit()
            flash(str(self.delete_row_message), "success")
        except tuple(self.refusals) as refusal:
            db.session.rollback()
            flash(str(self.refusals[type(refusal)][1]), "danger")
        except sa.exc.IntegrityError:
            db.session.rollback()
            flash(str(self.delete_integrity_error_message), "danger")

    def post_delete_redirect(self) -> Any:
        """Not back to the page of the row that is gone."""
        origin = self.came_from()
        gone = urlsplit(origin).path.startswith((f"{self.route_base}/show/", f"{self.route_base}/edit/"))
        return redirect(self.get_default_url() if gone or not origin else origin)


def what_hangs_on(row: Any) -> dict[str, int]:
    """Table → how many of its rows name ``row``, in one statement; deleting would take them along or fail.

    Counted beyond the actor's scope on purpose: marks that a keeper may not read must not vanish with the student.
    """
    table, key = type(row).__table__, sa.inspect(row).identity[0]
    counts = []
    for other in table.metadata.sorted_tables:
        for reference in other.foreign_keys:
            if reference.column.table is table:
                count = sa.select(sa.func.count()).select_from(other).where(reference.parent == key)
                counts.append((other.name, count.scalar_subquery()))
    if not counts:
        return {}
    with system("count what hangs on a row that is to be deleted"):
        found = db.session.execute(sa.select(*(count for _name, count in counts))).one()
    hanging: Counter[str] = Counter()
    for (name, _count), number in zip(counts, found, strict=True):
        hanging[name] += number
    return {name: number for name, number in hanging.items() if number}
