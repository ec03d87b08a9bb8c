"""聯絡簿, 公佈欄, conversations, switches and the city's news of the demo, on the days around today."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from io import BytesIO
from random import Random
from typing import Any

import sqlalchemy as sa

from app.attachments.models import Attachment
from app.attachments.storage import new_key, storage
from app.bulletins.models import Bulletin
from app.contact_books.models import ContactBookEntry, ContactBookItem, ItemKind
from app.conversations.models import Channel, ChannelSwitch, Conversation, ConversationRead, Message
from app.extensions import db
from app.guardian_links.models import Relationship
from app.importing.demo_city.people import WENCHANG, ZHONGXING, People, last_school_days
from app.importing.demo_city.roll import Pupil, Roll, TaughtClass
from app.model_types import TAIPEI, now, today
from app.portal.models import News
from app.web.rich_text import to_html

BOOK_DAYS = 10
"""Two school weeks."""

_HOMEWORK = {
    "lower": (
        "國語習作第 {n} 課",
        "生字甲本第 {n} 課",
        "數學習作第 {p} 頁",
        "朗讀課文三遍，家長簽名",
        "生活課本第 {p} 頁看一看",
    ),
    "upper": (
        "國語習作第 {n} 課，第 {p}～{q} 頁",
        "數學習作第 {p} 頁",
        "數學練習卷：分數的除法",
        "英語課本第 {n} 課單字聽寫",
        "社會習作第 {p} 頁",
        "閱讀 20 分鐘，寫在閱讀紀錄表",
        "自然習作第 {n} 單元",
    ),
    "junior": (
        "國文習作第 {n} 課",
        "數學講義第 {p}～{q} 頁",
        "英語習作 Unit {n}",
        "自然學習單第 {n} 張",
        "歷史習作第 {n} 課",
        "地理圖表題第 {n} 題",
    ),
}
_BRING = ("水彩用具、抹布一條", "直笛", "跳繩", "運動服、水壺", "資源回收物", "美勞色紙一包", "圓規、直尺")
_EXAM = ("國語第 {n} 課生字新詞", "數學第 {n} 單元小考", "英語第 {n} 課單字", "社會第 {n} 單元")
_NOTICE = (
    "天氣轉涼，早上請多穿一件外套。",
    "校外教學同意書請繳回，以信封裝好並寫上座號、姓名。",
    "明天穿體育服。",
    "請檢查孩子的鉛筆盒，鉛筆每天削好三枝。",
    "午餐費繳費單請於這星期五前繳回。",
    "本週輪到第三組值日。",
)
_WORKSHEET = ("數學練習卷：分數的除法", "數學練習卷_分數的除法.pdf")


def add_lessons(roll: Roll, people: People) -> None:
    """Everything that teachers, offices and the city write."""
    _books(roll, people)
    _bulletins(roll, people)
    _switches(roll)
    _conversations(roll, people)
    _news()


def _at(day: date, hour: int, minute: int) -> datetime:
    return datetime.combine(day, time(hour, minute), TAIPEI)


# ---------- 每日聯絡簿 ----------


def _books(roll: Roll, people: People) -> None:
    random = Random(212)  # noqa: S311 (invented lessons)
    days = last_school_days(BOOK_DAYS)
    entries = [
        {
            "class_id": each.id,
            "school_id": each.school_id,
            "entry_date": day,
            "author_id": people.ids[each.teacher_username],
            "author_name": each.teacher_name,
            "created_at": _at(day, 15, 42),
            "updated_at": _at(day, 15, 42),
        }
        for each in roll.classes
        for day in days
    ]
    db.session.execute(sa.insert(ContactBookEntry), entries)
    rows = db.session.execute(
        sa.select(ContactBookEntry.id, ContactBookEntry.class_id, ContactBookEntry.entry_date).order_by(ContactBookEntry.id)
    )
    classes = {each.id: each for each in roll.classes}
    items: list[dict[str, Any]] = []
    for entry_id, class_id, day in rows:
        for position, (kind, text) in enumerate(_day(random, classes[class_id], day, is_last=day == days[-1])):
            items.append(
                {
                    "entry_id": entry_id,
                    "class_id": class_id,
                    "school_id": classes[class_id].school_id,
                    "position": position,
                    "kind": kind,
                    "text": text,
                }
            )
    db.session.execute(sa.insert(ContactBookItem), items)
    _worksheet(roll, days[-1])


def _day(random: Random, school_class: TaughtClass, day: date, *, is_last: bool) -> list[tuple[ItemKind, str]]:
    """Two or three pieces of homework, something to bring, an exam, a notice."""
    if is_last and (school_class.grade_level, school_class.teacher_username) == (5, "teacher_501"):
        following = day + timedelta(days=3 if day.weekday() == 4 else 1)
        return [
            (ItemKind.HOMEWORK, "國語習作第 9 課，第 62～65 頁"),
            (ItemKind.HOMEWORK, _WORKSHEET[0]),
            (ItemKind.HOMEWORK, "閱讀 20 分鐘，寫在閱讀紀錄表"),
            (ItemKind.BRING, f"{_weekday(following)}：水彩用具、抹布一條"),
            (ItemKind.EXAM, f"{_weekday(following)}考國語第 9 課生字新詞"),
            (ItemKind.NOTICE, "校外教學同意書請於下星期二前繳回，費用 650 元以信封裝好並寫上座號、姓名。"),
            (ItemKind.NOTICE, "天氣轉涼，早上請多穿一件外套。"),
        ]
    band = "lower" if school_class.grade_level <= 2 else "upper" if school_class.grade_level <= 6 else "junior"
    lesson = 4 + (day.toordinal() % 7)
    page = 40 + day.toordinal() % 30
    homework = random.sample(_HOMEWORK[band], random.choice((2, 3)))
    found = [(ItemKind.HOMEWORK, text.format(n=lesson, p=page, q=page + 2)) for text in homework]
    if random.random() < 0.6:
        found.append((ItemKind.BRING, random.choice(_BRING)))
    if random.random() < 0.5:
        found.append((ItemKind.EXAM, random.choice(_EXAM).format(n=lesson)))
    if random.random() < 0.7:
        found.append((ItemKind.NOTICE, random.choice(_NOTICE)))
    return found


def _weekday(day: date) -> str:
    return "星期" + "一二三四五六日"[day.weekday()]


def _worksheet(roll: Roll, day: date) -> None:
    """The file at the last day's worksheet of 501."""
    school_class = roll.taught_class(WENCHANG, 5, "一班")
    item_id = db.session.scalar(
        sa.select(ContactBookItem.id)
        .join(ContactBookEntry, ContactBookEntry.id == ContactBookItem.entry_id)
        .where(
            ContactBookEntry.class_id == school_class.id,
            ContactBookEntry.entry_date == day,
            ContactBookItem.text == _WORKSHEET[0],
        )
    )
    content = worksheet()
    key = new_key()
    storage().save(key, BytesIO(content))
    db.session.add(
        Attachment(
            class_id=school_class.id,
            school_id=school_class.school_id,
            item_id=item_id,
            storage_key=key,
            original_name=_WORKSHEET[1],
            content_type="application/pdf",
            size=len(content),
        )
    )


