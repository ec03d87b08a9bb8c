"""Small real files of every kind that may and may not be attached."""

from __future__ import annotations

import zipfile
from io import BytesIO

from PIL import Image

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
EXE = b"MZ\x90\x00\x03\x00\x00\x00" + b"\x00" * 200
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
OLD_WORD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600
TEXT = "星期一帶水彩用具".encode()

_MAIN = {
    "docx": ("word/document.xml", "wordprocessingml.document.main+xml"),
    "xlsx": ("xl/workbook.xml", "spreadsheetml.sheet.main+xml"),
    "pptx": ("ppt/presentation.xml", "presentationml.presentation.main+xml"),
}


def zipped(*entries: tuple[str, bytes]) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data, zipfile.ZIP_STORED if name == "mimetype" else None)
    return target.getvalue()


def office(kind: str, *more: tuple[str, bytes], macro_types: bool = False) -> bytes:
    part, content_type = _MAIN[kind]
    full = f"application/vnd.openxmlformats-officedocument.{content_type}"
    if macro_types:
        full = "application/vnd.ms-word.document.macroEnabled.main+xml"
    types = f'<Types><Override PartName="/{part}" ContentType="{full}"/></Types>'
    return zipped(("[Content_Types].xml", types.encode()), (part, b"<x/>"), *more)


def open_document(kind: str, *more: tuple[str, bytes]) -> bytes:
    return zipped(("mimetype", f"application/vnd.oasis.opendocument.{kind}".encode()), ("content.xml", b"<x/>"), *more)


def picture(writer: str = "PNG", size: tuple[int, int] = (8, 6), mode: str = "RGB", **options: object) -> bytes:
    target = BytesIO()
    Image.new(mode, size).save(target, writer, **options)
    return target.getvalue()


def photo_with_place() -> bytes:
    """A JPEG that lies on its side, with the place and the camera in its EXIF data."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825)[2] = (24.0, 59.0, 36.0)
    return picture("JPEG", (40, 20), exif=exif)
