"""班級公佈欄: the teacher's list and form (B3.2, B3.3), and what guardians read (B4.3)."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload, selectinload

from app.access.choices import in_homeroom_area
from app.access.edits import EditedMeanwhile
from app.access.loading import get_or_404
from app.attachments.uploads import TakesFiles
from app.bulletins import services
from app.bulletins.forms import BulletinForm, NewBulletinForm
from app.bulletins.models import Bulletin
from app.bulletins.queries import bulletins_of_class, find_bulletin
from app.portal.children import child_or_404
from app.schools.homeroom_classes import chosen_class, homeroom_classes
from app.schools.models import SchoolClass
from app.web.base_views import PortalView, acting_account
from app.web.requests import row_number
from app.web.rich_text import safe, to_text


class HomeroomBulletinsView(TakesFiles, PortalView):
    route_base = "/student-affairs/bulletins"
    default_view = "bulletins"
    class_permission_name = "HomeroomBulletins"

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("open")
    def bulletins(self) -> Any:
        classes = homeroom_classes(acting_account())
        chosen = chosen_class(
            classes, request.args.get("class_id", type=row_number), request.args.get("grade_level", type=row_number)
        )
        if chosen is None and classes:
            abort(404)
        return self.render(
            "bulletins/bulletins.html",
            surface="student_affairs",
            classes=classes,
            chosen=chosen,
            page=bulletins_of_class(chosen.id, request.args.get("after")) if chosen else None,
        )

    @expose("/add", methods=["GET", "POST"])
    @has_access
    @permission_name("open")
    def add(self) -> Any:
        actor = acting_account()
        classes = homeroom_classes(actor)
        chosen = chosen_class(classes, request.args.get("class_id", type=row_number)) or abort(404)
        form = NewBulletinForm()
        form.offer(classes, chosen)
        if form.validate_on_submit():
            school_class = get_or_404(SchoolClass, form.class_id.data, in_homeroom_area(actor))
            services.publish_bulletin(actor, school_class, form.wording(), form.files.accepted)
            flash(_("Data added!"), "success")
            return redirect(url_for(".bulletins", class_id=school_class.id))
        return self._form("bulletins/add.html", form, chosen)

    @expose("/<int:bulletin_id>", methods=["GET", "POST"])
    @has_access
    @permission_name("open")
    def edit(self, bulletin_id: int) -> Any:
        """檢視: the same page shows the bulletin and changes it."""
        bulletin = _bulletin(bulletin_id)
        form = BulletinForm(obj=bulletin, data={"text": to_text(bulletin.body), "seen": bulletin.updated_at.isoformat()})
        form.files.kept = len({each.id for each in bulletin.attachments} - set(form.dropped.data or ()))
        if form.validate_on_submit():
            files, dropped, seen = form.files.accepted, form.dropped.data or (), form.seen_of(bulletin)
            try:
                services.edit_bulletin(acting_account(), bulletin, form.wording(), files, dropped, seen)
                flash(_("Data updated!"), "success")
                return redirect(url_for(".bulletins", class_id=bulletin.class_id))
            except EditedMeanwhile:
                bulletin = _bulletin(bulletin_id)
                form.warn_and_go_on_from(bulletin)
        return self._form("bulletins/edit.html", form, bulletin.school_class, bulletin=bulletin)

    @expose("/<int:bulletin_id>/delete", methods=["GET", "POST"])
    @has_access
    @permission_name("open")
    def delete(self, bulletin_id: int) -> Any:
        bulletin = _bulletin(bulletin_id)
        if request.method == "POST":
            class_id = bulletin.class_id
            services.delete_bulletin(acting_account(), bulletin)
            flash(_("The bulletin was deleted."), "success")
            return redirect(url_for(".bulletins", class_id=class_id))
        return self.render("bulletins/delete.html", surface="student_affairs", bulletin=bulletin)

    def _form(self, template: str, form: BulletinForm, chosen: Any, **context: Any) -> Any:
        return self.render(template, surface="student_affairs", form=form, chosen=chosen, **context)


def _bulletin(bulletin_id: int) -> Bulletin:
    return get_or_404(
        Bulletin,
        bulletin_id,
        options=(joinedload(Bulletin.school_class), selectinload(Bulletin.attachments)),
    )


class ChildBulletinsView(PortalView):
    """The published bulletins of a child's class."""

    route_base = "/portal/children"
    default_view = "bulletins"
    class_permission_name = "ChildAreas"

    @expose("/<int:student_id>/bulletins", methods=["GET"])
    @has_access
    @permission_name("open")
    def bulletins(self, student_id: int) -> Any:
        actor = acting_account()
        child, children = child_or_404(actor, student_id)
        page = bulletins_of_class(child.class_id or abort(404), request.args.get("after"), reader=actor)
        return self.render("bulletins/child_bulletins.html", child=child, children=children, page=page)

    @expose("/<int:student_id>/bulletins/<int:bulletin_id>", methods=["GET"])
    @has_access
    @permission_name("open")
    def show(self, student_id: int, bulletin_id: int) -> Any:
        actor = acting_account()
        child, children = child_or_404(actor, student_id)
        bulletin, is_unread = find_bulletin(child.class_id or abort(404), bulletin_id, actor) or abort(404)
        if is_unread:
            services.mark_read(actor, bulletin.id)
        page = bulletins_of_class(bulletin.class_id, request.args.get("after"), reader=actor)
        return self.render(
            "bulletins/child_bulletin.html",
            child=child,
            children=children,
            bulletin=bulletin,
            body=safe(bulletin.body),
            page=page,
        )
