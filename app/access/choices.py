"""Which classes a person is offered in 年級／班級. Narrower than what may be seen: a rule of the screen, by role."""

from __future__ import annotations

from sqlalchemy import ColumnElement

from app.access.actor import Actor
from app.access.branches import own_classes
from app.access.scopes import homeroom_area, link_review_area, report_area
from app.guardian_links.models import GuardianLink
from app.schools.models import SchoolClass


def in_homeroom_area(actor: Actor) -> ColumnElement[bool]:
    """班導師互動區: 導師 is offered the own classes, 導師 + 管理者 every class of the school (B3.1)."""
    return homeroom_area(SchoolClass, actor.shape)


def in_own_classes() -> ColumnElement[bool]:
    """The classes that the actor looks after as homeroom teacher, also where 管理者 opens the whole school."""
    return SchoolClass.id.in_(own_classes())


def in_link_review(actor: Actor) -> ColumnElement[bool]:
    """連結申請審核: 導師 is offered the own classes, 管理者 every class of the school (B2.1)."""
    return link_review_area(SchoolClass, actor.shape)


def links_in_review(actor: Actor) -> ColumnElement[bool]:
    """The applications of those classes; a 管理者 reviews those of the school that belong to no class as well."""
    return link_review_area(GuardianLink, actor.shape)


def in_report_area(actor: Actor) -> ColumnElement[bool]:
    """學期報告 of a whole class: 導師 the own classes, 管理者 and 註冊 every class of the school."""
    return report_area(SchoolClass, actor.shape)
