"""Uploading a bundle, and confirming its plan."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, HiddenField

from app.web.forms import PortalForm


class UploadForm(PortalForm):
    bundle = FileField(_l("Roster file (zip)"), [FileRequired(_l("Please choose a file."))])


class ApplyForm(PortalForm):
    fingerprint = HiddenField()
    """Of the plan that was shown: another one is not applied."""
    many_may_leave = BooleanField(_l("It is right that so many students leave"))
