"""What is no longer as the customer saw it, line by line. Pure."""

from collections.abc import Iterable, Sequence

import msgspec

from kirana.cart.queries import BasketLine
from kirana.cart.steps import Problem
from kirana.catalog.units import per_text, quantity_text
from kirana.platform.amounts import Money, Quantity
from kirana.platform.money import format_money


class SeenLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line as it was shown: so many steps of the product's unit, at this price."""

    product: str
    quantity: int
    price: Money


class Difference(msgspec.Struct, frozen=True):
    """A line that is not as it was shown, or that cannot be ordered as it stands.

    What was seen is null for a line that came in since, what is now for one that went out.
    ``note`` says in words what the figures say.
    """

    product: str
    title: str
    problem: Problem
    note: str
    quantity_seen: int | None
    quantity: Quantity | None
    available: Quantity | None
    price_seen: Money | None
    price: Money | None


def as_put_in(lines: Iterable[BasketLine], currency: str) -> list[SeenLine]:
    """What a customer saw who says nothing of it: the prices at which things were put in."""
    return [
        SeenLine(line.slug, line.quantity, Money(line.price_seen_minor, currency)) for line in lines
    ]


def as_shown(lines: Iterable[BasketLine], currency: str) -> list[SeenLine]:
    """What a page shows that is made from ``lines``."""
    return [SeenLine(line.slug, line.quantity, Money(line.price_minor, currency)) for line in lines]


def differences(
    lines: Sequence[BasketLine], seen: Sequence[SeenLine], currency: str
) -> list[Difference]:
    """All lines that differ from what was ``seen`` or have a problem, then those that are gone."""
    before = {line.product: line for line in seen}
    here = {line.slug for line in lines}
    found = [_difference(line, before.get(line.slug), currency) for line in lines]
    gone = [_gone(line) for line in seen if line.product not in here]
    return [item for item in found if item.note] + gone


def _difference(line: BasketLine, seen: SeenLine | None, currency: str) -> Difference:
    price = Money(line.price_minor, currency)
    return Difference(
        product=line.slug, title=line.title, problem=line.problem,
        note=" ".join(_notes(line, seen, price)), quantity_seen=seen.quantity if seen else None,
        quantity=Quantity(line.quantity, line.unit), available=Quantity(line.available, line.unit),
        price_seen=seen.price if seen else None, price=price,
    )  # fmt: skip


def _notes(line: BasketLine, seen: SeenLine | None, price: Money) -> Iterable[str]:
    if line.problem:
        yield line.note
    if seen is None:
        yield "This came into the basket since."
        return
    if seen.price != price:
        was, now = (format_money(each.amount, each.currency) for each in (seen.price, price))
        per = per_text(line.unit)
        yield f"The price was {was}{per} and is now {now}{per}."
    if seen.quantity != line.quantity:
        was, now = (quantity_text(each, line.unit) for each in (seen.quantity, line.quantity))
        yield f"The basket held {was} and now holds {now}."


def _gone(seen: SeenLine) -> Difference:
    return Difference(
        seen.product, seen.product, "", "This is not in the basket any more.",
        seen.quantity, None, None, seen.price, None,
    )  # fmt: skip
