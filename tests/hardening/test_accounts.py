"""P10–P13, P16–P18: attacks on accounts, by HTTP as somebody without one would try them."""

from __future__ import annotations

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import sqlalchemy as sa
import time_machine

from app.access.session import system
from app.accounts import even_time
from app.accounts.models import Account, AccountProfile, AccountState, AccountType, SignInCounter
from app.accounts.passwords import UNUSABLE
from app.audit.models import AuditEntry
from app.extensions import db
from app.limits.doors import DOORS
from app.limits.models import LimitCount
from app.model_types import now
from app.notifications.models import OutboxMessage
from tests.accounts.browsing import CAPTCHA, account, count, errors, messages, send
from tests.accounts.test_registration_general import DETAILS, NUMBER, PERSON, begin, link_of
from tests.accounts.test_resets import BY_LETTER, BY_SMS, GUARDIAN, NEW, TEACHER, change
from tests.accounts.test_sign_in import GREEN, RED, enter, is_signed_in
from tests.captcha.reading import digits_shown, form_token
from tests.guardian_links.test_pages import TYPED
from tests.journeys.people import link_in, national_id, secret_in

OFFICIAL, AGAIN = "/register/official/", "/activate/again"


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """These tests look at answers, ``python -m benchmarks.even_times`` at times."""
    monkeypatch.setattr(even_time, "LONG_ENOUGH", 0.0)


def together(act, times, workers=12):
    """``act(number)`` from that many browsers at once."""
    gate = Barrier(workers)

    def run(number):
        if number < workers:
            gate.wait()
        return act(number)

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(run, range(times)))


def same(page):
    """What an answer says, without what differs from browser to browser."""
    return page.status_code, page.request.path, re.sub(r'value="[^"]{40,}"|[?&;]n=\w+', "", page.text)


def everything_kept(flask_app):
    """All that the database holds, as text, but the sealed messages on their way out."""
    with flask_app.app_context(), db.engine.begin() as connection:
        return "\n".join(
            str(connection.execute(sa.select(table)).all())
            for table in db.metadata.sorted_tables
            if table.name != OutboxMessage.__tablename__
        )


def applicant(world, serial=1, **changes):
    """The form of an official registration."""
    return {
        "username": f"applicant_{serial}",
        "full_name": "周雅婷",
        "identity": national_id(7000 + serial),
        "birth_date": "民國 75年 3月 2日",
        "email": f"applicant_{serial}@example.org",
        "mobile": f"0912-77{serial:04}",
        "school_id": str(world.schools["wenchang"]),
        "job_title": "教師",
        "captcha": CAPTCHA,
        **changes,
    }


# ---------- P10: five failures ----------


@pytest.mark.every_database
def test_p10_a_password_list_sent_at_once_gets_five_looks_and_hinders_nobody_else(flask_app, world):
    moment = now()
    first = flask_app.test_client()
    token = form_token(first.get(GREEN))
    cookie = first.get_cookie("portal").value

    def attempt(number):
        browser = flask_app.test_client()
        browser.set_cookie("portal", cookie)
        fields = {"csrf_token": token, "username": "parent_chen", "password": f"guess {number}", "captcha": CAPTCHA}
        answer = browser.post(GREEN, data=fields)
        return answer.status_code, "鎖定" in errors(answer)["password"]

    with time_machine.travel(moment, tick=False):
        assert Counter(together(attempt, 50)) == {(200, False): 4, (200, True): 46}
        assert "鎖定" in errors(enter(flask_app.test_client(), GREEN, "parent_chen"))["password"]
        assert enter(flask_app.test_client(), GREEN, "parent_lin").status_code == 302
    with flask_app.app_context(), system("tests"):
        assert db.session.scalar(sa.select(SignInCounter.failures)) == 51
    assert count(flask_app, AuditEntry, AuditEntry.action == "lock.sign_in") == 1
    with time_machine.travel(moment + timedelta(minutes=14, seconds=59), tick=False):
        assert "鎖定" in errors(enter(flask_app.test_client(), GREEN, "parent_chen"))["password"]
    with time_machine.travel(moment + timedelta(minutes=15, seconds=1), tick=False):
        assert enter(flask_app.test_client(), GREEN, "parent_chen").status_code == 302


