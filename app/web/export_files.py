"""Rows as a file for a spreadsheet: CSV that Excel opens in the right encoding, or a workbook.

What somebody typed is never a formula there (OWASP «CSV injection», ASVS 1.2.10): in CSV a text that a spreadsheet would
take for one gets an apostrophe in front; in a workbook every text is a cell of type text.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from app.model_types import TAIPEI

Value = str | int | float | Decimal | date | None
"""One cell: a number, a day or an instant stays one; everything else is text."""

KEPT_IN_MEMORY = 2_000_000
"""Bytes of a file beyond which it is written to the disk."""
_FORMULA = re.compile(r"[\s\x00-\x20\"'`\u200b-\u200f\u2060\ufeff]*[=+\-@＝＋－＠﹦﹢﹣﹫]|[\t\r\n\x00]")
"""Begins, perhaps after spaces, quotes and signs without width, with what a spreadsheet takes for a formula; the wide
forms count in an East Asian Excel."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]+")


def plain_text(text: str) -> str:
    """``text`` on one line, without the characters that no file of a spreadsheet can hold."""
    return _CONTROL.sub(" ", text).strip()


def neutral(text: str) -> str:
    """``text`` as a CSV cell that no spreadsheet takes for a formula."""
    return f"'{plain_text(text)}" if _FORMULA.match(text) else plain_text(text)


@dataclass(frozen=True)
class FileKind:
    """One format of an export."""

    suffix: str
    content_type: str
    write: Callable[[IO[bytes], str, Sequence[str], Iterable[Sequence[Value]]], int]
    """(file, title, headings, rows) → how many rows were written."""


def _write_csv(file: IO[bytes], title: str, headings: Sequence[str], rows: Iterable[Sequence[Value]]) -> int:
    # the byte order mark: without it Excel reads UTF-8 as Big5
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow([neutral(heading) for heading in headings])
    number = 0
    for row in rows:
        number += 1
        writer.writerow([_csv_cell(value) for value in row])
    text.detach()
    return number


def _csv_cell(value: Value) -> str | int | float | Decimal:
    if isinstance(value, datetime):
        return f"{value.astimezone(TAIPEI):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    return neutral(value or "") if isinstance(value, str) or value is None else value


def _write_workbook(file: IO[bytes], title: str, headings: Sequence[str], rows: Iterable[Sequence[Value]]) -> int:
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet(re.sub(r"[\[\]:*?/\\]", " ", plain_text(title))[:31])
    sheet.freeze_panes = "A2"
    for place in range(1, len(headings) + 1):
        sheet.column_dimensions[get_column_letter(place)].width = 18
    bold = Font(bold=True)
    cells = [_workbook_cell(sheet, heading) for heading in headings]
    for cell in cells:
        cell.font = bold
    sheet.append(cells)
    number = 0
    for row in rows:
        number += 1
        sheet.append([_workbook_cell(sheet, value) for value in row])
    workbook.save(file)
    return number


def _workbook_cell(sheet: Any, value: Value) -> Any:
    if isinstance(value, datetime):
        cell = WriteOnlyCell(sheet, value.astimezone(TAIPEI).replace(tzinfo=None, second=0, microsecond=0))
        cell.number_format = "yyyy-mm-dd hh:mm"
    elif isinstance(value, date):
        cell = WriteOnlyCell(sheet, value)
        cell.number_format = "yyyy-mm-dd"
    elif isinstance(value, str):
        cell = WriteOnlyCell(sheet, plain_text(value))
        cell.data_type = "s"  # openpyxl makes a formula of a text that begins with =
        cell.number_format = "@"
    else:
        cell = WriteOnlyCell(sheet, value)
    return cell


FILE_KINDS = {
    "xlsx": FileKind("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _write_workbook),
    "csv": FileKind("csv", "text/csv; charset=utf-8", _write_csv),
}


def new_file() -> IO[bytes]:
    """A file in memory that moves to the disk when it grows; gone when it is closed."""
    return SpooledTemporaryFile(KEPT_IN_MEMORY)
