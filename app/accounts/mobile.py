"""手機號碼: how people type it, and E.164 as it is stored and sent to."""

from __future__ import annotations

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

_MOBILE = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
_LONGEST = 30


class NotAMobileNumber(ValueError):
    """No SMS can be sent to what was typed."""


def parse_mobile(text: str) -> str:
    """The E.164 form (+886912345678) of a mobile number; without a country code it is one of Taiwan.

    Accepts what people write: 0912-345-678, (0912) 345678, +886 912 345 678, full-width digits. Raises NotAMobileNumber.
    """
    if len(text) > _LONGEST:
        raise NotAMobileNumber("too long")
    try:
        number = phonenumbers.parse(text, "TW")
    except phonenumbers.NumberParseException as error:
        raise NotAMobileNumber("not a telephone number") from error
    if number.extension or not phonenumbers.is_valid_number(number):
        raise NotAMobileNumber("not a number in use")
    if phonenumbers.number_type(number) not in _MOBILE:
        raise NotAMobileNumber("not a mobile number")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def national_form(e164: str) -> str:
    """How people of Taiwan write it: 0912 345 678; numbers of other countries in the international form."""
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return e164
    form = PhoneNumberFormat.NATIONAL if number.country_code == 886 else PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, form)