def worksheet() -> bytes:
    """A page of divisions, as a PDF of its own making: no font, no library."""
    problems = [f"({n})   {n}/{n + 1} \\367 {n + 1}/{n + 3} =" for n in range(1, 11)]
    lines = [
        f"BT /F1 16 Tf 72 {760 - 48 * row} Td ({text.replace('(', chr(92) + '(').replace(')', chr(92) + ')')}) Tj ET"
        for row, text in enumerate(problems)
    ]
    stream = "\n".join(lines).encode("ascii")
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 5 0 R>>>>/Contents 4 0 R>>",
        b"<</Length %d>>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    ]
    pdf = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(pdf))
        pdf += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(pdf)
    pdf += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    pdf += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    pdf += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(pdf)


# ---------- 班級公佈欄 ----------


def _bulletins(roll: Roll, people: People) -> None:
    day = today()
    fair = day + timedelta(days=(5 - day.weekday()) % 7 + 7)
    texts = (
        (
            "校慶園遊會認購單與工作分配",
            f"各位家長好：\n\n本校校慶訂於 {fair.month}月{fair.day}日（星期六）舉行，上午為運動會，下午為各班園遊會。"
            "需要家長協助備料與收銀。\n\n"
            "- 園遊券每張 50 元，請填妥認購單交回。\n- 願意協助的家長，請在認購單背面勾選時段。\n"
            "- 當天穿著班服，自備環保碗筷。\n\n如有食物過敏，請先讓我知道。謝謝大家！",
            2,
            True,
            fair,
        ),
        (
            "第二次定期評量範圍",
            "第二次定期評量範圍如下，請陪孩子複習。\n\n"
            "- 國語：第五課到第八課\n- 數學：第四到第六單元\n- 英語：Unit 3、Unit 4",
            4,
            False,
            None,
        ),
        (
            "校外教學行前說明",
            "集合時間 **07:40**，地點在校門口。請穿運動服與球鞋，攜帶水壺、雨具與健保卡。孩子若會暈車，請先讓老師知道。",
            6,
            False,
            None,
        ),
        (
            "流感疫苗施打後注意事項",
            "施打後請休息 30 分鐘，當天不做劇烈運動。若有發燒超過 48 小時，請就醫並告知老師。",
            10,
            False,
            None,
        ),
    )
    rows = []
    for each in roll.classes:
        for title, text, days_ago, is_pinned, until in texts:
            first = day - timedelta(days=days_ago)
            rows.append(
                {
                    "class_id": each.id,
                    "school_id": each.school_id,
                    "title": title,
                    "body": to_html(text),
                    "is_pinned": is_pinned,
                    "publish_from": first,
                    "publish_until": until,
                    "author_id": people.ids[each.teacher_username],
                    "author_name": each.teacher_name,
                    "created_at": _at(first, 12, 5),
                    "updated_at": _at(first, 12, 5),
                }
            )
    db.session.execute(sa.insert(Bulletin), rows)


