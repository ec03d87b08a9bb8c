"""Who can do what: the whole of it as one table, persona × object × act → allowed, hidden or refused.

The table decides nothing: it states what ``scopes``, ``pages`` and ``policy`` come to, from outside. Three things are
made of it: tests/access/test_matrix.py tries every cell, the page 「誰能做什麼」 shows it, ``flask portal permissions``
writes docs/permissions.md. Every row speaks of one and the same case: child A of one class of one school, and what
belongs to that child, its guardian, its class and its school. The personas stand in the order of the columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from flask_babel import lazy_gettext as _l

from app.access.roles import Role
from app.model_types import LabelledEnum


class Persona(LabelledEnum):
    """Who looks. The value is the two letters over the column."""

    ANONYMOUS = "an", _l("Visitor, not signed in")
    GUARDIAN = "gA", _l("Guardian of child A")
    GUARDIAN_OF_ANOTHER = "gB", _l("Guardian of a child in another class")
    LINK_PENDING = "gp", _l("Guardian whose link to child A awaits review")
    LINK_REFUSED = "gr", _l("Guardian whose link to child A was refused")
    LINK_ENDED = "ge", _l("Guardian whose link to child A has ended")
    TEACHER = "tA", _l("Homeroom teacher of the class")
    TEACHER_OF_ANOTHER_CLASS = "tO", _l("Homeroom teacher of another class")
    TEACHER_OF_ANOTHER_SCHOOL = "tS", _l("Homeroom teacher at another school")
    TEACHER_AND_MANAGER = "tM", _l("Homeroom teacher of another class who is manager as well")
    MANAGER = "mg", _l("School manager")
    REGISTRAR = "rg", _l("Registrar alone")
    INSTRUCTION = "in", _l("Instruction officer alone")
    ACADEMIC_AFFAIRS = "ac", _l("Registrar and instruction officer in one")
    COUNSELOR = "co", _l("Counselor")
    PERSONNEL = "pe", _l("Personnel officer")
    CITY = "ca", _l("City administrator")
    TEACHER_AND_GUARDIAN = "tp", _l("Homeroom teacher of another class who is a guardian of child A")
    AWAITING_REVIEW = "aw", _l("Staff account awaiting review")
    SUSPENDED = "su", _l("Suspended account with an old session")


class Act(LabelledEnum):
    """What is tried. The first five are of every object; the others are the special acts of some."""

    LIST = "list", _l("see in a list")
    ONE = "one", _l("see one")
    ADD = "add", _l("add")
    CHANGE = "change", _l("change")
    DELETE = "delete", _l("delete")
    DOWNLOAD = "download", _l("download")
    EXPORT = "export", _l("take the list along as a file")
    READERS = "readers", _l("see who has read the record")
    REVEAL = "reveal", _l("see the full identity number")
    APPLY = "apply", _l("apply")
    REVIEW = "review", _l("review")
    WITHDRAW = "withdraw", _l("withdraw")
    END = "end", _l("end")
    SEND = "send", _l("send a message")
    SWITCH = "switch", _l("open and close")
    UPLOAD = "upload", _l("upload")
    CARRY_OUT = "carry out", _l("carry out")
    SUSPEND = "suspend", _l("suspend and reopen")


class Outcome(LabelledEnum):
    """What comes of it. The value is the sign in docs/permissions.md."""

    ALLOWED = "✓", _l("allowed")
    HIDDEN = "·", _l("hidden")
    REFUSED = "✗", _l("refused")


MEANINGS: dict[Outcome, Any] = {
    Outcome.ALLOWED: _l("It is done."),
    Outcome.HIDDEN: _l("The page opens, and answers as if there were no such row."),
    Outcome.REFUSED: _l("There is no such page for this person."),
}
_OUTCOMES = {"+": Outcome.ALLOWED, ".": Outcome.HIDDEN, "-": Outcome.REFUSED, "o": Outcome.REFUSED}
WITHIN_REACH = "o"
"""In the table: refused, yet the data layer lets such a row through, because other pages or acts of that person work on
it: the counselor has no page of student links, but her page names the guardians that she may write to."""


@dataclass(frozen=True)
class Object:
    """What is acted upon. ``key`` is the model's name, with the channel behind a dot where three channels differ."""

    key: str
    label: Any
    about: Any
    """Which row of it the table speaks of."""

    @property
    def model(self) -> str:
        return self.key.partition(".")[0]


