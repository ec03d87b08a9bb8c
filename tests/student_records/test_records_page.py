"""成績/出勤/獎懲 of one child: what is shown, to whom, in which order, and what it costs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html import unescape

import pytest
import sqlalchemy as sa
import time_machine

from app.access.session import system
from app.audit.models import AuditEntry
from app.extensions import db
from app.student_records.attendance import months_of, periods_in_words
from app.student_records.charts import subject_charts
from app.student_records.conduct import REWARDS, side_of
from app.student_records.models import (
    AttendanceCategory,
    AttendanceEvent,
    ConductKind,
    ConductRecord,
    SubjectKind,
    TermGrade,
)
from app.student_records.queries import Absence, MarkRow, MarkTable, PresentTerm, mark_of

TODAY = datetime(2026, 11, 20, 2, tzinfo=UTC)


def page_of(client, world, name: str, query: str = "") -> str:
    answer = client.get(f"/portal/children/{world.students[name]}/records{query}")
    assert answer.status_code == 200
    return unescape(answer.get_data(as_text=True)).split("<main", 1)[1]


def add(flask_app, world, name: str, *rows) -> None:
    school = world.schools["zhongxing" if name == "王小華" else "wenchang"]
    with flask_app.app_context(), system("tests"):
        for row in rows:
            row.student_id, row.school_id = world.students[name], school
            row.term_id = row.term_id or world.terms[115, 1]
            db.session.add(row)
        db.session.commit()


def clear(flask_app, *models) -> None:
    with flask_app.app_context(), system("tests"):
        for model in models:
            db.session.execute(sa.delete(model))
        db.session.commit()


def table_of(page: str) -> list[list[str]]:
    """The marks table as rows of texts."""
    table = page.split('<table class="table marks">', 1)[1].split("</table>", 1)[0]
    rows = []
    for row in table.split("<tr")[1:]:
        cells = [cell.split(">", 1)[1] for cell in row.replace("<td", "<th").split("<th")[1:]]
        rows.append([" ".join(_without_tags(cell.split("</th>")[0].split("</td>")[0]).split()) for cell in cells])
    return rows


def _without_tags(text: str) -> str:
    while "<" in text:
        before, _open, rest = text.partition("<")
        text = before + " " + rest.partition(">")[2]
    return text


@pytest.mark.every_database
def test_every_term_of_every_grade_is_a_column_the_newest_first(flask_app, client_as, world):
    add(
        flask_app,
        world,
        "王小明",
        TermGrade(
            subject="學期總平均",
            kind=SubjectKind.OVERALL,
            grade_level=4,
            score=Decimal("92.50"),
            term_id=world.terms[114, 1],
        ),
        TermGrade(
            subject="學期總平均",
            kind=SubjectKind.OVERALL,
            grade_level=4,
            score=Decimal("59.99"),
            term_id=world.terms[114, 2],
        ),
        TermGrade(subject="英語", grade_level=5, score=Decimal(100)),
        TermGrade(subject="語文", kind=SubjectKind.DOMAIN, grade_level=5, score=Decimal("89.9")),
    )
    page = page_of(client_as("parent_chen"), world, "王小明")
    assert table_of(page) == [
        ["科目", "五上", "四下", "四上"],
        ["國語", "81 甲", "82 甲", "81 甲"],
        ["數學", "81 甲", "82 甲", "81 甲"],
        ["英語", "100 優", "", ""],
        ["語文", "89.9 甲", "", ""],
        ["學期總平均", "", "59.99 丁", "92.5 優"],
    ]
    assert 'aria-label="學期總平均：四上 92.5、四下 59.99"' in page
    assert "style=" not in page


def test_this_terms_attendance_and_conduct_alone_are_shown(flask_app, client_as, world):
    clear(flask_app, AttendanceEvent, ConductRecord)
    sick, tardy = AttendanceCategory.SICK_LEAVE, AttendanceCategory.TARDY
    add(
        flask_app,
        world,
        "王小明",
        *(AttendanceEvent(event_date=date(2026, 11, 5), period=period, category=sick) for period in range(1, 8)),
        AttendanceEvent(event_date=date(2026, 11, 12), period=0, category=tardy),
        AttendanceEvent(event_date=date(2026, 10, 1), period=2, category=AttendanceCategory.BEREAVEMENT_LEAVE),
        AttendanceEvent(event_date=date(2026, 3, 3), period=2, category=tardy, term_id=world.terms[114, 2]),
        ConductRecord(event_date=date(2026, 10, 30), kind=ConductKind.COMMENDATION, count=2, reason="自治幹部"),
        ConductRecord(event_date=date(2026, 10, 14), kind=ConductKind.MINOR_DEMERIT, count=1, reason="<走廊>奔跑"),
        ConductRecord(
            event_date=date(2026, 3, 3), kind=ConductKind.WARNING, count=9, reason="上學期", term_id=world.terms[114, 2]
        ),
    )
    with time_machine.travel(TODAY, tick=False):
        client = client_as("parent_chen")
        page = page_of(client, world, "王小明")
        october = page_of(client, world, "王小明", "?month=2026-10")
    words = " ".join(_without_tags(page).split())
    assert "11月5日 星期四 病假 第 1～7 節" in words
    assert "11月12日 星期四 遲到 早修" in words
    assert "3月3日" not in words
    assert "<dt>病假</dt><dd>7 <small>節</small></dd>" in page
    assert "<dt>遲到</dt><dd>1 <small>次</small></dd>" in page
    assert "<dt>喪假</dt><dd>1 <small>節</small></dd>" in page
    assert "<dt>曠課</dt><dd>0 <small>節</small></dd>" in page
    assert "<dt>嘉獎</dt><dd>2</dd>" in page
    assert "<dt>小過</dt><dd>1</dd>" in page
    assert "嘉獎 2 次" in words
    assert "上學期" not in words
    assert ("115年11月" in page, "115年10月" in october) == (True, True)
    assert '<span class="sick">病假</span><small class="lessons">第 1～7 節</small>' in page
    assert '<span class="leave">喪假</span>' in october


def test_empty_parts_explain_themselves(flask_app, client_as, world):
    clear(flask_app, TermGrade, AttendanceEvent, ConductRecord)
    page = page_of(client_as("parent_chen"), world, "王小明")
    assert "學校還沒有登錄成績" in page
    assert "本學期沒有請假、缺席或遲到的紀錄。" in page
    assert "本學期沒有獎懲紀錄。" in page


def test_nothing_of_another_child_is_on_the_page(client_as, world):
    page = page_of(client_as("parent_chen"), world, "王小明")
    assert "王小明熱心服務" in page
    for other in ("林品妤", "李宥廷", "張子晴", "王小華熱心服務"):
        assert other not in page
    assert "名次" not in page


@pytest.mark.parametrize("person", ["parent_lin", "parent_wang", "teacher_501", "manager_wc", "city_admin", "citizen_wu"])
def test_others_find_nothing(client_as, world, person):
    answer = client_as(person).get(f"/portal/children/{world.students['王小明']}/records")
    assert answer.status_code in (302, 403, 404)
    assert "王小明" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("query", ["?month=2026-13", "?month=x", "?month=0000-01", "?month=1999-01", "?month=\x00"])
def test_an_odd_month_shows_the_newest(client_as, world, query):
    assert '<table class="cal"' in page_of(client_as("parent_chen"), world, "王小明", query)


def test_every_reading_stands_in_the_audit_log(flask_app, client_as, world):
    page_of(client_as("parent_chen"), world, "王小明")
    with flask_app.app_context(), system("tests"):
        entry = db.session.scalars(sa.select(AuditEntry)).one()
        assert (entry.action, entry.object_id, entry.username) == (
            "read.student_records",
            str(world.students["王小明"]),
            "parent_chen",
        )


@pytest.mark.parametrize("count", [3, 300])
def test_the_page_costs_four_statements_whatever_the_number_of_rows(flask_app, client_as, world, count_statements, count):
    add(
        flask_app,
        world,
        "王小明",
        *(TermGrade(subject=f"科目{number}", grade_level=5, score=Decimal(90)) for number in range(count)),
        *(
            AttendanceEvent(
                event_date=date(2026, 9, 1) + timedelta(days=number % 60),
                period=number // 60 + 2,
                category=AttendanceCategory.SICK_LEAVE,
            )
            for number in range(count)
        ),
        *(
            ConductRecord(event_date=date(2026, 9, 1), kind=ConductKind.COMMENDATION, reason=f"{number}")
            for number in range(count)
        ),
    )
    client = client_as("parent_chen")
    page_of(client, world, "王小明")
    with count_statements() as statements:
        page_of(client, world, "王小明")
    assert len(statements) == 4, str(statements)


@pytest.mark.parametrize(
    ("periods", "words"),
    [([1], "第 1 節"), ([0], "早修"), ([3, 1, 2], "第 1～3 節"), ([0, 1, 2, 7], "早修、第 1～2 節、第 7 節"), ([], "")],
)
def test_lessons_are_named_in_runs(flask_app, periods, words):
    with flask_app.test_request_context():
        assert periods_in_words(periods) == words


@pytest.mark.parametrize(
    ("score", "text"), [("92.50", "92.5"), ("92.00", "92"), ("100.00", "100"), ("0.00", "0"), ("90", "90")]
)
def test_marks_carry_no_zeros_that_say_nothing(score, text):
    assert mark_of(Decimal(score)).text == text


@pytest.mark.parametrize(
    ("day", "months"),
    [(date(2026, 11, 20), [8, 9, 10, 11]), (date(2027, 3, 1), [8, 9, 10, 11, 12, 1]), (date(2026, 7, 1), [8])],
    ids=["within", "after", "before"],
)
def test_one_moves_through_the_months_of_the_term_up_to_the_present_one(day, months):
    term = PresentTerm(115, 1, date(2026, 8, 1), date(2027, 1, 31), (), ())
    assert [each.first_day.month for each in months_of(term, day)] == months


def test_a_month_says_on_how_many_days_something_is_noted():
    sick = AttendanceCategory.SICK_LEAVE
    noted = tuple(Absence(date(2026, 9, day), period, sick) for day in (3, 4) for period in range(1, 8))
    term = PresentTerm(115, 1, date(2026, 8, 1), date(2027, 1, 31), noted, ())
    assert [each.days for each in months_of(term, date(2026, 10, 1))] == [0, 2, 0]


def test_the_arrows_of_the_calendar_lead_to_the_months_beside(client_as, world):
    client = client_as("parent_chen")
    with time_machine.travel(TODAY, tick=False):
        november, october, august = (
            page_of(client, world, "王小明", query) for query in ("", "?month=2026-10", "?month=2026-08")
        )
    for page, before, after in ((november, "10", None), (october, "09", "11"), (august, None, "09")):
        nav = page.split('class="day-nav cal-nav"', 1)[1].split("</div>", 1)[0]
        assert ("month=2026-" + before in nav) if before else "前一個月" not in nav
        assert ("month=2026-" + after in nav) if after else "後一個月" not in nav


@pytest.mark.parametrize(
    ("counted", "worth"),
    [
        ({ConductKind.COMMENDATION: 2}, ()),
        ({ConductKind.COMMENDATION: 3}, ((ConductKind.MINOR_MERIT, 1),)),
        (
            {ConductKind.COMMENDATION: 10, ConductKind.MINOR_MERIT: 2},
            ((ConductKind.MAJOR_MERIT, 1), (ConductKind.MINOR_MERIT, 2), (ConductKind.COMMENDATION, 1)),
        ),
        ({ConductKind.MAJOR_MERIT: 4}, ()),
        ({}, ()),
    ],
)
def test_three_of_a_kind_are_worth_one_of_the_next(counted, worth):
    assert side_of(REWARDS, counted).worth == worth


def test_what_rewards_are_worth_stands_beneath_their_counts(flask_app, client_as, world):
    clear(flask_app, ConductRecord)
    for number in range(4):
        add(
            flask_app,
            world,
            "王小明",
            ConductRecord(event_date=date(2026, 10, 5), kind=ConductKind.COMMENDATION, reason=f"{number}"),
        )
    words = _without_tags(page_of(client_as("parent_chen"), world, "王小明"))
    assert "折合： 小功 1 次、嘉獎 1 次" in " ".join(words.split())
    assert "大過" in words.split("這些是什麼意思", 1)[1]
    assert "大過" not in words.split("本學期獎懲", 1)[1].split("這些是什麼意思", 1)[0]


@pytest.mark.parametrize(
    ("scores", "words"),
    [
        (("92.9", "91.2"), "五上 92.9，比四下多 1.7 分"),
        (("88", "90.50"), "五上 88，比四下少 2.5 分"),
        (("90", "90.00"), "五上 90，和四下一樣"),
    ],
)
def test_the_overall_mark_is_compared_with_the_childs_own_former_one(flask_app, client_as, world, scores, words):
    overall = {"subject": "學期總平均", "kind": SubjectKind.OVERALL}
    add(
        flask_app,
        world,
        "王小明",
        TermGrade(**overall, grade_level=5, score=Decimal(scores[0]), term_id=world.terms[115, 1]),
        TermGrade(**overall, grade_level=4, score=Decimal(scores[1]), term_id=world.terms[114, 2]),
    )
    assert words in page_of(client_as("parent_chen"), world, "王小明")


def test_small_pictures_share_one_scale(flask_app, client_as, world):
    add(
        flask_app,
        world,
        "王小明",
        TermGrade(subject="英語", grade_level=4, score=Decimal(52), term_id=world.terms[114, 2]),
        TermGrade(subject="英語", grade_level=5, score=Decimal(95), term_id=world.terms[115, 1]),
    )
    assert "每張小圖都從 50 分到 100 分" in page_of(client_as("parent_chen"), world, "王小明")


@pytest.mark.parametrize(
    ("least", "foot"), [("91", 90), ("90", 80), ("89.9", 80), ("60", 50), ("5", 0), ("0", 0), ("100", 90)]
)
def test_no_mark_lies_on_the_foot_of_its_picture(least, foot):
    marks = (mark_of(Decimal(100)), mark_of(Decimal(least)))
    table = MarkTable((), (MarkRow("國語", SubjectKind.SUBJECT, marks),))
    assert subject_charts(table, ["五上", "四下"])[0].scale[0] == foot
