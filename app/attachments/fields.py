"""附件 in a form: chosen files are checked when the form is, and each refusal stands beside its field."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_wtf.file import MultipleFileField
from wtforms import SelectMultipleField
from wtforms.validators import StopValidation

from app.access.actor import current_account_id
from app.attachments.checks import ACCEPT, AcceptedFile, accept_all
from app.attachments.services import is_room_for


class FilesField(MultipleFileField):
    """Several files; ``accepted`` holds the checked ones after validation.

    A browser does not send files back to its own form: when anything else failed, they have to be chosen again, and
    the page says so (``must_be_chosen_again``).
    """

    most = 5
    kept = 0
    """How many attachments the owner keeps besides; the view says so before validation."""

    def __init__(self, *args: Any, most: int = 5, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.most = most
        self.accepted: list[AcceptedFile] = []
        self.render_kw = {"accept": ACCEPT}

    @property
    def must_be_chosen_again(self) -> bool:
        return bool(self.data)

    def pre_validate(self, form: Any) -> None:
        files = self.data or []
        if self.kept + len(files) > self.most:
            raise StopValidation(_("At most %(most)d files can be attached here.", most=self.most))
        account_id = current_account_id()
        if files and account_id is not None and not is_room_for(account_id, request.content_length or 0):
            raise StopValidation(_("You have attached very much today. Please attach the rest tomorrow."))
        self.accepted, refused = accept_all(files)
        if refused:
            raise StopValidation(" ".join(refused))


class DroppedFilesField(SelectMultipleField):
    """移除: the numbers of attachments to take off. What is not an attachment of the owner is ignored by the service."""

    data: list[int] | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, coerce=_number, validate_choice=False, **kwargs)

    def post_validate(self, form: Any, validation_stopped: bool) -> None:
        self.data = [number for number in self.data or [] if number]


def _number(text: Any) -> int:
    return int(text) if str(text).isascii() and str(text).isdigit() and len(str(text)) < 10 else 0