@dataclass(frozen=True)
class Group:
    label: Any
    objects: tuple[Object, ...]


_OF_CHILD = _l("of child A")
_OF_CLASS = _l("of child A's class")
_OF_SCHOOL = _l("of child A's school")
_OF_GUARDIAN = _l("of the guardian of child A")
_OF_STAFF = _l("of a counselor at child A's school")
_ANY = _l("any")

GROUPS: tuple[Group, ...] = (
    Group(
        _l("Child and class"),
        (
            Object("Student", _l("Student"), _l("child A")),
            Object("Enrollment", _l("Enrollment"), _OF_CHILD),
            Object("SchoolClass", _l("School class"), _OF_CHILD),
            Object("HomeroomAssignment", _l("Homeroom assignment"), _OF_CLASS),
            Object("GuardianLink", _l("Student link"), _OF_GUARDIAN),
            Object("ProtectionMark", _l("Protection mark"), _OF_CHILD),
        ),
    ),
    Group(
        _l("Records of the child"),
        (
            Object("TermGrade", _l("Mark"), _OF_CHILD),
            Object("AttendanceEvent", _l("Absence"), _OF_CHILD),
            Object("ConductRecord", _l("Reward or punishment"), _OF_CHILD),
            Object("TermReport", _l("Term report"), _OF_GUARDIAN),
        ),
    ),
    Group(
        _l("Homeroom area"),
        (
            Object("Bulletin", _l("Bulletin"), _OF_CLASS),
            Object("ContactBookEntry", _l("Contact book of a day"), _OF_CLASS),
            Object("ContactBookItem", _l("Line of a contact book"), _OF_CLASS),
            Object("Attachment", _l("Attached file"), _OF_CLASS),
            Object("BulletinRead", _l("When a bulletin was read"), _OF_GUARDIAN),
            Object("ContactBookRead", _l("How far the contact books have been read"), _OF_GUARDIAN),
        ),
    ),
    Group(
        _l("Conversations"),
        (
            Object("Conversation.homeroom", _l("Conversation with the homeroom teacher"), _OF_CHILD),
            Object("Message.homeroom", _l("Message to or from the homeroom teacher"), _OF_CHILD),
            Object("ChannelSwitch.homeroom", _l("Switch of the homeroom area"), _OF_CLASS),
            Object("Conversation.academic_affairs", _l("Conversation with academic affairs"), _OF_CHILD),
            Object("Message.academic_affairs", _l("Message to or from academic affairs"), _OF_CHILD),
            Object("ChannelSwitch.academic_affairs", _l("Switch of the academic affairs area"), _OF_SCHOOL),
            Object("Conversation.counseling", _l("Conversation with the counselors"), _OF_CHILD),
            Object("Message.counseling", _l("Message to or from the counselors"), _OF_CHILD),
            Object("ChannelSwitch.counseling", _l("Switch of the counseling area"), _OF_SCHOOL),
            Object("ConversationRead", _l("How far a conversation has been read"), _OF_GUARDIAN),
        ),
    ),
    Group(
        _l("Accounts"),
        (
            Object("AccountProfile", _l("Basic data"), _OF_GUARDIAN),
            Object("AccountSession", _l("Signed-in device"), _OF_GUARDIAN),
            Object("Consent", _l("Consent to the privacy notice"), _OF_GUARDIAN),
            Object("Account", _l("Account"), _OF_STAFF),
            Object("StaffPlacement", _l("Placement"), _OF_STAFF),
            Object("PlacementRequest", _l("Placement request"), _OF_STAFF),
            Object("Role", _l("Role of the product"), _ANY),
        ),
    ),
    Group(
        _l("City and system"),
        (
            Object("School", _l("School"), _l("any but one's own")),
            Object("AcademicTerm", _l("School year and term"), _ANY),
            Object("News", _l("Piece of news"), _ANY),
            Object("ImportBatch", _l("Import of a roster"), _OF_SCHOOL),
            Object("OutboxMessage", _l("Letter or SMS on its way"), _OF_GUARDIAN),
            Object("AuditEntry", _l("Entry of the audit log"), _ANY),
            Object("AuditSeal", _l("Seal on an entry of the audit log"), _ANY),
        ),
    ),
    Group(
        _l("Secrets and counters of the product"),
        (
            Object("OneTimeSecret", _l("Temporary password or link of a letter"), _OF_GUARDIAN),
            Object("PasswordHistory", _l("Former password"), _OF_GUARDIAN),
            Object("SecondFactor", _l("Secret of a second factor"), _OF_GUARDIAN),
            Object("RecoveryCode", _l("Recovery code"), _OF_GUARDIAN),
            Object("SignInCounter", _l("Count of failed sign-ins"), _OF_GUARDIAN),
            Object("LimitCount", _l("Count of what is capped"), _OF_GUARDIAN),
            Object("AuditHead", _l("End of the chain of seals"), _ANY),
            Object("AccessVersion", _l("Version of the permissions"), _ANY),
        ),
    ),
)

