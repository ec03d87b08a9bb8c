"""What stands before every page: which endpoints a visitor may open, and where a half-way account is kept.

A page that is neither in PUBLIC nor guarded by FAB's ``has_access`` fails tests/access/test_every_route_is_guarded.py.
"""

from __future__ import annotations

from flask import Flask, Response, g, redirect, request, url_for

PUBLIC = frozenset(
    {
        "static",
        "HomeView.index",
        "HomeView.news",
        "HomeView.news_list",
        "HomeView.site_map",
        "HomeView.information",
        "HomeView.health",
        "LanguageView.choose",
        "CaptchaView.picture",
        "CaptchaView.sound",
        "CaptchaView.renew",
        "OfficialLoginView.login",
        "GeneralLoginView.login",
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
    }
)
KEPT_AT: dict[str, tuple[str, frozenset[str]]] = {
    "pending_password_change": ("FirstPasswordView.change", frozenset({"FirstPasswordView.change"})),
    "pending_review": ("UnderReviewView.show", frozenset({"UnderReviewView.show"})),
}
"""State → (where every other address leads, what may be opened): A1.6 and A1.8."""
PASSWORD_MUST_CHANGE = ("ProfileView.edit", frozenset({"ProfileView.show", "ProfileView.edit"}))
"""After a reset by SMS only 我的基本資料 opens, until the password has been changed (A2.6)."""


def install_gates(flask_app: Flask) -> None:
    """Ask before every request. Runs before FAB's own check."""

    @flask_app.before_request
    def keep_half_way_accounts() -> Response | None:
        actor = g.get("actor")
        endpoint = request.endpoint or ""
        if actor is None or endpoint in _ALWAYS:
            return None
        kept = KEPT_AT.get(actor.state) or (PASSWORD_MUST_CHANGE if actor.must_change_password else None)
        if kept is None or endpoint in kept[1]:
            return None
        return redirect(url_for(kept[0]))  # type: ignore[return-value]
