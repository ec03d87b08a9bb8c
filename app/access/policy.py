"""Acts: who may do what beyond seeing and writing a row. Services call these before they change anything; views ask
only to hide a button. One question per act, guard clauses first, the normal case last.
"""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from flask import current_app

from app.access.actor import Actor
from app.access.choices import in_homeroom_area
from app.access.roles import SCHOOL_ROLES, Role
from app.accounts.models import Account, AccountKind, AccountState, AccountType, PlacementRequest, StaffPlacement
from app.conversations.models import Channel
from app.extensions import db
from app.guardian_links.models import GuardianLink, ProtectionMark
from app.schools.models import School, SchoolClass, SchoolKind, Student


def is_guardian(actor: Actor) -> bool:
    """學生家長: applies for links and reads the areas of linked children."""
    return actor.has_role(Role.GUARDIAN)


# ---------- 學生連結 ----------


def may_request_link(actor: Actor) -> bool:
    """學生連結申請 (B1): guardians, each for themselves."""
    return is_guardian(actor)


def may_review_link(actor: Actor, link: GuardianLink) -> bool:
    """連結申請審核 (B2): 導師 of the class, 管理者 of the school; nobody decides on an application of their own.

    Which classes are a 導師's own is asked of the database: the write scope of GuardianLink adds it to every change.
    """
    if link.account_id == actor.id or link.school_id != actor.school_id:
        return False
    return actor.has_role(Role.SCHOOL_ADMIN) or (actor.has_role(Role.HOMEROOM_TEACHER) and link.class_id is not None)


def may_withdraw_link(actor: Actor, link: GuardianLink) -> bool:
    """取消申請 and 結束連結 by the guardian: the own rows alone."""
    return link.account_id == actor.id


def may_protect(actor: Actor, row: GuardianLink | ProtectionMark) -> bool:
    """保護註記 is set and lifted by 管理者 and 註冊 of the school and by the city administrator, never by the guardian."""
    if row.account_id == actor.id:
        return False
    if actor.has_role(Role.CITY_ADMIN):
        return True
    if row.school_id != actor.school_id:
        return False
    return actor.has_role(Role.SCHOOL_ADMIN) or actor.has_role(Role.REGISTRAR)


# ---------- conversations ----------

STAFF_OF_CHANNEL: dict[Channel, tuple[Role, ...]] = {
    Channel.HOMEROOM: (Role.HOMEROOM_TEACHER,),
    # 「需擁有校端_一般_註冊 + 校端_一般_教學權限的老師，才可使用此功能」
    Channel.ACADEMIC_AFFAIRS: (Role.REGISTRAR, Role.INSTRUCTION_OFFICER),
    Channel.COUNSELING: (Role.COUNSELOR,),
}
"""The roles, all of them needed, of those who speak for the school on a channel (B3.6–8)."""


def is_staff_of_channel(actor: Actor, channel: Channel) -> bool:
    """家長互動區: reads and writes on ``channel`` for the school. Of which students, the data layer says."""
    return actor.has_role(*STAFF_OF_CHANNEL[channel])


def may_write_in_channel(actor: Actor, channel: Channel) -> bool:
    """Sends messages on ``channel`` at 開: its staff, and guardians about their linked children."""
    return is_guardian(actor) or is_staff_of_channel(actor, channel)


def may_switch_channel(actor: Actor, channel: Channel) -> bool:
    """「互動開關」 of ``channel``: the staff who answer there."""
    return is_staff_of_channel(actor, channel)


# ---------- letters and SMS (asked right before sending) ----------


def may_still_know(purpose: str, link_status: str, account_state: str) -> bool:
    """May a message that goes out because of a student link still reach the guardian? Nobody learns of a child through a
    link that has ended meanwhile; what tells of the application itself (purposes ``link_…``) may go while it is pending.
    """
    if account_state in ("suspended", "closed"):
        return False
    if link_status == "pending":
        return purpose.startswith("link_")
    return link_status == "approved"


# ---------- bulletins and contact books ----------


def may_write_for_class(actor: Actor, school_class: SchoolClass) -> bool:
    """班級公佈欄 and 每日聯絡簿: the homeroom teacher of the class; with 管理者 as well, any class of the school (B3.1)."""
    if not actor.has_role(Role.HOMEROOM_TEACHER) or actor.school_id != school_class.school_id:
        return False
    own = sa.select(SchoolClass.id).where(SchoolClass.id == school_class.id, in_homeroom_area(actor))
    return db.session.scalar(own) is not None


