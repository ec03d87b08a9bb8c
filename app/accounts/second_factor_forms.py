"""The forms of the second factor: the password once more, and a code where there is one to prove."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import PasswordField, TextAreaField

from app.accounts.fields import LineField, Required, longest
from app.accounts.password_forms import CodeForm
from app.accounts.second_factor import REASON_LENGTH
from app.web.forms import PortalForm


class PasswordAgainForm(PortalForm):
    """New recovery codes, and the first set-up."""

    current_password = PasswordField(_l("Current password"), [Required(_l("Please enter your current password."))])


class PasswordAndCodeForm(PasswordAgainForm):
    """Another phone, and turning off."""

    code = LineField(_l("One-time code"), [Required(_l("Please enter the code of your authenticator app."))])


class FirstCodeForm(CodeForm):
    """The first code of a new key."""


class RemovalForm(PortalForm):
    """The city administrator says why."""

    reason = TextAreaField(_l("Reason"), [Required(_l("Please give a reason.")), longest(REASON_LENGTH)])
