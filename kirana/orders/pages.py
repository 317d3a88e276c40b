"""A customer's orders as pages."""

from flask import Blueprint, Response, request

from kirana.accounts.permissions import Permission
from kirana.orders import services
from kirana.orders.queries import get_order, list_my_orders, thumbs_of
from kirana.orders.shapes import OrdersQuery
from kirana.orders.showing import show_order, show_summary
from kirana.platform.errors import IllegalMove
from kirana.platform.http import current_actor, requires
from kirana.platform.inputs import read_query
from kirana.platform.pages import note, render, see_other

pages = Blueprint("orders", __name__)
PLACED = "placed"


@pages.get("/orders")
@requires(Permission.READ_OWN_ORDERS)
def orders() -> Response:
    """Own orders, newest first."""
    actor = current_actor()
    wanted = read_query(request, OrdersQuery)
    found = list_my_orders(actor, wanted)
    thumbs = thumbs_of(actor, [order.number for order in found.items])
    return render(
        "shop/orders.html",
        orders=[show_summary(order, thumbs[order.number]) for order in found.items],
        next_url=f"/orders?cursor={found.next_cursor}" if found.next_cursor else None,
        first_url="/orders" if wanted.cursor else None,
    )


@pages.get("/orders/<number>")
@requires(Permission.READ_OWN_ORDERS)
def order(number: str) -> Response:
    """One order, step by step."""
    found = get_order(current_actor(), number)
    is_new = PLACED in request.args and found.status == "placed"
    rest = [get_order(current_actor(), x.number) for x in found.siblings] if is_new else []
    together = sum(each.total.amount for each in (found, *rest)) if rest else None
    return render(
        "shop/order.html", order=show_order(found), is_new=is_new, together_minor=together
    )


@pages.post("/orders/<number>/cancellation")
@requires(Permission.CANCEL_OWN_ORDER)
def cancel(number: str) -> Response:
    """Take an order back while nothing is packed."""
    try:
        services.cancel_my_order(current_actor(), number)
        note("The order is cancelled. Nothing is to pay.", "success")
    except IllegalMove as error:
        note(error.detail, "warn")
    return see_other(".order", number=number)
