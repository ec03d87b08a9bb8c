"""The table of contents: every screen of the product, the three menus in their order, and who finds what there.

``VIEWS`` is what is registered. ``MENUS`` is what is shown: an item appears when the actor may open its page
(access.pages). Rendered menus are cached per combination of roles and language; they cost no statement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, g, request, url_for
from flask_appbuilder import AppBuilder
from flask_babel import lazy_gettext as _l

from app.access.actor import Actor
from app.access.pages import may_open
from app.accounts.admin import AccountAdmin, RoleAdmin, StaffPlacementAdmin
from app.accounts.entrances import GeneralLoginView, SecondStepView, SignOutView
from app.accounts.password_views import FirstPasswordView, GeneralResetView, OfficialResetView
from app.accounts.permission_views import PermissionsView
from app.accounts.placement_admin import PlacementRequestAdmin
from app.accounts.placement_views import PlacementApplicationView, SsoHomeView, UnderReviewView
from app.accounts.profile_views import ProfileView
from app.accounts.registration_views import ActivationView, GeneralRegistrationView, OfficialRegistrationView
from app.accounts.second_factor_views import SecondFactorView
from app.accounts.session_views import SessionsView
from app.attachments.views import AttachmentsView
from app.audit.admin import AuditEntryAdmin
from app.audit.views import ChildReadersView
from app.bulletins.admin import BulletinAdmin
from app.bulletins.views import ChildBulletinsView, HomeroomBulletinsView
from app.captcha.views import CaptchaView
from app.contact_books.admin import ContactBookEntryAdmin, ContactBookItemAdmin
from app.contact_books.views import ChildContactBookView, HomeroomContactBookView
from app.conversations.admin import ConversationAdmin, MessageAdmin
from app.conversations.guardian_views import ChildThreadsView
from app.conversations.views import AcademicAffairsThreadsView, CounselingThreadsView, HomeroomThreadsView
from app.guardian_links.admin import GuardianLinkAdmin
from app.guardian_links.views import GuardianLinksView, LinkProtectionView, LinkReviewView
from app.importing.admin import ImportBatchAdmin
from app.importing.views import RosterImportView
from app.manual.views import ManualView
from app.notifications.admin import OutboxMessageAdmin
from app.phone.views import PhoneView
from app.portal.admin import NewsAdmin
from app.portal.children import ChildAreasView
from app.portal.home_views import PortalHomeView
from app.portal.styleguide import StyleguideView
from app.portal.views import LanguageView
from app.privacy.views import AcceptNoticeView, OwnDataView, PrivacyNoticeView
from app.schools.admin import (
    AcademicTermAdmin,
    EnrollmentAdmin,
    HomeroomAssignmentAdmin,
    SchoolAdmin,
    SchoolClassAdmin,
    StudentAdmin,
)
from app.student_affairs.views import TeacherDeskView
from app.student_records.admin import AttendanceEventAdmin, ConductRecordAdmin, TermGradeAdmin
from app.student_records.views import ChildRecordsView
from app.term_reports.views import ChildReportsView, ClassReportsView
from app.web.locales import page_language

VIEWS: tuple[type, ...] = (
    # every visitor (HomeView and OfficialLoginView are registered by FAB itself)
    LanguageView,
    StyleguideView,
    ManualView,
    PrivacyNoticeView,
    GeneralLoginView,
    SecondStepView,
    SignOutView,
    CaptchaView,
    PhoneView,
    OfficialRegistrationView,
    GeneralRegistrationView,
    ActivationView,
    OfficialResetView,
    GeneralResetView,
    FirstPasswordView,
    UnderReviewView,
    # 教育發展資源入口網
    PortalHomeView,
    ProfileView,
    SessionsView,
    SecondFactorView,
    AcceptNoticeView,
    OwnDataView,
    PlacementApplicationView,
    GuardianLinksView,
    ChildAreasView,
    ChildBulletinsView,
    ChildContactBookView,
    AttachmentsView,
    ChildRecordsView,
    ChildReportsView,
    ChildThreadsView,
    ChildReadersView,
    # 雲端學務系統
    TeacherDeskView,
    HomeroomBulletinsView,
    HomeroomContactBookView,
    LinkReviewView,
    LinkProtectionView,
    HomeroomThreadsView,
    AcademicAffairsThreadsView,
    CounselingThreadsView,
    ClassReportsView,
    GuardianLinkAdmin,
    TermGradeAdmin,
    AttendanceEventAdmin,
    ConductRecordAdmin,
    BulletinAdmin,
    ContactBookEntryAdmin,
    ContactBookItemAdmin,
    ConversationAdmin,
    MessageAdmin,
    # 單一認證授權平台
    SsoHomeView,
    PermissionsView,
    PlacementRequestAdmin,
    AccountAdmin,
    StaffPlacementAdmin,
    RoleAdmin,
    SchoolAdmin,
    AcademicTermAdmin,
    SchoolClassAdmin,
    StudentAdmin,
    EnrollmentAdmin,
    HomeroomAssignmentAdmin,
    RosterImportView,
    ImportBatchAdmin,
    NewsAdmin,
    OutboxMessageAdmin,
    AuditEntryAdmin,
)
"""Registered in this order by ``register_views``, one line per screen."""


@dataclass(frozen=True)
class Item:
    """One line of a menu. ``page`` and ``act`` name the permission of access.pages that shows it."""

    endpoint: str
    label: Any
    icon: str
    page: str
    act: str = "open"
    is_sub: bool = False
    leads: bool = False
    """Names a group and leads to its first line; never marked as the present page."""
    needs_child: bool = False
    arguments: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Section:
    label: Any
    items: tuple[Item, ...]


MENUS: dict[str, tuple[Section, ...]] = {
    "portal": (
        Section("", (Item("PortalHomeView.home", _l("Home"), "house", "PortalHome"),)),
        Section(
            _l("Parent–teacher contact"),
            (
                Item("GuardianLinksView.links", _l("Student link application"), "link-45deg", "GuardianLinks"),
                Item("ChildAreasView.pick", _l("Parent–teacher areas"), "people", "ChildAreas", needs_child=True),
            ),
        ),
        Section(
            _l("My area"),
            (
                Item("ProfileView.show", _l("My basic data"), "person", "Profile"),
                Item("SessionsView.sessions", _l("Signed-in devices"), "shield-check", "Sessions"),
                Item("OwnDataView.download", _l("My data"), "download", "OwnData"),
            ),
        ),
    ),
    "student_affairs": (
        Section("", (Item("TeacherDeskView.today", _l("Today"), "house", "TeacherDesk"),)),
        Section(
            _l("Homeroom area"),
            (
                Item("HomeroomBulletinsView.bulletins", _l("Class bulletin"), "megaphone", "HomeroomBulletins"),
                Item("HomeroomContactBookView.entries", _l("Daily contact book"), "journal-text", "HomeroomContactBook"),
                Item("HomeroomThreadsView.threads", _l("Conversations with guardians"), "chat-dots", "HomeroomThreads"),
            ),
        ),
        Section(
            _l("Academic affairs area"),
            (
                Item(
                    "AcademicAffairsThreadsView.threads",
                    _l("Conversations with guardians"),
                    "building",
                    "AcademicAffairsThreads",
                ),
            ),
        ),
        Section(
            _l("Counseling area"),
            (Item("CounselingThreadsView.threads", _l("Conversations with guardians"), "chat-dots", "CounselingThreads"),),
        ),
        Section(
            _l("Parent–teacher contact"),
            (
                Item("LinkReviewView.review", _l("Review of link applications"), "link-45deg", "LinkReview"),
                Item("GuardianLinkAdmin.list", _l("Student links"), "people", "GuardianLinkAdmin", "list"),
                Item("LinkProtectionView.marks", _l("Protection marks"), "shield-check", "LinkProtection"),
            ),
        ),
        Section(
            _l("Student data"),
            (
                Item("StudentAdmin.list", _l("Students"), "people", "StudentAdmin", "list"),
                Item("TermGradeAdmin.list", _l("Marks"), "clipboard-data", "TermGradeAdmin", "list"),
                Item("AttendanceEventAdmin.list", _l("Attendance"), "calendar3", "AttendanceEventAdmin", "list"),
                Item(
                    "ConductRecordAdmin.list", _l("Rewards and punishments"), "clipboard-data", "ConductRecordAdmin", "list"
                ),
                Item("ClassReportsView.reports", _l("Term reports"), "file-earmark-pdf", "TermReports"),
            ),
        ),
        Section(
            _l("Kept data"),
            (
                Item("BulletinAdmin.list", _l("Bulletins on file"), "megaphone", "BulletinAdmin", "list"),
                Item(
                    "ContactBookEntryAdmin.list",
                    _l("Contact books on file"),
                    "journal-text",
                    "ContactBookEntryAdmin",
                    "list",
                ),
                Item("ConversationAdmin.list", _l("Conversations on file"), "chat-dots", "ConversationAdmin", "list"),
                Item("MessageAdmin.list", _l("Messages on file"), "chat-dots", "MessageAdmin", "list"),
            ),
        ),
        Section(_l("My area"), (Item("ProfileView.show", _l("My basic data"), "person", "Profile"),)),
    ),
    "sso": (
        Section(
            "",
            (
                Item("SsoHomeView.home", _l("Overview"), "house", "SsoHome"),
                Item("PermissionsView.permissions", _l("Who can do what"), "shield-check", "Permissions"),
            ),
        ),
        Section(
            _l("Administrators' area"),
            (
                Item(
                    "PlacementRequestAdmin.list",
                    _l("Personnel and permission management"),
                    "people",
                    "PlacementRequestAdmin",
                    "list",
                    leads=True,
                ),
                Item(
                    "PlacementRequestAdmin.list",
                    _l("Placement request management"),
                    "person-badge",
                    "PlacementRequestAdmin",
                    "list",
                    is_sub=True,
                ),
                Item("StaffPlacementAdmin.list", _l("Placements"), "briefcase", "StaffPlacementAdmin", "list"),
                Item("AccountAdmin.list", _l("Accounts"), "person", "AccountAdmin", "list"),
                Item("RoleAdmin.list", _l("Roles and permissions"), "shield-check", "RoleAdmin", "list"),
            ),
        ),
        Section(
            _l("Roster"),
            (
                Item("SchoolAdmin.list", _l("Schools"), "building", "SchoolAdmin", "list"),
                Item("AcademicTermAdmin.list", _l("School years and terms"), "calendar3", "AcademicTermAdmin", "list"),
                Item("SchoolClassAdmin.list", _l("Classes"), "mortarboard", "SchoolClassAdmin", "list"),
                Item("StudentAdmin.list", _l("Students"), "people", "StudentAdmin", "list"),
                Item("EnrollmentAdmin.list", _l("Enrollments"), "people", "EnrollmentAdmin", "list"),
                Item(
                    "HomeroomAssignmentAdmin.list",
                    _l("Homeroom assignments"),
                    "person-badge",
                    "HomeroomAssignmentAdmin",
                    "list",
                ),
                Item("GuardianLinkAdmin.list", _l("Student links"), "link-45deg", "GuardianLinkAdmin", "list"),
                Item("LinkProtectionView.marks", _l("Protection marks"), "shield-check", "LinkProtection"),
                Item("RosterImportView.start", _l("Import a roster"), "download", "RosterImport"),
                Item("ImportBatchAdmin.list", _l("Imports so far"), "clock-history", "ImportBatchAdmin", "list"),
            ),
        ),
        Section(
            _l("System"),
            (
                Item("NewsAdmin.list", _l("News of the city"), "megaphone", "NewsAdmin", "list"),
                Item("OutboxMessageAdmin.list", _l("Letters and SMS sent"), "envelope", "OutboxMessageAdmin", "list"),
                Item("AuditEntryAdmin.list", _l("Audit log"), "shield-check", "AuditEntryAdmin", "list"),
            ),
        ),
        Section(_l("My area"), (Item("ProfileView.show", _l("My basic data"), "person", "Profile"),)),
    ),
}


@dataclass(frozen=True)
class MenuLine:
    href: str
    label: str
    icon: str
    endpoint: str
    is_sub: bool


@dataclass(frozen=True)
class MenuSection:
    label: str
    lines: tuple[MenuLine, ...]


@dataclass(frozen=True)
class Area:
    """One area of 親師互動功能 (B4.1). With ``channel`` it is there only while that channel is at 開."""

    key: str
    endpoint: str
    label: Any
    icon: str
    channel: str = ""
    is_sub: bool = False
    needs_class: bool = False
    anchor: str = ""


CHILD_AREAS: tuple[Area, ...] = (
    Area("records", "ChildRecordsView.records", _l("Marks/attendance/conduct"), "clipboard-data"),
    Area("homeroom", "ChildAreasView.areas", _l("Homeroom area"), "people", needs_class=True, anchor="homeroom"),
    Area("bulletins", "ChildBulletinsView.bulletins", _l("Class bulletin"), "megaphone", is_sub=True, needs_class=True),
    Area(
        "contact-book", "ChildContactBookView.day", _l("Class contact book"), "journal-text", is_sub=True, needs_class=True
    ),
    Area(
        "homeroom-thread",
        "ChildThreadsView.thread",
        _l("Talk with the homeroom teacher"),
        "chat-dots",
        channel="homeroom",
        is_sub=True,
        needs_class=True,
    ),
    Area(
        "academic-affairs",
        "ChildThreadsView.thread",
        _l("Academic affairs area"),
        "building",
        channel="academic_affairs",
    ),
    Area("counseling", "ChildThreadsView.thread", _l("Counseling area"), "person-badge", channel="counseling"),
    Area("readers", "ChildReadersView.readers", _l("Who read about my child"), "eye"),
)


@dataclass(frozen=True)
class AreaLine:
    key: str
    href: str
    label: str
    icon: str
    is_sub: bool
    is_here: bool


ANY_STUDENT = 2_000_000_011
"""Stands for the child's number in what is kept for all children; no student has it."""

