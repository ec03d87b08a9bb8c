"""The form of a bulletin."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField, TextAreaField, ValidationError
from wtforms.validators import Optional

from app.accounts.fields import LineField, Required, longest
from app.attachments.fields import DroppedFilesField, FilesField
from app.attachments.services import MOST_OF_BULLETIN
from app.bulletins.services import Wording
from app.model_types import today
from app.schools.day_field import DayField
from app.web.clean_text import many_lines
from app.web.forms import PortalForm
from app.web.seen import SeenMixin


class BulletinForm(SeenMixin, PortalForm):
    title = LineField(_l("Title"), [Required(), longest(120)])
    text = TextAreaField(_l("Content"), [Required(), longest(20_000)], filters=[many_lines])
    files = FilesField(_l("Attachments"), most=MOST_OF_BULLETIN)
    dropped = DroppedFilesField()
    is_pinned = BooleanField(_l("Pin to the top"))
    publish_from = DayField(_l("Publish from"), [Required()], default=today)
    publish_until = DayField(_l("Publish until"), [Optional()])

    def validate_publish_until(self, field: DayField) -> None:
        if field.data and self.publish_from.data and field.data < self.publish_from.data:
            raise ValidationError(_("The last day lies before the first one."))

    def wording(self) -> Wording:
        """What was filled in, for the service."""
        return Wording(
            title=self.title.data,
            text=self.text.data or "",
            is_pinned=bool(self.is_pinned.data),
            publish_from=self.publish_from.data,
            publish_until=self.publish_until.data,
        )


class NewBulletinForm(BulletinForm):
    class_id = SelectField(_l("Grade and class"), [Required()], coerce=int, validate_choice=False)

    def offer(self, classes: list[Any], chosen: Any) -> None:
        self.class_id.choices = [(each.id, each.label) for each in classes]
        if not self.is_submitted():
            self.class_id.data = chosen.id
