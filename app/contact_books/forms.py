"""The form of a day's book: a date, and lines under the headings 作業, 攜帶, 考試, 通知, 其他."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import FieldList, Form, FormField, HiddenField, SelectField, TextAreaField, ValidationError

from app.accounts.fields import Required, longest
from app.attachments.fields import DroppedFilesField, FilesField
from app.attachments.services import MOST_OF_ITEM
from app.contact_books.models import ContactBookEntry, ItemKind
from app.contact_books.services import Line
from app.model_types import today
from app.schools.day_field import DayField
from app.web.clean_text import one_line
from app.web.forms import PortalForm
from app.web.seen import SeenMixin

MOST_LINES = 40
FRESH_PAGE = [ItemKind.HOMEWORK, ItemKind.HOMEWORK, ItemKind.HOMEWORK, *list(ItemKind)[1:]]
"""The empty lines of a new book: most of a day is homework."""


class LineForm(Form):
    """One line. An empty one is nothing; emptying a stored one deletes it."""

    item_id = HiddenField()
    kind = HiddenField()
    text = TextAreaField(_l("Text"), [longest(500)], filters=[one_line])
    files = FilesField(_l("Attachments"), most=MOST_OF_ITEM)
    dropped = DroppedFilesField()

    attachments: Sequence[Any] = ()
    """Those of the stored line; the view puts them here."""

    @property
    def item_kind(self) -> ItemKind:
        return ItemKind(self.kind.data) if self.kind.data in list(ItemKind) else ItemKind.OTHER

    @property
    def stored_id(self) -> int | None:
        text = str(self.item_id.data or "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

    def validate_text(self, field: TextAreaField) -> None:
        if not field.data and self.files.data:
            raise ValidationError(_("Please write what the attached file is about."))

    def line(self) -> Line:
        return Line(
            kind=self.item_kind,
            text=self.text.data or "",
            files=self.files.accepted,
            item_id=self.stored_id,
            dropped=frozenset(self.dropped.data or ()),
        )


class EntryForm(SeenMixin, PortalForm):
    entry_date = DayField(_l("Date"), [Required()], default=today)
    lines = FieldList(FormField(LineForm), max_entries=MOST_LINES)

    def validate_lines(self, field: FieldList) -> None:
        if not any(line.text.data or line.files.data for line in field):
            raise ValidationError(_("Please write at least one line."))

    def open_fresh_lines(self, kinds: Sequence[ItemKind] = tuple(ItemKind)) -> None:
        """Another empty line of each kind, as far as there is room."""
        for kind in kinds[: MOST_LINES - len(self.lines)]:
            self.lines.append_entry({"kind": kind.value})

    def open_lines_of(self, entry: ContactBookEntry) -> None:
        """The stored lines, and an empty one under each heading."""
        for item in entry.items[:MOST_LINES]:
            self.lines.append_entry({"item_id": item.id, "kind": item.kind.value, "text": item.text})
        self.open_fresh_lines()

    def know_attachments_of(self, entry: ContactBookEntry) -> None:
        """Tie each line that names a stored one to its attachments, for the page and for the count of files."""
        stored = {item.id: item for item in entry.items}
        for line in self.lines:
            item = stored.get(line.form.stored_id)
            line.form.attachments = item.attachments if item else ()
            kept = {each.id for each in line.form.attachments} - set(line.form.dropped.data or ())
            line.form.files.kept = len(kept)

    def by_kind(self) -> list[tuple[ItemKind, list[LineForm]]]:
        """Every heading with its lines, in the book's order."""
        return [(kind, [line.form for line in self.lines if line.form.item_kind == kind]) for kind in ItemKind]

    def written_lines(self) -> list[Line]:
        """What was filled in, for the service."""
        lines = [line for _kind, forms in self.by_kind() for line in forms]
        return [line.line() for line in lines if line.text.data]


class NewEntryForm(EntryForm):
    class_id = SelectField(_l("Grade and class"), [Required()], coerce=int, validate_choice=False)

    def offer(self, classes: Sequence[Any], chosen: Any) -> None:
        self.class_id.choices = [(each.id, each.label) for each in classes]
        if not self.is_submitted():
            self.class_id.data = chosen.id
