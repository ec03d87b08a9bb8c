"""A file is let in by what it holds, and only when its name says the same."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from app.attachments import checks
from app.attachments.checks import FileRefused, accept, clean_name
from tests.attachments import samples


@pytest.fixture(autouse=True)
def reader(flask_app):
    """Refusals are sentences in the reader's language."""
    with flask_app.test_request_context():
        yield


WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ALLOWED = [
    ("單.pdf", samples.PDF, "application/pdf"),
    ("單.PDF", samples.PDF, "application/pdf"),
    ("第1.2課.pdf", samples.PDF, "application/pdf"),
    ("同意書.docx", samples.office("docx"), WORD),
    ("表.xlsx", samples.office("xlsx"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("簡報.pptx", samples.office("pptx"), "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("文.odt", samples.open_document("text"), "application/vnd.oasis.opendocument.text"),
    ("表.ods", samples.open_document("spreadsheet"), "application/vnd.oasis.opendocument.spreadsheet"),
    ("報.odp", samples.open_document("presentation"), "application/vnd.oasis.opendocument.presentation"),
    ("文.odt", samples.open_document("text", ("Basic/script-lc.xml", b"<x/>")), "application/vnd.oasis.opendocument.text"),
    ("圖.png", samples.picture("PNG"), "image/png"),
    ("圖.jpg", samples.picture("JPEG"), "image/jpeg"),
    ("圖.jpeg", samples.picture("JPEG", mode="CMYK"), "image/jpeg"),
    ("圖.gif", samples.picture("GIF"), "image/gif"),
    ("圖.webp", samples.picture("WEBP"), "image/webp"),
    ("說明.txt", samples.TEXT, "text/plain; charset=utf-8"),
    ("說明.txt", "星期一帶水彩用具".encode("cp950"), "text/plain; charset=big5"),
]


@pytest.mark.parametrize(("name", "data", "content_type"), ALLOWED)
def test_what_a_class_needs_is_let_in(name, data, content_type):
    accepted = accept(name, BytesIO(data))
    assert (accepted.name, accepted.content_type) == (name, content_type)
    accepted.stream.seek(0)
    assert accepted.size == len(accepted.stream.read())


REFUSED = [
    ("a program", "遊戲.exe", samples.EXE),
    ("a program called PDF", "成績.pdf", samples.EXE),
    ("a program before the suffix", "成績.exe.pdf", samples.PDF),
    ("a program hidden by spaces", "成績.exe .pdf", samples.PDF),
    ("a program hidden by a direction sign", "成績\u202efdp.exe", samples.EXE),
    ("a page", "頁.html", samples.HTML),
    ("a page called text", "頁.txt", samples.HTML),
    ("a drawing that holds a script", "圖.svg", samples.SVG),
    ("a drawing called PNG", "圖.png", samples.SVG),
    ("a drawing called text", "圖.txt", samples.SVG),
    ("a shell script called text", "說明.txt", b"#!/bin/sh\nrm -rf /\n"),
    ("binary called text", "說明.txt", b"abc\x00def"),
    ("a PDF called JPEG", "圖.jpg", samples.PDF),
    ("a JPEG called PNG", "圖.png", samples.picture("JPEG")),
    ("a PDF that does not begin as one", "單.pdf", b"GIF89a" + samples.PDF),
    ("a PDF without an end", "單.pdf", samples.PDF.replace(b"%%EOF", b"")),
    ("a PDF that is an archive too", "單.pdf", samples.PDF + samples.zipped(("a.exe", samples.EXE)) + b"%%EOF"),
    ("a PDF that is a page too", "單.pdf", b"%PDF-1.4 <script>alert(1)</script>" + samples.PDF),
    ("an archive", "檔.zip", samples.zipped(("a.txt", b"a"))),
    ("an archive called Word", "同意書.docx", samples.zipped(("a.txt", b"a"))),
    ("Excel called Word", "同意書.docx", samples.office("xlsx")),
    ("Word with a program in front", "同意書.docx", samples.EXE + samples.office("docx")),
    ("Word with something behind", "同意書.docx", samples.office("docx") + samples.EXE),
    ("Word with macros in a part", "同意書.docx", samples.office("docx", ("word/vbaProject.bin", b"x"))),
    ("Word with macros by type", "同意書.docx", samples.office("docx", macro_types=True)),
    ("Word with a program inside", "同意書.docx", samples.office("docx", ("word/embeddings/a.exe", samples.EXE))),
    ("ODF with macros", "文.odt", samples.open_document("text", ("Basic/Standard/Module1.xml", b"x"))),
    ("ODF of another kind", "文.odt", samples.open_document("spreadsheet")),
    ("Word with macros by name", "同意書.docm", samples.office("docx")),
    ("old Word", "同意書.doc", samples.OLD_WORD),
    ("old Word called new", "同意書.docx", samples.OLD_WORD),
    ("an empty file", "單.pdf", b""),
    ("no suffix", "檔案", samples.PDF),
    ("no name", ".pdf", samples.PDF),
    ("half a picture", "圖.png", samples.picture("PNG")[:40]),
]


@pytest.mark.parametrize(("name", "data"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_what_is_dangerous_or_disguised_is_refused_by_its_name(name, data):
    with pytest.raises(FileRefused) as refusal:
        accept(name, BytesIO(data))
    assert "「" in str(refusal.value)


def test_a_file_of_ten_megabytes_is_let_in_and_one_byte_more_is_not():
    body = samples.PDF[:-7] + b" " * (checks.MAX_BYTES - len(samples.PDF)) + b"\n%%EOF\n"
    assert accept("大.pdf", BytesIO(body)).size == checks.MAX_BYTES
    with pytest.raises(FileRefused, match="10 MB"):
        accept("大.pdf", BytesIO(b"%PDF-" + body))


def test_a_document_that_unpacks_to_far_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(checks, "MAX_UNPACKED", 10_000)
    with pytest.raises(FileRefused, match="太大"):
        accept("檔.docx", BytesIO(samples.office("docx", ("word/media/a.bin", b"0" * 20_000))))


@pytest.mark.parametrize(("writer", "name"), [("PNG", "圖.png"), ("GIF", "圖.gif"), ("WEBP", "圖.webp")])
def test_a_picture_of_far_too_many_pixels_is_refused_before_it_is_drawn(writer, name, monkeypatch):
    monkeypatch.setattr(checks, "MAX_PIXELS", 1_000_000)
    monkeypatch.setattr(checks, "_draw", None)
    with pytest.raises(FileRefused, match="像素"):
        accept(name, BytesIO(samples.picture(writer, (1_500, 1_000))))


def test_a_moving_picture_of_too_many_frames_is_refused(monkeypatch):
    monkeypatch.setattr(checks, "MAX_FRAMES", 3)
    frames = [Image.new("L", (4, 4), shade) for shade in range(5)]
    data = samples.BytesIO()
    frames[0].save(data, "GIF", save_all=True, append_images=frames[1:])
    with pytest.raises(FileRefused):
        accept("圖.gif", data)


def test_a_moving_picture_keeps_moving():
    frames = [Image.new("L", (4, 4), shade * 50) for shade in range(3)]
    data = BytesIO()
    frames[0].save(data, "GIF", save_all=True, append_images=frames[1:], comment=b"SecretWords", duration=100)
    accepted = accept("圖.gif", data)
    kept = accepted.stream.getvalue()
    assert Image.open(BytesIO(kept)).n_frames == 3
    assert b"SecretWords" not in kept


def test_a_photo_is_upright_and_says_neither_place_nor_camera():
    accepted = accept("照片.jpg", BytesIO(samples.photo_with_place()))
    kept = accepted.stream.getvalue()
    drawn = Image.open(BytesIO(kept))
    assert drawn.size == (20, 40)
    assert not drawn.getexif()
    assert b"SecretCamera" not in kept


@pytest.mark.parametrize("writer", ["JPEG", "PNG", "GIF", "WEBP"])
def test_what_hides_behind_a_picture_is_gone(writer):
    hidden = samples.picture(writer) + samples.zipped(("a.exe", samples.EXE)) + b"<script>alert(1)</script>"
    kept = accept(f"圖.{writer.lower()}", BytesIO(hidden)).stream.getvalue()
    assert b"script" not in kept
    assert b"PK\x03\x04" not in kept


def test_a_phones_heic_photo_is_kept_as_jpeg():
    data = BytesIO()
    Image.new("RGB", (16, 12)).save(data, "HEIF")
    accepted = accept("照片.HEIC", data)
    assert (accepted.name, accepted.content_type) == ("照片.jpg", "image/jpeg")


def test_the_see_through_parts_of_a_png_stay():
    kept = accept("圖.png", BytesIO(samples.picture("PNG", mode="RGBA"))).stream.getvalue()
    assert Image.open(BytesIO(kept)).mode == "RGBA"


NAMES = [
    ("園遊會認購單.pdf", "園遊會認購單.pdf"),
    ("𡍼𠮷.pdf", "𡍼𠮷.pdf"),
    ("../../etc/passwd.pdf", "passwd.pdf"),
    ("C:\\Users\\林老師\\單.pdf", "單.pdf"),
    ("單\u202efdp.pdf", "單fdp.pdf"),
    ("單\r\nSet-Cookie: a=b.pdf", "單Set-Cookie_ a=b.pdf"),
    ("單\x00.pdf", "單.pdf"),
    ("單\ud800.pdf", "單.pdf"),
    ('<img src="x">.pdf', "_img src=_x__.pdf"),
    ("  單 .pdf. ", "單.pdf"),
    ("長" * 300 + ".pdf", "長" * 196 + ".pdf"),
]


@pytest.mark.parametrize(("raw", "kept"), NAMES)
def test_a_name_keeps_its_chinese_and_loses_what_is_no_name(raw, kept):
    assert clean_name(raw) == kept
