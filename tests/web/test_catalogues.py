"""Every msgid, ours and the libraries', has a Traditional Chinese and an English text, and none is Simplified."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from translations import update

CATALOGUES = Path(update.HERE)
SIMPLIFIED = set(
    "录码邮输请择删认证设务习实验线级显为对误审经过运护时间际还让们开关从无与专区个贴传发号团队馆应该确给国图么样条两爱书车东马鸟门页顶领频题颜饭说话读语词试译询谁调谈谢课论订计讯议"
)
"""Characters that only Simplified Chinese writes; a few hundred words of an interface cannot miss all of them."""


def _read(locale: str):  # type: ignore[no-untyped-def]
    with (CATALOGUES / locale / "LC_MESSAGES" / "messages.po").open("rb") as source:
        return read_po(source, locale=locale)


@pytest.mark.parametrize("locale", ["zh_Hant_TW", "en"])
def test_every_message_has_a_text(locale):
    catalogue = _read(locale)
    template = update.extracted()
    empty = []
    for message in template:
        if not message.id:
            continue
        found = catalogue.get(message.id if isinstance(message.id, str) else message.id[0])
        texts = found.string if found is not None and isinstance(found.string, tuple) else (found.string,) if found else ()
        if not texts or not all(texts):
            empty.append(message.id)
    assert empty == []


def test_no_traditional_text_holds_a_simplified_character():
    offenders = [
        (message.id, text)
        for message in _read("zh_Hant_TW")
        for text in (message.string if isinstance(message.string, tuple) else (message.string,))
        if set(text) & SIMPLIFIED
    ]
    assert offenders == []
