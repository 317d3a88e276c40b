"""Orders over JSON: one's own, and those of the stores one works for."""

from flask import Blueprint

from kirana.accounts.permissions import Permission
from kirana.orders import queries, services
from kirana.orders.shapes import (
    Cancellation,
    Move,
    OrdersQuery,
    OrderSummary,
    OrderView,
    StoreOrdersQuery,
)
from kirana.payments.queries import PaymentView
from kirana.platform.access import Actor
from kirana.platform.errors import IllegalMove, Stale
from kirana.platform.http import Answer, if_match, operation, requires
from kirana.platform.paging import Page

api = Blueprint("orders_api", __name__)


@api.get("/orders")
@requires(Permission.READ_OWN_ORDERS)
@operation("listOrders")
def list_orders(actor: Actor, query: OrdersQuery) -> Page[OrderSummary]:
    """The caller's orders, newest first."""
    return queries.list_my_orders(actor, query)


@api.get("/orders/<number>")
@requires(Permission.READ_OWN_ORDERS)
@operation("showOrder")
def show_order(actor: Actor, number: str) -> Answer[OrderView]:
    """An order of the caller's, or of a store that they work for."""
    return _answer(queries.get_order(actor, number))


@api.get("/orders/<number>/payment")
@requires(Permission.READ_OWN_ORDERS)
@operation("showPayment")
def show_payment(actor: Actor, number: str) -> PaymentView:
    """What is owed for an order, and what happened to it."""
    return queries.get_order_payment(actor, number)


@api.post("/orders/<number>/cancellation")
@requires(Permission.CANCEL_OWN_ORDER)
@operation("cancelOrder", raises=(IllegalMove, Stale), idempotency="accepted")
def cancel_order(actor: Actor, number: str, body: Cancellation) -> Answer[OrderView]:
    """Take an own order back while nothing is packed; stock goes back once."""
    return _answer(services.cancel_my_order(actor, number, body.reason, if_match()))


@api.post("/orders/<number>/moves")
@requires(Permission.WRITE_STORE_DELIVERIES)
@operation("moveOrder", raises=(IllegalMove, Stale), idempotency="accepted")
def move_order(actor: Actor, number: str, body: Move) -> Answer[OrderView]:
    """Move an order of one of the caller's stores along its way; 409 lists the legal moves."""
    return _answer(services.move_order(actor, number, (body.to, body.reason), if_match()))


@api.get("/stores/<slug>/orders")
@requires(Permission.READ_STORE_DELIVERIES)
@operation("listStoreOrders")
def list_store_orders(actor: Actor, slug: str, query: StoreOrdersQuery) -> Page[OrderSummary]:
    """A store's orders, newest first, for its team; a courier gets those that are on the way."""
    return queries.list_store_orders(actor, slug, query)


def _answer(order: OrderView) -> Answer[OrderView]:
    return Answer(order, version=order.version)
