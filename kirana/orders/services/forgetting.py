"""What is left of the orders of somebody whose account was erased: the goods and the money."""

from sqlalchemy import Connection, exists, select, update

from kirana.orders.models import Order, OrderEvent, OrderGroup

ENDED = ("handed_over", "completed", "returned", "cancelled")
_DELIVERY = ("name", "phone", "street", "city", "postcode", "note")


def has_open_orders(connection: Connection, account_id: int) -> bool:
    """Whether something is still to be brought to this person."""
    is_open = exists().where(Order.account_id == account_id, Order.status.not_in(ENDED))
    return bool(connection.execute(select(is_open)).scalar_one())


def forget_customer(connection: Connection, account_id: int) -> None:
    """Blank recipients and all that was written about the orders. Safe to repeat.

    The history is insert-only but for this: its triggers let a reason become empty.
    """
    group = update(OrderGroup).where(OrderGroup.account_id == account_id)
    connection.execute(group.values(dict.fromkeys(_DELIVERY, "")))
    orders = select(Order.id).where(Order.account_id == account_id)
    told = (OrderEvent.order_id.in_(orders), OrderEvent.reason != "")
    connection.execute(update(OrderEvent).where(*told).values(reason=""))
