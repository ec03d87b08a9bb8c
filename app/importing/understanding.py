"""From a bundle's rows to what they ask for: references are followed, and what several rows say together is checked.

How each thing of OneRoster is read as one of ours stands in docs/decisions/0011-rosters.md. Called inside ``system``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from app.accounts.identity import (
    IdentityChecksumWrong,
    IdentityNumber,
    IdentityNumberMalformed,
    read_identity_number,
)
from app.importing.class_titles import TitleContradictsGrade, grade_of, read_title
from app.importing.present import ClassNow, Present, StudentNow, load_rolls, load_schools, schools_of
from app.importing.problems import NoteKind, ProblemKind, Problems
from app.importing.readers import GUARDIANS, TEACHERS
from app.importing.roster import ClassRow, EnrollmentRow, Mode, Org, RoleRow, Roster, User
from app.importing.wanted import Place, Wanted, WantedClass, WantedHomeroom, WantedSchool, WantedStudent, WantedTerm
from app.model_types import today
from app.schools.models import SchoolKind

_SCHOOL_TYPES = frozenset({"school"})
_BUREAU_TYPES = frozenset({"district", "ministryOfEducation", "departmentOfEducation", "localAuthority", "municipality"})
_TERM_TYPES = frozenset({"semester", "term", "quarter", "trimester"})
_LONGEST_CODE = 20
_LONGEST_NUMBER = 30
_LONGEST_CLASS_NAME = 20
_LONGEST_USERNAME = 64
_LONGEST_NAME = 100

_KINDS_BY_NAME = (
    (SchoolKind.JUNIOR_HIGH, ("國中", "國民中學", "Junior High", "Middle School")),
    (SchoolKind.SENIOR_HIGH, ("高中", "高職", "高級", "Senior High", "High School")),
    (SchoolKind.ELEMENTARY, ("國小", "小學", "Elementary", "Primary")),
)


def understand(roster: Roster, only_school: int | None, problems: Problems) -> tuple[Wanted, Present]:
    """What the roster asks for, and what stands in the database beside it.

    ``only_school``: the one school that may be touched; rows of another one are problems. Everything that is wrong is
    noted in ``problems``; the result is to be used only when there is none.
    """
    return _Understanding(roster, only_school, problems).result()


def roc_term(starts_on: date, ends_on: date) -> tuple[int, int]:
    """學年 and 學期 of a session, by the day in its middle: the first semester is August to January."""
    middle = starts_on + (ends_on - starts_on) / 2
    if middle.month >= 8:
        return middle.year - 1911, 1
    return middle.year - 1912, 1 if middle.month == 1 else 2


def roc_school_year(starts_on: date, ends_on: date) -> int:
    """學年 of a session: the ROC year of the August in which it begins. OneRoster's own schoolYear is the year it ends."""
    if ends_on - starts_on > timedelta(days=250):
        middle = starts_on + (ends_on - starts_on) / 2
        return middle.year - (1911 if middle.month >= 8 else 1912)
    return roc_term(starts_on, ends_on)[0]


