"""Bring the message catalogues up to date: extract our msgids, add Flask-AppBuilder's and WTForms', keep what is translated.

``python translations/update.py`` (``make messages``). English repeats the msgid. A msgid without a text is shown in English;
those without a Traditional Chinese one are listed at the end, those of other languages counted; any fails
tests/web/test_catalogues.py.
"""

from __future__ import annotations

import fcntl
import sys
from pathlib import Path
from typing import Any

import flask_appbuilder
import wtforms
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
HERE = ROOT / "translations"
OTHERS = ("vi", "id")
"""Languages beside English, which repeats the msgids, and Traditional Chinese, in which the product speaks first."""

sys.path.insert(0, str(ROOT))

from app.web.catalogues import compile_catalogues  # noqa: E402

METHODS = [
    ("app/templates/**.html", "jinja2"),
    ("app/templates/**.txt", "jinja2"),
    ("app/**.py", "python"),
    ("config.py", "python"),
]
OPTIONS = {
    "app/templates/**.html": {"trimmed": "true", "silent": "false"},
    "app/templates/**.txt": {"trimmed": "true", "silent": "false"},
}
KEYWORDS = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "_l": None,
    "lazy_gettext": None,
    "lazy_ngettext": (1, 2),
    "_n": (1, 2),
}


def extracted() -> Catalog:
    """Our msgids, and those of the libraries whose pages and messages we show."""
    catalogue = Catalog(project="portal", charset="utf-8")
    for name, line, message, comments, context in extract_from_dir(
        ROOT, METHODS, OPTIONS, KEYWORDS, strip_comment_tags=True
    ):
        if name.startswith(("app/", "config.py")):
            catalogue.add(message, None, [(name, line)], auto_comments=comments, context=context)
    for path in (
        Path(flask_appbuilder.__file__).parent / "translations/de/LC_MESSAGES/messages.po",
        Path(wtforms.__file__).parent / "locale/de/LC_MESSAGES/wtforms.po",
    ):
        with path.open("rb") as source:
            for message in read_po(source, locale="de"):
                if message.id and message.id not in catalogue:
                    catalogue.add(message.id, None, auto_comments=[f"of {path.parts[-5]}"])
    return catalogue


def update(locale: str, template: Catalog) -> list[str]:
    path = HERE / locale / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    catalogue = Catalog(locale=locale, project="portal", charset="utf-8", fuzzy=False)
    known: dict[object, Any] = {}
    sources = [path, *sorted((ROOT / "build" / "po").glob(f"*.{locale}.po"))]
    for source in sources:
        if source.exists():
            with source.open("rb") as file:
                known.update({m.id: m.string for m in read_po(file, locale=locale) if m.id and any(m.string)})
    missing = []
    for message in template:
        if not message.id:
            continue
        text = known.get(message.id)
        if locale == "en":
            text = message.id
        elif text is None:
            missing.append(str(message.id))
        elif isinstance(message.id, tuple):
            given = [each for each in ((text,) if isinstance(text, str) else text) if each]
            text = tuple((given + given[-1:] * catalogue.num_plurals)[: catalogue.num_plurals])
        catalogue.add(message.id, text, message.locations, auto_comments=message.auto_comments)
    with path.open("wb") as target:
        write_po(target, catalogue, sort_output=True, width=120, no_location=True, ignore_obsolete=True)
    return missing


def main() -> None:
    (ROOT / "build").mkdir(exist_ok=True)
    with (ROOT / "build" / "messages.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        template = extracted()
        update("en", template)
        missing = update("zh_Hant_TW", template)
        without = {locale: len(update(locale, template)) for locale in OTHERS}
        compile_catalogues()
    for msgid in missing:
        print(f"no Traditional Chinese: {msgid}")
    print(f"{len(template)} messages, {len(missing)} without a Traditional Chinese text")
    for locale, count in without.items():
        print(f"{locale}: {count} without a text")


if __name__ == "__main__":
    main()
