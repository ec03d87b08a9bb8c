"""The directions of imports as an import-linter contract (``[tool.importlinter]`` in pyproject.toml): what may know what.

run → create_app → navigation → views, admin → forms, services, queries → access → models → model types.
A module's kind follows from its place; a view is what builds on ``web.base_views`` or ``web.model_views``.
"""

from __future__ import annotations

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, output

MAY_KNOW: dict[str, frozenset[str]] = {
    "start": frozenset({"start", "view", "story", "web", "access", "models", "ground"}),
    "view": frozenset({"view", "story", "web", "access", "models", "ground"}),
    "story": frozenset({"story", "web", "access", "models", "ground"}),
    "web": frozenset({"web", "access", "models", "ground"}),
    "access": frozenset({"access", "models", "ground"}),
    "models": frozenset({"models"}),
    "ground": frozenset({"ground"}),
}
"""Kind of module → kinds it may import. «story» is a feature's services, queries, forms and whatever tells its story."""

ALSO: frozenset[tuple[str, str]] = frozenset(
    {
        # a model says what it belongs to, and what its columns hold
        ("models", "app.access.ownership"),
        ("models", "app.model_types"),
        # the session class carries the scope; the metadata must know every table
        ("app.extensions", "app.access.session"),
        ("app.database", "models"),
        # FAB is handed our views, and asks the sign-in view for its address
        ("app.accounts.security_manager", "view"),
        ("app.web.builder", "view"),
        # a generated screen or resource notes what was changed, read and taken along
        ("app.web.exporting", "app.audit.record"),
        ("app.web.model_views", "app.audit.record"),
        ("app.web.model_views", "app.audit.reading"),
        ("app.web.rest", "app.audit.record"),
        ("app.web.rest", "app.audit.reading"),
        # a form that is sent twice adds one row
        ("app.web.saving", "app.limits.counts"),
        # every page shows the menu
        ("app.web.context", "app.navigation"),
        ("app.web.chrome", "app.navigation"),
    }
)
"""(kind or module, kind or module): what is allowed beyond the table, each for its reason."""

START = ("app.cli", "app.navigation", "app.jobs", "app.operations")
GROUND = ("app.extensions", "app.database", "app.model_types", "app.crypto")
VIEW_BASES = frozenset({"app.web.base_views", "app.web.model_views"})


def kind_of(module: str, graph: ImportGraph) -> str:
    """One of the keys of MAY_KNOW."""
    if module == "app" or module.startswith(START):
        return "start"
    if module.startswith(GROUND):
        return "ground"
    if module.endswith(".models"):
        return "models"
    if module == "app.access" or module.startswith("app.access."):
        return "access"
    if module == "app.web" or module.startswith("app.web."):
        return "web"
    last = module.rpartition(".")[2]
    if last in ("views", "admin") or graph.find_modules_directly_imported_by(module) & VIEW_BASES:
        return "view"
    return "story"


class Directions(Contract):
    """Fails with every import that goes the wrong way."""

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        kinds = {module: kind_of(module, graph) for module in graph.modules}
        wrong = sorted(
            (importer, imported)
            for importer in kinds
            for imported in graph.find_modules_directly_imported_by(importer)
            if kinds[imported] not in MAY_KNOW[kinds[importer]] and not _also(importer, imported, kinds)
        )
        return ContractCheck(kept=not wrong, metadata={"wrong": wrong, "kinds": kinds})

    def render_broken_contract(self, check: ContractCheck) -> None:
        kinds = check.metadata["kinds"]
        for importer, imported in check.metadata["wrong"]:
            output.print_error(f"{importer} ({kinds[importer]}) imports {imported} ({kinds[imported]})")


def _also(importer: str, imported: str, kinds: dict[str, str]) -> bool:
    return any((one, other) in ALSO for one in (importer, kinds[importer]) for other in (imported, kinds[imported]))
