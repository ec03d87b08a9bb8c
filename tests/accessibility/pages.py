"""Every page of the product, with a person who may open it and an address: found by following the product's own links.

For each address of the URL map that answers a page, one page; further states of some of them (forms sent empty, nothing
there yet, another role's view) by ``STATES``. What is not a page, and what could not be reached, is listed with its reason.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urljoin, urlsplit

from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter, RequestRedirect

from tests.accessibility.world import DemoPortal

PEOPLE = (
    "-",
    "parent_chen",
    "teacher_501",
    "registrar_wc",
    "manager_wc",
    "counselor_wc",
    "personnel_wc",
    "city_admin",
    "applicant_he",
    "newcomer",
    "keeper",
    "parent_lin",
)
"""Who goes along the links, in this order: a page is looked at as the first of them who may open it."""

STATES: tuple[tuple[str, str, str, bool], ...] = (
    # name, person, path, whether its form is sent empty first
    ("applied officially", "applied officially", "/register/official/done", False),
    ("applied", "applied", "/register/general/done", False),
    ("general details, guardian", "applies as guardian", "/register/general/details", False),
    ("general details, sent empty", "applies as guardian", "/register/general/details", True),
    ("general details, student", "applies as student", "/register/general/details", False),
    ("general details, staff of another school", "applies as outside_staff", "/register/general/details", False),
    ("activates", "activates", "/activate/confirm", False),
    ("dead activation link", "-", "/activate/confirm", False),
    ("renews the password", "renews", "/reset/general/new", False),
    ("dead reset link", "-", "/reset/general/new", False),
    ("second step", "second step", "/sign-in/second-step/", False),
    ("sets up the second factor", "sets up", "/portal/second-factor/set-up", False),
    ("recovery codes", "has codes", "/portal/second-factor/codes", False),
    ("asked about the notice", "asked", "/portal/notice/", False),
    ("official application, sent empty", "-", "/register/official/", True),
    ("general application, sent empty", "-", "/register/general/", True),
    ("official sign-in, sent empty", "-", "/sign-in/official/", True),
    ("general sign-in, sent empty", "-", "/sign-in/general/", True),
    ("general reset, sent empty", "-", "/reset/general/", True),
    ("link application, sent empty", "parent_lin", "/portal/links/", True),
    ("profile, sent empty", "parent_chen", "/portal/profile/edit", True),
    ("bulletin, sent empty", "teacher_501", "/student-affairs/bulletins/add", True),
    ("contact book, sent empty", "teacher_501", "/student-affairs/contact-book/add", True),
    ("student, sent empty", "registrar_wc", "/sso/students/add", True),
    ("guardian without a child", "parent_lin", "/portal/", False),
    ("citizen's home", "citizen_wu", "/portal/", False),
    ("teacher's home in the portal", "teacher_501", "/portal/", False),
    ("counselor's desk", "counselor_wc", "/student-affairs/", False),
    (
        "a list with nothing in it",
        "registrar_wc",
        "/sso/students/list/?_flt_full_name=%E6%9F%A5%E7%84%A1%E6%AD%A4%E4%BA%BA",
        False,
    ),
    ("a list with a filter", "registrar_wc", "/student-affairs/term-grades/list/", False),
    ("offline", "-", "/offline/zh-Hant-TW", False),
    ("the contact book kept for offline", "parent_chen", "/portal/children/{child}/contact-book/kept", False),
    ("no such page", "-", "/no-such-page", False),
    ("no such page, signed in", "parent_chen", "/portal/no-such-page", False),
    ("not allowed", "parent_chen", "/sso/accounts/list/", False),
)

LINK = re.compile(rb"""(?:href|action|data-keep)="(/[^"]*)\"""")
NOT_LOOKED_AT = {
    "static": "files",
    "CaptchaView.picture": "answers a picture",
    "ActivationView.activate": "leads on to /activate/confirm",
    "HomeView.health": "for machines: JSON",
    "HomeView.live": "for machines: JSON",
}
MOST_VISITS = 3
"""Of one person to one address of the URL map, while pages are looked for."""


@dataclass(frozen=True)
class Page:
    name: str
    person: str
    path: str
    endpoint: str = ""
    is_sent_empty: bool = False

    def __str__(self) -> str:
        return f"{self.name} ({self.person} {self.path})"


@dataclass
class Found:
    pages: list[Page] = field(default_factory=list)
    no_pages: dict[str, str] = field(default_factory=dict)
    """Rule of the URL map → what it answers instead of a page."""
    not_reached: dict[str, str] = field(default_factory=dict)


def find_pages(portal: DemoPortal) -> Found:
    """Walk along every link as every person; in the order of the URL map."""
    adapter = portal.app.url_map.bind("localhost")
    seen: dict[str, Page] = {}
    other: dict[str, str] = {}
    for person in PEOPLE:
        _walk(portal, person, adapter, seen, other)
    child = str(portal.child_of_parent_chen)
    states = [
        Page(name, person, path.replace("{child}", child), _endpoint(adapter, path.replace("{child}", child)), empty)
        for name, person, path, empty in STATES
    ]
    by_state = {state.endpoint for state in states}
    found = Found()
    for rule in sorted(portal.app.url_map.iter_rules(), key=lambda rule: rule.rule):
        if "GET" not in (rule.methods or ()):
            continue
        if rule.endpoint.endswith(".lookup"):
            found.no_pages[rule.rule] = "asked by scripts: answers JSON"
        elif rule.endpoint in NOT_LOOKED_AT:
            found.no_pages[rule.rule] = NOT_LOOKED_AT[rule.endpoint]
        elif rule.endpoint in seen:
            page = seen.pop(rule.endpoint)
            found.pages.append(page)
            by_state.add(rule.endpoint)
        elif rule.endpoint in by_state:
            continue
        elif rule.endpoint.startswith("ManualView."):
            found.no_pages[rule.rule] = (
                "a file of the manual" if "<name>" in rule.rule else "nothing is served until make manual"
            )
        elif rule.rule.endswith("/reports/<int:report_id>"):
            found.no_pages[rule.rule] = "answers a PDF once the worker has made it"
        elif rule.endpoint in other:
            found.no_pages[rule.rule] = other[rule.endpoint]
        else:
            found.not_reached[rule.rule] = "no link leads to it"
    found.pages += states
    return found


def chosen(page: Page, words: list[str]) -> bool:
    """Whether the page's name or address contains one of the words; without words every page."""
    return not words or any(word in page.name or word in page.path for word in words)


