"""Held files go to the virus scanner; what it passes is handed out, what it finds something in is deleted.

The worker does it, a few seconds after the upload. While clamd is away files stay held and are asked about again: no
file passes because nobody looked. Why a page does not scan: docs/decisions/0017-held-until-scanned.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
import structlog
from flask import current_app

from app.access.session import system
from app.accounts.models import AccountProfile
from app.attachments.clamd import Clamd, ScannerAway, ScannerGaveUp
from app.attachments.models import Attachment, ScanState
from app.attachments.storage import FileMissing, storage
from app.audit.record import record
from app.extensions import db
from app.notifications.outbox import UnsafeMessage, send_letter

_log = structlog.get_logger("attachments")


def scanner() -> Clamd | None:
    """The scanner of this portal; None where none is configured, and files are handed out unscanned."""
    address = current_app.config["CLAMD_ADDRESS"]
    return Clamd(address, current_app.config["CLAMD_TIMEOUT"]) if address else None


def scan_held(may_go_on: Callable[[], bool] = lambda: True) -> Counter[str]:
    """Show every held file to the scanner, until none is left or it does not answer. Returns how many ended how.

    Commits after every file. Needs an application context.
    """
    outcome: Counter[str] = Counter()
    clamd = scanner()
    if clamd is None:
        return outcome
    with system("show held files to the virus scanner"):
        last = 0
        while may_go_on() and (held := _next_held(last)) is not None:
            last = held.id
            try:
                outcome[_show(held, clamd)] += 1
            except ScannerAway as problem:
                _log.warning("the virus scanner does not answer", reason=str(problem))
                outcome["put off"] += 1
                break
            except ScannerGaveUp as problem:
                _log.error("the virus scanner could not look at a file", attachment=held.id, reason=str(problem))
                outcome["put off"] += 1
    return outcome


def _next_held(after: int) -> Any:
    row = db.session.execute(
        sa.select(Attachment.id, Attachment.storage_key)
        .where(Attachment.scan_state == ScanState.HELD, Attachment.id > after)
        .order_by(Attachment.id)
        .limit(1)
    ).first()
    db.session.rollback()  # looking at a large file takes a while: no transaction waits for it
    return row


def _show(held: Any, clamd: Clamd) -> str:
    try:
        with storage().open(held.storage_key) as stream:
            found = clamd.find_malware(stream)
    except FileMissing:
        _log.error("file_missing", attachment=held.id)
        return "missing"
    if not found:
        _settle(held.id, ScanState.PASSED)
        db.session.commit()
        return "passed"
    if _settle(held.id, ScanState.INFECTED):
        _tell(held.id, found)
        db.session.commit()
        try:
            storage().delete(held.storage_key)
        except Exception:  # nobody can reach it any more; the log tells what lies there still
            _log.exception("file_left_behind", key=held.storage_key)
    return "infected"


def _settle(attachment_id: int, state: ScanState) -> bool:
    """Whether this worker was the one to say so: two may look at the same file."""
    settled: Any = db.session.execute(
        sa.update(Attachment)
        .where(Attachment.id == attachment_id, Attachment.scan_state == ScanState.HELD)
        .values(scan_state=state),
        execution_options={"synchronize_session": False},
    )
    return bool(settled.rowcount)


def _tell(attachment_id: int, found: str) -> None:
    """The audit log, and the one who uploaded it. The letter names the file, the scanner's word stands in the log."""
    file = db.session.execute(
        sa.select(Attachment.original_name, Attachment.school_id, AccountProfile.email, AccountProfile.locale)
        .outerjoin(AccountProfile, AccountProfile.account_id == Attachment.uploaded_by_id)
        .where(Attachment.id == attachment_id)
    ).one()
    record(None, "remove.infected_attachment", attachment_id, school_id=file.school_id, detail=found)
    if not file.email:
        return
    try:
        send_letter(file.email, "attachment_infected", file.locale, file_name=file.original_name)
    except UnsafeMessage:
        _log.warning("letter_without_address", attachment=attachment_id)
