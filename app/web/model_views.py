"""The base of every generated screen: FAB's ModelView, made safe for many threads and many schools, in our design.

A screen is a declaration (columns, labels, searches, lookups). FAB makes its addresses, permissions and forms; what FAB
does not do by itself stands here once for all screens: filters per request (FAB shares one object between threads:
marks landed on the wrong child), refusals of the data layer as 404 (FAB shows the exception's text), the school of a
new row, errors beside their fields with what was typed kept, a page that asks before anything is deleted, and no act,
search or order that was not declared. Rows are the data layer's.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode, urlsplit

import sqlalchemy as sa
from flask import Response, abort, g, has_request_context, jsonify, request
from flask_appbuilder import ModelView, expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import lazy_gettext as _l

from app.access.loading import writable_ids
from app.access.pages import acts_of, may_open
from app.audit.reading import is_about_students, record_reading, student_of
from app.audit.record import record
from app.extensions import db
from app.web.base_views import acting_account
from app.web.cells import shown
from app.web.clean_text import one_line
from app.web.column_names import COLUMN_NAMES
from app.web.conditions import RelatedIs
from app.web.datamodel import COUNT_LIMIT, row_key
from app.web.declarations import require_safe_declaration, searchable, sortable
from app.web.deletion import Deleting
from app.web.exporting import Exporting
from app.web.generated_forms import FormConverter, GeneratedForm
from app.web.list_page import Asked, Column, ListTable, Row, list_url, told_apart
from app.web.lookups import Lookup
from app.web.redirects import safe_next
from app.web.saving import Saving
from app.web.search import SearchRow, read_search
from app.web.widgets import AddWidget, EditWidget, ListWidget, SearchWidget, ShowWidget

RELATED_ROWS = 10
NEVER_OPEN = frozenset({"action", "action_post", "download"})
"""FAB's routes that load rows and files without asking whose they are; no subclass opens them again."""


class RequestFilters:
    """``_filters`` per request and view: FAB keeps one shared object per class (upstream issue 2366)."""

    is_account_screen = False
    """True for the screens on FAB's own account tables, which stay outside the row scope (access.policy guards them)."""

    @property
    def _filters(self) -> Any:
        prototype = self.__dict__.get("_filters_prototype")
        if prototype is None or not has_request_context():
            return prototype
        own = g.setdefault("view_filters", {})
        key = id(self)
        if key not in own:
            own[key] = copy.copy(prototype)
            own[key].clear_filters()
        return own[key]

    @_filters.setter
    def _filters(self, value: Any) -> None:
        self.__dict__["_filters_prototype"] = value


@dataclass(frozen=True)
class RowAct:
    """A further act on one row: a link to the page that does it (and asks, where it must)."""

    url: str
    label: str
    icon: str
    is_danger: bool = False


@dataclass(frozen=True)
class Section:
    """Related rows under the page of one row."""

    id: str
    title: str
    widget: Any
    count: int
    is_counted: bool
    all_url: str
    add_url: str


