"""Message catalogues: .po files are the source, .mo files are made from them when they are older."""

from __future__ import annotations

import os
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

TRANSLATIONS = Path(__file__).resolve().parents[2] / "translations"


def compile_catalogues() -> None:
    """Write each messages.mo that is missing or older than its messages.po."""
    for po in TRANSLATIONS.glob("*/LC_MESSAGES/*.po"):
        mo = po.with_suffix(".mo")
        if mo.exists() and mo.stat().st_mtime >= po.stat().st_mtime:
            continue
        with po.open("rb") as source:
            catalogue = read_po(source, locale=po.parts[-3])
        for message in list(catalogue):
            if isinstance(message.string, tuple) and not all(message.string):
                catalogue.delete(message.id)  # as a singular without a text: the reader gets the English of the number
        # Written aside and put in place at once: another process may be reading it.
        aside = mo.with_name(f"{mo.name}.{os.getpid()}")
        with aside.open("wb") as target:
            write_mo(target, catalogue)
        aside.replace(mo)
