"""The composer under a conversation. What a message may hold is the service's to say."""

from __future__ import annotations

import secrets

from wtforms import HiddenField, TextAreaField

from app.web.forms import PortalForm


class MessageForm(PortalForm):
    body = TextAreaField()
    send_key = HiddenField()

    def refuse(self, sentence: object) -> None:
        """Put why it was not sent beside the text, which stays."""
        self.body.errors = [*self.body.errors, str(sentence)]


def new_send_key() -> str:
    """Goes out with an empty composer and comes back with what is sent: the same form sent twice is one message."""
    return secrets.token_urlsafe(16)
