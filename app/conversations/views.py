"""家長互動區 of the homeroom teacher and of the two offices (B3.6–8): one page, three channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.conversations import queries, services
from app.conversations.forms import MessageForm, new_send_key
from app.conversations.models import Channel
from app.conversations.queries import ClassChoice, Pupil
from app.web.base_views import PortalView, acting_account
from app.web.requests import row_number


class ThreadsView(PortalView):
    """A list of students beside the conversation with the guardians of one of them. Subclasses name the channel."""

    default_view = "threads"
    channel: ClassVar[Channel]
    section: ClassVar[Any]
    """The menu section that the page belongs to."""
    guardians_call_it: ClassVar[Any]
    """The area's name on the guardians' side."""

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("open")
    def threads(self) -> Any:
        actor = acting_account()
        classes = queries.classes_to_choose_from(actor, self.channel)
        chosen = _chosen_class(classes)
        if chosen is None:
            newest = queries.newest_conversations(actor, self.channel, classes) if classes else []
            services.note_list(actor, self.channel, None, len(newest))
            return self._page(classes, None, newest)
        pupils = queries.pupils_of_class(actor, self.channel, chosen.id)
        student_id = request.args.get("student_id", type=row_number)
        if any(pupil.student_id == student_id for pupil in pupils):
            return redirect(url_for(".thread", student_id=student_id, _anchor="newest"))
        services.note_list(actor, self.channel, chosen.id, sum(1 for pupil in pupils if pupil.last_message_id))
        return self._page(classes, chosen, pupils)

    @expose("/<int:student_id>", methods=["GET", "POST"])
    @has_access
    @permission_name("open")
    def thread(self, student_id: int) -> Any:
        actor = acting_account()
        classes = queries.classes_to_choose_from(actor, self.channel, student_id)
        chosen = next((choice for choice in classes if choice.holds_student), None) or abort(404)
        form = MessageForm() if request.method == "POST" else None
        if form is not None and form.validate():
            try:
                services.send_message(actor, student_id, self.channel, form.body.data or "", form.send_key.data or "")
                return redirect(url_for(".thread", student_id=student_id, _anchor="newest"))
            except services.MessageNotSent as refusal:
                form.refuse(refusal.sentence)
            except services.OutOfReach:
                abort(404)
        pupils = queries.pupils_of_class(actor, self.channel, chosen.id)
        pupil = next((pupil for pupil in pupils if pupil.student_id == student_id), None) or abort(404)
        before = request.args.get("before", type=row_number)
        page = queries.Page()
        if pupil.conversation_id is not None:
            page = queries.messages_of_conversation(actor, pupil.conversation_id, before)
        if page.has_news and before is None:
            services.mark_read(actor, page.conversation_id or 0, page.newest_id)
            pupil.last_read_id = page.newest_id
        if page.lines:
            services.note_reading(actor, student_id, self.channel, actor.school_id, as_guardian=False)
        return self._page(classes, chosen, pupils, pupil=pupil, page=page, form=form, new_send_key=new_send_key)

    @expose("/switch", methods=["POST"])
    @has_access
    @permission_name("open")
    def switch(self) -> Any:
        """「互動開關」: both directions ask first, so that no slip of the hand shows or hides a conversation."""
        actor = acting_account()
        class_id = request.form.get("class_id", type=row_number) if self.channel == Channel.HOMEROOM else None
        student_id = request.form.get("student_id", type=row_number)
        if student_id is not None:
            back = url_for(".thread", student_id=student_id)
        else:
            back = url_for(".threads", class_id=class_id)
        target = request.form.get("to")
        if target not in ("open", "close"):
            abort(400)
        if not request.form.get("confirmed"):
            return self._ask_before_turning(target, class_id, student_id, back)
        try:
            if target == "open":
                services.open_channel(actor, self.channel, class_id)
                flash(_("The interaction switch is on: guardians can read and write here."), "success")
            else:
                services.close_channel(actor, self.channel, class_id)
                flash(_("The interaction switch is off: guardians do not see this area."), "success")
        except services.OutOfReach:
            abort(404)
        return redirect(back)

    def _ask_before_turning(self, target: str, class_id: int | None, student_id: int | None, back: str) -> Any:
        classes = queries.classes_to_choose_from(acting_account(), self.channel)
        chosen = next((choice for choice in classes if choice.id == class_id), None)
        if self.channel == Channel.HOMEROOM and chosen is None:
            abort(404)
        return self.render(
            "conversations/turn_switch.html",
            surface="student_affairs",
            view=self,
            target=target,
            chosen=chosen,
            student_id=student_id,
            back=back,
        )

    def _page(
        self,
        classes: Sequence[ClassChoice],
        chosen: ClassChoice | None,
        pupils: Sequence[Pupil],
        **context: Any,
    ) -> Any:
        in_school = self.channel != Channel.HOMEROOM
        if in_school and not classes:
            is_open = queries.is_office_open(acting_account(), self.channel)
        else:
            is_open = (chosen or classes[0]).is_open if classes else False
        return self.render(
            "conversations/threads.html",
            surface="student_affairs",
            view=self,
            classes=classes,
            chosen=chosen,
            pupils=pupils,
            listed=queries.in_reading_order(pupils),
            class_labels={choice.id: choice.label for choice in classes},
            has_switch=in_school or chosen is not None,
            is_open=is_open,
            **context,
        )


def _chosen_class(classes: Sequence[ClassChoice]) -> ClassChoice | None:
    """What 年級 and 班級 say. A class of another grade gives way to the first of the chosen grade."""
    if len(classes) == 1:
        return classes[0]
    grade_level = request.args.get("grade_level", type=row_number)
    class_id = request.args.get("class_id", type=row_number)
    of_grade = [choice for choice in classes if grade_level is None or choice.grade_level == grade_level]
    asked_for = next((choice for choice in of_grade if choice.id == class_id), None)
    if asked_for is None and grade_level is not None and of_grade:
        return of_grade[0]
    return asked_for


class HomeroomThreadsView(ThreadsView):
    """班導師互動區 → 家長互動區 (B3.6)."""

    route_base = "/student-affairs/threads/homeroom"
    class_permission_name = "HomeroomThreads"
    channel = Channel.HOMEROOM
    section = _l("Homeroom area")
    guardians_call_it = _l("Talk with the homeroom teacher")


class AcademicAffairsThreadsView(ThreadsView):
    """教務處互動區 → 家長互動區, for holders of both 註冊 and 教學 (B3.7)."""

    route_base = "/student-affairs/threads/academic-affairs"
    class_permission_name = "AcademicAffairsThreads"
    channel = Channel.ACADEMIC_AFFAIRS
    section = guardians_call_it = _l("Academic affairs area")


class CounselingThreadsView(ThreadsView):
    """輔導室互動區 → 家長互動區 (B3.8)."""

    route_base = "/student-affairs/threads/counseling"
    class_permission_name = "CounselingThreads"
    channel = Channel.COUNSELING
    section = guardians_call_it = _l("Counseling area")
