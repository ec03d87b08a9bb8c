"""匯入名冊 on the page: upload, difference, 【匯入】; each for the own school, the city administrator for all."""

from __future__ import annotations

import io
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.access.session import system
from app.extensions import db
from app.importing import services
from app.importing.bundle import Limits
from app.importing.models import ImportBatch, ImportStatus
from app.jobs import tidy_up
from app.model_types import now
from app.schools.models import Student, StudentStatus
from tests.importing.bundles import NATIONAL_IDS, Tables, pupil, row, seat, wenchang, without, zipped
from tests.importing.test_import import crowded, two_schools

pytestmark = pytest.mark.every_database


def upload(person, content: bytes, name: str = "名冊.zip"):
    return person.post("/sso/import/", data={"bundle": (io.BytesIO(content), name)}, content_type="multipart/form-data")


def uploaded(person, tables: Tables) -> str:
    """The address of the page that shows the difference."""
    answer = upload(person, zipped(tables))
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def fingerprint_on(page: str) -> str:
    return re.search(r'name="fingerprint"[^>]*value="([0-9a-f]{64})"', page)[1]


def press_import(person, address: str, **fields: str):
    page = person.get(address).text
    return person.post(f"{address}/apply", data={"fingerprint": fingerprint_on(page), **fields}, follow_redirects=True)


def names_at_wenchang(flask_app, world) -> set[str]:
    with flask_app.app_context(), system("tests look"):
        query = sa.select(Student.full_name).where(
            Student.school_id == world.schools["wenchang"], Student.status == StudentStatus.ENROLLED
        )
        return set(db.session.scalars(query))


@pytest.mark.parametrize("person", ["registrar_wc", "manager_wc", "only_registrar_wc"])
def test_upload_look_import(client_as, flask_app, world, person):
    tables = wenchang()
    tables["orgs"] = tables["orgs"][1:]
    row(tables, "users", "s-wen")["metadata.nationalId"] = NATIONAL_IDS[0]
    browser = client_as(person)
    address = uploaded(browser, tables)
    page = browser.get(address).text
    assert "陳大文" in page
    assert "匯入後的差異" in page
    assert NATIONAL_IDS[0] not in page
    assert "陳大文" not in names_at_wenchang(flask_app, world)
    done = press_import(browser, address)
    assert "匯入完成" in done.text
    assert "已匯入" in done.text
    assert "陳大文" in names_at_wenchang(flask_app, world)
    assert "沒有需要匯入的資料" in browser.get(uploaded(browser, tables)).text


def test_the_difference_names_what_changes_moves_and_leaves(client_as, world):
    browser = client_as("city_admin")
    press_import(browser, uploaded(browser, wenchang()))
    tables = wenchang()
    row(tables, "users", "s-yu")["givenName"] = "品瑜"
    row(tables, "enrollments", "e-ming")["classSourcedId"] = "c-502"
    without(tables, "users", "s-qing")
    without(tables, "enrollments", "e-qing")
    page = browser.get(uploaded(browser, tables)).text
    for words in ("林品妤 → 林品瑜", "五年一班 → 五年二班", "張子晴", "在學 → 轉出"):
        assert words in page, words


def test_errors_are_shown_by_row_and_nothing_can_be_imported(client_as, flask_app, world):
    tables = wenchang()
    row(tables, "users", "s-wen")["metadata.nationalId"] = "A123456788"
    browser = client_as("city_admin")
    page = browser.get(uploaded(browser, tables)).text
    assert "有 1 處錯誤，沒有匯入任何資料" in page
    assert re.search(r"users\.csv</th><td[^>]*>6</td><td[^>]*>metadata\.nationalId</td><td[^>]*>證號檢查碼不正確", page)
    assert "fingerprint" not in page
    assert "陳大文" not in names_at_wenchang(flask_app, world)


def test_a_registrar_may_not_bring_in_another_school(client_as, flask_app, world):
    browser = client_as("registrar_wc")
    page = browser.get(uploaded(browser, two_schools())).text
    assert "這筆資料屬於其他學校" in page
    assert "fingerprint" not in page


