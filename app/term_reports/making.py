"""Making the files of 學期報告: the worker's part. A web process never loads WeasyPrint."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn, cast

import sqlalchemy as sa
import structlog
from flask import current_app
from flask_babel import force_locale

from app.access.session import system
from app.attachments.storage import new_key, storage
from app.extensions import db
from app.model_types import now
from app.student_records.queries import short_number
from app.term_reports.contents import Contents, contents_of
from app.term_reports.models import ReportState, TermReport
from app.web.formatting import term_label

STYLE = Path(__file__).with_name("document.css")
GIVEN_UP_AFTER = timedelta(minutes=10)
"""A report that was begun so long ago belongs to a worker that was killed."""

_log = structlog.get_logger("term_reports")


def make_waiting(may_go_on: Callable[[], bool] = lambda: True) -> Counter[str]:
    """Make every report that waits, the oldest first. Returns how many ended how. Needs an application context."""
    outcome: Counter[str] = Counter()
    with system("make the term reports that were asked for"):
        _give_up_abandoned()
        while may_go_on() and (report_id := _claim_next()) is not None:
            outcome[_make(report_id)] += 1
    return outcome


def _give_up_abandoned() -> None:
    table = TermReport.__table__
    given_up = db.session.execute(
        sa.update(table)
        .where(table.c.state == ReportState.BEING_MADE, table.c.begun_at <= now() - GIVEN_UP_AFTER)
        .values(state=ReportState.FAILED)
    )
    if cast("sa.CursorResult[Any]", given_up).rowcount:
        db.session.commit()
    else:
        db.session.rollback()


def _claim_next() -> int | None:
    """The UPDATE decides which of two workers makes it."""
    table = TermReport.__table__
    while True:
        report_id = db.session.scalar(
            sa.select(TermReport.id).where(TermReport.state == ReportState.WAITING).order_by(TermReport.id).limit(1)
        )
        if report_id is None:
            db.session.rollback()
            return None
        claimed = db.session.execute(
            sa.update(table)
            .where(table.c.id == report_id, table.c.state == ReportState.WAITING)
            .values(state=ReportState.BEING_MADE, begun_at=now())
        )
        db.session.commit()
        if cast("sa.CursorResult[Any]", claimed).rowcount == 1:
            return report_id


def _make(report_id: int) -> str:
    key = new_key()
    try:
        report = db.session.get(TermReport, report_id)
        if report is None:  # asked for anew meanwhile
            return "gone"
        contents, locale = contents_of(report), report.locale
        db.session.rollback()  # writing takes a moment: no transaction waits for it
        made = write_pdf(contents, locale)
        storage().save(key, io.BytesIO(made))
    except Exception as error:  # one that cannot be made must not keep the others waiting
        db.session.rollback()
        _log.error("a term report could not be made", report=report_id, error=type(error).__name__)
        _settle(report_id, state=ReportState.FAILED)
        return "failed"
    if not _settle(report_id, state=ReportState.MADE, made_at=now(), storage_key=key, size=len(made)):
        storage().delete(key)
        return "gone"
    return "made"


def _settle(report_id: int, **values: Any) -> bool:
    table = TermReport.__table__
    settled = db.session.execute(sa.update(table).where(table.c.id == report_id).values(**values))
    db.session.commit()
    return cast("sa.CursorResult[Any]", settled).rowcount == 1


def write_pdf(contents: Contents, locale: str) -> bytes:
    """The document in the language ``locale``; fonts are embedded, cut to the characters used."""
    from weasyprint import CSS, HTML  # heavy, and no business of a web process
    from weasyprint.urls import URLFetcher

    class Nothing(URLFetcher):  # type: ignore[misc]
        """The document stands for itself: whatever a row holds, no address is fetched and no file read."""

        def fetch(self, url: str, *arguments: Any, **named: Any) -> NoReturn:
            raise ValueError("a term report fetches nothing")

    page = html(contents, locale)
    fetcher = Nothing()
    document = HTML(string=page, base_url=None, url_fetcher=fetcher)
    style = CSS(string=STYLE.read_text("utf-8"), url_fetcher=fetcher)
    return cast("bytes", document.write_pdf(stylesheets=[style], pdf_variant="pdf/ua-1"))


def html(contents: Contents, locale: str) -> str:
    """What WeasyPrint is given. Like a letter it knows no request and no session."""
    template = current_app.jinja_env.get_template("term_reports/document.html")
    with force_locale(locale):
        term = term_label(contents.school_year, contents.semester)
        return template.render(
            contents=contents, term=term, short_number=short_number, language=locale.replace("_", "-"), moment=now()
        )
