"""Which rows each role sees and writes: the whole of it, as tables.

A rule maps the roles that are needed to a *branch*: a function from a table to a plain SQL predicate. A key of two
roles means that both must be held (教務處互動區 needs 校端_一般_註冊 and 校端_一般_教學). Several branches become one
``id IN (… UNION ALL …)``, never an OR; values of the actor are bound at execution, never baked in; nothing here is a
lambda that SQLAlchemy could cache with the first caller's answer. Facts and figures: docs/decisions/0002.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, select

from app.access.actor import EVERYONE
from app.access.branches import (
    COVERS,
    UNDECIDED,
    Rule,
    Source,
    academic_affairs_of_my_school,
    alias_of,
    all_rows,
    attached_to_what_i_read,
    counseling_of_my_school,
    homeroom_of_my_pupils,
    homeroom_of_my_school,
    homeroom_switch_of_my_classes,
    my_own,
    my_own_undecided,
    of_my_children,
    of_my_childrens_classes,
    of_my_childrens_schools,
    of_my_classes,
    of_my_pupils,
    of_my_school,
    open_to_guardians,
    placed_at_or_applying_to_my_school,
    published_to_my_children,
    readings_about_my_children,
    the_school_itself,
)
from app.access.roles import Role

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


APPLICATIONS = frozenset({"GuardianLink", "PlacementRequest"})


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
    student, school_class, conversation = alias_of("student"), alias_of("school_class"), alias_of("conversation")
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