@pytest.mark.parametrize("key", ["s-hua", "elsewhere"])
def test_a_registrar_cannot_pull_a_child_over_from_another_school(client_as, flask_app, world, key):
    with flask_app.app_context(), system("tests name a child"):
        child = db.session.get(Student, world.students["王小華"])
        child.sourced_id = "s-hua"
        db.session.commit()
    tables = wenchang()
    tables["users"].append(pupil(key, "王", "小華", "1110504"))
    tables["enrollments"].append(seat("e-hua", "c-501", key, 29))
    browser = client_as("registrar_wc")
    page = browser.get(uploaded(browser, tables)).text
    assert ("這位學生的學籍還在另一所學校" in page) == (key == "s-hua")
    with flask_app.app_context(), system("tests look"):
        assert db.session.get(Student, world.students["王小華"]).school_id == world.schools["zhongxing"]


def test_the_page_is_for_registrars_managers_and_the_city(client_as):
    for person in ("teacher_501", "counselor_wc", "personnel_wc", "only_instruction_wc", "parent_chen"):
        browser = client_as(person)
        assert browser.get("/sso/import/").status_code == 403, person
        assert upload(browser, zipped(wenchang())).status_code == 403, person


def test_another_schools_import_is_not_there(client_as, flask_app, world):
    registrar, stranger = client_as("registrar_wc"), client_as("manager_zx")
    address = uploaded(registrar, wenchang())
    page = registrar.get(address).text
    assert stranger.get(address).status_code == 404
    assert stranger.post(f"{address}/apply", data={"fingerprint": fingerprint_on(page)}).status_code == 404
    assert client_as("city_admin").get(address).status_code == 200
    assert "陳大文" not in names_at_wenchang(flask_app, world)
    assert registrar.get("/sso/import/99999999999").status_code == 404


def test_a_whole_citys_import_is_not_a_schools_business(client_as):
    address = uploaded(client_as("city_admin"), wenchang())
    assert client_as("registrar_wc").get(address).status_code == 404


def test_a_second_click_imports_once(client_as):
    browser = client_as("registrar_wc")
    address = uploaded(browser, wenchang())
    mark = fingerprint_on(browser.get(address).text)
    browser.post(f"{address}/apply", data={"fingerprint": mark})
    again = browser.post(f"{address}/apply", data={"fingerprint": mark}, follow_redirects=True)
    assert "這份名冊已經匯入過了" in again.text


def test_two_clicks_at_the_same_moment_import_once(client_as, flask_app, world):
    address = uploaded(client_as("registrar_wc"), wenchang())
    mark = fingerprint_on(client_as("registrar_wc").get(address).text)
    people = [client_as(person) for person in ("registrar_wc", "manager_wc", "city_admin", "registrar_wc")]
    with ThreadPoolExecutor(len(people)) as pool:
        answers = list(
            pool.map(
                lambda person: person.post(f"{address}/apply", data={"fingerprint": mark}, follow_redirects=True).text,
                people,
            )
        )
    assert sum("匯入完成" in answer for answer in answers) == 1
    assert sum("這份名冊已經匯入過了" in answer for answer in answers) == 3
    assert len(names_at_wenchang(flask_app, world)) == 5


def test_a_plan_that_no_longer_holds_is_shown_again(client_as, flask_app, world):
    browser = client_as("registrar_wc")
    address = uploaded(browser, wenchang())
    mark = fingerprint_on(browser.get(address).text)
    with flask_app.app_context(), system("tests change a name"):
        db.session.get(Student, world.students["王小明"]).birth_date = now().date() - timedelta(days=4000)
        db.session.commit()
    answer = browser.post(f"{address}/apply", data={"fingerprint": mark}, follow_redirects=True)
    assert "顯示本頁之後資料有變動" in answer.text
    assert "陳大文" not in names_at_wenchang(flask_app, world)
    assert "匯入完成" in press_import(browser, address).text


def test_many_leavers_must_be_confirmed(client_as, flask_app, world):
    browser = client_as("registrar_wc")
    press_import(browser, uploaded(browser, crowded()))
    address = uploaded(browser, wenchang())
    assert "有學校超過五分之一的學生將離校" in browser.get(address).text
    refused = press_import(browser, address)
    assert "請確認這些學生離校" in refused.text
    assert len(names_at_wenchang(flask_app, world)) == 35
    assert "匯入完成" in press_import(browser, address, many_may_leave="y").text
    assert len(names_at_wenchang(flask_app, world)) == 5


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "這不是 zip 檔"),
        (b"sourcedId,name", "這不是 zip 檔"),
        (zipped({"notes": [{"a": 1}]}), "檔案裡沒有名冊"),
        (zipped({"../users": [{"a": 1}]}), "zip 檔內有指向檔案之外的路徑"),
    ],
)
def test_what_is_no_bundle_is_said_beside_the_field(client_as, flask_app, content, words):
    answer = upload(client_as("registrar_wc"), content)
    assert answer.status_code == 200
    assert re.search(rf'id="bundle-e">.*{words}', answer.text)
    with flask_app.app_context(), system("tests look"):
        assert db.session.scalars(sa.select(ImportBatch)).all() == []


