"""The pages of student links: what stands beside which field, what is kept, what others cannot reach, what it costs."""

from __future__ import annotations

from datetime import date
from html import unescape

import pytest
import sqlalchemy as sa

from app.access.session import system
from app.extensions import db
from app.guardian_links.models import GuardianLink, LinkStatus, Relationship
from app.schools.models import Enrollment

TYPED = {
    "school": "文昌國小",
    "grade_level": "5",
    "class_name": "1",
    "seat_number": "12",
    "student_name": "王小明",
    "student_key": "1110500",
    "birth_date": "民國104年5月6日",
    "relationship_kind": "father",
}


def text(response) -> str:
    return unescape(response.get_data(as_text=True))


def errors(page: str) -> dict[str, str]:
    """Field → the message beside it."""
    found = {}
    for part in page.split('<span class="error" id="')[1:]:
        field, _quote, rest = part.partition('-e"')
        found[field] = rest.split("</svg>", 1)[1].split("</span>", 1)[0]
    return found


def links(flask_app) -> list[GuardianLink]:
    with flask_app.app_context(), system("tests"):
        rows = db.session.scalars(sa.select(GuardianLink).order_by(GuardianLink.id)).all()
        db.session.expunge_all()
        return list(rows)


# ---------- B1 ----------


def test_an_application_is_filed_and_stands_in_the_record_as_pending(flask_app, client_as, world):
    client = client_as("parent_lin")
    answer = client.post("/portal/links/", data=TYPED, follow_redirects=True)
    page = text(answer)
    assert "新增成功" in page
    assert 'class="link-pending is-pending"' in page
    assert "待審核" in page
    link = links(flask_app)[-1]
    assert (link.student_id, link.typed_class_name, link.typed_birth_date, link.relationship_kind) == (
        world.students["王小明"],
        "一班",
        date(2015, 5, 6),
        Relationship.FATHER,
    )


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("school", "", "請選擇學校。"),
        ("school", "不存在國小", "找不到這個校名，請從清單選擇。"),
        ("school", "桃園市政府教育局", "找不到這個校名，請從清單選擇。"),
        ("school", "武陵國小", "目前尚無開放申請"),
        ("school", "武陵國小（目前尚無開放申請）", "目前尚無開放申請"),
        ("grade_level", "", "請選擇年級。"),
        ("grade_level", "13", None),
        ("grade_level", "x", None),
        ("class_name", "", "請填寫班級。"),
        ("class_name", "班", "請填寫班級。"),
        ("class_name", "一" * 21, None),
        ("seat_number", "", "請用數字填寫座號。"),
        ("seat_number", "十二", "請用數字填寫座號。"),
        ("seat_number", "0", "座號在 1 到 99 之間。"),
        ("seat_number", "9" * 40, "座號在 1 到 99 之間。"),
        ("student_name", " \x00 ", "請填寫學生姓名。"),
        ("student_name", "王" * 101, None),
        ("student_key", "", "請填寫學號或身分證字號。"),
        ("student_key", "A123456788", "身分證字號的檢查碼不正確，請再核對。"),
        ("student_key", "1" * 31, None),
        ("birth_date", "", "請填寫生日。"),
        ("birth_date", "昨天", "日期格式不正確，請寫成 104/5/6 或 2015-05-06。"),
        ("birth_date", "104/2/30", "日期格式不正確，請寫成 104/5/6 或 2015-05-06。"),
        ("birth_date", "2999-01-01", "生日不能晚於今天。"),
        ("birth_date", "9999-99-99", "日期格式不正確，請寫成 104/5/6 或 2015-05-06。"),
        ("relationship_kind", "", "請選擇您與學生的關係。"),
        ("relationship_kind", "boss", None),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_the_rest_is_kept(flask_app, client_as, field, typed, message):
    before = len(links(flask_app))
    answer = client_as("parent_lin").post("/portal/links/", data={**TYPED, field: typed})
    page = text(answer)
    assert answer.status_code == 200
    assert list(errors(page)) == [field]
    if message:
        assert errors(page)[field] == message
    for kept in {"school", "class_name", "seat_number", "student_name", "student_key", "birth_date"} - {field}:
        assert f'value="{TYPED[kept]}"' in page
    assert len(links(flask_app)) == before


def test_everything_that_is_wrong_is_said_at_once(client_as):
    page = text(client_as("parent_lin").post("/portal/links/", data={}))
    assert set(errors(page)) == set(TYPED)
    assert "8 個欄位" in page or "8" in page