def test_p10_known_and_unknown_names_lock_alike(flask_app):
    answers = {}
    for name in ("parent_chen", "nobody_here"):
        browser = flask_app.test_client()
        answers[name] = [
            tuple(part for part in same(enter(browser, GREEN, name, "wrong one")) if part != name) for _ in range(6)
        ]
    assert str(answers["parent_chen"]).replace("parent_chen", "nobody_here") == str(answers["nobody_here"])


# ---------- P11: the same answer ----------


@pytest.mark.parametrize(
    ("path", "known", "unknown"),
    [
        (BY_SMS, TEACHER, {"username": "nobody_here"}),
        (BY_SMS, TEACHER, {"email": "somebody@example.org"}),
        (BY_SMS, TEACHER, {"mobile": "0987-654-321"}),
        (BY_LETTER, GUARDIAN, {"username": "nobody_here"}),
        (BY_LETTER, GUARDIAN, {"identity_number": national_id(1)}),
        (BY_LETTER, GUARDIAN, {"birth_date": "72/4/19"}),
    ],
)
def test_p11_asking_for_a_way_back_tells_nothing(flask_app, path, known, unknown):
    right = same(send(flask_app.test_client(), path, known, follow=True))
    sent = count(flask_app, OutboxMessage)
    assert sent > 0, "the right data do send something, or this test shows nothing"
    assert same(send(flask_app.test_client(), path, {**known, **unknown}, follow=True)) == right
    assert count(flask_app, OutboxMessage) == sent


@pytest.mark.parametrize("unknown", [{"username": "nobody_here"}, {"identity": national_id(1)}])
def test_p11_asking_for_the_activation_letter_again_tells_nothing(flask_app, activation, unknown):
    known = {"username": "meng.chun", "identity": NUMBER, "captcha": CAPTCHA}
    with time_machine.travel(now() + timedelta(minutes=2)):
        right = same(send(flask_app.test_client(), AGAIN, known, follow=True))
        assert same(send(flask_app.test_client(), AGAIN, {**known, **unknown}, follow=True)) == right
    assert len(messages(flask_app, "activation")) == 2


@pytest.mark.parametrize("door", [RED, GREEN])
def test_p11_an_entrance_answers_and_works_alike(flask_app, count_statements, door):
    name = "teacher_501" if door == RED else "parent_chen"
    enter(flask_app.test_client(), door, "warming_up", "wrong one")
    answers, work = [], []
    for each in (name, "nobody_here"):
        with count_statements() as statements:
            answers.append(str(same(enter(flask_app.test_client(), door, each, "wrong one"))).replace(each, "…"))
        work.append([statement.split()[0] for statement in statements])
    assert answers[0] == answers[1]
    assert work[0] == work[1]


def test_p11_a_registered_mailbox_and_mobile_number_are_not_told(flask_app, world):
    """They may be shared by a family; the identity number is told, as the manual has it (A3.3)."""
    with flask_app.app_context(), system("tests"):
        email, mobile = db.session.execute(
            sa.select(AccountProfile.email, AccountProfile.mobile).join(Account).where(Account.username == "teacher_501")
        ).one()
    fresh = send(flask_app.test_client(), OFFICIAL, applicant(world, 1, mobile="0912-999-002"), follow=True)
    known = send(flask_app.test_client(), OFFICIAL, applicant(world, 2, email=email, mobile=mobile), follow=True)
    assert same(fresh) == same(known)
    assert "申請成功" in fresh.text


def test_p11_applying_for_a_child_tells_nothing_about_the_roll(client_as, count_statements):
    answers, work = [], []
    for person, key in (("parent_lin", TYPED["student_key"]), ("parent_wang", "9999999")):
        guardian = client_as(person)
        guardian.get("/portal/links/")
        with count_statements() as statements:
            answer = guardian.post("/portal/links/", data={**TYPED, "student_key": key})
        answers.append((answer.status_code, answer.location))
        work.append(len(statements))
    assert answers[0] == answers[1]
    assert work[0] == work[1]


