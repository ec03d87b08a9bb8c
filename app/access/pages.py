"""Which screens each role opens, and the process cache that answers it.

``PAGES`` is the whole list: screen (its class_permission_name) → roles → what they may do there. A key of two roles
means both are needed. ``sync_pages`` writes it into FAB's tables as exact rows (FAB_ROLES would match by prefix), one
FAB role per key; a request asks the process cache, which every sync renews by raising the version.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.const import PERMISSION_PREFIX
from flask_appbuilder.security.sqla.models import (
    Permission,
    PermissionView,
    ViewMenu,
    assoc_permissionview_role,
)
from flask_appbuilder.security.sqla.models import (
    Role as FabRole,
)

from app.access.actor import EVERYONE, Actor
from app.access.roles import Role
from app.access.session import system

READ = "list show"
KEEP = "list show add edit delete"
OPEN = "open"
"""The one permission of a page that we write ourselves."""
EXPORT = " export"
"""To take a list along as a file: for who keeps it, and for homeroom teachers theirs; not for a whole city."""

TEACHER = Role.HOMEROOM_TEACHER
MANAGER = Role.SCHOOL_ADMIN
REGISTRAR = Role.REGISTRAR
INSTRUCTION = Role.INSTRUCTION_OFFICER
COUNSELOR = Role.COUNSELOR
PERSONNEL = Role.PERSONNEL_OFFICER
CITY = Role.CITY_ADMIN
GUARDIAN = Role.GUARDIAN
ACADEMIC_AFFAIRS = (Role.REGISTRAR, Role.INSTRUCTION_OFFICER)

PAGES: dict[str, Mapping[Any, str]] = {
    # 教育發展資源入口網
    "PortalHome": {EVERYONE: OPEN},
    "Profile": {EVERYONE: OPEN},
    "Sessions": {EVERYONE: OPEN},
    "SecondFactor": {EVERYONE: OPEN},
    "AcceptNotice": {EVERYONE: OPEN},
    "OwnData": {EVERYONE: OPEN},
    "PlacementApplication": {EVERYONE: OPEN},
    "GuardianLinks": {GUARDIAN: OPEN},
    "ChildAreas": {GUARDIAN: OPEN},
    "Attachments": {GUARDIAN: OPEN, TEACHER: OPEN, CITY: OPEN},
    # 雲端學務系統
    "TeacherDesk": {TEACHER: OPEN, MANAGER: OPEN, REGISTRAR: OPEN, INSTRUCTION: OPEN, COUNSELOR: OPEN},
    "LinkReview": {TEACHER: OPEN, MANAGER: OPEN},
    "LinkProtection": {MANAGER: OPEN, REGISTRAR: OPEN, CITY: OPEN},
    "HomeroomBulletins": {TEACHER: OPEN},
    "HomeroomContactBook": {TEACHER: OPEN},
    "HomeroomThreads": {TEACHER: OPEN},
    "AcademicAffairsThreads": {ACADEMIC_AFFAIRS: OPEN},
    "CounselingThreads": {COUNSELOR: OPEN},
    "TermReports": {TEACHER: OPEN, MANAGER: OPEN, REGISTRAR: OPEN},
    # 單一認證授權平台
    "SsoHome": {
        PERSONNEL: OPEN,
        MANAGER: OPEN,
        REGISTRAR: OPEN,
        INSTRUCTION: OPEN,
        CITY: OPEN,
        TEACHER: OPEN,
        COUNSELOR: OPEN,
    },
    "Permissions": {
        PERSONNEL: OPEN,
        MANAGER: OPEN,
        REGISTRAR: OPEN,
        INSTRUCTION: OPEN,
        CITY: OPEN,
        TEACHER: OPEN,
        COUNSELOR: OPEN,
    },
    "PlacementRequestAdmin": {PERSONNEL: READ + " review", CITY: READ + " review"},
    "AccountAdmin": {PERSONNEL: READ, CITY: READ + " suspend remove_second_factor"},
    "StaffPlacementAdmin": {PERSONNEL: READ + " edit", MANAGER: READ, REGISTRAR: READ, CITY: READ + " edit"},
    "RoleAdmin": {CITY: READ},
    "SchoolAdmin": {MANAGER: READ + " edit", REGISTRAR: READ, CITY: KEEP},
    "AcademicTermAdmin": {MANAGER: READ, REGISTRAR: READ, CITY: KEEP},
    "SchoolClassAdmin": {MANAGER: KEEP, REGISTRAR: KEEP, INSTRUCTION: READ, CITY: KEEP},
    "StudentAdmin": {
        MANAGER: KEEP + EXPORT,
        REGISTRAR: KEEP + EXPORT + " reveal",
        INSTRUCTION: READ,
        TEACHER: READ + EXPORT,
        COUNSELOR: READ,
        CITY: KEEP,
    },
    "EnrollmentAdmin": {MANAGER: KEEP + EXPORT, REGISTRAR: KEEP + EXPORT, INSTRUCTION: READ, CITY: KEEP},
    "HomeroomAssignmentAdmin": {MANAGER: KEEP, REGISTRAR: KEEP, INSTRUCTION: READ, CITY: KEEP},
    "GuardianLinkAdmin": {MANAGER: READ + EXPORT, REGISTRAR: READ + EXPORT, CITY: READ},
    "BulletinAdmin": {TEACHER: READ, CITY: READ},
    "ContactBookEntryAdmin": {TEACHER: READ, CITY: READ},
    "ContactBookItemAdmin": {TEACHER: READ, CITY: READ},
    "ConversationAdmin": {TEACHER: READ, ACADEMIC_AFFAIRS: READ, COUNSELOR: READ},
    "MessageAdmin": {TEACHER: READ, ACADEMIC_AFFAIRS: READ, COUNSELOR: READ},
    "TermGradeAdmin": {
        TEACHER: READ + EXPORT,
        MANAGER: KEEP + EXPORT,
        REGISTRAR: KEEP + EXPORT,
        INSTRUCTION: KEEP + EXPORT,
        CITY: KEEP,
    },
    "AttendanceEventAdmin": {TEACHER: READ + EXPORT, MANAGER: KEEP + EXPORT, REGISTRAR: KEEP + EXPORT, CITY: KEEP},
    "ConductRecordAdmin": {TEACHER: READ + EXPORT, MANAGER: KEEP + EXPORT, REGISTRAR: KEEP + EXPORT, CITY: KEEP},
    "NewsAdmin": {CITY: KEEP},
    "RosterImport": {MANAGER: OPEN, REGISTRAR: OPEN, CITY: OPEN},
    "ImportBatchAdmin": {MANAGER: READ, REGISTRAR: READ, CITY: READ},
    "OutboxMessageAdmin": {CITY: READ},
    "AuditEntryAdmin": {CITY: READ},
}


def acts_of(page: str) -> frozenset[str]:
    """Everything that some role may do on ``page``: what nobody may do has no address."""
    return frozenset(act for acts in PAGES.get(page, {}).values() for act in acts.split())


def fab_role_name(key: Any) -> str:
    """FAB's role for a key of PAGES; one for two roles is never given to anybody, holding both implies it."""
    if key == EVERYONE:
        return "Signed in"
    return " + ".join(key) if isinstance(key, tuple) else str(key)


