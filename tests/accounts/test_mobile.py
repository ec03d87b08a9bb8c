"""手機號碼: as people write it, as it is sent to."""

from __future__ import annotations

import pytest

from app.accounts.mobile import NotAMobileNumber, national_form, parse_mobile


@pytest.mark.parametrize(
    "typed",
    ["0912-345-678", "0912345678", "(0912) 345 678", "+886 912 345 678", "+886912345678", "０９１２３４５６７８"],
)
def test_what_people_write_becomes_e164(typed):
    assert parse_mobile(typed) == "+886912345678"


def test_a_mobile_number_of_another_country_keeps_its_code():
    assert parse_mobile("+81 90 1234 5678") == "+819012345678"


@pytest.mark.parametrize(
    "typed", ["", "12345", "02-2345-6789", "0912-345-67", "abc", "0912345678 ext 5", "0" * 500, "+1", "0912\x00345678"]
)
def test_what_no_sms_can_reach_is_refused(typed):
    with pytest.raises(NotAMobileNumber):
        parse_mobile(typed)


@pytest.mark.parametrize(("e164", "shown"), [("+886912345678", "0912 345 678"), ("+819012345678", "+81 90-1234-5678")])
def test_how_it_is_shown(e164, shown):
    assert national_form(e164) == shown
