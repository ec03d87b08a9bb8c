"""The ways out: letters by SMTP or as files, SMS through a gateway or as files.

A transport sends or raises one of these; a reason is short, is kept in the outbox and read by administrators, and so
never holds a text, a password or what a server said in full.
"""

from __future__ import annotations


class DeliveryProblem(Exception):
    """Why one message did not go out."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason[:300]


class TryLater(DeliveryProblem):
    """This message was put off; the next one may go."""


class Unreachable(TryLater):
    """The server does not answer or does not let us in: no other message would go now either."""


class Refused(DeliveryProblem):
    """This message will never go: a number or an address that does not exist, a content that is not taken."""
