"""What a reader of a page meets, and which words of it are not of the reader's language."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from html.parser import HTMLParser

from babel.messages.pofile import read_po

from translations import update

SIMPLIFIED = set(
    "录码邮输请择删认证设务习实验线级显为对误审经过运护时间际还让们开关从无与专区个贴传发号团队馆应该确给国图么样条两爱书车东马鸟门页顶领频题颜饭说话读语词试译谁调谈谢课论订计讯议"
)
"""Characters that only Simplified Chinese writes; a few hundred words of an interface cannot miss all of them."""

HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]+")
ENGLISH = re.compile(
    r"\b(?:the|and|of|your|you|please|with|this|that|from|not|for|are|was|were|has|have|been|which|when|only|by)\b",
    re.IGNORECASE,
)
"""Words without which English has no sentence, and which neither Vietnamese nor Indonesian writes."""
LATIN_ON_A_CHINESE_PAGE = re.compile(
    r"English|Bahasa Indonesia|Ti\u1ebfng Vi\u1ec7t|[\w.+-]+@[\w.-]+|https?://\S+|\bapp/[\w/.]+|\btests/[\w/.]+|"
    r"flask portal \w+|"
    r"(?:\b[\w-]+)?\.(?:pdf|png|jpg|txt|docx|xlsx|pptx|csv|zip|py|html|json)\b|\b[a-z]+_\w+\b|Google|Microsoft|Authenticator|2FAS|"
    r"OneRoster|\bSDS\b|\bUTF\b|\bBig5\b|\bCSV\b|\bZIP\b|\bPDF\b|Word|Excel|PowerPoint|\bODF\b|\bSMS\b|\bApp\b|\bCtrl\b|\bTab\b|"
    r"\bEnter\b|\bzip\b|\bQR\b|Xlsx|XLSX|Chrome|Chromium|Firefox|Safari|Edge|Linux|Windows|Android|OpenID",
)
"""Names that Chinese writes in Latin letters too."""
READ_ATTRIBUTES = frozenset({"aria-label", "title", "placeholder", "alt", "data-label", "data-confirm", "data-empty"})
_SILENT = frozenset({"script", "style", "template"})


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.silent = 0
        self.language = ""
        self.other: list[str] = []
        """Open elements of the kind that began a part in another language, which says so by ``lang``."""
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.silent += tag in _SILENT
        named = dict(attributes)
        self.language = self.language or named.get("lang") or ""
        if self.other or named.get("lang") not in (None, self.language):
            self.other += [tag] if not self.other or tag == self.other[0] else []
            return
        self.texts += [value for name, value in attributes if name in READ_ATTRIBUTES and value]
        if tag == "input" and named.get("type") in ("submit", "button") and named.get("value"):
            self.texts.append(str(named["value"]))

    def handle_endtag(self, tag: str) -> None:
        if self.other:
            if tag == self.other[0]:
                self.other.pop()
            return
        if self.silent and tag in _SILENT:
            self.silent -= 1

    def handle_data(self, data: str) -> None:
        if not self.silent and not self.other and data.strip():
            self.texts.append(" ".join(data.split()))


def texts_of(html: str) -> list[str]:
    """Every piece of text that is shown or read aloud, in the page's order."""
    parser = _Texts()
    parser.feed(html)
    return parser.texts


@cache
def catalogue(locale: str) -> dict[str, tuple[str, ...]]:
    """msgid → texts; the singular stands for a plural."""
    with (update.HERE / locale / "LC_MESSAGES" / "messages.po").open("rb") as source:
        messages = [message for message in read_po(source, locale=locale) if message.id]
    return {
        message.id if isinstance(message.id, str) else message.id[0]: (
            message.string if isinstance(message.string, tuple) else (str(message.string),)
        )
        for message in messages
    }


@cache
def _untranslated(locale: str) -> frozenset[str]:
    """msgids that say something else in ``locale``: standing on a page, they were forgotten."""
    own = {text for texts in catalogue(locale).values() for text in texts}
    return frozenset(msgid for msgid in catalogue(locale) if re.search("[A-Za-z]{3}", msgid)) - own


@cache
def _own_han(locale: str) -> frozenset[str]:
    """Chinese words inside the texts of another language: names that a person has to recognise."""
    return frozenset(run for texts in catalogue(locale).values() for text in texts for run in HAN.findall(text))


class Reader:
    """Somebody who reads ``locale``; what people typed, ``data``, may stand in any language."""

    def __init__(self, locale: str, data: Iterable[str] = ()) -> None:
        self.locale = locale
        names = {each for each in data if len(each) > 1 or HAN.fullmatch(each)}
        if locale != "zh_Hant_TW":
            names |= _own_han(locale)
        self.typed = frozenset(names)
        self.names = re.compile("|".join(re.escape(each) for each in sorted(names, key=len, reverse=True)) or "(?!)")

    def strange(self, html: str) -> list[str]:
        """The pieces of a page, or of a letter, that are not of the reader's language."""
        return [text for text in dict.fromkeys(texts_of(html)) if self._is_strange(text)]

    def _is_strange(self, text: str) -> bool:
        if text in self.typed:
            return False
        if text in _untranslated(self.locale):
            return True
        rest = self.names.sub(" ", text)
        if self.locale == "zh_Hant_TW":
            latin = HAN.sub(" ", LATIN_ON_A_CHINESE_PAGE.sub(" ", rest))
            return bool(set(rest) & SIMPLIFIED) or re.search(r"[^\W\d_]{3}", latin) is not None
        return HAN.search(rest) is not None or (self.locale != "en" and ENGLISH.search(rest) is not None)


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page_language = ""
        self.languages: list[str] = []
        self.found: list[tuple[str, str, str]] = []
        """Address, title or label, words."""
        self.is_open = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = dict(attributes)
        if tag == "html":
            self.page_language = named.get("lang") or ""
        elif "lang" in named:
            self.languages.append(named["lang"] or "")
        if tag == "a" and named.get("href"):
            self.is_open = True
            self.found.append((str(named["href"]), named.get("aria-label") or named.get("title") or "", ""))

    def handle_data(self, data: str) -> None:
        if self.is_open:
            address, title, words = self.found[-1]
            self.found[-1] = (address, title, words + "".join(data.split()))

    def handle_endtag(self, tag: str) -> None:
        self.is_open = self.is_open and tag != "a"


def links_not_told_apart(html: str) -> list[str]:
    """Words of links that lead to several addresses without a title or label of its own for each of them."""
    page = _Links()
    page.feed(html)
    unclear = []
    for words in dict.fromkeys(words for _, _, words in page.found if len(words) > 1):
        same = [(address, title) for address, title, each in page.found if each == words]
        titles = {title for _, title in same}
        if len({address for address, _ in same}) > 1 and ("" in titles or len(titles) < len(same)):
            unclear.append(f"{words}: {len(same)} links")
    return unclear


def languages_said_again(html: str) -> list[str]:
    """Languages of parts of the page that are none, or the page's own."""
    page = _Links()
    page.feed(html)
    return [language for language in page.languages if language in ("", page.page_language)]
