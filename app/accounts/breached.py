"""Passwords that are known from leaks are refused (ASVS 5.0 V6.2.12), by a list that lies on this machine.

The list is the file that Have I Been Pwned's downloader writes (https://github.com/HaveIBeenPwned/PwnedPasswordsDownloader):
one ``SHA-1 in capitals:count`` a line, in the order of the hashes; some 40 GB. It is searched where it lies, by halving:
some 35 reads a question, nothing is loaded, nothing leaves the machine. Its path is the setting BREACHED_PASSWORDS.
"""

from __future__ import annotations

import hashlib
import os
from typing import BinaryIO

from flask import current_app

_LONGEST_LINE = 64


def is_breached(password: str) -> bool:
    """True when the list holds ``password``; False as well where no list is set. Raises OSError when it cannot be read."""
    path = current_app.config["BREACHED_PASSWORDS"]
    if not path:
        return False
    wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    with open(path, "rb") as listed:
        return _line_from(listed, _first_at_least(listed, wanted)).startswith(wanted + b":")


def _first_at_least(listed: BinaryIO, wanted: bytes) -> int:
    """The lowest offset from which the next whole line is not below ``wanted``."""
    low, high = 0, os.fstat(listed.fileno()).st_size
    while low < high:
        middle = (low + high) // 2
        line = _line_from(listed, middle)
        if line and line[: len(wanted)] < wanted:
            low = middle + 1
        else:
            high = middle
    return low


def _line_from(listed: BinaryIO, offset: int) -> bytes:
    """The first whole line that begins at or behind ``offset``; empty behind the last."""
    listed.seek(max(0, offset - 1))
    if offset:
        listed.readline(_LONGEST_LINE)
    return listed.readline(_LONGEST_LINE)
