"""FAB's security manager, cut to this product: our entrances, our sessions, page permissions from a process cache.

FAB's own sign-in, registration, reset and REST sign-in are not registered; its user and role screens are replaced by
declared ones (navigation.py).
"""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app, g
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_login import LoginManager

from app.access.actor import Actor
from app.access.pages import may_open
from app.accounts.models import Account


class PortalSecurityManager(SecurityManager):
    """``has_access`` asks the cache in access.pages; the signed-in account is the light Actor of the session query."""

    user_model = Account
    userstatschartview = None

    def register_views(self) -> None:
        """Nothing of FAB's: no second way in, no screen outside navigation.py."""
        from app.accounts.entrances import OfficialLoginView

        self.auth_view = self.appbuilder.add_view_no_menu(OfficialLoginView)

    def create_login_manager(self, app: Flask) -> LoginManager:
        manager = LoginManager(app)
        manager.session_protection = None
        manager.user_loader(self.load_user)
        return manager

    def load_user(self, pk: Any) -> Actor | None:
        """flask_login asks here only if the session interface did not answer already; the session says who acts."""
        return g.get("actor")

    def load_user_jwt(self, _jwt_header: Any, jwt_data: Any) -> None:
        """No bearer tokens: they would outlive sign-out and password changes."""
        return

    def has_access(self, permission_name: str, view_name: str) -> bool:
        actor = g.get("actor")
        if actor is None:
            return False
        return may_open(current_app.appbuilder.session, actor, permission_name, view_name)  # type: ignore[attr-defined]

    def is_item_public(self, permission_name: str, view_name: str) -> bool:
        """No screen of FAB's is public; our public pages are listed in access.gates."""
        return False

    def get_user_menu_access(self, menu_names: list[str] | None = None) -> set[str]:
        """The menu is ours (app.navigation); FAB's is empty."""
        return set()
