"""Open a bundle, zip or folder, within limits, and read its CSV files row by row. Nothing is ever unpacked to disk.

A zip may say what it likes about its sizes: what counts is what comes out of it.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from app.importing.problems import BundleRefused, NoteKind, ProblemKind, Problems, Refusal

NEEDED = ("manifest", "orgs", "academicSessions", "courses", "classes", "users", "roles", "demographics", "enrollments")
"""The files that a roster is made of; whatever else lies in a bundle is left alone."""
_CANONICAL = {name.lower(): name for name in NEEDED}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""Control characters, and those that turn the direction of a text around."""
_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """How much a bundle may hold. ``unpacked`` and ``rows`` count all its files together; sizes in bytes."""

    unpacked: int = 256 * 1024 * 1024
    rows: int = 600_000
    files: int = 200


ON_THE_PAGE = Limits(unpacked=24 * 1024 * 1024, rows=25_000)
"""What one request may work through: a large school. Above it, the command."""
BY_COMMAND = Limits()


@dataclass(slots=True)
class Line:
    """One row of a table. ``get`` answers the trimmed text of a column, empty when row or column lacks it."""

    number: int
    cells: list[str]
    _columns: dict[str, int]

    def get(self, heading: str) -> str:
        position = self._columns.get(heading.lower())
        return self.cells[position].strip() if position is not None and position < len(self.cells) else ""


class Table:
    """One CSV file of a bundle: its headings as written, and its rows."""

    def __init__(self, file: str, text: str, problems: Problems) -> None:
        self.file = file
        self._problems = problems
        self._has_controls = _CONTROL.search(text) is not None
        self._reader = csv.reader(io.StringIO(text, newline=""))
        self.columns: dict[str, int] = {}
        self._width = 0
        self._read_headings()

    def _read_headings(self) -> None:
        try:
            headings = next(self._reader, [])
        except csv.Error:
            self._problems.add(ProblemKind.MALFORMED_CSV, self.file, 1)
            return
        for position, heading in enumerate(headings):
            name = heading.strip().lower()
            if not name:
                continue
            if name in self.columns:
                self._problems.add(ProblemKind.DUPLICATE_HEADING, self.file, 1, heading.strip())
            self.columns.setdefault(name, position)
        self._width = len(headings)

    def has(self, heading: str) -> bool:
        return heading.lower() in self.columns

    def require(self, *headings: str) -> bool:
        """Note every missing heading; True when none is."""
        missing = [heading for heading in headings if not self.has(heading)]
        for heading in missing:
            self._problems.add(ProblemKind.MISSING_HEADING, self.file, 1, heading)
        return not missing

    def __iter__(self) -> Iterator[Line]:
        """The rows, with the number of the line where each begins. Empty rows are passed over."""
        while True:
            number = self._reader.line_num + 1
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error:
                # What follows a broken quotation cannot be told apart any more.
                self._problems.add(ProblemKind.MALFORMED_CSV, self.file, number)
                return
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) > self._width and any(cell.strip() for cell in cells[self._width :]):
                self._problems.add(ProblemKind.TOO_MANY_CELLS, self.file, number)
                continue
            if self._has_controls and any(_CONTROL.search(cell) for cell in cells):
                self._problems.add(ProblemKind.CONTROL_CHARACTER, self.file, number)
                continue
            yield Line(number, cells, self.columns)


class Bundle:
    """The files of a roster by their canonical name (``users``), and the tables in them, each read once."""

    def __init__(self, files: dict[str, tuple[str, bytes]], others: int, problems: Problems) -> None:
        self._files = files
        self._problems = problems
        self.file_names = {name: file for name, (file, _) in files.items()}
        problems.note(NoteKind.OTHER_FILES, others)

    def has(self, name: str) -> bool:
        return name in self._files

    def table(self, name: str) -> Table | None:
        """The table of that name; None when there is none, or none that can be read (which is noted)."""
        if name not in self._files:
            return None
        file, content = self._files[name]
        text = decode(content)
        if text is None:
            self._problems.add(ProblemKind.ENCODING, file)
            return None
        return Table(file, text, self._problems)


