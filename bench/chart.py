"""The chart of the measurement: one bar for each scenario and database, by hand, as SVG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

LEFT, RIGHT, THICK, GAP, TOP = 190, 800, 11, 9, 46
LEAST_MS, MOST_MS = 0.05, 100.0
_STYLE = """
text{font:12px system-ui,sans-serif;fill:#3c4043}.grid{stroke:#9aa0a6;stroke-opacity:.35}
.sqlite{fill:#2e7d4f}.postgresql{fill:#3b6ea8}.aim{stroke:#c2410c;stroke-width:2}
@media(prefers-color-scheme:dark){text{fill:#d5d8dc}.sqlite{fill:#6cc493}.postgresql{fill:#84b3e8}
.aim{stroke:#fb923c}}
"""
_NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@dataclass(frozen=True)
class Bar:
    """Milliseconds of a scenario on a database; ``aim_ms`` is 0 for none."""

    title: str
    kind: str
    ms: float
    aim_ms: float


def draw(bars: Sequence[Bar]) -> str:
    """A bar chart over a logarithmic axis, with a mark where each aim lies."""
    parts, y = [], TOP
    for title, group in groupby(bars, key=lambda bar: bar.title):
        of_scenario = list(group)
        middle = y + len(of_scenario) * THICK / 2 + 4
        parts.append(
            f'<text x="{LEFT - 8}" y="{middle:.0f}" text-anchor="end">{escape(title)}</text>'
        )
        for bar in of_scenario:
            parts.append(_bar(bar, y))
            y += THICK
        y += GAP
    height = y + 12
    body = "\n".join([*_grid(height - 14), *_legend(bars), *parts])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {RIGHT + 60} {height}" role="img" '
        f'aria-label="Processor time per request by scenario, logarithmic">'
        f"<style>{_STYLE}</style>\n{body}\n</svg>\n"
    )


def _x(ms: float) -> float:
    share = math.log10(max(ms, LEAST_MS) / LEAST_MS) / math.log10(MOST_MS / LEAST_MS)
    return LEFT + min(1.0, share) * (RIGHT - LEFT)


def _bar(bar: Bar, y: float) -> str:
    end = _x(bar.ms)
    drawn = (
        f'<rect class="{bar.kind}" x="{LEFT}" y="{y}" width="{end - LEFT:.1f}" '
        f'height="{THICK - 2}" rx="2"/>'
        f'<text x="{end + 6:.1f}" y="{y + THICK - 2}">{bar.ms:.2f}</text>'
    )
    if bar.aim_ms:
        at = _x(bar.aim_ms)
        drawn += (
            f'<line class="aim" x1="{at:.1f}" x2="{at:.1f}" y1="{y - 1}" y2="{y + THICK - 1}"/>'
        )
    return drawn


def _grid(foot: float) -> list[str]:
    lines = []
    for ms in (0.1, 1, 10, 100):
        x = _x(ms)
        lines.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 8}" y2="{foot}"/>')
        lines.append(f'<text x="{x:.1f}" y="{TOP - 12}" text-anchor="middle">{ms:g} ms</text>')
    return lines


def _legend(bars: Sequence[Bar]) -> list[str]:
    parts, x = [], LEFT
    for kind in dict.fromkeys(bar.kind for bar in bars):
        parts.append(f'<rect class="{kind}" x="{x}" y="8" width="12" height="9" rx="2"/>')
        parts.append(f'<text x="{x + 18}" y="17">{_NAMES[kind]}</text>')
        x += 110
    parts.append(f'<line class="aim" x1="{x}" x2="{x}" y1="6" y2="19"/>')
    parts.append(f'<text x="{x + 8}" y="17">aim</text>')
    return parts