_areas: dict[tuple[Any, ...], tuple[AreaLine, ...]] = {}


def child_areas(child: Any) -> tuple[AreaLine, ...]:
    """The areas that this child has now, in menu order; an area that is switched off is absent, not greyed."""
    channel = (request.view_args or {}).get("channel")
    key = (child.open_channels, child.class_id is None, request.endpoint, channel, page_language())
    lines = _areas.get(key)
    if lines is None:
        if len(_areas) > 500:
            _areas.clear()
        lines = _areas[key] = _areas_of_any_child(child.open_channels, child.class_id is not None)
    number = str(child.student_id)
    return tuple(
        AreaLine(line.key, line.href.replace(str(ANY_STUDENT), number), line.label, line.icon, line.is_sub, line.is_here)
        for line in lines
    )


def _areas_of_any_child(open_channels: frozenset[Any], has_class: bool) -> tuple[AreaLine, ...]:
    lines = []
    for area in CHILD_AREAS:
        if (area.channel and area.channel not in open_channels) or (area.needs_class and not has_class):
            continue
        arguments: dict[str, Any] = {"student_id": ANY_STUDENT, **({"channel": area.channel} if area.channel else {})}
        present = not area.channel or (request.view_args or {}).get("channel") == area.channel
        is_here = request.endpoint == area.endpoint and not area.anchor and present
        href = url_for(area.endpoint, **arguments, _anchor=area.anchor or None)
        lines.append(AreaLine(area.key, href, str(area.label), area.icon, area.is_sub, is_here))
    return tuple(lines)