# ---------- P12: temporary passwords ----------


@pytest.mark.every_database
def test_p12_a_temporary_password_opens_once_forces_a_change_and_locks_nobody_out(flask_app):
    moment = now()
    with time_machine.travel(moment, tick=False):
        send(flask_app.test_client(), BY_SMS, TEACHER)
    with time_machine.travel(moment + timedelta(minutes=2), tick=False):
        send(flask_app.test_client(), BY_SMS, TEACHER)
        older, newer = [secret_in(content["text"]) for _, content in messages(flask_app, "reset_password")]
        assert older != newer
        assert not {older, newer} & set(re.findall(r"\w+", everything_kept(flask_app)))
        assert enter(flask_app.test_client(), RED, "teacher_501").status_code == 302, "the old password goes on working"
        assert enter(flask_app.test_client(), RED, "teacher_501", older).status_code == 200
        owner = flask_app.test_client()
        assert enter(owner, RED, "teacher_501", newer).status_code == 302
        assert owner.get("/student-affairs/").location == "/portal/profile/edit"
        kept = {
            "full_name": "老師",
            "birth_date": "72/4/18",
            "email": TEACHER["email"],
            "mobile": TEACHER["mobile"],
            "locale": "zh_Hant_TW",
            "captcha": CAPTCHA,
            "current_password": newer,
            "wants_new_password": "y",
            "new_password": newer,
            "new_password_again": newer,
        }
        assert set(errors(send(owner, "/portal/profile/edit", kept))) == {"new_password"}, "it cannot be kept"
        assert owner.get("/student-affairs/").location == "/portal/profile/edit"
        assert enter(flask_app.test_client(), RED, "teacher_501", newer).status_code == 200


@pytest.mark.every_database
def test_p12_of_six_browsers_with_one_temporary_password_one_gets_in(flask_app):
    send(flask_app.test_client(), BY_SMS, TEACHER)
    temporary = secret_in(messages(flask_app, "reset_password")[0][1]["text"])
    inside = together(
        lambda _: enter(flask_app.test_client(), RED, "teacher_501", temporary).status_code, times=6, workers=6
    )
    assert inside.count(302) == 1


def test_p12_it_dies_after_ten_minutes_and_after_five_wrong_tries(flask_app):
    moment = now()
    with time_machine.travel(moment, tick=False):
        send(flask_app.test_client(), BY_SMS, TEACHER)
    late = secret_in(messages(flask_app, "reset_password")[0][1]["text"])
    with time_machine.travel(moment + timedelta(minutes=10, seconds=1), tick=False):
        assert enter(flask_app.test_client(), RED, "teacher_501", late).status_code == 200
        send(flask_app.test_client(), BY_SMS, TEACHER)
        tried = secret_in(messages(flask_app, "reset_password")[1][1]["text"])
        for _ in range(2):
            for _ in range(3):
                enter(flask_app.test_client(), RED, "teacher_501", "wrong one")
            # another browser signs in with the old password: the lock of the entrance begins anew, the tries do not
            assert enter(flask_app.test_client(), RED, "teacher_501").status_code == 302
        assert enter(flask_app.test_client(), RED, "teacher_501", tried).status_code == 200


# ---------- P13: links in letters ----------


@pytest.fixture
def activation(flask_app):
    """The link of an activation letter, and a browser's way to press its button."""
    applying = flask_app.test_client()
    begin(applying)
    send(applying, DETAILS, PERSON)
    return link_of(messages(flask_app, "activation")[-1][1])


@pytest.mark.every_database
def test_p13_of_ten_browsers_on_one_link_one_activates_it(flask_app, activation):
    browsers = []
    for _ in range(10):
        browser = flask_app.test_client()
        browser.get(activation)
        browsers.append((browser, form_token(browser.get("/activate/confirm"))))

    def confirm(number):
        browser, token = browsers[number]
        return browser.post("/activate/confirm", data={"csrf_token": token}).status_code

    assert Counter(together(confirm, 10, workers=10)) == {302: 1, 410: 9}
    assert count(flask_app, AuditEntry, AuditEntry.action == "activate.account") == 1


