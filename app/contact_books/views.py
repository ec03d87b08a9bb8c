"""每日聯絡簿: the teacher's days and form (B3.4, B3.5), and the day that guardians read (B4.4, B4.5)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import abort, flash, make_response, redirect, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload, selectinload

from app.access.choices import in_homeroom_area
from app.access.edits import EditedMeanwhile
from app.access.loading import get_or_404
from app.attachments.uploads import TakesFiles
from app.contact_books import services
from app.contact_books.forms import FRESH_PAGE, EntryForm, NewEntryForm
from app.contact_books.models import ContactBookEntry, ContactBookItem
from app.contact_books.queries import EarlierDay, book_of_day, days_around, days_of_class, newest_days, week_of
from app.contact_books.services import DayAlreadyWritten
from app.contact_books.typed_lines import headings
from app.model_types import now, today
from app.phone.kept import UNTIL, is_own_device, kept_until
from app.portal.children import child_or_404
from app.schools.homeroom_classes import HomeroomClass, chosen_class, homeroom_classes
from app.schools.models import SchoolClass
from app.web.base_views import PortalView, acting_account
from app.web.formatting import year_and_day
from app.web.requests import row_number

FIRST_DAY, LAST_DAY = date(1912, 1, 8), date(2900, 12, 31)
"""An address may name any day; beyond these there is nothing to step to."""


class HomeroomContactBookView(TakesFiles, PortalView):
    route_base = "/student-affairs/contact-book"
    default_view = "entries"
    class_permission_name = "HomeroomContactBook"

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("open")
    def entries(self) -> Any:
        classes = homeroom_classes(acting_account())
        chosen = chosen_class(
            classes, request.args.get("class_id", type=row_number), request.args.get("grade_level", type=row_number)
        )
        if chosen is None and classes:
            abort(404)
        return self.render(
            "contact_books/entries.html",
            surface="student_affairs",
            classes=classes,
            chosen=chosen,
            page=days_of_class(chosen.id, _day_of_address("before")) if chosen else None,
            today=today(),
        )

    @expose("/add", methods=["GET", "POST"])
    @has_access
    @permission_name("open")
    def add(self) -> Any:
        actor = acting_account()
        classes = homeroom_classes(actor)
        chosen = chosen_class(classes, request.args.get("class_id", type=row_number)) or abort(404)
        form = NewEntryForm(data={"entry_date": _day_of_address("date") or today()})
        form.offer(classes, chosen)
        earlier = _day_to_take_over(chosen_class(classes, form.class_id.data) or chosen)
        if earlier is not None:
            form.take_over(earlier)
        elif _asks_for_more_lines():
            form.open_fresh_lines()
        elif form.validate_on_submit():
            school_class = get_or_404(SchoolClass, form.class_id.data, in_homeroom_area(actor))
            class_id = school_class.id
            try:
                services.write_entry(actor, school_class, form.entry_date.data, form.written_lines())
            except DayAlreadyWritten as refusal:
                return self._new_form(form, taken=refusal.entry_id)
            flash(_("Data added!"), "success")
            return redirect(url_for(".entries", class_id=class_id))
        elif not form.lines:
            form.open_fresh_lines(FRESH_PAGE)
        return self._new_form(form)

    @expose("/<int:entry_id>", methods=["GET", "POST"])
    @has_access
    @permission_name("open")
    def edit(self, entry_id: int) -> Any:
        entry, taken = _entry(entry_id), None
        form = EntryForm(data={"entry_date": entry.entry_date, "seen": entry.updated_at.isoformat()})
        if not form.is_submitted():
            form.open_lines_of(entry)
        form.know_attachments_of(entry)
        if _asks_for_more_lines():
            form.open_fresh_lines()
        elif form.validate_on_submit():
            day, lines, seen = form.entry_date.data, form.written_lines(), form.seen_of(entry)
            try:
                services.edit_entry(acting_account(), entry, day, lines, seen)
                flash(_("Data updated!"), "success")
                return redirect(url_for(".entries", class_id=entry.class_id))
            except DayAlreadyWritten as refusal:
                taken = refusal.entry_id
                entry = _entry(entry_id)  # anew: the refused transaction let go of it
            except EditedMeanwhile:
                entry = _entry(entry_id)
                form.warn_and_go_on_from(entry)
            form.know_attachments_of(entry)
        return self._form("contact_books/edit.html", form, taken, entry=entry)

    @expose("/<int:entry_id>/delete", methods=["GET", "POST"])
    @has_access
    @permission_name("open")
    def delete(self, entry_id: int) -> Any:
        entry = _entry(entry_id)
        if request.method == "POST":
            class_id = entry.class_id
            services.delete_entry(acting_account(), entry)
            flash(_("The contact book of this day was deleted."), "success")
            return redirect(url_for(".entries", class_id=class_id))
        return self.render("contact_books/delete.html", surface="student_affairs", entry=entry)

    def _new_form(self, form: NewEntryForm, taken: int | None = None) -> Any:
        """An empty form says at once that the day is written; each offers the lines of the days before."""
        class_id, day = form.class_id.data, form.entry_date.data
        offered = any(class_id == number for number, _label in form.class_id.choices)
        days = newest_days(class_id) if offered else []
        written = next((each.entry_id for each in days if each.day == day), None) if not form.is_submitted() else None
        earlier = [each for each in days if each.day != day]
        return self._form("contact_books/add.html", form, taken, earlier=earlier, written=written)

    def _form(self, template: str, form: EntryForm, taken: int | None = None, **context: Any) -> Any:
        if taken is not None:
            form.entry_date.errors = [_("This class already has a contact book of this day; there is one a day.")]
        return self.render(
            template,
            surface="student_affairs",
            form=form,
            taken=taken,
            headings=headings(),
            **context,
        )


def _asks_for_more_lines() -> bool:
    """The button that adds lines where scripts are off; nothing is saved by it."""
    return request.method == "POST" and "more" in request.form


def _day_to_take_over(chosen: HomeroomClass) -> EarlierDay | None:
    """The day whose button was pressed; nothing is saved by it. 404 when it is none of the class's newest days."""
    if request.method != "POST" or "take_over" not in request.form:
        return None
    wanted = request.form.get("take_over", type=row_number)
    return next((each for each in newest_days(chosen.id) if each.entry_id == wanted), None) or abort(404)


