"""貳: links, the teachers' side and the parents' side (B1–B4)."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

UNLINKED = """
SELECT s.full_name, s.student_number, s.birth_date, e.seat_number, s.id
FROM student s JOIN enrollment e ON e.student_id = s.id AND e.ended_on IS NULL
JOIN school_class c ON c.id = e.class_id JOIN school o ON o.id = c.school_id
WHERE o.name = '文昌國小' AND c.grade_level = 5 AND c.class_name = '一班'
AND s.id NOT IN (SELECT student_id FROM guardian_link WHERE student_id IS NOT NULL)
ORDER BY e.seat_number
"""


def _apply(walk, child, *, birth: str | None = None) -> None:  # type: ignore[no-untyped-def]
    name, number, born, seat, _ = child
    year, month, day = str(born).split("-")
    walk.fill_in(
        {
            "連結校名": "文昌國小",
            "年級": "五年級",
            "班級": "一班",
            "座號": str(seat),
            "學生姓名": name,
            "學號或身分證字號": number,
            "生日": birth or f"民國 {int(year) - 1911}年 {int(month)}月 {int(day)}日",
            "關係": "母親",
        }
    )


@pytest.mark.widths(1280, 390)
def test_b1_a_guardian_applies_and_is_approved(running, walk_as, width):
    child = running.rows(UNLINKED)[0]
    walk = walk_as()
    walk.sign_in_general("parent_lin")
    with walk.step("B1.1"):
        walk.menu("親師互動", "學生連結申請")
    with walk.step("B1.2") as page:
        _apply(walk, child)
        walk.fill_in({"連結校名": "武陵國小"})
        walk.press("送出")
        walk.sees("目前尚無開放申請")
        expect(page.get_by_label("學生姓名", exact=True)).to_have_value(child[0])
        walk.fill_in({"連結校名": "文昌國小"})
    with walk.step("B1.3") as page:
        walk.press("送出")
        walk.sees("新增成功")
        row = page.get_by_role("row").filter(has_text=child[0])
        expect(row.get_by_text("待審核")).to_be_visible()
        expect(row.locator(".is-pending")).to_be_visible()
    teacher = walk_as()
    teacher.sign_in_official("teacher_501")
    _review(teacher, child[0])
    with walk.step("B1.4") as page:
        walk.open("/portal/links/")
        row = page.get_by_role("row").filter(has_text=child[0])
        expect(row.get_by_text("通過審核")).to_be_visible()
        expect(row.locator(".is-approved")).to_be_visible()
        walk.menu("親師互動", "親師互動功能")
        expect(page.get_by_text(child[0]).filter(visible=True).first).to_be_visible()


def _review(teacher, name: str) -> None:  # type: ignore[no-untyped-def]
    teacher.open("/student-affairs/links/")
    row = teacher.page.get_by_role("row").filter(has_text=name).filter(has_text="待審核")
    row.get_by_role("link", name="設定").click()
    teacher.page.get_by_label("通過審核", exact=True).check()
    teacher.press("儲存")
    teacher.sees("編輯資料成功!")


def test_b2_a_teacher_reviews_what_a_guardian_typed(running, walk_as):
    child = running.rows(UNLINKED)[1]
    parent = walk_as()
    parent.sign_in_general("parent_chen")
    parent.open("/portal/links/")
    _apply(parent, child, birth="民國 104年 12月 25日")
    parent.press("送出")
    parent.sees("新增成功")
    walk = walk_as()
    walk.sign_in_official("teacher_501")
    with walk.step("B2.1") as page:
        walk.menu("親師互動", "連結申請審核")
        expect(page.get_by_role("link", name="連結申請審核").first).to_be_visible()
        grades = page.get_by_label("年級", exact=True).locator("option").all_inner_texts()
        assert "六年級" not in grades
        row = page.get_by_role("row").filter(has_text=child[0]).filter(has_text="待審核")
        row.get_by_role("link", name="設定").click()
    with walk.step("B2.2") as page:
        expect(page.get_by_text("不同").filter(visible=True).first).to_be_visible()
        page.get_by_label("通過審核", exact=True).check()
    with walk.step("B2.3"):
        walk.press("儲存")
        walk.sees("編輯資料成功!")
    manager = walk_as()
    manager.sign_in_official("manager_wc")
    manager.open("/student-affairs/links/")
    assert len(manager.page.get_by_label("年級", exact=True).locator("option").all_inner_texts()) > 3


def test_b3_the_homeroom_teacher_keeps_bulletin_book_and_conversation(running, walk_as, tmp_path):
    teacher, parent = walk_as(), walk_as()
    teacher.sign_in_official("teacher_501")
    parent.sign_in_general("parent_chen")
    child = _child_of_chen(running, "五年一班")
    with teacher.step("B3.1") as page:
        teacher.menu("班導師互動區", "班級公佈欄")
        for part in ("班級公佈欄", "每日聯絡簿", "家長互動區"):
            expect(page.get_by_role("main").get_by_role("link", name=part).first).to_be_visible()
    with teacher.step("B3.2") as page:
        page.get_by_role("main").get_by_role("link", name="新增", exact=True).click()
        teacher.fill_in({"標題": "校外教學行前通知", "內容": "請攜帶水壺與雨衣，七點四十分集合。"})
        teacher.press("新增儲存")
        teacher.sees("新增資料成功!")
    parent.open(f"/portal/children/{child}/bulletins")
    parent.sees("校外教學行前通知")
    with teacher.step("B3.3") as page:
        page.get_by_role("row").filter(has_text="校外教學行前通知").get_by_role("link", name="檢視").click()
        teacher.fill_in({"標題": "校外教學行前通知（更新）"})
        teacher.press("修改儲存")
        teacher.sees("修改資料成功!")
    worksheet = tmp_path / "數學學習單.pdf"
    worksheet.write_bytes(PDF)
    with teacher.step("B3.4") as page:
        teacher.menu("班導師互動區", "每日聯絡簿")
        page.get_by_role("main").get_by_role("link", name="新增", exact=True).click()
        page.get_by_label("日期", exact=True).fill("民國 115年 12月 24日")
        page.get_by_label("作業", exact=True).fill("數學習作第 62、63 頁")
        page.locator("input[type=file]").first.set_input_files(worksheet)
        teacher.press("新增儲存")
        teacher.sees("新增資料成功!")
    parent.open(f"/portal/children/{child}/contact-book?date=2026-12-24")
    parent.sees("數學習作第 62、63 頁")
    with teacher.step("B3.5") as page:
        page.get_by_role("row").filter(has_text="12月24日").get_by_role("link", name="修改").click()
        page.get_by_label("作業", exact=True).fill("數學習作第 62 頁")
        teacher.press("修改儲存")
        teacher.sees("修改資料成功!")
    parent.page.reload()
    expect(parent.page.get_by_text("數學習作第 62 頁")).to_be_visible()
    with teacher.step("B3.6") as page:
        teacher.menu("班導師互動區", "家長互動區")
        _choose_child(page, "王小明")
        teacher.fill_in({"對話內容": "小明今天的報告說得很清楚。"})
        teacher.press("送出")
        teacher.sees("小明今天的報告說得很清楚。")
        parent.open(f"/portal/children/{child}/threads/homeroom")
        parent.sees("小明今天的報告說得很清楚。")
        _switch(page, "關")
        parent.open(f"/portal/children/{child}/threads/homeroom")
        parent.sees("找不到這個頁面")
        parent.open(f"/portal/children/{child}/")
        expect(parent.page.get_by_role("main").get_by_text("導師互動區", exact=True)).to_have_count(0)
        _switch(page, "開")
        parent.open(f"/portal/children/{child}/threads/homeroom")
        parent.sees("小明今天的報告說得很清楚。")


def _choose_child(page, name: str) -> None:  # type: ignore[no-untyped-def]
    page.get_by_role("main").get_by_role("link", name=name).first.click()


def _switch(page, to: str) -> None:  # type: ignore[no-untyped-def]
    """Turn 互動開關; it asks first."""
    page.get_by_role("switch").click()
    page.get_by_role("button", name="關閉互動" if to == "關" else "開啟互動").click()
    expect(page.get_by_role("switch")).to_have_attribute("aria-checked", "true" if to == "開" else "false")


def _child_of_chen(running, label: str) -> int:  # type: ignore[no-untyped-def]
    grade = {"五年一班": 5, "七年一班": 7}[label]
    return int(
        running.rows(
            "SELECT l.student_id FROM guardian_link l JOIN ab_user u ON u.id = l.account_id "
            "JOIN enrollment e ON e.student_id = l.student_id AND e.ended_on IS NULL "
            "JOIN school_class c ON c.id = e.class_id "
            "WHERE u.username = 'parent_chen' AND l.status = 'approved' AND c.grade_level = :grade ORDER BY l.id",
            grade=grade,
        )[0][0]
    )


def test_b3_the_offices_talk_with_guardians(running, walk_as):
    registrar, counselor, parent = walk_as(), walk_as(), walk_as()
    parent.sign_in_general("parent_chen")
    child = _child_of_chen(running, "五年一班")
    registrar.sign_in_official("registrar_wc")
    with registrar.step("B3.7") as page:
        _talk_from_an_office(registrar, page, "教務處互動區", "轉學證明已經備妥。")
    parent.open(f"/portal/children/{child}/threads/academic_affairs")
    parent.sees("轉學證明已經備妥。")
    counselor.sign_in_official("counselor_wc")
    with counselor.step("B3.8") as page:
        _talk_from_an_office(counselor, page, "輔導室互動區", "歡迎來輔導室聊聊。")
    parent.open(f"/portal/children/{child}/threads/counseling")
    parent.sees("歡迎來輔導室聊聊。")


def _talk_from_an_office(office, page, section: str, words: str) -> None:  # type: ignore[no-untyped-def]
    office.menu(section, "家長互動區")
    expect(page.get_by_role("switch")).to_be_visible()
    grades = page.get_by_label("年級", exact=True).locator("option").all_inner_texts()
    assert "一年級" not in grades
    _choose_child(page, "王小明")
    office.fill_in({"對話內容": words})
    office.press("送出")
    office.sees(words)


@pytest.mark.widths(1280, 390)
def test_b4_a_guardian_reads_and_writes(running, walk_as, width):
    walk = walk_as()
    child = _child_of_chen(running, "七年一班")
    walk.sign_in_general("parent_chen")
    with walk.step("B4.1") as page:
        walk.menu("親師互動", "親師互動功能")
        page.get_by_role("main").get_by_role("link", name="王小華").first.click()
        main = page.get_by_role("main")
        for area in ("成績/出勤/獎懲", "班導師互動區", "教務處互動區", "輔導室互動區"):
            expect(main.get_by_text(area).first).to_be_visible()
    with walk.step("B4.2") as page:
        page.get_by_role("main").get_by_role("link", name="成績/出勤/獎懲").first.click()
        for heading in ("成績", "出勤", "獎懲"):
            expect(page.get_by_role("main").get_by_role("heading", name=heading).first).to_be_visible()
        expect(page.get_by_text("國語文").or_(page.get_by_text("國文")).or_(page.get_by_text("國語")).first).to_be_visible()
    with walk.step("B4.3") as page:
        walk.open(f"/portal/children/{child}/bulletins")
        page.get_by_role("main").get_by_role("link", name="檢視").first.click()
        expect(page.get_by_role("main").get_by_role("heading", level=1)).to_be_visible()
    with walk.step("B4.4") as page:
        walk.open(f"/portal/children/{child}/contact-book")
        shown = page.locator(".day-nav time")
        before = shown.text_content() or ""
        page.locator(".day-nav").get_by_role("link").filter(has_text="<").click()
        expect(shown).not_to_have_text(before)
        page.locator(".day-nav").get_by_role("link").filter(has_text=">").click()
        expect(shown).to_have_text(before)
    with walk.step("B4.5") as page:
        _attach(running, walk)
        walk.open(f"/portal/children/{child}/contact-book?date=2026-12-23")
        with page.expect_download() as download:
            page.get_by_role("link", name="附件").first.click()
        assert download.value.suggested_filename == "自然學習單.pdf"
        assert Path(download.value.path()).read_bytes() == PDF
    with walk.step("B4.6"):
        _say(walk, child, "homeroom", f"老師您好，小華明天請假看牙。（{width}）")
    with walk.step("B4.7"):
        _say(walk, child, "academic_affairs", f"請問轉學手續怎麼辦？（{width}）")
    with walk.step("B4.8"):
        _say(walk, child, "counseling", f"想和輔導老師約時間談談。（{width}）")
    teacher = walk.__class__(walk.context.browser, walk.origin, 1280, keep_pictures=False)
    teacher.sign_in_official("teacher_701")
    teacher.open("/student-affairs/threads/homeroom/")
    _choose_child(teacher.page, "王小華")
    teacher.sees(f"老師您好，小華明天請假看牙。（{width}）")
    teacher.close()


def _say(walk, child: int, channel: str, words: str) -> None:  # type: ignore[no-untyped-def]
    walk.open(f"/portal/children/{child}/threads/{channel}")
    walk.fill_in({"對話內容": words})
    walk.press("送出")
    walk.sees(words)


def _attach(running, walk) -> None:  # type: ignore[no-untyped-def]
    """The teacher of the child's class writes a day's book with a file, once per run."""
    written = running.rows(
        "SELECT count(*) FROM contact_book_entry b JOIN school_class c ON c.id = b.class_id "
        "WHERE b.entry_date = '2026-12-23' AND c.grade_level = 7"
    )[0][0]
    if written:
        return
    teacher = walk.__class__(walk.context.browser, walk.origin, 1280, keep_pictures=False)
    teacher.sign_in_official("teacher_701")
    teacher.open("/student-affairs/contact-book")
    teacher.page.get_by_role("main").get_by_role("link", name="新增", exact=True).click()
    teacher.page.get_by_label("日期", exact=True).fill("115/12/23")
    teacher.page.get_by_label("作業", exact=True).fill("自然學習單第 3 張")
    file = {"name": "自然學習單.pdf", "mimeType": "application/pdf", "buffer": PDF}
    teacher.page.locator("input[type=file]").first.set_input_files(file)
    teacher.press("新增儲存")
    teacher.sees("新增資料成功!")
    teacher.close()


PDF = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj
trailer<</Root 1 0 R>>
%%EOF
"""
