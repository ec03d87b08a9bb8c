"""Applying for an account: the official one (A1.2–4), the general one with its letter (A3.2–6)."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, session, url_for
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.accounts import queries, registration, secrets
from app.accounts.even_time import even_time
from app.accounts.identity import IdentityNumber, read_identity_number
from app.accounts.masking import masked_email, masked_mobile
from app.accounts.models import AccountType, SecretPurpose
from app.accounts.registration import (
    ActivationLinkDead,
    GeneralApplication,
    IdentityNumberTaken,
    OfficialApplication,
    UsernameTaken,
)
from app.accounts.registration_forms import (
    FORMS,
    GENERAL_TYPES,
    GeneralForm,
    GuardedStartForm,
    OfficialRegistrationForm,
    SendAgainForm,
    StartForm,
    StudentForm,
)
from app.crypto.sealing import CannotOpen, open_sealed
from app.privacy.notices import in_force
from app.web.base_views import PortalView
from app.web.locales import select_locale

# What the server keeps of a registration between its pages; nothing of it is in an address.
_STARTED, _REGISTERED, _ACTIVATION = "registration.started", "registration.done", "registration.activation"


def _say_taken_name(form: Any) -> None:
    form.username.errors.append(_("This account name is taken. Please choose another one."))


def _say_taken_number(form: Any) -> None:
    form.identity.errors.append(_("This number is registered already. Sign in, or reset your password."))


class OfficialRegistrationView(PortalView):
    """申請單一認證平台帳號."""

    route_base = "/register/official"
    default_view = "apply"

    @expose("/", methods=["GET", "POST"])
    def apply(self) -> Any:
        form = OfficialRegistrationForm()
        form.school_id.offer(queries.units_to_choose())
        if form.validate_on_submit() and self._is_registered(form):
            session[_REGISTERED] = masked_mobile(form.mobile.data)
            return redirect(url_for("OfficialRegistrationView.done"))
        return self.render("accounts/register_official.html", form=form, notice=in_force())

    @expose("/done", methods=["GET"])
    def done(self) -> Any:
        if _REGISTERED not in session:
            return redirect(url_for("OfficialRegistrationView.apply"))
        return self.render("accounts/register_official_done.html", mobile=session[_REGISTERED])

    def _is_registered(self, form: OfficialRegistrationForm) -> bool:
        application = OfficialApplication(
            username=form.username.data,
            full_name=form.full_name.data,
            identity=form.identity.data,
            birth_date=form.birth_date.data,
            email=form.email.data,
            mobile=form.mobile.data,
            locale=select_locale() or "",
            school_id=form.school_id.data or 0,
            job_title=form.job_title.data,
        )
        try:
            registration.register_official(application)
        except UsernameTaken:
            _say_taken_name(form)
            return False
        except IdentityNumberTaken:
            _say_taken_number(form)
            return False
        return True


class GeneralRegistrationView(PortalView):
    """申請本入口網帳號: 證號與類型, 填寫資料, 收信啟用."""

    route_base = "/register/general"
    default_view = "start"

    @expose("/", methods=["GET", "POST"])
    def start(self) -> Any:
        form = GuardedStartForm() if registration.asks_too_often() else StartForm()
        if form.validate_on_submit():
            try:
                registration.require_unregistered(form.identity.data)
            except IdentityNumberTaken:
                _say_taken_number(form)
            else:
                session[_STARTED] = {"number": form.identity.data.sealed, "type": form.account_type.data}
                return redirect(url_for("GeneralRegistrationView.apply"))
        return self.render("accounts/register_general.html", form=form, types=GENERAL_TYPES)

    @expose("/details", methods=["GET", "POST"])
    def apply(self) -> Any:
        started = self._started()
        if started is None:
            flash(_("Please enter your identity number first."), "info")
            return redirect(url_for("GeneralRegistrationView.start"))
        identity, account_type = started
        form = FORMS[account_type]()
        form.know(identity)
        if isinstance(form, StudentForm):
            form.school_id.offer(queries.schools_to_choose())
        if form.validate_on_submit():
            try:
                registration.register_general(self._application(form, identity, account_type))
            except UsernameTaken:
                _say_taken_name(form)
            except IdentityNumberTaken:
                flash(_("This number is registered already. Sign in, or reset your password."), "danger")
                return redirect(url_for("GeneralRegistrationView.start"))
            else:
                session.pop(_STARTED)
                session[_REGISTERED] = masked_email(form.email.data)
                return redirect(url_for("GeneralRegistrationView.done"))
        return self.render(
            "accounts/register_general_details.html",
            form=form,
            account_type=account_type,
            number=identity.masked,
            notice=in_force(),
        )

    @expose("/done", methods=["GET"])
    def done(self) -> Any:
        if _REGISTERED not in session:
            return redirect(url_for("GeneralRegistrationView.start"))
        return self.render("accounts/register_general_done.html", email=session[_REGISTERED])

    def _started(self) -> tuple[IdentityNumber, AccountType] | None:
        try:
            started = session[_STARTED]
            return read_identity_number(open_sealed(started["number"])), AccountType(started["type"])
        except (KeyError, CannotOpen):
            return None

    def _application(self, form: GeneralForm, identity: IdentityNumber, account_type: AccountType) -> GeneralApplication:
        """What the form of this type asks beyond the common fields goes by its name."""
        asked = ("school_id", "student_number", "organization", "job_title", "postal_address")
        return GeneralApplication(
            username=form.username.data,
            full_name=form.full_name.data,
            identity=identity,
            birth_date=form.birth_date.data,
            email=form.email.data,
            mobile=form.mobile.data or "",
            locale=select_locale() or "",
            account_type=account_type,
            password=form.new_password.data or "",
            **{name: form[name].data for name in asked if name in form},
        )


class ActivationView(PortalView):
    """The link of the activation letter (A3.6). Opening it uses nothing up; the page that it leads to posts itself."""

    route_base = "/activate"
    default_view = "again"

    @expose("/<token>", methods=["GET"])
    def activate(self, token: str) -> Any:
        """Take the token out of the address, so that neither the browser's history nor a copied address holds it."""
        session[_ACTIVATION] = secrets.hash_token(token)
        return redirect(url_for("ActivationView.confirm"))

    @expose("/confirm", methods=["GET", "POST"])
    def confirm(self) -> Any:
        token_hash = session.get(_ACTIVATION, "")
        if request.method == "POST":
            try:
                registration.activate(token_hash)
            except ActivationLinkDead:
                return self.render("accounts/activate_dead.html"), 410
            session.pop(_ACTIVATION, None)
            flash(_("Account activated."), "success")
            return redirect(url_for("GeneralLoginView.login"))
        if secrets.find_by_hash(token_hash, SecretPurpose.ACTIVATION) is None:
            return self.render("accounts/activate_dead.html"), 410
        return self.render("accounts/activate.html")

    @expose("/again", methods=["GET", "POST"])
    def again(self) -> Any:
        form = SendAgainForm()
        if form.validate_on_submit():
            with even_time():
                registration.send_activation_again(form.username.data, form.identity.data)
            flash(
                _("If these data belong to an account that waits for its activation, a new letter is on its way."), "success"
            )
            return redirect(url_for("GeneralLoginView.login"))
        return self.render("accounts/activate_again.html", form=form)
