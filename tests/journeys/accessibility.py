"""axe-core and a ruler, held against an open page."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = (Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js").read_text()
EVERYTHING = {
    "type": "tag",
    "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
# Dark and light differ in nothing but colours.
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
NARROWEST = 320
WIDTHS = (1440, 360)
HEIGHT = 900

_RUN = """async (rules) => {
  const found = await axe.run(document, { runOnly: rules, resultTypes: ["violations"] });
  return found.violations.flatMap((rule) => rule.nodes.map((node) =>
    `${rule.id}: ${node.target.join(" ")} | ${node.failureSummary.replace(/\\s+/g, " ")}`));
}"""
_SIDEWAYS = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const wide = [...document.querySelectorAll("body *")].filter(
    (element) => element.getBoundingClientRect().right > width + 1);
  return wide.slice(-3).map((element) => `${element.tagName}.${element.className}`);
}"""


def violations(page: Page) -> list[str]:
    """What axe finds, wide and narrow, light and dark. Leaves the page as it was."""
    page.evaluate(AXE)
    found: list[str] = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        found += (f"{width} light {text}" for text in _ask(page, EVERYTHING))
        page.emulate_media(color_scheme="dark")
        found += (f"{width} dark {text}" for text in _ask(page, COLOURS))
        page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": WIDTHS[0], "height": HEIGHT})
    return found


def sticks_out(page: Page) -> list[str]:
    """What makes the page scroll sideways on the narrowest screen."""
    page.set_viewport_size({"width": NARROWEST, "height": HEIGHT})
    found: list[str] = page.evaluate(_SIDEWAYS)
    page.set_viewport_size({"width": WIDTHS[0], "height": HEIGHT})
    return [f"sticks out at {NARROWEST}: {text}" for text in found]


def _ask(page: Page, rules: dict[str, Any]) -> list[str]:
    found: list[str] = page.evaluate(_RUN, rules)
    return found
