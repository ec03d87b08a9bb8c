"""P19–P25: what comes in by forms, addresses and files, and what goes out in pages and headers."""

from __future__ import annotations

import json
import re
import zipfile
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import pytest
import sqlalchemy as sa
from werkzeug.http import parse_options_header

from app.access.session import system
from app.attachments.models import Attachment
from app.bulletins.models import Bulletin
from app.contact_books.models import ContactBookEntry
from app.crypto.sealing import open_sealed
from app.extensions import db
from app.notifications.models import OutboxMessage
from app.notifications.outbox import UnsafeMessage, send_letter, send_sms
from tests.attachments import samples
from tests.bulletins.test_publishing import form as bulletin_form
from tests.bulletins.test_publishing import kept_files
from tests.contact_books.test_writing import form as book_form
from tests.importing import bundles as rosters

MAY_BE_WRITTEN_BY_LOOKING = {
    "account_session",
    "conversation_read",
    "bulletin_read",
    "contact_book_read",
    "audit_entry",
}
"""That somebody was here, what and how far somebody has read, and that a record has been read."""


def directives(policy: str) -> dict[str, str]:
    return dict(part.strip().partition(" ")[::2] for part in policy.split(";"))


def check_headers(door, answer) -> None:
    headers = answer.headers
    for name in (
        "Content-Security-Policy",
        "X-Content-Type-Options",
        "X-Frame-Options",
        "Referrer-Policy",
        "Permissions-Policy",
        "Cross-Origin-Opener-Policy",
        "Cross-Origin-Resource-Policy",
        "Strict-Transport-Security",
        "Cache-Control",
    ):
        assert len(headers.getlist(name)) == 1, (str(door), name, headers.getlist(name))
    policy = directives(headers["Content-Security-Policy"])
    if "sandbox" not in policy:
        assert policy["script-src"] == "'self'"
        assert policy["style-src"] == "'self'"
        assert policy["form-action"] == "'self'"
        for name in ("object-src", "base-uri", "frame-ancestors", "default-src"):
            assert policy[name] == "'none'", (str(door), name)
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert int(re.search(r"max-age=(\d+)", headers["Strict-Transport-Security"])[1]) >= 31_536_000
    if door.rule.endpoint != "static":
        assert headers["Cache-Control"] == "no-store", str(door)


def test_p25_every_answer_carries_the_headers_and_no_get_changes_a_row(product, monkeypatch):
    monkeypatch.setitem(product.flask_app.config, "SESSION_COOKIE_SECURE", True)
    before = product.rows()
    closed = []
    for door in product.doors:
        answer = product.client(door.person).get(door.address, base_url="https://localhost")
        if door.is_furnished and answer.status_code not in ((200, 302, 410) if door.is_read else (405,)):
            closed.append((answer.status_code, str(door)))
        check_headers(door, answer)
    assert not closed, "\n".join(map(str, closed))
    for path in ("/nowhere", "/static/nothing.js", "/%00", "/portal/children/0/"):
        check_headers(door, product.client("parent_chen").get(path))
    assert product.changed_since(before) <= MAY_BE_WRITTEN_BY_LOOKING


@pytest.mark.every_database
def test_p25_no_change_without_the_token_of_the_session(product):
    before = product.rows()
    for door in product.doors:
        if door.is_written:
            answer = product.client(door.person).open(door.address, method="POST", data={"username": "parb"})
            assert answer.status_code == 400, str(door)
            assert "表單開啟太久" in answer.text, str(door)
    assert product.changed_since(before) <= {"account_session"}


# ---------- P24 ----------

APP = Path(__file__).resolve().parents[2] / "app"
SOURCES = "".join(path.read_text("utf-8") for path in APP.rglob("*.py"))
ARGUMENTS = set(re.findall(r'args\.get(?:list)?\("(\w+)"', SOURCES)) | set(re.findall(r'_number\("(\w+)"\)', SOURCES))
"""Every name that some page looks for in its address."""
FOR_THE_DATABASE = {
    "NUL": "%00",
    "half a sign": "%ED%A0%80",
    "huge": "9" * 40,
    "just too large": str(2**31),
}
"""What PostgreSQL and SQLite stumble over, each in its own way."""
FOR_PYTHON = {
    "not UTF-8": "%FF%FE",
    "negative": "-1",
    "far negative": "-" + "9" * 30,
    "other digits": "%EF%BC%95",
    "infinite": "1e999",
    "line break": "a%0D%0ASet-Cookie:%20x=y",
    "injected": "1%27%20OR%20%271%27=%271",
    "long": "x" * 6000,
}


