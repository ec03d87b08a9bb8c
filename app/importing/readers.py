"""OneRoster 1.1, OneRoster 1.2 and SDS v2.1 into one normal form; what a single row can tell is checked here.

Columns are found by heading, whatever their order and letter case; unknown ones are left alone. In OneRoster 1.1 role and
school stand in users.csv, in 1.2 and SDS in roles.csv; SDS names a class's school ``orgSourcedId`` and its terms
``sessionSourcedIds``, and gives enrollments no sourcedId. Taiwan's own values come in metadata columns:
``metadata.studentNumber``, ``metadata.identityNumber`` (or ``metadata.nationalId``), ``metadata.seatNumber``,
``metadata.englishName``, ``metadata.acceptsLinkRequests``.
"""

from __future__ import annotations

import re

from app.importing.bundle import Bundle
from app.importing.problems import BundleRefused, NoteKind, ProblemKind, Problems, Refusal
from app.importing.roster import ClassRow, EnrollmentRow, Format, Mode, Org, RoleRow, Roster, Session, User
from app.importing.rows import LONGEST_ID, full_name, is_new, rows_of

_VERSIONS = {"1.1": Format.ONEROSTER_1_1, "1.2": Format.ONEROSTER_1_2}

_ORG_TYPES = frozenset({"department", "school", "district", "local", "state", "national"})
_SDS_ORG_TYPES = _ORG_TYPES | {
    "departmentOfEducation",
    "ministryOfEducation",
    "university",
    "college",
    "campus",
    "adultEducation",
    "municipality",
    "academicTrust",
    "localAuthority",
    "region",
    "division",
    "province",
    "researchCenter",
    "program",
}
_SESSION_TYPES = frozenset({"gradingPeriod", "semester", "schoolYear", "term"})
_SDS_SESSION_TYPES = _SESSION_TYPES | {"quarter", "trimester", "summerTerm", "session", "other"}
_CLASS_TYPES = frozenset({"", "homeroom", "scheduled"})
_ROLES = frozenset(
    {
        "administrator",
        "aide",
        "counselor",
        "districtAdministrator",
        "guardian",
        "parent",
        "principal",
        "proctor",
        "relative",
        "siteAdministrator",
        "student",
        "systemAdministrator",
        "teacher",
    }
)
_SDS_ROLES = _ROLES | {
    "adjunct",
    "advisor",
    "affiliate",
    "alumni",
    "assistant",
    "chair",
    "coach",
    "faculty",
    "instructor",
    "itAdmin",
    "lecturer",
    "nurse",
    "occupationalTherapist",
    "officeStaff",
    "other",
    "paraprofessional",
    "physicalTherapist",
    "professor",
    "researcher",
    "specialServices",
    "speechTherapist",
    "staff",
    "substitute",
    "teacherAssistant",
    "visionTherapist",
}
TEACHERS = frozenset({"teacher", "professor", "faculty", "lecturer", "instructor"})
GUARDIANS = frozenset({"guardian", "parent", "relative"})


def read_roster(bundle: Bundle, problems: Problems) -> Roster:
    """The whole bundle in normal form; what is wrong with it goes into ``problems``.

    Raises BundleRefused when it is a bundle of nothing that is known.
    """
    format_, modes = _format_and_modes(bundle, problems)
    roster = Roster(format_, modes, dict(bundle.file_names))
    sds = format_ == Format.SDS_2_1
    roster.headings = {
        "class_org": "orgSourcedId" if sds else "schoolSourcedId",
        "class_sessions": "sessionSourcedIds" if sds else "termSourcedIds",
        "user_org": "orgSourcedIds" if format_ == Format.ONEROSTER_1_1 else "orgSourcedId",
        "user_table": "users" if format_ == Format.ONEROSTER_1_1 else "roles",
    }
    _read_orgs(bundle, roster, problems)
    _read_sessions(bundle, roster, problems)
    _read_courses(bundle, roster, problems)
    _read_classes(bundle, roster, problems)
    _read_users(bundle, roster, problems)
    if format_ != Format.ONEROSTER_1_1:
        _read_roles(bundle, roster, problems)
    _read_demographics(bundle, roster, problems)
    _read_enrollments(bundle, roster, problems)
    return roster


