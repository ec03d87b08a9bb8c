"""The app on the phone over HTTP: what is nobody's, the kept page, and the word by which it is let go."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine
from PIL import Image

from app.access.session import system
from app.accounts.models import AccountSession
from app.extensions import db
from app.guardian_links.models import GuardianLink, LinkStatus
from app.model_types import now, today
from app.phone.kept import LONGEST, NOBODY, READER, UNTIL

STATIC = Path(__file__).resolve().parents[2] / "app" / "static"
LANGUAGES = {"zh-Hant-TW": "教育發展資源入口網", "en": "Taoyuan education portal"}


def kept_address(world, child: str = "王小明") -> str:
    return f"/portal/children/{world.students[child]}/contact-book/kept?date={today()}"


def stay_signed_in(flask_app, world, username: str) -> None:
    """As if the guardian had ticked 保持登入 30 天 when signing in."""
    with flask_app.app_context(), db.engine.begin() as connection:
        table = AccountSession.__table__
        changed = {"is_kept": True, "expires_at": now() + flask_app.config["SESSION_KEPT"]}
        connection.execute(table.update().where(table.c.account_id == world.accounts[username]).values(**changed))


# ---------- installing ----------


@pytest.mark.parametrize(("language", "name"), LANGUAGES.items())
def test_the_manifest_has_what_a_phone_asks_for_in_the_page_s_language(visitor, language, name):
    assert 'rel="manifest" href="/manifest/zh-Hant-TW.webmanifest"' in visitor.get("/").text
    answer = visitor.get(f"/manifest/{language}.webmanifest")
    assert answer.mimetype == "application/manifest+json"
    manifest = json.loads(answer.text)
    assert (manifest["name"], manifest["lang"]) == (name, language)
    assert (manifest["id"], manifest["start_url"], manifest["scope"]) == ("/", "/portal/", "/")
    assert manifest["display"] == "standalone"
    assert {(icon["sizes"], icon["purpose"]) for icon in manifest["icons"]} >= {
        (f"{size}x{size}", purpose) for size in (192, 512) for purpose in ("any", "maskable")
    }
    for icon in manifest["icons"]:
        picture = visitor.get(icon["src"])
        assert picture.status_code == 200
        if icon["type"] == "image/png":
            assert "x".join(map(str, Image.open(BytesIO(picture.data)).size)) == icon["sizes"]
    assert len(manifest["shortcuts"]) == 3


def test_a_shortcut_leads_a_guardian_to_the_child(client_as, visitor):
    guardian = client_as("parent_chen")
    for shortcut in json.loads(visitor.get("/manifest/zh-Hant-TW.webmanifest").text)["shortcuts"]:
        assert guardian.get(shortcut["url"], follow_redirects=True).status_code == 200
        assert "/sign-in/" in visitor.get(shortcut["url"]).location


@pytest.mark.parametrize("name", ["maskable-192", "maskable-512", "apple-touch-icon"])
def test_an_icon_that_is_cut_to_shape_fills_its_square(name):
    icon = Image.open(STATIC / "icons" / f"{name}.png").convert("RGBA")
    last = icon.width - 1
    assert {icon.getpixel(corner) for corner in ((0, 0), (last, 0), (0, last), (last, last))} == {(29, 84, 150, 255)}


def test_the_worker_stands_before_every_page_and_names_its_version_and_files(visitor):
    answer = visitor.get("/service-worker.js")
    assert answer.mimetype == "text/javascript"
    version, shell = re.match(r'const VERSION = "(\w{10})";\nconst SHELL = (\[.*?\]);\n', answer.text).groups()
    assert version
    for address in json.loads(shell):
        assert visitor.get(address).status_code == 200, address
        assert re.search(r"\?v=\w{10}$|^/offline/", address)
    assert visitor.get("/service-worker.js").text == answer.text


@pytest.mark.parametrize("person", ["", "parent_chen", "teacher_501"])
def test_what_browsers_keep_of_the_shell_is_nobody_s(visitor, client_as, person):
    browser = client_as(person) if person else visitor
    for address in ("/service-worker.js", "/offline/zh-Hant-TW", "/offline/en", "/manifest/zh-Hant-TW.webmanifest"):
        text = browser.get(address).text
        assert text == visitor.get(address).text
        assert "csrf_token" not in text
        assert "陳" not in text


@pytest.mark.parametrize("address", ["/offline/xx", "/manifest/xx.webmanifest", "/offline/zh_Hant_TW"])
def test_a_language_that_there_is_not_is_not_found(visitor, address):
    assert visitor.get(address).status_code == 404


# ---------- the kept page ----------


def test_the_kept_page_says_that_it_is_a_copy_and_of_when(client_as, world):
    address = kept_address(world)
    moment = now().replace(hour=9, minute=5)
    with time_machine.travel(moment, tick=False):
        answer = client_as("parent_chen").get(address)
    assert answer.status_code == 200
    assert "這是 " in answer.text
    assert re.search(r"17:05[^<]*留在這台裝置上的副本", answer.text)
    assert "501 作業" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_nothing_of_the_account_is_on_the_kept_page(client_as, world):
    text = client_as("parent_chen").get(kept_address(world)).text
    assert "csrf_token" not in text
    assert "<form" not in text
    assert "陳美玲" not in text
    assert "王小華" not in text


@pytest.mark.parametrize("person", ["parent_lin", "teacher_501", "manager_wc", ""])
def test_nobody_else_gets_it(client_as, visitor, world, person):
    answer = (client_as(person) if person else visitor).get(kept_address(world))
    assert answer.status_code in (302, 403, 404)
    assert UNTIL not in answer.headers


def test_a_day_without_a_book_is_not_kept(client_as, world):
    address = kept_address(world).partition("?")[0]
    assert client_as("parent_chen").get(f"{address}?date=2026-01-02").status_code == 404


def test_a_copy_never_outlives_the_session(flask_app, client_as, world):
    address, moment = kept_address(world), now()
    with time_machine.travel(moment, tick=False):
        guardian = client_as("parent_chen")
        plain = int(guardian.get(address).headers[UNTIL])
        stay_signed_in(flask_app, world, "parent_chen")
        stays = int(guardian.get(address).headers[UNTIL])
    assert plain == int((moment + flask_app.config["SESSION_IDLE"]).timestamp() * 1000)
    assert stays == int((moment + LONGEST).timestamp() * 1000)
    with time_machine.travel(moment + flask_app.config["SESSION_KEPT"] - timedelta(hours=1), tick=False):
        last = int(guardian.get(address).headers[UNTIL])
    assert last == int((moment + flask_app.config["SESSION_KEPT"]).timestamp() * 1000)


def test_the_page_asks_for_a_copy_on_an_own_device_alone(flask_app, client_as, world):
    guardian = client_as("parent_chen")
    address = f"/portal/children/{world.students['王小明']}/contact-book?date={today()}"
    assert "data-own-device" not in guardian.get(address).text
    stay_signed_in(flask_app, world, "parent_chen")
    assert "data-own-device" in guardian.get(address).text


# ---------- whose copy may stay ----------


def word(client) -> str:
    return client.get("/site-map").headers[READER]


@pytest.mark.parametrize("person", ["", "citizen_wu", "parent_lin", "teacher_501", "city_admin"])
def test_visitors_staff_and_those_without_a_child_keep_nothing(client_as, visitor, person):
    assert word(client_as(person) if person else visitor) == NOBODY


def test_a_guardian_s_word_stays_the_same_and_another_session_has_another(client_as):
    one, other = client_as("parent_chen"), client_as("parent_chen")
    assert word(one) == word(one) != NOBODY
    assert word(one) != word(other)


@pytest.mark.every_database
def test_a_link_that_ends_changes_the_word_with_the_next_answer(flask_app, client_as, world):
    """A protection mark ends links the same way; whoever holds a copy lets it go at the next contact."""
    guardian = client_as("parent_chen")
    before = word(guardian)
    with flask_app.app_context(), system("tests"):
        links = db.session.scalars(
            sa.select(GuardianLink).where(
                GuardianLink.account_id == world.accounts["parent_chen"], GuardianLink.status == LinkStatus.APPROVED
            )
        ).all()
        links[0].status = LinkStatus.ENDED
        db.session.commit()
    assert word(guardian) != before


def test_after_the_session_has_ended_by_itself_the_word_is_nobody_s(flask_app, client_as):
    moment = now()
    guardian = client_as("parent_chen")
    assert word(guardian) != NOBODY
    with time_machine.travel(moment + flask_app.config["SESSION_IDLE"] + timedelta(minutes=1), tick=False):
        assert word(guardian) == NOBODY


def test_signing_out_tells_the_browser_to_clear_what_it_stored(client_as):
    answer = client_as("parent_chen").post("/sign-out/")
    assert answer.headers["Clear-Site-Data"] == '"storage"'
    assert answer.headers[READER] == NOBODY


def test_a_broken_answer_says_nothing_about_the_reader(flask_app, client_as, monkeypatch):
    """Or a moment's outage would take the copy away that is there for such moments."""
    from app.portal import queries

    guardian = client_as("parent_chen")
    monkeypatch.setattr(queries, "latest_news", lambda _number: 1 / 0)
    answer = guardian.get("/")
    assert answer.status_code == 500
    assert READER not in answer.headers
