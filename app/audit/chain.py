"""Sealing the audit log into a chain, checking it, taking it elsewhere, and letting its old end go.

Entries are written unsealed, in the transactions of their acts; nobody waits for a common head. The worker seals them
a little later in batches, under a lock on the head. What each kind of tampering leaves behind, and what the chain
alone cannot show, stands in docs/decisions/0015.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.access.actor import Actor
from app.access.session import system
from app.audit.models import AuditEntry, AuditHead, AuditSeal
from app.audit.proofs import is_head_genuine, is_proved, link_hash, seal_head
from app.audit.record import record
from app.crypto.sealing import CannotOpen, present_key_id
from app.extensions import db
from app.model_types import now

BATCH = 500
GRACE = timedelta(minutes=15)
"""The longest that an entry's transaction may take: an entry that shows up later is taken for one put in by hand."""
SHORTEST_KEPT = timedelta(days=184)
"""Six months at least (資通系統防護基準 2-1-1)."""

ENTRY, SEAL, HEAD = AuditEntry.__table__, AuditSeal.__table__, AuditHead.__table__


class HeadAltered(Exception):
    """The head does not bear the portal's MAC: nothing is added to a chain that somebody has been at."""


class TooYoung(Exception):
    """Entries of the last six months are kept."""


# ---------- sealing ----------


def seal_waiting(may_go_on: Callable[[], bool] = lambda: True) -> int:
    """Seal all entries that wait, batch by batch; how many there were. Commits. Raises HeadAltered, CannotOpen."""
    sealed = 0
    while may_go_on():
        with system("seal the audit log"):
            count = _seal_batch()
            db.session.commit()
        sealed += count
        if count < BATCH:
            break
    return sealed


def _seal_batch() -> int:
    head = _hold_head()
    before = head.number, head.settled_id
    waiting = db.session.execute(
        sa.select(ENTRY)
        .outerjoin(SEAL, SEAL.c.entry_id == ENTRY.c.id)
        .where(ENTRY.c.id > head.settled_id, SEAL.c.number.is_(None))
        .order_by(ENTRY.c.id)
        .limit(BATCH)
    ).all()
    key_id = present_key_id()
    links = []
    for entry in waiting:
        head.number += 1
        head.hash = link_hash(head.number, head.hash, entry, key_id)
        links.append({"number": head.number, "entry_id": entry.id, "key_id": key_id, "hash": head.hash})
    if links:
        db.session.execute(sa.insert(SEAL), links)
    if len(links) < BATCH:
        settled = sa.select(sa.func.max(ENTRY.c.id)).where(ENTRY.c.id > head.settled_id, ENTRY.c.at < now() - GRACE)
        head.settled_id = db.session.scalar(settled) or head.settled_id
    if before != (head.number, head.settled_id):
        seal_head(head)
    return len(links)


def _hold_head() -> AuditHead:
    """The head, ours until the transaction ends: an UPDATE that changes nothing locks on both databases."""
    db.session.execute(sa.update(HEAD).values(id=HEAD.c.id))
    head = db.session.scalars(sa.select(AuditHead).execution_options(populate_existing=True)).one()
    if not is_head_genuine(head):
        db.session.rollback()
        raise HeadAltered("the head of the audit log was altered")
    return head


# ---------- checking ----------


@dataclass(frozen=True)
class Head:
    """The end of the chain, as an export says it."""

    number: int
    hash: str


@dataclass(frozen=True)
class Report:
    """What a check of the whole log found."""

    sealed: int
    waiting: int
    removed: int
    """Links that were let go because they were old enough."""
    problem: str = ""
    """The first thing that is wrong, naming its entry; empty when all is well."""


class _Broken(Exception):
    pass


def verify(exported: Head | None = None) -> Report:
    """Recompute every proof and every link, in a stream. ``exported`` is a head that was taken elsewhere before."""
    with system("verify the audit log"):
        try:
            return _verify(exported)
        finally:
            db.session.rollback()


