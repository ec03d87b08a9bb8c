"""寄送紀錄: which letter or SMS went out when. Its text is sealed and stands on no screen."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from app.notifications.models import OutboxMessage, OutboxStatus
from app.web.cells import status
from app.web.conditions import WordIs, with_words
from app.web.datamodel import ScopedInterface
from app.web.model_views import ScopedModelView

PURPOSES: dict[str, Any] = {
    "account_reopened": _l("Account reopened"),
    "account_suspended": _l("Account suspended"),
    "activation": _l("Activation of an account"),
    "attachment_infected": _l("Infected attachment"),
    "contact_changed": _l("Mail address or mobile number changed"),
    "first_password": _l("First password"),
    "link_approved": _l("Student link approved"),
    "link_ended": _l("Student link ended"),
    "link_rejected": _l("Student link not approved"),
    "new_mailbox": _l("New mailbox"),
    "password_changed": _l("Password changed"),
    "password_reset_done": _l("Password reset"),
    "placement_approved": _l("Placement approved"),
    "placement_refused": _l("Placement refused"),
    "recovery_code_used": _l("A recovery code was used"),
    "recovery_codes_renewed": _l("New recovery codes"),
    "reset_link": _l("Link to set a new password"),
    "reset_password": _l("Temporary password after a reset"),
    "second_factor_off": _l("Two-step sign-in turned off"),
    "second_factor_on": _l("Two-step sign-in turned on"),
    "second_factor_removed": _l("Two-step sign-in removed"),
    "sign_in_locked": _l("Sign-in locked"),
    "temporary_password_used": _l("A temporary password was used"),
}
"""The texts of templates/notifications, as administrators read them."""


def purpose_in_words(purpose: str) -> str:
    return str(PURPOSES.get(purpose, purpose))


class PurposeIs(WordIs):
    def choices(self) -> list[tuple[str, str]]:
        return sorted(((purpose, str(words)) for purpose, words in PURPOSES.items()), key=lambda pair: pair[1])


class Outbox(ScopedInterface):
    filter_converter_class = with_words(purpose=PurposeIs)


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
    datamodel = Outbox(OutboxMessage)
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
    formatters_columns = {"status": status(TONES), "receiver": masked_receiver, "purpose": purpose_in_words}
    empty_words = _l("Nothing has been sent yet.")

    def row_title(self, row: OutboxMessage) -> str:
        return f"{row.channel.label} {purpose_in_words(row.purpose)}"