# ---------- accounts and placements ----------


def roles_of_type(account_type: AccountType) -> frozenset[Role]:
    """The roles that a general account carries by its type, from its activation on (A3.3)."""
    return frozenset({Role.GUARDIAN}) if account_type == AccountType.GUARDIAN else frozenset()


def may_apply_for_placement(actor: Actor) -> bool:
    """調校申請: an official account, whether it waits for its first placement or moves to another school."""
    if actor.kind != AccountKind.OFFICIAL:
        return False
    return actor.state in (AccountState.ACTIVE, AccountState.PENDING_REVIEW)


def reviews_placements(actor: Actor) -> bool:
    """調校申請管理 (A1.8): a unit's personnel officer, or the city administrator."""
    return actor.has_role(Role.PERSONNEL_OFFICER) or actor.has_role(Role.CITY_ADMIN)


def may_review_placement(actor: Actor, request: PlacementRequest) -> bool:
    """Decides on ``request``: the personnel officer of that unit or the city administrator, never the applicant."""
    if actor.id == request.account_id:
        return False
    if actor.has_role(Role.CITY_ADMIN):
        return True
    return actor.has_role(Role.PERSONNEL_OFFICER) and actor.school_id == request.school_id


def grantable_roles(actor: Actor, school: School) -> list[Role]:
    """The roles that ``actor`` may grant with a placement at ``school``, in the order of their list.

    系統管理者 is granted by another one alone, and with a placement at the bureau alone.
    """
    grantable = set(SCHOOL_ROLES)
    if actor.has_role(Role.CITY_ADMIN) and school.kind == SchoolKind.BUREAU:
        grantable.add(Role.CITY_ADMIN)
    return [role for role in Role if role in grantable]


def may_suspend_account(actor: Actor, account: Account) -> bool:
    """Suspends or reopens ``account``: the city administrator, never the own account."""
    return actor.has_role(Role.CITY_ADMIN) and actor.id != account.id


def must_have_second_factor(actor: Actor) -> bool:
    """Signs in with a one-time code, or sets one up before anything else opens: whoever grants roles or reads the log."""
    if not current_app.config["SECOND_FACTOR_REQUIRED"]:
        return False
    return actor.has_role(Role.CITY_ADMIN) or actor.has_role(Role.PERSONNEL_OFFICER)


def may_remove_second_factor(actor: Actor, account: Account) -> bool:
    """Takes away what ``account`` has lost: the city administrator, never the own one."""
    return actor.has_role(Role.CITY_ADMIN) and actor.id != account.id


def may_stay_signed_in(kind: str, account_type: str, roles: Collection[str]) -> bool:
    """Thirty days on an own device: guardians, and nobody who holds a role of staff."""
    is_guardian_account = kind == AccountKind.GENERAL and account_type == AccountType.GUARDIAN
    return is_guardian_account and set(roles) <= {Role.GUARDIAN}


# ---------- rosters ----------


def may_import_roster(actor: Actor, school_id: int | None) -> bool:
    """匯入名冊: 註冊 and 管理者 for their own school; the city administrator for any, and for all at once (None)."""
    if actor.has_role(Role.CITY_ADMIN):
        return True
    if school_id is None or school_id != actor.school_id:
        return False
    return actor.has_role(Role.SCHOOL_ADMIN) or actor.has_role(Role.REGISTRAR)


def may_end_placement(actor: Actor, placement: StaffPlacement) -> bool:
    """Ends ``placement`` or changes its title: the unit's personnel officer or the city administrator, never the own one."""
    if actor.id == placement.account_id:
        return False
    if actor.has_role(Role.CITY_ADMIN):
        return True
    return actor.has_role(Role.PERSONNEL_OFFICER) and actor.school_id == placement.school_id


# ---------- roster ----------


def may_reveal_identity_number(actor: Actor, student: Student) -> bool:
    """Sees the full number of ``student``, for a reason: the registrar of the student's school."""
    return actor.has_role(Role.REGISTRAR) and actor.school_id == student.school_id


def may_choose_school(actor: Actor) -> bool:
    """Says to which school a new class or student belongs; everybody else keeps the roster of the own school."""
    return actor.has_role(Role.CITY_ADMIN)


def may_name_schools(actor: Actor) -> bool:
    """Changes a school's code, name and kind; its manager opens and shuts the link applications."""
    return actor.has_role(Role.CITY_ADMIN)
