"""The checkout page."""

import msgspec
from flask import Blueprint, Response, current_app, request

from kirana.accounts.permissions import Permission
from kirana.accounts.queries import list_addresses
from kirana.accounts.shapes import Line
from kirana.cart.errors import BasketEmpty
from kirana.cart.pages import groups_of, sums_of, taxes_of
from kirana.cart.queries import BasketView, basket_view
from kirana.cart.shapes import show_quote
from kirana.cart.visitors import shown_basket
from kirana.checkout.services import check_out
from kirana.orders.queries import find_last_delivery
from kirana.orders.shapes import Delivery, Note
from kirana.platform.access import Actor
from kirana.platform.amounts import Money
from kirana.platform.errors import Conflict, Invalid
from kirana.platform.http import current_actor, limited, requires
from kirana.platform.idempotency import Claim, KeyReused, Stored, once
from kirana.platform.pages import CSRF_FIELD, KEY_FIELD, Form, go_to, note, posted, render
from kirana.platform.tokens import new_secret

pages = Blueprint("checkout", __name__)


class CheckoutForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the page's form holds, beside its idempotency key."""

    name: Line
    phone: Line
    street: Line
    city: Line
    postcode: Line
    expected_total: int
    note: Note = ""

    def delivery(self) -> Delivery:
        return Delivery(self.name, self.phone, self.street, self.city, self.postcode, self.note)


@pages.get("/checkout")
@requires(Permission.PLACE_ORDER)
def checkout() -> Response:
    """Address, payment and sums; what cannot be ordered leads back to the basket."""
    actor = current_actor()
    basket = shown_basket()
    if not basket.can_check_out:
        return go_to("/basket")
    return _page(basket, Form(_known_address(actor)))


def _known_address(actor: Actor) -> dict[str, str]:
    """Where the last order went, else the newest saved address, else just the name."""
    last = find_last_delivery(actor) or next(iter(list_addresses(actor)), None)
    known = msgspec.structs.asdict(last) if last else {"name": actor.name}
    return {name: text for name, text in known.items() if name != "uid"}


@pages.post("/checkout")
@requires(Permission.PLACE_ORDER)
@limited("minute", "order_per_minute")
def place() -> Response:
    """Place the order once, however often the form is sent."""
    try:
        stored = once(_claim(), _place)
    except KeyReused:
        note("That order has been placed already.", "warn")
        return go_to("/orders")
    except BasketEmpty:
        return go_to("/basket")
    except Invalid as error:
        return _page(basket_view(current_actor()), Form.posted(error), error.status)
    except Conflict as error:
        basket = basket_view(current_actor())
        return _page(basket, Form.posted(Invalid("")), error.status, error.detail)
    return go_to(f"/orders/{stored.body.decode()}?placed=1")


def _place() -> Stored:
    form = posted(CheckoutForm)
    group = check_out(current_actor(), form.delivery(), Money(form.expected_total, _currency()))
    return Stored(303, group.orders[0].number.encode())


def _currency() -> str:
    currency: str = current_app.config["SETTINGS"].currency
    return currency


def _claim() -> Claim:
    texts = sorted((k, v) for k, v in request.form.items(multi=True) if k != CSRF_FIELD)
    key = request.form.get(KEY_FIELD, "")
    return Claim.of(current_actor().owner_key, key, b"POST /checkout", msgspec.json.encode(texts))


def _page(
    basket: BasketView, form: Form, status: int = 200, problem: str | None = None
) -> Response:
    return render(
        "shop/checkout.html", status, form=form, groups=groups_of(basket), sums=sums_of(basket),
        taxes=taxes_of(basket), worked_out=show_quote(basket, _currency()),
        total_minor=basket.total_minor, savings_minor=basket.savings_minor,
        expected_total=basket.total_minor, idempotency_key=new_secret(), problem=problem,
    )  # fmt: skip
