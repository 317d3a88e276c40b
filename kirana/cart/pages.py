"""The basket page and the steppers' form."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

import msgspec
from flask import Blueprint, Response

from kirana.accounts.permissions import Permission
from kirana.cart import services
from kirana.cart.queries import BasketView, basket_view
from kirana.cart.visitors import put_in, shown_basket
from kirana.catalog.units import Unit, typed_quantity
from kirana.platform.access import Actor
from kirana.platform.errors import Conflict, Invalid, NotFound
from kirana.platform.http import current_actor, limited, requires
from kirana.platform.pages import (
    RETURN_FIELD,
    Undo,
    back,
    note,
    posted,
    render,
    see_other,
    wants_fragment,
)
from kirana.pricing.quote import QuotedCharge
from kirana.pricing.tax import contained_label

pages = Blueprint("cart", __name__)
FRAGMENT = "basket"
_STEPS = {"+": 1, "-": -1}


class LineForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A stepper's form: plus or minus some times, or a quantity; 0 takes the line out.

    ``amount`` is what stands in its field and counts where it was typed: where it is not what
    was ``shown``, or was sent as such (``=``). A bare number is in pieces, kilograms or litres.
    """

    product: str
    change: Literal["+", "-", "="] | None = None
    times: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1
    quantity: int | None = None
    unit: Unit = "each"
    amount: Annotated[str, msgspec.Meta(max_length=40)] = ""
    shown: str = ""

    @property
    def is_typed(self) -> bool:
        return self.change == "=" or self.amount != self.shown


@pages.get("/basket")
@requires(Permission.READ_OWN_BASKET)
def basket() -> Response:
    """Everything in the basket, store by store."""
    found = basket_view(current_actor())
    return render(
        "shop/basket.html", basket=found, groups=groups_of(found), sums=sums_of(found),
        taxes=taxes_of(found), total_minor=found.total_minor,
        can_check_out=found.can_check_out, problem=_problem(found),
    )  # fmt: skip


@pages.post("/basket/lines")
@requires(Permission.WRITE_OWN_BASKET)
@limited("minute", "cart_writes_per_minute")
def change_basket() -> Response:
    """Plus, minus or a quantity for one product; answers a script of ours with the basket."""
    form = posted(LineForm)
    undo = None if wants_fragment(FRAGMENT) else _undo_of(form)
    try:
        found = put_in(lambda actor: _change(actor, form))
    except (Conflict, Invalid) as error:
        if wants_fragment(FRAGMENT):
            raise
        note(_first_detail(error), "warn")
        return back("/basket")
    if wants_fragment(FRAGMENT):
        return render("shop/fragments/basket.html", basket=found)
    if undo and all(line.slug != form.product for line in found.lines):
        note(f"{undo.what} was taken out.", undo=undo)
    return back("/basket")


@pages.post("/basket/clear")
@requires(Permission.WRITE_OWN_BASKET)
@limited("minute", "cart_writes_per_minute")
def clear_basket() -> Response:
    """Take everything out."""
    services.clear(current_actor())
    return see_other(".basket")


def groups_of(found: BasketView) -> list[dict[str, Any]]:
    """The lines by store, in the order in which the stores came in."""
    names = {line.store_id: line.store_name for line in found.lines}
    totals = {part.store_id: part.total_minor for part in found.quote.stores}
    return [
        {
            "store_name": name,
            "total_minor": totals.get(store_id, 0),
            "lines": [line for line in found.lines if line.store_id == store_id],
        }
        for store_id, name in names.items()
    ]


def sums_of(found: BasketView) -> list[dict[str, Any]]:
    charges = [charge for part in found.quote.stores for charge in part.charges]
    return [
        {"label": "Items", "amount_minor": found.lines_minor},
        *[{"label": label, "amount_minor": amount} for label, amount in _by_label(charges)],
    ]


def taxes_of(found: BasketView) -> list[dict[str, Any]]:
    """The tax that the prices contain, by rate; where it comes on top it is among the sums."""
    rows = found.quote.taxes if found.quote.tax_included else ()
    return [
        {"label": contained_label(row.basis_points), "amount_minor": row.tax_minor}
        for row in rows
        if row.basis_points
    ]


def _by_label(charges: Iterable[QuotedCharge]) -> Iterable[tuple[str, int]]:
    """The stores' charges of one name added up, in their first order."""
    sums: dict[str, int] = {}
    for charge in charges:
        sums[charge.label] = sums.get(charge.label, 0) + charge.amount_minor
    return sums.items()


def _change(actor: Actor, form: LineForm) -> BasketView:
    if form.quantity is None and form.is_typed:
        return _set_typed(actor, form)
    if form.quantity is None and form.change is not None:
        return services.change_line(actor, form.product, _STEPS[form.change] * form.times)
    if form.quantity is None:
        raise Invalid.at("/quantity", "must be given", "required")
    if form.quantity == 0:
        return _take_out(actor, form.product)
    return services.set_line(actor, form.product, form.quantity)


def _set_typed(actor: Actor, form: LineForm) -> BasketView:
    quantity = typed_quantity(form.amount, form.unit)
    if quantity is None:
        named = {"each": "pieces, such as 2", "g": "kg, such as 0.5", "ml": "L, such as 0.5"}
        raise Invalid.at("/amount", f"Write how much in {named[form.unit]}.")
    if quantity:
        return services.set_line(actor, form.product, quantity)
    return _take_out(actor, form.product)


def _take_out(actor: Actor, slug: str) -> BasketView:
    """The basket without it, also where another tab was faster."""
    try:
        return services.remove_line(actor, slug)
    except NotFound:
        return basket_view(actor)


def _undo_of(form: LineForm) -> Undo | None:
    """What brings back the line that this form may take out, where it can come back."""
    line = next((x for x in shown_basket().lines if x.slug == form.product), None)
    if line is None or line.problem:
        return None
    fields = {"product": line.slug, "quantity": str(line.quantity), RETURN_FIELD: "/basket"}
    return Undo(line.title, "/basket/lines", fields)


def _problem(found: BasketView) -> str | None:
    if found.too_large:
        return "That is more than one order can hold. Please take something out."
    if any(line.problem for line in found.lines):
        return "Some things cannot be ordered as they stand. Please look at the marked lines."
    return None


def _first_detail(error: Conflict | Invalid) -> str:
    errors = error.details.get("errors") or [{"detail": error.detail}]
    return str(errors[0]["detail"])
