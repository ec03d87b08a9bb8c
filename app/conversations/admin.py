"""Conversations and messages on file, to be read by those who may read the channel (access.scopes); nobody edits them."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from app.conversations.models import Channel, Conversation, Message
from app.guardian_links.models import Relationship
from app.schools.lookups import STUDENTS
from app.web.cells import paragraphs, shortened, shown
from app.web.datamodel import ScopedInterface
from app.web.lookups import Lookup
from app.web.model_views import ScopedModelView

_CAPACITIES = {member.value: member for kind in (Channel, Relationship) for member in kind}


def _capacity(value: str) -> str:
    return shown(_CAPACITIES.get(value, value))


CONVERSATIONS = Lookup(
    Conversation,
    lambda typed: Conversation.student_id.in_(STUDENTS.keys_of(typed)),
    lambda row: f"{row.student} {shown(row.channel)}",
    (Conversation.id.desc(),),
)


class MessageAdmin(ScopedModelView):
    datamodel = ScopedInterface(Message)
    surface = "student_affairs"
    route_base = "/student-affairs/messages-on-file"
    class_permission_name = "MessageAdmin"
    list_title, row_name = _l("Messages on file"), _l("Message")
    lookups = {"conversation": CONVERSATIONS}
    title_column = "body"

    list_columns = ["created_at", "author_name", "author_capacity", "conversation", "body"]
    show_columns = ["conversation", "channel", "author_name", "author_capacity", "is_from_guardian", "created_at", "body"]
    search_columns = ["conversation", "body", "author_name", "is_from_guardian", "created_at", "channel"]
    order_columns = ["created_at"]
    base_order = ("id", "desc")
    eager_columns = ("conversation.student",)
    formatters_columns = {
        "body": shortened(40),
        "author_capacity": _capacity,
        "conversation": lambda row: CONVERSATIONS.label(row) if row else "",
    }
    empty_words = _l("There is no message on file yet.")

    def row_title(self, row: Message) -> str:
        return f"{row.author_name} {shown(row.created_at)}"

    def cell_of_page(self, row: Any, name: str) -> Any:
        return paragraphs(row.body) if name == "body" else super().cell_of_page(row, name)


class ConversationAdmin(ScopedModelView):
    datamodel = ScopedInterface(Conversation)
    surface = "student_affairs"
    route_base = "/student-affairs/conversations-on-file"
    class_permission_name = "ConversationAdmin"
    list_title, row_name = _l("Conversations on file"), _l("Conversation")
    lookups = {"student": STUDENTS}
    related_views = [MessageAdmin]

    list_columns = ["student", "student.student_number", "channel", "last_message_at", "last_message_text"]
    show_columns = ["student", "student.student_number", "channel", "last_message_at"]
    search_columns = ["student", "channel", "last_message_at"]
    order_columns = ["last_message_at"]
    base_order = ("last_message_at", "desc")
    formatters_columns = {"last_message_text": shortened(40)}
    empty_words = _l("There is no conversation on file yet.")

    def row_title(self, row: Conversation) -> str:
        return CONVERSATIONS.label(row)