_menus: dict[tuple[Any, ...], tuple[MenuSection, ...]] = {}


def menu(surface: str) -> tuple[MenuSection, ...]:
    """The sections of one surface that the acting account may open, in the reader's language; from the cache."""
    actor: Actor | None = g.get("actor")
    if actor is None or surface not in MENUS:
        return ()
    key = (surface, actor.shape, actor.state, actor.permission_version, actor.locale, actor.linked_children > 0)
    if key not in _menus:
        if len(_menus) > 500:
            _menus.clear()
        _menus[key] = _build(surface, actor)
    return _menus[key]


def _build(surface: str, actor: Actor) -> tuple[MenuSection, ...]:
    session = current_app.appbuilder.session  # type: ignore[attr-defined]
    sections = []
    for section in MENUS[surface]:
        lines = tuple(
            MenuLine(url_for(item.endpoint), str(item.label), item.icon, "" if item.leads else item.endpoint, item.is_sub)
            for item in section.items
            if item.endpoint in current_app.view_functions
            and (actor.linked_children or not item.needs_child)
            and may_open(session, actor, f"can_{item.act}", item.page)
        )
        if lines:
            sections.append(MenuSection(str(section.label), lines))
    return tuple(sections)


def register_views(flask_app: Flask, appbuilder: AppBuilder) -> None:
    """Register every screen. Views are classes; FAB makes a blueprint of each."""
    for view in VIEWS:
        appbuilder.add_view_no_menu(view)
