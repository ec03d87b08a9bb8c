"""Which files are let in: by what they hold, and only when their name says the same.

Allowed are PDF, Word, Excel and PowerPoint (without macros), ODF, pictures and plain text. Pictures are drawn anew:
orientation applied, EXIF (place, time, camera) and anything hidden behind the picture gone. A refusal is a sentence
for the person who chose the file.
"""

from __future__ import annotations

import re
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any, BinaryIO

import filetype
from flask_babel import gettext as _
from PIL import Image, ImageOps
from pillow_heif import register_heif_opener

register_heif_opener()

MAX_BYTES = 10 * 1024 * 1024
MAX_NAME = 200
MAX_PIXELS = 50_000_000
"""Of a picture, or of all frames of a moving one. A phone's largest is just below."""
MAX_FRAMES = 200
MAX_UNPACKED = 300 * 1024 * 1024
MAX_ENTRIES = 5_000
JPEG_QUALITY = 88

_OLD_OFFICE = {"doc", "xls", "ppt", "dot", "pps"}
_WITH_MACROS = {"docm", "dotm", "xlsm", "xltm", "xlam", "xlsb", "pptm", "potm", "ppsm", "ppam"}
_ACTIVE = (
    _WITH_MACROS
    | {"htm", "html", "xhtml", "mht", "mhtml", "shtml", "svg", "svgz", "xml", "xsl", "hta", "swf"}
    | {"exe", "com", "scr", "msi", "dll", "cpl", "pif", "lnk", "url", "reg", "inf", "apk", "ipa", "app", "dmg", "jar"}
    | {
        "bat",
        "cmd",
        "ps1",
        "vb",
        "vbe",
        "vbs",
        "js",
        "jse",
        "mjs",
        "wsf",
        "wsh",
        "sh",
        "py",
        "pl",
        "rb",
        "php",
        "asp",
        "aspx",
    }
    | {"jsp", "cgi", "zip", "rar", "7z", "gz", "tar", "iso", "img"}
)
"""What may not stand before the last suffix either: 成績.exe.pdf."""


class FileRefused(Exception):
    """A file that is not let in; the text says why, to the person who chose it."""


@dataclass(frozen=True, slots=True)
class AcceptedFile:
    """A checked file, ready to be kept: cleaned name, its real type, its bytes."""

    name: str
    content_type: str
    stream: BinaryIO
    size: int


