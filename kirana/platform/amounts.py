"""How money and quantities look in JSON."""

import msgspec


class Money(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An amount in minor units of ``currency`` (ISO 4217)."""

    amount: int
    currency: str


class Quantity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A count of steps of ``unit``: each, g or ml."""

    value: int
    unit: str
