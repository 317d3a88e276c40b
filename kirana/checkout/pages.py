"""The checkout page."""

from datetime import timedelta

import msgspec
from flask import Blueprint, Response, current_app, request

from kirana.accounts.permissions import Permission
from kirana.accounts.queries import list_addresses
from kirana.accounts.shapes import Line
from kirana.cart.errors import BasketEmpty
from kirana.cart.pages import groups_of, sums_of
from kirana.cart.queries import BasketView, basket_view
from kirana.checkout.errors import TooManyHolds
from kirana.checkout.queries import hold_of
from kirana.checkout.services import check_out, keep_on, start_checkout
from kirana.orders.queries import find_last_delivery
from kirana.orders.shapes import Delivery, Note
from kirana.platform import clock
from kirana.platform.access import Actor
from kirana.platform.amounts import Money
from kirana.platform.config import Settings
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
    basket = basket_view(actor)
    if not basket.can_check_out:
        return go_to("/basket")
    return _page(basket, Form(_known_address(actor)))


@pages.post("/checkout/start")
@requires(Permission.PLACE_ORDER)
@limited("hour", "hold_per_hour")
def start() -> Response:
    """Keep what is in the basket and go on; what falls short leads back to it."""
    try:
        start_checkout(current_actor(), _settings())
    except BasketEmpty:
        return go_to("/basket")
    except TooManyHolds as error:
        note(error.detail, "warn")
    except Conflict as error:
        note(error.detail, "warn")
        return go_to("/basket")
    return go_to("/checkout")


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


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
        return _again(Form.posted(error), error.status)
    except Conflict as error:
        return _again(Form.posted(Invalid("")), error.status, error.detail)
    return go_to(f"/orders/{stored.body.decode()}?placed=1")


def _again(form: Form, status: int, problem: str | None = None) -> Response:
    """The page as it was sent; who tries and cannot is busy with it, and the goods are kept on."""
    keep_on(current_actor(), _settings())
    return _page(basket_view(current_actor()), form, status, problem)


def _place() -> Stored:
    form = posted(CheckoutForm)
    currency = _settings().currency
    group = check_out(current_actor(), form.delivery(), Money(form.expected_total, currency))
    return Stored(303, group.orders[0].number.encode())


def _claim() -> Claim:
    texts = sorted((k, v) for k, v in request.form.items(multi=True) if k != CSRF_FIELD)
    key = request.form.get(KEY_FIELD, "")
    return Claim.of(current_actor().owner_key, key, b"POST /checkout", msgspec.json.encode(texts))


def _page(
    basket: BasketView, form: Form, status: int = 200, problem: str | None = None
) -> Response:
    hold = hold_of(basket)
    left = hold.until - clock.utc_now() if hold.until else timedelta()
    return render(
        "shop/checkout.html", status, form=form, groups=groups_of(basket), sums=sums_of(basket),
        total_minor=basket.total_minor, savings_minor=basket.savings_minor,
        expected_total=basket.total_minor, idempotency_key=new_secret(), problem=problem,
        hold=hold, hold_seconds=int(left.total_seconds()), hold_minutes=_settings().hold_minutes,
    )  # fmt: skip