# ---------- conversations ----------


def _switches(roll: Roll) -> None:
    rows: list[dict[str, Any]] = [
        {"school_id": each.school_id, "class_id": each.id, "channel": Channel.HOMEROOM, "changed_by_name": each.teacher_name}
        for each in roll.classes
    ]
    for code in (WENCHANG, ZHONGXING):
        for channel in (Channel.ACADEMIC_AFFAIRS, Channel.COUNSELING):
            rows.append({"school_id": roll.schools[code].id, "class_id": None, "channel": channel, "changed_by_name": ""})
    db.session.execute(sa.insert(ChannelSwitch), [{**row, "is_open": True, "changed_at": now()} for row in rows])


def _conversations(roll: Roll, people: People) -> None:
    """Username, days ago, hour, minute, text. Who is no guardian speaks for the channel."""
    talks: tuple[tuple[str, Channel, tuple[tuple[str, int, int, int, str], ...]], ...] = (
        (
            "王小明",
            Channel.HOMEROOM,
            (
                ("parent_chen", 3, 19, 42, "老師您好，小明這兩天有點咳嗽，體育課能不能讓他在旁邊休息？"),
                ("teacher_501", 3, 20, 10, "收到，我會跟體育老師說。"),
                (
                    "teacher_501",
                    2,
                    15,
                    48,
                    "小明今天在自然課的實驗報告說得很清楚，同學都聽懂了，回家可以請他再說一次給您聽。",
                ),
                ("parent_chen", 2, 15, 57, "謝謝老師，我們週末會帶他回診，水彩用具下次上課帶去。"),
            ),
        ),
        (
            "王小明",
            Channel.ACADEMIC_AFFAIRS,
            (
                ("parent_chen", 12, 10, 20, "請問轉學生的成績什麼時候會補登？"),
                ("registrar_wc", 12, 14, 3, "您好，轉入前的成績已經請原學校函送，收到後一週內補登。"),
            ),
        ),
        (
            "王小明",
            Channel.COUNSELING,
            (
                ("parent_chen", 25, 20, 31, "孩子最近不太想上學，想請教老師。"),
                ("counselor_wc", 24, 9, 15, "謝謝您告訴我們，我會先找小明聊聊，再和您聯絡。"),
            ),
        ),
        (
            "王小華",
            Channel.HOMEROOM,
            (
                ("teacher_701", 6, 12, 25, "校慶當天請提早十分鐘到，小華是旗手。"),
                ("parent_chen", 6, 18, 40, "好的，我們會準時到。"),
            ),
        ),
        ("李宥廷", Channel.HOMEROOM, (("parent_li", 1, 20, 15, "請問園遊券可以多買嗎？"),)),
        ("𡍼𠮷", Channel.HOMEROOM, (("parent_tu", 1, 21, 2, "下星期二下午要請假看牙，先跟老師說一聲。"),)),
        (
            "歐陽芷若",
            Channel.HOMEROOM,
            (
                ("teacher_502", 5, 16, 20, "芷若的數學進步很多，請多鼓勵她。"),
                ("parent_ouyang", 5, 19, 5, "謝謝老師！"),
            ),
        ),
    )
    relations = {
        "parent_chen": Relationship.MOTHER,
        "parent_li": Relationship.MOTHER,
        "parent_tu": Relationship.MOTHER,
        "parent_ouyang": Relationship.MOTHER,
    }
    number = 0
    for name, channel, messages in talks:
        pupil = roll.pupil(name)
        conversation = Conversation(student_id=pupil.id, school_id=pupil.school_id, channel=channel)
        db.session.add(conversation)
        db.session.flush()
        written = []
        for username, days_ago, hour, minute, text in messages:
            number += 1
            written.append(_message(people, conversation, pupil, username, relations.get(username), text))
            written[-1].created_at = _at(today() - timedelta(days=days_ago), hour, minute)
            written[-1].send_key = f"demo-{number}"
        db.session.add_all(written)
        db.session.flush()
        last = written[-1]
        conversation.last_message_at, conversation.last_message_id = last.created_at, last.id
        conversation.last_message_text = last.body[:80]
        conversation.last_message_is_from_guardian = last.is_from_guardian
        # Whoever wrote has read what came before.
        for author_id in {each.author_id for each in written}:
            own = max(each.id for each in written if each.author_id == author_id)
            read = ConversationRead(account_id=author_id, conversation_id=conversation.id, last_read_message_id=own)
            db.session.add(read)


