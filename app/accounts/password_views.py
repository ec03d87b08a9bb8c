"""First and forgotten passwords (A1.6, A2, A4)."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, request, session, url_for
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.accounts import first_passwords, resets, secrets
from app.accounts.entrances import ask_for_code, first_page_of
from app.accounts.even_time import even_time
from app.accounts.mobile import national_form
from app.accounts.models import AccountKind, AccountState
from app.accounts.password_forms import FirstPasswordForm, GeneralResetForm, OfficialResetForm, RenewPasswordForm
from app.accounts.sign_in import begin_second_step
from app.web.base_views import PortalView, acting_account

_LINK = "reset_link"
"""The session keeps the hash of the letter's token, so that the address in the browser's history opens nothing."""


class OfficialResetView(PortalView):
    """公務帳號忘記密碼 (A2.1–A2.4)."""

    route_base = "/reset/official"
    default_view = "ask"

    @expose("/", methods=["GET", "POST"])
    def ask(self) -> Any:
        form = OfficialResetForm()
        if form.validate_on_submit():
            with even_time():
                resets.ask_official_reset(form.username.data, form.email.data, form.mobile.data)
            return redirect(url_for(".done"))
        return self.render("accounts/reset_official.html", form=form)

    @expose("/done", methods=["GET"])
    def done(self) -> Any:
        return self.render("accounts/reset_official_done.html")


class GeneralResetView(PortalView):
    """一般帳號忘記密碼 (A4)."""

    route_base = "/reset/general"
    default_view = "ask"

    @expose("/", methods=["GET", "POST"])
    def ask(self) -> Any:
        form = GeneralResetForm()
        if form.validate_on_submit():
            with even_time():
                resets.ask_general_reset(form.username.data, form.identity_number.data, form.birth_date.data)
            return redirect(url_for(".done"))
        return self.render("accounts/reset_general.html", form=form)

    @expose("/done", methods=["GET"])
    def done(self) -> Any:
        return self.render("accounts/reset_general_done.html")

    @expose("/new", methods=["GET", "POST"])
    @expose("/<token>", methods=["GET"])
    def renew(self, token: str = "") -> Any:
        if token:
            session[_LINK] = secrets.hash_token(token)
            return redirect(url_for(".renew"))
        try:
            account = resets.account_of_link(session.get(_LINK, ""))
            form = RenewPasswordForm()
            form.account = account
            if not form.validate_on_submit():
                return self.render("accounts/reset_renew.html", form=form, username=account.username)
            account_id = resets.renew_password(session[_LINK], form.new_password.data)
        except resets.LinkDoesNotWork:
            return self.render("accounts/reset_link_dead.html"), 410
        step = begin_second_step(account_id)
        if step is not None:  # who reads the mailbox has not the phone
            return ask_for_code(step, next=None, door=AccountKind.GENERAL)
        session.begin_for(account_id)  # type: ignore[attr-defined]
        flash(_("Password reset."), "success")
        return redirect(url_for("PortalHomeView.home"))


class FirstPasswordView(PortalView):
    """首次登入修改密碼 (A1.6–A1.7): the only page of an account that still has its temporary password."""

    route_base = "/first-password"
    default_view = "change"

    @expose("/", methods=["GET", "POST"])
    def change(self) -> Any:
        if g.actor is None:
            return redirect(url_for("OfficialLoginView.login"))
        actor = acting_account()
        if actor.state != AccountState.PENDING_PASSWORD_CHANGE:
            return redirect(first_page_of(actor))
        if "send_again" in request.form:
            return self._send_again()
        form = FirstPasswordForm()
        form.account = first_passwords.own_account(actor)
        if form.validate_on_submit():
            try:
                first_passwords.replace_first_password(actor, form.temporary_password.data, form.new_password.data)
            except first_passwords.TemporaryPasswordWrong:
                form.temporary_password.errors = [
                    _("This is not the temporary password, or it is older than 10 minutes. You can have a new one sent.")
                ]
            else:
                session.end()  # type: ignore[attr-defined]
                flash(_("Password changed, please sign in again."), "success")
                return redirect(url_for("OfficialLoginView.login"))
        return self.render("accounts/first_password.html", form=form)

    def _send_again(self) -> Any:
        try:
            mobile = first_passwords.send_first_password_again(acting_account())
        except first_passwords.AskedTooSoon:
            flash(
                _(
                    "One was sent a moment ago, or enough for today. "
                    "Please wait a minute before asking for another one; after many, please try tomorrow."
                ),
                "warning",
            )
        else:
            end = national_form(mobile)[-3:]
            flash(_("A new temporary password is on its way to your mobile number ending in %(end)s.", end=end), "success")
        return redirect(url_for(".change"))