def test_p13_looking_changes_nothing_and_no_trace_opens_anything(flask_app, activation):
    token = activation.rpartition("/")[2]
    for method in ("get", "head", "get"):
        scanner = flask_app.test_client()
        answer = getattr(scanner, method)(activation, follow_redirects=True)
        assert token not in answer.text
        assert token not in str(answer.headers)
        assert answer.request.path == "/activate/confirm"
    assert flask_app.test_client().get(activation).headers["Referrer-Policy"] == "no-referrer"
    assert flask_app.test_client().post(activation).status_code in (400, 405)
    assert account(flask_app, "meng.chun")["state"] == AccountState.PENDING_ACTIVATION
    assert token not in everything_kept(flask_app)


@pytest.mark.parametrize("alter", [str.swapcase, lambda token: token[:-1], lambda token: token + "A", str.upper])
def test_p13_an_altered_link_is_dead(flask_app, activation, alter):
    path, _, token = activation.rpartition("/")
    browser = flask_app.test_client()
    assert browser.get(f"{path}/{alter(token)}", follow_redirects=True).status_code == 410
    assert flask_app.test_client().get(f"/reset/general/{token}", follow_redirects=True).status_code == 410, (
        "a link serves its own purpose alone"
    )
    assert account(flask_app, "meng.chun")["state"] == AccountState.PENDING_ACTIVATION


@pytest.mark.every_database
def test_p13_a_reset_link_dies_by_use_by_time_and_by_a_newer_one(flask_app):
    moment = now()
    links = []
    for minutes in (0, 2):
        with time_machine.travel(moment + timedelta(minutes=minutes), tick=False):
            send(flask_app.test_client(), BY_LETTER, GUARDIAN)
            links.append(link_in(messages(flask_app, "reset_link")[-1][1]["text"]).removeprefix("http://localhost"))
    with time_machine.travel(moment + timedelta(minutes=3), tick=False):
        assert flask_app.test_client().get(links[0], follow_redirects=True).status_code == 410
        # a page that was opened in time and sent when the link had been used by another browser
        slow, quick = flask_app.test_client(), flask_app.test_client()
        waiting = form_token(slow.get(links[1], follow_redirects=True))
        assert send(quick, quick.get(links[1]).location, NEW).location == "/portal/"
        assert slow.post("/reset/general/new", data={"csrf_token": waiting, **NEW}).status_code == 410
        assert not is_signed_in(slow)
    with time_machine.travel(moment + timedelta(minutes=33), tick=False):
        assert flask_app.test_client().get(links[1], follow_redirects=True).status_code == 410


# ---------- P16: captchas ----------

WITHOUT_PICTURE = {
    "GeneralRegistrationView.start",
    "SecondStepView.ask",
    "ActivationView.confirm",
    "GeneralResetView.renew",
}
"""Public forms without one: the first step of registration (until it is asked often), the code after the password (which
stood behind one, and is counted with it), and those behind a letter's link."""


@pytest.fixture
def no_fixed_answer(flask_app, monkeypatch):
    monkeypatch.setitem(flask_app.config, "CAPTCHA_FIXED_ANSWER", "")


@pytest.fixture
def guarded_forms(flask_app, visitor):
    """Path → scene of every public form that asks for a picture, found by walking."""
    begin(visitor)
    with flask_app.test_request_context():
        paths = {endpoint: flask_app.url_for(endpoint) for endpoint in set(DOORS) - WITHOUT_PICTURE}
    found = {path: re.search(r"/captcha/([\w-]+)\.png", visitor.get(path).text) for path in paths.values()}
    assert all(found.values()), found
    return {path: scene[1] for path, scene in found.items() if scene}


def test_p16_no_public_form_can_be_sent_without_its_picture(flask_app, visitor, no_fixed_answer, guarded_forms):
    assert len(set(guarded_forms.values())) == len(guarded_forms) >= 7, "each has a scene of its own"
    for path, scene in guarded_forms.items():
        page = visitor.get(path)
        digits = digits_shown(flask_app, visitor, scene)
        assert digits not in re.sub(r'value="[^"]{40,}"|v=\w+', "", page.text), path
        assert {kind for kind in ("png", "wav") if f"/captcha/{scene}.{kind}" in page.text} == {"png", "wav"}
        for answer in ({}, {"captcha": ""}, {"captcha": "24680"}, {"captcha": ["", digits]}):
            sent = visitor.post(path, data={"csrf_token": form_token(page), **answer})
            assert "captcha" in errors(sent), (path, answer)


