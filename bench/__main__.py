"""``python -m bench``: the shop measured over HTTP, beside a bare view and beside raw SQL."""

import argparse
import os
import platform
import sys
from collections.abc import Sequence

from bench import report
from bench.measure import Found, measure_database
from bench.multiply import Size
from bench.scenarios import SCENARIOS, Scenario
from bench.servers import DATABASES

SIZES = {"1k": 1_000, "10k": 10_000, "100k": 100_000, "1M": 1_000_000}
EXAMPLES = """examples:
  python -m bench                                   1,000 products, both databases, some minutes
  python -m bench --size 100k --databases sqlite
  python -m bench --size 1M --orders 1M --scenarios list product page search
  python -m bench --check                           status 1 after a clear step back
  python -m bench --write-baseline --write-docs     what this machine found becomes the baseline
"""


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    names = [scenario.name for scenario in SCENARIOS]
    parser.add_argument("--size", choices=SIZES, default="1k", help="products (1k)")
    parser.add_argument("--orders", choices=SIZES, default="10k", help="orders (10k)")
    parser.add_argument("--databases", nargs="+", choices=DATABASES, default=list(DATABASES))
    parser.add_argument("--scenarios", nargs="+", choices=names, default=names)
    parser.add_argument("--rounds", type=int, default=3, help="of the shop and the bare view (3)")
    parser.add_argument("--check", action="store_true", help="end with 1 after a step back")
    parser.add_argument("--write-baseline", action="store_true", help="keep the figures as such")
    parser.add_argument("--write-docs", action="store_true", help="the baseline into docs")
    return parser


def main() -> int:
    given = _options().parse_args()
    size = Size(SIZES[given.size], SIZES[given.orders])
    chosen = [scenario for scenario in SCENARIOS if scenario.name in given.scenarios]
    sys.stdout.write(f"$ python -m bench {' '.join(sys.argv[1:])}\n")
    found = [measure_database(kind, size, chosen, given.rounds, _tell) for kind in given.databases]
    sys.stdout.write(f"\n{_machine()}\n\n{report.table(found, chosen)}\n")
    return _conclude(given, found, chosen)


def _conclude(given: argparse.Namespace, found: Sequence[Found], chosen: Sequence[Scenario]) -> int:
    steps = report.steps_back(found, report.read_baseline())
    for line in steps:
        sys.stdout.write(f"step back: {line}\n")
    if not steps:
        sys.stdout.write("no clear step back from the baseline\n")
    if given.write_baseline:
        report.write_baseline(found, _machine())
    if given.write_docs:
        report.write_docs(report.kept(), SCENARIOS)
    return 1 if given.check and steps else 0


def _tell(line: str) -> None:
    sys.stderr.write(line + "\n")


def _machine() -> str:
    load = os.getloadavg()[0]
    return (
        f"Python {platform.python_version()}, {os.cpu_count()} processors, load {load:.1f} "
        "at the end"
    )


if __name__ == "__main__":
    sys.exit(main())
