"""axe-core and the portal's own checks on one opened page, at both widths and in both themes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page as Tab

from tests.accessibility.finding import Finding
from tests.accessibility.looking import THEMES, WIDTHS

HERE = Path(__file__).parent
AXE = (HERE / "vendor" / "axe-core" / "axe.min.js").read_text("utf-8")
OWN = (HERE / "checks.js").read_text("utf-8")
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice")
RUN = """async (tags) => {
  const result = await axe.run(document, { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"] });
  const why = (node) => [...node.any, ...node.all, ...node.none][0]?.message || "";
  const told = (node) => `${node.target.join(" ")} | ${node.html.slice(0, 160)} | ${why(node)}`;
  return result.violations.map((rule) => [rule.id, rule.help, rule.nodes.length, rule.nodes.slice(0, 2).map(told)]);
}"""


def run_axe(tab: Tab, name: str, where: str) -> list[Finding]:
    """axe-core on the tab as it is."""
    if not tab.evaluate("() => 'axe' in window"):
        tab.evaluate(AXE)
    return [
        Finding(name, where, rule, f"{words} ({count}): {node}")
        for rule, words, count, nodes in tab.evaluate(RUN, list(TAGS))
        for node in nodes
    ]


def examine(tab: Tab, name: str) -> list[Finding]:
    """axe at every width in every theme; the portal's own checks where each of them can fail."""
    findings: list[Finding] = []
    # a colour that is still changing after the theme was turned is no colour of either theme
    tab.emulate_media(reduced_motion="reduce")
    for theme in THEMES:
        tab.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        for width, height in WIDTHS.items():
            tab.set_viewport_size({"width": width, "height": height})
            where = f"{width} {theme}"
            findings += run_axe(tab, name, where)
            findings += _own(tab, name, where, "sideways")
            if theme == "light":
                findings += _own(tab, name, where, "targets")
    tab.emulate_media(color_scheme="light")
    for zoom, width in (("200 %", 640), ("400 %", 320)):
        tab.set_viewport_size({"width": width, "height": 512 if width == 640 else 256})
        findings += _own(tab, name, f"1280 at {zoom}", "sideways")
    tab.set_viewport_size({"width": 1280, "height": 900})
    findings += _own(tab, name, "1280", "errors", "pasting")
    findings += _own(tab, name, "reduced motion", "moving")
    tab.keyboard.press("Tab")  # from now on the browser shows where the focus is
    findings += _own(tab, name, "keyboard", "focus")
    tab.emulate_media(forced_colors="active")
    findings += _own(tab, name, "forced colors", "focus")
    tab.emulate_media(forced_colors="none", reduced_motion="no-preference")
    return findings


def _own(tab: Tab, name: str, where: str, *checks: str) -> list[Finding]:
    answers: list[Any] = tab.evaluate(
        f"(names) => {{ const checks = {OWN}; return names.map((name) => [name, checks[name]()]); }}", list(checks)
    )
    return [Finding(name, where, check, detail) for check, details in answers for detail in details]
