"""The base of every REST resource that FAB generates: the same rows as the screens, refusals as an unknown id."""

from __future__ import annotations

import copy
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, abort, g, has_request_context, request
from flask_appbuilder import ModelRestApi
from flask_appbuilder.api.convert import Model2SchemaConverter
from flask_appbuilder.const import API_ORDER_COLUMN_RIS_KEY
from flask_appbuilder.exceptions import InvalidOrderByColumnFABException
from marshmallow import Schema, ValidationError
from marshmallow_sqlalchemy.fields import Related

from app.access.owning import SchoolsDiffer, settle_school
from app.access.pages import acts_of
from app.access.session import OutOfScope
from app.audit.reading import is_about_students, record_reading, student_of
from app.audit.record import record
from app.extensions import db
from app.web.base_views import acting_account
from app.web.datamodel import COUNT_LIMIT, row_key
from app.web.declarations import UnsafeDeclaration, require_safe_declaration, searchable, sortable
from app.web.model_views import RequestFilters

NOT_FOUND = "Not found."
CLASHES = "Nothing was saved: it clashes with data that are there already."


class RelatedWithinScope(Related):
    """A related row by its number, loaded within the scope.

    FAB's takes any number and makes a new row of it when the scope hides the one that it names.
    """

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        key = row_key(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else None
        row = db.session.get(self.related_model, key) if key is not None else None
        if row is None:
            raise ValidationError(NOT_FOUND)
        return row


class ScopedSchemaConverter(Model2SchemaConverter):
    """FAB's converter, whose to-one relations are looked up within the scope. To-many relations are not written.

    Where no column is named it converts none: FAB's takes all of them, the identity number of a related student too.
    """

    def convert(
        self,
        columns: list[str],
        model: Any = None,
        nested: bool = True,
        parent_schema_name: str | None = None,
    ) -> Any:
        if not columns:
            return Schema()
        return super().convert(columns, model, nested, parent_schema_name)

    def _column2relation(
        self, datamodel: Any, column: Any, nested: bool = False, parent_schema_name: str | None = None
    ) -> Any:
        if nested and not column.children:
            raise UnsafeDeclaration(f"{column.name} is a relation: name what is shown of it, like {column.name}.id")
        if nested or not datamodel.is_relation_many_to_one(column.name):
            field = super()._column2relation(datamodel, column, nested, parent_schema_name)
            field.dump_only = True
            return field
        field = RelatedWithinScope(
            required=not datamodel.is_nullable(column.name), allow_none=datamodel.is_nullable(column.name)
        )
        field.unique = False  # type: ignore[attr-defined]
        return field


class OwnCopy:
    """An attribute that each request has a copy of. marshmallow-sqlalchemy notes on the schema itself which row it is
    filling: shared between threads, one request's data would land in another's row."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, resource: Any, owner: type) -> Any:
        prototype = resource.__dict__.get(self.name) if resource is not None else None
        if prototype is None or not has_request_context():
            return prototype
        return g.setdefault("own_copies", {}).setdefault((id(resource), self.name), copy.copy(prototype))

    def __set__(self, resource: Any, value: Any) -> None:
        resource.__dict__[self.name] = value


MOST_BRACKETS = 200
"""Of a query in Rison (``?q=``): its reader calls itself for each, and FAB answers 500 when that is too often."""


def _refuse_brackets_in_brackets(endpoint: str | None, values: dict[str, Any] | None) -> None:
    if request.args.get("q", "").count("(") > MOST_BRACKETS:
        abort(400)


class ScopedModelRestApi(RequestFilters, ModelRestApi):
    """A generated REST resource. Filters per request, rows within the scope, CSRF token asked for like on any page."""

    # FAB's own, untyped
    exclude_route_methods: Any
    list_columns: Any
    show_columns: Any
    search_columns: Any
    order_columns: Any

    add_model_schema = OwnCopy()
    edit_model_schema = OwnCopy()
    csrf_exempt = False
    allow_browser_login = True
    """The session says who acts; there are no bearer tokens."""
    model2schemaconverter = ScopedSchemaConverter
    max_page_size = 100

    def create_blueprint(self, *args: Any, **kwargs: Any) -> Blueprint:
        blueprint: Blueprint = super().create_blueprint(*args, **kwargs)
        blueprint.url_value_preprocessor(_refuse_brackets_in_brackets)
        return blueprint

    def __init__(self) -> None:
        require_safe_declaration(self, {"post": "add_columns", "put": "edit_columns"})
        granted = acts_of(self.class_permission_name or type(self).__name__)
        self.exclude_route_methods = {*self.exclude_route_methods, *({"info", "post", "put", "delete"} - granted)}
        super().__init__()

    def _init_properties(self) -> None:
        self.show_columns = self.show_columns or list(self.list_columns or ())
        written = {name: list(getattr(self, name) or ()) for name in ("add_columns", "edit_columns")}
        searched = list(self.search_columns or searchable(self.datamodel, self.list_columns or ()))
        ordered = list(self.order_columns or sortable(self.datamodel, self.list_columns or ()))
        super()._init_properties()
        for name, columns in written.items():
            setattr(self, name, columns)
        self.search_columns, self.order_columns = searched, ordered
        self._filters = self.datamodel.get_filters(searched, self.search_filters)

    def _handle_order_args(self, rison_args: dict[str, Any]) -> tuple[str, str]:
        """FAB's lets any column through where none is named."""
        column = rison_args.get(API_ORDER_COLUMN_RIS_KEY)
        if column and column not in self.order_columns:
            raise InvalidOrderByColumnFABException(f"Invalid order by column: {column}")
        return super()._handle_order_args(rison_args)

    def _sanitize_page_args(self, page: int | None, page_size: int | None) -> tuple[int | None, int | None]:
        first, size = super()._sanitize_page_args(page, page_size)
        return min(max(first or 0, 0), COUNT_LIMIT), size

    def post_headless(self) -> Response:
        return self._answered(super().post_headless)

    def put_headless(self, pk: Any) -> Response:
        return self._answered(super().put_headless, pk)

    def delete_headless(self, pk: Any) -> Response:
        return self._answered(super().delete_headless, pk)

    def _answered(self, write: Any, *arguments: Any) -> Response:
        """Nothing is half written, and no answer tells what the database said."""
        try:
            return write(*arguments)
        except SchoolsDiffer as refusal:
            db.session.rollback()
            return self.response_422(message={refusal.column: [NOT_FOUND]})
        except OutOfScope:
            db.session.rollback()
            g.pop("out_of_scope", None)
            return self.response_404()
        except (sa.exc.IntegrityError, sa.exc.DataError):
            db.session.rollback()
            return self.response_422(message=CLASHES)

    def pre_get(self, data: dict[str, Any]) -> None:
        model = self.datamodel.obj
        if is_about_students(model):
            row = db.session.get(model, data["id"])
            record_reading(acting_account(), f"read.{model.__tablename__}", student_of(row), data["id"])

    def pre_get_list(self, data: dict[str, Any]) -> None:
        model = self.datamodel.obj
        if is_about_students(model) and data["ids"]:
            record_reading(
                acting_account(),
                f"list.{model.__tablename__}",
                detail=f"{len(data['ids'])} / {data['count']}",
                of_what=request.query_string.decode("utf-8", "replace"),
            )

    def pre_add(self, item: Any) -> None:
        settle_school(item, acting_account())

    def pre_update(self, item: Any) -> None:
        settle_school(item, acting_account())

    def post_add(self, item: Any) -> None:
        self._note("add", item)

    def post_update(self, item: Any) -> None:
        self._note("edit", item)

    def post_delete(self, item: Any) -> None:
        self._note("delete", item)

    def _note(self, verb: str, item: Any) -> None:
        record(acting_account(), f"{verb}.{self.datamodel.obj.__tablename__}", self.datamodel.get_pk_value(item))
        db.session.commit()
