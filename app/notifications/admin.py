"""寄送紀錄: which letter or SMS went out when. Its text is sealed and stands on no screen."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.notifications.models import OutboxMessage, OutboxStatus
from app.web.cells import status
from app.web.datamodel import ScopedInterface
from app.web.model_views import ScopedModelView

TONES = {
    OutboxStatus.QUEUED: "pending",
    OutboxStatus.SENT: "approved",
    OutboxStatus.FAILED: "refused",
    OutboxStatus.DROPPED: "ended",
}


def masked_receiver(receiver: str) -> str:
    """Enough to recognize one's own address: ma***@example.org, +886*****678."""
    name, at, domain = receiver.partition("@")
    if at:
        return f"{name[:2]}***@{domain}"
    return f"{receiver[:4]}*****{receiver[-3:]}"


class OutboxMessageAdmin(ScopedModelView):
    datamodel = ScopedInterface(OutboxMessage)
    route_base = "/sso/outbox"
    class_permission_name = "OutboxMessageAdmin"
    list_title, row_name = _l("Letters and SMS sent"), _l("Letter or SMS")
    label_columns = {"channel": _l("Letter or SMS")}

    list_columns = ["created_at", "channel", "purpose", "receiver", "status", "attempts"]
    show_columns = [
        "channel",
        "purpose",
        "receiver",
        "status",
        "attempts",
        "created_at",
        "sent_at",
        "next_attempt_at",
        "last_error",
    ]
    search_columns = ["status", "channel", "purpose", "created_at", "sent_at"]
    order_columns = ["created_at"]
    base_order = ("id", "desc")
    number_columns = ("attempts",)
    formatters_columns = {"status": status(TONES), "receiver": masked_receiver}
    empty_words = _l("Nothing has been sent yet.")

    def row_title(self, row: OutboxMessage) -> str:
        return f"{row.channel.label} {row.purpose}"
