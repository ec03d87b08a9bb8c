"""The forms of generated screens, made from the columns of a model: one control per kind of column."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.fields import QuerySelectField
from flask_appbuilder.forms import DynamicForm, GeneralModelConverter
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, DecimalField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import Length, StopValidation, ValidationError

from app.crypto.masking import MaskedFormToken
from app.web.cells import plain_decimal
from app.web.clean_text import many_lines, one_line
from app.web.formatting import parse_date
from app.web.forms import Words
from app.web.remote_select import RemoteSelectField

LARGEST_INTEGER = 2**31 - 1
EARLIEST_DAY = date(1900, 1, 1)
LATEST_DAY = date(2199, 12, 31)


class GeneratedForm(DynamicForm):
    """What every generated form is. ``general_errors`` belong to no single field."""

    class Meta(FlaskForm.Meta):
        csrf_class = MaskedFormToken

        def get_translations(self, form: Any) -> Words:
            return Words()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.general_errors: list[str] = []

    def refuse(self, column: str, words: Any) -> None:
        """Say beside the field ``column``, or above the form when it has none of that name, what keeps it from saving."""
        if column in self:
            self[column].errors = [*self[column].errors, str(words)]
        else:
            self.general_errors.append(str(words))


# ---------- rules ----------


class Needed:
    """Something was typed or chosen. What could not be read has its own message already."""

    field_flags = {"required": True}

    def __call__(self, form: Any, field: Any) -> None:
        if field.process_errors:
            raise StopValidation
        if field.data is None or field.data == "":
            raise StopValidation(_("Please fill this in."))


class NotNeeded:
    """An empty field passes, whatever the other rules say."""

    def __call__(self, form: Any, field: Any) -> None:
        if not field.process_errors and (field.data is None or field.data == ""):
            raise StopValidation


class Between:
    """A number within limits, both included."""

    def __init__(self, least: int | Decimal, most: int | Decimal) -> None:
        self.least, self.most = least, most

    def __call__(self, form: Any, field: Any) -> None:
        if field.data is None:
            return
        if not self.least <= field.data <= self.most:
            raise ValidationError(_("Please type a number from %(least)s to %(most)s.", least=self.least, most=self.most))


class DecimalPlaces:
    """No more places than the column keeps: it would round without a word."""

    def __init__(self, places: int) -> None:
        self.places = places

    def __call__(self, form: Any, field: Any) -> None:
        if field.data is not None and -field.data.normalize().as_tuple().exponent > self.places:
            raise ValidationError(_("At most %(places)s digits after the point, please.", places=self.places))


# ---------- fields ----------


class LineField(StringField):
    def process_formdata(self, valuelist: list[Any]) -> None:
        if valuelist:
            self.data = one_line(valuelist[0])


class LinesField(TextAreaField):
    def process_formdata(self, valuelist: list[Any]) -> None:
        if valuelist:
            self.data = many_lines(valuelist[0])


class WholeNumberField(IntegerField):
    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = None
        if not valuelist or not valuelist[0].strip():
            return
        try:
            self.data = int(valuelist[0])
        except ValueError as error:
            raise ValueError(_("Please type a number.")) from error


class DecimalNumberField(DecimalField):
    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = None
        if not valuelist or not valuelist[0].strip():
            return
        try:
            number = Decimal(valuelist[0].strip())
        except ArithmeticError as error:
            raise ValueError(_("Please type a number.")) from error
        if not number.is_finite():
            raise ValueError(_("Please type a number."))
        self.data = number

    def _value(self) -> str:
        if self.raw_data:
            return self.raw_data[0]
        return plain_decimal(self.data) if self.data is not None else ""


class DayField(StringField):
    """A day typed in 民國 or 西元; ``data`` is a date."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = None
        text = one_line(valuelist[0]) if valuelist else ""
        if not text:
            return
        try:
            day = parse_date(text)
        except ValueError as error:
            raise ValueError(_("This is not a date, for example 115/9/1 or 2026-09-01.")) from error
        if not EARLIEST_DAY <= day <= LATEST_DAY:
            raise ValueError(_("Please check the year."))
        self.data = day

    def _value(self) -> str:
        if self.raw_data:
            return self.raw_data[0]
        if self.data is None:
            return ""
        locale = get_locale()
        chinese = locale is None or locale.language == "zh"
        if chinese and self.data.year > 1911:
            return f"民國{self.data.year - 1911}年{self.data.month}月{self.data.day}日"
        return self.data.isoformat()