@pytest.mark.every_database
def test_p16_a_picture_serves_one_try_of_its_own_session_for_five_minutes(flask_app, visitor, no_fixed_answer):
    moment = now()
    wrong = {"username": "parent_chen", "password": "wrong one"}
    with time_machine.travel(moment, tick=False):
        token = form_token(visitor.get(GREEN))
        digits = digits_shown(flask_app, visitor, "sign-in-general")
        stranger = flask_app.test_client()
        foreign = stranger.post(GREEN, data={"csrf_token": form_token(stranger.get(GREEN)), **wrong, "captcha": digits})
        assert set(errors(foreign)) == {"captcha"}
        cookie = visitor.get_cookie("portal").value

        def answer(_number):
            browser = flask_app.test_client()
            browser.set_cookie("portal", cookie)
            return tuple(errors(browser.post(GREEN, data={"csrf_token": token, **wrong, "captcha": digits})))

        assert Counter(together(answer, 10, workers=10)) == {("password",): 1, ("captcha",): 9}
        visitor.get(GREEN)
        late = digits_shown(flask_app, visitor, "sign-in-general")
    with time_machine.travel(moment + timedelta(minutes=5, seconds=1), tick=False):
        assert set(errors(visitor.post(GREEN, data={"csrf_token": token, **wrong, "captcha": late}))) == {"captcha"}


# ---------- P17: caps ----------


def lift_caps(flask_app, monkeypatch, **caps):
    for name in [name for name in flask_app.config if name.startswith("CAP_")]:
        monkeypatch.setitem(flask_app.config, name, caps.get(name, 0))


@pytest.mark.every_database
@pytest.mark.parametrize(
    ("path", "fields", "purpose"), [(BY_SMS, TEACHER, "reset_password"), (BY_LETTER, GUARDIAN, "reset_link")]
)
def test_p17_a_storm_of_requests_sends_one_message_a_minute(flask_app, path, fields, purpose):
    def ask(_number):
        return same(send(flask_app.test_client(), path, fields, follow=True))

    moment = now()
    with time_machine.travel(moment, tick=False):
        assert len(set(together(ask, 6, workers=6))) == 1, "whoever asks cannot tell which one sent it"
        assert len(messages(flask_app, purpose)) == 1
    with time_machine.travel(moment + timedelta(seconds=61), tick=False):
        ask(0)
    assert len(messages(flask_app, purpose)) == 2


@pytest.mark.every_database
@pytest.mark.parametrize(
    ("cap", "varied"),
    [
        ("CAP_SMS_PER_RECEIVER", ()),
        ("CAP_SMS_PER_ADDRESS", ("mobile",)),
        ("CAP_SMS_PER_DAY", ("mobile", "address")),
    ],
)
def test_p17_registrations_reach_each_cap_and_look_the_same(flask_app, world, monkeypatch, cap, varied):
    lift_caps(flask_app, monkeypatch, **{cap: 2})
    moment, pages = now(), []
    for serial in range(4):
        with time_machine.travel(moment + timedelta(minutes=2 * serial), tick=False):
            browser = flask_app.test_client()
            if "address" in varied:
                browser.environ_base = {**browser.environ_base, "REMOTE_ADDR": f"203.0.113.{serial}"}
            mobile = f"0912-{serial}00-777" if "mobile" in varied else "0912-000-777"
            pages.append(same(send(browser, OFFICIAL, applicant(world, serial, mobile=mobile), follow=True)))
    assert len(set(pages)) == 1
    assert "申請成功" in pages[0][2]
    assert len(messages(flask_app, "first_password")) == 2
    assert count(flask_app, Account, Account.username.like("applicant_%")) == 4
    with flask_app.app_context(), system("tests"):
        kept = str(db.session.execute(sa.select(LimitCount.__table__)).all())
    assert not re.search(r"912\d*777|203\.0\.113|127\.0\.0\.1", kept)


