"""Accounts, placements and roles: generated screens of 單一認證授權平台. 調校申請 has its own (placement_admin)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import flash, redirect, request
from flask_appbuilder import expose
from flask_appbuilder.const import PERMISSION_PREFIX
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_appbuilder.security.sqla.models import Role as FabRole
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from sqlalchemy.orm import Query

from app.access import policy
from app.access.pages import EVERYONE, PAGES, fab_role_name
from app.access.roles import labels_of
from app.accounts import review, second_factor
from app.accounts.ending import MayNotEndPlacement, amend_placement
from app.accounts.models import Account, AccountState, StaffPlacement
from app.accounts.queries import visible_accounts
from app.accounts.second_factor_forms import RemovalForm
from app.model_types import today
from app.schools.lookups import SCHOOLS
from app.web.base_views import acting_account
from app.web.cells import status
from app.web.datamodel import ScopedInterface
from app.web.formatting import joined
from app.web.model_views import RowAct, ScopedModelView

TONES = {
    AccountState.PENDING_PASSWORD_CHANGE: "pending",
    AccountState.PENDING_REVIEW: "pending",
    AccountState.PENDING_ACTIVATION: "pending",
    AccountState.ACTIVE: "approved",
    AccountState.SUSPENDED: "refused",
    AccountState.CLOSED: "ended",
}


class VisibleAccounts(ScopedInterface):
    """ab_user has no scope in the data layer: its screens start from what the actor may see."""

    def start(self) -> Query[Any]:
        visible = visible_accounts(acting_account()).whereclause
        assert visible is not None
        return super().start().filter(visible)


class AccountAdmin(ScopedModelView):
    """Read only: no password, no mailbox. The city administrator suspends, reopens, and removes a lost second factor."""

    datamodel = VisibleAccounts(Account)
    is_account_screen = True
    route_base = "/sso/accounts"
    class_permission_name = "AccountAdmin"
    list_title, row_name = _l("Accounts"), _l("Account")
    label_columns = {"kind": _l("Kind of account")}

    list_columns = ["username", "first_name", "kind", "account_type", "state"]
    show_columns = ["username", "first_name", "kind", "account_type", "state"]
    search_columns = ["username", "first_name", "kind", "account_type", "state"]
    order_columns = ["username"]
    base_order = ("id", "desc")
    formatters_columns = {"state": status(TONES)}

    def acts_on(self, row: Account) -> Sequence[RowAct]:
        return (*self._state_acts(row), *self._second_factor_acts(row))

    def _state_acts(self, row: Account) -> Sequence[RowAct]:
        if not self.may("suspend") or not policy.may_suspend_account(acting_account(), row):
            return ()
        if row.state == AccountState.SUSPENDED:
            return (RowAct(self.address("reopen", row.id), _("Reopen"), "arrow-clockwise"),)
        if row.state in (AccountState.ACTIVE, AccountState.PENDING_REVIEW):
            return (RowAct(self.address("suspend", row.id), _("Suspend"), "dash-circle-fill", is_danger=True),)
        return ()

    def _second_factor_acts(self, row: Account) -> Sequence[RowAct]:
        may = self.may("remove_second_factor") and policy.may_remove_second_factor(acting_account(), row)
        if not may or row.second_factor_since is None:
            return ()
        address = self.address("remove-second-factor", row.id)
        return (RowAct(address, _("Remove the second factor"), "x-circle-fill", is_danger=True),)

    @expose("/suspend/<pk>", methods=["GET", "POST"])
    @has_access
    @permission_name("suspend")
    def suspend(self, pk: Any) -> Any:
        question = _("Suspend %(row)s? All sessions end, and nobody signs in with it until it is reopened.", row="{row}")
        return self._ask_and_do(pk, review.suspend_account, question, _("Yes, suspend it"), _("The account is suspended."))

    @expose("/reopen/<pk>", methods=["GET", "POST"])
    @has_access
    @permission_name("suspend")
    def reopen(self, pk: Any) -> Any:
        question = _("Reopen %(row)s?", row="{row}")
        return self._ask_and_do(pk, review.reopen_account, question, _("Yes, reopen it"), _("The account is open again."))

    @expose("/remove-second-factor/<pk>", methods=["GET", "POST"])
    @has_access
    @permission_name("remove_second_factor")
    def remove_second_factor(self, pk: Any) -> Any:
        account, form = self._get_or_404(pk), RemovalForm()
        if form.validate_on_submit():
            try:
                second_factor.remove(acting_account(), account, form.reason.data or "")
            except second_factor.MayNotRemove:
                flash(_("Your own second factor is another administrator's to remove."), "danger")
            except second_factor.NothingToRemove:
                flash(_("This account has no second factor."), "warning")
            else:
                flash(_("The second factor is removed; its owner gets a letter."), "success")
            return redirect(self.address("show", account.id))
        return self.render_template(
            "accounts/second_factor_remove.html", form=form, account=account, back=self.address("show", account.id)
        )

    def _ask_and_do(self, pk: Any, act: Callable[[Any, Any], None], question: str, yes: str, done: str) -> Any:
        account = self._get_or_404(pk)
        if request.method == "GET":
            return self.ask(account, question.replace("{row}", str(account)), yes, "shield-check", yes)
        try:
            act(acting_account(), account)
        except review.MayNotSuspend:
            flash(_("Your own account is another administrator's to suspend."), "danger")
        except review.NotToBeSuspended:
            flash(_("The account is in another state already."), "warning")
        else:
            flash(done, "success")
        return redirect(self.get_redirect())


class StaffPlacementAdmin(ScopedModelView):
    datamodel = ScopedInterface(StaffPlacement)
    route_base = "/sso/placements"
    class_permission_name = "StaffPlacementAdmin"
    list_title, row_name = _l("Placements"), _l("Placement")
    lookups = {"school": SCHOOLS}

    list_columns = ["staff_name", "username", "job_title", "school", "started_on", "ended_on"]
    show_columns = ["staff_name", "username", "job_title", "school", "started_on", "ended_on"]
    edit_columns = ["job_title", "ended_on"]
    search_columns = ["staff_name", "username", "job_title", "school", "ended_on"]
    order_columns = ["staff_name", "username", "started_on"]
    base_order = ("id", "desc")
    description_columns = {"ended_on": _l("Ending a placement takes its roles away and ends all sessions. At most today.")}
    refusals = {MayNotEndPlacement: ("", _l("Your own placement is another officer's to change."))}
    empty_words = _l("Nobody is placed here yet. Placements come from approved placement requests.")

    def check_form(self, form: Any, row: Any) -> None:
        if row.ended_on is not None:
            form.refuse("ended_on", _l("This placement has ended already."))
        elif form.ended_on.data is not None and not row.started_on <= form.ended_on.data <= today():
            form.refuse("ended_on", _l("It ends today or earlier, and after it begins."))

    def pre_update(self, item: StaffPlacement) -> None:
        amend_placement(acting_account(), item)


# ---------- roles, to be read ----------

NAMES_OF_OWN_PAGES = {
    "TermReports": _l("Term reports"),
    "PortalHome": _l("Home"),
    "Profile": _l("My basic data"),
    "Sessions": _l("Signed-in devices"),
    "SecondFactor": _l("Two-step sign-in"),
    "AcceptNotice": _l("Notice on the collection of personal data"),
    "OwnData": _l("My data"),
    "PlacementApplication": _l("Placement request"),
    "GuardianLinks": _l("Student link application"),
    "ChildAreas": _l("Parent–teacher areas"),
    "Attachments": _l("Attached files"),
    "TeacherDesk": _l("Today"),
    "LinkReview": _l("Review of link applications"),
    "LinkProtection": _l("Protection order"),
    "HomeroomBulletins": _l("Class bulletin"),
    "HomeroomContactBook": _l("Daily contact book"),
    "HomeroomThreads": _l("Conversations of the homeroom area"),
    "AcademicAffairsThreads": _l("Conversations of the academic affairs area"),
    "CounselingThreads": _l("Conversations of the counseling area"),
    "SsoHome": _l("Overview"),
    "Permissions": _l("Who can do what"),
    "RosterImport": _l("Import a roster"),
}
"""Pages that we write ourselves; generated ones are called by their titles."""

NAMES_OF_ACTS = {
    "open": _l("use"),
    "list": _l("list"),
    "show": _l("view"),
    "add": _l("add"),
    "edit": _l("edit"),
    "delete": _l("delete"),
    "export": _l("export"),
    "review": _l("review"),
    "suspend": _l("suspend and reopen"),
    "remove_second_factor": _l("remove a lost second factor"),
    "reveal": _l("see the full identity number"),
}


def _name_of_role(name: str) -> str:
    """The label of one of FAB's roles; of a combination, of its parts; of the one that everybody holds."""
    if name == fab_role_name(EVERYONE):
        return _("Everybody who is signed in")
    return " + ".join(labels_of("、".join(name.split(" + ")))) or name


