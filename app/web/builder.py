"""FAB's AppBuilder, which registers only what this product shows."""

from __future__ import annotations

from typing import Any

from flask_appbuilder import AppBuilder

from app.web.declarations import UnsafeDeclaration, foreign_routes
from app.web.model_views import ScopedModelView
from app.web.rest import ScopedModelRestApi


class PortalAppBuilder(AppBuilder):
    """No /back, no /lang, no sign-in of FAB's; nothing is registered that passes by our bases."""

    def _add_global_static(self) -> None:
        """Neither FAB's templates nor its Bootstrap 3 files: ours bear the names it asks for, nothing falls back."""

    def _add_admin_views(self) -> None:
        self._indexview = self.add_view_no_menu(self.indexview)
        self.sm.register_views()

    def register_blueprint(self, baseview: Any, *args: Any, **kwargs: Any) -> None:
        name = type(baseview).__name__
        base = next((base for base in (ScopedModelView, ScopedModelRestApi) if isinstance(baseview, base)), None)
        if base is None and getattr(baseview, "datamodel", None) is not None:
            raise UnsafeDeclaration(f"{name}: use ScopedModelView or ScopedModelRestApi")
        if routes := foreign_routes(baseview, base):
            raise UnsafeDeclaration(f"{name}: {', '.join(routes)} would be answered by Flask-AppBuilder's own code")
        if getattr(baseview, "csrf_exempt", False):
            raise UnsafeDeclaration(f"{name}: a session says who acts, so csrf_exempt is False")
        super().register_blueprint(baseview, *args, **kwargs)
