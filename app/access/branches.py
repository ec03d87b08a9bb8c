"""What is «mine»: the branches of which the tables in scopes.py are made, each one plain SQL predicate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from flask_appbuilder import Model
from sqlalchemy import ColumnElement, FromClause, bindparam, literal_column, select

from app.access.actor import current_account_id, current_school_id
from app.model_types import today

Source = Any
"""A table's alias or ``Mapped``: something with the columns in ``c``."""
Branch = Callable[[Source, Any], ColumnElement[bool]]
"""(source, mapped class) → predicate."""
Rule = Mapping[Any, Branch]
"""Role, tuple of roles, or EVERYONE → Branch."""

ACCOUNT = bindparam("scope_account", callable_=current_account_id, type_=sa.Integer)
SCHOOL = bindparam("scope_school", callable_=current_school_id, type_=sa.Integer)
TODAY = bindparam("scope_today", callable_=today, type_=sa.Date)
APPROVED: ColumnElement[str] = literal_column("'approved'")
"""Literal, not bound: under a generic plan a bound value loses the partial index."""


def alias_of(name: str) -> FromClause:
    return Model.metadata.tables[name].alias()


def linked_students() -> Any:
    """The students of the actor's approved links."""
    link = alias_of("guardian_link")
    return select(link.c.student_id).where(link.c.account_id == ACCOUNT, link.c.status == APPROVED)


def linked_classes() -> Any:
    """The classes in which the actor's children sit now."""
    link, enrollment = alias_of("guardian_link"), alias_of("enrollment")
    return (
        select(enrollment.c.class_id)
        .select_from(enrollment.join(link, link.c.student_id == enrollment.c.student_id))
        .where(link.c.account_id == ACCOUNT, link.c.status == APPROVED, enrollment.c.ended_on.is_(None))
    )


def own_classes() -> Any:
    """The classes that the actor's placement looks after now (校端_一般_導師)."""
    assignment, placement = alias_of("homeroom_assignment"), alias_of("staff_placement")
    return (
        select(assignment.c.class_id)
        .select_from(assignment.join(placement, placement.c.id == assignment.c.placement_id))
        .where(
            placement.c.account_id == ACCOUNT,
            placement.c.school_id == assignment.c.school_id,
            placement.c.ended_on.is_(None),
            assignment.c.ended_on.is_(None),
        )
    )


def own_students() -> Any:
    """The students who sit now in the actor's own classes."""
    enrollment = alias_of("enrollment")
    return select(enrollment.c.student_id).where(enrollment.c.class_id.in_(own_classes()), enrollment.c.ended_on.is_(None))


def _open_homeroom_students() -> Any:
    """The linked students whose class has its 互動開關 at 開."""
    enrollment, switch = alias_of("enrollment"), alias_of("channel_switch")
    return (
        select(enrollment.c.student_id)
        .select_from(enrollment.join(switch, switch.c.class_id == enrollment.c.class_id))
        .where(
            enrollment.c.ended_on.is_(None),
            switch.c.channel == literal_column("'homeroom'"),
            switch.c.is_open.is_(sa.true()),
            enrollment.c.student_id.in_(linked_students()),
        )
    )


def _open_office_conversations() -> Any:
    """Conversations with an office whose switch is open at the student's school."""
    conversation, switch = alias_of("conversation"), alias_of("channel_switch")
    return (
        select(conversation.c.id)
        .select_from(
            conversation.join(
                switch,
                (switch.c.school_id == conversation.c.school_id)
                & (switch.c.channel == conversation.c.channel)
                & switch.c.class_id.is_(None),
            )
        )
        .where(switch.c.is_open.is_(sa.true()), conversation.c.student_id.in_(linked_students()))
    )


# ---------- branches ----------


def all_rows(table: Source, model: Any) -> ColumnElement[bool]:
    return sa.true()


def of_my_school(table: Source, model: Any) -> ColumnElement[bool]:
    return table.c.school_id == SCHOOL


def the_school_itself(table: Source, model: Any) -> ColumnElement[bool]:
    return table.c.id == SCHOOL


def my_own(table: Source, model: Any) -> ColumnElement[bool]:
    return table.c.account_id == ACCOUNT


def of_my_children(table: Source, model: Any) -> ColumnElement[bool]:
    return table.c[model.student_key].in_(linked_students())


def of_my_childrens_classes(table: Source, model: Any) -> ColumnElement[bool]:
    return table.c[model.class_key].in_(linked_classes())


