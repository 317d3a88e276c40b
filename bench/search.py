"""What a search costs, in CPU time of one process: ``python -m bench.search`` in a filled shop.

Needs an index (``kirana search rebuild``). Words are taken from it; slips are made by chance.
"""

import argparse
import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from kirana.platform.config import load_settings
from kirana.search import finding, reading
from kirana.search.facets import count_facets
from kirana.search.schema import WORDS
from kirana.search.shapes import ProductQuery
from kirana.search.suggesting import suggest_products
from kirana.wiring import wire

TIMES = 400
LETTERS = "aeiounrst"


def main() -> None:
    """Print the mean, the middle and the 99th of a hundred for each kind of search."""
    argparse.ArgumentParser(
        prog="python -m bench.search",
        description="What a search costs, in CPU time of one process, in the shop of KIRANA_HOME.",
        epilog="example: kirana search rebuild && python -m bench.search",
    ).parse_args()
    settings = load_settings()
    wire(settings)
    before = _memory()
    snapshot = reading.reader().look_again()
    if snapshot is None:
        sys.exit("There is no index. Run: kirana search rebuild")
    taken = _memory() - before
    sys.stdout.write(f"{snapshot.state.documents} products; the reader takes {taken:.1f} MB\n")
    chance = random.Random(5)  # noqa: S311 - the same words each time
    words = [word for word, _ in snapshot.searcher.terms_with_prefix(WORDS, "")]
    words = [word for word in words if len(word) > 3 and word.isalpha()]
    long_words = [word for word in words if len(word) > 7]
    asked = {
        "one word": [chance.choice(words) for _ in range(TIMES)],
        "two words": [" ".join(chance.sample(words, 2)) for _ in range(TIMES)],
        "beginning": [chance.choice(words)[:3] for _ in range(TIMES)],
        "one slip": [_slip(chance, chance.choice(words)) for _ in range(TIMES)],
        "two slips": [
            _slip(chance, _slip(chance, chance.choice(long_words))) for _ in range(TIMES)
        ],
    }
    for name, texts in asked.items():
        _measure(name, _find, texts)
    _measure("suggestions", lambda text: suggest_products(text, 6)[0], asked["beginning"])
    currency = settings.currency
    _measure("facets", lambda text: count_facets(ProductQuery(q=text), currency), asked["one word"])


def _find(text: str) -> Any:
    return finding.find_products(ProductQuery(q=text)).items


def _measure(name: str, act: Callable[[str], Any], texts: Sequence[str]) -> None:
    for text in texts[:5]:
        act(text)
    taken, found = [], 0
    for text in texts:
        begun = time.process_time()
        found += bool(act(text))
        taken.append(1000 * (time.process_time() - begun))
    taken.sort()
    middle, last = taken[len(taken) // 2], taken[len(taken) * 99 // 100]
    mean = sum(taken) / len(taken)
    line = f"mean {mean:.2f}, p50 {middle:.2f}, p99 {last:.2f} ms"
    sys.stdout.write(f"{name:12} {line}; {found} of {len(texts)} found something\n")


def _slip(chance: random.Random, word: str) -> str:
    """Drop, double, swap or change a letter."""
    at = chance.randrange(1, len(word) - 1)
    return chance.choice(
        (
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:at] + chance.choice(LETTERS) + word[at + 1 :],
        )
    )


def _memory() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1024**2


if __name__ == "__main__":
    main()