def decode(content: bytes) -> str | None:
    """UTF-8 with or without a byte order mark, else Big5 as Windows and as Hong Kong write it; None for anything else."""
    for encoding in ("utf-8-sig", "cp950", "big5hkscs"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def open_zip(stream: IO[bytes], limits: Limits, problems: Problems) -> Bundle:
    """The bundle in a zip file. Raises BundleRefused."""
    try:
        with zipfile.ZipFile(stream) as archive:
            return _read_zip(archive, limits, problems)
    except BundleRefused:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError, RuntimeError) as error:
        raise BundleRefused(Refusal.NOT_A_ZIP) from error


def _read_zip(archive: zipfile.ZipFile, limits: Limits, problems: Problems) -> Bundle:
    entries = archive.infolist()
    if len(entries) > limits.files:
        raise BundleRefused(Refusal.TOO_MANY_FILES)
    wanted: dict[str, zipfile.ZipInfo] = {}
    others = 0
    for entry in entries:
        path = _safe_path(entry.filename)
        if entry.is_dir() or "__MACOSX" in path.parts or path.name.startswith("."):
            continue
        name = _canonical(path.name)
        if name is None:
            others += 1
            continue
        if name in wanted:
            raise BundleRefused(Refusal.AMBIGUOUS)
        if entry.flag_bits & 0x1:
            raise BundleRefused(Refusal.ENCRYPTED)
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise BundleRefused(Refusal.NOT_A_ZIP)
        wanted[name] = entry
    if sum(entry.file_size for entry in wanted.values()) > limits.unpacked:
        raise BundleRefused(Refusal.TOO_LARGE)
    meter = _Meter(limits)
    files: dict[str, tuple[str, bytes]] = {}
    for name, entry in wanted.items():
        with archive.open(entry) as member:
            files[name] = (PurePosixPath(entry.filename).name, meter.read(member))
    return Bundle(files, others, problems)


def open_folder(folder: Path, limits: Limits, problems: Problems) -> Bundle:
    """The bundle whose CSV files lie in a folder. Raises BundleRefused."""
    files: dict[str, tuple[str, bytes]] = {}
    meter = _Meter(limits)
    others = 0
    for path in sorted(folder.iterdir()):
        name = _canonical(path.name)
        if not path.is_file() or path.name.startswith("."):
            continue
        if name is None:
            others += 1
            continue
        if name in files:
            raise BundleRefused(Refusal.AMBIGUOUS)
        with path.open("rb") as member:
            files[name] = (path.name, meter.read(member))
    return Bundle(files, others, problems)


def open_path(path: Path, limits: Limits, problems: Problems) -> Bundle:
    """The bundle at ``path``, zip or folder. Raises BundleRefused, or OSError when it is not there."""
    if path.is_dir():
        return open_folder(path, limits, problems)
    with path.open("rb") as stream:
        return open_zip(stream, limits, problems)


class _Meter:
    """Reads members while counting what really comes out, bytes and lines, over the whole bundle."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._bytes = 0
        self._lines = 0

    def read(self, member: IO[bytes]) -> bytes:
        parts = []
        while chunk := member.read(_CHUNK):
            self._bytes += len(chunk)
            self._lines += max(chunk.count(b"\n"), chunk.count(b"\r"))
            if self._bytes > self._limits.unpacked:
                raise BundleRefused(Refusal.TOO_LARGE)
            if self._lines > self._limits.rows:
                raise BundleRefused(Refusal.TOO_MANY_ROWS)
            parts.append(chunk)
        return b"".join(parts)


def _safe_path(name: str) -> PurePosixPath:
    """The path of an entry. Nothing is unpacked, yet a zip that tries to leave its folder is not a roster.

    Raises BundleRefused.
    """
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", name) or "\x00" in name:
        raise BundleRefused(Refusal.UNSAFE_NAME)
    return path


def _canonical(file: str) -> str | None:
    """``Users.CSV`` → ``users``; None for a file that a roster does not need."""
    stem, _, ending = file.rpartition(".")
    return _CANONICAL.get(stem.lower()) if ending.lower() == "csv" else None
