"""個資告知與同意: the texts, version by version. What 個人資料保護法 §8 has to be told, in both languages.

A version in force is never changed, not by a comma: people accepted these words. A new text is a new ``Notice`` at the end
of ``NOTICES``; from its first day on everybody is asked once at the next sign-in (tests/privacy holds the fingerprints).
"""
# ruff: noqa: E501 (Chinese signs count as two)

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date

from app.model_types import today
from app.privacy.translations import TRANSLATIONS

ZH, EN = "zh_Hant_TW", "en"


@dataclass(frozen=True)
class Section:
    """One item of §8."""

    title: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True)
class Notice:
    """One version; ``texts`` by language."""

    version: str
    effective_on: date
    texts: dict[str, tuple[Section, ...]]

    def sections(self, language: str) -> tuple[Section, ...]:
        """The text in ``language``: of the version itself, else a translation, else Chinese, the binding one."""
        if language in self.texts or not self.is_translated(language):
            return self.texts.get(language, self.texts[ZH])
        return tuple(Section(title, paragraphs) for title, paragraphs in TRANSLATIONS[self.version][language])

    def is_translated(self, language: str) -> bool:
        """Whether the text in ``language`` only helps to read the one that people agree to."""
        return language in TRANSLATIONS.get(self.version, {})

    @property
    def fingerprint(self) -> str:
        """Changes with every sign of the text."""
        words = repr((self.version, self.effective_on, sorted(self.texts.items())))
        return hashlib.sha256(words.encode()).hexdigest()[:16]


NOTICES: tuple[Notice, ...] = (
    Notice(
        "2026-11",
        date(2026, 11, 1),
        {
            ZH: (
                Section("一、蒐集機關", ("桃園市政府教育局，以及您服務、就讀或您子女就讀之學校（以下合稱本機關）。",)),
                Section(
                    "二、蒐集之目的",
                    (
                        "提供帳號註冊與單一認證、學生連結申請與審核、每日聯絡簿、班級公佈欄、成績、出勤與獎懲之查閱、"
                        "親師與處室互動，以及維護資通安全。特定目的：教育或訓練行政（一〇九）、學生（員）資料管理（一五八）、"
                        "資（通）訊與資料庫管理（一三六）、資通安全與管理（一三七）；公務帳號另含人事管理（〇〇二）。",
                    ),
                ),
                Section(
                    "三、個人資料之類別",
                    (
                        "姓名、證號、出生日期、電子信箱、手機號碼（辨識個人者 C001、政府資料中之辨識者 C003、個人描述 C011）；"
                        "您與學生的關係及您為申請連結所填的學生資料（家庭其他成員之細節 C023、學校紀錄 C051）；"
                        "服務單位與職稱（現行之受僱情形 C061）；您在本平台送出的訊息，以及登入的時間、網路位址與裝置。",
                    ),
                ),
                Section(
                    "四、利用之期間、地區、對象及方式",
                    (
                        "期間：帳號存續期間，及本平台「資料保存規則」所定期間；期滿即刪除。",
                        "地區：中華民國境內。",
                        "對象：本機關，及依職務需要辦理之學校人員；受本機關委託維護本平台者，僅於受託範圍內。"
                        "除法律另有規定外，不提供給其他人。",
                        "方式：以自動化機器處理。證號加密保存，畫面上僅顯示部分；查閱學生紀錄均留有稽核紀錄。",
                    ),
                ),
                Section(
                    "五、您的權利及行使方式",
                    (
                        "依個人資料保護法第三條，您得查詢或請求閱覽、請求製給複製本、請求補充或更正、請求停止蒐集、處理或利用，"
                        "以及請求刪除。",
                        "登入後可於「我的基本資料」查閱與更正，於「我的資料」下載複製本；其他請求請洽教育局服務電話 (03) 332-2101，"
                        "學生資料請洽就讀學校。",
                    ),
                ),
                Section(
                    "六、不提供資料的影響",
                    (
                        "您可以自由選擇是否提供。不提供必填資料時，無法確認您的身分，因此無法建立帳號、申請學生連結或使用需要登入的功能；"
                        "一般民眾仍可瀏覽公開頁面。",
                    ),
                ),
            ),
            EN: (
                Section(
                    "1. Who collects the data",
                    (
                        "The Department of Education, Taoyuan City Government, and the school at which you work or study or "
                        "which your child attends (together: we).",
                    ),
                ),
                Section(
                    "2. Purposes",
                    (
                        "Registering accounts and signing in, applying for and reviewing student links, contact books, class "
                        "bulletins, reading marks, attendance, rewards and punishments, conversations between guardians and "
                        "schools, and information security. Specific purposes: administration of education and training (109), "
                        "management of students' data (158), information and database management (136), information security "
                        "(137); for official accounts also personnel management (002).",
                    ),
                ),
                Section(
                    "3. Categories of data",
                    (
                        "Name, identity number, date of birth, mailbox and mobile number (C001, C003, C011); your relation to the "
                        "student and what you type about the student to be linked (C023, C051); unit of service and job title "
                        "(C061); the messages that you send here; times, network addresses and devices of your sign-ins.",
                    ),
                ),
                Section(
                    "4. Period, area, recipients and manner of use",
                    (
                        "Period: as long as the account exists, and the periods of this platform's retention rules; then the data "
                        "are deleted.",
                        "Area: the territory of the Republic of China (Taiwan).",
                        "Recipients: we, and those members of staff whose office needs the data; whoever maintains the platform for "
                        "us, within that task alone. Nobody else, unless a law says so.",
                        "Manner: by automated processing. Identity numbers are kept encrypted and shown in part; every reading of a "
                        "student's record is noted in the audit log.",
                    ),
                ),
                Section(
                    "5. Your rights, and how to use them",
                    (
                        "By Article 3 of the Personal Data Protection Act you may ask about and read your data, ask for a copy, have "
                        "them completed or corrected, have collection, processing or use stopped, and have them deleted.",
                        "Signed in, read and correct them under «My basic data» and download a copy under «My data». For anything "
                        "else call the department, (03) 332-2101; about a student's data ask the school.",
                    ),
                ),
                Section(
                    "6. If you do not give the data",
                    (
                        "You are free to choose. Without the required data we cannot know who you are, so there can be no account, "
                        "no student link and nothing that needs a sign-in; the public pages stay open to everybody.",
                    ),
                ),
            ),
        },
    ),
)
"""Oldest first."""


def in_force() -> Notice:
    """The newest version whose first day has come."""
    day = today()
    return next((notice for notice in reversed(NOTICES) if notice.effective_on <= day), NOTICES[0])


def find_notice(version: str) -> Notice | None:
    return next((notice for notice in NOTICES if notice.version == version), None)
