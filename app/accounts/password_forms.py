"""The forms of the entrances, the resets, and the forced change of the first password."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, PasswordField, ValidationError

from app.accounts.fields import BirthDateField, LineField, MobileField, Required, longest
from app.accounts.passwords import NewPasswordMixin
from app.captcha.fields import CaptchaField, CaptchaMixin
from app.web.forms import PortalForm


class OfficialSignInForm(CaptchaMixin, PortalForm):
    """A1.1."""

    username = LineField(_l("Account name"), [Required(_l("Please enter your account name."))])
    password = PasswordField(_l("Password"), [Required(_l("Please enter your password."))])
    captcha = CaptchaField("sign-in-official")


class GeneralSignInForm(CaptchaMixin, PortalForm):
    """A3.1."""

    username = LineField(_l("Account name"), [Required(_l("Please enter your account name."))])
    password = PasswordField(_l("Password"), [Required(_l("Please enter your password."))])
    stay = BooleanField(_l("Stay signed in on this device for 30 days"))
    captcha = CaptchaField("sign-in-general")


class CodeForm(PortalForm):
    """The second step of signing in."""

    code = LineField(_l("One-time code"), [Required(_l("Please enter the code of your authenticator app."))])


class FirstPasswordForm(NewPasswordMixin, PortalForm):
    """A1.6."""

    temporary_password = PasswordField(
        _l("Temporary password"), [Required(_l("Please enter the temporary password of the SMS."))]
    )

    def validate_new_password(self, field: Any) -> None:
        if field.data == self.temporary_password.data:
            raise ValidationError(_l("The temporary password cannot be kept. Please choose one of your own."))
        super().validate_new_password(field)


class OfficialResetForm(CaptchaMixin, PortalForm):
    """A2.3."""

    username = LineField(_l("Account applied for"), [Required(), longest(64)])
    email = LineField(_l("E-mail address given in the application"), [Required(), longest(254)])
    mobile = MobileField(_l("Mobile number"), [Required()])
    captcha = CaptchaField("reset-official")


class GeneralResetForm(CaptchaMixin, PortalForm):
    """A4.3. What is wrong with the number is not said here: a wrong combination looks like a right one."""

    username = LineField(_l("Registered account name"), [Required(), longest(64)])
    identity_number = LineField(_l("ID number"), [Required(), longest(30)])
    birth_date = BirthDateField(_l("Birthday"), [Required()])
    captcha = CaptchaField("reset-general")


class RenewPasswordForm(NewPasswordMixin, PortalForm):
    """A4.5."""
