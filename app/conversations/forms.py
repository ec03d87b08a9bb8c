"""The composer under a conversation. What a message may hold is the service's to say."""

from __future__ import annotations

import secrets

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, TextAreaField


class MessageForm(FlaskForm):
    body = TextAreaField(_l("Text of the message"))
    send_key = HiddenField(default=lambda: secrets.token_urlsafe(16))

    def refuse(self, sentence: object) -> None:
        """Put why it was not sent beside the text, which stays."""
        self.body.errors = [*self.body.errors, str(sentence)]
