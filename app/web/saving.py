"""Adding and changing a row on a generated screen: its form, what is settled for it, all of it or nothing.

Errors stand beside their fields with what was typed kept; a form that is sent twice adds one row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from secrets import token_urlsafe
from typing import Any

import sqlalchemy as sa
from flask import abort, flash, request
from flask_babel import lazy_gettext as _l

from app.access.owning import SchoolsDiffer, settle_school
from app.extensions import db
from app.limits.counts import Limit, LimitReached, take
from app.web.base_views import acting_account
from app.web.datamodel import row_key
from app.web.uniqueness import column_already_taken

FORM_IS_KNOWN = timedelta(days=1)
"""So long a form that adds a row is recognised when it is sent once more."""


class Saving:
    """The part of a generated screen that answers ``…/add`` and ``…/edit``."""

    # what it uses of the screen
    datamodel: Any
    add_form: Any
    edit_form: Any
    add_columns: Any
    label_columns: Any
    lookups: Any
    refusals: Any
    add_row_message: Any
    edit_row_message: Any
    database_error_message: Any
    pre_add: Any
    pre_update: Any
    post_add: Any
    post_update: Any
    row_title: Any
    check_form: Any
    closed_columns: Any
    came_from: Any
    _note_reading: Any
    _note_change: Any
    _get_to_write_or_404: Any
    _get_related_views_widgets: Any

    def _add(self) -> dict[str, Any] | None:
        parents = self._parents()
        form = self._open_form(self.add_form, None, parents)
        if request.method == "POST" and self._is_valid(form, None):
            row = self.datamodel.obj()
            try:
                is_saved = self._save(form, row, parents)
            except LimitReached:  # the same form came a moment ago: what it says is there already
                db.session.rollback()
                is_saved = True
            if is_saved:
                flash(str(self.add_row_message), "success")
                return None
        return self._form_widgets("add", form, parents)

    def _edit(self, pk: Any) -> dict[str, Any] | None:
        row = self._get_to_write_or_404(pk)
        title = self.row_title(row)
        self._note_reading(row)
        form = self._open_form(self.edit_form, row, {})
        if request.method == "POST" and self._is_valid(form, row) and self._save(form, row, None):
            flash(str(self.edit_row_message), "success")
            return None
        widgets = self._form_widgets("edit", form, {}, title)
        return self._get_related_views_widgets(row, widgets=widgets)

    def _parents(self) -> dict[str, Any]:
        """The rows that the address names as parents of the new one (?_flt_0_student=5), within the scope, or 404."""
        parents = {}
        for column in self.add_columns:
            text = request.args.get(f"_flt_0_{column}")
            if text is not None and column in self.lookups:
                key = row_key(text)
                parents[column] = (self.lookups[column].load(key) if key is not None else None) or abort(404)
        return parents

    def _open_form(self, form_class: Any, row: Any, parents: Mapping[str, Any]) -> Any:
        """The form without what is settled by the address or is not the acting account's to fill in."""
        form = form_class.refresh(obj=row)
        for column in {*parents, *self.closed_columns()}:
            if column in form:
                del form[column]
        return form

    def _is_valid(self, form: Any, row: Any) -> bool:
        with db.session.no_autoflush:
            if form.validate():
                self.check_form(form, row)
        return not form.errors and not form.general_errors

    def _save(self, form: Any, row: Any, parents: Mapping[str, Any] | None) -> bool:
        """Write what the form says into ``row``, all of it or nothing; False when the form now says why not.

        OutOfScope goes on to its handler: 404.
        """
        is_new = parents is not None
        try:
            if is_new:
                self._use_form()
            with db.session.no_autoflush:
                form.populate_obj(row)
                for column, parent in (parents or {}).items():
                    setattr(row, column, parent)
                settle_school(row, acting_account())
                (self.pre_add if is_new else self.pre_update)(row)
                taken = column_already_taken(self.datamodel.obj, row)
            if taken is None:
                self.datamodel.add(row, commit=False)
                self._note_change("add" if is_new else "edit", row)
                (self.post_add if is_new else self.post_update)(row)
                db.session.commit()
                return True
            form.refuse(self._field_of(form, taken), _l("There is one like this already."))
        except SchoolsDiffer as refusal:
            form.refuse(refusal.column, _l("It belongs to another school than the rest."))
        except tuple(self.refusals) as refusal:
            form.refuse(*self.refusals[type(refusal)])
        except sa.exc.IntegrityError:
            form.general_errors.append(str(self.database_error_message))
        db.session.rollback()
        return False

    def _use_form(self) -> None:
        """A page's form adds one row, however often it is sent; with something else typed into it, it is another form.

        Noted in the transaction of the row. Raises LimitReached.
        """
        key = request.form.get("form_key", "")
        if key:
            said = hashlib.sha256(repr(sorted(request.form.items(multi=True))).encode()).hexdigest()
            once = f"{acting_account().id}|{request.path}|{key[:40]}|{said}"
            take(Limit("form.sent", once, 1, FORM_IS_KNOWN))

    def _field_of(self, form: Any, columns: Sequence[str]) -> str:
        """The last of ``columns`` that stands in the form, as itself or as its relation."""
        for column in reversed(columns):
            for name in (column, *self.datamodel.relations_of(column)):
                if name in form:
                    return name
        return ""

    def _form_widgets(self, act: str, form: Any, parents: Mapping[str, Any], title: str = "") -> dict[str, Any]:
        fixed = [(str(self.label_columns[column]), self.lookups[column].label(row)) for column, row in parents.items()]
        columns = [name for name in getattr(self, f"{act}_columns") if name in form]
        widget = getattr(self, f"{act}_widget")(
            view=self,
            form=form,
            columns=columns,
            fixed=fixed,
            title=title,
            came_from=self.came_from(),
            form_key=token_urlsafe(12) if act == "add" else "",
        )
        return {act: widget}
