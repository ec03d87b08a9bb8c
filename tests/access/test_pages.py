"""Page permissions: written exactly, asked from a cache that every change renews."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import PermissionView, ViewMenu
from flask_appbuilder.security.sqla.models import Role as FabRole

from app.access.pages import PAGES, effective_role_names, fab_role_name, sync_pages
from app.access.roles import Role
from app.access.session import system
from app.extensions import db


@pytest.mark.every_database
def test_a_second_sync_takes_away_what_pages_does_not_grant(context):
    with system("tests"):
        teacher = db.session.scalars(sa.select(FabRole).where(FabRole.name == Role.HOMEROOM_TEACHER)).one()
        audit = db.session.scalars(
            sa.select(PermissionView)
            .join(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
            .where(ViewMenu.name == "AuditEntryAdmin")
        ).first()
        teacher.permissions.append(audit)
        db.session.commit()
        sync_pages(db.session)
        db.session.expire_all()
        pages = {pair.view_menu.name for pair in teacher.permissions}
    assert pages == {page for page, grants in PAGES.items() if Role.HOMEROOM_TEACHER in grants}


def test_a_combination_is_held_only_with_all_its_roles(actor_of):
    both = fab_role_name((Role.REGISTRAR, Role.INSTRUCTION_OFFICER))
    assert both in effective_role_names(actor_of("registrar_wc"))
    assert both not in effective_role_names(actor_of("only_registrar_wc"))
    assert both not in effective_role_names(actor_of("only_instruction_wc"))


@pytest.mark.parametrize(
    ("person", "address", "status"),
    [
        ("registrar_wc", "/student-affairs/threads/academic-affairs/", 200),
        ("only_registrar_wc", "/student-affairs/threads/academic-affairs/", 403),
        ("only_instruction_wc", "/student-affairs/threads/academic-affairs/", 403),
        ("counselor_wc", "/student-affairs/threads/counseling/", 200),
        ("manager_wc", "/student-affairs/threads/counseling/", 403),
        ("city_admin", "/student-affairs/threads/counseling/", 403),
        ("teacher_501", "/student-affairs/threads/homeroom/", 200),
        ("manager_wc", "/student-affairs/threads/homeroom/", 403),
        ("parent_chen", "/student-affairs/", 403),
        ("citizen_wu", "/portal/links", 403),
    ],
)
def test_the_manuals_role_rules_hold_at_the_door(client_as, person, address, status):
    answer = client_as(person).get(address, follow_redirects=True)
    assert answer.status_code == status
