"""三竹簡訊, against a small HTTP server that answers as the provider does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from app.extensions import db
from app.notifications.delivery import deliver_due
from app.notifications.models import OutboxChannel, OutboxStatus
from app.notifications.outbox import send_sms
from app.notifications.transports import DeliveryProblem, Refused, TryLater, Unreachable
from app.notifications.transports.sms import sms_gateway
from app.notifications.transports.sms.mitake import MitakeGateway
from tests.notifications.conftest import free_port, rows

TAKEN = "[1]\r\nmsgid=#000000013\r\nstatuscode=1\r\nAccountPoint=126\r\n"


class Provider:
    """What it was asked, and what it answers."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.answer = TAKEN
        self.status = 200
        self.seconds = 0.0
        self.url = ""


@pytest.fixture
def provider() -> Iterator[Provider]:
    state = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # noqa: N802
            body = self.rfile.read(int(self.headers["Content-Length"])).decode("ascii")
            address = urlsplit(self.path)
            fields = {**parse_qs(address.query), **parse_qs(body, keep_blank_values=True)}
            state.asked.append({"path": address.path, **{name: values[0] for name, values in fields.items()}})
            time.sleep(state.seconds)
            with suppress(ConnectionError):
                self.send_response(state.status)
                self.end_headers()
                self.wfile.write(state.answer.encode())

        def log_message(self, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}/api/mtk/SmSend"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield state
    server.shutdown()
    server.server_close()


def gateway(url: str, timeout: float = 5.0) -> MitakeGateway:
    return MitakeGateway(url, "school", "p&ss=字", timeout)


def test_an_sms_is_asked_for_as_the_provider_documents_it(provider):
    gateway(provider.url).send("+886912345678", "臨時密碼 A+b&c\n十分鐘內有效", "20261123T080000-7")
    assert provider.asked == [
        {
            "path": "/api/mtk/SmSend",
            "CharsetURL": "UTF8",
            "username": "school",
            "password": "p&ss=字",
            "dstaddr": "0912345678",
            "smbody": "臨時密碼 A+b&c\x06十分鐘內有效",
            "clientid": "20261123T080000-7",
        }
    ]


def test_a_number_from_abroad_stays_international(provider):
    gateway(provider.url).send("+819012345678", "x", "k")
    assert provider.asked[0]["dstaddr"] == "+819012345678"


@pytest.mark.parametrize("code", ["0", "1", "2", "4"])
def test_a_taken_sms_is_done(provider, code):
    provider.answer = TAKEN.replace("statuscode=1", f"statuscode={code}")
    gateway(provider.url).send("+886912345678", "x", "k")


def test_a_second_copy_that_the_provider_knows_is_done(provider):
    provider.answer = "[1]\r\nmsgid=#000000013\r\nstatuscode=1\r\nDuplicate=Y\r\n"
    gateway(provider.url).send("+886912345678", "x", "k")


@pytest.mark.parametrize(
    ("status", "answer", "problem", "reason"),
    [
        (200, "[1]\r\nstatuscode=v\r\nError=無效的手機號碼", Refused, "statuscode=v"),
        (200, "[1]\r\nstatuscode=u\r\n", Refused, "statuscode=u"),
        (200, "[1]\r\nstatuscode=e\r\nError=帳號、密碼錯誤", Unreachable, "statuscode=e"),
        (200, "[1]\r\nstatuscode=*\r\n", Unreachable, "statuscode=*"),
        (200, "<html>maintenance</html>", TryLater, "no statuscode in the answer"),
        (200, "", TryLater, "no statuscode in the answer"),
        (503, TAKEN, Unreachable, "HTTP 503"),
    ],
)
def test_what_the_provider_refuses_and_what_may_be_asked_again(provider, status, answer, problem, reason):
    provider.status, provider.answer = status, answer
    with pytest.raises(DeliveryProblem) as caught:
        gateway(provider.url).send("+886912345678", "x", "k")
    assert (type(caught.value), caught.value.reason) == (problem, reason)


def test_a_provider_that_is_slow_or_away_is_asked_later(provider):
    provider.seconds = 1.5
    with pytest.raises(Unreachable, match="HTTP: TimeoutError"):
        gateway(provider.url, timeout=0.3).send("+886912345678", "x", "k")
    with pytest.raises(Unreachable, match="HTTP: ConnectionRefusedError"):
        gateway(f"http://127.0.0.1:{free_port()}/").send("+886912345678", "x", "k")


def test_the_settings_choose_the_gateway(context, settings: Callable[..., None], provider):
    settings(SMS_GATEWAY="mitake", MITAKE_URL=provider.url, MITAKE_USERNAME="u", MITAKE_PASSWORD="p", SMS_TIMEOUT=5.0)
    send_sms("+886912345678", "greeting", "zh_Hant_TW", name="王小明")
    db.session.commit()
    assert deliver_due(OutboxChannel.SMS) == {"sent": 1}
    assert provider.asked[0]["smbody"] == "個人專區: 王小明"
    assert rows()[0].status == OutboxStatus.SENT


def test_every_attempt_at_the_same_sms_has_the_same_id(context, settings: Callable[..., None], provider):
    settings(SMS_GATEWAY="mitake", MITAKE_URL=provider.url, SMS_TIMEOUT=5.0)
    send_sms("+886912345678", "greeting", "en", name="x")
    db.session.commit()
    provider.status = 500
    deliver_due(OutboxChannel.SMS)
    [row] = rows()
    assert (row.status, row.last_error) == (OutboxStatus.QUEUED, "HTTP 500")
    row.next_attempt_at = row.created_at
    db.session.merge(row)
    db.session.commit()
    provider.status = 200
    assert deliver_due(OutboxChannel.SMS) == {"sent": 1}
    first, second = provider.asked
    assert first["clientid"] == second["clientid"]
    assert len(first["clientid"]) <= 36


def test_an_unknown_gateway_is_an_error(context):
    with pytest.raises(KeyError):
        sms_gateway({**context.config, "SMS_GATEWAY": "pigeon"})