def published_to_my_children(table: Source, model: Any) -> ColumnElement[bool]:
    """A bulletin of a child's class, between its first and its last day."""
    return sa.and_(
        table.c.class_id.in_(linked_classes()),
        table.c.publish_from <= TODAY,
        sa.or_(table.c.publish_until.is_(None), table.c.publish_until >= TODAY),
    )


def attached_to_what_i_read(table: Source, model: Any) -> ColumnElement[bool]:
    """A file of a contact book item of a child's class, or of a bulletin that is published to it now."""
    bulletin = alias_of("bulletin")
    published = select(bulletin.c.id).where(published_to_my_children(bulletin, model))
    return sa.and_(
        table.c.class_id.in_(linked_classes()),
        sa.or_(table.c.item_id.is_not(None), table.c.bulletin_id.in_(published)),
    )


def readings_about_my_children(table: Source, model: Any) -> ColumnElement[bool]:
    """What the audit log noted as read about a child; other acts carry no student."""
    return table.c.student_id.in_(linked_students())


def of_my_classes(table: Source, model: Any) -> ColumnElement[bool]:
    return table.c[model.class_key].in_(own_classes())


def of_my_pupils(table: Source, model: Any) -> ColumnElement[bool]:
    return table.c[model.student_key].in_(own_students())


def of_my_childrens_schools(table: Source, model: Any) -> ColumnElement[bool]:
    enrollment = alias_of("enrollment")
    schools = select(enrollment.c.school_id).where(
        enrollment.c.student_id.in_(linked_students()), enrollment.c.ended_on.is_(None)
    )
    return table.c.school_id.in_(schools)


def _conversation_key(model: Any) -> str:
    return "id" if model.__tablename__ == "conversation" else "conversation_id"


def open_to_guardians(table: Source, model: Any) -> ColumnElement[bool]:
    """「互動開關」 at 開: at 關 a guardian has no such area, and its history is there again when it opens (B3.6)."""
    conversation = alias_of("conversation")
    homeroom = select(conversation.c.id).where(
        conversation.c.channel == literal_column("'homeroom'"), conversation.c.student_id.in_(_open_homeroom_students())
    )
    return table.c[_conversation_key(model)].in_(sa.union_all(homeroom, _open_office_conversations()))


def homeroom_of_my_pupils(table: Source, model: Any) -> ColumnElement[bool]:
    return sa.and_(table.c.channel == literal_column("'homeroom'"), table.c.student_id.in_(own_students()))


def homeroom_of_my_school(table: Source, model: Any) -> ColumnElement[bool]:
    return sa.and_(table.c.channel == literal_column("'homeroom'"), table.c.school_id == SCHOOL)


def academic_affairs_of_my_school(table: Source, model: Any) -> ColumnElement[bool]:
    return sa.and_(table.c.channel == literal_column("'academic_affairs'"), table.c.school_id == SCHOOL)


def counseling_of_my_school(table: Source, model: Any) -> ColumnElement[bool]:
    return sa.and_(table.c.channel == literal_column("'counseling'"), table.c.school_id == SCHOOL)


def homeroom_switch_of_my_classes(table: Source, model: Any) -> ColumnElement[bool]:
    return table.c.class_id.in_(own_classes())


def placed_at_or_applying_to_my_school(table: Source, model: Any) -> ColumnElement[bool]:
    """Accounts that work at the actor's unit now, or wait for its answer to their 調校申請."""
    placement, request = alias_of("staff_placement"), alias_of("placement_request")
    placed = select(placement.c.account_id).where(placement.c.school_id == SCHOOL, placement.c.ended_on.is_(None))
    applying = select(request.c.account_id).where(
        request.c.school_id == SCHOOL, request.c.status == literal_column("'pending'")
    )
    return table.c.id.in_(sa.union_all(placed, applying))


UNDECIDED = frozenset({"pending", "ended"})
"""What an applicant may leave behind: an application that waits, or one that has ended. Deciding is others'."""


def my_own_undecided(table: Source, model: Any) -> ColumnElement[bool]:
    return sa.and_(my_own(table, model), table.c.status.in_([literal_column(f"'{status}'") for status in sorted(UNDECIDED)]))


COVERS: dict[Branch, tuple[Branch, ...]] = {
    of_my_school: (of_my_classes, of_my_pupils),
    homeroom_of_my_school: (homeroom_of_my_pupils, homeroom_switch_of_my_classes),
}
"""The whole school covers every class and pupil of it; big tables are then read by (school_id, id) alone."""
