"""兩步驟驗證: setting up, recovery codes, another phone, turning off. Everybody's own."""

from __future__ import annotations

import json
import time
from typing import Any

from flask import Response, flash, redirect, session, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from app.access import policy
from app.access.actor import Actor
from app.accounts import second_factor
from app.accounts.first_passwords import own_account
from app.accounts.lockout import EntranceLocked
from app.accounts.reentry import WrongCurrentPassword
from app.accounts.refusals import say_why_not
from app.accounts.second_factor_forms import FirstCodeForm, PasswordAgainForm, PasswordAndCodeForm
from app.crypto.sealing import open_sealed, seal
from app.web.base_views import PortalView, acting_account

_KEY = "second_factor.key"
"""The session keeps the new key, sealed, until its first code was right."""
_CODES = "second_factor.codes"
"""And the recovery codes, sealed, until they have been shown."""
_KEY_LASTS = 900
"""Seconds from the password to the first code."""
_REFUSALS = (WrongCurrentPassword, EntranceLocked, second_factor.WrongCode)


class SecondFactorView(PortalView):
    route_base = "/portal/second-factor"
    default_view = "show"
    class_permission_name = "SecondFactor"

    @expose("/", methods=["GET", "POST"])
    @has_access
    @permission_name("open")
    def show(self) -> Any:
        """How it stands; where there is none, the form that begins setting up."""
        actor = acting_account()
        if actor.has_second_factor:
            return self.render(
                "accounts/second_factor.html",
                since=own_account(actor).second_factor_since,
                codes_left=second_factor.unused_recovery_codes(actor.id),
                must_keep=policy.must_have_second_factor(actor),
            )
        form = PasswordAgainForm()
        if form.validate_on_submit() and self._has_begun(actor, form):
            return redirect(url_for(".set_up"))
        return self.render(
            "accounts/second_factor_begin.html", form=form, is_obligatory=policy.must_have_second_factor(actor)
        )

    @expose("/set-up", methods=["GET", "POST"])
    @has_access
    @permission_name("open")
    def set_up(self) -> Any:
        key = _key_in_session()
        if key is None:
            return redirect(url_for(".codes" if _CODES in session else ".show"))
        form = FirstCodeForm()
        if form.validate_on_submit():
            try:
                codes = second_factor.turn_on(acting_account(), key, form.code.data or "")
            except second_factor.WrongCode as refusal:
                say_why_not(form.code, refusal)
            else:
                session.pop(_KEY)
                flash(_("Two-step sign-in is on. All other devices are signed out."), "success")
                return self._show_codes(codes)
        return self.render("accounts/second_factor_set_up.html", form=form, key=second_factor.key_to_type(key))

    @expose("/picture", methods=["GET"])
    @has_access
    @permission_name("open")
    def picture(self) -> Any:
        key = _key_in_session()
        if key is None:
            raise NotFound
        return Response(second_factor.picture_of(acting_account(), key), mimetype="image/svg+xml")

    @expose("/codes", methods=["GET"])
    @has_access
    @permission_name("open")
    def codes(self) -> Any:
        """The recovery codes, once."""
        sealed = session.pop(_CODES, None)
        if sealed is None:
            return redirect(url_for(".show"))
        return self.render("accounts/second_factor_codes.html", codes=json.loads(open_sealed(sealed)))

    @expose("/new-codes", methods=["GET", "POST"])
    @has_access
    @permission_name("open")
    def new_codes(self) -> Any:
        form = PasswordAgainForm()
        if form.validate_on_submit():
            try:
                codes = second_factor.renew_recovery_codes(acting_account(), form.current_password.data or "")
            except (WrongCurrentPassword, EntranceLocked) as refusal:
                say_why_not(form.current_password, refusal)
            except second_factor.NothingToRemove:
                return redirect(url_for(".show"))
            else:
                flash(_("The older recovery codes do not work any more."), "success")
                return self._show_codes(codes)
        return self._ask_again(form, "new_codes")

    @expose("/another-phone", methods=["GET", "POST"])
    @has_access
    @permission_name("open")
    def another_phone(self) -> Any:
        form = PasswordAndCodeForm()
        if form.validate_on_submit() and self._has_begun(acting_account(), form):
            return redirect(url_for(".set_up"))
        return self._ask_again(form, "another_phone")

    @expose("/off", methods=["GET", "POST"])
    @has_access
    @permission_name("open")
    def turn_off(self) -> Any:
        form = PasswordAndCodeForm()
        if form.validate_on_submit():
            try:
                second_factor.turn_off(acting_account(), form.current_password.data or "", form.code.data or "")
            except _REFUSALS as refusal:
                _say_beside(form, refusal)
            except second_factor.MustKeep:
                flash(_("Your role needs two-step sign-in; it stays on."), "danger")
                return redirect(url_for(".show"))
            else:
                flash(_("Two-step sign-in is off. All other devices are signed out."), "success")
                return redirect(url_for(".show"))
        return self._ask_again(form, "turn_off")

    def _has_begun(self, actor: Actor, form: PasswordAgainForm) -> bool:
        code = form.code.data or "" if isinstance(form, PasswordAndCodeForm) else ""
        try:
            key = second_factor.begin_set_up(actor, form.current_password.data or "", code)
        except _REFUSALS as refusal:
            _say_beside(form, refusal)
            return False
        session[_KEY] = {"sealed": key, "until": int(time.time()) + _KEY_LASTS}
        return True

    def _ask_again(self, form: PasswordAgainForm, act: str) -> Any:
        if not acting_account().has_second_factor:
            return redirect(url_for(".show"))
        return self.render("accounts/second_factor_again.html", form=form, act=act)

    def _show_codes(self, codes: list[str]) -> Any:
        session[_CODES] = seal(json.dumps(codes))
        return redirect(url_for(".codes"))


def _key_in_session() -> str | None:
    kept = session.get(_KEY)
    if kept is None or kept["until"] < time.time():
        session.pop(_KEY, None)
        return None
    return str(kept["sealed"])


def _say_beside(form: PasswordAgainForm, refusal: Exception) -> None:
    is_of_code = isinstance(refusal, second_factor.WrongCode) and isinstance(form, PasswordAndCodeForm)
    say_why_not(form.code if is_of_code else form.current_password, refusal)
