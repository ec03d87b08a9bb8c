"""A list whose chosen row has its related rows beneath it: FAB's master-detail view on our base."""

from __future__ import annotations

from typing import Any

from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access

from app.web.model_views import ScopedModelView


class ScopedMasterDetailView(ScopedModelView):
    """Declared like any generated screen; ``related_views`` are what stands beneath the chosen row."""

    @expose("/list/")
    @expose("/list/<pk>")
    @has_access
    def list(self, pk: Any = None) -> str:
        """The list; with the number of a row within the scope, its related rows too. 404 for any other number."""
        chosen = None if pk is None else self._get_or_404(pk)
        widgets = self._list()
        if chosen is not None:
            self._get_related_views_widgets(chosen, widgets=widgets)
        return self.render_template(self.list_template, title=self.list_title, widgets=widgets)

    def address_of_row(self, key: int) -> str:
        return self.address("list", key)
