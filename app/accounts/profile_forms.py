"""The forms of 我的基本資料; the fields follow the account type (A5.2)."""

from __future__ import annotations

from typing import Any

from flask import current_app
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, PasswordField, SelectField, ValidationError

from app.accounts.fields import LineField, MobileField, longest
from app.accounts.models import AccountType
from app.accounts.passwords import NewPasswordMixin
from app.accounts.registration_forms import OutsideStaffFields, PersonFields, StudentFields
from app.captcha.fields import CaptchaField, CaptchaMixin
from app.web.forms import PortalForm


class ProfileForm(CaptchaMixin, NewPasswordMixin, PersonFields, PortalForm):
    """What every account has. A general account always proves itself by 「目前密碼」, an official one for a new password,
    mailbox or number."""

    locale = SelectField(_l("Language"), validate_choice=False)
    wants_new_password = BooleanField(_l("A new password"))
    new_password = PasswordField(_l("New password"))
    new_password_again = PasswordField(_l("Confirm new password"))
    current_password = PasswordField(_l("Current password"))
    captcha = CaptchaField("profile", _l("Digits of the picture"))

    is_official = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.locale.choices = [(code, language["name"]) for code, language in current_app.config["LANGUAGES"].items()]

    @property
    def changes_password(self) -> bool:
        """Ticked, or filled in where scripts are off and the box seemed needless; after a reset it has to be."""
        must = self.account is not None and self.account.must_change_password
        return bool(must or self.wants_new_password.data or self.new_password.data)

    @property
    def changes_contact(self) -> bool:
        return any((field.data or "") != (field.object_data or "") for field in (self.email, self.mobile))

    @property
    def needs_current_password(self) -> bool:
        return self.changes_password or not self.is_official or self.changes_contact

    @property
    def proves_somebody(self) -> bool:
        """A current password was typed beneath a picture that was read: it may be looked at."""
        read = not self.captcha.errors and not self.asks_for_another_picture
        return bool(self.needs_current_password and self.current_password.data and read)

    def validate_locale(self, field: Any) -> None:
        if field.data not in current_app.config["LANGUAGES"]:
            raise ValidationError(_l("Please choose a language."))

    def validate_new_password(self, field: Any) -> None:
        if not self.changes_password:
            return
        if not field.data:
            raise ValidationError(_l("Please enter a new password."))
        if field.data == self.current_password.data and self.account is not None and self.account.must_change_password:
            raise ValidationError(_l("The temporary password cannot be kept. Please choose one of your own."))
        super().validate_new_password(field)

    def validate_new_password_again(self, field: Any) -> None:
        if self.changes_password:
            super().validate_new_password_again(field)

    def validate_current_password(self, field: Any) -> None:
        if self.needs_current_password and not field.data:
            raise ValidationError(_l("Please enter your current password."))


class StaffProfileForm(ProfileForm):
    """Unit and title change by 調校申請 alone."""

    is_official = True


class StudentProfileForm(StudentFields, ProfileForm):
    mobile = MobileField(_l("Mobile number"), description=_l("May stay empty"))


class OutsideStaffProfileForm(OutsideStaffFields, ProfileForm):
    pass


class CitizenProfileForm(ProfileForm):
    postal_address = LineField(_l("Postal address"), [longest(200)])


FORMS: dict[AccountType, type[ProfileForm]] = {
    AccountType.STAFF: StaffProfileForm,
    AccountType.GUARDIAN: ProfileForm,
    AccountType.STUDENT: StudentProfileForm,
    AccountType.OUTSIDE_STAFF: OutsideStaffProfileForm,
    AccountType.CITIZEN: CitizenProfileForm,
}