OBJECTS: dict[str, Object] = {each.key: each for group in GROUPS for each in group.objects}

_SHORT = {
    "see": (Act.LIST, Act.ONE),
    "keep": (Act.ADD, Act.CHANGE, Act.DELETE),
    "every": (Act.LIST, Act.ONE, Act.ADD, Act.CHANGE, Act.DELETE),
}

# + allowed   . hidden   - refused   o refused, yet within the data layer's reach (see WITHIN_REACH)
#
# object                       | acts              | an | gA gB gp gr ge | tA tO tS tM | mg rg in ac co pe | ca | tp | aw su
TABLE = """
Student                        | see               |  - |  +  .  .  .  . |  +  .  .  + |  +  +  +  +  +  - |  + |  + |  -  -
Student                        | keep              |  - |  -  -  -  -  - |  -  -  -  + |  +  +  -  +  -  - |  + |  - |  -  -
Student                        | export            |  - |  -  -  -  -  - |  +  .  .  + |  +  +  -  +  -  - |  - |  + |  -  -
Student                        | readers           |  - |  +  .  .  .  . |  -  -  -  - |  -  -  -  -  -  - |  - |  + |  -  -
Student                        | reveal            |  - |  -  -  -  -  - |  -  -  -  - |  -  +  -  +  -  - |  - |  - |  -  -
Enrollment                     | see               |  - |  o  -  -  -  - |  o  -  -  + |  +  +  +  +  o  - |  + |  o |  -  -
Enrollment                     | keep              |  - |  -  -  -  -  - |  -  -  -  + |  +  +  -  +  -  - |  + |  - |  -  -
Enrollment                     | export            |  - |  -  -  -  -  - |  -  -  -  + |  +  +  -  +  -  - |  - |  - |  -  -
SchoolClass                    | see               |  - |  o  -  -  -  - |  o  -  -  + |  +  +  +  +  o  - |  + |  o |  -  -
SchoolClass                    | keep              |  - |  -  -  -  -  - |  -  -  -  + |  +  +  -  +  -  - |  + |  - |  -  -
HomeroomAssignment             | see               |  - |  o  -  -  -  - |  o  -  -  + |  +  +  +  +  o  - |  + |  o |  -  -
HomeroomAssignment             | keep              |  - |  -  -  -  -  - |  -  -  -  + |  +  +  -  +  -  - |  + |  - |  -  -
GuardianLink                   | see               |  - |  +  .  .  .  . |  +  .  .  + |  +  +  o  +  o  - |  + |  . |  -  -
GuardianLink                   | add               |  - |  o  -  -  -  - |  o  -  -  o |  o  o  -  o  -  - |  o |  - |  -  -
GuardianLink                   | change, delete    |  - |  -  -  -  -  - |  o  -  -  o |  o  o  -  o  -  - |  o |  - |  -  -
GuardianLink                   | apply             |  - |  +  +  +  +  + |  -  -  -  - |  -  -  -  -  -  - |  - |  + |  -  -
GuardianLink                   | review, end       |  - |  -  -  -  -  - |  +  .  .  + |  +  -  -  -  -  - |  - |  . |  -  -
GuardianLink                   | withdraw          |  - |  +  .  .  .  . |  -  -  -  - |  -  -  -  -  -  - |  - |  . |  -  -
GuardianLink                   | export            |  - |  -  -  -  -  - |  -  -  -  + |  +  +  -  +  -  - |  - |  - |  -  -
ProtectionMark                 | list, add, change |  - |  -  -  -  -  - |  -  -  -  + |  +  +  -  +  -  - |  + |  - |  -  -
ProtectionMark                 | one, delete       |  - |  -  -  -  -  - |  -  -  -  o |  o  o  -  o  -  - |  o |  - |  -  -
TermGrade                      | see               |  - |  +  .  .  .  . |  +  .  .  + |  +  +  +  +  -  - |  + |  + |  -  -
TermGrade                      | keep              |  - |  -  -  -  -  - |  -  -  -  + |  +  +  +  +  -  - |  + |  - |  -  -
TermGrade                      | export            |  - |  -  -  -  -  - |  +  .  .  + |  +  +  +  +  -  - |  - |  + |  -  -
AttendanceEvent                | see               |  - |  +  .  .  .  . |  +  .  .  + |  +  +  o  +  -  - |  + |  + |  -  -
AttendanceEvent                | keep              |  - |  -  -  -  -  - |  -  -  -  + |  +  +  -  +  -  - |  + |  - |  -  -
AttendanceEvent                | export            |  - |  -  -  -  -  - |  +  .  .  + |  +  +  -  +  -  - |  - |  + |  -  -
ConductRecord                  | see               |  - |  +  .  .  .  . |  +  .  .  + |  +  +  o  +  -  - |  + |  + |  -  -
ConductRecord                  | keep              |  - |  -  -  -  -  - |  -  -  -  + |  +  +  -  +  -  - |  + |  - |  -  -
ConductRecord                  | export            |  - |  -  -  -  -  - |  +  .  .  + |  +  +  -  +  -  - |  - |  + |  -  -
TermReport                     | every             |  - |  o  -  -  -  - |  -  -  -  - |  -  -  -  -  -  - |  - |  - |  -  -
TermReport                     | download          |  - |  +  .  .  .  . |  .  .  .  . |  .  .  -  .  -  - |  - |  . |  -  -
Bulletin                       | see               |  - |  +  .  .  .  . |  +  .  .  + |  -  -  -  -  -  - |  + |  + |  -  -
Bulletin                       | keep              |  - |  -  -  -  -  - |  +  .  .  + |  -  -  -  -  -  - |  - |  . |  -  -
ContactBookEntry               | see               |  - |  +  .  .  .  . |  +  .  .  + |  -  -  -  -  -  - |  + |  + |  -  -
ContactBookEntry               | keep              |  - |  -  -  -  -  - |  +  .  .  + |  -  -  -  -  -  - |  - |  . |  -  -
ContactBookItem                | see               |  - |  +  .  .  .  . |  +  .  .  + |  -  -  -  -  -  - |  + |  + |  -  -
ContactBookItem                | keep              |  - |  -  -  -  -  - |  +  .  .  + |  -  -  -  -  -  - |  - |  . |  -  -
Attachment                     | see               |  - |  +  .  .  .  . |  +  .  .  + |  -  -  -  -  -  - |  o |  + |  -  -
Attachment                     | add, delete       |  - |  -  -  -  -  - |  +  .  .  + |  -  -  -  -  -  - |  - |  . |  -  -
Attachment                     | change            |  - |  -  -  -  -  - |  o  -  -  o |  -  -  -  -  -  - |  - |  - |  -  -
Attachment                     | download          |  - |  +  .  .  .  . |  +  .  .  + |  -  -  -  -  -  - |  + |  + |  -  -
BulletinRead                   | every             |  - |  o  -  -  -  - |  -  -  -  - |  -  -  -  -  -  - |  - |  - |  -  -
ContactBookRead                | every             |  - |  o  -  -  -  - |  -  -  -  - |  -  -  -  -  -  - |  - |  - |  -  -
Conversation.homeroom          | see               |  - |  o  -  -  -  - |  +  .  .  + |  -  -  -  .  .  - |  - |  + |  -  -
Conversation.homeroom          | add               |  - |  -  -  -  -  - |  o  -  -  o |  -  -  -  -  -  - |  - |  - |  -  -
Conversation.homeroom          | change, delete    |  - |  o  -  -  -  - |  o  -  -  o |  -  -  -  -  -  - |  - |  o |  -  -
Message.homeroom               | see               |  - |  +  .  .  .  . |  +  .  .  + |  -  -  -  .  .  - |  - |  + |  -  -
Message.homeroom               | add               |  - |  o  -  -  -  - |  o  -  -  o |  -  -  -  -  -  - |  - |  o |  -  -
Message.homeroom               | change, delete    |  - |  -  -  -  -  - |  -  -  -  - |  -  -  -  -  -  - |  - |  - |  -  -
Message.homeroom               | send              |  - |  +  .  .  .  . |  +  .  .  + |  -  -  -  -  -  - |  - |  + |  -  -
ChannelSwitch.homeroom         | see               |  - |  o  o  -  -  - |  o  o  -  o |  o  o  o  o  o  - |  o |  o |  -  -
ChannelSwitch.homeroom         | keep              |  - |  -  -  -  -  - |  o  -  -  o |  -  -  -  -  -  - |  - |  - |  -  -
ChannelSwitch.homeroom         | switch            |  - |  -  -  -  -  - |  +  .  .  + |  -  -  -  -  -  - |  - |  . |  -  -
Conversation.academic_affairs  | see               |  - |  o  -  -  -  - |  .  .  .  . |  -  -  -  +  .  - |  - |  + |  -  -
Conversation.academic_affairs  | add               |  - |  -  -  -  -  - |  -  -  -  - |  -  -  -  o  -  - |  - |  - |  -  -
Conversation.academic_affairs  | change, delete    |  - |  o  -  -  -  - |  -  -  -  - |  -  -  -  o  -  - |  - |  o |  -  -
Message.academic_affairs       | see               |  - |  +  .  .  .  . |  .  .  .  . |  -  -  -  +  .  - |  - |  + |  -  -
Message.academic_affairs       | add               |  - |  o  -  -  -  - |  -  -  -  - |  -  -  -  o  -  - |  - |  o |  -  -
Message.academic_affairs       | change, delete    |  - |  -  -  -  -  - |  -  -  -  - |  -  -  -  -  -  - |  - |  - |  -  -
Message.academic_affairs       | send              |  - |  +  .  .  .  . |  -  -  -  - |  -  -  -  +  -  - |  - |  + |  -  -
ChannelSwitch.academic_affairs | see               |  - |  o  o  -  -  - |  o  o  -  o |  o  o  o  o  o  - |  o |  o |  -  -
ChannelSwitch.academic_affairs | keep              |  - |  -  -  -  -  - |  -  -  -  - |  -  -  -  o  -  - |  - |  - |  -  -
ChannelSwitch.academic_affairs | switch            |  - |  -  -  -  -  - |  -  -  -  - |  -  -  -  +  -  - |  - |  - |  -  -
Conversation.counseling        | see               |  - |  o  -  -  -  - |  .  .  .  . |  -  -  -  .  +  - |  - |  + |  -  -
Conversation.counseling        | add               |  - |  -  -  -  -  - |  -  -  -  - |  -  -  -  -  o  - |  - |  - |  -  -
Conversation.counseling        | change, delete    |  - |  o  -  -  -  - |  -  -  -  - |  -  -  -  -  o  - |  - |  o |  -  -
Message.counseling             | see               |  - |  +  .  .  .  . |  .  .  .  . |  -  -  -  .  +  - |  - |  + |  -  -
Message.counseling             | add               |  - |  o  -  -  -  - |  -  -  -  - |  -  -  -  -  o  - |  - |  o |  -  -
Message.counseling             | change, delete    |  - |  -  -  -  -  - |  -  -  -  - |  -  -  -  -  -  - |  - |  - |  -  -
Message.counseling             | send              |  - |  +  .  .  .  . |  -  -  -  - |  -  -  -  -  +  - |  - |  + |  -  -
ChannelSwitch.counseling       | see               |  - |  o  o  -  -  - |  o  o  -  o |  o  o  o  o  o  - |  o |  o |  -  -
ChannelSwitch.counseling       | keep              |  - |  -  -  -  -  - |  -  -  -  - |  -  -  -  -  o  - |  - |  - |  -  -
ChannelSwitch.counseling       | switch            |  - |  -  -  -  -  - |  -  -  -  - |  -  -  -  -  +  - |  - |  - |  -  -
ConversationRead               | every             |  - |  o  -  -  -  - |  -  -  -  - |  -  -  -  -  -  - |  - |  - |  -  -
AccountProfile                 | list, add, delete |  - |  o  -  -  -  - |  -  -  -  - |  -  -  -  -  -  - |  - |  - |  -  -
AccountProfile                 | one, change       |  - |  +  .  .  .  . |  .  .  .  . |  .  .  .  .  .  . |  . |  . |  -  -
AccountProfile                 | download          |  - |  +  .  .  .  . |  .  .  .  . |  .  .  .  .  .  . |  . |  . |  -  -
AccountSession                 | list, end         |  - |  +  .  .  .  . |  .  .  .  . |  .  .  .  .  .  . |  . |  . |  -  -
AccountSession                 | one, keep         |  - |  o  -  -  -  - |  -  -  -  - |  -  -  -  -  -  - |  - |  - |  -  -
Consent                        | list, one, add    |  - |  o  -  -  -  - |  -  -  -  - |  -  -  -  -  -  - |  - |  - |  -  -
Consent                        | change, delete    |  - |  -  -  -  -  - |  -  -  -  - |  -  -  -  -  -  - |  - |  - |  -  -
Account                        | see               |  - |  -  -  -  -  - |  -  -  -  - |  -  -  -  -  -  + |  + |  - |  -  -
Account                        | keep              |  - |  -  -  -  -  - |  -  -  -  - |  -  -  -  -  -  - |  - |  - |  -  -
Account                        | suspend           |  - |  -  -  -  -  - |  -  -  -  - |  -  -  -  -  -  - |  + |  - |  -  -
StaffPlacement                 | see               |  - |  -  -  -  -  - |  -  -  -  + |  +  +  -  +  -  + |  + |  - |  -  -
StaffPlacement                 | add, delete       |  - |  -  -  -  -  - |  -  -  -  - |  -  -  -  -  -  o |  o |  - |  -  -
StaffPlacement                 | change            |  - |  -  -  -  -  - |  -  -  -  - |  -  -  -  -  -  + |  + |  - |  -  -
PlacementRequest               | see, review       |  - |  -  -  -  -  - |  -  -  -  - |  -  -  -  -  -  + |  + |  - |  -  -
PlacementRequest               | keep              |  - |  -  -  -  -  - |  -  -  -  - |  -  -  -  -  -  o |  o |  - |  -  -
PlacementRequest               | apply             |  - |  .  .  .  .  . |  +  +  +  + |  +  +  +  +  +  + |  + |  + |  +  -
Role                           | see               |  - |  -  -  -  -  - |  -  -  -  - |  -  -  -  -  -  - |  + |  - |  -  -
Role                           | keep              |  - |  -  -  -  -  - |  -  -  -  - |  -  -  -  -  -  - |  - |  - |  -  -
School                         | list              |  + |  +  +  +  +  + |  +  +  +  + |  +  +  +  +  +  + |  + |  + |  o  +
School                         | one               |  o |  o  o  o  o  o |  o  o  o  + |  +  +  o  +  o  o |  + |  o |  o  o
School                         | add, delete       |  - |  -  -  -  -  - |  -  -  -  - |  -  -  -  -  -  - |  + |  - |  -  -
School                         | change            |  - |  -  -  -  -  - |  -  -  -  . |  .  -  -  -  -  - |  + |  - |  -  -
AcademicTerm                   | see               |  o |  o  o  o  o  o |  o  o  o  + |  +  +  o  +  o  o |  + |  o |  o  o
AcademicTerm                   | keep              |  - |  -  -  -  -  - |  -  -  -  - |  -  -  -  -  -  - |  + |  - |  -  -
News                           | see               |  + |  +  +  +  +  + |  +  +  +  + |  +  +  +  +  +  + |  + |  + |  o  +
News                           | keep              |  - |  -  -  -  -  - |  -  -  -  - |  -  -  -  -  -  - |  + |  - |  -  -
ImportBatch                    | see               |  - |  -  -  -  -  - |  -  -  -  + |  +  +  -  +  -  - |  + |  - |  -  -
ImportBatch                    | upload, carry out |  - |  -  -  -  -  - |  -  -  -  + |  +  +  -  +  -  - |  + |  - |  -  -
ImportBatch                    | keep              |  - |  -  -  -  -  - |  -  -  -  o |  o  o  -  o  -  - |  o |  - |  -  -
OutboxMessage                  | see               |  - |  -  -  -  -  - |  -  -  -  - |  -  -  -  -  -  - |  + |  - |  -  -
OutboxMessage                  | add               |  o |  o  o  o  o  o |  o  o  o  o |  o  o  o  o  o  o |  o |  o |  o  o
OutboxMessage                  | change, delete    |  - |  -  -  -  -  - |  -  -  -  - |  -  -  -  -  -  - |  - |  - |  -  -
AuditEntry                     | see               |  - |  -  -  -  -  - |  -  -  -  - |  -  -  -  -  -  - |  + |  - |  -  -
AuditEntry                     | add               |  o |  o  o  o  o  o |  o  o  o  o |  o  o  o  o  o  o |  o |  o |  o  o
AuditEntry                     | change, delete    |  - |  -  -  -  -  - |  -  -  -  - |  -  -  -  -  -  - |  - |  - |  -  -
AuditSeal                      | see               |  - |  -  -  -  -  - |  -  -  -  - |  -  -  -  -  -  - |  o |  - |  -  -
AuditSeal                      | add               |  o |  o  o  o  o  o |  o  o  o  o |  o  o  o  o  o  o |  o |  o |  o  o
AuditSeal                      | change, delete    |  - |  -  -  -  -  - |  -  -  -  - |  -  -  -  -  -  - |  - |  - |  -  -
OneTimeSecret                  | every             |  - |  -  -  -  -  - |  -  -  -  - |  -  -  -  -  -  - |  - |  - |  -  -
PasswordHistory                | every             |  - |  -  -  -  -  - |  -  -  -  - |  -  -  -  -  -  - |  - |  - |  -  -
SecondFactor                   | every             |  - |  -  -  -  -  - |  -  -  -  - |  -  -  -  -  -  - |  - |  - |  -  -
RecoveryCode                   | every             |  - |  -  -  -  -  - |  -  -  -  - |  -  -  -  -  -  - |  - |  - |  -  -
SignInCounter                  | every             |  - |  -  -  -  -  - |  -  -  -  - |  -  -  -  -  -  - |  - |  - |  -  -
LimitCount                     | every             |  - |  -  -  -  -  - |  -  -  -  - |  -  -  -  -  -  - |  - |  - |  -  -
AuditHead                      | every             |  - |  -  -  -  -  - |  -  -  -  - |  -  -  -  -  -  - |  - |  - |  -  -
AccessVersion                  | every             |  - |  -  -  -  -  - |  -  -  -  - |  -  -  -  -  -  - |  - |  - |  -  -
"""


