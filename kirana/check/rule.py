"""What a rule is."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Rule:
    """``sql`` selects the rows that break the rule; ``statement`` is its number in the domain.

    A timedelta among the ``parameters`` is bound as the moment that lies so far back, or ahead if
    it is negative; a function as what it finds at that time: the names of things as JSON, which
    ``json_each`` reads, where SQL alone cannot tell which they are.
    ``only_on`` names the one database whose catalogue the query reads.
    """

    statement: int
    name: str
    sql: str
    parameters: dict[str, Any] = field(default_factory=dict)
    only_on: str | None = None
