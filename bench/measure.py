"""One database, all scenarios: rounds of the shop and of the bare view in turn."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from bench import raw
from bench.load import Call, Load, apply_load
from bench.multiply import Size, build
from bench.orders import connect
from bench.processes import Watched
from bench.scenarios import Scenario, Stage, forget_caches, set_stage
from bench.servers import DATABASES, bare, store
from kirana import check
from kirana.app import create_app
from kirana.platform import db
from kirana.platform.config import Settings
from kirana.platform.freshness import TRUSTED_SECONDS
from kirana.search.folder import Folder
from tests.machinery.databases import SECRET

BARE_SECONDS = 0.5
INDEX_SECONDS = 900
GOOD = (200, 201)


@dataclass(frozen=True)
class Figure:
    """What one scenario cost; milliseconds of processor time unless said otherwise.

    ``beside_ms``: of database server and Valkey. ``ratio_bare`` is the median of the rounds' own.
    ``alone_ms``: over one connection, when no other request shares the processors.
    """

    cpu_ms: float
    beside_ms: float
    per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    statements: int
    pss_mb: float
    bare_ms: float
    ratio_bare: float
    raw_ms: float | None
    ratio_raw: float | None
    alone_ms: float = 0.0

    def as_json(self) -> dict[str, Any]:
        return {
            name: round(value, 3) if isinstance(value, float) else value
            for name, value in asdict(self).items()
        }


@dataclass(frozen=True)
class Found:
    """The figures of one database, by scenario, and how large the shop was."""

    kind: str
    size: Size
    figures: dict[str, Figure]
    machine: str = ""


def measure_database(
    kind: str,
    size: Size,
    scenarios: Sequence[Scenario],
    rounds: int,
    tell: Callable[[str], object],
) -> Found:
    """Start, fill, measure, and look that the shop's books are still in order."""
    with DATABASES[kind]() as database:
        settings = Settings(env="test", secret=SECRET, database_url=database.url)
        begun = time.perf_counter()
        size = build(settings, size)
        tell(f"{kind}: {size.products} products, {size.orders} orders "
             f"in {time.perf_counter() - begun:.0f} s")  # fmt: skip
        with store(database) as (server, settings):
            connect(settings)
            _wait_for_the_index(settings)
            stage, app = set_stage(), create_app(settings)
            figures = {}
            for scenario in scenarios:
                one = _Measurement(scenario, stage, server, settings)
                figures[scenario.name] = one.take(app, kind, rounds)
                tell(f"{kind}: {scenario.title}: {figures[scenario.name].cpu_ms:.2f} ms")
        _require_order_in_the_books()
        db.dispose()
    return Found(kind, size, figures)


@dataclass
class _Measurement:
    scenario: Scenario
    stage: Stage
    server: Watched
    settings: Settings

    def take(self, app: Any, kind: str, rounds: int) -> Figure:
        sent, body = raw.statements_of(app, self.scenario, self.stage)
        raw_ms = raw.cost_ms(self.scenario, sent, kind, self.settings)
        loads, bares, alone = [], [], []
        with bare({"answer": body}) as yardstick:
            for round_ in range(rounds + 1):  # the first one warms up
                alone.append(self._round(1))
                loads.append(self._round(self.scenario.connections))
                bares.append(self._bare_round(yardstick, BARE_SECONDS if round_ else 0.2))
        found = _summed_up(loads[1:], bares[1:], raw.count(sent), raw_ms, self.server.pss_mb())
        return replace(found, alone_ms=statistics.median(map(_per_unit, alone[1:])))

    def _round(self, connections: int) -> Load:
        units = self.scenario.make(self.stage, self.scenario.count)
        if self.scenario.is_cold:
            forget_caches()
            time.sleep(TRUSTED_SECONDS + 0.1)
        load = apply_load(self.server, units, self.scenario.seconds, connections)
        bad = {status: n for status, n in load.statuses.items() if status not in GOOD}
        if bad or not load.units:
            raise RuntimeError(f"{self.scenario.title}: {load.units} units, refused: {bad}")
        return load

    def _bare_round(self, yardstick: Watched, seconds: float) -> Load:
        connections = self.scenario.connections
        units = [[Call("GET", "/answer")]] * connections
        return apply_load(yardstick, units, seconds, connections)


def _per_unit(load: Load) -> float:
    return load.cpu_ms / load.units


def _summed_up(
    loads: list[Load], bares: list[Load], statements: int, raw_ms: float | None, pss_mb: float
) -> Figure:
    cpu = statistics.median(map(_per_unit, loads))
    pairs = zip(loads, bares, strict=True)
    return Figure(
        cpu_ms=cpu,
        beside_ms=statistics.median(load.beside_ms / load.units for load in loads),
        per_second=statistics.median(load.units / load.seconds for load in loads),
        p50_ms=statistics.median(load.percentile(0.5) for load in loads),
        p95_ms=statistics.median(load.percentile(0.95) for load in loads),
        p99_ms=statistics.median(load.percentile(0.99) for load in loads),
        statements=statements,
        pss_mb=pss_mb,
        bare_ms=statistics.median(map(_per_unit, bares)),
        ratio_bare=statistics.median(_per_unit(one) / _per_unit(other) for one, other in pairs),
        raw_ms=raw_ms,
        ratio_raw=cpu / raw_ms if raw_ms else None,
    )


def _wait_for_the_index(settings: Settings) -> None:
    """The web server builds it at its first request: a minute for a million products."""
    folder = Folder(settings.home / "search")
    ends = time.monotonic() + INDEX_SECONDS
    while folder.state() is None:
        if time.monotonic() > ends:
            raise RuntimeError("there is no search index yet")
        time.sleep(0.1)


def _require_order_in_the_books() -> None:
    """The load was real: RuntimeError if anything that must always hold does not."""
    broken = [found for found in check.run() if found.count]
    if broken:
        raise RuntimeError("; ".join(f"{found.rule}: {found.count}" for found in broken))
