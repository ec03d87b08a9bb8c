"""What somebody reads who did not prove who they are: at an entrance, or once more behind it."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app.accounts import sign_in
from app.accounts.lockout import EntranceLocked
from app.accounts.reentry import WrongCurrentPassword
from app.accounts.second_factor import WrongCode


def refusal_text(refusal: Exception) -> str:
    """The sentence for a SignInRefused, or for what re-entry raises."""
    if isinstance(refusal, EntranceLocked):
        return ngettext(
            "Five failed tries: this account is locked. Please try again in %(num)d minute.",
            "Five failed tries: this account is locked. Please try again in %(num)d minutes.",
            refusal.minutes_left,
        )
    if isinstance(refusal, WrongCurrentPassword):
        return _("This is not your current password.")
    if isinstance(refusal, sign_in.WrongCode | WrongCode):
        return _("This is not the present code, or it was used already. Please type the next one that the app shows.")
    if isinstance(refusal, sign_in.SecondStepOver):
        return _("Five minutes have passed. Please sign in again.")
    if isinstance(refusal, sign_in.NotActivatedYet):
        return _("This account is not activated yet. Please open the link in the letter that we sent you.")
    if isinstance(refusal, sign_in.AccountSuspended):
        return _("This account is suspended. Please ask your school or the service desk.")
    if isinstance(refusal, sign_in.AccountClosed):
        return _("This account is closed.")
    return _("The account name or the password is not right.")


def say_why_not(field: Any, refusal: Exception) -> None:
    """Beside the field, after what stands there already."""
    field.errors = [*field.errors, refusal_text(refusal)]