def _entry(entry_id: int) -> ContactBookEntry:
    return get_or_404(
        ContactBookEntry,
        entry_id,
        options=(
            joinedload(ContactBookEntry.school_class),
            selectinload(ContactBookEntry.items).selectinload(ContactBookItem.attachments),
        ),
    )


def _day_of_address(name: str) -> date | None:
    """A day written in the address as 2026-11-20; what is none counts as not given."""
    try:
        day = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return day if FIRST_DAY <= day <= LAST_DAY else None


class ChildContactBookView(PortalView):
    """班級聯絡簿 of a child, day by day."""

    route_base = "/portal/children"
    default_view = "day"
    class_permission_name = "ChildAreas"

    @expose("/<int:student_id>/contact-book", methods=["GET"])
    @has_access
    @permission_name("open")
    def day(self, student_id: int) -> Any:
        actor = acting_account()
        child, children = child_or_404(actor, student_id)
        class_id = child.class_id or abort(404)
        days = days_around(class_id, _day_of_address("date"))
        book = book_of_day(actor, class_id, days.day) if days.is_written else None
        if book is not None and book.is_news and days.day <= today():
            services.mark_read(actor, class_id, days.day)
        return self.render(
            "contact_books/child_day.html",
            child=child,
            children=children,
            days=days,
            book=book,
            heading=year_and_day(days.day),
            today=today(),
            is_own_device=is_own_device(),
        )

    @expose("/<int:student_id>/contact-book/week", methods=["GET"])
    @has_access
    @permission_name("open")
    def week(self, student_id: int) -> Any:
        """The week of a day on one sheet, with room for signatures as in the book of paper."""
        child, children = child_or_404(acting_account(), student_id)
        class_id, day = child.class_id or abort(404), _day_of_address("date") or today()
        return self.render(
            "contact_books/child_week.html",
            child=child,
            children=children,
            bar="contact-book",
            day=day,
            week=week_of(class_id, day),
            before=max(day - timedelta(days=7), FIRST_DAY),
            after=min(day + timedelta(days=7), LAST_DAY),
            today=today(),
        )

    @expose("/<int:student_id>/contact-book/kept", methods=["GET"])
    @has_access
    @permission_name("open")
    def kept(self, student_id: int) -> Any:
        """The day as a guardian's own device may keep it (app.phone); asked for by the service worker."""
        actor = acting_account()
        child, _children = child_or_404(actor, student_id)
        class_id = child.class_id or abort(404)
        day = days_around(class_id, _day_of_address("date")).day
        book = book_of_day(actor, class_id, day) or abort(404)
        until = kept_until()
        answer = make_response(
            self.render(
                "contact_books/kept.html",
                child=child,
                day=day,
                heading=year_and_day(day),
                book=book,
                read_at=now(),
                until=until,
            )
        )
        answer.headers[UNTIL] = str(int(until.timestamp() * 1000))
        return answer