class MemberField(SelectField):
    """A member of a labelled enumeration."""

    def __init__(self, label: Any, validators: Any, enumeration: Any, may_be_empty: bool, **kwargs: Any) -> None:
        self.enumeration = enumeration
        super().__init__(label, validators, coerce=self._member, validate_choice=False, **kwargs)
        self.choices = [("", _l("Please choose"))] if may_be_empty else []
        self.choices += [(member.value, member.label) for member in enumeration]

    def _member(self, value: Any) -> Any:
        if value in (None, ""):
            return None
        return value if isinstance(value, self.enumeration) else self.enumeration(value)

    def iter_choices(self) -> Any:
        for value, label in self.choices:
            yield value, str(label), value == (self.data.value if self.data is not None else ""), {}


class SmallSelectField(QuerySelectField):
    """A row of a small table, offered whole."""


# ---------- columns to fields ----------


class FormConverter(GeneralModelConverter):
    """FAB's converter with our fields. Relations need a lookup: no form loads a related table that is not declared."""

    def _get_validators(self, col_name: str, validators_columns: Any) -> list[Any]:  # type: ignore[override]
        return list(validators_columns.get(col_name, []))

    def create_form(self, *args: Any, **kwargs: Any) -> type[GeneratedForm]:
        form = super().create_form(*args, **kwargs)
        return type("GeneratedForm", (GeneratedForm, form), {})

    def _convert_many_to_one(  # type: ignore[override]
        self, col_name: str, label: Any, description: Any, lst_validators: list[Any], _filters: Any, form_props: Any
    ) -> Any:
        lookup = self.datamodel.lookups[col_name]
        nullable = self.datamodel.is_nullable(col_name)
        rules = [NotNeeded() if nullable else Needed(), *lst_validators]
        if lookup.is_small:
            form_props[col_name] = SmallSelectField(
                label,
                description=description,
                query_func=lookup.all,
                get_pk_func=lookup.key_of,
                get_label=lookup.label,
                allow_blank=True,
                blank_text=_l("Please choose"),
                validators=rules,
            )
        else:
            form_props[col_name] = RemoteSelectField(label, rules, description=description, lookup=lookup)
        return form_props

    def _convert_simple(
        self, col_name: str, label: Any, description: Any, lst_validators: list[Any], form_props: Any
    ) -> Any:
        column = self.datamodel.list_columns[col_name]
        default = self.datamodel.get_col_default(col_name)
        may_be_empty = column.nullable or default == "" or col_name in self.datamodel.optional
        rules = [NotNeeded() if may_be_empty else Needed(), *lst_validators]
        settings = {"description": description, "default": default}
        kind = column.type
        if isinstance(kind, sa.Enum):
            field = MemberField(label, rules, kind.enum_class, default is None, **settings)
        elif isinstance(kind, sa.Boolean):
            field = BooleanField(label, lst_validators, **settings)
        elif isinstance(kind, sa.Date):
            field = DayField(label, rules, **settings)
        elif isinstance(kind, sa.Integer):
            field = WholeNumberField(label, [*rules, Between(-LARGEST_INTEGER, LARGEST_INTEGER)], **settings)
        elif isinstance(kind, sa.Numeric):
            places, most = kind.scale or 0, Decimal(10) ** ((kind.precision or 18) - (kind.scale or 0)) - 1
            field = DecimalNumberField(label, [*rules, Between(-most, most), DecimalPlaces(places)], **settings)
        elif isinstance(kind, sa.Text):
            field = LinesField(label, rules, **settings)
        elif isinstance(kind, sa.String):
            limit = Length(max=kind.length or -1, message=_l("At most %(max)d characters, please."))
            field = LineField(label, [*rules, limit], **settings)
        else:
            raise TypeError(f"no field for {self.datamodel.obj.__name__}.{col_name}")
        form_props[col_name] = field
        return form_props
