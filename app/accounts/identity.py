"""證號號碼: what kind of number it is, its normal form, its mask, and how it is stored and looked up.

National IDs and resident certificates carry a checksum; passports are foreign and carry none that could be checked.
Nothing here keeps or logs a number: ``IdentityNumber`` shows its mask only.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from app.accounts.models import IdentityKind
from app.crypto.sealing import keyed_index, keyed_indexes, open_sealed, seal


class IdentityNumberMalformed(ValueError):
    """The text has the form of no identity number."""


class IdentityChecksumWrong(IdentityNumberMalformed):
    """The form is right and the check digit is not: most likely a slip of the finger."""


_NATIONAL_ID = re.compile(r"[A-Z][12][0-9]{8}")
_RESIDENT_CERTIFICATE = re.compile(r"[A-Z][89][0-9]{8}")
"""In use since 2021."""
_OLD_RESIDENT_CERTIFICATE = re.compile(r"[A-Z][A-D][0-9]{8}")
_PASSPORT = re.compile(r"(?=.*[0-9])[A-Z0-9]{6,12}")

_LETTERS = {letter: code for code, letter in enumerate("ABCDEFGHJKLMNPQRSTUVXYWZIO", start=10)}
"""A letter counts as two digits; I, O, W and Z were given theirs later, out of order."""
_WEIGHTS = (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)


@dataclass(frozen=True)
class IdentityNumber:
    """A number whose form has been checked."""

    kind: IdentityKind
    value: str = field(repr=False)
    """The normal form: half-width capitals and digits, nothing between them."""

    @property
    def masked(self) -> str:
        return mask(self.value)

    @property
    def sealed(self) -> str:
        """For the column ``identity_number_sealed``. Needs an application context."""
        return seal(self.value)

    @property
    def index(self) -> str:
        """For the column ``identity_number_index``: equal for equal numbers. Needs an application context."""
        return keyed_index(self.value)

    @property
    def indexes(self) -> tuple[str, ...]:
        """For look-up: the same under every key that a stored index may have been made with."""
        return keyed_indexes(self.value)

    def __str__(self) -> str:
        return self.masked


def read_identity_number(text: str) -> IdentityNumber:
    """The number that somebody typed, however they spaced and capitalized it.

    Raises IdentityChecksumWrong or IdentityNumberMalformed. What looks like a national ID or a resident certificate
    is never taken for a passport: its check digit has to be right.
    """
    value = normal_form(text)
    if _NATIONAL_ID.fullmatch(value):
        return _checked(IdentityKind.NATIONAL_ID, value)
    if _RESIDENT_CERTIFICATE.fullmatch(value) or _OLD_RESIDENT_CERTIFICATE.fullmatch(value):
        return _checked(IdentityKind.RESIDENT_CERTIFICATE, value)
    if _PASSPORT.fullmatch(value):
        return IdentityNumber(IdentityKind.PASSPORT, value)
    raise IdentityNumberMalformed("not the form of an identity number")


def normal_form(text: str) -> str:
    """Full-width letters and digits become half-width, small letters capitals; spaces and hyphens go."""
    return re.sub(r"[\s-]+", "", unicodedata.normalize("NFKC", text)).upper()


def has_right_checksum(value: str) -> bool:
    """For a letter with nine digits, or two letters with eight (the second letter counts by its last digit)."""
    tens, ones = divmod(_LETTERS[value[0]], 10)
    second = _LETTERS[value[1]] % 10 if value[1] in _LETTERS else int(value[1])
    digits = (tens, ones, second, *(int(digit) for digit in value[2:]))
    return sum(digit * weight for digit, weight in zip(digits, _WEIGHTS, strict=True)) % 10 == 0


def mask(value: str) -> str:
    """A12****789: at least four signs stay hidden; a short passport number shows less of its ends."""
    shown = max(0, min(3, (len(value) - 4) // 2))
    return value[:shown] + "*" * (len(value) - 2 * shown) + value[len(value) - shown :]


def masked_from_sealed(sealed: str) -> str:
    """The mask of a stored number. Needs an application context."""
    return mask(open_sealed(sealed)) if sealed else ""


def _checked(kind: IdentityKind, value: str) -> IdentityNumber:
    if not has_right_checksum(value):
        raise IdentityChecksumWrong("the check digit is wrong")
    return IdentityNumber(kind, value)
