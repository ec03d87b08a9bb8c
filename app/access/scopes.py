"""Which rows each role sees and writes: the whole of it, as tables.

A rule maps the roles that are needed to a *branch*: a function from a table to a plain SQL predicate. A key of two
roles means that both must be held (教務處互動區 needs 校端_一般_註冊 and 校端_一般_教學). Several branches become one
``id IN (… UNION ALL …)``, never an OR; values of the actor are bound at execution, never baked in; nothing here is a
lambda that SQLAlchemy could cache with the first caller's answer. Facts and figures: docs/decisions/0002.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from flask_appbuilder import Model
from sqlalchemy import ColumnElement, FromClause, bindparam, literal_column, select

from app.access.actor import EVERYONE, current_account_id, current_school_id
from app.access.roles import Role
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


def _table(name: str) -> FromClause:
    return Model.metadata.tables[name].alias()


def linked_students() -> Any:
    """The students of the actor's approved links."""
    link = _table("guardian_link")
    return select(link.c.student_id).where(link.c.account_id == ACCOUNT, link.c.status == APPROVED)


def linked_classes() -> Any:
    """The classes in which the actor's children sit now."""
    link, enrollment = _table("guardian_link"), _table("enrollment")
    return (
        select(enrollment.c.class_id)
        .select_from(enrollment.join(link, link.c.student_id == enrollment.c.student_id))
        .where(link.c.account_id == ACCOUNT, link.c.status == APPROVED, enrollment.c.ended_on.is_(None))
    )


def own_classes() -> Any:
    """The classes that the actor's placement looks after now (校端_一般_導師)."""
    assignment, placement = _table("homeroom_assignment"), _table("staff_placement")
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
    enrollment = _table("enrollment")
    return select(enrollment.c.student_id).where(enrollment.c.class_id.in_(own_classes()), enrollment.c.ended_on.is_(None))


def _open_homeroom_students() -> Any:
    """The linked students whose class has its 互動開關 at 開."""
    enrollment, switch = _table("enrollment"), _table("channel_switch")
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
    conversation, switch = _table("conversation"), _table("channel_switch")
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
    bulletin = _table("bulletin")
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
    enrollment = _table("enrollment")
    schools = select(enrollment.c.school_id).where(
        enrollment.c.student_id.in_(linked_students()), enrollment.c.ended_on.is_(None)
    )
    return table.c.school_id.in_(schools)


def _conversation_key(model: Any) -> str:
    return "id" if model.__tablename__ == "conversation" else "conversation_id"


def open_to_guardians(table: Source, model: Any) -> ColumnElement[bool]:
    """「互動開關」 at 開: at 關 a guardian has no such area, and its history is there again when it opens (B3.6)."""
    conversation = _table("conversation")
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
    placement, request = _table("staff_placement"), _table("placement_request")
    placed = select(placement.c.account_id).where(placement.c.school_id == SCHOOL, placement.c.ended_on.is_(None))
    applying = select(request.c.account_id).where(
        request.c.school_id == SCHOOL, request.c.status == literal_column("'pending'")
    )
    return table.c.id.in_(sa.union_all(placed, applying))


COVERS: dict[Branch, tuple[Branch, ...]] = {
    of_my_school: (of_my_classes, of_my_pupils),
    homeroom_of_my_school: (homeroom_of_my_pupils, homeroom_switch_of_my_classes),
}
"""The whole school covers every class and pupil of it; big tables are then read by (school_id, id) alone."""

# ---------- the tables: who sees ----------

_WHOLE_SCHOOL_HOMEROOM = (Role.HOMEROOM_TEACHER, Role.SCHOOL_ADMIN)
"""班導師互動區: 導師 the own classes; 導師 + 管理者 the whole school (manual 貳、三)."""
_ACADEMIC_AFFAIRS = (Role.REGISTRAR, Role.INSTRUCTION_OFFICER)
"""教務處互動區: 「需擁有校端_一般_註冊 + 校端_一般_教學權限的老師」."""