def nasty_values(database) -> dict[str, str]:
    return FOR_THE_DATABASE if database.kind == "postgresql" else FOR_THE_DATABASE | FOR_PYTHON


def mixtures(database, names: list[str], start: int) -> list[str]:
    """Queries or bodies in which every name stands with one of the values in turn; ``start`` varies from door to door."""
    kinds, turns = list(nasty_values(database).values()), 2 if database.kind == "postgresql" else 3
    queries = []
    for turn in range(turns):
        step = start + turn * (len(kinds) // turns)
        query = {name: kinds[(place + step) % len(kinds)] for place, name in enumerate(names)}
        query.update({name: "24680" for name in names if "captcha" in name})
        queries.append("&".join(f"{name}={value}" for name, value in query.items()))
    return queries


def names_in_forms(html: str) -> list[str]:
    """The fields of all forms of a page, but for the token."""
    found = re.findall(r'<(?:input|select|textarea|button)\b[^>]*?\sname="([^"]+)"', html)
    return sorted(set(found) - {"csrf_token"})


@pytest.mark.every_database
def test_p24_whatever_stands_in_an_address_is_answered(product, database):
    broken = []
    for start, door in enumerate(product.doors):
        if not door.is_read or door.rule.endpoint == "static":
            continue
        view = door.rule.endpoint.partition(".")[0]
        names = [*ARGUMENTS, *(f"{each}_{view}" for each in ("psize", "page", "_oc", "_od")), "_flt_0_id", "_flt_0_student"]
        for query in mixtures(database, names, start):
            answer = product.client(door.person).get(f"{door.address}?{query}")
            cookies = answer.headers.getlist("Set-Cookie")
            if answer.status_code >= 500 or any("x=y" in cookie or len(cookie) > 4096 for cookie in cookies):
                broken.append(f"{door}: {query[:200]}")
    assert not broken, "\n".join(broken)


@pytest.mark.every_database
def test_p24_whatever_stands_for_the_number_of_a_row_is_not_there(product):
    broken = []
    for door in product.doors:
        if not door.rule.arguments or door.rule.endpoint == "static":
            continue
        client = product.client(door.person)
        for kind in (*FOR_THE_DATABASE, "negative", "other digits"):
            value = (FOR_THE_DATABASE | FOR_PYTHON)[kind]
            address = re.sub(r"<(?:\w+:)?\w+>", value, door.rule.rule)
            answers = [client.get(address)] if door.is_read else []
            answers += [client.post(address)] if door.is_written else []
            if any(
                answer.status_code >= 500 or answer.status_code == 200 and "pk" in door.rule.arguments for answer in answers
            ):
                broken.append(f"{kind}: {door}")
    assert not broken, "\n".join(broken)


@pytest.mark.every_database
def test_p24_whatever_is_typed_into_a_form_is_answered(product, database):
    """Every form of every page, all its fields at once. The fixed captcha answer lets each form be read to its end."""
    broken = []
    for start, door in enumerate(product.doors):
        if not door.is_written or not door.is_read:
            continue
        client = product.client(door.person)
        names = names_in_forms(client.get(door.address).text)
        for body in mixtures(database, names, start):
            answer = client.post(door.address, data=body, content_type="application/x-www-form-urlencoded")
            if answer.status_code >= 500:
                broken.append(f"{door}: {body[:200]}")
    assert not broken, "\n".join(broken)


def test_p24_what_is_far_too_much_is_refused_before_it_is_read(product):
    """10 MB as one message, a hundred thousand fields, brackets in brackets; every door that takes anything is told."""
    plain, lax = "application/x-www-form-urlencoded", {200, 302, 400, 404, 409, 410}
    kinds = (
        ("too long", {"data": b"body=" + b"x" * 1_100_000, "content_type": plain}, {413}),
        ("too many fields", {"data": "f=&" * 1001, "content_type": plain}, {413}),
        ("deep JSON", {"data": "[" * 10_000, "content_type": "application/json"}, lax),
        ("no boundary", {"data": "x", "content_type": "multipart/form-data"}, lax),
    )
    strange = []
    for door in product.doors:
        if not door.is_written:
            continue
        client = product.client(door.person)
        for kind, sent, expected in kinds:
            answer = client.post(door.address, **sent)
            if answer.status_code not in expected:
                strange.append(f"{kind}: {answer.status_code} {door}")
    assert not strange, "\n".join(strange)
    parent, thread = product.client("parent_chen"), f"/portal/children/{product.world.students['王小明']}/threads/homeroom"
    assert parent.post(thread, data={"body": "x" * 10_000_000}).status_code == 413
    assert parent.post(thread, data="a=&" * 100_000, content_type=plain).status_code == 413
    assert parent.get("/news?" + "before=&" * 100_000).status_code == 413


# ---------- P19 ----------

SCRIPT = "<script>alert(1)</script>"
WORDS = f"{SCRIPT}\"'><img src=x onerror=alert(2)>javascript:alert(3){{{{7*7}}}}"
NOT_TYPED = re.compile(
    r"hash|sealed|key|index$|_index|token|secret|code$|storage|^data$|version|locale|mobile|errors|summary|"
    r"password|username|cap$|subject$|action|content_type|kind|purpose|receiver|claim|session|address|typed_class_name|class_name"
)
"""Columns that hold what the product makes itself, or what it reads back."""


def plant_scripts(product) -> int:
    """Put WORDS into every text column that holds what somebody typed, past all forms."""
    planted = 0
    with product.flask_app.app_context(), db.engine.begin() as connection:
        for table in db.metadata.sorted_tables:
            if table.name.startswith(("ab_permission", "ab_view", "ab_role", "audit_", "limit_", "account_session")):
                continue
            for column in table.columns:
                is_text = isinstance(column.type, sa.String) and not isinstance(column.type, sa.Enum)
                if not is_text or NOT_TYPED.search(column.name) or column.unique or column.primary_key:
                    continue
                longest = column.type.length or 10_000
                try:
                    with connection.begin_nested():
                        connection.execute(sa.update(table).values({column: WORDS[:longest]}))
                        planted += 1
                except sa.exc.IntegrityError:
                    continue
    return planted


class _Active(HTMLParser):
    """What a browser would run: scripts inside a page, handlers, links into scripts, pictures from nowhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag in ("script", "img", "iframe", "object") and not (values.get("src") or "").startswith("/"):
            self.found.append(tag)
        self.found += [name for name, value in attrs if name.startswith("on") or "javascript:" in (value or "")[:20].lower()]


def scripts_in(html: str) -> list[str]:
    reader = _Active()
    reader.feed(html)
    return reader.found + re.findall(r">49<", html)


@pytest.mark.every_database
def test_p19_scripts_in_every_stored_text_are_shown_as_text_on_every_page(product):
    assert plant_scripts(product) > 40
    seen, broken = 0, []
    for door in product.doors:
        if not door.is_read or door.rule.endpoint == "static":
            continue
        answer = product.client(door.person).get(door.address)
        if answer.status_code >= 500 or (answer.mimetype == "text/html" and scripts_in(answer.text)):
            broken.append(f"{answer.status_code} {door} {scripts_in(answer.text)}")
        seen += "&lt;script&gt;" in answer.text if answer.mimetype == "text/html" else 0
    assert not broken, "\n".join(broken)
    assert seen > 40, "the words have to be on the pages, or nothing has been shown"


@pytest.mark.every_database
def test_p19_what_a_teacher_and_a_parent_type_is_text_to_the_other(client_as, world, flask_app):
    teacher, parent = client_as("teacher_501"), client_as("parent_chen")
    child = f"/portal/children/{world.students['王小明']}"
    link = 'javascript:alert(1) [x](javascript:alert(2)) http://x.tw/"onmouseover=alert(3)'
    sent = bulletin_form(world, title=WORDS, text=f"{WORDS}\n\n{link}", files=[(BytesIO(samples.PDF), f"{SCRIPT}.pdf")])
    assert teacher.post("/student-affairs/bulletins/add", data=sent).status_code == 302
    assert parent.post(f"{child}/threads/homeroom", data={"body": WORDS + link, "send_key": WORDS}).status_code == 302
    book = book_form(world, lines=[("homework", WORDS)])
    assert teacher.post("/student-affairs/contact-book/add", data=book).status_code == 302
    with flask_app.app_context(), system("tests"):
        bulletin_id = db.session.scalar(sa.select(sa.func.max(Bulletin.id)))
        day = db.session.scalar(sa.select(sa.func.max(ContactBookEntry.entry_date)))
    pages = (
        parent.get(f"{child}/bulletins/{bulletin_id}"),
        parent.get(f"{child}/bulletins"),
        parent.get(f"{child}/contact-book?date={day}"),
        parent.get(f"{child}/threads/homeroom"),
        teacher.get(f"/student-affairs/bulletins/{bulletin_id}"),
        teacher.get(f"/student-affairs/threads/homeroom/{world.students['王小明']}"),
        teacher.get("/student-affairs/threads/homeroom/"),
    )
    for answer in pages:
        assert answer.status_code == 200
        assert "&lt;script" in answer.text, answer.request.path
        assert not scripts_in(answer.text), answer.request.path


# ---------- P20 ----------

DISGUISES = [
    ("圖.svg", samples.SVG),
    ("頁.html", samples.HTML),
    ("遊戲.exe", samples.EXE),
    ("成績.pdf.exe", samples.PDF),
    ("成績.exe.pdf", samples.PDF),
    ("成績\u202efdp.exe", samples.EXE),
    ("成績.pdf", samples.EXE),
    ("頁.pdf", b"%PDF-1.4 <script>alert(1)</script>" + samples.PDF),
    ("檔.pdf", samples.PDF + samples.zipped(("a.exe", samples.EXE)) + b"%%EOF"),
    ("圖.png", samples.SVG),
    ("圖.gif", b"GIF89a/*" + samples.HTML + b"*/=1;"),
    ("同意書.docm", samples.office("docx")),
    ("同意書.docx", samples.office("docx", ("word/vbaProject.bin", b"x"))),
    ("說明.txt", samples.HTML),
    (".htaccess", b"AddType application/x-httpd-php .pdf"),
    ("空.pdf", b""),
]


def test_p20_no_disguise_gets_in_and_nothing_of_it_is_kept(client_as, world, flask_app):
    teacher = client_as("teacher_501")
    for name, data in DISGUISES:
        answer = teacher.post("/student-affairs/bulletins/add", data=bulletin_form(world, files=[(BytesIO(data), name)]))
        assert (answer.status_code, 'class="error"' in answer.text) == (200, True), name
    assert kept_files(flask_app) == []
    many = [(BytesIO(samples.PDF), f"{number}.pdf") for number in range(11)]
    assert teacher.post("/student-affairs/bulletins/add", data=bulletin_form(world, files=many)).status_code == 200
    large = samples.PDF[:-7] + b" " * 10 * 1024 * 1024 + b"\n%%EOF\n"
    answer = teacher.post("/student-affairs/bulletins/add", data=bulletin_form(world, files=[(BytesIO(large), "大.pdf")]))
    assert "10 MB" in answer.text
    assert kept_files(flask_app) == []


@pytest.mark.every_database
@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../../../etc/數學 練習卷.pdf", "數學 練習卷.pdf"),
        ("/var/名單.pdf", "名單.pdf"),
        ("家長\u2028會\u202e通知.pdf", "家長會通知.pdf"),
        ("<img src=x onerror=alert(1)>\t.pdf", "_img src=x onerror=alert(1)_.pdf"),
    ],
)
def test_p20_chinese_names_come_back_without_path_or_hidden_signs(client_as, world, flask_app, sent, kept):
    data = bulletin_form(world, files=[(BytesIO(samples.PDF), sent)])
    assert client_as("teacher_501").post("/student-affairs/bulletins/add", data=data).status_code == 302
    with flask_app.app_context(), system("tests"):
        number = db.session.scalars(sa.select(Attachment.id)).one()
    answer = client_as("parent_chen").get(f"/attachments/{number}")
    assert answer.data == samples.PDF
    assert parse_options_header(answer.headers["Content-Disposition"])[1]["filename"] == kept


# ---------- P22 ----------


def test_p22_no_bomb_and_no_broken_roster_changes_a_row(client_as, product, monkeypatch):
    browser = client_as("registrar_wc")
    good = tables_of(rosters.zipped(rosters.wenchang()))
    doubled = rosters.wenchang()
    doubled["users"].append(dict(doubled["users"][0]))
    wrong = rosters.wenchang()
    rosters.row(wrong, "users", "s-wen")["metadata.nationalId"] = "A123456788"
    users = good["users.csv"]
    uploads = {
        "zip bomb": packed({**good, "users.csv": users + b"\n" * 60_000_000}),
        "a million rows": packed({**good, "users.csv": users + b"x,y\n" * 1_000_000}),
        "many files": packed({**good, **{f"{number}.csv": b"" for number in range(3000)}}),
        "nested zip": packed({"roster.zip": rosters.zipped(rosters.wenchang())}),
        "way out": packed({**good, "../../etc/users.csv": b"x"}),
        "spreadsheet bomb": samples.office("xlsx", ("xl/sharedStrings.xml", b"<" * 30_000_000)),
        "not a zip": b"PK\x03\x04" + b"\0" * 100,
        "UTF-16": packed({**good, "users.csv": users.decode("utf-8-sig").encode("utf-16")}),
        "NUL": packed({**good, "users.csv": users.replace("小明".encode(), b"\0")}),
        "duplicate rows": rosters.zipped(doubled),
        "wrong checksum": rosters.zipped(wrong),
        "nothing": b"",
    }
    before = product.rows()
    for kind, content in uploads.items():
        answer = browser.post("/sso/import/", data={"bundle": (BytesIO(content), f"{kind}.zip")}, follow_redirects=True)
        assert answer.status_code == 200, kind
        assert 'name="fingerprint"' not in answer.text, kind
        assert "錯誤" in answer.text or 'class="error"' in answer.text, kind
    assert product.changed_since(before) <= {"account_session", "import_batch", "audit_entry"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp950"])
def test_p22_big5_and_the_mark_of_excel_are_read(client_as, encoding):
    files = tables_of(rosters.zipped(rosters.wenchang()))
    content = packed({name: text.decode("utf-8-sig").encode(encoding) for name, text in files.items()})
    page = client_as("registrar_wc").post(
        "/sso/import/", data={"bundle": (BytesIO(content), "名冊.zip")}, follow_redirects=True
    )
    assert "陳大文" in page.text
    assert 'name="fingerprint"' in page.text


def tables_of(bundle: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(bundle)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(files: dict[str, bytes]) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


# ---------- P23 ----------


@pytest.mark.every_database
def test_p23_a_foreign_host_gets_400_everywhere_and_no_letter_names_it(product, monkeypatch, flask_app):
    monkeypatch.setitem(flask_app.config, "TRUSTED_HOSTS", ["localhost"])
    before = product.rows()
    hosts = ("evil.example", "localhost.evil.example", "localhost@evil.example", "evil.example:80")
    for place, door in enumerate(product.doors):
        host = hosts[place % len(hosts)]
        answer = product.client(door.person).get(door.address, headers={"Host": host})
        assert answer.status_code == 400, (str(door), host)
        assert "evil" not in answer.text + str(answer.headers)
    assert product.changed_since(before) <= {"account_session"}
    for header in ("X-Forwarded-Host", "Forwarded", "X-Host"):
        answer = product.client("").get("/", headers={header: "evil.example; host=evil.example"})
        assert "evil" not in answer.text + str(answer.headers), header


@pytest.mark.every_database
def test_p23_the_link_of_a_letter_comes_from_the_setting_and_a_line_break_makes_no_header(flask_app, visitor, world):
    with flask_app.app_context(), system("tests"):
        for receiver in ("a@b.tw\r\nBcc: all@b.tw", "a@b.tw\nX: y", "a@b.tw\u2028x"):
            with pytest.raises(UnsafeMessage):
                send_letter(receiver, "link_ended", "zh_Hant_TW")
        with pytest.raises(UnsafeMessage):
            send_sms("+886912345678\r\n", "reset_password", "zh_Hant_TW")
        name = "王\r\nBcc: all@b.tw\r\n\r\n小明"
        send_letter(
            "a@b.tw", "link_rejected", "zh_Hant_TW", guardian_name=name, student_name=name, school_name=name, reason=name
        )
        content = json.loads(open_sealed(db.session.scalars(sa.select(OutboxMessage.content_sealed)).one()))
        assert "\n" not in content["subject"] and "\r" not in content["subject"]
        assert "http://localhost/" in content["text"]
        db.session.rollback()
    for field in ("next", "username"):
        answer = visitor.post("/language/", data={"locale": "en", field: "/x\r\nSet-Cookie: a=b"})
        assert "a=b" not in str(answer.headers)
