"""我的基本資料 (A2.6–A2.8, A5)."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, redirect, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext as _

from app.access.actor import Actor
from app.accounts import profile, queries
from app.accounts.first_passwords import own_account
from app.accounts.identity import masked_from_sealed
from app.accounts.lockout import EntranceLocked
from app.accounts.mobile import national_form
from app.accounts.models import AccountKind, AccountType
from app.accounts.profile_forms import FORMS, ProfileForm, StudentProfileForm
from app.accounts.reentry import WrongCurrentPassword
from app.accounts.refusals import say_why_not
from app.web.base_views import PortalView, acting_account


class ProfileView(PortalView):
    route_base = "/portal/profile"
    default_view = "show"
    class_permission_name = "Profile"

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("open")
    def show(self) -> Any:
        actor = acting_account()
        facts = profile.own_profile(actor)
        return self.render(
            "accounts/profile.html",
            profile=facts,
            mobile=national_form(facts.mobile) if facts.mobile else "",
            account_type=AccountType(actor.account_type),
            number=masked_from_sealed(facts.identity_number_sealed),
            school=queries.school_name(facts.school_id) if facts.school_id else "",
            job_title=profile.own_job_title(actor) if actor.kind == AccountKind.OFFICIAL else facts.job_title,
            language=current_app.config["LANGUAGES"].get(facts.locale, {}).get("name", facts.locale),
        )

    @expose("/edit", methods=["GET", "POST"])
    @has_access
    @permission_name("open")
    def edit(self) -> Any:
        actor = acting_account()
        facts, account = profile.own_profile(actor), own_account(actor)
        account_type = AccountType(actor.account_type)
        form = FORMS[account_type](obj=facts)
        form.account = account
        if isinstance(form, StudentProfileForm):
            form.school_id.offer(queries.schools_to_choose())
        if form.validate_on_submit():
            if self._is_saved(actor, form):
                flash(_("Saved."), "success")
                return redirect(url_for("ProfileView.show"))
        elif form.is_submitted() and form.proves_somebody:
            self._look_at_current_password(actor, form)
        return self.render(
            "accounts/profile_edit.html",
            form=form,
            account_type=account_type,
            number=masked_from_sealed(facts.identity_number_sealed),
            must_change=account.must_change_password,
        )

    def _is_saved(self, actor: Actor, form: ProfileForm) -> bool:
        values = {name: form[name].data for name in profile.CHANGEABLE if name in form}
        values["mobile"] = values["mobile"] or ""
        password = profile.PasswordChange(
            current=form.current_password.data if form.needs_current_password else None,
            new=form.new_password.data if form.changes_password else None,
        )
        try:
            profile.save_profile(actor, values, password)
        except (WrongCurrentPassword, EntranceLocked) as refusal:
            say_why_not(form.current_password, refusal)
            return False
        return True

    def _look_at_current_password(self, actor: Actor, form: ProfileForm) -> None:
        """Something else is wrong; say all at once."""
        try:
            profile.require_current_password(actor, form.current_password.data or "")
        except (WrongCurrentPassword, EntranceLocked) as refusal:
            say_why_not(form.current_password, refusal)
