"""What households do every week, read from a table. Pure.

A need is ``shelf|shelf:word|word=amount?``: one product of any of these shelves with any of these
words in its title; ``amount`` in grams for goods by weight; the question mark means sometimes.
"""

import re
from dataclasses import dataclass
from functools import cache

from kirana.demo.catalogue import read_table

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NEED = re.compile(
    r"(?P<shelves>[a-z|-]+)(:(?P<words>[a-z|-]+))?(=(?P<amount>\d+))?(?P<optional>\?)?"
)


@dataclass(frozen=True, slots=True)
class Need:
    shelves: tuple[str, ...]
    words: frozenset[str]
    amount: int | None
    is_optional: bool


@dataclass(frozen=True, slots=True)
class Routine:
    """Done with ``chance`` on each of ``days``."""

    name: str
    days: frozenset[str]
    chance: float
    needs: tuple[Need, ...]


@cache
def load_routines() -> tuple[Routine, ...]:
    """All routines of the table. Raises ValueError for a need that cannot be read."""
    return tuple(
        Routine(
            row["name"],
            frozenset(row["days"].split()),
            float(row["chance"]),
            tuple(_need(text) for text in row["needs"].split(";")),
        )
        for row in read_table("routines.csv")
    )


def _need(text: str) -> Need:
    parts = _NEED.fullmatch(text)
    if parts is None:
        raise ValueError(f"{text}: not a need")
    return Need(
        tuple(parts["shelves"].split("|")),
        frozenset((parts["words"] or "").split("|")) - {""},
        int(parts["amount"]) if parts["amount"] else None,
        bool(parts["optional"]),
    )
