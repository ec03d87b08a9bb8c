"""P30: the audit log says who did and read what, when, from where, and cannot be altered unnoticed."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.access.session import system
from app.audit import chain
from app.audit.models import AuditEntry
from app.extensions import db
from app.guardian_links.models import GuardianLink, LinkStatus
from tests.accounts.browsing import RED, enter
from tests.world import PASSWORD


def entries(flask_app) -> list[AuditEntry]:
    with flask_app.app_context(), system("tests"):
        return list(db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)))


def test_p30_sign_ins_approvals_changes_exports_and_readings_are_in_it(flask_app, client_as, visitor, world):
    for password in ("not this one", PASSWORD):
        enter(visitor, RED, "teacher_502", password)
    ming, registrar, teacher = world.students["王小明"], client_as("registrar_wc"), client_as("teacher_501")
    registrar.get(f"/sso/students/show/{ming}")
    registrar.post("/sso/students/export", data={"format": "csv"})
    edited = {"student_number": "1110500", "full_name": "王小明", "status": "enrolled"}
    registrar.post(f"/sso/students/edit/{ming}", data=edited)
    with flask_app.app_context(), system("tests"):
        link_id = db.session.scalar(sa.select(GuardianLink.id).where(GuardianLink.status == LinkStatus.PENDING))
    teacher.post(f"/student-affairs/links/{link_id}", data={"decision": "reject", "reason": "不是家長"})
    teacher.get(f"/student-affairs/threads/homeroom/{ming}")
    client_as("parent_chen").get(f"/portal/children/{ming}/records")
    noted = {(entry.action, entry.username) for entry in entries(flask_app)}
    assert noted >= {
        ("fail.sign_in", "teacher_502"),
        ("sign_in.account", "teacher_502"),
        ("reject.guardian_link", "teacher_501"),
        ("read.student", "registrar_wc"),
        ("export.student", "registrar_wc"),
        ("edit.student", "registrar_wc"),
        ("read.conversation", "teacher_501"),
        ("read.student_records", "parent_chen"),
    }
    for entry in entries(flask_app):
        assert entry.at.utcoffset() is not None
        assert entry.at.utcoffset().total_seconds() == 0
        assert entry.address == "127.0.0.1"
        assert entry.proof


@pytest.mark.every_database
def test_p30_an_entry_cannot_be_altered_or_taken_out(flask_app, client_as, world):
    client_as("registrar_wc").get(f"/sso/students/show/{world.students['王小明']}")
    with flask_app.app_context():
        for attempt in ("UPDATE audit_entry SET username = 'nobody'", "DELETE FROM audit_entry"):
            with pytest.raises(sa.exc.DBAPIError, match="append-only"), db.engine.begin() as connection:
                connection.execute(sa.text(attempt))
        assert chain.seal_waiting() == 1
        assert chain.verify() == chain.Report(sealed=1, waiting=0, removed=0)


def test_p30_nobody_signed_in_can_write_or_delete_an_entry(flask_app, client_as, world):
    city = client_as("city_admin")
    client_as("registrar_wc").get(f"/sso/students/show/{world.students['王小明']}")
    for address in ("/sso/audit/add", "/sso/audit/edit/1", "/sso/audit/delete/1"):
        assert city.post(address, data={"username": "nobody"}).status_code in (302, 404, 405)
    assert [entry.username for entry in entries(flask_app)] == ["registrar_wc"]
