"""證號號碼: four kinds of number, their check digits, their masks."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.identity import (
    IdentityChecksumWrong,
    IdentityNumberMalformed,
    has_right_checksum,
    mask,
    masked_from_sealed,
    normal_form,
    read_identity_number,
)
from app.accounts.models import IdentityKind
from app.crypto.sealing import open_sealed


@pytest.mark.parametrize(
    ("typed", "kind", "value"),
    [
        ("A123456789", IdentityKind.NATIONAL_ID, "A123456789"),
        ("a123456789", IdentityKind.NATIONAL_ID, "A123456789"),
        (" Ａ１２３－４５６－７８９ ", IdentityKind.NATIONAL_ID, "A123456789"),
        ("F131104093", IdentityKind.NATIONAL_ID, "F131104093"),
        ("I111111115", IdentityKind.NATIONAL_ID, "I111111115"),
        ("A800000014", IdentityKind.RESIDENT_CERTIFICATE, "A800000014"),
        ("AC01234567", IdentityKind.RESIDENT_CERTIFICATE, "AC01234567"),
        ("X1234567", IdentityKind.PASSPORT, "X1234567"),
        ("c01x00t47", IdentityKind.PASSPORT, "C01X00T47"),
        ("123456", IdentityKind.PASSPORT, "123456"),
        ("AB1234567890", IdentityKind.PASSPORT, "AB1234567890"),
    ],
)
def test_a_number_is_known_by_its_form(typed, kind, value):
    number = read_identity_number(typed)
    assert (number.kind, number.value) == (kind, value)


@pytest.mark.parametrize("typed", ["A123456788", "A223456789", "I111111111", "AC01234568", "A800000015", "A912345678"])
def test_a_wrong_check_digit_is_told_from_a_wrong_form_and_never_passes_as_a_passport(typed):
    with pytest.raises(IdentityChecksumWrong):
        read_identity_number(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "12345",
        "ABCDEFG",
        "A12345678901X",
        "A12345_789",
        "A1234567\x00",
        "王小明123456",
        "１２３",
        "A123 456 789 0 1 2",
    ],
)
def test_what_is_no_number_is_refused(typed):
    with pytest.raises(IdentityNumberMalformed):
        read_identity_number(typed)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("A123456789", "A12****789"),
        ("AB1234567890", "AB1******890"),
        ("X12345678", "X1*****78"),
        ("123456", "1****6"),
        ("12", "**"),
        ("", ""),
    ],
)
def test_a_mask_shows_the_ends_alone(value, shown):
    assert mask(value) == shown


def test_a_number_is_sealed_indexed_and_never_printed(context):
    number = read_identity_number("A123456789")
    assert open_sealed(number.sealed) == "A123456789"
    assert number.index == read_identity_number("a123 456 789").index != read_identity_number("F131104093").index
    assert masked_from_sealed(number.sealed) == str(number) == "A12****789"
    assert "A123456789" not in repr(number)


@given(letter=st.sampled_from(string.ascii_uppercase), second=st.sampled_from("1289ABCD"), middle=st.integers(0, 9_999_999))
def test_exactly_one_check_digit_is_right(letter, second, middle):
    """The last digit has weight one, so the ten candidates differ by one each."""
    right = [digit for digit in "0123456789" if has_right_checksum(f"{letter}{second}{middle:07}{digit}")]
    assert len(right) == 1


@given(st.text(max_size=40))
def test_any_text_is_answered_and_a_normal_form_stays_itself(text):
    try:
        number = read_identity_number(text)
    except IdentityNumberMalformed:
        return
    assert normal_form(number.value) == number.value == read_identity_number(number.value).value
    assert number.masked.count("*") >= 4