def test_a_closed_school_says_so_in_the_choice(client_as):
    page = text(client_as("parent_lin").get("/portal/links/"))
    assert '<option value="武陵國小（目前尚無開放申請）">' in page
    assert '<option value="文昌國小">' in page
    assert "教育局" not in page.split("<datalist", 1)[1].split("</datalist>", 1)[0]


@pytest.mark.parametrize("key", ["1110500", "1119999"], ids=["exists", "does-not-exist"])
def test_the_same_child_twice_is_said_beside_the_number(flask_app, client_as, key):
    client = client_as("parent_lin")
    client.post("/portal/links/", data={**TYPED, "student_key": key})
    page = text(client.post("/portal/links/", data={**TYPED, "student_key": key}))
    assert errors(page) == {"student_key": "您已申請過這位學生，請看連結申請紀錄。"}
    assert len(links(flask_app)) == 5


def test_the_answer_is_the_same_for_a_child_that_exists_and_one_that_does_not(client_as):
    pages = []
    for person, key in (("parent_lin", "1110500"), ("parent_lin", "1110599")):
        client = client_as(person)
        first = client.post("/portal/links/", data={**TYPED, "student_key": key})
        pages.append((first.status_code, first.location))
    assert pages[0] == pages[1] == (302, "/portal/links/")


def test_nobody_but_guardians_opens_the_page(client_as, visitor):
    for person in ("citizen_wu", "teacher_501", "manager_wc", "city_admin"):
        assert client_as(person).get("/portal/links/").status_code in (302, 403)
    assert visitor.get("/portal/links/").status_code == 302


def test_withdrawing_asks_first(flask_app, client_as):
    client, link_id = client_as("parent_wang"), links(flask_app)[-1].id
    page = text(client.get(f"/portal/links/{link_id}/end"))
    assert "要取消 王小明 的連結申請嗎？" in page
    assert links(flask_app)[-1].status == LinkStatus.PENDING
    page = text(client.post(f"/portal/links/{link_id}/end", follow_redirects=True))
    assert "已取消申請" in page
    assert links(flask_app)[-1].status == LinkStatus.ENDED


def test_an_ended_link_ends_no_second_time(flask_app, client_as):
    client, link_id = client_as("parent_wang"), links(flask_app)[-1].id
    client.post(f"/portal/links/{link_id}/end")
    assert client.get(f"/portal/links/{link_id}/end").status_code == 302
    page = text(client.post(f"/portal/links/{link_id}/end", follow_redirects=True))
    assert "沒有變更" in page


def test_links_of_others_are_not_there(flask_app, client_as):
    link_id = links(flask_app)[-1].id
    for person in ("parent_chen", "parent_lin"):
        assert client_as(person).get(f"/portal/links/{link_id}/end").status_code == 404
        assert client_as(person).post(f"/portal/links/{link_id}/end").status_code == 404
    for wrong in (0, 999_999, 10**30):
        assert client_as("parent_wang").get(f"/portal/links/{wrong}/end").status_code == 404
    assert links(flask_app)[-1].status == LinkStatus.PENDING


@pytest.mark.parametrize("query", ["before=0", "before=-1", "before=x", f"before={10**30}", "before=\x00"])
def test_odd_numbers_in_the_address_break_nothing(client_as, query):
    assert client_as("parent_chen").get(f"/portal/links/?{query}").status_code == 200


# ---------- B2 ----------


def review(flask_app) -> str:
    return f"/student-affairs/links/{links(flask_app)[-1].id}"


def test_a_homeroom_teacher_is_offered_the_own_classes_and_a_manager_every_class(client_as, world):
    choices = {}
    for person in ("teacher_501", "manager_wc", "lead_wc"):
        page = text(client_as(person).get("/student-affairs/links/"))
        block = page.split('id="class_id"', 1)[1].split("</select>", 1)[0]
        choices[person] = {label for label, number in world.classes.items() if f'value="{number}"' in block}
    assert choices == {"teacher_501": {"501"}, "manager_wc": {"501", "502", "601"}, "lead_wc": {"501", "502", "601"}}