# ---------- which format, which files ----------


def _format_and_modes(bundle: Bundle, problems: Problems) -> tuple[Format, dict[str, Mode]]:
    manifest = _read_manifest(bundle, problems)
    names = [name for name in bundle.file_names if name != "manifest"]
    if not names:
        raise BundleRefused(Refusal.NOT_A_ROSTER)
    if manifest:
        version = manifest.get("oneroster.version", "")
        format_ = _VERSIONS.get(".".join(version.split(".")[:2]))
        if format_ is None:
            problems.add(ProblemKind.WRONG_VERSION, bundle.file_names["manifest"], 0, "oneroster.version", version)
            format_ = Format.ONEROSTER_1_1
        modes = {}
        for name in ("orgs", "academicSessions", "courses", "classes", "users", "roles", "demographics", "enrollments"):
            modes[name] = _declared_mode(bundle, name, manifest.get(f"file.{name}".lower(), ""), problems)
        return format_, modes
    format_ = _guess_format(bundle, Problems())
    if format_ == Format.SDS_2_1:
        for name in ("orgs", "users", "roles"):
            if not bundle.has(name):
                problems.add(ProblemKind.MISSING_FILE, f"{name}.csv")
        return format_, dict.fromkeys(names, Mode.BULK)
    problems.note(NoteKind.NO_MANIFEST)
    return format_, dict.fromkeys(names, Mode.DELTA)


def _read_manifest(bundle: Bundle, problems: Problems) -> dict[str, str]:
    table = bundle.table("manifest")
    if table is None or not table.require("propertyName", "value"):
        return {}
    return {line.get("propertyName").lower(): line.get("value") for line in table}


def _declared_mode(bundle: Bundle, name: str, declared: str, problems: Problems) -> Mode:
    """What the manifest says of a file; a file of which it says nothing is as good as the one that lies there."""
    manifest = bundle.file_names["manifest"]
    if declared.lower() not in ("", *Mode):
        problems.add(ProblemKind.WRONG_VALUE, manifest, 0, f"file.{name}", declared)
    mode = Mode(declared.lower()) if declared.lower() in tuple(Mode) else Mode.DELTA if bundle.has(name) else Mode.ABSENT
    if mode != Mode.ABSENT and not bundle.has(name):
        problems.add(ProblemKind.MISSING_FILE, f"{name}.csv")
        return Mode.ABSENT
    return mode


def _guess_format(bundle: Bundle, unheard: Problems) -> Format:
    """Without a manifest: 1.2 says ``roleType`` in roles.csv, SDS has roles.csv without it, 1.1 has none at all."""
    if not bundle.has("users") and not bundle.has("enrollments"):
        raise BundleRefused(Refusal.NOT_A_ROSTER)
    roles = bundle.table("roles")
    if roles is not None:
        return Format.ONEROSTER_1_2 if roles.has("roleType") else Format.SDS_2_1
    users = bundle.table("users")
    classes = bundle.table("classes")
    if (users is not None and not users.has("role")) or (classes is not None and classes.has("sessionSourcedIds")):
        return Format.SDS_2_1
    return Format.ONEROSTER_1_1


# ---------- the tables ----------


def _read_orgs(bundle: Bundle, roster: Roster, problems: Problems) -> None:
    table = bundle.table("orgs")
    if table is None or not table.require("sourcedId", "name", "type"):
        return
    lines: dict[str, int] = {}
    parents: list[str] = []
    for row in rows_of(table, roster, "orgs", problems):
        org = Org(
            line=row.number,
            sourced_id=row.key("sourcedId"),
            name=row.text("name", 120, required=True),
            type=row.choice("type", _SDS_ORG_TYPES if roster.format == Format.SDS_2_1 else _ORG_TYPES),
            code=row.text("identifier", 60),
            english_name=row.text("metadata.englishName", 120),
            accepts_link_requests=row.flag("metadata.acceptsLinkRequests"),
        )
        if is_new(lines, org.sourced_id, row, table, problems):
            roster.orgs[org.sourced_id] = org
            parents.append(row.key("parentSourcedId", required=False))
    problems.note(NoteKind.MISSING_PARENTS, sum(1 for parent in parents if parent and parent not in roster.orgs))


