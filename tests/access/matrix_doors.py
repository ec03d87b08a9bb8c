"""The doors of the product: for each object and act, every address behind which it might be done, and how one sees it.

tests/access/test_matrix.py goes through all doors of a cell as every persona; the best that came of it counts.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from app.access.matrix import Act, Persona
from tests.world import PASSWORD

FULL = os.environ.get("MATRIX") == "full"
"""``make security`` tries every cell at every door on both databases, and walks every address as every persona. The daily
run has DAILY alone look about, and tries at the doors what rows decide («allowed», «hidden»)."""
DAILY = (
    Persona.GUARDIAN,
    Persona.GUARDIAN_OF_ANOTHER,
    Persona.LINK_ENDED,
    Persona.TEACHER_OF_ANOTHER_CLASS,
    Persona.COUNSELOR,
)
TRIED_AS = tuple(Persona) if FULL else DAILY


@dataclass(frozen=True)
class Door:
    """An address with ``{id}``, ``{student}``, ``{class}``, ``{n}`` to be filled in; with ``data`` it is a POST.

    ``shows`` is a word that the answer holds when the act succeeds; ``""`` when status or effect say enough.
    """

    path: str
    shows: str = ""
    data: Mapping[str, str] | None = None


def look(path: str, shows: str = "") -> Door:
    return Door(path, shows)


def send(path: str, **data: str) -> Door:
    return Door(path, "", data)


def export(base: str, shows: str) -> list[Door]:
    return [Door(f"{base}/export", shows, {"format": "csv"})]


def _screen(base: str, shows: str, *acts: Act, add: Mapping[str, str], change: Mapping[str, str]) -> dict[Act, list[Door]]:
    doors = {Act.LIST: [look(f"{base}/list/", shows)], Act.ONE: [look(f"{base}/show/{{id}}", shows)]}
    if add:
        doors[Act.ADD] = [send(f"{base}/add", **add)]
    if change:
        doors[Act.CHANGE] = [send(f"{base}/edit/{{id}}", **change)]
    if Act.DELETE in acts:
        doors[Act.DELETE] = [send(f"{base}/delete/{{id}}")]
    return doors


def _talk(channel: str, desk: str) -> dict[str, dict[Act, list[Door]]]:
    word = f"talk{channel.replace('_', '')}"
    parent, staff = f"/portal/children/{{student}}/threads/{channel}", f"/student-affairs/threads/{desk}/"
    on_file = "/student-affairs/{}-on-file/{}"
    return {
        f"Conversation.{channel}": {
            Act.LIST: [look(staff, word), look(on_file.format("conversations", "list/"), word)],
            Act.ONE: [look(on_file.format("conversations", "show/{id}"), word), look(staff + "{student}", word)],
        },
        f"Message.{channel}": {
            Act.LIST: [look(parent, word), look(staff + "{student}", word), look(on_file.format("messages", "list/"), word)],
            Act.ONE: [
                look(parent, word),
                look(staff + "{student}", word),
                look(on_file.format("messages", "show/{id}"), word),
            ],
            Act.SEND: [send(parent, body="{n}"), send(staff + "{student}", body="{n}")],
        },
        f"ChannelSwitch.{channel}": {
            Act.SWITCH: [
                send(
                    staff + "switch", to="open", confirmed="1", **({"class_id": "{class}"} if channel == "homeroom" else {})
                )
            ]
        },
    }


_DAY = "2026-11-20"
_BOOK = "/student-affairs/contact-book/{entry}"
_LINES = {"entry_date": "{book_day}", "seen": "{seen}"}
_APPLICATION = {
    "school": "文昌國小",
    "grade_level": "5",
    "class_name": "1",
    "seat_number": "12",
    "student_name": "王小明",
    "student_key": "{n}",
    "birth_date": "民國104年5月6日",
    "relationship_kind": "father",
}
_NOTICE = {"title": "{n}", "text": "{n}", "publish_from": "{today}", "seen": "{seen}"}
_NEWS = {"title": "{n}", "published_on": "{today}"}
CHILD = "/portal/children/{student}"

DOORS: dict[str, dict[Act, list[Door]]] = {
    "Student": {
        **_screen(
            "/sso/students",
            "student",
            Act.DELETE,
            add={"school": "{school}", "student_number": "{n}", "full_name": "{n}", "status": "enrolled"},
            change={"student_number": "{number}", "full_name": "{n}", "status": "enrolled"},
        ),
    },
    "Enrollment": _screen(
        "/sso/enrollments",
        "student",
        Act.DELETE,
        add={"student": "{unseated}", "school_class": "{class}", "started_on": "2026-08-01"},
        change={"school_class": "{class}", "seat_number": "72", "started_on": "2026-08-01"},
    ),
    "SchoolClass": _screen(
        "/sso/classes",
        "class",
        Act.DELETE,
        add={"school": "{school}", "school_year": "115", "grade_level": "5", "class_name": "{n}"},
        change={"school_year": "115", "grade_level": "5", "class_name": "{n}"},
    ),
    "HomeroomAssignment": _screen(
        "/sso/homeroom-assignments",
        "homeroom",
        Act.DELETE,
        add={"school_class": "{class}", "teacher_name": "{n}", "started_on": "2026-08-01"},
        change={"teacher_name": "{n}", "started_on": "2026-08-01"},
    ),
    "GuardianLink": {
        Act.LIST: [
            look("/portal/links/", "link"),
            look("/student-affairs/links/linked", "link"),
            look("/student-affairs/link-records/list/", "link"),
        ],
        Act.ONE: [
            look("/portal/links/{id}/end", "link"),
            look("/student-affairs/links/{id}", "link"),
            look("/student-affairs/link-records/show/{id}", "link"),
        ],
        Act.APPLY: [send("/portal/links/", **_APPLICATION)],
        Act.REVIEW: [send("/student-affairs/links/{id}", decision="approve")],
        Act.WITHDRAW: [send("/portal/links/{id}/end")],
        Act.END: [send("/student-affairs/links/{id}/end", reason="matrix")],
    },
    "ProtectionMark": {
        Act.LIST: [look("/student-affairs/protection/", "protection")],
        Act.ADD: [send("/student-affairs/protection/{link}/place", reason="{n}")],
        Act.CHANGE: [send("/student-affairs/protection/{id}/lift", reason="{n}")],
    },
    "TermGrade": {
        **_screen(
            "/student-affairs/term-grades",
            "mark",
            Act.DELETE,
            add={
                "student": "{student}",
                "term": "{term}",
                "grade_level": "5",
                "kind": "subject",
                "subject": "{n}",
                "score": "70",
            },
            change={"grade_level": "5", "kind": "subject", "subject": "{n}", "score": "71"},
        ),
    },
    "AttendanceEvent": _screen(
        "/student-affairs/attendance",
        "student",
        Act.DELETE,
        add={
            "student": "{student}",
            "term": "{term}",
            "event_date": "{day}",
            "period": "{period}",
            "category": "tardy",
        },
        change={"event_date": "{day}", "period": "{period}", "category": "tardy"},
    ),
    "ConductRecord": _screen(
        "/student-affairs/conduct",
        "conduct",
        Act.DELETE,
        add={
            "student": "{student}",
            "term": "{term}",
            "event_date": "{today}",
            "kind": "warning",
            "count": "1",
            "reason": "{n}",
        },
        change={"event_date": "{today}", "kind": "warning", "count": "1", "reason": "{n}"},
    ),
    "Bulletin": {
        Act.LIST: [
            look(CHILD + "/bulletins", "bulletin"),
            look("/student-affairs/bulletins/?class_id={class}", "bulletin"),
            look("/student-affairs/bulletins-on-file/list/", "bulletin"),
        ],
        Act.ONE: [
            look(CHILD + "/bulletins/{id}", "bulletin"),
            look("/student-affairs/bulletins/{id}", "bulletin"),
            look("/student-affairs/bulletins-on-file/show/{id}", "bulletin"),
        ],
        Act.ADD: [
            send(
                "/student-affairs/bulletins/add?class_id={class}",
                class_id="{class}",
                title="{n}",
                text="{n}",
                publish_from="{today}",
            )
        ],
        Act.CHANGE: [
            send("/student-affairs/bulletins/{id}", title="{n}", text="{n}", publish_from="{today}", seen="{seen}")
        ],
        Act.DELETE: [send("/student-affairs/bulletins/{id}/delete")],
    },
    "ContactBookEntry": {
        Act.LIST: [
            look(CHILD + "/contact-book", "book"),
            look("/student-affairs/contact-book/?class_id={class}", "book"),
            look("/student-affairs/contact-books-on-file/list/", "book"),
        ],
        Act.ONE: [
            look(CHILD + "/contact-book", "book"),
            look("/student-affairs/contact-book/{id}", "book"),
            look("/student-affairs/contact-books-on-file/show/{id}", "book"),
        ],
        Act.ADD: [
            send(
                "/student-affairs/contact-book/add?class_id={class}",
                **{"class_id": "{class}", "entry_date": "{book_day}", "lines-0-kind": "homework", "lines-0-text": "{n}"},
            )
        ],
        Act.CHANGE: [send(_BOOK, **{**_LINES, "lines-0-kind": "homework", "lines-0-text": "{n}"})],
        Act.DELETE: [send(_BOOK + "/delete")],
    },
    "ContactBookItem": {
        Act.LIST: [
            look(CHILD + "/contact-book", "book"),
            look("/student-affairs/contact-book-items-on-file/list/", "book"),
        ],
        Act.ONE: [
            look(CHILD + "/contact-book", "book"),
            look("/student-affairs/contact-book-items-on-file/show/{id}", "book"),
        ],
        Act.ADD: [send(_BOOK, **{**_LINES, "lines-0-kind": "homework", "lines-0-text": "{n}"})],
        Act.CHANGE: [
            send(_BOOK, **{**_LINES, "lines-0-item_id": "{id}", "lines-0-kind": "homework", "lines-0-text": "{n}"})
        ],
        Act.DELETE: [
            send(
                _BOOK,
                **{
                    **_LINES,
                    "lines-0-item_id": "{id}",
                    "lines-0-kind": "homework",
                    "lines-0-text": "",
                    "lines-1-kind": "exam",
                    "lines-1-text": "{n}",
                },
            )
        ],
    },
    "Attachment": {
        Act.LIST: [
            look(CHILD + "/bulletins/{bulletin}", "file"),
            look("/student-affairs/bulletins/{bulletin}", "file"),
        ],
        Act.ONE: [
            look(CHILD + "/bulletins/{bulletin}", "file"),
            look("/student-affairs/bulletins/{bulletin}", "file"),
        ],
        Act.DOWNLOAD: [look("/attachments/{id}", "file content")],
        Act.ADD: [send("/student-affairs/bulletins/{bulletin}", **_NOTICE, files="{file}")],
        Act.DELETE: [send("/student-affairs/bulletins/{bulletin}", **_NOTICE, dropped="{id}")],
    },
    **_talk("homeroom", "homeroom"),
    **_talk("academic_affairs", "academic-affairs"),
    **_talk("counseling", "counseling"),
    "AccountProfile": {
        Act.ONE: [look("/portal/profile/", "profile")],
        Act.CHANGE: [look("/portal/profile/edit", "profile")],
        Act.DOWNLOAD: [Door("/portal/my-data/", "profile", {"current_password": PASSWORD})],
    },
    "AccountSession": {
        Act.LIST: [look("/portal/sessions/", "address")],
        Act.END: [send("/portal/sessions/", session="{id}")],
    },
    "Account": {
        Act.LIST: [look("/sso/accounts/list/", "staff")],
        Act.ONE: [look("/sso/accounts/show/{id}", "staff")],
        Act.SUSPEND: [send("/sso/accounts/suspend/{id}")],
    },
    "StaffPlacement": _screen("/sso/placements", "staff", add={}, change={"job_title": "{n}"}),
    "PlacementRequest": {
        Act.LIST: [look("/sso/placement-requests/list/", "request")],
        Act.ONE: [
            look("/sso/placement-requests/show/{id}", "request"),
            look("/sso/placement-requests/review/{id}", "request"),
        ],
        Act.APPLY: [
            send("/portal/placement/", school_id="{school}", job_title="{n}"),
            send("/under-review/", school_id="{school}", job_title="{n}"),
        ],
        Act.REVIEW: [send("/sso/placement-requests/review/{id}", decision="refuse", reason="matrix")],
    },
    "Role": {
        Act.LIST: [look("/sso/roles/list/")],
        Act.ONE: [look("/sso/roles/show/{id}")],
    },
    "School": {
        **_screen(
            "/sso/schools",
            "school",
            Act.DELETE,
            add={"code": "{n}", "name": "{n}", "kind": "elementary"},
            change={"code": "{code}", "name": "{n}", "english_name": "{n}", "kind": "elementary"},
        ),
    },
    "AcademicTerm": _screen(
        "/sso/terms",
        "",
        Act.DELETE,
        add={"school_year": "{year}", "semester": "1", "starts_on": "2031-08-01", "ends_on": "2032-01-31"},
        change={"school_year": "{year}", "semester": "2", "starts_on": "2031-08-01", "ends_on": "2032-01-31"},
    ),
    "News": {
        **_screen(
            "/sso/news",
            "news",
            Act.DELETE,
            add={"title": "{n}", "published_on": "{today}"},
            change={"title": "{n}", "published_on": "{today}"},
        ),
    },
    "ImportBatch": {
        Act.LIST: [look("/sso/import/", "import"), look("/sso/imports/list/", "import")],
        Act.ONE: [look("/sso/import/{id}", "import"), look("/sso/imports/show/{id}", "import")],
        Act.UPLOAD: [send("/sso/import/", bundle="{file}")],
        Act.CARRY_OUT: [send("/sso/import/{id}/apply")],
    },
    "OutboxMessage": {
        Act.LIST: [look("/sso/outbox/list/")],
        Act.ONE: [look("/sso/outbox/show/{id}")],
    },
    "AuditEntry": {
        Act.LIST: [look("/sso/audit/list/?_flt_0_username=canaryAau", "audit")],
        Act.ONE: [look("/sso/audit/show/{id}", "audit")],
    },
}
DOORS["TermReport"] = {Act.DOWNLOAD: [look(CHILD + "/reports/{id}"), look("/student-affairs/reports/{id}")]}
DOORS["News"][Act.LIST].append(look("/news", "news"))
DOORS["News"][Act.ONE].append(look("/news/{id}", "news"))
DOORS["School"][Act.LIST] += [look("/portal/links/", "school"), look("/register/official/", "school")]
DOORS["Student"][Act.READERS] = [look(CHILD + "/readers", "student")]
DOORS["Student"][Act.REVEAL] = [look("/sso/students/reveal/{id}", "student")]
DOORS["Student"][Act.LIST].append(look("/portal/children/", "student"))
DOORS["Student"][Act.ONE].append(look(CHILD + "/", "student"))
for _key in ("TermGrade", "AttendanceEvent", "ConductRecord"):
    _word = {"TermGrade": "mark", "AttendanceEvent": "student", "ConductRecord": "conduct"}[_key]
    DOORS[_key][Act.LIST].append(look(CHILD + "/records", _word))
    DOORS[_key][Act.ONE].append(look(CHILD + "/records", _word))
for _key, _base, _word in (
    ("Student", "/sso/students", "student"),
    ("Enrollment", "/sso/enrollments", "student"),
    ("GuardianLink", "/student-affairs/link-records", "link"),
    ("TermGrade", "/student-affairs/term-grades", "mark"),
    ("AttendanceEvent", "/student-affairs/attendance", "student"),
    ("ConductRecord", "/student-affairs/conduct", "conduct"),
):
    DOORS[_key][Act.EXPORT] = export(_base, _word)