_ROSTER: Rule = {
    Role.GUARDIAN: of_my_children,
    Role.HOMEROOM_TEACHER: of_my_pupils,
    Role.SCHOOL_ADMIN: of_my_school,
    Role.REGISTRAR: of_my_school,
    Role.INSTRUCTION_OFFICER: of_my_school,
    Role.COUNSELOR: of_my_school,
    Role.CITY_ADMIN: all_rows,
}
_RECORDS: Rule = {
    Role.GUARDIAN: of_my_children,
    Role.HOMEROOM_TEACHER: of_my_pupils,
    Role.SCHOOL_ADMIN: of_my_school,
    Role.REGISTRAR: of_my_school,
    Role.INSTRUCTION_OFFICER: of_my_school,
    Role.CITY_ADMIN: all_rows,
}
_CLASSES: Rule = {
    Role.GUARDIAN: of_my_childrens_classes,
    Role.HOMEROOM_TEACHER: of_my_classes,
    Role.SCHOOL_ADMIN: of_my_school,
    Role.REGISTRAR: of_my_school,
    Role.INSTRUCTION_OFFICER: of_my_school,
    Role.COUNSELOR: of_my_school,
    Role.CITY_ADMIN: all_rows,
}
_HOMEROOM_AREA: Rule = {
    Role.GUARDIAN: of_my_childrens_classes,
    Role.HOMEROOM_TEACHER: of_my_classes,
    _WHOLE_SCHOOL_HOMEROOM: of_my_school,
    Role.CITY_ADMIN: all_rows,
}
_CONVERSATIONS: Rule = {
    Role.GUARDIAN: open_to_guardians,
    Role.HOMEROOM_TEACHER: homeroom_of_my_pupils,
    _WHOLE_SCHOOL_HOMEROOM: homeroom_of_my_school,
    _ACADEMIC_AFFAIRS: academic_affairs_of_my_school,
    Role.COUNSELOR: counseling_of_my_school,
}

_PROTECTORS: Rule = {Role.SCHOOL_ADMIN: of_my_school, Role.REGISTRAR: of_my_school, Role.CITY_ADMIN: all_rows}
"""保護註記: who sets it is who sees it; a homeroom teacher does not."""

READ: dict[str, Rule] = {
    # by ownership: what a new model gets without a further line
    "Public": {},
    "SchoolOwned": {Role.SCHOOL_ADMIN: of_my_school, Role.CITY_ADMIN: all_rows},
    "ClassOwned": _CLASSES,
    "StudentOwned": _RECORDS,
    "GuardianOwned": {EVERYONE: my_own},
    "AccountOwned": {EVERYONE: my_own},
    "Ledger": {Role.CITY_ADMIN: all_rows},
    "Internal": {},
    # by model
    "Student": _ROSTER,
    "Enrollment": _ROSTER,
    "GuardianLink": {
        EVERYONE: my_own,
        Role.HOMEROOM_TEACHER: of_my_classes,
        Role.SCHOOL_ADMIN: of_my_school,
        Role.REGISTRAR: of_my_school,
        Role.INSTRUCTION_OFFICER: of_my_school,
        Role.COUNSELOR: of_my_school,
        Role.CITY_ADMIN: all_rows,
    },
    "ProtectionMark": _PROTECTORS,
    "Bulletin": {**_HOMEROOM_AREA, Role.GUARDIAN: published_to_my_children},
    "ContactBookEntry": _HOMEROOM_AREA,
    "ContactBookItem": _HOMEROOM_AREA,
    "Attachment": {**_HOMEROOM_AREA, Role.GUARDIAN: attached_to_what_i_read},
    "Conversation": _CONVERSATIONS,
    "Message": _CONVERSATIONS,
    "ChannelSwitch": {
        Role.GUARDIAN: of_my_childrens_schools,
        Role.HOMEROOM_TEACHER: of_my_school,
        Role.SCHOOL_ADMIN: of_my_school,
        Role.REGISTRAR: of_my_school,
        Role.INSTRUCTION_OFFICER: of_my_school,
        Role.COUNSELOR: of_my_school,
        Role.CITY_ADMIN: all_rows,
    },
    "PlacementRequest": {EVERYONE: my_own, Role.PERSONNEL_OFFICER: of_my_school, Role.CITY_ADMIN: all_rows},
    "StaffPlacement": {
        EVERYONE: my_own,
        Role.PERSONNEL_OFFICER: of_my_school,
        Role.SCHOOL_ADMIN: of_my_school,
        Role.REGISTRAR: of_my_school,
        Role.CITY_ADMIN: all_rows,
    },
    "ImportBatch": {Role.REGISTRAR: of_my_school, Role.SCHOOL_ADMIN: of_my_school, Role.CITY_ADMIN: all_rows},
    # 「誰看過我的孩子」: the readings alone, which carry the student
    "AuditEntry": {Role.GUARDIAN: readings_about_my_children, Role.CITY_ADMIN: all_rows},
}

# ---------- the tables: who writes (acts are narrower still: policy.py) ----------