@dataclass(frozen=True)
class Line:
    """One object, one act, and what comes of it for everybody."""

    object: Object
    act: Act
    letters: str
    """One of ``+ . - o`` for each persona."""

    def outcome(self, persona: Persona) -> Outcome:
        return _OUTCOMES[self.letter(persona)]

    def letter(self, persona: Persona) -> str:
        return self.letters[PERSONAS.index(persona)]


PERSONAS = tuple(Persona)
COMMON_ACTS = (Act.LIST, Act.ONE, Act.ADD, Act.CHANGE, Act.DELETE)


@cache
def lines() -> tuple[Line, ...]:
    """The table, one line for each object and act, in its order."""
    found = []
    for row in TABLE.strip().splitlines():
        key, acts, *columns = (part.strip() for part in row.split("|"))
        letters = "".join(columns).replace(" ", "")
        assert len(letters) == len(PERSONAS), row
        for act in acts.split(", "):
            found += [Line(OBJECTS[key], each, letters) for each in _SHORT.get(act) or (Act(act),)]
    order = {key: number for number, key in enumerate(OBJECTS)}
    return tuple(sorted(found, key=lambda line: (order[line.object.key], list(Act).index(line.act))))


@cache
def lines_of(key: str) -> dict[Act, Line]:
    """The lines of one object, by act."""
    return {line.act: line for line in lines() if line.object.key == key}


