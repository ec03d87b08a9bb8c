"""SMS: one interface, one module per gateway, chosen by SMS_GATEWAY."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from app.notifications.transports.sms import file, mitake


class SmsGateway(Protocol):
    """Sends one SMS after the other; ``close`` when there are no more."""

    def send(self, to: str, text: str, key: str) -> None:
        """Send ``text`` to an E.164 number, or raise a DeliveryProblem.

        ``key`` is the same for every attempt at the same SMS, at most 36 characters: a gateway that can keeps a second
        copy from going out.
        """

    def close(self) -> None: ...


GATEWAYS: dict[str, Callable[[Mapping[str, Any]], SmsGateway]] = {
    "file": file.SmsFiles.from_settings,
    "mitake": mitake.MitakeGateway.from_settings,
}
"""SMS_GATEWAY → how to make it from the settings. Another provider: one module here and one line."""


def sms_gateway(settings: Mapping[str, Any]) -> SmsGateway:
    """The gateway that the settings name. Raises KeyError for an unknown name."""
    return GATEWAYS[settings["SMS_GATEWAY"]](settings)
