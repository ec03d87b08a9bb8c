"""New people for a journey: each with an identity number, mailbox and mobile number of their own."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

_serial = itertools.count(1)
_LETTERS = {letter: number for number, letter in enumerate("ABCDEFGHJKLMNPQRSTUVXYWZIO", start=10)}


def national_id(serial: int, letter: str = "H") -> str:
    """A number whose check digit is right, for example H100000013."""
    digits = f"1{serial:07d}"
    code = _LETTERS[letter]
    total = (
        code // 10 + code % 10 * 9 + sum(int(digit) * weight for digit, weight in zip(digits, range(8, 0, -1), strict=True))
    )
    return f"{letter}{digits}{-total % 10}"


@dataclass(frozen=True)
class Person:
    username: str
    name: str
    identity_number: str
    email: str
    mobile_typed: str
    mobile: str
    password: str = "Walk-through-2026!"


def somebody(name: str = "李佳穎") -> Person:
    serial = next(_serial) + 5000
    return Person(
        username=f"walker_{serial}",
        name=name,
        identity_number=national_id(serial),
        email=f"walker_{serial}@example.org",
        mobile_typed=f"0912-3{serial:05d}"[:11],
        mobile=f"+8869123{serial:05d}",
    )


def secret_in(text: str) -> str:
    """The temporary password of an SMS: its longest run of letters and digits."""
    return max(re.findall(r"[A-Za-z0-9]{10,}", text), key=len)


def link_in(text: str) -> str:
    """The address of a letter."""
    found = re.search(r"https?://\S+", text)
    assert found, text
    return found.group().rstrip(".。)）>")
