"""A field for one row of a large table: typed and looked up, never offered whole.

With a script the control asks ``GET /<view>/lookup/<column>?q=`` and keeps the chosen number in a hidden field. Without
one the typed text itself is sent: one row that fits is taken, several are offered as a choice. Every number that is
sent is loaded within the scope; a foreign one and an unknown one get the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from wtforms import Field
from wtforms.utils import unset_value

from app.web.clean_text import one_line
from app.web.datamodel import row_key
from app.web.lookups import Lookup


class RemoteSelectField(Field):
    """``data`` is a row of the lookup's model, or None."""

    def __init__(self, label: Any = None, validators: Any = None, *, lookup: Lookup, **kwargs: Any) -> None:
        super().__init__(label, validators, **kwargs)
        self.lookup = lookup
        self.typed: str | None = None
        self.found: Sequence[Any] = ()
        """Several rows that fit what was typed: the reader chooses one of them."""

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        self._choice = self._asked = None
        if formdata is not None:
            if f"{self.name}-text" in formdata:
                self.typed = one_line(formdata[f"{self.name}-text"])
            self._choice = row_key(formdata.get(f"{self.name}-choice", ""))
            self._asked = one_line(formdata.get(f"{self.name}-asked"))
        super().process(formdata, data, extra_filters)

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = None
        key = self._choice if self._choice and self._asked == self.typed else row_key(valuelist[0] if valuelist else "")
        chosen = self.lookup.load(key) if key is not None else None
        chosen_by_text = self._choice == key and key is not None
        if chosen is not None and (self.typed is None or chosen_by_text or self.typed == self.lookup.label(chosen)):
            self.data = chosen
        elif self.typed:
            self._search(self.typed)
        elif self.typed is None and valuelist and valuelist[0]:
            raise ValueError(_("Nothing fits. Please check it."))

    def _search(self, typed: str) -> None:
        found = self.lookup.find(typed)
        if not found:
            raise ValueError(_("Nothing fits. Please check it."))
        if len(found) > 1:
            self.found = found
            raise ValueError(_("Several fit. Please choose one."))
        self.data = found[0]

    # ---------- for the template ----------

    @property
    def key(self) -> str:
        return str(self.lookup.key_of(self.data)) if self.data is not None else ""

    @property
    def text(self) -> str:
        return self.lookup.label(self.data) if self.data is not None else self.typed or ""

    @property
    def offered(self) -> list[tuple[int, str]]:
        return [(self.lookup.key_of(row), self.lookup.label(row)) for row in self.found]