def test_the_list_never_goes_beyond_the_scope(client_as, world):
    page = text(client_as("teacher_501").get("/student-affairs/links/"))
    assert ("王志強" in page, "李宥廷" in page, "王小華" in page) == (True, False, False)
    page = text(client_as("manager_wc").get("/student-affairs/links/"))
    assert ("王志強" in page, "李宥廷" in page, "王小華" in page) == (True, True, False)
    for person, label in (("teacher_501", "502"), ("teacher_501", "701"), ("manager_wc", "701")):
        assert client_as(person).get(f"/student-affairs/links/?class_id={world.classes[label]}").status_code == 404


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ("status=pending", {"待審核"}),
        ("status=approved", {"通過審核"}),
        ("status=rejected", set()),
        ("status=nonsense", {"待審核", "通過審核"}),
        ("grade=5", {"待審核", "通過審核"}),
        ("grade=6", set()),
        ("grade=x&after=9-9", {"待審核", "通過審核"}),
        (f"grade={10**30}&after=0-{10**30}", {"待審核", "通過審核"}),
    ],
)
def test_the_list_is_chosen_by_grade_class_and_status(client_as, query, seen):
    page = text(client_as("manager_wc").get(f"/student-affairs/links/?{query}"))
    body = page.split("<tbody>", 1)[1] if "<tbody>" in page else ""
    assert {label for label in ("待審核", "通過審核") if label in body} == seen
    assert bool(body) == bool(seen) or "沒有符合條件的申請" in page


def test_differences_are_marked_in_words_beside_the_roll(flask_app, client_as):
    page = text(client_as("teacher_501").get(review(flask_app)))
    assert page.count("不同") == 1
    assert "<mark>1</mark>" in page
    assert "<mark>12</mark>" in page
    assert page.count("相符") == 4
    assert "這位學生已有 1 位家長通過審核" in page


def test_approving_says_so_and_leaves_the_filter(flask_app, client_as):
    client = client_as("teacher_501")
    answer = client.post(review(flask_app) + "?status=pending", data={"decision": "approve"})
    assert answer.location.endswith("/student-affairs/links/?status=pending")
    assert "編輯資料成功!" in text(client.get(answer.location))
    assert links(flask_app)[-1].status == LinkStatus.APPROVED
    page = text(client_as("parent_wang").get("/portal/links/"))
    assert page.count('class="link-approved is-approved"') == 2
    assert "親師互動功能" in page


@pytest.mark.parametrize(
    ("data", "field"),
    [({}, "decision"), ({"decision": ""}, "decision"), ({"decision": "both"}, "decision")]
    + [({"decision": "reject", "reason": reason}, "reason") for reason in ("", " \n ", "字" * 301)],
)
def test_a_decision_without_what_it_needs_changes_nothing(flask_app, client_as, data, field):
    page = text(client_as("teacher_501").post(review(flask_app), data=data))
    assert f'id="{field}-e"' in page
    assert links(flask_app)[-1].status == LinkStatus.PENDING


def test_a_refusal_shows_its_reason_to_the_guardian(flask_app, client_as):
    client_as("manager_wc").post(review(flask_app), data={"decision": "reject", "reason": "座號 <b>不符</b>"})
    page = client_as("parent_wang").get("/portal/links/").get_data(as_text=True)
    assert "未通過" in page
    assert "座號 &lt;b&gt;不符&lt;/b&gt;" in page


def test_the_slower_of_two_is_told_who_was_faster(flask_app, client_as):
    address = review(flask_app)
    slow, fast = client_as("manager_wc"), client_as("teacher_501")
    assert slow.get(address).status_code == 200
    fast.post(address, data={"decision": "approve"})
    page = text(slow.post(address, data={"decision": "reject", "reason": "不符"}, follow_redirects=True))
    assert "沒有變更：這筆申請已由 teacher_501老師 審核。" in page
    assert links(flask_app)[-1].status == LinkStatus.APPROVED


def test_when_nobody_matches_only_refusing_is_offered(flask_app, client_as):
    client_as("parent_lin").post("/portal/links/", data={**TYPED, "student_key": "1119999"})
    client, address = client_as("teacher_501"), review(flask_app)
    page = text(client.get(address))
    assert "學籍中找不到符合的學生。" in page
    assert 'value="approve"' not in page
    assert 'id="decision-e"' in text(client.post(address, data={"decision": "approve"}))
    assert links(flask_app)[-1].status == LinkStatus.PENDING


def test_a_class_that_nobody_knows_is_reviewed_by_the_manager(flask_app, client_as):
    client_as("parent_lin").post("/portal/links/", data={**TYPED, "student_key": "1119999", "class_name": "九班"})
    assert client_as("teacher_501").get(review(flask_app)).status_code == 404
    assert client_as("manager_wc").get(review(flask_app)).status_code == 200


def test_a_student_who_left_meanwhile_cannot_be_approved_on_the_page(flask_app, client_as, world):
    with flask_app.app_context(), system("tests"):
        db.session.execute(
            sa.update(Enrollment).where(Enrollment.student_id == world.students["王小明"]).values(ended_on=date(2026, 9, 1))
        )
        db.session.commit()
    page = text(client_as("manager_wc").post(review(flask_app), data={"decision": "approve"}))
    assert "這位學生不在您班級或學校的學籍中，不能通過審核。" in page
    assert links(flask_app)[-1].status == LinkStatus.PENDING