def _verify(exported: Head | None) -> Report:
    last = sa.select(sa.func.max(SEAL.c.number)).scalar_subquery()
    head = db.session.execute(sa.select(HEAD, last.label("last"))).first()
    sealed = waiting = 0
    if head is None:
        return Report(0, 0, 0, "the head of the chain is gone")
    try:
        if not is_head_genuine(head):
            raise _Broken("the head of the chain was altered")
        _require_export(head, exported)
        for _entry in _sealed_entries(head):
            sealed += 1
        for _entry in _waiting_entries(head):
            waiting += 1
        _require_no_copies()
    except _Broken as broken:
        return Report(sealed, waiting, head.anchor_number, str(broken))
    except CannotOpen as error:
        return Report(sealed, waiting, head.anchor_number, f"cannot be checked: {error}")
    return Report(sealed, waiting, head.anchor_number)


def _sealed_entries(head: Any) -> Iterator[Any]:
    """Every sealed entry in the order of the chain. Raises _Broken at the first that is wrong."""
    if (head.last or head.anchor_number) > head.number:
        raise _Broken(f"there is a link {head.last} after the head at {head.number}")
    columns = [SEAL.c.number, SEAL.c.entry_id, SEAL.c.key_id, SEAL.c.hash, ENTRY]
    rows = db.session.execute(
        sa.select(*columns)
        .select_from(SEAL.outerjoin(ENTRY, ENTRY.c.id == SEAL.c.entry_id))
        .where(SEAL.c.number > head.anchor_number, SEAL.c.number <= head.number)
        .order_by(SEAL.c.number)
        .execution_options(yield_per=BATCH)
    )
    number, before, last_id = head.anchor_number, head.anchor_hash, 0
    for row in rows:
        number += 1
        if row.number != number:
            raise _Broken(f"link {number} is gone (after entry {last_id})")
        if row.id is None:
            raise _Broken(f"entry {row.entry_id} is gone (link {number})")
        if not hmac.compare_digest(row.hash, link_hash(number, before, row, row.key_id)):
            raise _Broken(f"entry {row.id} was altered or moved (link {number})")
        _require_proof(row, head)
        before, last_id = row.hash, row.id
        yield row
    if number != head.number:
        raise _Broken(f"the end is cut off after entry {last_id}: link {number} is there, {head.number} should be")
    if not hmac.compare_digest(before, head.hash):
        raise _Broken(f"the head does not fit the last link (entry {last_id})")


def _waiting_entries(head: Any) -> Iterator[Any]:
    rows = db.session.execute(
        sa.select(ENTRY)
        .outerjoin(SEAL, SEAL.c.entry_id == ENTRY.c.id)
        .where(SEAL.c.number.is_(None))
        .order_by(ENTRY.c.id)
        .execution_options(yield_per=BATCH)
    )
    for row in rows:
        if row.id <= head.settled_id:
            raise _Broken(f"entry {row.id} was put in afterwards: its place was closed")
        _require_proof(row, head)
        yield row


def _require_proof(entry: Any, head: Any) -> None:
    if entry.id > head.unproved_id and not is_proved(entry):
        raise _Broken(f"entry {entry.id} was not written by the portal, or altered")


def _require_no_copies() -> None:
    copied = (
        sa.select(sa.func.max(ENTRY.c.id)).where(ENTRY.c.proof != "").group_by(ENTRY.c.proof).having(sa.func.count() > 1)
    )
    entry_id = db.session.scalar(copied.limit(1))
    if entry_id is not None:
        raise _Broken(f"entry {entry_id} is a copy of another one")


def _require_export(head: Any, exported: Head | None) -> None:
    if exported is None or exported.number <= head.anchor_number:
        return
    if exported.number > head.number:
        raise _Broken(f"the end is cut off: the export had {exported.number} links, here are {head.number}")
    here = db.session.scalar(sa.select(SEAL.c.hash).where(SEAL.c.number == exported.number))
    if here != exported.hash:
        raise _Broken(f"link {exported.number} is another one than in the export")


@dataclass(frozen=True)
class Standing:
    """What the doctor asks, without recomputing anything."""

    number: int
    waiting: int
    oldest_waiting: datetime | None
    is_head_genuine: bool


