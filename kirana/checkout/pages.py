"""The checkout page."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec
from flask import Blueprint, Response, request, url_for

from kirana.accounts.permissions import Permission
from kirana.accounts.queries import list_addresses
from kirana.accounts.shapes import Line
from kirana.cart.errors import BasketEmpty, KeptLongEnough
from kirana.cart.pages import groups_of, sums_of, taxes_of
from kirana.cart.queries import BasketLine, BasketView, basket_view
from kirana.cart.shapes import show_quote
from kirana.cart.visitors import shown_basket
from kirana.checkout import draft
from kirana.checkout.differences import SeenLine, as_shown
from kirana.checkout.errors import TooManyHolds
from kirana.checkout.queries import hold_of
from kirana.checkout.services import Terms, check_out, keep_on, start_checkout
from kirana.orders.queries import find_last_delivery
from kirana.orders.shapes import Delivery, Note
from kirana.platform import clock
from kirana.platform.access import Actor
from kirana.platform.amounts import Money
from kirana.platform.errors import Conflict, Invalid
from kirana.platform.http import current_actor, limited, requires
from kirana.platform.idempotency import Claim, KeyReused, Stored, once
from kirana.platform.pages import CSRF_FIELD, KEY_FIELD, Form, go_to, note, posted, render
from kirana.platform.shop_settings import settings
from kirana.platform.tokens import new_secret

pages = Blueprint("checkout", __name__)


_SEEN = msgspec.json.Decoder(list[SeenLine])


class CheckoutForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the page's form holds, beside its idempotency key; ``seen``: the lines it showed.

    ``whose`` is the mark of the account that it was made for.
    """

    name: Line
    phone: Line
    street: Line
    city: Line
    postcode: Line
    expected_total: int
    note: Note = ""
    seen: str = ""
    whose: str = ""

    def terms(self) -> Terms:
        """Raises Invalid for lines that no page of ours has sent."""
        try:
            return Terms(seen=_SEEN.decode(self.seen) if self.seen else None)
        except msgspec.DecodeError:
            raise Invalid("The form is not one of ours. Please look at the sums again.") from None

    def delivery(self) -> Delivery:
        return Delivery(self.name, self.phone, self.street, self.city, self.postcode, self.note)


class Refusal(msgspec.Struct, frozen=True):
    """Why an order was not placed: in one sentence, and what to say at which line."""

    problem: str | None = None
    notes: Mapping[str, str] = {}

    @classmethod
    def of(cls, error: Conflict) -> "Refusal":
        found = error.details.get("differences", [])
        gone = [f"{item['product']}: {item['note']}" for item in found if item["price"] is None]
        notes = {item["product"]: item["note"] for item in found}
        return cls(" ".join([error.detail, *gone]), notes)


NONE = Refusal()


@pages.before_request
def lead_to_sign_in() -> Response | None:
    """Who was signed out while typing signs in and finds the form as it was."""
    if not draft.is_typed(request.form) or current_actor().is_signed_in:
        return None
    draft.keep_draft(request.form)
    note("You were signed out, and nothing was ordered. What you typed is kept.", "warning")
    return go_to(url_for("accounts.sign_in_form", return_to="/checkout"))


@pages.get("/checkout")
@requires(Permission.PLACE_ORDER)
def checkout() -> Response:
    """Address, payment and sums; what cannot be ordered leads back to the basket."""
    actor = current_actor()
    basket = shown_basket()
    if not basket.can_check_out:
        return go_to("/basket")
    return _page(basket, Form(_known_address(actor) | draft.read_draft(actor)))


@pages.post("/checkout/start")
@requires(Permission.PLACE_ORDER)
@limited("hour", "hold_per_hour")
def start() -> Response:
    """Keep what is in the basket and go on; what falls short leads back to it."""
    if draft.is_typed(request.form):
        draft.keep_draft(request.form)
    try:
        start_checkout(current_actor(), settings())
    except BasketEmpty:
        return _nothing_there()
    except (TooManyHolds, KeptLongEnough) as error:
        note(error.detail, "warn")
    except Conflict as error:
        note(error.detail, "warn")
        return go_to("/basket")
    return go_to("/checkout")


@pages.post("/checkout/draft")
@requires(Permission.PLACE_ORDER)
def leave() -> Response:
    """Back to the basket; what was typed is kept for the way here."""
    draft.keep_draft(request.form)
    return go_to("/basket")


def _nothing_there() -> Response:
    """Mostly it was ordered in another tab, which its owner would like to hear."""
    note(
        "There is nothing in your basket any more. If you ordered it just now, it is done.", "warn"
    )
    return go_to("/basket")


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
        return _nothing_there()
    except Invalid as error:
        return _again(Form.posted(error), error.status)
    except Conflict as error:
        # No field is wrong: what was typed stays, and what changed is said at the lines.
        return _again(Form(request.form.to_dict()), error.status, Refusal.of(error))
    draft.drop_draft()
    return go_to(f"/orders/{stored.body.decode()}?placed=1")


def _again(form: Form, status: int, refusal: Refusal = NONE) -> Response:
    """The page as it was sent; who tries and cannot is busy with it, and the goods are kept on."""
    draft.keep_draft(request.form)
    keep_on(current_actor(), settings())
    return _page(basket_view(current_actor()), form, status, refusal)


def _place() -> Stored:
    form = posted(CheckoutForm)
    expected = Money(form.expected_total, settings().currency)
    group = check_out(current_actor(), form.delivery(), expected, form.terms())
    return Stored(303, group.orders[0].number.encode())


def _noted(groups: list[dict[str, Any]], notes: Mapping[str, str]) -> list[dict[str, Any]]:
    """The lines by store with what is to be said of each."""
    return [{**group, "lines": [_row(line, notes) for line in group["lines"]]} for group in groups]


def _row(line: BasketLine, notes: Mapping[str, str]) -> dict[str, Any]:
    names = ("slug", "title", "picture_url", "well", "quantity_text", "total_minor")
    shown = {name: getattr(line, name) for name in names}
    return {**shown, "note": notes.get(line.slug, line.note)}


def _claim() -> Claim:
    texts = sorted((k, v) for k, v in request.form.items(multi=True) if k != CSRF_FIELD)
    key = request.form.get(KEY_FIELD, "")
    return Claim.of(current_actor(), key, b"POST /checkout", msgspec.json.encode(texts))


def _page(basket: BasketView, form: Form, status: int = 200, refusal: Refusal = NONE) -> Response:
    hold = hold_of(basket)
    left = hold.until - clock.utc_now() if hold.until else timedelta()
    return render(
        "shop/checkout.html", status, form=form, groups=_noted(groups_of(basket), refusal.notes),
        sums=sums_of(basket),
        taxes=taxes_of(basket), worked_out=show_quote(basket, settings().currency),
        total_minor=basket.total_minor, savings_minor=basket.savings_minor,
        expected_total=basket.total_minor, whose=draft.owner_mark(current_actor()),
        idempotency_key=new_secret(), problem=refusal.problem,
        hold=hold, hold_seconds=int(left.total_seconds()), hold_minutes=settings().hold_minutes,
        can_check_out=basket.can_check_out,
        seen=msgspec.json.encode(as_shown(basket.lines, settings().currency)).decode(),
    )  # fmt: skip