def test_no_file_is_said_beside_the_field(client_as):
    answer = client_as("registrar_wc").post("/sso/import/", data={}, content_type="multipart/form-data")
    assert "請選擇檔案" in answer.text


def test_what_is_too_large_for_the_page_is_sent_to_the_command(client_as, monkeypatch):
    monkeypatch.setattr(services, "ON_THE_PAGE", Limits(rows=10))
    answer = upload(client_as("registrar_wc"), zipped(wenchang()))
    assert "名冊的列數太多" in answer.text
    assert "flask portal import" in answer.text


def test_an_uploaded_bundle_is_kept_sealed_and_goes_after_the_import(client_as, flask_app):
    browser = client_as("registrar_wc")
    tables = wenchang()
    row(tables, "users", "s-wen")["metadata.nationalId"] = NATIONAL_IDS[0]
    address = uploaded(browser, tables)
    folder = Path(flask_app.config["INSTANCE_DIR"]) / "storage"
    kept = [path for path in folder.rglob("*") if path.is_file()]
    assert len(kept) == 1
    assert not kept[0].read_bytes().startswith(b"PK")
    press_import(browser, address)
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_a_bundle_that_nobody_applied_is_forgotten_after_a_day(client_as, flask_app):
    browser = client_as("registrar_wc")
    address = uploaded(browser, wenchang())
    mark = fingerprint_on(browser.get(address).text)
    with flask_app.app_context(), system("tests let a day pass"):
        batch = db.session.scalars(sa.select(ImportBatch)).one()
        batch.created_at = now() - timedelta(days=2)
        db.session.commit()
    uploaded(browser, wenchang())
    assert "上傳的檔案已不再保留" in browser.get(address).text
    answer = browser.post(f"{address}/apply", data={"fingerprint": mark}, follow_redirects=True)
    assert "上傳的檔案已不再保留" in answer.text
    with flask_app.app_context(), system("tests look"):
        assert db.session.scalars(sa.select(ImportBatch.status)).all() == [ImportStatus.CHECKED] * 2


def test_the_worker_forgets_old_bundles_too(client_as, flask_app, manual_is_printed):
    uploaded(client_as("registrar_wc"), wenchang())
    with flask_app.app_context(), system("tests let a day pass"):
        batch = db.session.scalars(sa.select(ImportBatch)).one()
        batch.created_at = now() - timedelta(days=2)
        db.session.commit()
    with flask_app.app_context():
        tidy_up()
    folder = Path(flask_app.config["INSTANCE_DIR"]) / "storage"
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_the_start_page_lists_the_imports_so_far(client_as):
    browser = client_as("registrar_wc")
    assert "還沒有匯入紀錄" in browser.get("/sso/import/").text
    uploaded(browser, wenchang())
    assert "名冊.zip" in browser.get("/sso/import/").text
    assert "名冊.zip" not in client_as("manager_zx").get("/sso/import/").text


def test_markup_in_a_roster_is_shown_as_text(client_as):
    tables = wenchang()
    row(tables, "users", "s-wen").update(familyName="<script>alert(1)</script>", givenName="x")
    browser = client_as("registrar_wc")
    page = browser.get(uploaded(browser, tables)).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_record_of_imports_reads_like_words(client_as):
    browser = client_as("registrar_wc")
    tables = wenchang()
    uploaded(browser, tables)
    row(tables, "users", "s-wen")["metadata.nationalId"] = "A123456788"
    uploaded(browser, tables)
    checked, refused = (browser.get(f"/sso/imports/show/{number}").text for number in (1, 2))
    assert "學生：新增 1、變更 4" in checked
    assert "users.csv 6 metadata.nationalId 證號檢查碼不正確" in refused
    assert "identity_checksum" not in refused
    assert client_as("manager_zx").get("/sso/imports/show/1").status_code == 404
