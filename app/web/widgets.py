"""FAB's widgets with our templates. Each gets plain values and asks nothing of the database while it is drawn."""

from __future__ import annotations

from flask_appbuilder.widgets import RenderTemplateWidget


class ListWidget(RenderTemplateWidget):
    """``table``: a list_page.ListTable; ``is_related``: it stands under the page of another row."""

    template = "appbuilder/general/widgets/list.html"


class SearchWidget(RenderTemplateWidget):
    """``table``: its search rows."""

    template = "appbuilder/general/widgets/search.html"


class ShowWidget(RenderTemplateWidget):
    """``facts``: (label, value) pairs, ``title``, and the addresses of what may be done with the row."""

    template = "appbuilder/general/widgets/show.html"


class AddWidget(RenderTemplateWidget):
    """``form``, its ``columns`` in order, what is ``fixed`` by the address, where the reader came from, and the
    form's own key (of a form that adds)."""

    template = "appbuilder/general/widgets/form.html"


class EditWidget(AddWidget):
    """The same form, filled in."""