def kind_of(page: Page) -> str:
    """Generated screens of the same sort are one kind of page; so is every other address by itself."""
    return page.endpoint.rsplit(".", 1)[-1] if "Admin." in page.endpoint else page.endpoint


def one_of_each_kind(pages: list[Page]) -> list[Page]:
    """The first of each kind; states of a page (sent empty, nothing there yet) are looked at as well."""
    first = {kind_of(page): page for page in reversed(pages) if page.name == page.endpoint}
    return [page for page in pages if page.name != page.endpoint or first[kind_of(page)] is page]


def _endpoint(adapter: MapAdapter, path: str) -> str:
    try:
        return str(adapter.match(urlsplit(path).path, method="GET")[0])
    except (HTTPException, RequestRedirect):
        return ""


def _walk(portal: DemoPortal, person: str, adapter: MapAdapter, seen: dict[str, Page], other: dict[str, str]) -> None:
    client = portal.app.test_client()
    client.set_cookie(portal.app.config["SESSION_COOKIE_NAME"], portal.cookie_of(person))
    starts = [rule.rule for rule in portal.app.url_map.iter_rules() if not rule.arguments and "GET" in (rule.methods or ())]
    waiting, asked, visits = deque(starts), set(starts), Counter[str]()
    while waiting:
        path = waiting.popleft()
        endpoint = _endpoint(adapter, path)
        if not endpoint or endpoint in NOT_LOOKED_AT or endpoint.endswith(".lookup") or visits[endpoint] >= MOST_VISITS:
            continue
        if endpoint in seen and (
            visits[endpoint] or seen[endpoint].person != person and endpoint.endswith((".edit", ".add", ".delete"))
        ):
            continue
        visits[endpoint] += 1
        answer = client.get(path)
        kind = answer.mimetype
        if answer.status_code == 200 and kind == "text/html":
            seen.setdefault(endpoint, Page(endpoint, person, path, endpoint))
            links = LINK.findall(answer.data)
        elif answer.status_code == 200:
            other.setdefault(endpoint, f"answers {kind}")
            continue
        elif answer.status_code in (302, 303) and "/sign-in/" not in answer.location:
            other.setdefault(endpoint, f"leads on to {urlsplit(answer.location).path}")
            links = [answer.location.encode()]
        else:
            continue
        for link in links:
            address = urljoin(path, unescape(link.decode())).split("#")[0]
            address = urlsplit(address)._replace(scheme="", netloc="").geturl()
            if address not in asked:
                asked.add(address)
                waiting.append(address)
