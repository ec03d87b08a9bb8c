"""An authenticator app for tests: the key of an account, and the codes that it shows."""

from __future__ import annotations

from dataclasses import dataclass

import pyotp
from flask import Flask

from app.access.actor import Actor, acting_as
from app.accounts import second_factor
from app.crypto.sealing import seal
from app.model_types import now


@dataclass(frozen=True)
class Phone:
    key: str
    recovery_codes: tuple[str, ...] = ()

    def code(self, ahead: int = 0) -> str:
        """What it shows now, or so many steps of 30 seconds later."""
        return pyotp.TOTP(self.key).generate_otp(int(now().timestamp()) // 30 + ahead)

    def next_code(self) -> str:
        """The code of the next step: accepted already, and not the one that set the phone up."""
        return self.code(1)

    def wrong_code(self) -> str:
        near = {self.code(ahead) for ahead in range(-2, 4)}
        return next(
            code for code in ("000000", "111111", "222222", "333333", "444444", "555555", "666666") if code not in near
        )


def phone_for(flask_app: Flask, account_id: int, username: str) -> Phone:
    """Turn an account's second factor on."""
    key = pyotp.random_base32()
    actor = Actor(id=account_id, username=username)
    with flask_app.app_context(), acting_as(actor):
        codes = second_factor.turn_on(actor, seal(key), Phone(key).code())
    return Phone(key, tuple(codes))
