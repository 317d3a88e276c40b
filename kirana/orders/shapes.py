"""What goes into orders and what comes out."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from kirana.accounts.shapes import AddressDetails, Input
from kirana.payments.queries import PaymentStatus
from kirana.platform.amounts import Money, Quantity
from kirana.platform.errors import Invalid
from kirana.platform.paging import Limit
from kirana.platform.texts import collect, one_line, phone_number
from kirana.pricing.shapes import TaxView

OrderStatus = Literal[
    "placed", "accepted", "picking", "awaiting_customer", "packed", "ready", "on_the_way",
    "not_delivered", "handed_over", "completed", "returned", "cancelled",
]  # fmt: skip
LONGEST_NOTE = 500
Note = Annotated[str, msgspec.Meta(max_length=LONGEST_NOTE)]
_LONGEST = {"name": 120, "street": 200, "city": 80, "postcode": 16}


class Delivery(AddressDetails, frozen=True):
    """Where to bring an order, whom to call, and what the shop should know."""

    note: Note = ""

    def cleaned(self) -> "Delivery":
        """The same in clean single lines. Raises Invalid with one error for each wrong field."""
        found: dict[str, str] = {}

        def take(field: str) -> None:
            text = getattr(self, field)
            if field == "phone":
                found[field] = phone_number(text)
            else:
                found[field] = one_line(text, f"/{field}", _LONGEST[field])

        def take_note() -> None:
            found["note"] = self.note.strip()
            if any(ord(char) < 32 and char not in "\r\n\t" for char in found["note"]):
                raise Invalid.at("/note", "must be plain text")

        names = ("name", "phone", "street", "city", "postcode")
        collect(*[lambda field=field: take(field) for field in names], take_note)
        return Delivery(**found)


class OrdersQuery(Input, frozen=True):
    """Own orders, newest first."""

    limit: Limit = 20
    cursor: str | None = None


class StoreOrdersQuery(Input, frozen=True):
    """A store's orders, newest first; ``status`` picks one state."""

    status: OrderStatus | None = None
    limit: Limit = 20
    cursor: str | None = None


class Cancellation(Input, frozen=True):
    reason: Note = ""


class Move(Input, frozen=True):
    """A step of an order. Cancelling, returning and not delivering need a reason."""

    to: OrderStatus
    reason: Note = ""


class StoreName(msgspec.Struct, frozen=True):
    slug: str
    name: str


class OrderSummary(msgspec.Struct, frozen=True):
    """An order in a list."""

    number: str
    store: StoreName
    status: OrderStatus
    total: Money
    line_count: int
    customer: str
    placed_at: datetime


class GroupView(msgspec.Struct, frozen=True):
    """What one basket became: an order for each store."""

    uid: str
    total: Money
    placed_at: datetime
    orders: list[OrderSummary]


class LineView(msgspec.Struct, frozen=True):
    """A copy of what was ordered. ``price`` buys ``price_per`` steps of the unit."""

    title: str
    sku: str
    size_text: str
    category: str
    quantity: Quantity
    quantity_text: str
    price: Money
    price_per: int
    tax_basis_points: int
    tax: Money
    total: Money
    status: str
    product: str | None
    picture_url: str
    well: str


class ChargeView(msgspec.Struct, frozen=True):
    kind: str
    label: str
    amount: Money


class Step(msgspec.Struct, frozen=True):
    """One move of an order."""

    from_status: OrderStatus | None
    to_status: OrderStatus
    reason: str
    at: datetime


class Sibling(msgspec.Struct, frozen=True):
    """Another store's order from the same basket."""

    number: str
    store: StoreName


class OrderView(msgspec.Struct, frozen=True):
    """An order with everything that the caller may see. ``moves`` are what the caller may do."""

    number: str
    group: str
    store: StoreName
    status: OrderStatus
    version: int
    placed_at: datetime
    delivery: Delivery
    lines: list[LineView]
    charges: list[ChargeView]
    lines_total: Money
    prices_include_tax: bool
    taxes: list[TaxView]
    tax: Money
    total: Money
    payment_method: Literal["cash"]
    payment_status: PaymentStatus
    history: list[Step]
    can_cancel: bool
    moves: list[OrderStatus]
    siblings: list[Sibling]
