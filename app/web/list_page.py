"""One page of a generated list, ready for its template: columns, rows, order, pages and their addresses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from flask_babel import gettext as _
from markupsafe import Markup

from app.web.datamodel import COUNT_LIMIT
from app.web.formatting import joined
from app.web.search import SearchRow

PAGE_SIZES = (10, 25, 50, 100)


@dataclass(frozen=True)
class Asked:
    """What the address of a list asks for. Anything the screen does not offer falls back to what it starts with."""

    page: int
    page_size: int
    order: tuple[str, str] | None

    @classmethod
    def of(cls, view: Any, arguments: Any) -> Asked:
        """FAB's names: page_<View>, psize_<View>, _oc_<View>, _od_<View>."""
        name = type(view).__name__
        size = _number(arguments.get(f"psize_{name}"))
        page_size = size if size in PAGE_SIZES else view.page_size
        column, direction = arguments.get(f"_oc_{name}"), arguments.get(f"_od_{name}")
        offered = column in view.order_columns and direction in ("asc", "desc")
        page = min(_number(arguments.get(f"page_{name}")) or 0, COUNT_LIMIT // page_size)
        return cls(page, page_size, (column, direction) if offered else None)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) <= 6 else None


@dataclass(frozen=True)
class Column:
    name: str
    label: str
    is_title: bool
    css: str = ""
    order_url: str = ""
    order: str = ""
    """ascending or descending where the list is ordered by this column."""


@dataclass(frozen=True)
class Row:
    key: int
    title: str
    cells: Sequence[Any]
    is_writable: bool
    acts: Sequence[Any] = ()
    link_title: str = ""
    """Which row it is, where several rows of the list have the same words as their link."""


def told_apart(rows: Sequence[Row], place_of_title: int) -> list[Row]:
    """The rows, each with a title that no other row of the list has: read by itself, every link says which row it opens."""
    titles = Counter(row.title for row in rows)
    colon = _(": ")
    full = [row.title if titles[row.title] == 1 else row.title + colon + joined(_words(row.cells)) for row in rows]
    same = Counter(full)
    names = [
        name if same[name] == 1 else name + " " + _("Record %(number)s", number=row.key)
        for row, name in zip(rows, full, strict=True)
    ]
    links = [_plain(row.cells[place_of_title]) or row.title for row in rows]
    seen = Counter(links)
    return [
        replace(row, title=name, link_title=name if seen[link] > 1 else "")
        for row, name, link in zip(rows, names, links, strict=True)
    ]


def _plain(cell: Any) -> str:
    return Markup("{}").format("" if cell is None else cell).striptags()


def _words(cells: Sequence[Any]) -> list[str]:
    return [words for words in map(_plain, cells) if words]


@dataclass
class ListTable:
    """What widgets/list.html draws."""

    view: Any
    columns: Sequence[Column]
    rows: Sequence[Row]
    count: int
    asked: Asked
    search: Sequence[SearchRow] = ()
    may_show: bool = False
    may_edit: bool = False
    may_delete: bool = False
    empty_words: str = ""
    add_url: str = ""
    may_export: bool = False

    @property
    def export_url(self) -> str:
        """Where these conditions, in this order, become a file."""
        return f"{self.view.address('export')}?{urlencode(self.size_arguments)}"

    @property
    def is_counted(self) -> bool:
        """False when there are more rows than are counted."""
        return self.count <= COUNT_LIMIT

    @property
    def shown_count(self) -> int:
        return min(self.count, COUNT_LIMIT)

    @property
    def first(self) -> int:
        return self.asked.page * self.asked.page_size + 1

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1

    @property
    def pages(self) -> int:
        return -(-self.shown_count // self.asked.page_size)

    @property
    def near_pages(self) -> list[int | None]:
        """First, last and the neighbours of the present page; None stands for what is left out between."""
        wanted = sorted({0, self.pages - 1, *range(self.asked.page - 1, self.asked.page + 2)} & set(range(self.pages)))
        near: list[int | None] = []
        for number in wanted:
            if near and near[-1] is not None and number - near[-1] > 1:
                near.append(None)
            near.append(number)
        return near

    @property
    def is_searched(self) -> bool:
        return any(row.applies for row in self.search)

    def page_url(self, page: int) -> str:
        return list_url(self.view, self.search, self.asked.order, self.asked.page_size, page)

    @property
    def page_sizes(self) -> tuple[int, ...]:
        return PAGE_SIZES

    @property
    def kept_arguments(self) -> list[tuple[str, str]]:
        """Hidden fields of the search form: a new search keeps order and page size."""
        return _arguments(self.view, (), self.asked.order, self.asked.page_size, 0)

    @property
    def size_arguments(self) -> list[tuple[str, str]]:
        """Hidden fields of the page size form: all of the address but page and size."""
        return _arguments(self.view, self.search, self.asked.order, self.view.page_size, 0)


def list_url(view: Any, search: Sequence[SearchRow], order: tuple[str, str] | None, page_size: int, page: int = 0) -> str:
    """The address of a list with these conditions, in this order, at this page."""
    arguments = _arguments(view, search, order, page_size, page)
    return view.get_default_url() + (f"?{urlencode(arguments)}" if arguments else "")


def _arguments(
    view: Any, search: Sequence[SearchRow], order: tuple[str, str] | None, page_size: int, page: int
) -> list[tuple[str, str]]:
    name = type(view).__name__
    arguments = [row.argument for row in search if row.text]
    if order:
        arguments += [(f"_oc_{name}", order[0]), (f"_od_{name}", order[1])]
    if page_size != view.page_size:
        arguments.append((f"psize_{name}", str(page_size)))
    if page:
        arguments.append((f"page_{name}", str(page)))
    return arguments
