"""每日聯絡簿 on file, to be read: the days, and their items. Teachers write them at their desk (班導師互動區)."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from app.contact_books.models import ContactBookEntry, ContactBookItem
from app.schools.lookups import CLASSES
from app.web.cells import shortened, shown
from app.web.datamodel import ScopedInterface
from app.web.formatting import long_date
from app.web.lookups import Lookup
from app.web.model_views import ScopedModelView

ENTRIES = Lookup(
    ContactBookEntry,
    lambda typed: ContactBookEntry.author_name.icontains(typed, autoescape=True),
    lambda row: f"{row.school_class} {long_date(row.entry_date)}",
    (ContactBookEntry.id.desc(),),
)


class ContactBookItemAdmin(ScopedModelView):
    datamodel = ScopedInterface(ContactBookItem)
    surface = "student_affairs"
    route_base = "/student-affairs/contact-book-items-on-file"
    class_permission_name = "ContactBookItemAdmin"
    list_title, row_name = _l("Items of contact books"), _l("Item of a contact book")
    label_columns = {
        "kind": _l("Kind of item"),
        "entry.school_class": _l("School class"),
        "entry.author_name": _l("Written by"),
    }
    lookups = {"entry": ENTRIES}

    list_columns = ["text", "kind", "entry", "entry.school_class"]
    show_columns = ["text", "kind", "entry", "entry.school_class", "entry.author_name", "attachments"]
    search_columns = ["text", "kind", "entry"]
    order_columns = ["kind"]
    base_order = ("id", "desc")
    formatters_columns = {"text": shortened(60), "entry": lambda entry: long_date(entry.entry_date) if entry else ""}
    empty_words = _l("There is no item of a contact book yet.")

    def cell_of_page(self, row: Any, name: str) -> Any:
        """The page of one item shows its text whole."""
        return shown(row.text) if name == "text" else super().cell_of_page(row, name)


class ContactBookEntryAdmin(ScopedModelView):
    datamodel = ScopedInterface(ContactBookEntry)
    surface = "student_affairs"
    route_base = "/student-affairs/contact-books-on-file"
    class_permission_name = "ContactBookEntryAdmin"
    list_title, row_name = _l("Contact books on file"), _l("Contact book of a day")
    lookups = {"school_class": CLASSES}
    related_views = [ContactBookItemAdmin]

    list_columns = ["entry_date", "school_class", "author_name", "updated_at"]
    show_columns = ["entry_date", "school_class", "author_name", "created_at", "updated_at"]
    search_columns = ["entry_date", "school_class", "author_name"]
    order_columns = ["entry_date"]
    base_order = ("entry_date", "desc")
    empty_words = _l("There is no contact book on file yet.")

    def row_title(self, row: ContactBookEntry) -> str:
        return f"{row.school_class} {long_date(row.entry_date)}"
