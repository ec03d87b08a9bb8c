"""The form of a day's book: a date, lines under the headings 作業, 攜帶, 考試, 通知, 其他, and a box to type them into."""

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
from app.contact_books.queries import EarlierDay
from app.contact_books.services import Line
from app.contact_books.typed_lines import read_lines
from app.model_types import today
from app.schools.day_field import DayField
from app.web.clean_text import many_lines, one_line
from app.web.forms import PortalForm
from app.web.seen import SeenMixin

MOST_LINES = 40
LONGEST_LINE = 500
FRESH_PAGE = [ItemKind.HOMEWORK, ItemKind.HOMEWORK, ItemKind.HOMEWORK, *list(ItemKind)[1:]]
"""The empty lines of a new book: most of a day is homework."""


class LineForm(Form):
    """One line. An empty one is nothing; emptying a stored one deletes it."""

    item_id = HiddenField()
    kind = HiddenField()
    text = TextAreaField(_l("Text"), [longest(LONGEST_LINE)], filters=[one_line])
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
    typed = TextAreaField(_l("One line, one item"), filters=[many_lines])
    """What is typed in one go (typed_lines); with scripts each line leaves for its heading as soon as it is ended."""
    typed_kind = HiddenField(default=ItemKind.HOMEWORK.value)
    """The heading under which the last line of the box went."""
    lines = FieldList(FormField(LineForm), max_entries=MOST_LINES)

    def validate_lines(self, field: FieldList) -> None:
        if not self.typed.data and not any(line.text.data or line.files.data for line in field):
            raise ValidationError(_("Please write at least one line."))

    def validate_typed(self, field: TextAreaField) -> None:
        typed = self.typed_lines()
        too_long = next((text for _kind, text in typed if len(text) > LONGEST_LINE), None)
        if too_long is not None:
            raise ValidationError(_("This line has more than 500 characters: “%(text)s…”", text=too_long[:20]))
        if len(typed) + len([line for line in self.lines if line.text.data]) > MOST_LINES:
            raise ValidationError(_("A day has at most %(most)d lines.", most=MOST_LINES))

    def typed_lines(self) -> list[tuple[ItemKind, str]]:
        """What stands in the box, by heading."""
        kind = self.typed_kind.data
        return read_lines(self.typed.data or "", ItemKind(kind) if kind in list(ItemKind) else ItemKind.HOMEWORK)

    def take_over(self, earlier: EarlierDay) -> None:
        """Put the texts of another day into the empty lines, and into new ones as far as there is room."""
        for kind, text in earlier.lines:
            empty = (line.form for line in self.lines if line.form.item_kind == kind)
            line = next((line for line in empty if not line.text.data and not line.stored_id and not line.files.data), None)
            if line is not None:
                line.text.data = text
            elif len(self.lines) < MOST_LINES:
                self.lines.append_entry({"kind": kind.value, "text": text})

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
        return [
            *(line.line() for line in lines if line.text.data),
            *(Line(kind, text) for kind, text in self.typed_lines()),
        ]


class NewEntryForm(EntryForm):
    class_id = SelectField(_l("Grade and class"), [Required()], coerce=int, validate_choice=False)

    def offer(self, classes: Sequence[Any], chosen: Any) -> None:
        self.class_id.choices = [(each.id, each.label) for each in classes]
        if not self.is_submitted():
            self.class_id.data = chosen.id
