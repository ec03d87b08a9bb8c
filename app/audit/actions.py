"""What the audit log's actions are called. An action is «verb.object»; one without words here fails a test."""

from __future__ import annotations

from typing import Any

from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

ACTIONS: dict[str, Any] = {
    # accounts
    "register.account": _l("Registered an account"),
    "activate.account": _l("Activated the account"),
    "resend.activation": _l("Asked for the activation letter again"),
    "tell.identity_number_registered": _l("Was told that an identity number is registered"),
    "sign_in.account": _l("Signed in"),
    "sign_out.account": _l("Signed out"),
    "fail.sign_in": _l("Failed to sign in"),
    "lock.sign_in": _l("Was locked out after failing to sign in"),
    "refuse.sign_in": _l("Was refused at sign-in because of the account's state"),
    "send.first_password": _l("Was sent a first password"),
    "change.first_password": _l("Changed the first password"),
    "reset.password": _l("Asked for a password reset"),
    "renew.password": _l("Set a new password after a reset"),
    "fail.current_password": _l("Typed a wrong current password"),
    "change.profile": _l("Changed the own basic data"),
    "end.session": _l("Signed other devices out"),
    "suspend.account": _l("Suspended an account"),
    "reopen.account": _l("Reopened an account"),
    "ask.second_factor": _l("Gave the right password and was asked for the code"),
    "fail.second_factor": _l("Typed a wrong code"),
    "turn_on.second_factor": _l("Turned two-step sign-in on"),
    "turn_off.second_factor": _l("Turned two-step sign-in off"),
    "remove.second_factor": _l("Removed an account's two-step sign-in"),
    "renew.recovery_codes": _l("Made new recovery codes"),
    "remove.account": _l("An unused account was removed"),
    "accept.notice": _l("Agreed to the privacy notice"),
    "export.own_data": _l("Took the own data along"),
    "request.placement": _l("Applied for a placement"),
    "approve.placement": _l("Approved a placement request"),
    "refuse.placement": _l("Refused a placement request"),
    "end.placement": _l("Ended a placement"),
    # student links
    "request.guardian_link": _l("Applied for a student link"),
    "withdraw.guardian_link": _l("Withdrew a student link"),
    "approve.guardian_link": _l("Approved a student link"),
    "reject.guardian_link": _l("Did not approve a student link"),
    "end.guardian_link": _l("Ended a student link"),
    "place.protection_mark": _l("Placed a protection mark"),
    "lift.protection_mark": _l("Lifted a protection mark"),
    # what teachers write, and conversations
    "publish.bulletin": _l("Published a bulletin"),
    "edit.bulletin": _l("Changed a bulletin"),
    "delete.bulletin": _l("Deleted a bulletin"),
    "write.contact_book_entry": _l("Wrote a day of the contact book"),
    "edit.contact_book_entry": _l("Changed a day of the contact book"),
    "delete.contact_book_entry": _l("Deleted a day of the contact book"),
    "send.message": _l("Sent a message"),
    "open.channel": _l("Switched a conversation area on"),
    "close.channel": _l("Switched a conversation area off"),
    "refuse.page": _l("Was refused a page, or asked for a row out of reach"),
    # readings
    "read.student_records": _l("Read marks, attendance and conduct"),
    "export.term_report": _l("Took a term report along"),
    "read.conversation": _l("Read a conversation"),
    "list.conversation": _l("Read a list of conversations"),
    "read.guardian_link": _l("Read a student link"),
    "remove.infected_attachment": _l("An infected attachment was removed"),
    "download.attachment": _l("Downloaded an attached file"),
    "reveal.identity_number": _l("Saw a full identity number"),
    # rosters, the log itself
    "leave.student": _l("A student left the school"),
    "check.import_batch": _l("Checked a roster"),
    "apply.import_batch": _l("Applied a roster"),
    "shorten.audit_log": _l("Removed old entries of the audit log"),
}