class RoleAdmin(ScopedModelView):
    """FAB's roles with the pages they open. They are written by a command from access.pages, not here."""

    datamodel = ScopedInterface(FabRole)
    is_account_screen = True
    route_base = "/sso/roles"
    class_permission_name = "RoleAdmin"
    list_title, row_name = _l("Roles and permissions"), _l("Role of the product")
    label_columns = {"name": _l("Name of the role"), "permissions": _l("Pages and what may be done there")}

    list_columns = ["name"]
    show_columns = ["name", "permissions"]
    search_columns = ["name"]
    order_columns = ["name"]
    base_order = ("name", "asc")
    eager_for_page = ("permissions.permission", "permissions.view_menu")
    formatters_columns = {"name": lambda name: _name_of_role(name)}

    def row_title(self, row: Any) -> str:
        return _name_of_role(row.name)

    def cell_of_page(self, row: Any, name: str) -> Any:
        return self._pages_in_words(row) if name == "permissions" else super().cell_of_page(row, name)

    def _pages_in_words(self, role: Any) -> Markup:
        acts: dict[str, set[str]] = {}
        for pair in role.permissions:
            acts.setdefault(pair.view_menu.name, set()).add(pair.permission.name.removeprefix(PERMISSION_PREFIX))
        titles = {view.class_permission_name: getattr(view, "list_title", "") for view in self.appbuilder.baseviews}
        lines = [
            Markup("<p>{}{}{}</p>").format(
                NAMES_OF_OWN_PAGES.get(page) or titles.get(page) or page,
                _(": "),
                joined(str(words) for act, words in NAMES_OF_ACTS.items() if act in acts[page]),
            )
            for page in PAGES
            if page in acts
        ]
        return Markup("").join(lines)
