"""壹: accounts, as people get them, lose their passwords and change their data (A1–A5)."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys.people import link_in, national_id, secret_in, somebody
from tests.journeys.walk import CAPTCHA

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_a1_an_official_account_from_application_to_both_platforms(running, walk_as):
    person, walk = somebody("周雅婷"), walk_as()
    with walk.step("A1.1") as page:
        walk.open("/")
        page.get_by_role("link", name="教育公務帳號登入").click()
        expect(page.get_by_role("heading", name="教育公務帳號登入")).to_be_visible()
        for label in ("帳號", "密碼", "圖像識別碼"):
            expect(page.get_by_label(label, exact=True)).to_be_visible()
        expect(page.get_by_role("button", name="登入", exact=True)).to_be_visible()
    with walk.step("A1.2") as page:
        page.get_by_role("link", name="申請單一認證平台帳號").click()
        for label in (
            "申請帳號",
            "姓名",
            "身分證字號",
            "出生日期",
            "電子信箱",
            "手機號碼",
            "服務單位",
            "職稱",
            "圖像識別碼",
        ):
            expect(page.get_by_label(label, exact=True)).to_be_visible()
    with walk.step("A1.3") as page:
        walk.fill_in(
            {
                "申請帳號": person.username,
                "姓名": person.name,
                "身分證字號": person.identity_number[:-1] + str((int(person.identity_number[-1]) + 1) % 10),
                "出生日期": "民國 75年 3月 2日",
                "電子信箱": person.email,
                "手機號碼": "12345",
                "服務單位": "文昌國小",
                "職稱": "教師",
                "圖像識別碼": CAPTCHA,
            }
        )
        walk.press("送出")
        for label in ("身分證字號", "手機號碼"):
            expect(page.get_by_label(label, exact=True)).to_have_attribute("aria-invalid", "true")
        expect(page.get_by_label("姓名", exact=True)).to_have_value(person.name)
        expect(page.get_by_label("出生日期", exact=True)).to_have_value("民國 75年 3月 2日")
    with walk.step("A1.4") as page:
        walk.fill_in({"身分證字號": person.identity_number, "手機號碼": person.mobile_typed, "圖像識別碼": CAPTCHA})
        walk.press("送出")
        walk.sees("申請成功")
        temporary = secret_in(running.sms_to(person.mobile))
    with walk.step("A1.5"):
        walk.sign_in_official(person.username, temporary)
    with walk.step("A1.6") as page:
        for elsewhere in ("/portal/", "/sso/", "/portal/profile/"):
            walk.open(elsewhere)
            expect(page.get_by_label("臨時密碼", exact=True)).to_be_visible()
        walk.fill_in({"臨時密碼": temporary, "新密碼": person.password, "確認新密碼": person.password})
    with walk.step("A1.7") as page:
        walk.press("送出")
        walk.sees("密碼變更成功，請重新登入")
        walk.show("A1.7")
        walk.open("/portal/")
        expect(page.get_by_role("button", name="登入", exact=True)).to_be_visible()
    walk.sign_in_official(person.username, person.password)
    walk.sees("審核中")
    personnel = walk_as()
    with personnel.step("A1.8") as page:
        personnel.sign_in_official("personnel_wc")
        personnel.open("/sso/")
        expect(page.get_by_text("管理員專區", exact=True).filter(visible=True).first).to_be_visible()
        expect(page.get_by_text("人事權限管理").filter(visible=True).first).to_be_visible()
        personnel.menu("管理員專區", "調校申請管理")
        row = page.get_by_role("row").filter(has_text=person.name)
        expect(row).to_be_visible()
        row.get_by_role("link", name="審核").click()
        page.get_by_label("校端_一般_導師").check()
        page.get_by_label("通過審核").check()
        personnel.press("儲存")
        personnel.sees("編輯資料成功!")
    with walk.step("A1.9") as page:
        walk.sign_out()
        walk.sign_in_official(person.username, person.password)
        walk.open("/portal/")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        walk.open("/sso/")
        expect(page.get_by_text("單一認證授權平台").filter(visible=True).first).to_be_visible()


def test_a2_an_official_password_is_forgotten_and_replaced(running, walk_as):
    walk = walk_as()
    mobile, email = running.rows(
        "SELECT p.mobile, p.email FROM account_profile p JOIN ab_user u ON u.id = p.account_id "
        "WHERE u.username = 'teacher_502'"
    )[0]
    new_password = "Replaced-by-walk-2026!"  # noqa: S105
    sent_before = len(running.all_sms_to(mobile))
    with walk.step("A2.1", "A2.2") as page:
        walk.open("/")
        page.get_by_role("link", name="教育公務帳號登入").click()
        page.get_by_role("link", name="輸入資料重設您的密碼").click()
    with walk.step("A2.3"):
        walk.fill_in(
            {"申請帳號": "teacher_502", "申請用電子信箱": "wrong@example.org", "手機號碼": mobile, "圖像識別碼": CAPTCHA}
        )
        walk.press("重設密碼")
        walk.sees("密碼重設成功")
        walk.open("/reset/official/")
        walk.fill_in({"申請帳號": "teacher_502", "申請用電子信箱": email, "手機號碼": mobile, "圖像識別碼": CAPTCHA})
    with walk.step("A2.4"):
        walk.press("重設密碼")
        walk.sees("密碼重設成功")
        temporary = secret_in(running.sms_to(mobile, after=sent_before))
        running.letter_to(email)
        assert len(running.all_sms_to(mobile)) == sent_before + 1
    with walk.step("A2.5"):
        walk.sign_in_official("teacher_502", temporary)
    with walk.step("A2.6") as page:
        walk.menu("個人專區", "我的基本資料")
        if page.get_by_role("link", name="修改", exact=True).count():
            page.get_by_role("link", name="修改", exact=True).click()
    with walk.step("A2.7") as page:
        page.get_by_label("新的密碼", exact=True).check()
        walk.fill_in({"新密碼": new_password, "確認新密碼": new_password, "目前密碼": temporary, "圖像識別": CAPTCHA})
    with walk.step("A2.8"):
        walk.press("送出")
        walk.sees("存檔成功")
    walk.sign_out()
    walk.sign_in_official("teacher_502", new_password)
    walk.sees("五年二班")


def test_a3_a_guardian_registers_activates_and_signs_in(running, walk_as):
    person, walk = somebody("蔡孟君"), walk_as()
    with walk.step("A3.1") as page:
        walk.open("/")
        page.get_by_role("link", name="使用一般帳號登入").click()
        expect(page.get_by_role("button", name="登入", exact=True)).to_be_visible()
    with walk.step("A3.2") as page:
        page.get_by_role("link", name="申請本入口網帳號").click()
        expect(page.get_by_label("證號號碼", exact=True)).to_be_visible()
    with walk.step("A3.3") as page:
        for label in ("學生家長", "桃園市立學校學生", "非桃園市立公立學校教職員", "一般民眾"):
            expect(page.get_by_label(label)).to_be_visible()
        page.get_by_label("證號號碼", exact=True).fill("A123456780")
        page.get_by_label("學生家長").check()
        _next(walk)
        expect(page.get_by_label("證號號碼", exact=True)).to_have_attribute("aria-invalid", "true")
        page.get_by_label("證號號碼", exact=True).fill(person.identity_number)
        page.get_by_label("學生家長").check()
        _next(walk)
    with walk.step("A3.4") as page:
        _details(walk, person)
        page.get_by_label("確認密碼", exact=True).fill("something else 9")
        walk.press("送出")
        expect(page.get_by_label("確認密碼", exact=True)).to_have_attribute("aria-invalid", "true")
        expect(page.get_by_label("註冊帳號", exact=True)).to_have_value(person.username)
        _details(walk, person)
    with walk.step("A3.5"):
        walk.press("送出")
        walk.sees("申請成功")
        walk.sees("啟用信")
        letter = running.letter_to(person.email)
    with walk.step("A3.6") as page:
        page.goto(link_in(letter))
        walk.sees("帳號啟用成功")
    with walk.step("A3.7") as page:
        walk.sign_in_general(person.username, person.password)
        expect(page.get_by_text("學生連結申請").first).to_be_attached()
    stranger = walk_as()
    stranger.open("/register/general/")
    stranger.page.get_by_label("證號號碼", exact=True).fill(person.identity_number)
    stranger.page.get_by_label("一般民眾").check()
    _next(stranger)
    expect(stranger.page.get_by_label("證號號碼", exact=True)).to_have_attribute("aria-invalid", "true")


def _next(walk) -> None:  # type: ignore[no-untyped-def]
    if walk.page.get_by_label("圖像識別碼", exact=True).count():
        walk.fill_in({"圖像識別碼": CAPTCHA})
    walk.page.get_by_role("button", name="下一步").click()


def _details(walk, person) -> None:  # type: ignore[no-untyped-def]
    walk.fill_in(
        {
            "姓名": person.name,
            "生日": "民國 78年 10月 3日",
            "電子信箱": person.email,
            "手機號碼": person.mobile_typed,
            "註冊帳號": person.username,
            "密碼": person.password,
            "確認密碼": person.password,
            "圖像識別碼": CAPTCHA,
        }
    )
    consent = walk.page.get_by_role("checkbox")
    if consent.count():
        consent.first.check()


def test_a4_a_general_password_is_reset_by_letter(running, walk_as):
    walk = walk_as()
    number = _identity_number_of(running, walk_as)
    username, email, identity_number = number
    with walk.step("A4.1", "A4.2") as page:
        walk.open("/")
        page.get_by_role("link", name="使用一般帳號登入").click()
        page.get_by_role("link", name="輸入資料重設您的密碼").click()
    letters = running.letters_to(email)
    with walk.step("A4.3"):
        walk.fill_in({"註冊帳號": username, "證照號碼": national_id(1), "生日": "78/10/3", "圖像識別碼": CAPTCHA})
        walk.press("送出")
        walk.sees("重設密碼的信")
        walk.open("/reset/general/")
        walk.fill_in({"註冊帳號": username, "證照號碼": identity_number, "生日": "78/10/3", "圖像識別碼": CAPTCHA})
    with walk.step("A4.4"):
        walk.press("送出")
        walk.sees("重設密碼的信")
        letter = running.letter_to(email, "/reset/general/")
        assert running.letters_to(email) == letters + 1
    with walk.step("A4.5") as page:
        page.goto(link_in(letter))
        walk.fill_in({"新密碼": "Another-way-in-2026", "確認新密碼": "Another-way-in-2026"})
    with walk.step("A4.6") as page:
        walk.press("送出")
        walk.sees("重設密碼成功")
        walk.open("/portal/")
        expect(page.get_by_text("學生連結申請").first).to_be_attached()


def _identity_number_of(running, walk_as) -> tuple[str, str, str]:  # type: ignore[no-untyped-def]
    """A fresh guardian with an active account: username, mailbox, identity number."""
    person, walk = somebody("許淑惠"), walk_as()
    walk.open("/register/general/")
    walk.page.get_by_label("證號號碼", exact=True).fill(person.identity_number)
    walk.page.get_by_label("學生家長").check()
    _next(walk)
    _details(walk, person)
    walk.press("送出")
    walk.sees("申請成功")
    walk.page.goto(link_in(running.letter_to(person.email)))
    walk.sees("帳號啟用成功")
    return person.username, person.email, person.identity_number


def test_a5_a_guardian_changes_the_own_data(running, walk_as):
    walk = walk_as()
    walk.sign_in_general("citizen_wu")
    with walk.step("A5.1"):
        walk.menu("個人專區", "我的基本資料")
    with walk.step("A5.2") as page:
        page.get_by_role("link", name="修改", exact=True).click()
        expect(page.get_by_label("電子信箱", exact=True)).to_be_visible()
    with walk.step("A5.3") as page:
        page.get_by_label("電子信箱", exact=True).fill("wu.new@example.org")
        walk.fill_in({"目前密碼": "not the password", "圖像識別": CAPTCHA})
        walk.press("送出")
        expect(page.get_by_label("目前密碼", exact=True)).to_have_attribute("aria-invalid", "true")
        expect(page.get_by_label("電子信箱", exact=True)).to_have_value("wu.new@example.org")
        walk.fill_in({"目前密碼": "Portal-demo-2026", "圖像識別": CAPTCHA})
    with walk.step("A5.4"):
        walk.press("送出")
        walk.sees("存檔成功")
        walk.sees("wu.new@example.org")
    official = walk_as()
    official.sign_in_official("counselor_wc")
    official.open("/portal/profile/edit")
    official.fill_in({"圖像識別": CAPTCHA})
    official.press("送出")
    official.sees("存檔成功")