@pytest.mark.parametrize(
    "person", ["teacher_502", "teacher_701", "manager_zx", "registrar_wc", "counselor_wc", "city_admin", "parent_wang"]
)
@pytest.mark.parametrize("way", ["", "/end"])
def test_who_does_not_review_this_link_finds_nothing(flask_app, client_as, person, way):
    client = client_as(person)
    for answer in (client.get(review(flask_app) + way), client.post(review(flask_app) + way, data={"decision": "approve"})):
        assert answer.status_code in (302, 403, 404)
        assert "王志強" not in text(answer).split("<main", 1)[-1]
        assert answer.status_code != 302 or "/student-affairs" not in answer.location
    assert links(flask_app)[-1].status == LinkStatus.PENDING


def test_the_school_ends_a_link_with_a_reason(flask_app, client_as):
    client, link_id = client_as("teacher_501"), links(flask_app)[0].id
    assert "陳美玲" in text(client.get("/student-affairs/links/linked"))
    page = text(client.post(f"/student-affairs/links/{link_id}/end", data={"reason": " "}))
    assert errors(page) == {"reason": "請填寫原因，家長看得到。"}
    page = text(client.post(f"/student-affairs/links/{link_id}/end", data={"reason": "監護權變更"}, follow_redirects=True))
    assert "編輯資料成功!" in page
    assert "陳美玲" not in page.split("<main", 1)[1]
    assert links(flask_app)[0].status == LinkStatus.ENDED
    assert "監護權變更" in text(client_as("parent_chen").get("/portal/links/"))


def test_no_page_shows_an_identity_number_whole(flask_app, client_as):
    client_as("parent_lin").post("/portal/links/", data={**TYPED, "student_key": "A123456789"})
    for page in (client_as("parent_lin").get("/portal/links/"), client_as("teacher_501").get(review(flask_app))):
        assert "A123456789" not in text(page)
    assert "A12****789" in text(client_as("teacher_501").get(review(flask_app)))


# ---------- what it costs ----------


def many_links(flask_app, world, count: int) -> None:
    with flask_app.app_context(), system("tests"):
        for number in range(count):
            db.session.add(
                GuardianLink(
                    account_id=world.accounts["parent_lin"],
                    guardian_name="林文彬",
                    relationship_kind=Relationship.FATHER,
                    school_id=world.schools["wenchang"],
                    class_id=world.classes["501"],
                    claim_key=f"many-{number}",
                    typed_grade_level=5,
                    typed_class_name="一班",
                    typed_seat_number=number % 40 + 1,
                    typed_name=f"學生{number}",
                    typed_student_key=str(number),
                    typed_birth_date=date(2015, 5, 6),
                    status=(LinkStatus.PENDING, LinkStatus.APPROVED, LinkStatus.REJECTED, LinkStatus.ENDED)[number % 4],
                )
            )
        db.session.commit()


@pytest.mark.parametrize("count", [3, 300])
def test_pages_cost_the_same_whatever_the_number_of_rows(flask_app, client_as, world, count_statements, count):
    address = review(flask_app)
    many_links(flask_app, world, count)
    parent, teacher = client_as("parent_lin"), client_as("teacher_501")
    for client, path, most in (
        (parent, "/portal/links/", 3),
        (teacher, "/student-affairs/links/", 4),
        (teacher, "/student-affairs/links/linked", 4),
        (teacher, address, 7),
    ):
        client.get(path)
        with count_statements() as statements:
            assert client.get(path).status_code == 200
        assert len(statements) == most, f"{path}\n{statements}"


def test_pages_of_the_list_go_on_without_gap_or_repetition(flask_app, client_as, world):
    many_links(flask_app, world, 130)
    client, path, seen = client_as("teacher_501"), "/student-affairs/links/", []
    while path:
        page = text(client.get(path))
        seen += [part.split('"', 1)[0] for part in page.split('id="row-')[1:]]
        path = page.split('list-foot"><a class="btn btn-quiet" href="', 1)[1].split('"', 1)[0] if "list-foot" in page else ""
    assert len(seen) == len(set(seen)) == 132
    statuses = {str(link.id): link.status for link in links(flask_app)}
    waits = [statuses[link_id] == LinkStatus.PENDING for link_id in seen]
    assert waits == sorted(waits, reverse=True)
