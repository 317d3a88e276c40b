"""For every rule of ``kirana check`` the faults that break it, alone or with the rules named."""

from tests.check.faults import (
    catalogue,
    history,
    ledgers,
    links,
    lots,
    money,
    people,
    stock,
    voices,
    work,
)  # fmt: skip
from tests.check.planting import Fault

FAULTS: dict[str, tuple[Fault, ...]] = {
    **stock.FAULTS,
    **lots.FAULTS,
    **money.FAULTS,
    **work.FAULTS,
    **links.FAULTS,
    **catalogue.FAULTS,
    **ledgers.FAULTS,
    **people.FAULTS,
    **history.FAULTS,
    **voices.FAULTS,
}
