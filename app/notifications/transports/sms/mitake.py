"""三竹簡訊 (Mitake) over its HTTP interface SmSend: a form is posted, lines of ``name=value`` come back.

MITAKE_URL is the provider's address of SmSend, for example https://smsapi.mitake.com.tw/api/mtk/SmSend. ``clientid``
makes it safe to ask again: the provider drops a second SMS of the same id within twelve hours and says Duplicate=Y.
"""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from app.notifications.transports import Refused, TryLater, Unreachable

_TAKEN = frozenset("0124")
"""預約傳送中, 已送達業者 (1, 2), 已送達手機."""
_NEVER = frozenset("tuv")
"""簡訊已過期, 簡訊內容不得為空白, 無效的手機號碼: asking again changes nothing. Every other letter is about our account
or their service."""
_FEED = "\x06"
"""A line break inside an SMS, as the provider wants it."""


class MitakeGateway:
    def __init__(self, url: str, username: str, password: str, timeout: float) -> None:
        self.url = urlsplit(url)
        self.username = username
        self.password = password
        self.timeout = timeout

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> MitakeGateway:
        return cls(settings["MITAKE_URL"], settings["MITAKE_USERNAME"], settings["MITAKE_PASSWORD"], settings["SMS_TIMEOUT"])

    def send(self, to: str, text: str, key: str) -> None:
        form = {
            "username": self.username,
            "password": self.password,
            "dstaddr": _number(to),
            "smbody": text.replace("\r\n", _FEED).replace("\n", _FEED),
            "clientid": key,
        }
        status, answer = self._post(urlencode(form, encoding="utf-8").encode("ascii"))
        if status != 200:
            raise Unreachable(f"HTTP {status}")
        code = _value(answer, "statuscode")
        if code in _TAKEN or _value(answer, "Duplicate") == "Y":
            return
        if code in _NEVER:
            raise Refused(f"statuscode={code}")
        if code:
            raise Unreachable(f"statuscode={code[:8]}")
        raise TryLater("no statuscode in the answer")

    def _post(self, body: bytes) -> tuple[int, str]:
        kind = http.client.HTTPSConnection if self.url.scheme == "https" else http.client.HTTPConnection
        connection = kind(self.url.netloc, timeout=self.timeout)
        try:
            connection.request(
                "POST",
                f"{self.url.path}?CharsetURL=UTF8",
                body,
                {"Content-Type": "application/x-www-form-urlencoded"},
            )
            response = connection.getresponse()
            return response.status, response.read(10_000).decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"HTTP: {type(error).__name__}") from error
        finally:
            connection.close()

    def close(self) -> None:
        return


def _number(e164: str) -> str:
    """Numbers of Taiwan the way they are dialed here (0912345678); others stay international."""
    return f"0{e164[4:]}" if e164.startswith("+886") else e164


def _value(answer: str, name: str) -> str:
    lines = (line.partition("=") for line in answer.splitlines())
    return next((value.strip() for key, _, value in lines if key.strip() == name), "")