def standing() -> Standing:
    """How far the sealing has come. Raises CannotOpen when the head's key is not in FIELD_KEYS."""
    with system("see how the sealing stands"):
        head = db.session.execute(sa.select(HEAD)).one()
        waiting, oldest = db.session.execute(
            sa.select(sa.func.count(), sa.func.min(ENTRY.c.at))
            .select_from(ENTRY.outerjoin(SEAL, SEAL.c.entry_id == ENTRY.c.id))
            .where(ENTRY.c.id > head.settled_id, SEAL.c.number.is_(None))
        ).one()
        db.session.rollback()
    return Standing(head.number, waiting, oldest, is_head_genuine(head))


# ---------- taking it elsewhere ----------


def exported_lines(after: int = 0) -> Iterator[str]:
    """The sealed entries after link ``after`` as lines of JSON, and the head in the last line."""
    with system("export the audit log"):
        head = db.session.execute(sa.select(HEAD)).one()
        rows = db.session.execute(
            sa.select(SEAL.c.number, SEAL.c.key_id, SEAL.c.hash, ENTRY)
            .select_from(SEAL.join(ENTRY, ENTRY.c.id == SEAL.c.entry_id))
            .where(SEAL.c.number > max(after, head.anchor_number), SEAL.c.number <= head.number)
            .order_by(SEAL.c.number)
            .execution_options(yield_per=BATCH)
        )
        for row in rows:
            values = row._asdict()
            values["at"] = values["at"].astimezone(UTC).isoformat(timespec="microseconds")
            yield json.dumps(values, ensure_ascii=False)
        yield json.dumps({"head": {"number": head.number, "hash": head.hash, "at": now().isoformat()}})
        db.session.rollback()


def head_of_export(lines: Iterator[str]) -> Head:
    """The head that stands in the last line of an export. Raises ValueError."""
    last = ""
    for line in lines:
        last = line if line.strip() else last
    try:
        head = json.loads(last)["head"]
        return Head(int(head["number"]), str(head["hash"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError("the last line names no head: this is not a whole export") from error


# ---------- letting the old end go ----------


def remove_entries_before(moment: datetime, actor: Actor | None = None) -> int:
    """Remove the sealed entries from before ``moment``, oldest first, and let the chain begin after them; how many.

    Goes no further than the first entry that is younger. Commits in batches. Raises TooYoung, HeadAltered, CannotOpen.
    """
    if moment > now() - SHORTEST_KEPT:
        raise TooYoung
    with system("remove what the audit log need not keep"):
        removed = 0
        _move_anchor(moment)
        while (count := _remove_batch()) > 0:
            removed += count
        if removed:
            record(actor, "shorten.audit_log", detail=f"{removed} < {moment.date().isoformat()}")
            db.session.commit()
    return removed


def _move_anchor(moment: datetime) -> None:
    """Say first, under the head's MAC, up to where links may be removed: the triggers allow no more."""
    head = _hold_head()
    of_chain = SEAL.join(ENTRY, ENTRY.c.id == SEAL.c.entry_id)
    young = db.session.scalar(
        sa.select(sa.func.min(SEAL.c.number))
        .select_from(of_chain)
        .where(SEAL.c.number > head.anchor_number, ENTRY.c.at >= moment)
    )
    last = head.number if young is None else young - 1
    if last > head.anchor_number:
        head.anchor_hash = db.session.scalars(sa.select(SEAL.c.hash).where(SEAL.c.number == last)).one()
        head.anchor_number = last
        seal_head(head)
    db.session.commit()


def _remove_batch() -> int:
    anchor = db.session.scalars(sa.select(HEAD.c.anchor_number)).one()
    links = db.session.execute(
        sa.select(SEAL.c.number, SEAL.c.entry_id).where(SEAL.c.number <= anchor).order_by(SEAL.c.number).limit(BATCH)
    ).all()
    if links:
        db.session.execute(sa.delete(ENTRY).where(ENTRY.c.id.in_([link.entry_id for link in links])))
        db.session.execute(sa.delete(SEAL).where(SEAL.c.number <= links[-1].number))
    db.session.commit()
    return len(links)