class _Understanding:
    def __init__(self, roster: Roster, only_school: int | None, problems: Problems) -> None:
        self.roster = roster
        self.only_school = only_school
        self.problems = problems
        self.present = load_schools()
        self.wanted = Wanted(keeps_schools=only_school is not None)
        self.other_orgs: set[str] = set()
        """Organizations that are neither a school nor the bureau, and schools that were refused."""
        self.known_schools = {row.sourced_id: row.id for row in self.present.schools.values() if row.sourced_id}
        self.skipped_classes: set[str] = set()
        self.skipped_users: set[str] = set()
        self.sections: set[str] = set()
        """Classes that are course sections."""
        self.classes_now: dict[str, ClassNow] = {}
        self.students_now: dict[str, StudentNow] = {}
        self._staff = 0

    def result(self) -> tuple[Wanted, Present]:
        self._schools()
        self._load()
        self._terms()
        self._classes()
        self._users()
        self._enrollments()
        self._kinds()
        self._completeness()
        return self.wanted, self.present

    # ---------- schools ----------

    def _schools(self) -> None:
        by_sourced = {row.sourced_id: row.id for row in self.present.schools.values() if row.sourced_id}
        by_code = {row.code: row.id for row in self.present.schools.values()}
        codes: dict[str, int] = {}
        file = self.roster.file("orgs")
        for org in self.roster.orgs.values():
            is_school = org.type in _SCHOOL_TYPES
            if not is_school and org.type not in _BUREAU_TYPES:
                self.other_orgs.add(org.sourced_id)
                self.problems.note(NoteKind.OTHER_ORGS)
                continue
            code = org.code or org.sourced_id
            field_ = "identifier" if org.code else "sourcedId"
            existing, holder = by_sourced.get(org.sourced_id), by_code.get(code)
            if self.only_school is not None and existing is None:
                existing = holder
            if self.only_school is not None and (not is_school or existing != self.only_school):
                self.other_orgs.add(org.sourced_id)
                if is_school:
                    self.problems.add(ProblemKind.OTHER_SCHOOL, file, org.line, "sourcedId", org.sourced_id)
                else:
                    self.problems.note(NoteKind.CITY_DATA)
                continue
            if existing is not None and holder is not None and holder != existing:
                self.problems.add(ProblemKind.CODE_TAKEN, file, org.line, field_, code)
            if len(code) > _LONGEST_CODE:
                self.problems.add(ProblemKind.TOO_LONG, file, org.line, field_)
            if code in codes:
                self.problems.add(ProblemKind.DUPLICATE, file, org.line, field_, codes[code])
            codes[code] = org.line
            self._add_school(org, code, existing if existing is not None else holder, is_school)

    def _add_school(self, org: Org, code: str, id_: int | None, is_school: bool) -> None:
        self.wanted.schools[org.sourced_id] = WantedSchool(
            key=org.sourced_id,
            id=id_,
            code=code,
            name=org.name,
            english_name=org.english_name,
            kind=kind_by_name(org.name) if is_school else SchoolKind.BUREAU,
            accepts_link_requests=org.accepts_link_requests if is_school else False,
            line=org.line,
        )

    def _kinds(self) -> None:
        """Schools whose name does not tell their kind are known by their lowest grade."""
        lowest: dict[str, int] = {}
        for row in self.wanted.classes.values():
            lowest[row.school] = min(row.grade_level, lowest.get(row.school, 12))
        for key, school in self.wanted.schools.items():
            if school.kind is None and key in lowest:
                grade = lowest[key]
                school.kind = (
                    SchoolKind.ELEMENTARY if grade <= 6 else SchoolKind.JUNIOR_HIGH if grade <= 9 else SchoolKind.SENIOR_HIGH
                )

    def _school(self, org: str, table: str, line: int, heading: str) -> str | None:
        """The key of a school of the portal; None for another organization, and for an unknown one (which is noted)."""
        if org in self.wanted.schools:
            return org
        if org in self.other_orgs:
            if self.roster.orgs[org].type in _SCHOOL_TYPES:
                self.problems.add(ProblemKind.OTHER_SCHOOL, self.roster.file(table), line, heading, org)
            return None
        is_known = org in self.known_schools and self.roster.mode("orgs") != Mode.BULK
        if is_known and self.only_school in (None, self.known_schools[org]):
            return org
        kind = ProblemKind.OTHER_SCHOOL if is_known else ProblemKind.UNKNOWN_REFERENCE
        self.problems.add(kind, self.roster.file(table), line, heading, org)
        return None

    def school_id(self, key: str) -> int | None:
        school = self.wanted.schools.get(key)
        return school.id if school is not None else self.known_schools.get(key)

    def _load(self) -> None:
        class_ids = set(self.roster.classes) | {row.class_id for row in self.roster.enrollments.values()}
        student_ids = {key for key, user in self.roster.users.items() if any(role.role == "student" for role in user.roles)}
        student_ids.update(row.user for row in self.roster.enrollments.values() if row.role == "student")
        for table in ("users", "student_roles"):
            student_ids.update(self.roster.deleted.get(table, ()))
        enrollment_ids = set(self.roster.enrollments)
        if self.only_school is not None:
            touched = {self.only_school}
        else:
            # A student may come from a school that is not in the bundle; changes may name classes without their school.
            touched = {school.id for school in self.wanted.schools.values() if school.id is not None}
            touched |= schools_of(class_ids, student_ids)
        load_rolls(self.present, touched, class_ids, student_ids, enrollment_ids)
        self.classes_now = {row.sourced_id: row for row in self.present.classes.values() if row.sourced_id}
        self.students_now = {row.sourced_id: row for row in self.present.students.values() if row.sourced_id}

    # ---------- terms ----------

    def _terms(self) -> None:
        sessions = sorted(self.roster.sessions.values(), key=lambda row: (row.starts_on, row.sourced_id))
        for session in sessions:
            if session.type not in _TERM_TYPES:
                continue
            year, semester = roc_term(session.starts_on, session.ends_on)
            known = self.wanted.terms.get((year, semester))
            if known is None:
                self.wanted.terms[year, semester] = WantedTerm(
                    session.sourced_id, year, semester, session.starts_on, session.ends_on
                )
            else:  # quarters: two of them make a semester
                known.ends_on = max(known.ends_on, session.ends_on)
        if self.only_school is not None:
            self.problems.note(NoteKind.CITY_DATA, len(self.wanted.terms))
            self.wanted.terms.clear()

    def _period(self, row: ClassRow) -> tuple[int, date, date] | None:
        """School year, first and last day of a class; None when no session of it is known (which is noted)."""
        found = None
        terms = {term.sourced_id: term for term in self.present.terms.values() if term.sourced_id}
        for key in row.sessions:
            session = self.roster.sessions.get(key)
            term = terms.get(key) if self.roster.mode("academicSessions") != Mode.BULK else None
            if session is not None:
                period = roc_school_year(session.starts_on, session.ends_on), session.starts_on, session.ends_on
            elif term is not None:
                period = term.school_year, term.starts_on, term.ends_on
            elif key in self.roster.wrong_sessions:
                continue
            else:
                self._wrong_class(ProblemKind.UNKNOWN_REFERENCE, row, self.roster.headings["class_sessions"], key)
                continue
            found = period if found is None else (found[0], min(found[1], period[1]), max(found[2], period[2]))
        return found

    # ---------- classes ----------

    def _wrong_class(self, kind: ProblemKind, row: ClassRow, heading: str, value: object = "") -> None:
        self.problems.add(kind, self.roster.file("classes"), row.line, heading, value)

    def _classes(self) -> None:
        heading = self.roster.headings["class_org"]
        schools = {key: self._school(row.org, "classes", row.line, heading) for key, row in self.roster.classes.items()}
        with_homerooms = {schools[key] for key, row in self.roster.classes.items() if row.is_homeroom}
        if self.roster.mode("classes") != Mode.BULK:
            ids = {row.school_id for row in self.present.classes.values()}
            with_homerooms.update(school for school in schools.values() if school and self.school_id(school) in ids)
        grades_of_students: dict[str, set[int]] = self._grades_by_class()
        names: dict[tuple[str, int, int, str], int] = {}
        for row in sorted(self.roster.classes.values(), key=lambda row: row.sourced_id):
            school = schools[row.sourced_id]
            if school is None:
                self.skipped_classes.add(row.sourced_id)
                continue
            if not row.is_homeroom and school in with_homerooms:
                self.skipped_classes.add(row.sourced_id)
                self.problems.note(NoteKind.SUBJECT_CLASSES)
                continue
            self._add_class(row, school, names, grades_of_students.get(row.sourced_id, set()))

    def _grades_by_class(self) -> dict[str, set[int]]:
        """What the students of a class say of its grade, for course sections that do not."""
        grades: dict[str, set[int]] = {}
        for row in self.roster.enrollments.values():
            user = self.roster.users.get(row.user)
            if row.role == "student" and user is not None:
                codes = [*user.grades, *(role.grade for role in user.roles)]
                grades.setdefault(row.class_id, set()).update(grade for code in codes if (grade := grade_of(code)))
        return grades

    def _add_class(
        self, row: ClassRow, school: str, names: dict[tuple[str, int, int, str], int], student_grades: set[int]
    ) -> None:
        codes = row.grades
        if not codes and row.course:
            if row.course not in self.roster.course_grades and self.roster.mode("courses") == Mode.BULK:
                self._wrong_class(ProblemKind.UNKNOWN_REFERENCE, row, "courseSourcedId", row.course)
            codes = () if row.is_homeroom else self.roster.course_grades.get(row.course, ())
        grades = sorted({grade for code in codes if (grade := grade_of(code))})
        if codes and not grades:
            self.skipped_classes.add(row.sourced_id)
            self.problems.note(NoteKind.OTHER_GRADES)
            return
        period = self._period(row)
        level = grades[0] if grades else None
        if row.is_homeroom:
            try:
                level, name = read_title(row.title, level)
            except TitleContradictsGrade:
                self._wrong_class(ProblemKind.GRADE_AND_TITLE, row, "title", row.title)
                return
        else:
            level = level or min(student_grades, default=None)
            name = self._section_name(row.title, school, period, level, names)
            self.sections.add(row.sourced_id)
            self.problems.note(NoteKind.SECTIONS)
        if level is None or not 1 <= level <= 12:
            self._wrong_class(ProblemKind.NO_GRADE, row, "grades", row.title)
            return
        if len(name) > _LONGEST_CLASS_NAME:
            self._wrong_class(ProblemKind.TOO_LONG, row, "title")
            return
        if period is None:
            return
        key = (school, period[0], level, name)
        if key in names:
            self._wrong_class(ProblemKind.CLASS_TWICE, row, "title", names[key])
            return
        names[key] = row.line
        self.wanted.classes[row.sourced_id] = WantedClass(
            row.sourced_id, school, period[0], level, name, row.line, period[1], period[2]
        )

    @staticmethod
    def _section_name(
        title: str,
        school: str,
        period: tuple[int, date, date] | None,
        grade: int | None,
        names: dict[tuple[str, int, int, str], int],
    ) -> str:
        """A section's title cut to fit; the second of one name becomes «Biology 10 (2)»."""
        name, number = title[:_LONGEST_CLASS_NAME], 1
        while period is not None and grade is not None and (school, period[0], grade, name) in names:
            number += 1
            suffix = f" ({number})"
            name = title[: _LONGEST_CLASS_NAME - len(suffix)] + suffix
        return name

    # ---------- people ----------

    def _users(self) -> None:
        numbers: dict[tuple[str, str], int] = {}
        identities: dict[str, int] = {}
        table, heading = self.roster.headings["user_table"], self.roster.headings["user_org"]
        staff = guardians = 0
        for user in self.roster.users.values():
            schools = {role.org: self._school_of_role(role, table, heading) for role in user.roles}
            students = [role for role in user.roles if role.role == "student"]
            if not user.roles and table == "users":
                self.skipped_users.add(user.sourced_id)  # without a school: noted when it was read
                continue
            if not students:
                guardians += any(role.role in GUARDIANS for role in user.roles)
                staff += any(role.role not in GUARDIANS for role in user.roles)
                continue
            students.sort(key=lambda role: not role.is_primary)
            school = next((key for role in students if (key := schools[role.org])), None)
            codes = [code for code in (*user.grades, *(role.grade for role in students)) if code]
            if school is None or (codes and not any(grade_of(code) for code in codes)):
                self.skipped_users.add(user.sourced_id)
                self.problems.note(NoteKind.STUDENTS_ELSEWHERE)
                continue
            self._add_student(user, school, numbers, identities)
        self.problems.note(NoteKind.GUARDIANS, guardians)
        self._staff = staff

    def _school_of_role(self, role: RoleRow, table: str, heading: str) -> str | None:
        if role.role in GUARDIANS and (role.org in self.known_schools or role.org in self.roster.orgs):
            return None  # guardians are left out, and their other child may go to another school
        return self._school(role.org, table, role.line, heading)

    def _wrong_user(self, kind: ProblemKind, user: User, heading: str, value: object = "") -> None:
        self.problems.add(kind, self.roster.file("users"), user.line, heading, value)

    def _add_student(self, user: User, school: str, numbers: dict[tuple[str, str], int], identities: dict[str, int]) -> None:
        number = user.student_number or user.sourced_id
        number_field = "identifier" if user.student_number else "sourcedId"
        if len(number) > _LONGEST_NUMBER:
            self._wrong_user(ProblemKind.TOO_LONG, user, number_field)
        if numbers.setdefault((school, number), user.line) != user.line:
            self._wrong_user(ProblemKind.NUMBER_TWICE, user, number_field, numbers[school, number])
        if len(user.full_name) > _LONGEST_NAME:
            self._wrong_user(ProblemKind.TOO_LONG, user, "givenName")
        identity = self._identity(user, identities)
        birth_line, birth_date = self.roster.birth_dates.get(user.sourced_id, (0, None))
        if birth_date is not None and birth_date > today():
            self.problems.add(ProblemKind.BIRTH_DATE_OUT_OF_RANGE, self.roster.file("demographics"), birth_line, "birthDate")
        self.wanted.students[user.sourced_id] = WantedStudent(
            user.sourced_id, school, number, user.full_name, birth_date, identity, user.line, number_field
        )

    def _identity(self, user: User, identities: dict[str, int]) -> IdentityNumber | None:
        if not user.identity_number:
            return None
        try:
            identity = read_identity_number(user.identity_number)
        except IdentityChecksumWrong:
            self._wrong_user(ProblemKind.IDENTITY_CHECKSUM, user, user.identity_field)
            return None
        except IdentityNumberMalformed:
            self._wrong_user(ProblemKind.BAD_IDENTITY_NUMBER, user, user.identity_field)
            return None
        if identities.setdefault(identity.value, user.line) != user.line:
            self._wrong_user(ProblemKind.IDENTITY_TWICE, user, user.identity_field, identities[identity.value])
        return identity

    # ---------- who sits where, and who looks after it ----------

    def _enrollments(self) -> None:
        teachers: dict[str, list[EnrollmentRow]] = {}
        places: dict[str, list[EnrollmentRow]] = {}
        for row in self.roster.enrollments.values():
            has_class, has_user = self._has_class(row), self._has_user(row)
            if not has_class or not has_user:
                continue
            if row.role == "student" and self._may_sit(row):
                places.setdefault(row.user, []).append(row)
            elif row.role in TEACHERS:
                teachers.setdefault(row.class_id, []).append(row)
        for student, rows in places.items():
            self._place(student, rows)
        self._check_seats()
        self._homerooms(teachers)

    def _wrong_enrollment(self, kind: ProblemKind, row: EnrollmentRow, heading: str, value: object = "") -> None:
        self.problems.add(kind, self.roster.file("enrollments"), row.line, heading, value)

    def _has_class(self, row: EnrollmentRow) -> bool:
        """True when the class is one of ours; a class that was left out is silently passed over."""
        if row.class_id in self.wanted.classes:
            return True
        if row.class_id in self.roster.classes or row.class_id in self.roster.deleted.get("classes", ()):
            return False  # left out above, or wrong in itself
        if self.roster.mode("classes") != Mode.BULK:
            if row.class_id in self.classes_now:
                return True
            if row.class_id in self.present.foreign_classes:
                self._wrong_enrollment(ProblemKind.OTHER_SCHOOL, row, "classSourcedId", row.class_id)
                return False
        self._wrong_enrollment(ProblemKind.UNKNOWN_REFERENCE, row, "classSourcedId", row.class_id)
        return False

    def _has_user(self, row: EnrollmentRow) -> bool:
        if row.user in self.roster.users:
            return row.user not in self.skipped_users
        if row.user in self.roster.deleted.get("users", ()):
            return False
        if self.roster.mode("users") != Mode.BULK and row.role == "student":
            if row.user in self.students_now:
                return True
            if row.user in self.present.foreign_students:
                self._wrong_enrollment(ProblemKind.OTHER_SCHOOL, row, "userSourcedId", row.user)
                return False
        self._wrong_enrollment(ProblemKind.UNKNOWN_REFERENCE, row, "userSourcedId", row.user)
        return False

    def _class_school_and_end(self, key: str) -> tuple[int | str | None, date | None, int]:
        row = self.wanted.classes.get(key)
        if row is not None:
            id_ = self.school_id(row.school)
            return (id_ if id_ is not None else row.school), row.ends_on, row.school_year
        now = self.classes_now[key]
        return now.school_id, None, now.school_year

    def _may_sit(self, row: EnrollmentRow) -> bool:
        student = self.wanted.students.get(row.user)
        if student is None and row.user in self.roster.users:
            if not any(role.role == "student" for role in self.roster.users[row.user].roles):
                self._wrong_enrollment(ProblemKind.NOT_A_STUDENT, row, "userSourcedId", row.user)
            return False
        school, ends_on, _year = self._class_school_and_end(row.class_id)
        own: int | str | None
        if student is None:
            own = self.students_now[row.user].school_id
        else:
            id_ = self.school_id(student.school)
            own = id_ if id_ is not None else student.school
        if own != school:
            self._wrong_enrollment(ProblemKind.NOT_OF_THIS_SCHOOL, row, "classSourcedId", row.class_id)
            return False
        has_left = row.ends_on is not None and row.ends_on < today() and (ends_on is None or row.ends_on < ends_on)
        return not has_left

    def _place(self, student: str, rows: list[EnrollmentRow]) -> None:
        """One class for one student: of the newest school year; of course sections the first by sourcedId."""
        newest = max(self._class_school_and_end(row.class_id)[2] for row in rows)
        rows = [row for row in rows if self._class_school_and_end(row.class_id)[2] == newest]
        if all(row.class_id in self.sections for row in rows):
            rows.sort(key=lambda row: row.class_id)
            self.problems.note(NoteKind.FURTHER_SECTIONS, len(rows) - 1)
        for second in rows[1:]:
            if second.class_id not in self.sections:
                self._wrong_enrollment(ProblemKind.TWO_CLASSES, second, "userSourcedId", rows[0].line)
        first = rows[0]
        self.wanted.places[student] = Place(
            first.sourced_id, student, first.class_id, first.seat_number, first.starts_on, first.line
        )

    def _check_seats(self) -> None:
        seats: dict[tuple[str, int], int] = {}
        for place in sorted(self.wanted.places.values(), key=lambda place: place.line):
            if place.seat_number is None:
                continue
            line = seats.setdefault((place.school_class, place.seat_number), place.line)
            if line != place.line:
                file = self.roster.file("enrollments")
                self.problems.add(ProblemKind.SEAT_TAKEN, file, place.line, "metadata.seatNumber", line)

    def _homerooms(self, teachers: dict[str, list[EnrollmentRow]]) -> None:
        """The primary teachers of a class; all of them where the bundle calls none primary."""
        assigned: set[str] = set()
        for class_id, rows in teachers.items():
            chosen = [row for row in rows if row.is_primary] or rows
            seen: set[str] = set()
            for row in sorted(chosen, key=lambda row: row.sourced_id):
                if row.user in seen:
                    continue
                seen.add(row.user)
                assigned.add(row.user)
                user = self.roster.users[row.user]
                if len(user.username) > _LONGEST_USERNAME:
                    self._wrong_user(ProblemKind.TOO_LONG, user, "username")
                self.wanted.homerooms.append(
                    WantedHomeroom(row.sourced_id, class_id, user.full_name, user.username.lower(), row.starts_on, row.line)
                )
        self.problems.note(NoteKind.STAFF, max(0, self._staff - len(assigned)))

    # ---------- who is not there any more ----------

    def _completeness(self) -> None:
        roster = self.roster
        is_whole = roster.mode("users") == Mode.BULK and (
            roster.headings["user_table"] == "users" or roster.mode("roles") == Mode.BULK
        )
        self.wanted.full_places = roster.mode("enrollments") == Mode.BULK and roster.mode("classes") == Mode.BULK
        with_students = {student.school for student in self.wanted.students.values()}
        self.wanted.is_full = is_whole
        if is_whole:
            for key, school in self.wanted.schools.items():
                if key in with_students and school.id is not None:
                    self.wanted.full_schools.add(school.id)
                elif key not in with_students and school.kind != SchoolKind.BUREAU:
                    self.problems.note(NoteKind.SCHOOLS_WITHOUT_STUDENTS)
        self.wanted.gone_enrollments = set(roster.deleted.get("enrollments", ()))
        gone = {**roster.deleted.get("student_roles", {}), **roster.deleted.get("users", {})}
        for key, line in gone.items():
            if key in self.wanted.students:
                continue
            if key in self.students_now:
                self.wanted.gone_students[key] = line
            elif key in self.present.foreign_students:
                table = "users" if key in roster.deleted.get("users", {}) else "roles"
                self.problems.add(ProblemKind.OTHER_SCHOOL, roster.file(table), line, "sourcedId", key)


def kind_by_name(name: str) -> SchoolKind | None:
    """What a school's name says of its kind: 文昌國小 is an elementary school; None when it says nothing."""
    kinds: Iterable[tuple[SchoolKind, tuple[str, ...]]] = _KINDS_BY_NAME
    if "中小學" in name or "國中小" in name:
        return None  # one school for both: its lowest grade decides
    return next((kind for kind, words in kinds if any(word in name for word in words)), None)
