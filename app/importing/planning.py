"""A roster held against what stands in the database; new, changed, moved, leaving, line by line.

Conflicts that only the database can tell (a student number that is taken) are problems.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any

from app.importing.plan import Act, Aspect, Difference, Part, Plan, PlanLine, StudentLeaves
from app.importing.present import ClassNow, EnrollmentNow, HomeroomNow, Present, StudentNow
from app.importing.problems import ProblemKind, Problems
from app.importing.roster import Roster
from app.importing.wanted import Place, Wanted, WantedHomeroom, WantedStudent
from app.schools.models import SchoolKind, StudentStatus

MANY_LEAVE = 10
"""More than so many students, and more than a fifth of the roll, do not leave in one day: the reader must say so."""


def make_plan(roster: Roster, wanted: Wanted, present: Present, problems: Problems) -> Plan:
    """The difference. Conflicts go into ``problems``; the plan is to be carried out only when there is none."""
    return _Planning(roster, wanted, present, problems).plan()


class _Planning:
    def __init__(self, roster: Roster, wanted: Wanted, present: Present, problems: Problems) -> None:
        self.roster, self.wanted, self.present, self.problems = roster, wanted, present, problems
        self.result = Plan()
        self.result.touched_schools = {row.school_id for row in present.students.values()}
        self.leaving_ids: set[int] = set()

    def plan(self) -> Plan:
        self._schools()
        self._terms()
        self._classes()
        self._students()
        self._leaving()
        self._places()
        self._homerooms()
        return self.result

    def _line(
        self, part: Part, act: Act, key: str, name: str, place: str = "", differences: Iterable[Difference] = ()
    ) -> None:
        self.result.counts[part, act] += 1
        if act != Act.SAME:
            self.result.lines.append(PlanLine(part, act, key, name, place, tuple(differences)))

    # ---------- schools, terms, classes ----------

    def _schools(self) -> None:
        for key, row in self.wanted.schools.items():
            if row.id is None:
                self.result.new_schools.append(row)
                self._line(Part.SCHOOL, Act.NEW, key, row.name)
                continue
            self.result.school_ids[key] = row.id
            self.result.touched_schools.add(row.id)
            now = self.present.schools[row.id]
            if self.wanted.keeps_schools:
                self._line(Part.SCHOOL, Act.SAME, key, now.name)
                continue
            changes = _Changes()
            changes.compare(Aspect.ROSTER_ID, "sourced_id", now.sourced_id, key)
            changes.compare(Aspect.CODE, "code", now.code, row.code)
            changes.compare(Aspect.NAME, "name", now.name, row.name)
            if row.english_name:
                changes.compare(Aspect.ENGLISH_NAME, "english_name", now.english_name, row.english_name)
            if row.kind is not None:
                changes.compare(Aspect.KIND, "kind", now.kind, row.kind)
            self._note_change(Part.SCHOOL, key, row.name, "", changes, self.result.changed_schools, now.id)

    def _note_change(
        self,
        part: Part,
        key: str,
        name: str,
        place: str,
        changes: _Changes,
        target: dict[int, dict[str, Any]],
        id_: int,
    ) -> None:
        if changes.values:
            target[id_] = changes.values
        self._line(part, Act.CHANGED if changes.values else Act.SAME, key, name, place, changes.differences)

    def _terms(self) -> None:
        sourced = {row.sourced_id for row in self.present.terms.values() if row.sourced_id}
        for (year, semester), row in sorted(self.wanted.terms.items()):
            name = f"{year}-{semester}"
            now = self.present.terms.get((year, semester))
            if now is None:
                self.result.new_terms.append(
                    {
                        "sourced_id": None if row.key in sourced else row.key,
                        "school_year": year,
                        "semester": semester,
                        "starts_on": row.starts_on,
                        "ends_on": row.ends_on,
                    }
                )
                self._line(Part.TERM, Act.NEW, row.key, name)
                continue
            changes = _Changes()
            if now.sourced_id is None and row.key not in sourced:
                changes.compare(Aspect.ROSTER_ID, "sourced_id", None, row.key)
            changes.compare(Aspect.STARTS_ON, "starts_on", now.starts_on, row.starts_on)
            changes.compare(Aspect.ENDS_ON, "ends_on", now.ends_on, row.ends_on)
            self._note_change(Part.TERM, row.key, name, "", changes, self.result.changed_terms, now.id)

    def _classes(self) -> None:
        present = self.present
        by_sourced = {row.sourced_id: row for row in present.classes.values() if row.sourced_id}
        by_name = {_class_name_key(row): row for row in present.classes.values()}
        kept_names = {
            key: row for key, row in by_name.items() if row.sourced_id is None or row.sourced_id not in self.wanted.classes
        }
        for key, row in self.wanted.classes.items():
            school_id = self._school_id(row.school)
            name_key = (school_id, row.school_year, row.grade_level, row.class_name)
            now = by_sourced.get(key) or present.foreign_classes.get(key)
            if now is not None and now.school_id != school_id:
                self._wrong("classes", row.line, self.roster.headings["class_org"], ProblemKind.CLASS_OF_OTHER_SCHOOL)
                continue
            holder = kept_names.get(name_key) if school_id is not None else None
            if now is None and holder is not None and (holder.sourced_id is None or self.wanted.full_places):
                now = holder  # entered by hand, or known under an older sourcedId
            elif holder is not None and holder is not now:
                self._wrong("classes", row.line, "title", ProblemKind.CLASS_NAME_TAKEN)
                continue
            if now is None:
                self.result.new_classes.append(row)
                self._line(Part.CLASS, Act.NEW, key, row.label, self._school_name(row.school))
                continue
            self.result.class_ids[key] = now.id
            changes = _Changes()
            changes.compare(Aspect.ROSTER_ID, "sourced_id", now.sourced_id, key)
            changes.compare(Aspect.SCHOOL_YEAR, "school_year", now.school_year, row.school_year)
            if (now.grade_level, now.class_name) != (row.grade_level, row.class_name):
                changes.differ(Aspect.CLASS, now.label, row.label, grade_level=row.grade_level, class_name=row.class_name)
            if changes.values.keys() & {"school_year", "class_name"}:
                # The whole unique key is written anew, so that classes can change places.
                changes.values |= {
                    "school_year": row.school_year,
                    "grade_level": row.grade_level,
                    "class_name": row.class_name,
                }
            place = self._school_name(row.school)
            self._note_change(Part.CLASS, key, row.label, place, changes, self.result.changed_classes, now.id)
        for row_now in by_sourced.values():
            self.result.class_ids.setdefault(str(row_now.sourced_id), row_now.id)

    def _school_id(self, key: str) -> int | None:
        id_ = self.result.school_ids.get(key)
        if id_ is None and key not in self.wanted.schools:
            id_ = next((row.id for row in self.present.schools.values() if row.sourced_id == key), None)
            if id_ is not None:
                self.result.school_ids[key] = id_
        return id_

    def _school_name(self, key: str) -> str:
        row = self.wanted.schools.get(key)
        if row is not None:
            return row.name
        id_ = self._school_id(key)
        return self.present.schools[id_].name if id_ is not None else ""

    def _wrong(self, table: str, line: int, heading: str, kind: ProblemKind, value: object = "") -> None:
        self.problems.add(kind, self.roster.file(table), line, heading, value)

    # ---------- students ----------

    def _students(self) -> None:
        present, wanted = self.present, self.wanted
        by_sourced = {row.sourced_id: row for row in present.students.values() if row.sourced_id}
        by_number = {(row.school_id, row.student_number): row for row in present.students.values()}
        adopted: set[int] = set()
        for key, row in wanted.students.items():
            school_id = self._school_id(row.school)
            now = by_sourced.get(key) or present.foreign_students.get(key)
            comes_from: StudentNow | None = None
            if now is not None and now.school_id != school_id:
                comes_from, now = now, None
            holder = by_number.get((school_id, row.student_number)) if school_id is not None else None
            if holder is not None and holder is not now and self._is_wanted_at(holder, row.school):
                holder = None  # gets another number in this same bundle, or is a problem of its own row
            if holder is not None and holder.id in adopted:
                holder = None  # two rows with one number: noted when they were read
            if now is None and holder is not None and self._is_same_child(holder, row):
                now = holder  # entered by hand, or known under an older sourcedId
                adopted.add(holder.id)
            elif holder is not None and holder is not now:
                self._wrong("users", row.line, row.number_field, ProblemKind.NUMBER_TAKEN, row.student_number)
                continue
            if comes_from is not None and not self._may_come(comes_from, row):
                continue
            if now is None:
                self.result.new_students.append(row)
                self._line(Part.STUDENT, Act.NEW, key, row.full_name, self._place_of(key) or self._school_name(row.school))
            else:
                self._known_student(now, row)
        for row_now in by_sourced.values():
            if row_now.id not in self.leaving_ids:
                self.result.student_ids.setdefault(str(row_now.sourced_id), row_now.id)

    def _is_wanted_at(self, now: StudentNow, school: str) -> bool:
        row = self.wanted.students.get(now.sourced_id or "")
        return row is not None and row.school == school

    def _is_same_child(self, holder: StudentNow, row: WantedStudent) -> bool:
        """A number alone does not make two rows one child: the name, the birthday or the identity number agrees too."""
        if holder.sourced_id is not None and self._school_id(row.school) not in self.wanted.full_schools:
            return False
        same_birth_date = row.birth_date is not None and holder.birth_date == row.birth_date
        same_identity = row.identity is not None and holder.identity_number_index in row.identity.indexes
        return holder.full_name == row.full_name or same_birth_date or same_identity

    def _may_come(self, now: StudentNow, row: WantedStudent) -> bool:
        """A child that comes from another school: one row of each school's own, so that nothing of the old school's is
        read at the new one. The old school must have let go, unless the whole city is imported.
        """
        is_ours = now.id in self.present.students
        if not is_ours and now.status == StudentStatus.ENROLLED:
            self._wrong("users", row.line, self.roster.headings["user_org"], ProblemKind.STILL_ELSEWHERE)
            return False
        status = now.status if now.status != StudentStatus.ENROLLED else StudentStatus.TRANSFERRED
        self.result.leaving.append(StudentLeaves(now.id, status, releases_sourced_id=True))
        self.leaving_ids.add(now.id)
        if now.status == StudentStatus.ENROLLED:
            differences = [_status_difference(now.status, status)]
            self._line(
                Part.STUDENT, Act.LEAVING, row.key, now.full_name, self.present.schools[now.school_id].name, differences
            )
        return True

    def _known_student(self, now: StudentNow, row: WantedStudent) -> None:
        self.result.student_ids[row.key] = now.id
        changes = _Changes()
        changes.compare(Aspect.ROSTER_ID, "sourced_id", now.sourced_id, row.key)
        changes.compare(Aspect.STUDENT_NUMBER, "student_number", now.student_number, row.student_number)
        changes.compare(Aspect.FULL_NAME, "full_name", now.full_name, row.full_name)
        if row.birth_date is not None:
            changes.compare(Aspect.BIRTH_DATE, "birth_date", now.birth_date, row.birth_date)
        if row.identity is not None and now.identity_number_index not in row.identity.indexes:
            changes.differ(
                Aspect.IDENTITY,
                "",
                row.identity.masked,
                identity_number_sealed=row.identity.sealed,
                identity_number_index=row.identity.index,
            )
        if now.status != StudentStatus.ENROLLED:
            changes.values["status"] = StudentStatus.ENROLLED
            changes.differences.append(_status_difference(now.status, StudentStatus.ENROLLED))
        place = self._place_of(row.key) or self._school_name(row.school)
        self._note_change(Part.STUDENT, row.key, row.full_name, place, changes, self.result.changed_students, now.id)

    def _leaving(self) -> None:
        """Who is not in the whole roll of the own school any more, and who is named as gone."""
        for now in self.present.students.values():
            if now.status != StudentStatus.ENROLLED or now.id in self.leaving_ids or now.sourced_id is None:
                continue
            is_missing = now.school_id in self.wanted.full_schools and now.id not in self._known_ids()
            if not is_missing and now.sourced_id not in self.wanted.gone_students:
                continue
            status = self._leaving_status(now)
            self.result.leaving.append(StudentLeaves(now.id, status))
            self.leaving_ids.add(now.id)
            seat = self.present.enrollments.get(now.id)
            place = self.present.classes[seat.class_id].label if seat else ""
            self._line(
                Part.STUDENT,
                Act.LEAVING,
                now.sourced_id,
                now.full_name,
                place,
                [_status_difference(now.status, status)],
            )
        self._ask_when_many_leave()

    _known: set[int] | None = None

    def _known_ids(self) -> set[int]:
        if self._known is None:
            self._known = {self.result.student_ids[key] for key in self.wanted.students if key in self.result.student_ids}
        return self._known

    def _leaving_status(self, now: StudentNow) -> StudentStatus:
        """From the last grade of an earlier school year one leaves as a graduate, from anywhere else by transfer."""
        seat = self.present.enrollments.get(now.id)
        if seat is None:
            return StudentStatus.TRANSFERRED
        school_class = self.present.classes[seat.class_id]
        school_key = next((key for key, id_ in self.result.school_ids.items() if id_ == now.school_id), "")
        newest = max((row.school_year for row in self.wanted.classes.values() if row.school == school_key), default=0)
        last = {SchoolKind.ELEMENTARY: (6,), SchoolKind.JUNIOR_HIGH: (9,), SchoolKind.SENIOR_HIGH: (9, 12)}
        grades = last.get(self.present.schools[now.school_id].kind, ())
        if school_class.grade_level in grades and school_class.school_year < newest:
            return StudentStatus.GRADUATED
        return StudentStatus.TRANSFERRED

    def _ask_when_many_leave(self) -> None:
        on_roll: Counter[int] = Counter()
        leaving: Counter[int] = Counter()
        status = {row.student_id: row.status for row in self.result.leaving}
        for now in self.present.students.values():
            if now.status == StudentStatus.ENROLLED:
                on_roll[now.school_id] += 1
                leaving[now.school_id] += status.get(now.id) == StudentStatus.TRANSFERRED
        self.result.needs_confirmation = any(
            count > MANY_LEAVE and count * 5 > on_roll[school_id] for school_id, count in leaving.items()
        )

    # ---------- seats ----------

    def _class_label(self, key: str) -> str:
        row = self.wanted.classes.get(key)
        return row.label if row is not None else self.present.classes[self.result.class_ids[key]].label

    def _place_of(self, student: str) -> str:
        place = self.wanted.places.get(student)
        return self._class_label(place.school_class) if place is not None else ""

    def _places(self) -> None:
        student_keys = {id_: key for key, id_ in self.result.student_ids.items()}
        names = {row.id: row.full_name for row in self.present.students.values()}
        if not self.problems:
            for place in self.wanted.places.values():
                self._place(place, names)
        for student_id, seat in self.present.enrollments.items():
            if student_id in self.leaving_ids or seat.class_id not in self.present.classes:
                continue
            key = student_keys.get(student_id, "")
            if key in self.wanted.places:
                continue
            is_missing = self.wanted.full_places and key in self.wanted.students
            if is_missing or (seat.sourced_id is not None and seat.sourced_id in self.wanted.gone_enrollments):
                self.result.ended_places.append(seat.id)
                old = self.present.classes[seat.class_id].label
                self._line(Part.PLACE, Act.LEAVING, key, names.get(student_id, ""), old, [Difference(Aspect.CLASS, old, "")])

    def _place(self, place: Place, names: dict[int, str]) -> None:
        student_id = self.result.student_ids.get(place.student)
        class_id = self.result.class_ids.get(place.school_class)
        label = self._class_label(place.school_class)
        seat = self.present.enrollments.get(student_id) if student_id is not None else None
        stays = seat if seat is not None and seat.class_id == class_id else None
        self._release(self.present.enrollment_holders, self.result.released_enrollment_ids, place.key, stays, place.line)
        if seat is None:
            self.result.new_places.append(place)
            if student_id is None:
                self.result.counts[Part.PLACE, Act.NEW] += 1  # shown with the new student
            else:
                self._line(Part.PLACE, Act.NEW, place.student, names.get(student_id, ""), label)
            return
        name = self.wanted.students[place.student].full_name if place.student in self.wanted.students else ""
        name = name or names.get(seat.student_id, "")
        if seat.class_id != class_id:
            self.result.moves.append((seat, place))
            old = self.present.classes[seat.class_id].label
            self._line(Part.PLACE, Act.MOVED, place.student, name, label, [Difference(Aspect.CLASS, old, label)])
            return
        changes = _Changes()
        changes.compare(Aspect.ROSTER_ID, "sourced_id", seat.sourced_id, place.key)
        if place.seat_number is not None:
            changes.compare(Aspect.SEAT_NUMBER, "seat_number", seat.seat_number, place.seat_number)
        self._note_change(Part.PLACE, place.student, name, label, changes, self.result.changed_places, seat.id)

    def _release(
        self,
        holders: dict[str, tuple[int, int]],
        released: set[int],
        key: str,
        own: EnrollmentNow | HomeroomNow | None,
        line: int,
    ) -> None:
        """An older row that carries the sourcedId gives it up: sourcedIds are unique, and history stays."""
        holder = holders.get(key)
        if holder is None or (own is not None and holder[0] == own.id):
            return
        if holder[1] not in self.result.touched_schools:
            self._wrong("enrollments", line, "sourcedId", ProblemKind.OTHER_SCHOOL, key)
            return
        released.add(holder[0])

    # ---------- homeroom teachers ----------

    def _homerooms(self) -> None:
        if self.problems:
            return
        kept: set[int] = set()
        for row in self.wanted.homerooms:
            self._homeroom(row, kept)
        named = {self.result.class_ids.get(row.school_class) for row in self.wanted.homerooms}
        in_bundle = {self.result.class_ids.get(key) for key in self.wanted.classes}
        covered = {self._school_id(key) for key in {row.school for row in self.wanted.classes.values()}}
        for class_id, rows in self.present.homerooms.items():
            for now in rows:
                if now.id in kept:
                    continue
                is_gone = now.id in self.result.released_homeroom_ids or (
                    now.sourced_id is not None and now.sourced_id in self.wanted.gone_enrollments
                )
                if self.wanted.full_places and now.school_id in covered:
                    # A teacher entered by hand stays, unless the class is over or the roster names another one.
                    is_gone = is_gone or now.sourced_id is not None or class_id not in in_bundle or class_id in named
                if is_gone:
                    self.result.ended_homerooms.append(now.id)
                    place = self.present.classes[class_id].label
                    self._line(Part.HOMEROOM, Act.LEAVING, now.sourced_id or str(now.id), now.teacher_name, place)

    def _homeroom(self, row: WantedHomeroom, kept: set[int]) -> None:
        class_id = self.result.class_ids.get(row.school_class)
        label = self._class_label(row.school_class)
        wanted_class = self.wanted.classes.get(row.school_class)
        school_id = (
            self._school_id(wanted_class.school)
            if wanted_class is not None
            else self.present.classes[self.result.class_ids[row.school_class]].school_id
        )
        placement_id = self.present.placements.get((school_id, row.teacher_username)) if school_id is not None else None
        rows = self.present.homerooms.get(class_id, []) if class_id is not None else []
        now = next((each for each in rows if each.id not in kept and each.sourced_id == row.key), None) or next(
            (each for each in rows if each.id not in kept and _is_same_teacher(each, row, placement_id)), None
        )
        self._release(self.present.homeroom_holders, self.result.released_homeroom_ids, row.key, now, row.line)
        if now is not None and not _is_same_teacher(now, row, placement_id):
            # Another person under the same sourcedId: the one ends, the other begins.
            self.result.released_homeroom_ids.add(now.id)
            now = None
        if now is None:
            self.result.new_homerooms.append((row, placement_id))
            self._line(Part.HOMEROOM, Act.NEW, row.key, row.teacher_name, label)
            return
        kept.add(now.id)
        changes = _Changes()
        changes.compare(Aspect.ROSTER_ID, "sourced_id", now.sourced_id, row.key)
        changes.compare(Aspect.FULL_NAME, "teacher_name", now.teacher_name, row.teacher_name)
        changes.compare(Aspect.ACCOUNT, "teacher_username", now.teacher_username, row.teacher_username)
        if placement_id is not None and placement_id != now.placement_id:
            changes.values["placement_id"] = placement_id
            changes.differences.append(Difference(Aspect.ACCOUNT, "", row.teacher_username))
        self._note_change(Part.HOMEROOM, row.key, row.teacher_name, label, changes, self.result.changed_homerooms, now.id)


class _Changes:
    """The fields of one row that differ: as values to be written, and as words to be read."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.differences: list[Difference] = []

    def compare(self, aspect: Aspect, column: str, old: Any, new: Any) -> None:
        if old != new:
            self.values[column] = new
            self.differences.append(Difference(aspect, _said(old), _said(new)))

    def differ(self, aspect: Aspect, old: str, new: str, **values: Any) -> None:
        self.values.update(values)
        self.differences.append(Difference(aspect, old, new))


def _said(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _status_difference(old: StudentStatus, new: StudentStatus) -> Difference:
    return Difference(Aspect.STATUS, old.value, new.value)


def _class_name_key(row: ClassNow) -> tuple[int | None, int, int, str]:
    return row.school_id, row.school_year, row.grade_level, row.class_name


def _is_same_teacher(now: HomeroomNow, row: WantedHomeroom, placement_id: int | None) -> bool:
    if placement_id is not None and now.placement_id == placement_id:
        return True
    if now.teacher_username and row.teacher_username:
        return now.teacher_username.lower() == row.teacher_username
    return now.teacher_name == row.teacher_name
