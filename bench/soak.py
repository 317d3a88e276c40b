"""Memory of the web server and length of SQLite's journal over a long time of mixed requests.

    python -m bench.soak --minutes 30
    python -m bench.soak --minutes 5 --databases postgresql --check

All scenarios of the measurement take turns, and now and then nobody asks for anything until the
server has let its idle threads go. What is in use after the first third, when caches and thread
pools are full, is set against the end; no process of the server may have ended meanwhile.
"""

import argparse
import itertools
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench.load import apply_load
from bench.multiply import Size, build
from bench.orders import connect
from bench.processes import Watched
from bench.scenarios import SCENARIOS, Stage, forget_caches, set_stage
from bench.servers import DATABASES, store
from kirana.platform import db, journal
from kirana.platform.config import Settings
from tests.machinery.databases import SECRET
from tests.machinery.processes import descendants

PRODUCTS, ORDERS = 1_000, 1_000
TURN_SECONDS = 1.0
# granian lets a thread go that had nothing to do for 30 seconds.
TURNS_BETWEEN_RESTS, REST_SECONDS = 10, 35.0
# A tenth: what a long list or a full thread pool may add by chance.
MOST_GROWTH = 1.10


@dataclass(frozen=True)
class Sample:
    """What was in use at one moment."""

    minute: float
    requests: int
    pss_mb: float
    journal_mb: float


def soak(kind: str, minutes: float) -> list[Sample]:
    """A shop under load for so long; a sample for each turn of all scenarios."""
    with DATABASES[kind]() as database:
        settings = Settings(env="test", secret=SECRET, database_url=database.url)
        build(settings, Size(PRODUCTS, ORDERS))
        with store(database) as (server, settings):
            connect(settings)
            found = _soak(server, settings, minutes)
        db.dispose()
    return found


def _soak(server: Watched, settings: Settings, minutes: float) -> list[Sample]:
    begun, sent, samples = time.monotonic(), 0, []
    processes = set(descendants(server.pid))
    for turn in itertools.count():
        if turn % TURNS_BETWEEN_RESTS == TURNS_BETWEEN_RESTS - 1:
            time.sleep(REST_SECONDS)
        stage = set_stage()  # signed in anew: a token lasts for a quarter of an hour
        sent += _turn(server, stage)
        minute = (time.monotonic() - begun) / 60
        log = journal.length(settings) / 2**20
        samples.append(Sample(minute, sent, server.pss_mb(), log))
        if set(descendants(server.pid)) != processes:
            raise RuntimeError("a process of the web server ended, or came in another's place")
        if turn % 5 == 0:
            _tell(samples[-1])
        if minute >= minutes:
            return samples
    raise AssertionError("unreachable")


def _turn(server: Watched, stage: Stage) -> int:
    sent = 0
    for scenario in SCENARIOS:
        units = scenario.make(stage, max(1, scenario.count // 4))
        if scenario.is_cold:
            forget_caches()
        load = apply_load(server, units, TURN_SECONDS if scenario.seconds else 0)
        bad = {status: n for status, n in load.statuses.items() if status >= 400}
        if bad:
            raise RuntimeError(f"{scenario.title}: refused {bad}")
        sent += sum(load.statuses.values())
    return sent


def verdict(samples: Sequence[Sample]) -> tuple[str, bool]:
    """What came of it in a sentence, and whether the memory stayed flat."""
    third = max(1, len(samples) // 3)
    early = statistics.median(sample.pss_mb for sample in samples[third : 2 * third] or samples)
    late = statistics.median(sample.pss_mb for sample in samples[-third:])
    words = (
        f"{samples[-1].requests:,} requests in {samples[-1].minute:.0f} minutes: "
        f"PSS {early:.0f} MB in the second third, {late:.0f} MB in the last "
        f"({late / early - 1:+.1%}); SQLite's journal {max(s.journal_mb for s in samples):.1f} MB "
        "at most"
    )
    return words, late <= MOST_GROWTH * early


def _tell(sample: Sample) -> None:
    sys.stdout.write(
        f"minute {sample.minute:5.1f}: {sample.requests:8,} requests, PSS {sample.pss_mb:6.1f} MB, "
        f"journal {sample.journal_mb:5.1f} MB\n"
    )
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.soak",
        description="Memory of the web server over a long time of mixed requests.",
        epilog="example: python -m bench.soak --minutes 30 --databases sqlite --check",
    )
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--databases", nargs="+", choices=DATABASES, default=list(DATABASES))
    parser.add_argument("--check", action="store_true", help="end with 1 where memory grew")
    given = parser.parse_args()
    flat = True
    for kind in given.databases:
        words, is_flat = verdict(soak(kind, given.minutes))
        sys.stdout.write(f"{kind}: {words}\n")
        flat = flat and is_flat
    return 1 if given.check and not flat else 0


if __name__ == "__main__":
    sys.exit(main())
