"""Writes the demo city as a OneRoster 1.1 bundle: ``python -m app.importing.demo_city.make [FOLDER]``.

The same seed gives the same files. benchmarks/import_bench.py writes a larger city with the same pen.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

from app.importing.demo_city import names
from app.schools.models import class_label

SEED = 115
SCHOOL_YEAR = 115
BUNDLE = Path(__file__).parent / "bundle"
BUREAU = "org-030000"

_TABLES = {
    "orgs": (
        "sourcedId status dateLastModified name type identifier parentSourcedId metadata.englishName "
        "metadata.acceptsLinkRequests"
    ),
    "academicSessions": "sourcedId status dateLastModified title type startDate endDate parentSourcedId schoolYear",
    "courses": (
        "sourcedId status dateLastModified schoolYearSourcedId title courseCode grades orgSourcedId subjects subjectCodes"
    ),
    "classes": (
        "sourcedId status dateLastModified title grades courseSourcedId classCode classType location schoolSourcedId "
        "termSourcedIds subjects subjectCodes periods"
    ),
    "users": (
        "sourcedId status dateLastModified enabledUser orgSourcedIds role username userIds givenName familyName middleName "
        "identifier email sms phone agentSourcedIds grades password metadata.nationalId"
    ),
    "demographics": "sourcedId status dateLastModified birthDate sex",
    "enrollments": (
        "sourcedId status dateLastModified classSourcedId schoolSourcedId userSourcedId role primary beginDate endDate "
        "metadata.seatNumber"
    ),
}


@dataclass
class ClassPlan:
    grade: int
    name: str
    size: int
    teacher: tuple[str, str, str] | None = None
    """Username, family and given name; else invented."""
    pupils: dict[int, tuple[str, str, bool, date | None]] = field(default_factory=dict)
    """Seat → family name, given name, is a girl, birthday; the other seats are invented."""


@dataclass
class SchoolPlan:
    code: str
    short: str
    """In usernames of teachers: teacher_wc_101."""
    name: str
    english_name: str
    classes: list[ClassPlan]
    accepts_link_requests: bool = True
    staff: Sequence[tuple[str, str, str]] = ()
    """Username, family and given name of those who look after no class."""


def demo_city() -> list[SchoolPlan]:
    """文昌國小, 中興國中 and 武陵國小."""
    fixed_501 = {
        4: ("陳", "柏翰", False, None),
        7: ("林", "品妤", True, None),
        12: ("王", "小明", False, date(2016, 5, 6)),
        15: ("李", "宥廷", False, None),
        19: ("Johnson", "Emma", True, date(2016, 2, 14)),
        21: ("王", "品睿", False, None),
        22: ("張", "子晴", True, None),
        23: ("𡍼", "𠮷", False, date(2015, 12, 3)),
    }
    teachers = {
        (5, "一班"): ("teacher_501", "林", "淑芬"),
        (5, "二班"): ("teacher_502", "吳", "宗翰"),
    }
    wenchang = [
        ClassPlan(grade, name, 28 - (grade * 3 + number) % 4 if (grade, name) != (5, "一班") else 28)
        for grade in range(1, 7)
        for number, name in enumerate(("一班", "二班"))
    ]
    for each in wenchang:
        each.teacher = teachers.get((each.grade, each.name))
    next(each for each in wenchang if (each.grade, each.name) == (5, "一班")).pupils = fixed_501
    next(each for each in wenchang if (each.grade, each.name) == (5, "二班")).pupils = {
        8: ("王", "宥恩", True, None),
        2: ("歐陽", "芷若", True, None),
    }
    zhongxing = [
        ClassPlan(7, "一班", 27, ("teacher_701", "張", "志明"), {3: ("王", "小華", False, date(2013, 11, 19))}),
        ClassPlan(7, "二班", 26),
        ClassPlan(8, "一班", 25),
        ClassPlan(9, "一班", 26),
    ]
    return [
        SchoolPlan(
            "034601",
            "wc",
            "文昌國小",
            "Wenchang Elementary School",
            wenchang,
            staff=(
                ("personnel_wc", "許", "麗華"),
                ("manager_wc", "黃", "建國"),
                ("registrar_wc", "蔡", "佳蓉"),
                ("counselor_wc", "周", "雅婷"),
            ),
        ),
        SchoolPlan("034501", "zx", "中興國中", "Zhongxing Junior High School", zhongxing),
        SchoolPlan(
            "034602",
            "wl",
            "武陵國小",
            "Wuling Elementary School",
            [ClassPlan(3, "一班", 22), ClassPlan(5, "一班", 24)],
            accepts_link_requests=False,
        ),
    ]


class Pen:
    """Collects the rows of a bundle and writes them down."""

    def __init__(self, seed: int = SEED, *, with_guardians: bool = False) -> None:
        self.random = Random(seed)  # noqa: S311 (invented people)
        self.rows: dict[str, list[dict[str, Any]]] = {table: [] for table in _TABLES}
        self.with_guardians = with_guardians
        self._identities: set[str] = set()
        self._years()
        self._row(
            "orgs",
            sourcedId=BUREAU,
            name="桃園市政府教育局",
            type="district",
            identifier="030000",
            **{"metadata.englishName": "Department of Education, Taoyuan"},
        )

    def _row(self, table: str, **cells: Any) -> None:
        self.rows[table].append(cells)

    def _years(self) -> None:
        """113 to 115 學年度. OneRoster counts a school year by the calendar year in which it ends."""
        for year in range(SCHOOL_YEAR - 2, SCHOOL_YEAR + 1):
            starts = year + 1911
            whole = f"ses-{year}"
            sessions: tuple[tuple[str, str, str, date, date, str], ...] = (
                (whole, f"{year}學年度", "schoolYear", date(starts, 8, 1), date(starts + 1, 7, 31), ""),
                (f"{whole}-1", f"{year}學年度第1學期", "semester", date(starts, 8, 1), date(starts + 1, 1, 31), whole),
                (f"{whole}-2", f"{year}學年度第2學期", "semester", date(starts + 1, 2, 1), date(starts + 1, 7, 31), whole),
            )
            for key, title, type_, first, last, parent in sessions:
                self._row(
                    "academicSessions",
                    sourcedId=key,
                    title=title,
                    type=type_,
                    startDate=first,
                    endDate=last,
                    parentSourcedId=parent,
                    schoolYear=starts + 1,
                )

    def write_school(self, school: SchoolPlan) -> None:
        org = f"org-{school.code}"
        self._row(
            "orgs",
            sourcedId=org,
            name=school.name,
            type="school",
            identifier=school.code,
            parentSourcedId=BUREAU,
            **{
                "metadata.englishName": school.english_name,
                "metadata.acceptsLinkRequests": str(school.accepts_link_requests).lower(),
            },
        )
        self._row(
            "courses",
            sourcedId=f"crs-{school.code}",
            schoolYearSourcedId=f"ses-{SCHOOL_YEAR}",
            title="班級",
            courseCode="HOMEROOM",
            orgSourcedId=org,
        )
        for number, (username, family, given) in enumerate(school.staff, start=1):
            self._person(f"stf-{school.code}-{number:02}", org, "administrator", username, family, given)
        for school_class in school.classes:
            self._class(school, org, school_class)

    def _class(self, school: SchoolPlan, org: str, plan: ClassPlan) -> None:
        number = "一二三四五六七八九十".index(plan.name[0]) + 1
        label = f"{plan.grade}{number:02}"
        key = f"cls-{school.code}-{SCHOOL_YEAR}-{label}"
        self._row(
            "classes",
            sourcedId=key,
            title=class_label(plan.grade, plan.name),
            grades=f"{plan.grade:02}",
            courseSourcedId=f"crs-{school.code}",
            classCode=label,
            classType="homeroom",
            schoolSourcedId=org,
            termSourcedIds=f"ses-{SCHOOL_YEAR}-1,ses-{SCHOOL_YEAR}-2",
        )
        invented = names.grown_up_name(self.random)
        username, family, given = plan.teacher or (f"teacher_{school.short}_{label}", *invented)
        teacher = f"tea-{school.code}-{label}"
        self._person(teacher, org, "teacher", username, family, given)
        self._enrollment(f"enr-{key}-t", key, org, teacher, "teacher", primary="true")
        for seat in range(1, plan.size + 1):
            self._pupil(school, org, key, plan, number, seat)

    def _pupil(self, school: SchoolPlan, org: str, class_key: str, plan: ClassPlan, number: int, seat: int) -> None:
        is_girl = self.random.random() < 0.48
        family, given = names.child_name(self.random, is_girl)
        birthday: date | None = self._birthday(plan.grade)
        identity = self._identity(names.national_id, is_girl)
        if seat in plan.pupils:
            family, given, is_girl, fixed = plan.pupils[seat]
            birthday = fixed or birthday
            identity = self._identity(names.resident_certificate if family.isascii() else names.national_id, is_girl)
        entered = SCHOOL_YEAR - (plan.grade - (7 if plan.grade > 6 else 1))
        student_number = f"{entered}{plan.grade:02}{(number - 1) * 30 + seat:02}"
        key = f"stu-{school.code}-{student_number}"
        guardians = self._guardians(key, org, family) if self.with_guardians else ()
        self._person(
            key,
            org,
            "student",
            f"s{school.code[-4:]}{student_number}",
            family,
            given,
            identifier=student_number,
            grades=f"{plan.grade:02}",
            agentSourcedIds=",".join(guardians),
            **{"metadata.nationalId": identity},
        )
        self._row("demographics", sourcedId=key, birthDate=birthday, sex="female" if is_girl else "male")
        self._enrollment(
            f"enr-{SCHOOL_YEAR}-{school.code}-{student_number}",
            class_key,
            org,
            key,
            "student",
            primary="false",
            **{"metadata.seatNumber": seat},
        )

    def _identity(self, make: Callable[[Random, bool], str], is_girl: bool) -> str:
        number = make(self.random, is_girl)
        while number in self._identities:
            number = make(self.random, is_girl)
        self._identities.add(number)
        return number

    def _guardians(self, student: str, org: str, family: str) -> tuple[str, ...]:
        keys = tuple(f"gua-{student}-{number}" for number in (1, 2))
        for key in keys:
            _family, given = names.grown_up_name(self.random)
            self._person(key, org, "parent", key, family, given, sms="0912345678")
        return keys

    def _person(self, key: str, org: str, role: str, username: str, family: str, given: str, **cells: Any) -> None:
        self._row(
            "users",
            sourcedId=key,
            enabledUser="true",
            orgSourcedIds=org,
            role=role,
            username=username,
            givenName=given,
            familyName=family,
            **cells,
        )

    def _enrollment(self, key: str, class_key: str, org: str, user: str, role: str, **cells: Any) -> None:
        self._row(
            "enrollments",
            sourcedId=key,
            classSourcedId=class_key,
            schoolSourcedId=org,
            userSourcedId=user,
            role=role,
            beginDate=date(SCHOOL_YEAR + 1911, 8, 1),
            endDate=date(SCHOOL_YEAR + 1912, 7, 31),
            **cells,
        )

    def _birthday(self, grade: int) -> date:
        """A first grader has turned six by 1 September."""
        first = date(SCHOOL_YEAR + 1905 - grade, 9, 2)
        return first + timedelta(days=self.random.randrange(365))

    def write(self, folder: Path) -> None:
        """The bundle as CSV files in ``folder``."""
        folder.mkdir(parents=True, exist_ok=True)
        for table, headings in _TABLES.items():
            _write(folder / f"{table}.csv", headings.split(), self.rows[table])
        modes = [("manifest.version", "1.0"), ("oneroster.version", "1.1")]
        modes += [(f"file.{table}", "bulk") for table in _TABLES]
        modes += [(f"file.{table}", "absent") for table in ("categories", "lineItems", "resources", "results")]
        modes += [("source.systemName", "demo city"), ("source.systemCode", "demo")]
        rows = [{"propertyName": name, "value": value} for name, value in modes]
        _write(folder / "manifest.csv", ["propertyName", "value"], rows)


def _write(path: Path, headings: list[str], rows: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, headings, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_bundle(folder: Path, schools: Iterable[SchoolPlan], *, seed: int = SEED, with_guardians: bool = False) -> None:
    """Write ``schools`` and the bureau as a OneRoster 1.1 bundle into ``folder``."""
    pen = Pen(seed, with_guardians=with_guardians)
    for school in schools:
        pen.write_school(school)
    pen.write(folder)


if __name__ == "__main__":
    write_bundle(Path(sys.argv[1]) if len(sys.argv) > 1 else BUNDLE, demo_city())
