"""The chain over the audit log: what was altered is found and named, and what is old enough may go."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.access.session import system
from app.audit import chain, guards
from app.audit.models import AuditEntry, AuditHead
from app.audit.proofs import prove
from app.audit.record import record
from app.cli import portal
from app.crypto import sealing
from app.extensions import db
from app.model_types import now
from app.operations.doctor import examine

DAY = timedelta(days=1)


def write(count: int, *, days_ago: int = 0) -> None:
    for number in range(count):
        record(None, "write.test", number, detail=f"第 {number} 筆")
        if days_ago:
            entry = next(iter(db.session.new))
            entry.at = now() - days_ago * DAY
            entry.proof = prove(entry)
        with system("tests"):
            db.session.commit()


def execute(statement: str) -> None:
    with system("tests"):
        db.session.execute(sa.text(statement))


@pytest.fixture
def written(context):
    """Six entries, sealed in this order, and two that wait; whoever tampers can switch the triggers off."""
    write(6)
    assert chain.seal_waiting() == 6
    write(2)
    with system("tests"):
        return list(db.session.scalars(sa.select(AuditEntry.id).order_by(AuditEntry.id)))


@pytest.fixture
def unguarded(written):
    if db.engine.dialect.name == "sqlite":
        for name in guards.TRIGGERS["sqlite"]:
            execute(f"DROP TRIGGER {name}")
    else:
        execute("SET session_replication_role = replica")
    with system("tests"):
        db.session.commit()
    return written


COLUMNS = "at, account_id, username, roles, action, object_id, school_id, student_id, address, detail, proof"
INSERT = f"INSERT INTO audit_entry (id, {COLUMNS}) SELECT %s, {COLUMNS} FROM audit_entry WHERE id = %s"  # noqa: S608
TAMPERINGS = {
    "an altered word": (["UPDATE audit_entry SET action = 'write.other' WHERE id = {e[2]}"], "entry {e[2]} was altered"),
    "an altered time": (
        ["UPDATE audit_entry SET at = (SELECT at FROM audit_entry WHERE id = {e[0]}) WHERE id = {e[3]}"],
        "entry {e[3]} was altered",
    ),
    "a deleted entry": (["DELETE FROM audit_entry WHERE id = {e[3]}"], "entry {e[3]} is gone"),
    "a deleted entry with its seal": (
        ["DELETE FROM audit_entry WHERE id = {e[3]}", "DELETE FROM audit_seal WHERE number = 4"],
        "link 4 is gone (after entry {e[2]})",
    ),
    "a gap that was closed": (
        [
            "DELETE FROM audit_entry WHERE id = {e[3]}",
            "DELETE FROM audit_seal WHERE number = 4",
            "UPDATE audit_seal SET number = 4 WHERE number = 5",
            "UPDATE audit_seal SET number = 5 WHERE number = 6",
        ],
        "entry {e[4]} was altered or moved (link 4)",
    ),
    "two entries that changed places": (
        [
            "UPDATE audit_seal SET entry_id = -1 WHERE number = 2",
            "UPDATE audit_seal SET entry_id = {e[1]} WHERE number = 3",
            "UPDATE audit_seal SET entry_id = {e[2]} WHERE number = 2",
        ],
        "entry {e[2]} was altered or moved (link 2)",
    ),
    "an entry made up": (
        [
            "INSERT INTO audit_entry (id, at, username, roles, action, object_id, address, detail, proof) "
            "SELECT 9000, at, 'x', '', 'write.test', '', '', '', '' FROM audit_entry WHERE id = {e[7]}"
        ],
        "entry 9000 was not written by the portal",
    ),
    "an entry with another's proof": (
        [INSERT % (9000, "{e[1]}"), "UPDATE audit_entry SET object_id = '77' WHERE id = 9000"],
        "entry 9000 was not written by the portal",
    ),
    "a copied entry": ([INSERT % (9000, "{e[1]}")], "entry 9000 is a copy"),
    "an altered entry that waits": (
        ["UPDATE audit_entry SET detail = '' WHERE id = {e[6]}"],
        "entry {e[6]} was not written by the portal, or altered",
    ),
    "a cut tail": (["DELETE FROM audit_seal WHERE number > 4"], "the end is cut off after entry {e[3]}"),
    "a cut tail with the head put back": (
        [
            "DELETE FROM audit_entry WHERE id >= {e[4]}",
            "DELETE FROM audit_seal WHERE number > 4",
            "UPDATE audit_head SET number = 4, hash = (SELECT hash FROM audit_seal WHERE number = 4)",
        ],
        "the head of the chain was altered",
    ),
    "a beginning that was let go by hand": (
        [
            "DELETE FROM audit_seal WHERE number <= 2",
            "UPDATE audit_head SET anchor_number = 2, anchor_hash = (SELECT hash FROM audit_seal WHERE number = 3)",
        ],
        "the head of the chain was altered",
    ),
    "no head": (["DELETE FROM audit_head"], "the head of the chain is gone"),
}


@pytest.mark.every_database
def test_every_tampering_is_found_and_its_entry_named(unguarded):
    """Verifying ends by a rollback, so each starts from the whole log."""
    entries = unguarded
    assert chain.verify() == chain.Report(sealed=6, waiting=2, removed=0)
    for name, (statements, problem) in TAMPERINGS.items():
        for statement in statements:
            execute(statement.format(e=entries))
        found = chain.verify().problem
        assert problem.format(e=entries) in found, f"{name}: {found}"
    assert chain.verify().problem == ""


@pytest.mark.every_database
def test_the_database_refuses_to_change_the_log(written):
    attempts = [
        "UPDATE audit_entry SET detail = 'x'",
        f"DELETE FROM audit_entry WHERE id = {written[0]}",
        f"DELETE FROM audit_entry WHERE id = {written[7]}",
        "UPDATE audit_seal SET hash = 'x'",
        "DELETE FROM audit_seal WHERE number = 1",
        "DELETE FROM audit_head",
        "UPDATE audit_head SET number = 3",
        "UPDATE audit_head SET anchor_number = 7",
    ]
    if db.engine.dialect.name == "sqlite":
        attempts.append(
            f"INSERT OR REPLACE INTO audit_entry (id, at, username, action, object_id, address, detail) "
            f"VALUES ({written[0]}, '2026-01-01', '', 'x', '', '', '')"
        )
    else:
        attempts += ["TRUNCATE audit_entry", "TRUNCATE audit_seal, audit_head"]
    for attempt in attempts:
        with pytest.raises(sa.exc.DBAPIError, match="append-only"):
            execute(attempt)
        db.session.rollback()
    assert chain.verify().problem == ""


@pytest.mark.every_database
def test_what_is_older_than_half_a_year_may_go_and_the_chain_begins_after_it(context):
    write(3, days_ago=400)
    write(2, days_ago=100)
    write(1, days_ago=300)
    chain.seal_waiting()
    with pytest.raises(chain.TooYoung):
        chain.remove_entries_before(now() - 180 * DAY)
    assert chain.remove_entries_before(now() - 200 * DAY) == 3, "the late one stands behind younger ones and stays"
    chain.seal_waiting()
    assert chain.verify() == chain.Report(sealed=4, waiting=0, removed=3)
    assert chain.remove_entries_before(now() - 200 * DAY) == 0
    with system("tests"):
        last = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert last is not None
    assert (last.action, last.detail[0]) == ("shorten.audit_log", "3")


def test_an_entry_whose_place_was_closed_is_found(context):
    """Beyond the longest transaction nothing may come in beneath what is sealed."""
    write(2, days_ago=1)
    chain.seal_waiting()
    with system("tests"):
        first = db.session.scalars(sa.select(sa.func.min(AuditEntry.id))).one()
    execute(INSERT % (first - 1, first))
    assert f"entry {first - 1} was put in afterwards" in chain.verify().problem


def test_an_export_finds_a_cut_that_the_database_alone_cannot_show(unguarded):
    """An old head, kept with its MAC and put back, fits an old chain; the export remembers the new one."""
    with system("tests"):
        old = db.session.execute(sa.select(AuditHead.__table__)).one()._asdict()
        db.session.rollback()
    chain.seal_waiting()
    lines = list(chain.exported_lines())
    exported = chain.head_of_export(iter(lines))
    assert [json.loads(line).get("number") for line in lines] == [1, 2, 3, 4, 5, 6, 7, 8, None]
    assert [json.loads(line).get("number") for line in chain.exported_lines(6)] == [7, 8, None]
    assert chain.verify(exported).problem == ""
    execute(f"DELETE FROM audit_entry WHERE id > {unguarded[5]}")
    execute("DELETE FROM audit_seal WHERE number > 6")
    with system("tests"):
        db.session.execute(sa.update(AuditHead.__table__).values(old))
        db.session.commit()
    assert chain.verify().problem == ""
    assert chain.verify(exported).problem == "the end is cut off: the export had 8 links, here are 6"


def test_sealing_goes_on_over_many_batches_and_two_sealers(context, monkeypatch):
    monkeypatch.setattr(chain, "BATCH", 4)
    write(11)
    assert chain.seal_waiting(may_go_on=iter([True, False]).__next__) == 4
    assert chain.seal_waiting() == 7
    assert chain.seal_waiting() == 0
    assert chain.verify() == chain.Report(sealed=11, waiting=0, removed=0)


def test_the_chain_goes_on_under_a_new_key_and_needs_the_old_one_to_be_checked(context, monkeypatch):
    old = context.config["FIELD_KEYS"]
    write(2)
    chain.seal_waiting()
    new = "new:" + "bmV3IGZpZWxkIGtleSBmb3IgdGhlIHRlc3RzLCAzMmI="
    monkeypatch.setitem(context.config, "FIELD_KEYS", f"{new},{old}")
    assert sealing.present_key_id() == "new"
    write(2)
    chain.seal_waiting()
    assert chain.verify() == chain.Report(sealed=4, waiting=0, removed=0)
    monkeypatch.setitem(context.config, "FIELD_KEYS", new)
    assert chain.verify().problem == "cannot be checked: the key dev is not in FIELD_KEYS"


def test_nothing_is_added_to_a_chain_whose_head_was_altered(unguarded):
    execute("UPDATE audit_head SET settled_id = 5000")
    with pytest.raises(chain.HeadAltered):
        chain.seal_waiting()


def test_the_commands_seal_verify_and_export(written, context, tmp_path):
    run = context.test_cli_runner().invoke
    file = str(tmp_path / "audit.jsonl")
    assert run(portal, ["audit", "seal"]).output == "2 sealed\n"
    assert run(portal, ["audit", "export", file]).exit_code == 0
    well = run(portal, ["audit", "verify", "--against", file])
    assert (well.exit_code, well.output) == (0, "8 sealed, 0 waiting, 0 removed after their time\nwell\n")
    execute("DROP TRIGGER audit_entry_no_update")
    execute(f"UPDATE audit_entry SET username = 'somebody' WHERE id = {written[4]}")
    with system("tests"):
        db.session.commit()
    broken = run(portal, ["audit", "verify"])
    assert broken.exit_code == 1
    assert broken.output.endswith(f"WRONG  entry {written[4]} was altered or moved (link 5)\n")


def test_the_doctor_reports_a_long_wait_a_lost_trigger_and_an_altered_head(written):
    def finding() -> tuple[bool, str]:
        return next((each.is_well, each.detail) for each in examine() if each.name == "audit")

    assert finding() == (True, "6 sealed, 2 waiting")
    write(1, days_ago=1)
    is_well, detail = finding()
    assert not is_well
    assert detail.startswith("3 not sealed yet, the first since ")
    chain.seal_waiting()
    assert finding() == (True, "9 sealed, 0 waiting")
    execute("UPDATE audit_head SET hash = 'x'")
    with system("tests"):
        db.session.commit()
    assert finding() == (False, "the head of the audit log was altered: run flask portal audit verify")
    execute("DROP TRIGGER audit_seal_no_delete")
    is_well, detail = finding()
    assert not is_well
    assert "audit_seal_no_delete missing" in detail


def test_every_entry_says_with_which_roles(context, actor_of):
    record(actor_of("registrar_wc"), "write.test", 1)
    with system("tests"):
        db.session.commit()
        assert db.session.scalars(sa.select(AuditEntry.roles)).one() == "校端_一般_教學、校端_一般_註冊"
