"""What can be wrong with a roster, and what was left out of it on purpose; said by file, line and field.

Kinds are stored by name and put into the reader's language when shown. A problem never repeats an identity number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from app.model_types import LabelledEnum

KEPT = 500
"""So many problems are kept with their row; the others are only counted."""


class Refusal(LabelledEnum):
    """Why a file is no bundle at all: nothing of it was read."""

    NOT_A_ZIP = "not_a_zip", _l("This is not a zip file, or it is damaged.")
    ENCRYPTED = "encrypted", _l("The zip file is protected by a password.")
    UNSAFE_NAME = "unsafe_name", _l("The zip file names a path outside itself.")
    AMBIGUOUS = "ambiguous", _l("The bundle holds the same file twice.")
    TOO_MANY_FILES = "too_many_files", _l("The bundle holds too many files.")
    TOO_LARGE = "too_large", _l("The bundle is too large once unpacked.")
    TOO_MANY_ROWS = "too_many_rows", _l("The bundle has too many rows.")
    NOT_A_ROSTER = "not_a_roster", _l("There is no roster in it: neither OneRoster 1.1 or 1.2 nor SDS v2.1.")


class BundleRefused(ValueError):
    """The file cannot be read as a bundle, or is larger than allowed here."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


class ProblemKind(LabelledEnum):
    """What is wrong with one field of one row. ``%(value)s`` is the text in question."""

    MISSING_FILE = "missing_file", _l("This file is missing from the bundle.")
    ENCODING = "encoding", _l("The file is neither UTF-8 nor Big5.")
    MALFORMED_CSV = "malformed_csv", _l("The row cannot be read as CSV.")
    MISSING_HEADING = "missing_heading", _l("This column is missing.")
    DUPLICATE_HEADING = "duplicate_heading", _l("This column stands there twice.")
    TOO_MANY_CELLS = "too_many_cells", _l("The row has more cells than the heading.")
    CONTROL_CHARACTER = "control_character", _l("There is a control character in the text.")
    WRONG_VERSION = "wrong_version", _l("Version «%(value)s» is not read; OneRoster 1.1 and 1.2 are.")
    MISSING_VALUE = "missing_value", _l("A value is required.")
    WRONG_VALUE = "wrong_value", _l("«%(value)s» is not one of the values allowed here.")
    BAD_DATE = "bad_date", _l("«%(value)s» is not a date. Write 2026-08-30 or 115/8/30.")
    ENDS_BEFORE_START = "ends_before_start", _l("The end is before the beginning.")
    BIRTH_DATE_OUT_OF_RANGE = "birth_date_out_of_range", _l("This date of birth cannot be right.")
    BAD_SEAT_NUMBER = "bad_seat_number", _l("A seat number is a whole number from 1 to 99.")
    SEAT_TAKEN = "seat_taken", _l("Two students of the class have this seat number (see line %(value)s).")
    BAD_IDENTITY_NUMBER = "bad_identity_number", _l("This is not the form of an identity number.")
    IDENTITY_CHECKSUM = "identity_checksum", _l("The check digit of the identity number is wrong.")
    IDENTITY_TWICE = "identity_twice", _l("Two students have the same identity number (see line %(value)s).")
    TOO_LONG = "too_long", _l("The text is too long.")
    DUPLICATE = "duplicate", _l("The same row already stands in line %(value)s.")
    UNKNOWN_REFERENCE = "unknown_reference", _l("Nothing in the roster is called «%(value)s».")
    OTHER_SCHOOL = "other_school", _l("This belongs to a school that you may not change.")
    NOT_OF_THIS_SCHOOL = "not_of_this_school", _l("The student is not on the roll of the class's school.")
    NOT_A_STUDENT = "not_a_student", _l("This person is not a student.")
    TWO_CLASSES = "two_classes", _l("The student already sits in another class (see line %(value)s).")
    NO_GRADE = "no_grade", _l("The grade of the class cannot be told from its grades or its title.")
    GRADE_AND_TITLE = "grade_and_title", _l("The title «%(value)s» and the grade contradict each other.")
    CLASS_TWICE = "class_twice", _l("Two classes of the school have this grade and name (see line %(value)s).")
    CLASS_NAME_TAKEN = "class_name_taken", _l("The school already has another class of this grade and name.")
    NUMBER_TWICE = "number_twice", _l("Two students of the school have this student number (see line %(value)s).")
    NUMBER_TAKEN = "number_taken", _l("This student number belongs to another student of the school.")
    CODE_TAKEN = "code_taken", _l("This school code belongs to another school.")
    CLASS_OF_OTHER_SCHOOL = "class_of_other_school", _l("A class cannot move to another school.")
    STILL_ELSEWHERE = "still_elsewhere", _l("The student is still on the roll of another school.")


class NoteKind(LabelledEnum):
    """What a reader of the plan should know, though it is no mistake. ``%(count)s`` is how many."""

    NO_MANIFEST = "no_manifest", _l("There is no manifest.csv: rows are added and changed, nobody leaves.")
    OTHER_FILES = "other_files", _l("Files of the bundle that a roster does not need: %(count)s")
    OTHER_ORGS = "other_orgs", _l("Organizations that are neither a school nor the bureau, left out: %(count)s")
    MISSING_PARENTS = "missing_parents", _l("Organizations whose parent organization is not in the bundle: %(count)s")
    GUARDIANS = "guardians", _l("Guardians, left out because they apply for links themselves: %(count)s")
    STAFF = "staff", _l("Members of staff who look after no class, left out: %(count)s")
    STUDENTS_ELSEWHERE = "students_elsewhere", _l("Students of no school of the portal, left out: %(count)s")
    OTHER_GRADES = "other_grades", _l("Classes outside grades 1 to 12, left out: %(count)s")
    SUBJECT_CLASSES = "subject_classes", _l("Subject classes, left out because the school has homeroom classes: %(count)s")
    SECTIONS = "sections", _l("Course sections taken as classes because the school has no homeroom classes: %(count)s")
    FURTHER_SECTIONS = "further_sections", _l("Enrollments in a second course section, left out: %(count)s")
    SCHOOLS_WITHOUT_STUDENTS = (
        "schools_without_students",
        _l("Schools without a student in the bundle, where nobody leaves: %(count)s"),
    )
    CITY_DATA = "city_data", _l("Terms and schools, left as they are because the city keeps them: %(count)s")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in ``file`` at ``line`` (1 is the heading; 0: the file as a whole) in the column ``field``."""

    file: str
    line: int
    field: str
    problem: str
    value: str = ""

    @property
    def text(self) -> str:
        """The sentence for the reader, in the language of the request."""
        return str(ProblemKind(self.problem).label) % {"value": self.value}

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Problems:
    """All that is wrong with one bundle. ``total`` counts every problem; only the first ones keep their row."""

    def __init__(self) -> None:
        self.kept: list[Problem] = []
        self.total = 0
        self.notes: Counter[NoteKind] = Counter()

    def __bool__(self) -> bool:
        return self.total > 0

    def add(self, kind: ProblemKind, file: str, line: int = 0, field: str = "", value: object = "") -> None:
        self.total += 1
        if len(self.kept) < KEPT:
            shown = "".join(sign if sign.isprintable() else "�" for sign in str(value)[:60])
            self.kept.append(Problem(file, line, field, kind.value, shown))

    def note(self, kind: NoteKind, count: int = 1) -> None:
        if count:
            self.notes[kind] += count


def note_lines(notes: Iterable[tuple[str, int]]) -> list[str]:
    """Stored notes as sentences in the language of the request."""
    return [str(NoteKind(kind).label) % {"count": count} for kind, count in notes]