FORGOTTEN: dict[str, Any] = {
    "sessions": _l("Sessions"),
    "secrets": _l("One-time secrets"),
    "sign_in_counters": _l("Counts of failed sign-ins"),
    "accounts_never_used": _l("Accounts that were never used"),
    "outbox": _l("Letters and SMS sent"),
    "rosters": _l("Uploaded rosters"),
    "import_errors": _l("Errors of rosters"),
    "protection_marks": _l("Protection marks that were lifted"),
    "closed_links": _l("Student links that were refused or ended"),
    "contact_books": _l("Daily contact book"),
    "bulletins": _l("Class bulletin"),
    "identity_numbers": _l("Identity numbers of students who left"),
    "conversations": _l("Conversation with guardians"),
    "counseling": _l("Conversations with the counselors"),
    "marks": _l("Marks"),
    "attendance": _l("Attendance"),
    "conduct": _l("Rewards and punishments"),
    "orphan_files": _l("Files that no row names"),
    "reading_marks": _l("How far one has read"),
}
"""What the rules of retention let go (docs/retention.md)."""
ACTIONS |= {f"forget.{name}": _l("Let go after its time: %(thing)s", thing=thing) for name, thing in FORGOTTEN.items()}

VERBS: dict[str, Any] = {
    "list": _l("Read a list: %(thing)s"),
    "read": _l("Read: %(thing)s"),
    "add": _l("Added: %(thing)s"),
    "edit": _l("Changed: %(thing)s"),
    "delete": _l("Deleted: %(thing)s"),
    "export": _l("Took along as a file: %(thing)s"),
}
"""What generated screens note, each with the table's name after the verb."""

OBJECTS: dict[str, Any] = {
    "account": _l("Account"),
    "activation": _l("Account"),
    "sign_in": _l("Account"),
    "password": _l("Account"),
    "first_password": _l("Account"),
    "current_password": _l("Account"),
    "profile": _l("Account"),
    "session": _l("Account"),
    "second_factor": _l("Account"),
    "recovery_codes": _l("Account"),
    "placement": _l("Placement"),
    "student_records": _l("Student"),
    "identity_number": _l("Student"),
    "term_report": _l("Term report"),
    "page": _l("Page"),
    "channel": _l("Interaction switch"),
    "attachment": _l("Attached file"),
    "infected_attachment": _l("Attached file"),
}
"""Objects that are not called by the name of a generated screen's table."""

KINDS: dict[str, Any] = {
    "student_records": _l("Marks/attendance/conduct"),
    "student": _l("Basic data"),
    "enrollment": _l("Class and seat"),
    "term_report": _l("Term report"),
    "term_grade": _l("Marks"),
    "attendance_event": _l("Attendance"),
    "conduct_record": _l("Rewards and punishments"),
    "conversation": _l("Conversation with guardians"),
    "message": _l("Conversation with guardians"),
    "guardian_link": _l("Student links"),
    "identity_number": _l("Full identity number"),
}
"""The kinds of a child's record, as its guardians read who looked at them."""


def words_of(action: str) -> str:
    """An action in the reader's language; the code itself where nobody gave it words."""
    if action in ACTIONS:
        return str(ACTIONS[action])
    verb, _dot, name = action.partition(".")
    thing = thing_of(name)
    return str(VERBS[verb]) % {"thing": thing} if verb in VERBS and thing else action


def thing_of(name: str) -> str:
    """What the object of an action is called: «Student» for student."""
    if name in OBJECTS:
        return str(OBJECTS[name])
    view = screen_of(name)
    return str(view.row_name) if view is not None else ""


def screen_of(table: str) -> Any | None:
    """The generated screen of a table."""
    for view in current_app.appbuilder.baseviews:  # type: ignore[attr-defined]
        if hasattr(view, "row_name") and view.datamodel.obj.__tablename__ == table:
            return view
    return None


def kind_of(action: str) -> str:
    """What kind of record a reading was about, for the child's guardians."""
    return str(KINDS.get(action.partition(".")[2]) or _("A record"))


def known_actions() -> list[tuple[str, str]]:
    """(action, words) of everything that can stand in the log, in the order of the words."""
    generated = []
    for view in current_app.appbuilder.baseviews:  # type: ignore[attr-defined]
        if hasattr(view, "row_name"):
            table = view.datamodel.obj.__tablename__
            generated += [f"{verb}.{table}" for verb in VERBS if view.notes(verb)]
    return sorted(((each, words_of(each)) for each in {*ACTIONS, *generated}), key=lambda pair: pair[1])