def _read_sessions(bundle: Bundle, roster: Roster, problems: Problems) -> None:
    table = bundle.table("academicSessions")
    if table is None or not table.require("sourcedId", "type", "startDate", "endDate"):
        return
    lines: dict[str, int] = {}
    types = _SDS_SESSION_TYPES if roster.format == Format.SDS_2_1 else _SESSION_TYPES
    for row in rows_of(table, roster, "academicSessions", problems):
        key, type_ = row.key("sourcedId"), row.choice("type", types)
        starts_on, ends_on = row.day("startDate", required=True), row.day("endDate", required=True)
        if starts_on and ends_on and ends_on < starts_on:
            problems.add(ProblemKind.ENDS_BEFORE_START, table.file, row.number, "endDate")
            starts_on = None
        if not is_new(lines, key, row, table, problems):
            continue
        if starts_on is None or ends_on is None:
            roster.wrong_sessions.add(key)
        else:
            roster.sessions[key] = Session(row.number, key, type_, starts_on, ends_on)


def _read_courses(bundle: Bundle, roster: Roster, problems: Problems) -> None:
    table = bundle.table("courses")
    if table is None or not table.require("sourcedId"):
        return
    lines: dict[str, int] = {}
    for row in rows_of(table, roster, "courses", problems):
        key = row.key("sourcedId")
        if is_new(lines, key, row, table, problems):
            roster.course_grades[key] = row.many("grades") or row.many("grade")


def _read_classes(bundle: Bundle, roster: Roster, problems: Problems) -> None:
    table = bundle.table("classes")
    org, sessions = roster.headings["class_org"], roster.headings["class_sessions"]
    if table is None or not table.require("sourcedId", "title", org, sessions):
        return
    lines: dict[str, int] = {}
    for row in rows_of(table, roster, "classes", problems):
        school_class = ClassRow(
            line=row.number,
            sourced_id=row.key("sourcedId"),
            title=row.text("title", 100, required=True),
            org=row.key(org),
            is_homeroom=row.choice("classType", _CLASS_TYPES) == "homeroom",
            grades=row.many("grades"),
            sessions=row.many(sessions),
            course=row.key("courseSourcedId", required=False),
        )
        if not school_class.sessions:
            problems.add(ProblemKind.MISSING_VALUE, table.file, row.number, sessions)
        if is_new(lines, school_class.sourced_id, row, table, problems):
            roster.classes[school_class.sourced_id] = school_class


def _read_users(bundle: Bundle, roster: Roster, problems: Problems) -> None:
    table = bundle.table("users")
    if table is None or not table.require("sourcedId", "username", "givenName", "familyName"):
        return
    has_roles = roster.format == Format.ONEROSTER_1_1
    if has_roles and not table.require("role", "orgSourcedIds"):
        return
    lines: dict[str, int] = {}
    for row in rows_of(table, roster, "users", problems):
        name = full_name(row.text("familyName", 60), row.text("givenName", 60))
        identity_field = next((each for each in IDENTITY_FIELDS if row.text(each, 60)), "")
        number, number_field = row.text("metadata.studentNumber", 60), "metadata.studentNumber"
        if not number:
            number, number_field = row.text("identifier", 60), "identifier"
        identity = row.text(identity_field, 60) if identity_field else ""
        if _LOOKS_LIKE_IDENTITY.fullmatch(number):
            # Some systems put the national ID where the student number belongs: it must not be shown as one.
            identity, identity_field, number = identity or number, identity_field or number_field, ""
        if not name:
            problems.add(ProblemKind.MISSING_VALUE, table.file, row.number, "familyName")
        user = User(
            line=row.number,
            sourced_id=row.key("sourcedId"),
            username=row.text("username", 254),
            full_name=name,
            student_number=number,
            identity_number=identity,
            identity_field=identity_field,
            grades=row.many("grades"),
        )
        if has_roles:
            role = row.choice("role", _ROLES)
            orgs = row.many("orgSourcedIds")
            if not orgs:
                problems.add(ProblemKind.MISSING_VALUE, table.file, row.number, "orgSourcedIds")
            user.roles = [RoleRow(row.number, org, role, place == 0) for place, org in enumerate(orgs)]
        if is_new(lines, user.sourced_id, row, table, problems):
            roster.users[user.sourced_id] = user


