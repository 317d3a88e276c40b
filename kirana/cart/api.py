"""The basket over JSON, of an account or of a guest by cookie."""

from flask import Blueprint

from kirana.accounts.permissions import Permission
from kirana.cart import services
from kirana.cart.errors import BasketBusy, BasketFull, NotEnough, NotForSale, OffGrid
from kirana.cart.queries import BasketView, basket_view
from kirana.cart.shapes import CartView, LineWish, QuoteView, show_cart, show_quote
from kirana.cart.visitors import put_in
from kirana.platform.access import Actor
from kirana.platform.errors import NotFound, TooMany
from kirana.platform.http import Answer, limited, operation, requires
from kirana.platform.shop_settings import settings

api = Blueprint("cart_api", __name__)


@api.get("/cart")
@requires(Permission.READ_OWN_BASKET)
@operation("showBasket")
def show_basket(actor: Actor) -> Answer[CartView]:
    """The caller's basket with prices, stock and totals as they are now."""
    return _answer(basket_view(actor))


@api.put("/cart/lines/<slug>")
@requires(Permission.WRITE_OWN_BASKET)
@limited("minute", "cart_writes_per_minute")
@operation(
    "setBasketLine",
    raises=(NotFound, NotForSale, NotEnough, OffGrid, BasketFull, BasketBusy, TooMany),
)
def set_basket_line(slug: str, body: LineWish) -> Answer[CartView]:
    """Make the basket hold so much of a product; a guest's first line sets a cookie."""
    return _answer(put_in(lambda actor: services.set_line(actor, slug, body.quantity)))


@api.delete("/cart/lines/<slug>")
@requires(Permission.WRITE_OWN_BASKET)
@limited("minute", "cart_writes_per_minute")
@operation("removeBasketLine", raises=(NotFound, TooMany))
def remove_basket_line(actor: Actor, slug: str) -> Answer[CartView]:
    """Take a product out of the basket."""
    return _answer(services.remove_line(actor, slug))


@api.delete("/cart")
@requires(Permission.WRITE_OWN_BASKET)
@limited("minute", "cart_writes_per_minute")
@operation("emptyBasket", raises=(TooMany,))
def empty_basket(actor: Actor) -> Answer[CartView]:
    """Take everything out of the basket."""
    return _answer(services.clear(actor))


@api.post("/cart/quote")
@requires(Permission.READ_OWN_BASKET)
@operation("quoteBasket")
def quote_basket(actor: Actor) -> QuoteView:
    """What ordering the basket would cost now, store by store. Changes nothing."""
    return show_quote(basket_view(actor), settings().currency)


def _answer(basket: BasketView) -> Answer[CartView]:
    return Answer(show_cart(basket, settings().currency), version=basket.version)
