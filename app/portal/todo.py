"""«有 N 件事等您»: what the guardian's home lists, made from what was read; every line names its child."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from flask_babel import gettext as _
from flask_babel import ngettext

from app.contact_books.models import ItemKind
from app.model_types import TAIPEI, today
from app.portal.home_queries import Book, BulletinNote, Talk
from app.portal.queries import Child
from app.web.addresses import address
from app.web.formatting import short_date, weekday

QUOTED = 40
"""Characters of a message that are quoted."""


@dataclass(frozen=True)
class Todo:
    child: Child
    kind: str
    icon: str
    title: str
    detail: str
    href: str
    act: str
    """The button's words."""


@dataclass
class Home:
    """The lines that wait, and a word beside each area of each child: (student_id, area's key) → text."""

    todos: list[Todo] = field(default_factory=list)
    remarks: dict[tuple[int, str], str] = field(default_factory=dict)


def build_home(
    children: Sequence[Child], books: dict[int, Book], talks: Sequence[Talk], bulletins: Sequence[BulletinNote]
) -> Home:
    """Books first, then things to bring, messages, questions, bulletins; within a kind in the order of the children.

    What was read is no longer in the list; things to bring stand there until their day is over.
    """
    home = Home()
    for child in children:
        _add_book(home, child, books.get(child.class_id or 0))
    for child in children:
        _add_things(home, child, books.get(child.class_id or 0))
    by_id = {child.student_id: child for child in children}
    for is_unread in (True, False):
        for each in talks:
            if each.student_id in by_id and bool(each.unread) == is_unread:
                _add_talk(home, by_id[each.student_id], each)
    for child in children:
        _add_bulletins(home, child, [each for each in bulletins if each.class_id == child.class_id])
    return home


def _book_href(child: Child, book: Book) -> str:
    return address("ChildContactBookView.day", student_id=child.student_id, date=book.day.isoformat())


def _add_book(home: Home, child: Child, book: Book | None) -> None:
    if book is None:
        return
    is_todays = book.day == today()
    published = _("published today") if is_todays else short_date(book.day)
    home.remarks[child.student_id, "contact-book"] = published if book.is_unread else _("%(what)s, read", what=published)
    if book.next_school_day < today() or not book.is_unread:
        return
    counts = _(", ").join(
        ngettext("%(kind)s: %(num)d", "%(kind)s: %(num)d", book.counts[kind], kind=kind.label)
        for kind in ItemKind
        if book.counts[kind]
    )
    home.todos.append(
        Todo(
            child,
            kind=_("Contact book changed") if book.was_changed else _("Contact book"),
            icon="journal-text",
            title=_("Today's contact book") if is_todays else _("Contact book of %(day)s", day=short_date(book.day)),
            detail=counts,
            href=_book_href(child, book),
            act=_("Look at it"),
        )
    )


def _add_things(home: Home, child: Child, book: Book | None) -> None:
    if book is None or not book.things or book.next_school_day < today():
        return
    day = book.next_school_day
    home.todos.append(
        Todo(
            child,
            kind=_bring_on(day),
            icon="backpack",
            title=_(", ").join(book.things),
            detail=f"{short_date(day)} {weekday(day)}",
            href=_book_href(child, book),
            act=_("Look at it"),
        )
    )


def _bring_on(day: date) -> str:
    if day == today():
        return _("Bring today")
    if day == today() + timedelta(days=1):
        return _("Bring tomorrow")
    return _("Bring on %(weekday)s", weekday=weekday(day))


_AREA_OF_CHANNEL = {
    "homeroom": "homeroom-thread",
    "academic_affairs": "academic-affairs",
    "counseling": "counseling",
}


def _add_talk(home: Home, child: Child, talk: Talk) -> None:
    home.remarks[child.student_id, _AREA_OF_CHANNEL[talk.channel]] = _standing(talk)
    if not talk.unread and not talk.asks:
        return
    title = ngettext(
        "%(num)d message from %(name)s (%(channel)s)",
        "%(num)d messages from %(name)s (%(channel)s)",
        talk.unread,
        name=talk.author_name,
        channel=talk.channel.label,
    )
    if not talk.unread:
        title = _("%(name)s (%(channel)s) asks something", name=talk.author_name, channel=talk.channel.label)
    text = " ".join(talk.text.split())
    home.todos.append(
        Todo(
            child,
            kind=_("Unread") if talk.unread else _("Not answered yet"),
            icon="chat-dots",
            title=title,
            detail=_("“%(text)s”", text=text if len(text) <= QUOTED else f"{text[:QUOTED]}…"),
            href=address(
                "ChildThreadsView.thread", student_id=child.student_id, channel=talk.channel.value, _anchor="newest"
            ),
            act=_("Read messages") if talk.unread else _("Answer"),
        )
    )


def _standing(talk: Talk) -> str:
    """A word beside the area: how many are unread, else who spoke last and when."""
    if talk.unread:
        return ngettext("%(num)d unread", "%(num)d unread", talk.unread)
    day = short_date(talk.sent_at.astimezone(TAIPEI).date())
    if talk.is_from_guardian:
        return _("sent %(day)s", day=day)
    return f"{day} {talk.author_name}"


def _add_bulletins(home: Home, child: Child, bulletins: Sequence[BulletinNote]) -> None:
    """One line for each child: the newest, and how many more are new."""
    if not bulletins:
        return
    newest = bulletins[0]
    new = [each for each in bulletins if each.is_unread]
    if not new:
        home.remarks[child.student_id, "bulletins"] = newest.title
        return
    home.remarks[child.student_id, "bulletins"] = ngettext("%(num)d unread", "%(num)d unread", len(new))
    newest = new[0]
    where = _(
        "%(school)s %(class_label)s, class bulletin, %(day)s",
        school=child.school_name,
        class_label=child.class_label,
        day=short_date(newest.publish_from),
    )
    more = len(new) - 1
    and_more = ngettext(", and %(num)d more", ", and %(num)d more", more) if more else ""
    home.todos.append(
        Todo(
            child,
            kind=_("Bulletin changed") if newest.was_changed else _("New bulletin"),
            icon="megaphone",
            title=newest.title,
            detail=f"{where}{and_more}",
            href=address("ChildBulletinsView.show", student_id=child.student_id, bulletin_id=newest.id)
            if not more
            else address("ChildBulletinsView.bulletins", student_id=child.student_id),
            act=_("View"),
        )
    )
