"""The facts that stop a change of stock."""

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from kirana.platform.errors import Conflict, ShopError


class Shortage(msgspec.Struct, frozen=True):
    """A product of which less is there than was asked for, in steps of its unit."""

    slug: str
    title: str
    wanted: int
    available: int


class OutOfStock(Conflict):
    """Nothing was taken; ``shortages`` lists every product that falls short."""

    code = "out_of_stock"
    message = "There is not enough of that left."

    @classmethod
    def of(cls, shortages: Sequence[Shortage]) -> "OutOfStock":
        names = ", ".join(item.title for item in shortages)
        return cls(
            f"There is not enough left of: {names}.",
            shortages=[msgspec.to_builtins(item) for item in shortages],
        )


class VersionMissing(ShopError):
    status: ClassVar[int] = 428
    code: ClassVar[str] = "version_missing"
    message: ClassVar[str] = "Say which version you saw: send its entity tag as If-Match."


class OutOfDateThere(Conflict):
    code = "out_of_date_there"
    message = "Write off what is out of date first: without its lot it would be for sale again."
