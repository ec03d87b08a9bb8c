"""A bulletin's body: typed as plain text with a few marks, kept and shown as a small, cleaned HTML.

An empty line parts paragraphs; lines that begin with ``- `` or ``1. `` become lists; ``**…**`` is bold; addresses
become links. Whatever else is typed, HTML too, is text and shown as text. ``to_text`` is the way back, for editing.
No editor in the browser: Trix, the one we looked at, makes style elements, which the content policy forbids, and
weighs more than a whole page.
"""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser

import nh3
from markupsafe import Markup

from app.web.clean_text import many_lines

TAGS = {"p", "br", "b", "strong", "i", "em", "u", "s", "ul", "ol", "li", "a", "h3", "h4", "blockquote"}

_BULLET = re.compile(r"^\s*(?:[-*•・●]\s+|[•・●])(?=\S)")
_NUMBER = re.compile(r"^\s*(\d{1,2})(?:[.)、]|．)\s*(?=\S)")
_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_LINK = re.compile(r"https?://[^\s<>\"'「」『』（）()，。；、！？]+[^\s<>\"'「」『』（）()，。；、！？.,;:!?]")


def to_html(text: str) -> str:
    """What was typed, as cleaned HTML."""
    blocks = re.split(r"\n\s*\n", many_lines(text))
    return clean("".join(_block(block.split("\n")) for block in blocks if block.strip()))


def clean(html: str) -> str:
    """``html`` with the tags of TAGS and http links alone; scripts, styles, handlers and pictures are gone."""
    return nh3.clean(
        html,
        tags=TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


def safe(html: str) -> Markup:
    """Kept HTML for a template: cleaned once more, so that a row written by any other way cannot carry a script."""
    return Markup(clean(html))  # noqa: S704 (nh3 has just cleaned it)


def _block(lines: list[str]) -> str:
    """Runs of list lines become lists, the rest one paragraph each with its line breaks."""
    parts: list[str] = []
    plain: list[str] = []
    rest = list(lines)
    while rest:
        tag, items = _list_at(rest)
        if not tag:
            plain.append(_inline(rest.pop(0).strip()))
            continue
        parts += _paragraph(plain)
        plain = []
        parts.append(f"<{tag}>{''.join(f'<li>{_inline(item)}</li>' for item in items)}</{tag}>")
        del rest[: len(items)]
    return "".join(parts + _paragraph(plain))


def _paragraph(lines: list[str]) -> list[str]:
    return [f"<p>{'<br>'.join(lines)}</p>"] if lines else []


def _list_at(lines: list[str]) -> tuple[str, list[str]]:
    """The list that begins with the first of ``lines``, if one does. Numbers count only when they run 1, 2, 3."""
    for tag, pattern in (("ul", _BULLET), ("ol", _NUMBER)):
        items: list[str] = []
        for line in lines:
            match = pattern.match(line)
            if match is None or (tag == "ol" and int(match[1]) != len(items) + 1):
                break
            items.append(line[match.end() :].strip())
        if items:
            return tag, items
    return "", []


def _inline(text: str) -> str:
    parts, end = [], 0
    for match in _LINK.finditer(text):
        parts += [_bold(text[end : match.start()]), f'<a href="{escape(match[0])}">{escape(match[0])}</a>']
        end = match.end()
    return "".join([*parts, _bold(text[end:])])


def _bold(text: str) -> str:
    return _BOLD.sub(r"<b>\1</b>", escape(text, quote=False))


def to_text(html: str) -> str:
    """Kept HTML as it is typed: the text from which ``to_html`` makes the same page again."""
    reader = _Reader()
    reader.feed(clean(html))
    reader.close()
    return re.sub(r"\n{3,}", "\n\n", "".join(reader.parts)).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.numbers: list[int | None] = []
        self.href = ""
        self.link_from = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("p", "ul", "ol", "h3", "h4", "blockquote"):
            self.parts.append("\n\n")
        if tag in ("ul", "ol"):
            self.numbers.append(0 if tag == "ol" else None)
        elif tag == "li":
            self._item()
        elif tag == "br":
            self.parts.append("\n")
        elif tag in ("b", "strong"):
            self.parts.append("**")
        elif tag == "a":
            self.href, self.link_from = dict(attrs).get("href") or "", len(self.parts)

    def _item(self) -> None:
        number = self.numbers[-1] if self.numbers else None
        if number is None:
            self.parts.append("\n- ")
            return
        self.numbers[-1] = number + 1
        self.parts.append(f"\n{number + 1}. ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("b", "strong"):
            self.parts.append("**")
        elif tag in ("ul", "ol"):
            if self.numbers:
                self.numbers.pop()
            self.parts.append("\n\n")
        elif tag in ("p", "h3", "h4", "blockquote"):
            self.parts.append("\n\n")
        elif tag == "a" and self.href and "".join(self.parts[self.link_from :]) != self.href:
            self.parts.append(f" {self.href} ")

    def handle_data(self, data: str) -> None:
        self.parts.append(re.sub(r"\s+", " ", data) if "\n" in data else data)