def outcome(persona: Persona, key: str, act: Act) -> Outcome:
    """What comes of it when ``persona`` tries ``act`` on the object of that key."""
    return lines_of(key)[act].outcome(persona)


_OWN: tuple[tuple[frozenset[Role], Persona], ...] = (
    (frozenset({Role.CITY_ADMIN}), Persona.CITY),
    (frozenset({Role.HOMEROOM_TEACHER, Role.SCHOOL_ADMIN}), Persona.TEACHER_AND_MANAGER),
    (frozenset({Role.SCHOOL_ADMIN}), Persona.MANAGER),
    (frozenset({Role.REGISTRAR, Role.INSTRUCTION_OFFICER}), Persona.ACADEMIC_AFFAIRS),
    (frozenset({Role.REGISTRAR}), Persona.REGISTRAR),
    (frozenset({Role.INSTRUCTION_OFFICER}), Persona.INSTRUCTION),
    (frozenset({Role.COUNSELOR}), Persona.COUNSELOR),
    (frozenset({Role.PERSONNEL_OFFICER}), Persona.PERSONNEL),
)


def persona_of(roles: frozenset[Role]) -> Persona:
    """The persona that a member of staff of these roles is likest; a homeroom teacher, unless another fits."""
    return next((persona for needed, persona in _OWN if needed <= roles), Persona.TEACHER)
