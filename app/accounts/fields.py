"""The fields that account forms share: each shows again what was typed, and gives what was understood.

``data`` of a ParsedField is the value in the product's own form (lower-cased account name, E.164, a date, …) or None.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, StopValidation

from app.accounts.identity import (
    IdentityChecksumWrong,
    IdentityNumber,
    IdentityNumberMalformed,
    read_identity_number,
)
from app.accounts.mobile import NotAMobileNumber, national_form, parse_mobile
from app.accounts.models import IdentityKind
from app.model_types import today
from app.web.clean_text import one_line
from app.web.formatting import parse_date

_MAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@"
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])"
)
_USERNAME = re.compile(r"[a-z0-9_.-]{4,32}")
_OLDEST_BIRTH_DATE = date(1900, 1, 1)


class Required:
    """Something was typed or chosen. What could not be read has its own message already."""

    field_flags = {"required": True}

    def __init__(self, message: Any = None) -> None:
        self.message = message

    def __call__(self, form: Any, field: Any) -> None:
        if field.process_errors:
            raise StopValidation
        given = field.data.strip() if isinstance(field.data, str) else field.data
        if given is None or given == "":
            raise StopValidation(self.message or _("Please fill this in."))


class LineField(StringField):
    """One line of clean text (app.web.clean_text)."""

    data: Any

    def process_formdata(self, valuelist: list[Any]) -> None:
        if valuelist:
            self.data = one_line(valuelist[0])


class ParsedField(LineField):
    """``parse`` reads what was typed, or raises ValueError with the message; ``show`` writes a stored value."""

    typed = ""

    def parse(self, text: str) -> Any:
        raise NotImplementedError

    def show(self, value: Any) -> str:
        return str(value)

    def process_formdata(self, valuelist: list[Any]) -> None:
        if not valuelist:
            return
        super().process_formdata(valuelist)
        self.typed, self.data = str(self.data), None
        if self.typed:
            self.data = self.parse(self.typed)

    def _value(self) -> str:
        if self.raw_data:
            return self.typed
        return self.show(self.data) if self.data else ""


class UsernameField(ParsedField):
    """申請帳號／註冊帳號: small letters from here on; never an e-mail address, which would be another's way in."""

    def parse(self, text: str) -> str:
        username = text.lower()
        if "@" in username:
            raise ValueError(_("An account name is not an e-mail address. Please choose another one."))
        if not _USERNAME.fullmatch(username):
            raise ValueError(_("4 to 32 letters, digits or _ - . please, without spaces."))
        return username


class IdentityNumberField(ParsedField):
    """身分證字號 or 證號號碼. ``kinds`` are those that are accepted here."""

    def __init__(self, *args: Any, kinds: tuple[IdentityKind, ...] = tuple(IdentityKind), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kinds = kinds

    def show(self, value: IdentityNumber) -> str:
        return value.masked

    def parse(self, text: str) -> IdentityNumber:
        try:
            number = read_identity_number(text)
        except IdentityChecksumWrong as error:
            raise ValueError(_("The check digit does not fit: one sign of the number is mistyped.")) from error
        except IdentityNumberMalformed as error:
            raise ValueError(_("This is not the number of an ID, a resident certificate or a passport.")) from error
        if number.kind not in self.kinds:
            raise ValueError(_("Please give the number of a national ID or a resident certificate."))
        return number


class EmailField(ParsedField):
    """電子信箱."""

    def parse(self, text: str) -> str:
        local, at, domain = text.rpartition("@")
        if at and local and "." not in domain:
            raise ValueError(_("The end of the address is missing, for example name@gmail.com."))
        if len(text) > 254 or ".." in text or not _MAIL.fullmatch(text):
            raise ValueError(_("This is not an e-mail address, for example name@gmail.com."))
        return f"{local}@{domain.lower()}"


class MobileField(ParsedField):
    """手機號碼; ``data`` is E.164."""

    def parse(self, text: str) -> str:
        try:
            return parse_mobile(text)
        except NotAMobileNumber as error:
            raise ValueError(_("This is not a mobile number, for example 0912-345-678.")) from error

    def show(self, value: str) -> str:
        return national_form(value)


class BirthDateField(ParsedField):
    """生日／出生日期, in 民國 or 西元."""

    def parse(self, text: str) -> date:
        try:
            day = parse_date(text)
        except ValueError as error:
            raise ValueError(_("This is not a date, for example 72/4/18 or 1983-04-18.")) from error
        if day > today():
            raise ValueError(_("A birthday cannot lie in the future."))
        if day < _OLDEST_BIRTH_DATE:
            raise ValueError(_("Please check the year of this birthday."))
        return day

    def show(self, value: date) -> str:
        locale = get_locale()
        if (locale is None or locale.language == "zh") and value.year > 1911:
            return f"民國{value.year - 1911}年{value.month}月{value.day}日"
        return value.isoformat()


class SchoolField(SelectField):
    """服務單位 or 學校: one of the rows that the view put into ``choices``; ``data`` is its number."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, coerce=_number_or_none, validate_choice=False, **kwargs)
        self.type = "SelectField"

    data: int | None
    offered: frozenset[int] = frozenset()

    def offer(self, choices: dict[str, list[tuple[int, str]]]) -> None:
        """Offer schools in groups; the first line asks to choose."""
        rows = [(number, name, group) for group, schools in choices.items() for number, name in schools]
        self.choices = [SelectChoice("", _("Please choose"))]
        self.choices += [SelectChoice(str(number), name, optgroup=group) for number, name, group in rows]
        self.offered = frozenset(number for number, _name, _group in rows)

    def pre_validate(self, form: Any) -> None:
        if self.data is not None and self.data not in self.offered:
            self.data = None


def _number_or_none(text: Any) -> int | None:
    return int(text) if str(text).isascii() and str(text).isdigit() and len(str(text)) < 10 else None


def longest(length: int) -> Length:
    return Length(max=length, message=_l("At most %(max)d characters, please."))