def test_p17_a_stranger_who_floods_a_number_leaves_its_owner_the_reset(flask_app, world):
    moment = now()
    for serial in range(7):
        with time_machine.travel(moment + timedelta(minutes=2 * serial), tick=False):
            send(flask_app.test_client(), OFFICIAL, applicant(world, serial, mobile=TEACHER["mobile"]))
    with time_machine.travel(moment + timedelta(minutes=20), tick=False):
        send(flask_app.test_client(), BY_SMS, TEACHER)
    assert len(messages(flask_app, "first_password")) == flask_app.config["CAP_SMS_PER_RECEIVER"]
    assert len(messages(flask_app, "reset_password")) == 1


# ---------- P18: one number, one account ----------


@pytest.mark.every_database
def test_p18_one_number_registered_by_eight_browsers_at_once_is_one_account(flask_app, world):
    def register(number):
        spelling = ["h100070017", "Ｈ１０００７００１７", "H100-070-017"][number % 3].replace(
            "h100070017", national_id(7001)
        )
        if number % 3:
            spelling = national_id(7001).lower() if number % 3 == 1 else " ".join(national_id(7001))
        fields = applicant(world, number, identity=spelling, mobile="0912-777-001", email="one@example.org")
        page = send(flask_app.test_client(), OFFICIAL, fields, follow=True)
        return page.status_code, "申請成功" in page.text, errors(page).get("identity", "")[:8]

    outcomes = Counter(together(register, 8, workers=8))
    assert {status for status, _, _ in outcomes} == {200}
    assert sum(times for (_, done, _), times in outcomes.items() if done) == 1
    assert count(flask_app, Account, Account.username.like("applicant_%")) == 1
    assert len(messages(flask_app, "first_password")) == 1


@pytest.mark.parametrize("spelling", ["applicant_1", "APPLICANT_1", " Applicant_1 ", "ａｐｐｌｉｃａｎｔ_１"])
def test_p18_a_name_in_another_spelling_is_taken_and_the_first_owner_goes_on(flask_app, world, spelling):
    send(flask_app.test_client(), OFFICIAL, applicant(world, 1))
    page = send(flask_app.test_client(), OFFICIAL, applicant(world, 2, username=spelling))
    assert set(errors(page)) == {"username"}
    temporary = secret_in(messages(flask_app, "first_password")[0][1]["text"])
    assert enter(flask_app.test_client(), RED, "applicant_1", temporary).status_code == 302


def test_p18_a_general_number_is_told_in_every_spelling_and_a_mailbox_may_be_shared(flask_app):
    first = flask_app.test_client()
    begin(first)
    send(first, DETAILS, PERSON)
    for spelling in (NUMBER, NUMBER.lower(), "A 123 456 789", "Ａ１２３４５６７８９"):
        page = begin(flask_app.test_client(), "citizen", spelling)
        assert set(errors(page)) == {"identity"}, spelling
    second = flask_app.test_client()
    begin(second, AccountType.GUARDIAN, national_id(7001))
    assert send(second, DETAILS, {**PERSON, "username": "meng.brother"}).status_code == 302
    mailboxes = {account(flask_app, name)["email"] for name in ("meng.chun", "meng.brother")}
    assert mailboxes == {PERSON["email"]}
    assert account(flask_app, "meng.chun")["password"] != UNUSABLE


def test_p18_one_person_may_have_both_kinds_of_account(flask_app, world):
    send(flask_app.test_client(), OFFICIAL, applicant(world, 1))
    general = flask_app.test_client()
    begin(general, number=national_id(7001))
    assert send(general, DETAILS, PERSON).status_code == 302
    change(flask_app, "meng.chun", state=AccountState.ACTIVE)
    assert enter(flask_app.test_client(), GREEN, "meng.chun", PERSON["new_password"]).status_code == 302
    assert enter(flask_app.test_client(), GREEN, "applicant_1", PERSON["new_password"]).status_code == 200