IDENTITY_FIELDS = ("metadata.identityNumber", "metadata.nationalId")
_LOOKS_LIKE_IDENTITY = re.compile(r"[A-Za-z][A-Da-d1289][0-9]{8}")


def _read_roles(bundle: Bundle, roster: Roster, problems: Problems) -> None:
    table = bundle.table("roles")
    if table is None or not table.require("userSourcedId", "orgSourcedId", "role"):
        return
    is_sds = roster.format == Format.SDS_2_1
    lines: dict[str, int] = {}
    for row in rows_of(table, roster, "roles", problems):
        user_id, org = row.key("userSourcedId"), row.key("orgSourcedId")
        role = row.choice("role", _SDS_ROLES if is_sds else _ROLES)
        if is_sds:
            is_primary, key, heading = bool(row.flag("isPrimary")), "\n".join((user_id, org, role)), "userSourcedId"
            key = f"{key}\n{row.key('sessionSourcedId', required=False)}"
        else:
            is_primary = row.choice("roleType", frozenset({"", "primary", "secondary"})) == "primary"
            key, heading = row.key("sourcedId"), "sourcedId"
        if not is_new(lines, key, row, table, problems, heading):
            continue
        user = roster.users.get(user_id)
        if user is not None:
            user.roles.append(RoleRow(row.number, org, role, is_primary, row.text("grade", 20)))
        elif not roster.is_deleted("users", user_id) and roster.mode("users") == Mode.BULK:
            problems.add(ProblemKind.UNKNOWN_REFERENCE, table.file, row.number, "userSourcedId", user_id)


def _read_demographics(bundle: Bundle, roster: Roster, problems: Problems) -> None:
    table = bundle.table("demographics")
    key_heading = "userSourcedId" if roster.format == Format.SDS_2_1 else "sourcedId"
    if table is None or not table.require(key_heading):
        return
    lines: dict[str, int] = {}
    for row in rows_of(table, roster, "demographics", problems):
        user_id, birth_date = row.key(key_heading), row.day("birthDate")
        if not is_new(lines, user_id, row, table, problems, key_heading):
            continue
        if user_id not in roster.users:
            if roster.mode("users") == Mode.BULK and not roster.is_deleted("users", user_id):
                problems.add(ProblemKind.UNKNOWN_REFERENCE, table.file, row.number, key_heading, user_id)
            continue
        if birth_date is not None:
            roster.birth_dates[user_id] = (row.number, birth_date)


def _read_enrollments(bundle: Bundle, roster: Roster, problems: Problems) -> None:
    table = bundle.table("enrollments")
    if table is None or not table.require("classSourcedId", "userSourcedId", "role"):
        return
    is_sds = roster.format == Format.SDS_2_1
    if not is_sds and not table.require("sourcedId"):
        return
    lines: dict[str, int] = {}
    for row in rows_of(table, roster, "enrollments", problems):
        class_id, user_id = row.key("classSourcedId"), row.key("userSourcedId")
        key = f"{class_id}:{user_id}" if is_sds else row.key("sourcedId")
        if len(key) > LONGEST_ID:
            problems.add(ProblemKind.TOO_LONG, table.file, row.number, "userSourcedId")
        enrollment = EnrollmentRow(
            line=row.number,
            sourced_id=key,
            class_id=class_id,
            user=user_id,
            role=row.choice("role", _SDS_ROLES if is_sds else _ROLES),
            is_primary=bool(row.flag("primary")),
            starts_on=row.day("beginDate"),
            ends_on=row.day("endDate"),
            seat_number=row.seat("metadata.seatNumber"),
        )
        if is_new(lines, key, row, table, problems, "userSourcedId" if is_sds else "sourcedId"):
            roster.enrollments[key] = enrollment
