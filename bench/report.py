"""Figures as a table and a chart, and set against the baseline."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.chart import Bar, draw
from bench.measure import Figure, Found
from bench.multiply import Size
from bench.scenarios import Scenario

ROOT = Path(__file__).parents[1]
BASELINE = Path(__file__).with_name("baseline.json")
DOCS = ROOT / "docs" / "performance.md"
PICTURE = ROOT / "docs" / "pictures" / "bench.svg"
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
# Both must be worse by so much: the cost alone tells of the machine, the ratio alone of the bare
# view's noise. A statement more is a step back whatever the machine does.
WORSE = 1.4
_HEAD = (
    "scenario", "CPU ms alone", "aim", "CPU ms", "beside", "req/s", "p50 ms", "p95 ms", "p99 ms",
    "statements", "PSS MB", "× bare", "× raw",
)  # fmt: skip
Baseline = Mapping[str, Any]


def table(found: Sequence[Found], scenarios: Sequence[Scenario]) -> str:
    """Markdown, a table for each database."""
    parts = []
    for one in found:
        parts.append(f"### {_title(one)}\n")
        if one.machine:
            parts.append(f"{one.machine}.\n")
        rows = [_HEAD, tuple("---" for _ in _HEAD)]
        rows += [_row(one, scenario) for scenario in scenarios if scenario.name in one.figures]
        parts.append("\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n")
    return "\n".join(parts)


def _title(one: Found) -> str:
    name = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[one.kind]
    return f"{name}, {one.size.products:,} products, {one.size.orders:,} orders"


def _row(one: Found, scenario: Scenario) -> tuple[str, ...]:
    figure = one.figures[scenario.name]
    return (
        scenario.title, f"{figure.alone_ms:.2f}", _aim(scenario, one.kind),
        f"{figure.cpu_ms:.2f}", f"{figure.beside_ms:.2f}", f"{figure.per_second:.0f}",
        f"{figure.p50_ms:.1f}", f"{figure.p95_ms:.1f}", f"{figure.p99_ms:.1f}",
        str(figure.statements), f"{figure.pss_mb:.0f}", f"{figure.ratio_bare:.1f}",
        f"{figure.ratio_raw:.1f}" if figure.ratio_raw else "–",
    )  # fmt: skip


def _aim(scenario: Scenario, kind: str) -> str:
    if scenario.most_bare is not None:
        return f"{scenario.most_bare:g} × bare"
    return f"{scenario.targets[kind]:g}"


# ---- the baseline


def read_baseline() -> Baseline:
    """What was kept last; empty before the first time."""
    return json.loads(BASELINE.read_text()) if BASELINE.exists() else {}


def kept() -> list[Found]:
    """The baseline as figures, by database and size."""
    found = []
    for key, entry in sorted(read_baseline().items(), reverse=True):
        kind, products, orders = key.split()
        figures = {name: Figure(**values) for name, values in entry["scenarios"].items()}
        found.append(Found(kind, Size(int(products), int(orders)), figures, entry["machine"]))
    return found


def write_baseline(found: Sequence[Found], machine: str) -> None:
    """Keep the figures; those of other sizes and databases stay."""
    kept = dict(read_baseline())
    kept |= {
        _key(one): {
            "machine": machine,
            "scenarios": {name: figure.as_json() for name, figure in one.figures.items()},
        }
        for one in found
    }
    BASELINE.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")


def steps_back(found: Sequence[Found], baseline: Baseline) -> list[str]:
    """One line for each scenario that clearly costs more than the baseline says."""
    lines = []
    for one in found:
        before = baseline.get(_key(one), {}).get("scenarios", {})
        for name, figure in one.figures.items():
            if name in before and (why := _worse(figure, before[name])):
                lines.append(f"{_key(one)}, {name}: {why}")
    return lines


def _key(one: Found) -> str:
    return f"{one.kind} {one.size.products} {one.size.orders}"


def _worse(now: Figure, before: Mapping[str, Any]) -> str:
    if now.statements > before["statements"]:
        return f"{now.statements} statements, {before['statements']} before"
    cost, ratio = now.cpu_ms / before["cpu_ms"], now.ratio_bare / before["ratio_bare"]
    if cost > WORSE and ratio > WORSE:
        return f"{now.cpu_ms:.2f} ms, {before['cpu_ms']:.2f} before; × bare grew by {ratio:.1f}"
    return ""


# ---- the document


def write_docs(found: Sequence[Found], scenarios: Sequence[Scenario]) -> None:
    """Put tables and chart between their marks in docs/performance.md."""
    PICTURE.write_text(draw(_bars(found, scenarios)))
    text = DOCS.read_text()
    before, rest = text.split(BEGIN)
    _old, after = rest.split(END)
    picture = "![Processor time per request](pictures/bench.svg)"
    DOCS.write_text(f"{before}{BEGIN}\n{picture}\n\n{table(found, scenarios)}\n{END}{after}")


def _bars(found: Sequence[Found], scenarios: Sequence[Scenario]) -> list[Bar]:
    bars = []
    for scenario in scenarios:
        for one in found:
            figure = one.figures.get(scenario.name)
            if figure is None:
                continue
            aim = scenario.targets.get(one.kind)
            if aim is None and scenario.most_bare is not None:
                aim = scenario.most_bare * figure.bare_ms
            ms = figure.cpu_ms if scenario.most_bare else figure.alone_ms
            bars.append(Bar(scenario.title, one.kind, ms, aim or 0.0))
    return bars