def _message(
    people: People, conversation: Conversation, pupil: Pupil, username: str, relation: Relationship | None, text: str
) -> Message:
    return Message(
        conversation_id=conversation.id,
        student_id=pupil.id,
        school_id=pupil.school_id,
        channel=conversation.channel,
        author_id=people.ids[username],
        author_name=people.full_names[username],
        author_capacity=(relation or conversation.channel).value,
        is_from_guardian=relation is not None,
        body=text,
    )


# ---------- 最新消息 ----------


def _news() -> None:
    day = today()

    def on(days: int) -> str:
        then = day + timedelta(days=days)
        return f"{then.month}月{then.day}日"

    texts = (
        (
            2,
            "115學年度第1學期第二次定期評量期間，各校聯絡簿發布時間調整",
            "請家長於評量週留意導師每日下午四時前發布的聯絡簿與攜帶物品。",
            "重要",
            "國小教育科",
            "評量週期間，各校導師於每日下午四時前發布聯絡簿。請家長留意攜帶物品與評量範圍。\n\n如未看到當日聯絡簿，請洽各校導師。",
        ),
        (
            3,
            f"桃園市國中小聯合科學市集，{on(6)}在青埔登場",
            "",
            "活動",
            "終身學習科",
            f"{on(6)}上午九時至下午四時，全市國中小學生展示科學作品，歡迎親子參加，免費入場。",
        ),
        (
            4,
            "學生連結申請開放：文昌國小、中興國中等校",
            "",
            "家長",
            "資訊教育科",
            "家長登入後，於「親師互動」的「學生連結申請」填寫孩子的學校、年級、班級與座號，導師審核通過後即可使用親師互動功能。",
        ),
        (
            5,
            "校園流感疫苗補種時間與同意書下載",
            "",
            "健康",
            "體育保健科",
            "因病未能於校內接種的學生，可憑同意書於指定診所補種。同意書請向各校健康中心索取。",
        ),
        (
            6,
            f"{on(7)} 00:00～04:00 系統維護，期間暫停登入",
            "",
            "維護",
            "資訊教育科",
            f"{on(7)} 00:00～04:00 進行系統維護，期間無法登入，造成不便敬請見諒。",
        ),
        (
            9,
            f"寒假課後照顧服務，{on(9)}起受理報名",
            "",
            "家長",
            "國小教育科",
            f"各國小寒假課後照顧服務自 {on(9)}起受理報名，請洽孩子就讀的學校。",
        ),
    )
    for days_ago, title, summary, category, office, body in reversed(texts):
        db.session.add(
            News(
                title=title,
                summary=summary,
                body=body,
                category=category,
                office=office,
                published_on=day - timedelta(days=days_ago),
            )
        )
        db.session.flush()