_KEEPERS: Rule = {Role.SCHOOL_ADMIN: of_my_school, Role.REGISTRAR: of_my_school, Role.CITY_ADMIN: all_rows}
_MARK_KEEPERS: Rule = {**_KEEPERS, Role.INSTRUCTION_OFFICER: of_my_school}
_LINK_REVIEWERS: Rule = {Role.HOMEROOM_TEACHER: of_my_classes, Role.SCHOOL_ADMIN: of_my_school}
_HOMEROOM_WRITERS: Rule = {Role.HOMEROOM_TEACHER: of_my_classes, _WHOLE_SCHOOL_HOMEROOM: of_my_school}

WRITE: dict[str, Rule] = {
    "Public": {Role.CITY_ADMIN: all_rows},
    "SchoolOwned": {Role.SCHOOL_ADMIN: of_my_school, Role.CITY_ADMIN: all_rows},
    "ClassOwned": _KEEPERS,
    "StudentOwned": _KEEPERS,
    "GuardianOwned": {EVERYONE: my_own},
    "AccountOwned": {EVERYONE: my_own},
    "Ledger": {},
    "Internal": {},
    "School": {Role.SCHOOL_ADMIN: the_school_itself, Role.CITY_ADMIN: all_rows},
    "TermGrade": _MARK_KEEPERS,
    "GuardianLink": {EVERYONE: my_own, **_LINK_REVIEWERS, Role.REGISTRAR: of_my_school, Role.CITY_ADMIN: all_rows},
    "ProtectionMark": _PROTECTORS,
    "Bulletin": _HOMEROOM_WRITERS,
    "ContactBookEntry": _HOMEROOM_WRITERS,
    "ContactBookItem": _HOMEROOM_WRITERS,
    "Attachment": _HOMEROOM_WRITERS,
    "Conversation": _CONVERSATIONS,
    "Message": _CONVERSATIONS,
    "ChannelSwitch": {
        Role.HOMEROOM_TEACHER: homeroom_switch_of_my_classes,
        _WHOLE_SCHOOL_HOMEROOM: homeroom_of_my_school,
        _ACADEMIC_AFFAIRS: academic_affairs_of_my_school,
        Role.COUNSELOR: counseling_of_my_school,
    },
    "PlacementRequest": {EVERYONE: my_own, Role.PERSONNEL_OFFICER: of_my_school, Role.CITY_ADMIN: all_rows},
    "StaffPlacement": {Role.PERSONNEL_OFFICER: of_my_school, Role.CITY_ADMIN: all_rows},
    "ImportBatch": {Role.REGISTRAR: of_my_school, Role.SCHOOL_ADMIN: of_my_school, Role.CITY_ADMIN: all_rows},
}


UNDECIDED = frozenset({"pending", "ended"})
"""What an applicant may leave behind: an application that waits, or one that has ended. Deciding is others'."""
APPLICATIONS = frozenset({"GuardianLink", "PlacementRequest"})


def my_own_undecided(table: Source, model: Any) -> ColumnElement[bool]:
    return sa.and_(my_own(table, model), table.c.status.in_([literal_column(f"'{status}'") for status in sorted(UNDECIDED)]))


def readable(model: Any, shape: str) -> ColumnElement[bool]:
    """The rows of ``model`` that an actor of ``shape`` may see; Public rows are everybody's."""
    if model.rule == "Public":
        return sa.true()
    return _expression(model, _rule(READ, model), shape)


def writable(model: Any, shape: str) -> ColumnElement[bool]:
    """The rows of ``model`` that an actor of ``shape`` may add, change or delete, if their owners agree with each other."""
    return _in_agreement(model, _expression(model, _rule(WRITE, model), shape))


def left_behind(model: Any, shape: str) -> ColumnElement[bool]:
    """The rows of ``model`` as an actor of ``shape`` may have written them: nobody approves an own application."""
    if model.__name__ not in APPLICATIONS:
        return writable(model, shape)
    return _in_agreement(model, _expression(model, {**WRITE[model.__name__], EVERYONE: my_own_undecided}, shape))


def updatable(model: Any, shape: str, values: Mapping[str, Any]) -> ColumnElement[bool]:
    """The rows that an UPDATE may set to ``values``: they are not seen one by one, so it is asked beforehand."""
    if model.__name__ not in APPLICATIONS or values.get("status") in UNDECIDED:
        return writable(model, shape)
    if "status" not in values:
        return left_behind(model, shape)
    deciders = {needed: branch for needed, branch in WRITE[model.__name__].items() if needed is not EVERYONE}
    return _in_agreement(model, _expression(model, deciders, shape))


