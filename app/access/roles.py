"""The roles of the manual. A role counts only at the school of its holder's placement (acceptance.md, Roles)."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.model_types import LabelledEnum


class Role(LabelledEnum):
    """Role values are the names that staff know; they are also the names of FAB's roles.

    校端_一般_人事 and 系統管理者 are not named in the manual: they are assumptions (docs/decisions/0003-assumptions.md).
    """

    HOMEROOM_TEACHER = "校端_一般_導師", _l("Homeroom teacher (role)")
    SCHOOL_ADMIN = "校端_進階_管理者", _l("School manager (role)")
    REGISTRAR = "校端_一般_註冊", _l("Registrar (role)")
    INSTRUCTION_OFFICER = "校端_一般_教學", _l("Instruction officer (role)")
    COUNSELOR = "校端_一般_輔導", _l("Counselor (role)")
    PERSONNEL_OFFICER = "校端_一般_人事", _l("Personnel officer (role)")
    CITY_ADMIN = "系統管理者", _l("City administrator (role)")
    GUARDIAN = "學生家長", _l("Guardian (role)")


SCHOOL_ROLES = frozenset(
    {
        Role.HOMEROOM_TEACHER,
        Role.SCHOOL_ADMIN,
        Role.REGISTRAR,
        Role.INSTRUCTION_OFFICER,
        Role.COUNSELOR,
        Role.PERSONNEL_OFFICER,
    }
)
"""Roles that a placement at a school can carry."""

AS_GUARDIAN = frozenset({Role.GUARDIAN})
"""What a guardian is while reading about the own child, whatever else the account may be."""


def as_staff(roles: frozenset[Role]) -> frozenset[Role]:
    """The roles in which somebody works, without being somebody's guardian as well."""
    return roles - AS_GUARDIAN


def labels_of(names: str) -> list[str]:
    """The labels of roles joined by 、, as the audit log keeps them."""
    return [str(_BY_NAME[name].label) for name in names.split("、") if name in _BY_NAME]


_OFFICES = {
    Role.HOMEROOM_TEACHER: _l("Homeroom teacher"),
    Role.SCHOOL_ADMIN: _l("Management of the school"),
    Role.REGISTRAR: _l("Registrar's office"),
    Role.INSTRUCTION_OFFICER: _l("Instruction office"),
    Role.COUNSELOR: _l("Counseling office"),
    Role.PERSONNEL_OFFICER: _l("Personnel office"),
    Role.CITY_ADMIN: _l("Administration of the city"),
    Role.GUARDIAN: _l("Guardian"),
}


def offices_of(names: str) -> list[str]:
    """The same as a parent calls them: 導師, 註冊組."""
    return [str(_OFFICES[_BY_NAME[name]]) for name in names.split("、") if name in _BY_NAME]


_BY_NAME = {role.value: role for role in Role}


def roles_that_count(names: list[str], *, is_official: bool, is_placed: bool) -> frozenset[Role]:
    """The roles of an account that count now: a member of staff without a placement keeps the city's role alone."""
    held = frozenset(_BY_NAME[name] for name in names if name in _BY_NAME)
    return held & {Role.CITY_ADMIN} if is_official and not is_placed else held