def _keys() -> list[Any]:
    keys: dict[Any, None] = dict.fromkeys(Role)
    for grants in PAGES.values():
        keys.update(dict.fromkeys(grants))
    return list(keys)


def effective_role_names(actor: Actor) -> frozenset[str]:
    """The FAB roles an actor holds: the own ones, «Signed in», and each combination whose parts are all held."""
    return _names_of(actor.roles if actor.state == "active" else frozenset())


@lru_cache(maxsize=1000)
def _names_of(roles: frozenset[Role]) -> frozenset[str]:
    held: set[Any] = {EVERYONE, *roles}
    return frozenset(fab_role_name(key) for key in _keys() if (set(key) if isinstance(key, tuple) else {key}) <= held)


def sync_pages(session: Any) -> None:
    """Write PAGES into FAB's permission tables, exactly, and raise the version that processes watch. Commits."""
    from app.accounts.models import AccessVersion

    with system("sync page permissions"):
        permissions = {row.name: row for row in session.scalars(sa.select(Permission))}
        views = {row.name: row for row in session.scalars(sa.select(ViewMenu))}
        roles = {row.name: row for row in session.scalars(sa.select(FabRole))}
        pairs = {(row.view_menu.name, row.permission.name): row for row in session.scalars(sa.select(PermissionView))}
        wanted: dict[str, set[int]] = {}
        for key in _keys():
            name = fab_role_name(key)
            if name not in roles:
                roles[name] = FabRole(name=name)
                session.add(roles[name])
            wanted[name] = set()
        session.flush()
        for page, grants in PAGES.items():
            views.setdefault(page, ViewMenu(name=page))
            for key, acts in grants.items():
                for act in acts.split():
                    permission = permissions.setdefault(PERMISSION_PREFIX + act, Permission(name=PERMISSION_PREFIX + act))
                    pair = pairs.get((page, permission.name))
                    if pair is None:
                        pair = PermissionView(permission=permission, view_menu=views[page])
                        pairs[page, permission.name] = pair
                        session.add(pair)
                        session.flush()
                    wanted[fab_role_name(key)].add(pair.id)
        table = assoc_permissionview_role
        for name, ids in wanted.items():
            role_id = roles[name].id
            present = set(session.scalars(sa.select(table.c.permission_view_id).where(table.c.role_id == role_id)))
            if present - ids:
                session.execute(
                    table.delete().where(table.c.role_id == role_id, table.c.permission_view_id.in_(present - ids))
                )
            for pair_id in ids - present:
                session.execute(table.insert().values(permission_view_id=pair_id, role_id=role_id))
        version = session.get(AccessVersion, 1)
        if version is None:
            session.add(AccessVersion(id=1, version=1))
        else:
            version.version += 1
        session.commit()


_cache: dict[int, dict[str, frozenset[tuple[str, str]]]] = {}
_lock = threading.Lock()


def permissions_by_role(session: Any, version: int) -> dict[str, frozenset[tuple[str, str]]]:
    """FAB role name → {(permission, view)}; read from the database once per version and process."""
    cached = _cache.get(version)
    if cached is not None:
        return cached
    with _lock, system("read page permissions"):
        table = assoc_permissionview_role
        rows = session.execute(
            sa.select(FabRole.name, Permission.name, ViewMenu.name)
            .select_from(table)
            .join(FabRole, FabRole.id == table.c.role_id)
            .join(PermissionView, PermissionView.id == table.c.permission_view_id)
            .join(Permission, Permission.id == PermissionView.permission_id)
            .join(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
        ).all()
        found: dict[str, set[tuple[str, str]]] = {}
        for role, permission, view in rows:
            found.setdefault(role, set()).add((permission, view))
        _cache.clear()
        _cache[version] = {role: frozenset(pairs) for role, pairs in found.items()}
        return _cache[version]


def may_open(session: Any, actor: Actor, permission: str, view: str) -> bool:
    """True when one of the actor's roles grants ``permission`` (with FAB's prefix) on ``view``."""
    by_role = permissions_by_role(session, actor.permission_version)
    return any((permission, view) in by_role.get(name, ()) for name in effective_role_names(actor))