def _in_agreement(model: Any, written: ColumnElement[bool]) -> ColumnElement[bool]:
    return written if written is sa.true() or written is sa.false() else sa.and_(written, *_owners_agree(Mapped(model)))


def _owners_agree(table: Source) -> list[ColumnElement[bool]]:
    """A row may not name the own school beside another school's pupil or class, nor another child's conversation."""
    student, school_class, conversation = _table("student"), _table("school_class"), _table("conversation")
    columns, agree = table.c, []
    if "student_id" in columns and "school_id" in columns:
        same = select(student.c.id).where(student.c.id == columns.student_id, student.c.school_id == columns.school_id)
        agree.append(sa.or_(columns.student_id.is_(None), same.exists()))
    if "class_id" in columns and "school_id" in columns:
        same = select(school_class.c.id).where(
            school_class.c.id == columns.class_id, school_class.c.school_id == columns.school_id
        )
        agree.append(sa.or_(columns.class_id.is_(None), same.exists()))
    if "conversation_id" in columns and "student_id" in columns:
        same = select(conversation.c.id).where(
            conversation.c.id == columns.conversation_id,
            conversation.c.student_id == columns.student_id,
            conversation.c.channel == columns.channel,
        )
        agree.append(same.exists())
    return agree


def homeroom_area(model: Any, shape: str) -> ColumnElement[bool]:
    """班導師互動區: the rows of the own classes (導師), or of every class of the school (導師 + 管理者)."""
    return _expression(model, _HOMEROOM_WRITERS, shape)


_ACCOUNTS: Rule = {Role.PERSONNEL_OFFICER: placed_at_or_applying_to_my_school, Role.CITY_ADMIN: all_rows}
"""ab_user is read before anybody is known, so no hook guards it: what shows accounts asks ``accounts_in_sight``."""


def accounts_in_sight(model: Any, shape: str) -> ColumnElement[bool]:
    """The accounts that an actor of ``shape`` may see on the staff's screens."""
    return _expression(model, _ACCOUNTS, shape)


def link_review_area(model: Any, shape: str) -> ColumnElement[bool]:
    """連結申請審核: the rows of the own classes (導師), or of every class of the school (管理者)."""
    return _expression(model, _LINK_REVIEWERS, shape)


_REPORTERS: Rule = {
    Role.HOMEROOM_TEACHER: of_my_classes,
    Role.SCHOOL_ADMIN: of_my_school,
    Role.REGISTRAR: of_my_school,
}
"""學期報告: who may take marks, attendance and conduct along, all three."""


def report_area(model: Any, shape: str) -> ColumnElement[bool]:
    """The rows of the own classes (導師), or of every class of the school (管理者, 註冊)."""
    return _expression(model, _REPORTERS, shape)


def _rule(rules: dict[str, Rule], model: Any) -> Rule:
    return rules.get(model.__name__, rules[model.rule])


def _expression(model: Any, rule: Rule, shape: str) -> ColumnElement[bool]:
    held = set(shape.split("|")) if shape else set()
    branches = [branch for needed, branch in rule.items() if _needs(needed) <= held]
    if all_rows in branches:
        return sa.true()
    covered = {narrower for branch in branches for narrower in COVERS.get(branch, ())}
    branches = [branch for branch in dict.fromkeys(branches) if branch not in covered]
    if not branches:
        return sa.false()
    mapped = Mapped(model)
    if len(branches) == 1:
        return branches[0](mapped, model)
    keys = [column.name for column in model.__table__.primary_key.columns]
    selects = []
    for branch in branches:
        alias = model.__table__.alias()
        selects.append(select(*(alias.c[key] for key in keys)).where(branch(alias, model)))
    left = mapped.c[keys[0]] if len(keys) == 1 else sa.tuple_(*(mapped.c[key] for key in keys))
    return left.in_(sa.union_all(*selects))


class MappedColumns(dict[str, Any]):
    """Column name → the class's attribute, also readable as an attribute, like a table's ``c``."""

    __getattr__ = dict.__getitem__


class Mapped:
    """A mapped class in the place of a table: its attributes are what SQLAlchemy can adapt to aliases and eager joins.

    With plain table columns an eager join came out as ``JOIN student AS s ON … student.id IN …``: no such column.
    """

    def __init__(self, model: Any) -> None:
        mapper = sa.inspect(model)
        self.c = MappedColumns(
            {column.name: getattr(model, mapper.get_property_by_column(column).key) for column in mapper.local_table.columns}
        )


def _needs(key: Any) -> set[str]:
    return set(key) if isinstance(key, tuple) else {key}
