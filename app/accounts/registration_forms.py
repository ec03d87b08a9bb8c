"""The forms by which accounts are applied for (A1.2, A3.3, A3.4)."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, PasswordField, RadioField
from wtforms.validators import DataRequired

from app.accounts.fields import (
    BirthDateField,
    EmailField,
    IdentityNumberField,
    LineField,
    MobileField,
    Required,
    SchoolField,
    UsernameField,
    longest,
)
from app.accounts.identity import IdentityNumber
from app.accounts.models import AccountKind, AccountType, IdentityKind
from app.accounts.passwords import NewPasswordMixin, birthday_words
from app.captcha.fields import CaptchaField, CaptchaMixin
from app.web.forms import PortalForm

GENERAL_TYPES: dict[AccountType, Any] = {
    AccountType.GUARDIAN: _l("See your child's contact book and marks, talk with the teachers"),
    AccountType.STUDENT: _l("At a municipal school of this city now"),
    AccountType.OUTSIDE_STAFF: _l("National, private and other counties' schools"),
    AccountType.CITIZEN: _l("Look at resources, sign up for activities"),
}
"""The types of A3.3, each with what it is for."""


class OfficialRegistrationForm(CaptchaMixin, PortalForm):
    """申請單一認證平台帳號 (A1.2)."""

    username = UsernameField(_l("Account applied for"), [Required()])
    full_name = LineField(_l("Full name"), [Required(), longest(60)])
    identity = IdentityNumberField(
        _l("National ID number"),
        [Required()],
        kinds=(IdentityKind.NATIONAL_ID, IdentityKind.RESIDENT_CERTIFICATE),
    )
    birth_date = BirthDateField(_l("Date of birth"), [Required()])
    email = EmailField(_l("E-mail"), [Required()])
    mobile = MobileField(_l("Mobile number"), [Required()])
    school_id = SchoolField(_l("Unit of service"), [Required(_l("Please choose your unit."))])
    job_title = LineField(_l("Job title"), [Required(), longest(60)])
    captcha = CaptchaField("register-official")


def _type_or_none(text: Any) -> AccountType | None:
    return AccountType(text) if text in set(GENERAL_TYPES) else None


class StartForm(PortalForm):
    """證號號碼 and the account type (A3.3)."""

    identity = IdentityNumberField(_l("Identity number"), [Required()])
    account_type = RadioField(
        _l("Account type"),
        [Required(_l("Please choose an account type."))],
        choices=[(account_type.value, account_type.label) for account_type in GENERAL_TYPES],
        coerce=_type_or_none,
        validate_choice=False,
    )


class GuardedStartForm(CaptchaMixin, StartForm):
    """The same, for an address from which many registered numbers were asked for."""

    captcha = CaptchaField("register-start")


class PersonFields:
    full_name = LineField(_l("Full name"), [Required(), longest(60)])
    birth_date = BirthDateField(_l("Birthday"), [Required()])
    email = EmailField(_l("E-mail"), [Required()])
    mobile = MobileField(_l("Mobile number"), [Required()])


class StudentFields:
    school_id = SchoolField(_l("School attended"), [Required(_l("Please choose your school."))])
    student_number = LineField(_l("Student number"), [Required(), longest(30)])


class OutsideStaffFields:
    organization = LineField(_l("School of service"), [Required(), longest(120)])
    job_title = LineField(_l("Job title"), [Required(), longest(60)])


class CitizenFields:
    postal_address = LineField(_l("Postal address"), [Required(), longest(200)])


class AccountFields(NewPasswordMixin, CaptchaMixin):
    username = UsernameField(_l("Registered account name"), [Required()])
    new_password = PasswordField(_l("Password"), [DataRequired(_l("Please fill this in."))])
    new_password_again = PasswordField(_l("Confirm password"))
    captcha = CaptchaField("register-general")
    consent = BooleanField(
        _l("I have read the notice on the collection of personal data and agree to it"),
        [DataRequired(_l("Please read the notice and agree to it; without these data there can be no account."))],
    )


class GeneralForm(PersonFields, AccountFields, PortalForm):
    """What every type is asked; 學生家長 is asked no more (A3.4)."""

    account_kind = AccountKind.GENERAL

    def know(self, identity: IdentityNumber) -> None:
        """Tell the form what was entered in the first step: no part of the password may be taken from it."""
        typed = [self.username.typed, self.full_name.data or "", self.email.typed.partition("@")[0], self.mobile.typed]
        day = self.birth_date.data
        self.context_words = [
            *typed,
            identity.value,
            *(birthday_words(day.year, day.month, day.day) if day else []),
        ]


class StudentForm(StudentFields, GeneralForm):
    """桃園市立學校學生."""

    mobile = MobileField(_l("Mobile number"), description=_l("May stay empty"))


class OutsideStaffForm(OutsideStaffFields, GeneralForm):
    """非桃園市立公立學校教職員."""


class CitizenForm(CitizenFields, GeneralForm):
    """一般民眾."""


FORMS: dict[AccountType, type[GeneralForm]] = {
    AccountType.GUARDIAN: GeneralForm,
    AccountType.STUDENT: StudentForm,
    AccountType.OUTSIDE_STAFF: OutsideStaffForm,
    AccountType.CITIZEN: CitizenForm,
}


class SendAgainForm(CaptchaMixin, PortalForm):
    """The activation letter did not arrive, or its link has run out."""

    username = UsernameField(_l("Registered account name"), [Required()])
    identity = IdentityNumberField(_l("Identity number"), [Required()])
    captcha = CaptchaField("activation-again")
