"""學生連結: the guardian applies (B1), the school reviews (B2)."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext as _

from app.access.choices import links_in_review
from app.access.loading import get_or_404
from app.access.pages import may_open
from app.access.policy import may_protect
from app.audit.reading import record_reading
from app.extensions import db
from app.guardian_links import protection, queries, services
from app.guardian_links.comparison import compare
from app.guardian_links.forms import (
    ConfirmForm,
    EndLinkForm,
    LinkApplicationForm,
    LinkDecisionForm,
    ProtectionForm,
    SchoolChoices,
)
from app.guardian_links.models import GuardianLink, LinkStatus, ProtectionMark
from app.web.base_views import PortalView, acting_account
from app.web.requests import row_number


class GuardianLinksView(PortalView):
    """學生連結申請 and 連結申請紀錄 of a guardian."""

    route_base = "/portal/links"
    default_view = "links"
    class_permission_name = "GuardianLinks"

    @expose("/", methods=["GET", "POST"])
    @has_access
    @permission_name("open")
    def links(self) -> Any:
        actor = acting_account()
        schools = SchoolChoices(queries.schools_to_link())
        form = LinkApplicationForm(schools)
        if form.validate_on_submit() and self._request(form):
            flash(_("Added."), "success")
            return redirect(url_for("GuardianLinksView.links"))
        links, older = queries.links_of(actor, before=_number("before"))
        return self.render("guardian_links/links.html", form=form, links=links, older=older, bar="links")

    def _request(self, form: LinkApplicationForm) -> bool:
        """File what is in the form; what stands against it goes beside its field."""
        try:
            services.request_link(acting_account(), form.application())
        except services.SchoolTakesNoApplications:
            form.school.errors = [_("No applications are taken at present")]
        except services.AlreadyApplied:
            form.student_key.errors = [_("You have applied for this student already: see the record of applications.")]
        except services.TooManyPending:
            waiting = services.MOST_PENDING
            form.student_key.errors = [
                _("%(count)s of your applications are still waiting. Please wait for the school.", count=waiting)
            ]
        return not form.errors

    @expose("/<int:link_id>/end", methods=["GET", "POST"])
    @has_access
    @permission_name("open")
    def end(self, link_id: int) -> Any:
        """取消申請 and 結束連結: asks first."""
        actor = acting_account()
        link = get_or_404(GuardianLink, link_id, GuardianLink.account_id == actor.id)
        form = ConfirmForm()
        if form.validate_on_submit():
            was_pending = link.status == LinkStatus.PENDING
            try:
                services.withdraw_link(actor, link)
            except services.LinkAlreadyDecided:
                flash(_("Nothing was changed: this application has been decided or ended meanwhile."), "warning")
            else:
                flash(_("The application was withdrawn.") if was_pending else _("The link has ended."), "success")
            return redirect(url_for("GuardianLinksView.links"))
        if link.status not in (LinkStatus.PENDING, LinkStatus.APPROVED):
            return redirect(url_for("GuardianLinksView.links"))
        return self.render("guardian_links/end.html", link=link, form=form, bar="links")


class LinkReviewView(PortalView):
    """親師互動: 連結申請審核 and 已連結的家長."""

    route_base = "/student-affairs/links"
    default_view = "review"
    class_permission_name = "LinkReview"

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("open")
    def review(self) -> Any:
        return self.render("guardian_links/review.html", **self._list())

    @expose("/linked", methods=["GET"])
    @has_access
    @permission_name("open")
    def linked(self) -> Any:
        return self.render("guardian_links/linked.html", **self._list(LinkStatus.APPROVED))

    @expose("/<int:link_id>", methods=["GET", "POST"])
    @has_access
    @permission_name("open")
    def setting(self, link_id: int) -> Any:
        """【設定】: the comparison and the decision, beside the list (B2.2)."""
        link = self._link_or_404(link_id)
        student = queries.roster_student(link)
        record_reading(acting_account(), "read.guardian_link", link.student_id, link.id, school_id=link.school_id)
        lines = compare(link, student)
        marks = protection.marks_on_application(link)
        form = LinkDecisionForm(may_approve=student is not None, is_alike=not marks and all(line.is_same for line in lines))
        if form.validate_on_submit() and self._decide(form, link):
            return redirect(url_for("LinkReviewView.review", **self._chosen()))
        beside = queries.links_beside(acting_account(), link)
        return self.render(
            "guardian_links/review.html",
            link=link,
            student=student,
            lines=lines,
            form=form,
            marks=marks,
            may_protect=may_protect(acting_account(), link),
            linked_guardians=[
                other for other in beside if other.student_id == link.student_id and other.status == LinkStatus.APPROVED
            ],
            other_applications=[other for other in beside if other.account_id == link.account_id],
            **self._list(),
        )

    def _decide(self, form: LinkDecisionForm, link: GuardianLink) -> bool:
        """Decide as the form says; True when there is nothing left to do on this page."""
        actor = acting_account()
        try:
            if form.decision.data == "approve":
                services.approve_link(actor, link)
            else:
                services.reject_link(actor, link, form.reason.data or "")
        except services.LinkAlreadyDecided:
            flash(self._who_was_faster(link.id), "warning")
        except (services.NobodyMatches, services.StudentHasLeft):
            form.decision.errors = [
                _("The student is not on the roll of your class or school, so the link cannot be approved.")
            ]
            return False
        except services.UnderProtection:
            form.decision.errors = [
                _("A protection mark keeps this guardian away from this student. It has to be lifted first.")
            ]
            return False
        except services.LinkNotAllowed:
            abort(404)
        else:
            flash(_("Edited!"), "success")
        return True

    def _who_was_faster(self, link_id: int) -> str:
        link = self._link_or_404(link_id)
        if not link.decided_by_name:
            return _("Nothing was changed: the guardian has withdrawn this application meanwhile.")
        return _("Nothing was changed: %(name)s has decided on this application already.", name=link.decided_by_name)

    @expose("/<int:link_id>/end", methods=["GET", "POST"])
    @has_access
    @permission_name("open")
    def end(self, link_id: int) -> Any:
        """結束連結 by the school: asks first, and for the reason."""
        link = self._link_or_404(link_id)
        form = EndLinkForm()
        if form.validate_on_submit():
            try:
                services.end_link(acting_account(), link, form.reason.data or "")
            except services.LinkAlreadyDecided:
                flash(_("Nothing was changed: this link is no longer in use."), "warning")
            except services.LinkNotAllowed:
                abort(404)
            else:
                flash(_("Edited!"), "success")
            return redirect(url_for("LinkReviewView.linked"))
        if link.status != LinkStatus.APPROVED:
            return redirect(url_for("LinkReviewView.setting", link_id=link.id))
        return self.render(
            "guardian_links/end_by_school.html", link=link, form=form, may_protect=may_protect(acting_account(), link)
        )

    def _link_or_404(self, link_id: int) -> GuardianLink:
        actor = acting_account()
        return get_or_404(GuardianLink, link_id, links_in_review(actor), GuardianLink.account_id != actor.id)

    def _chosen(self) -> dict[str, Any]:
        """What was chosen above the list, as it goes on in addresses."""
        return {key: request.args[key] for key in ("grade", "class_id", "status") if request.args.get(key)}

    def _list(self, status: LinkStatus | None = None) -> dict[str, Any]:
        """The list and its choices; 404 for a class that is not on offer."""
        actor = acting_account()
        classes = queries.classes_to_review(actor)
        grade, class_id = _number("grade"), _number("class_id")
        if class_id is not None and class_id not in {each.id for each in classes}:
            abort(404)
        in_grade = [each for each in classes if grade is None or each.grade_level == grade]
        if class_id not in {each.id for each in in_grade}:
            class_id = None  # another 年級 was chosen after the class
        class_ids: tuple[int, ...] | None = None
        if class_id is not None:
            class_ids = (class_id,)
        elif grade is not None:
            class_ids = tuple(each.id for each in in_grade)
        if status is None and request.args.get("status") in set(LinkStatus):
            status = LinkStatus(request.args["status"])
        links, after = queries.links_to_review(actor, queries.ReviewFilter(class_ids, status), _cursor())
        return {
            "links": links,
            "after": f"{after[0]}-{after[1]}" if after else None,
            "classes": classes,
            "in_grade": in_grade,
            "grades": sorted({each.grade_level for each in classes}),
            "grade": grade,
            "class_id": class_id,
            "status": status,
            "statuses": list(LinkStatus),
            "chosen": self._chosen(),
            "class_labels": {each.id: each.label for each in classes},
            "pending": queries.count_pending(actor),
        }


class LinkProtectionView(PortalView):
    """保護註記: set at a link, listed, lifted. For the school's manager and registrar, and the city administrator."""

    route_base = "/student-affairs/protection"
    default_view = "marks"
    class_permission_name = "LinkProtection"

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("open")
    def marks(self) -> Any:
        marks, older = protection.marks_in_sight(before=_number("before"))
        return self._render("guardian_links/marks.html", marks=marks, older=older)

    @expose("/<int:link_id>/place", methods=["GET", "POST"])
    @has_access
    @permission_name("open")
    def place(self, link_id: int) -> Any:
        actor = acting_account()
        link = get_or_404(GuardianLink, link_id, GuardianLink.account_id != actor.id)
        if not may_protect(actor, link):
            abort(404)
        form = ProtectionForm()
        if form.validate_on_submit():
            try:
                protection.place_mark(actor, link, form.reason.data or "")
            except protection.AlreadyProtected:
                flash(_("Nothing was changed: there is a protection mark on this link already."), "warning")
            else:
                flash(_("The protection mark is set. This guardian sees nothing of the student any more."), "success")
            return redirect(url_for(".marks"))
        if protection.mark_on(link) is not None:
            flash(_("There is a protection mark on this link already."), "info")
            return redirect(url_for(".marks"))
        others = protection.other_guardians(link)
        return self._render("guardian_links/place_mark.html", link=link, form=form, others=others)

    @expose("/<int:mark_id>/lift", methods=["GET", "POST"])
    @has_access
    @permission_name("open")
    def lift(self, mark_id: int) -> Any:
        actor = acting_account()
        mark = get_or_404(ProtectionMark, mark_id)
        form = ProtectionForm()
        if form.validate_on_submit():
            try:
                protection.lift_mark(actor, mark, form.reason.data or "")
            except protection.AlreadyLifted:
                flash(_("Nothing was changed: this protection mark has been lifted already."), "warning")
            except services.LinkNotAllowed:
                abort(404)
            else:
                flash(_("The protection mark is lifted. The guardian may apply again like anybody else."), "success")
            return redirect(url_for(".marks"))
        if mark.lifted_at is not None:
            return redirect(url_for(".marks"))
        return self._render("guardian_links/lift_mark.html", mark=mark, form=form)

    def _render(self, template: str, **values: Any) -> str:
        """The city administrator belongs to no school's desk."""
        surface = "student_affairs" if may_open(db.session, acting_account(), "can_open", "TeacherDesk") else "sso"
        return self.render(template, surface=surface, **values)


def _number(name: str) -> int | None:
    """A number of the address's query; what cannot be a row's number counts as not given."""
    return request.args.get(name, type=row_number)


def _cursor() -> queries.Cursor | None:
    rank, _dash, link_id = request.args.get("after", "").partition("-")
    if not (rank in ("0", "1") and link_id.isdecimal() and len(link_id) < 10):
        return None
    return int(rank), int(link_id)
