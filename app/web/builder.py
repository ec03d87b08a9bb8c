"""FAB's AppBuilder, which registers only what this product shows."""

from __future__ import annotations

from typing import Any

from flask_appbuilder import AppBuilder

from app.access.ownership import is_owned
from app.web.model_views import ScopedModelView
from app.web.rest import ScopedModelRestApi


class UnscopedView(TypeError):
    """A generated screen on a model that declares no owner, or on FAB's own base."""


class PortalAppBuilder(AppBuilder):
    """No /back, no /lang, no sign-in of FAB's; a model without an owner cannot be registered."""

    def _add_global_static(self) -> None:
        """Neither FAB's templates nor its Bootstrap 3 files: ours bear the names it asks for, nothing falls back."""

    def _add_admin_views(self) -> None:
        self._indexview = self.add_view_no_menu(self.indexview)
        self.sm.register_views()

    def register_blueprint(self, baseview: Any, *args: Any, **kwargs: Any) -> None:
        datamodel = getattr(baseview, "datamodel", None)
        if datamodel is not None:
            if not isinstance(baseview, (ScopedModelView, ScopedModelRestApi)):
                raise UnscopedView(f"{type(baseview).__name__}: use ScopedModelView or ScopedModelRestApi")
            if not is_owned(datamodel.obj) and not baseview.is_account_screen:
                raise UnscopedView(f"{datamodel.obj.__name__}: declare what it belongs to (app.access.ownership)")
        super().register_blueprint(baseview, *args, **kwargs)