def clean_name(raw: str) -> str:
    """The name to keep: Chinese stays; path parts, control and direction characters go; at most 200 characters."""
    name = re.split(r"[/\\]", unicodedata.normalize("NFC", raw.replace("\x00", "")))[-1]
    name = "".join(character for character in name if unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"})
    name = re.sub(r"\s+", " ", re.sub(r'[<>:"|?*]', "_", name)).strip(" .")
    stem, dot, suffix = name.rpartition(".")
    if not dot:
        return name[:MAX_NAME]
    return f"{stem.strip()[: MAX_NAME - len(suffix) - 1]}.{suffix.strip()}"[-MAX_NAME:]


def accept(raw_name: str, stream: BinaryIO) -> AcceptedFile:
    """The file as it will be kept. Raises FileRefused with the reason."""
    name = clean_name(raw_name)
    stem, _dot, suffix = name.rpartition(".")
    kind = suffix.lower()
    _refuse_by_name(name, stem, kind)
    stream.seek(0)
    data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise FileRefused(_("“%(name)s” is larger than 10 MB.", name=name))
    if not data:
        raise FileRefused(_("“%(name)s” is empty.", name=name))
    guessed = filetype.guess_mime(data)
    if not _agrees(guessed, kind):
        raise FileRefused(_("“%(name)s” holds something else than its name says.", name=name))
    accepted = _CHECKS[kind](name, kind, data)
    # documents are kept as they came: the form's own stream, which lies on the disk when it is large
    return accepted if kind in _PICTURES else replace(accepted, stream=stream)


def _refuse_by_name(name: str, stem: str, kind: str) -> None:
    if kind in _OLD_OFFICE:
        raise FileRefused(
            _("“%(name)s” is of an old Office format. Save it as .docx, .xlsx, .pptx or PDF and choose it again.", name=name)
        )
    if kind in _WITH_MACROS:
        raise FileRefused(_("“%(name)s” may hold macros. Save it without them and choose it again.", name=name))
    inner = {part.strip().lower() for part in stem.split(".")[1:]}
    if not stem or kind not in _CHECKS or inner & _ACTIVE:
        raise FileRefused(
            _(
                "“%(name)s” is of a kind that cannot be attached. Allowed: PDF, Word, Excel, PowerPoint, ODF, pictures, "
                "plain text.",
                name=name or "?",
            )
        )


def _agrees(guessed: str | None, kind: str) -> bool:
    if kind in _PICTURES:
        return guessed in _PICTURES[kind][0]
    if kind == "pdf":
        return guessed == "application/pdf"
    if kind == "txt":
        return guessed is None
    return guessed in _ZIP_TYPES or str(guessed).startswith(("application/vnd.oasis", "application/vnd.openxml"))


def _damaged(name: str) -> FileRefused:
    return FileRefused(_("“%(name)s” is damaged and cannot be read.", name=name))


def _disguised(name: str) -> FileRefused:
    return FileRefused(_("“%(name)s” holds something else than its name says.", name=name))


# ---------- pictures ----------

_PICTURES: dict[str, tuple[frozenset[str], str, str, str]] = {
    # suffix: (what filetype calls it, Pillow's reader, Pillow's writer, suffix when kept)
    "png": (frozenset({"image/png", "image/apng"}), "PNG", "PNG", "png"),
    "jpg": (frozenset({"image/jpeg"}), "JPEG", "JPEG", "jpg"),
    "jpeg": (frozenset({"image/jpeg"}), "JPEG", "JPEG", "jpeg"),
    "gif": (frozenset({"image/gif"}), "GIF", "GIF", "gif"),
    "webp": (frozenset({"image/webp"}), "WEBP", "WEBP", "webp"),
    # kept as JPEG: most computers at home cannot open it
    "heic": (frozenset({"image/heic"}), "HEIF", "JPEG", "jpg"),
    "heif": (frozenset({"image/heic"}), "HEIF", "JPEG", "jpg"),
}


def _picture(name: str, kind: str, data: bytes) -> AcceptedFile:
    _mimes, reader, writer, suffix = _PICTURES[kind]
    drawn = BytesIO()
    try:
        with Image.open(BytesIO(data), formats=[reader]) as image:
            frames = _frames(image) if writer in ("GIF", "WEBP") else 1
            if image.width * image.height * frames > MAX_PIXELS or frames > MAX_FRAMES:
                raise _too_many_pixels(name)
            _draw(image, writer, frames, drawn)
    except FileRefused:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels(name) from error
    except Exception as error:  # decoders raise anything at all when fed with rubbish
        raise _damaged(name) from error
    stem = name.rpartition(".")[0]
    return AcceptedFile(f"{stem}.{suffix}", f"image/{writer.lower()}", drawn, drawn.getbuffer().nbytes)


def _too_many_pixels(name: str) -> FileRefused:
    return FileRefused(_("“%(name)s” is too large a picture: 50 megapixels at most.", name=name))


def _frames(image: Image.Image) -> int:
    """How many frames a moving picture has; counting stops just beyond the limit."""
    count = 1
    while count <= MAX_FRAMES:
        try:
            image.seek(count)
        except EOFError:
            break
        count += 1
    image.seek(0)
    return count


def _draw(image: Image.Image, writer: str, frames: int, target: BinaryIO) -> None:
    if frames > 1:
        kept: dict[Any, Any] = {
            key: value for key, value in image.info.items() if key in {"duration", "loop", "disposal", "transparency"}
        }
        image.info = dict(kept)
        image.save(target, writer, save_all=True, comment=b"", exif=b"", xmp=b"", icc_profile=b"", **kept)
        return
    upright = ImageOps.exif_transpose(image)
    clean = upright.copy()
    clean.info = {}
    if "transparency" in upright.info:
        clean.info["transparency"] = upright.info["transparency"]
    if writer == "JPEG":
        if clean.mode not in ("L", "RGB"):
            clean = _on_white(clean)
        clean.save(target, writer, quality=JPEG_QUALITY)
    elif writer == "WEBP":
        clean.save(target, writer, quality=JPEG_QUALITY)
    else:
        clean.save(target, writer)


def _on_white(image: Image.Image) -> Image.Image:
    if "A" not in image.getbands():
        return image.convert("RGB")
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image.convert("RGB"), mask=image.getchannel("A"))
    return ground


# ---------- documents ----------

