"""What stands before every page: which endpoints a visitor may open, and where a half-way account is kept.

A page that is neither in PUBLIC nor guarded by FAB's ``has_access`` fails tests/access/test_every_route_is_guarded.py.
"""

from __future__ import annotations

from flask import Flask, Response, g, redirect, request, session, url_for

from app.access import policy
from app.access.actor import Actor

PUBLIC = frozenset(
    {
        "static",
        "HomeView.index",
        "HomeView.news",
        "HomeView.news_list",
        "HomeView.site_map",
        "HomeView.information",
        "HomeView.health",
        "PrivacyNoticeView.show",
        "HomeView.live",
        "StyleguideView.show",
        "LanguageView.choose",
        "ManualView.contents",
        "ManualView.chapter",
        "ManualView.picture",
        "ManualView.whole",
        "CaptchaView.picture",
        "CaptchaView.sound",
        "CaptchaView.renew",
        "CaptchaView.work",
        "PhoneView.manifest",
        "PhoneView.worker",
        "PhoneView.offline",
        "OfficialLoginView.login",
        "GeneralLoginView.login",
        "SecondStepView.ask",
        "SignOutView.sign_out",
        "OfficialRegistrationView.apply",
        "OfficialRegistrationView.done",
        "GeneralRegistrationView.start",
        "GeneralRegistrationView.apply",
        "GeneralRegistrationView.done",
        "ActivationView.activate",
        "ActivationView.confirm",
        "ActivationView.again",
        "OfficialResetView.ask",
        "OfficialResetView.done",
        "GeneralResetView.ask",
        "GeneralResetView.done",
        "GeneralResetView.renew",
    }
)
"""Every endpoint that opens without a sign-in."""

_ALWAYS = frozenset(
    {
        "static",
        "SignOutView.sign_out",
        "LanguageView.choose",
        "CaptchaView.picture",
        "CaptchaView.sound",
        "CaptchaView.renew",
        "CaptchaView.work",
        "PhoneView.manifest",
        "PhoneView.worker",
        "PhoneView.offline",
    }
)
KEPT_AT: dict[str, tuple[str, frozenset[str]]] = {
    "pending_password_change": ("FirstPasswordView.change", frozenset({"FirstPasswordView.change"})),
    "pending_review": ("UnderReviewView.show", frozenset({"UnderReviewView.show"})),
}
"""State → (where every other address leads, what may be opened): A1.6 and A1.8."""
PASSWORD_MUST_CHANGE = ("ProfileView.edit", frozenset({"ProfileView.show", "ProfileView.edit"}))
"""After a reset by SMS only 我的基本資料 opens, until the password has been changed (A2.6)."""

SECOND_FACTOR_MISSING = (
    "SecondFactorView.show",
    frozenset({"SecondFactorView.show", "SecondFactorView.set_up", "SecondFactorView.picture", "SecondFactorView.codes"}),
)
"""Whoever grants roles sets up a second factor before anything else opens."""


ASKS_NOTICE = "asks_notice"
"""In the session of somebody who has not accepted the 個資告知 in force: one page asks, all others lead to it."""
_ASKED = frozenset({"AcceptNoticeView.ask", "PrivacyNoticeView.show", "HomeView.information"})


def install_gates(flask_app: Flask) -> None:
    """Ask before every request. Runs before FAB's own check."""

    @flask_app.before_request
    def keep_half_way_accounts() -> Response | None:
        actor = g.get("actor")
        endpoint = request.endpoint or ""
        if actor is None or endpoint in _ALWAYS:
            return None
        kept = _where_kept(actor)
        if kept is not None:
            return None if endpoint in kept[1] else redirect(url_for(kept[0]))  # type: ignore[return-value]
        if ASKS_NOTICE in session and endpoint not in _ASKED and actor.state == "active":
            wanted = request.full_path.rstrip("?") if request.method == "GET" else None
            return redirect(url_for("AcceptNoticeView.ask", next=wanted))  # type: ignore[return-value]
        return None


def _where_kept(actor: Actor) -> tuple[str, frozenset[str]] | None:
    if actor.state in KEPT_AT:
        return KEPT_AT[actor.state]
    if actor.must_change_password:
        return PASSWORD_MUST_CHANGE
    if policy.must_have_second_factor(actor) and not actor.has_second_factor:
        return SECOND_FACTOR_MISSING
    return None
