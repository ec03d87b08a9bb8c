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
from app.student_records.charts import short
from app.student_records.models import (
    AttendanceCategory,
    AttendanceEvent,
    ConductKind,
    ConductRecord,
    SubjectKind,
    TermGrade,
)
from app.student_records.queries import Mark, PresentTerm

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
    words = _without_tags(page)
    assert "病假，第 1～7 節" in words
    assert "遲到，早修" in words
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
    assert '<span class="sick">病假</span>' in page
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
    assert '<table class="cal">' in page_of(client_as("parent_chen"), world, "王小明", query)


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
    assert short(Mark(Decimal(score), "")) == text


@pytest.mark.parametrize(
    ("day", "month"),
    [(date(2026, 11, 20), date(2026, 11, 1)), (date(2027, 3, 1), date(2027, 1, 1)), (date(2026, 7, 1), date(2026, 8, 1))],
    ids=["within", "after", "before"],
)
def test_a_term_without_absences_shows_one_month(day, month):
    term = PresentTerm(115, 1, date(2026, 8, 1), date(2027, 1, 31), (), ())
    assert months_of(term, day) == [month]