_ZIP_TYPES = frozenset({"application/zip", "application/epub+zip"})
_OFFICE: dict[str, tuple[bytes, str]] = {
    # suffix: (the main part's type in [Content_Types].xml, the file's type)
    "docx": (
        b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    "xlsx": (
        b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    "pptx": (
        b"application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ),
}
_OPEN_DOCUMENT = {
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation",
}
_MACRO_PARTS = re.compile(
    r"vbaproject|vbadata|/macrosheets/|(^|/)scripts/.+|(^|/)basic/.+(?<!script-lc\.xml)(?<!script-lb\.xml)"
    r"(?<!dialog-lc\.xml)(?<!dialog-lb\.xml)$|\.(exe|dll|scr|bat|cmd|ps1|vbs|vbe|js|jse|wsf|hta|jar|lnk)$",
    re.IGNORECASE,
)


def _document(name: str, kind: str, data: bytes) -> AcceptedFile:
    """A zip that is nothing but the document its suffix says: begins and ends as one, and holds no macros."""
    if not data.startswith(b"PK\x03\x04") or data[-22:-18] != b"PK\x05\x06":
        raise _disguised(name)
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            content_type = _type_of_document(archive, name, kind)
    except (zipfile.BadZipFile, KeyError, ValueError, NotImplementedError, RuntimeError, OSError) as error:
        raise _damaged(name) from error
    return AcceptedFile(name, content_type, BytesIO(data), len(data))


def _type_of_document(archive: zipfile.ZipFile, name: str, kind: str) -> str:
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        raise FileRefused(_("“%(name)s” unpacks to far too much.", name=name))
    if min(entry.header_offset for entry in entries) != 0:
        raise _disguised(name)
    if any(_MACRO_PARTS.search(entry.filename) for entry in entries):
        raise FileRefused(_("“%(name)s” may hold macros. Save it without them and choose it again.", name=name))
    if kind in _OPEN_DOCUMENT:
        if _beginning(archive, "mimetype").strip() != _OPEN_DOCUMENT[kind].encode():
            raise _disguised(name)
        return _OPEN_DOCUMENT[kind]
    main_part, content_type = _OFFICE[kind]
    types = _beginning(archive, "[Content_Types].xml")
    if b"macroenabled" in types.lower():
        raise FileRefused(_("“%(name)s” may hold macros. Save it without them and choose it again.", name=name))
    if main_part not in types:
        raise _disguised(name)
    return content_type


def _beginning(archive: zipfile.ZipFile, part: str) -> bytes:
    with archive.open(part) as stream:
        return stream.read(1024 * 1024)


def _pdf(name: str, kind: str, data: bytes) -> AcceptedFile:
    if not data.startswith(b"%PDF-") or b"%%EOF" not in data[-2048:]:
        raise _disguised(name)
    if re.search(rb"<(!doctype|html|script|svg)\b", data[:2048], re.IGNORECASE) or _is_archive(data):
        raise _disguised(name)
    return AcceptedFile(name, "application/pdf", BytesIO(data), len(data))


def _is_archive(data: bytes) -> bool:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            return bool(archive.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return False


_LOOKS_ACTIVE = re.compile(
    r"^\s*(#!|<\s*(!doctype|\?xml|\?php|html|head|body|script|svg|iframe|img|meta|object)\b)", re.IGNORECASE
)


def _text(name: str, kind: str, data: bytes) -> AcceptedFile:
    for encoding, charset in (("utf-8-sig", "utf-8"), ("cp950", "big5")):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if re.search(r"[\x00-\x08\x0b\x0e-\x1f]", text) or _LOOKS_ACTIVE.match(text):
            break
        return AcceptedFile(name, f"text/plain; charset={charset}", BytesIO(data), len(data))
    raise _disguised(name)


_CHECKS: dict[str, Callable[[str, str, bytes], AcceptedFile]] = {
    "pdf": _pdf,
    "txt": _text,
    **dict.fromkeys(_OFFICE, _document),
    **dict.fromkeys(_OPEN_DOCUMENT, _document),
    **dict.fromkeys(_PICTURES, _picture),
}

ACCEPT = ",".join(f".{kind}" for kind in _CHECKS)
"""For the file chooser's ``accept``: a help to the person, not a check."""


def accept_all(files: list[Any]) -> tuple[list[AcceptedFile], list[str]]:
    """(accepted files, reasons of the refused ones) of what a form's file field sent."""
    accepted: list[AcceptedFile] = []
    refused: list[str] = []
    for file in files:
        try:
            accepted.append(accept(file.filename or "", file.stream))
        except FileRefused as refusal:
            refused.append(str(refusal))
    return accepted, refused
