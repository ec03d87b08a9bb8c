"""The form before a full identity number is shown."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import PasswordField

from app.accounts.fields import LineField, Required, longest
from app.schools.revealing import REASON_LENGTH
from app.web.forms import PortalForm


class RevealForm(PortalForm):
    reason = LineField(_l("Reason"), [Required(_l("Please give a reason.")), longest(REASON_LENGTH)])
    current_password = PasswordField(_l("Current password"), [Required(_l("Please enter your current password."))])
