"""導師互動區, 教務處互動區 and 輔導室互動區 of one child (B4.6–8)."""

from __future__ import annotations

from typing import Any

from flask import abort, redirect, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name

from app.conversations import queries, services
from app.conversations.forms import MessageForm, new_send_key
from app.conversations.models import Channel
from app.portal.children import child_or_404
from app.portal.queries import Child
from app.web.base_views import PortalView, acting_account
from app.web.requests import row_number


class ChildThreadsView(PortalView):
    route_base = "/portal/children"
    default_view = "thread"
    class_permission_name = "ChildAreas"

    @expose("/<int:student_id>/threads/<channel>", methods=["GET", "POST"])
    @has_access
    @permission_name("open")
    def thread(self, student_id: int, channel: str) -> Any:
        actor = acting_account()
        child, children = child_or_404(actor, student_id)
        area = _open_channel_or_404(child, channel)
        form = MessageForm() if request.method == "POST" else None
        if form is not None and form.validate():
            try:
                services.send_message(actor, student_id, area, form.body.data or "", form.send_key.data or "")
                return redirect(url_for(".thread", student_id=student_id, channel=channel, _anchor="newest"))
            except (services.ChannelClosed, services.OutOfReach):
                abort(404)
            except services.MessageNotSent as refusal:
                form.refuse(refusal.sentence)
        before = request.args.get("before", type=row_number)
        page = queries.messages_about(actor, student_id, area, before)
        if page.has_news and before is None:
            services.mark_read(actor, page.conversation_id or 0, page.newest_id)
        if page.lines:
            services.note_reading(actor, student_id, area, child.school_id, as_guardian=True)
        return self.render(
            "conversations/child_thread.html",
            child=child,
            children=children,
            channel=area,
            page=page,
            form=form,
            new_send_key=new_send_key,
            bar="messages",
        )


def _open_channel_or_404(child: Child, channel: str) -> Channel:
    """At 關 the guardians have no such area at all (B3.6)."""
    area = next((member for member in Channel if member.value == channel), None)
    if area is None or area not in child.open_channels:
        abort(404)
    return area
