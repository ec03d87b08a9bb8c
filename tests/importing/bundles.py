"""Small rosters made in memory: tables as lists of rows, written as OneRoster 1.1 or 1.2 zips."""

from __future__ import annotations

import copy
import csv
import io
import zipfile
from typing import Any

Tables = dict[str, list[dict[str, Any]]]

NATIONAL_IDS = ("A123456789", "H120000004", "H220000006", "F131104093")


def wenchang() -> Tables:
    """文昌國小 of the small world as the school's system exports it: its four pupils, one more, three teachers."""
    return {
        "manifest": [
            {"propertyName": name, "value": value}
            for name, value in (
                ("manifest.version", "1.0"),
                ("oneroster.version", "1.1"),
                ("file.orgs", "bulk"),
                ("file.academicSessions", "bulk"),
                ("file.courses", "absent"),
                ("file.classes", "bulk"),
                ("file.users", "bulk"),
                ("file.demographics", "bulk"),
                ("file.enrollments", "bulk"),
            )
        ],
        "orgs": [
            {"sourcedId": "o-city", "name": "桃園市政府教育局", "type": "district", "identifier": "030000"},
            {"sourcedId": "o-wc", "name": "文昌國小", "type": "school", "identifier": "034601", "parentSourcedId": "o-city"},
        ],
        "academicSessions": [
            session("y115", "schoolYear", "2026-08-01", "2027-07-31", 2027),
            session("t115-1", "semester", "2026-08-01", "2027-01-31", 2027),
            session("t115-2", "semester", "2027-02-01", "2027-07-31", 2027),
        ],
        "classes": [
            school_class("c-501", "五年一班", "05"),
            school_class("c-502", "五年二班", "05"),
            school_class("c-601", "六年一班", "06"),
        ],
        "users": [
            pupil("s-ming", "王", "小明", "1110500"),
            pupil("s-yu", "林", "品妤", "1110501"),
            pupil("s-ting", "李", "宥廷", "1110502"),
            pupil("s-qing", "張", "子晴", "1110503", grade="06"),
            pupil("s-wen", "陳", "大文", "1110599"),
            teacher("t-501", "林", "淑芬", "teacher_501"),
            teacher("t-502", "吳", "宗翰", "teacher_new"),
            {**teacher("p-chen", "陳", "美玲", "parent_of_ming"), "role": "parent"},
        ],
        "demographics": [
            {"sourcedId": "s-ming", "birthDate": "2015-05-06", "sex": "male"},
            {"sourcedId": "s-wen", "birthDate": "2016-02-29", "sex": "male"},
        ],
        "enrollments": [
            seat("e-ming", "c-501", "s-ming", 12),
            seat("e-yu", "c-501", "s-yu", 7),
            seat("e-ting", "c-502", "s-ting", 15),
            seat("e-qing", "c-601", "s-qing", 1),
            seat("e-wen", "c-501", "s-wen", 20),
            leads("e-t501", "c-501", "t-501"),
            leads("e-t502", "c-502", "t-502"),
        ],
    }


def session(key: str, type_: str, first: str, last: str, school_year: int) -> dict[str, Any]:
    return {
        "sourcedId": key,
        "title": key,
        "type": type_,
        "startDate": first,
        "endDate": last,
        "schoolYear": school_year,
    }


def school_class(key: str, title: str, grades: str, org: str = "o-wc", **more: Any) -> dict[str, Any]:
    return {
        "sourcedId": key,
        "title": title,
        "grades": grades,
        "courseSourcedId": "",
        "classType": "homeroom",
        "schoolSourcedId": org,
        "termSourcedIds": "t115-1,t115-2",
        **more,
    }


def pupil(
    key: str, family: str, given: str, number: str, org: str = "o-wc", grade: str = "05", **more: Any
) -> dict[str, Any]:
    return {
        "sourcedId": key,
        "enabledUser": "true",
        "orgSourcedIds": org,
        "role": "student",
        "username": key,
        "givenName": given,
        "familyName": family,
        "identifier": number,
        "grades": grade,
        "metadata.nationalId": "",
        **more,
    }


def teacher(key: str, family: str, given: str, username: str, org: str = "o-wc") -> dict[str, Any]:
    return {
        "sourcedId": key,
        "enabledUser": "true",
        "orgSourcedIds": org,
        "role": "teacher",
        "username": username,
        "givenName": given,
        "familyName": family,
    }


def seat(key: str, class_key: str, user: str, number: int | str, org: str = "o-wc", **more: Any) -> dict[str, Any]:
    return {
        "sourcedId": key,
        "classSourcedId": class_key,
        "schoolSourcedId": org,
        "userSourcedId": user,
        "role": "student",
        "primary": "false",
        "metadata.seatNumber": number,
        **more,
    }


def leads(key: str, class_key: str, user: str, primary: str = "true", org: str = "o-wc") -> dict[str, Any]:
    return {**seat(key, class_key, user, "", org), "role": "teacher", "primary": primary}


def row(tables: Tables, table: str, key: str) -> dict[str, Any]:
    """The row with this sourcedId, to be changed in place."""
    return next(each for each in tables[table] if each["sourcedId"] == key)


def without(tables: Tables, table: str, *keys: str) -> None:
    """Take rows out."""
    tables[table] = [each for each in tables[table] if each["sourcedId"] not in keys]


def say(tables: Tables, name: str, value: str) -> None:
    """Change a line of the manifest."""
    next(each for each in tables["manifest"] if each["propertyName"] == name)["value"] = value


def as_oneroster_1_2(tables: Tables) -> Tables:
    """The same roster with roles in a file of their own."""
    tables = copy.deepcopy(tables)
    say(tables, "oneroster.version", "1.2")
    tables["manifest"].append({"propertyName": "file.roles", "value": "bulk"})
    tables["roles"] = [
        {
            "sourcedId": f"r-{user['sourcedId']}",
            "userSourcedId": user["sourcedId"],
            "roleType": "primary",
            "role": user.pop("role"),
            "beginDate": "",
            "endDate": "",
            "orgSourcedId": user.pop("orgSourcedIds"),
            "userProfileSourcedId": "",
        }
        for user in tables["users"]
    ]
    return tables


def as_csv(rows: list[dict[str, Any]]) -> str:
    headings = list(dict.fromkeys(heading for each in rows for heading in each))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, headings, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def zipped(tables: Tables, *, encoding: str = "utf-8", folder: str = "") -> bytes:
    return zip_of({f"{folder}{name}.csv": as_csv(rows).encode(encoding) for name, rows in tables.items()})


def zip_of(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()
