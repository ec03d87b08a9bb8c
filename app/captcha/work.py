"""請電腦算一題: a way past the picture without reading or hearing, a proof of work that the browser's own machine does.

Why, what it stops and what it does not: docs/decisions/0019-a-way-without-the-picture.md.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass

from flask import current_app, session

from app.captcha.challenges import LIFE, work_key
from app.model_types import now

PARTS = 32
"""A task is so many small ones: their times even out, and the browser can say how far it is."""
_ANSWER = re.compile(rf"[0-9]{{1,10}}(?:\.[0-9]{{1,10}}){{{PARTS - 1}}}")
_LARGEST = 2**32


@dataclass(frozen=True)
class Work:
    """One task: for each part a number below 2^32 for which SHA-256 of challenge, part and number begins with zero bits."""

    challenge: str
    """16 random bytes, as hexadecimal digits."""
    expires_at: int
    bits: int
    """So many of them."""

    def is_done_by(self, answer: str) -> bool:
        """Whether ``answer`` is one number for each part, in their order, joined by dots. Some fifty microseconds."""
        if not _ANSWER.fullmatch(answer):
            return False
        numbers = [int(number) for number in answer.split(".")]
        return all(self._fits(part, number) for part, number in enumerate(numbers))

    def _fits(self, part: int, number: int) -> bool:
        if number >= _LARGEST:
            return False
        said = hashlib.sha256(bytes.fromhex(self.challenge) + part.to_bytes(4, "big") + number.to_bytes(4, "big"))
        return int.from_bytes(said.digest()[:4], "big") >> (32 - self.bits) == 0


def is_offered() -> bool:
    """CAPTCHA_WORK_BITS=0 leaves picture and sound alone."""
    return bool(current_app.config["CAPTCHA_WORK_BITS"])


def begin(scene: str) -> Work:
    """A new task for this session and scene, in place of an earlier one; for five minutes."""
    work = Work(secrets.token_hex(16), int((now() + LIFE).timestamp()), current_app.config["CAPTCHA_WORK_BITS"])
    session[work_key(scene)] = f"{work.challenge}:{work.expires_at}:{work.bits}"
    return work


def find(scene: str) -> Work | None:
    """The scene's task of this session, unless there is none or it has expired."""
    challenge, expires_at, bits = (str(session.get(work_key(scene), "")).split(":") + ["", ""])[:3]
    if not expires_at or int(expires_at) <= now().timestamp():
        return None
    return Work(challenge, int(expires_at), int(bits))