class ScopedModelView(RequestFilters, Exporting, Saving, Deleting, ModelView):
    """A generated screen. Columns, labels and searches are declared by the subclass; rows are the data layer's."""

    # FAB's own, untyped
    exclude_route_methods: Any
    list_columns: Any
    show_columns: Any
    search_columns: Any
    label_columns: Any
    order_columns: Any
    search_form: Any
    list_title: Any
    show_title: Any
    add_title: Any
    edit_title: Any

    # ---------- what a screen declares, besides FAB's own declarations ----------

    surface = "sso"
    """Whose menu stands at the side: sso or student_affairs."""
    row_name: Any = ""
    """One row of it («Student»); the titles of the pages are made from it and from ``list_title``."""
    title_column: str | None = None
    """The column that names a row and leads to it; the first one unless said."""
    lookups: Mapping[str, Lookup] = {}
    """Relation → how its rows are found and named. Every relation in a form or a search has one."""
    eager_columns: Sequence[str] = ()
    """Relations that properties among the columns read («seat.school_class»)."""
    eager_for_page: Sequence[str] = ()
    """The same for the page of one row alone."""
    optional_columns: Sequence[str] = ()
    """Columns that a form may leave empty although the table does not: the screen fills them in."""
    number_columns: Sequence[str] = ()
    """Columns set flush right."""
    refusals: Mapping[type[Exception], tuple[str, Any]] = {}
    """What a service called in pre_add, pre_update or pre_delete may raise → the column it is about, and the words."""
    audits_reading: bool | None = None
    """Whether reading its rows is noted (design: §5); unless said, where they are records of students."""
    empty_words: Any = _l("There is nothing here yet.")

    template_folder = None
    list_widget, show_widget = ListWidget, ShowWidget
    add_widget, edit_widget, search_widget = AddWidget, EditWidget, SearchWidget
    confirm_template = "appbuilder/general/model/confirm.html"
    add_row_message = _l("Data added!")
    edit_row_message = _l("Data updated!")
    delete_row_message = _l("Data deleted!")
    database_error_message = _l(
        "Nothing was saved: it clashes with data that are there already. What you typed is still here."
    )

    def __init__(self, **kwargs: Any) -> None:
        self.datamodel = kwargs.get("datamodel") or self.datamodel
        require_safe_declaration(self, {"add": "add_columns", "edit": "edit_columns"})
        granted = acts_of(self.class_permission_name or type(self).__name__)
        closed = {"add", "edit", "delete", "export"} - granted
        if not self.lookups or not granted & {"add", "edit"}:
            closed.add("lookup")
        self.exclude_route_methods = {*self.exclude_route_methods, *NEVER_OPEN, *closed}
        super().__init__(**kwargs)

    def _init_properties(self) -> None:
        if self.audits_reading is None:
            self.audits_reading = is_about_students(self.datamodel.obj)
        self.datamodel.lookups = self.lookups
        self.datamodel.optional = frozenset(self.optional_columns)
        self.label_columns = {**COLUMN_NAMES, **(self.label_columns or {})}
        self.show_columns = self.show_columns or list(self.list_columns)
        searched = list(self.search_columns or searchable(self.datamodel, self.list_columns))
        super()._init_properties()
        for act in {"add", "edit"} & set(self.exclude_route_methods):
            setattr(self, f"{act}_columns", [])
        self.search_columns, self._filters = searched, self.datamodel.get_filters(searched)
        self.order_columns = sortable(self.datamodel, self.order_columns)
        shown_of_one = [*self.list_columns, *self.show_columns, *self.edit_columns]
        self.datamodel.load_with(
            for_lists=[*self.list_columns, *self.eager_columns],
            for_one=[*shown_of_one, *self.eager_columns, *self.eager_for_page],
        )

    def _init_forms(self) -> None:
        converter = FormConverter(self.datamodel)
        self.search_form = self.search_form or GeneratedForm
        for act in ("add", "edit"):
            if act in self.exclude_route_methods:
                setattr(self, f"{act}_form", GeneratedForm)
            elif not getattr(self, f"{act}_form"):
                form = converter.create_form(
                    self.label_columns,
                    getattr(self, f"{act}_columns"),
                    self.description_columns,
                    self.validators_columns,
                    getattr(self, f"{act}_form_extra_fields"),
                )
                setattr(self, f"{act}_form", form)
        super()._init_forms()

    def _init_titles(self) -> None:
        self.show_title = self.show_title or self.row_name
        self.add_title = self.add_title or _l("Add: %(thing)s", thing=self.row_name)
        self.edit_title = self.edit_title or _l("Edit: %(thing)s", thing=self.row_name)
        self.delete_title = _l("Delete: %(thing)s", thing=self.row_name)
        super()._init_titles()

    # ---------- what a screen may override ----------

    def row_title(self, row: Any) -> str:
        """How one row is called in headings and on buttons."""
        return str(row)

    def closed_columns(self) -> frozenset[str]:
        """Columns of the forms that are not the acting account's to fill in; policy says which."""
        return frozenset()

    def check_form(self, form: Any, row: Any) -> None:
        """Rules across fields: refuse with ``form.refuse(column, words)``. ``row`` is None in an add form."""

    def acts_on(self, row: Any) -> Sequence[RowAct]:
        """Further acts offered on one row, in lists and on its page."""
        return ()

    # ---------- rendering ----------

    def may(self, act: str) -> bool:
        """May the acting account do ``act`` on this page, on any row?"""
        if act in self.exclude_route_methods:
            return False
        return may_open(db.session, acting_account(), f"can_{act}", self.class_permission_name)

    def render_template(self, template: str, **kwargs: Any) -> str:
        return super().render_template(template, **{"view": self, "surface": self.surface, **kwargs})

    def update_redirect(self) -> None:
        """FAB keeps visited addresses in the session; they do not belong there."""

    def get_redirect(self) -> str:
        """The page that the act was begun from, if it is one of this portal, else the list."""
        return self.came_from() or self.get_default_url()

    def came_from(self) -> str:
        """Sent along by the forms; at first what the browser says it came from, on this host alone."""
        if request.method == "POST":
            return safe_next(request.form.get("next")) or ""
        origin = urlsplit(request.referrer or "")
        if origin.netloc != request.host or origin.path == request.path:
            return ""
        return safe_next(f"{origin.path}?{origin.query}" if origin.query else origin.path) or ""

    def address(self, act: str, key: int | None = None, **arguments: Any) -> str:
        path = f"{self.route_base}/{act}" + (f"/{key}" if key is not None else "")
        return f"{path}?{urlencode(arguments)}" if arguments else path

    def address_of_row(self, key: int) -> str:
        """Where the name of a row leads to in a list."""
        return self.address("show", key)

    # ---------- list ----------

    def _list(self, **kwargs: Any) -> dict[str, Any]:
        search = read_search(self, request.args)
        asked = Asked.of(self, request.args)
        conditions = self.add_conditions(search)
        table = self.table_of(conditions, asked, search=search, may_sort=True, add_url=self._add_url())
        table.may_export = self.may("export")
        widgets = {"list": self.list_widget(table=table), "search": self.search_widget(table=table)}
        self._note_list(table)
        return widgets

    def add_conditions(self, search: Sequence[SearchRow]) -> Any:
        """The conditions of ``search``, together with those that the screen always has."""
        filters = self._filters
        filters.clear_filters()
        for row in search:
            if row.applies:
                filters.add_filter_index(row.column, row.operator, row.text)
        return filters.get_joined_filters(self._base_filters)

    def _add_url(self, **arguments: Any) -> str:
        return self.address("add", **arguments) if self.may("add") else ""

    def table_of(
        self,
        conditions: Any,
        asked: Asked,
        *,
        search: Sequence[SearchRow] = (),
        hidden_column: str = "",
        may_sort: bool = False,
        add_url: str = "",
    ) -> ListTable:
        """One page of rows that fulfil ``conditions``, as plain values: nothing is asked of the database again."""
        if asked.order and self.datamodel.too_many_to_sort(conditions):
            asked = replace(asked, order=None)
        order = asked.order or self.base_order or ("", "")
        count, rows = self.datamodel.query(conditions, *order, page=asked.page, page_size=asked.page_size)
        names = [name for name in self.list_columns if name.split(".")[0] != hidden_column]
        title = self.title_column if self.title_column in names else names[0]
        keys = self.datamodel.get_keys(rows)
        may_edit, may_delete = self.may("edit"), self.may("delete")
        may_sort = may_sort and count <= COUNT_LIMIT
        writable = writable_ids(self.datamodel.obj, keys) if may_edit or may_delete else set()
        return ListTable(
            view=self,
            columns=[self._column(name, name == title, asked, search, may_sort) for name in names],
            rows=told_apart(
                [
                    Row(
                        key,
                        self.row_title(row),
                        [self.cell(row, name) for name in names],
                        key in writable,
                        self.acts_on(row),
                    )
                    for key, row in zip(keys, rows, strict=True)
                ],
                names.index(title),
            ),
            count=count,
            asked=asked,
            search=search,
            may_show=self.may("show"),
            may_edit=may_edit,
            may_delete=may_delete,
            empty_words=str(self.empty_words),
            add_url=add_url,
        )

    def cell(self, row: Any, name: str) -> Any:
        value = self.datamodel._get_attr_value(row, name)
        formatter: Callable[[Any], Any] = self.formatters_columns.get(name, shown)
        return formatter(value)

    def cell_of_page(self, row: Any, name: str) -> Any:
        """The same on the page of one row; override where a list shortens."""
        return self.cell(row, name)

    def _column(self, name: str, is_title: bool, asked: Asked, search: Sequence[SearchRow], may_sort: bool) -> Column:
        label = str(self.label_columns[name])
        css = "r" if name in self.number_columns else ""
        if not may_sort or name not in self.order_columns:
            return Column(name, label, is_title, css)
        direction = (asked.order or self.base_order or ("", ""))[1] if self._is_ordered_by(name, asked) else ""
        url = list_url(self, search, (name, "desc" if direction == "asc" else "asc"), asked.page_size)
        return Column(name, label, is_title, css, url, {"asc": "ascending", "desc": "descending"}.get(direction, ""))

    def _is_ordered_by(self, name: str, asked: Asked) -> bool:
        return (asked.order or self.base_order or ("", ""))[0] == name

    # ---------- one row ----------

    def _get_or_404(self, pk: Any) -> Any:
        return self.datamodel.get(pk, self._base_filters) or abort(404)

    def _get_to_write_or_404(self, pk: Any) -> Any:
        row = self._get_or_404(pk)
        key = self.datamodel.get_pk_value(row)
        if key not in writable_ids(self.datamodel.obj, [key]):
            abort(404)
        return row

    def _show(self, pk: Any) -> dict[str, Any]:
        row = self._get_or_404(pk)
        key = self.datamodel.get_pk_value(row)
        writable = bool(writable_ids(self.datamodel.obj, [key])) if self.may("edit") or self.may("delete") else False
        facts = [(str(self.label_columns[name]), self.cell_of_page(row, name)) for name in self.show_columns]
        widgets = {
            "show": self.show_widget(
                view=self,
                title=self.row_title(row),
                facts=facts,
                edit_url=self.address("edit", key) if writable and self.may("edit") else "",
                delete_url=self.address("delete", key) if writable and self.may("delete") else "",
                acts=self.acts_on(row),
            )
        }
        widgets = self._get_related_views_widgets(row, widgets=widgets)
        self._note_reading(row)
        return widgets

    def _get_related_views_widgets(  # type: ignore[override]
        self, item: Any, orders: Any = None, pages: Any = None, page_sizes: Any = None, widgets: Any = None, **other: Any
    ) -> dict[str, Any]:
        """Related rows of the views that the acting account may list: FAB does not ask (upstream issue 2376)."""
        widgets = widgets or {}
        key = sa.inspect(item).identity[0]
        in_order = sorted(self._related_views, key=lambda view: self.related_views.index(type(view)))
        permitted = [view for view in in_order if view.may("list")]
        widgets["related_views"] = [view.section_of(self.datamodel.obj, key) for view in permitted]
        return widgets

    def section_of(self, parent_model: type, parent_key: int) -> Section:
        """The first rows of this screen that belong to one row of ``parent_model``."""
        relation = self.datamodel.get_related_fk(parent_model)
        filters = self.datamodel.get_filters()
        filters.add_filter_related_view(relation, RelatedIs, parent_key)
        asked = Asked(0, RELATED_ROWS, None)
        table = self.table_of(filters.get_joined_filters(self._base_filters), asked, hidden_column=relation)
        argument = {f"_flt_0_{relation}": parent_key}
        name = type(self).__name__
        return Section(
            id=f"related-{name}",
            title=str(self.list_title),
            widget=self.list_widget(table=table, is_related=True),
            count=table.shown_count,
            is_counted=table.is_counted,
            all_url=self.address("list/", **argument) if table.count > len(table.rows) else "",
            add_url=self._add_url(**argument) if relation in self.add_columns else "",
        )

    def notes(self, verb: str) -> bool:
        """Can ``verb`` (list, read, add, edit, delete) of this screen stand in the audit log?"""
        return bool(self.audits_reading) if verb in ("list", "read") else verb not in self.exclude_route_methods

    def _note_reading(self, row: Any) -> None:
        """The page or the form of one row."""
        if self.audits_reading:
            action = f"read.{self.datamodel.obj.__tablename__}"
            record_reading(acting_account(), action, student_of(row), self.datamodel.get_pk_value(row))

    def _note_list(self, table: ListTable) -> None:
        """One entry for a list, saying how many rows of how many it showed; about one student when that was asked for."""
        if not self.audits_reading or not table.rows:
            return
        chosen = (row.text for row in table.search if row.applies and row.column == "student" and row.control == "fixed")
        record_reading(
            acting_account(),
            f"list.{self.datamodel.obj.__tablename__}",
            row_key(next(chosen, None)),
            detail=f"{len(table.rows)} / {table.shown_count}",
            of_what=request.query_string.decode("utf-8", "replace"),
        )

    def _note_change(self, verb: str, row: Any) -> None:
        record(
            acting_account(),
            f"{verb}.{self.datamodel.obj.__tablename__}",
            self.datamodel.get_pk_value(row),
            school_id=getattr(row, "school_id", None),
        )

    # ---------- select boxes ----------

    @expose("/lookup/<column>", methods=["GET"])
    @has_access
    @permission_name("list")
    def lookup(self, column: str) -> Response:
        """What a remote select offers for a typed text: at most 20 rows of the scope."""
        lookup = self.lookups.get(column) or abort(404)
        rows = lookup.find(one_line(request.args.get("q", ""))[:100])
        return jsonify(items=[{"key": lookup.key_of(row), "label": lookup.label(row)} for row in rows])
