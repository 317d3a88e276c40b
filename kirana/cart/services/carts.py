"""Taking a cart for change, and what becomes of it in the end."""

from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, bindparam, select, update

from kirana.accounts.services.records import stays_active
from kirana.cart.errors import BasketBusy, BasketEmpty
from kirana.cart.models import Cart
from kirana.cart.queries import BasketLine, lines_of, owned_open_cart, owner
from kirana.platform import clock
from kirana.platform.access import Actor
from kirana.platform.db import verb
from kirana.platform.errors import Unauthorized
from kirana.platform.inserts import insert_ignoring
from kirana.platform.prepared import Prepared
from kirana.platform.probes import reached
from kirana.platform.tables import UtcDateTime
from kirana.stock.services.holds import shrink_hold

ATTEMPTS = 3


def _moving(is_signed_in: bool, *conditions: ColumnElement[bool]) -> Prepared:
    moved_at: Any = bindparam("moved_at", type_=UtcDateTime)
    return Prepared(
        update(Cart)
        .where(owned_open_cart(is_signed_in), *conditions)
        .values(status=bindparam("moved_to"), version=Cart.version + 1, updated_at=moved_at)
        .returning(Cart.id)
    )


_MOVING = {is_signed_in: _moving(is_signed_in) for is_signed_in in (True, False)}
_IS_ACTIVE = stays_active(bindparam("cart_owner"))
_HANDING_IN = _moving(True, _IS_ACTIVE)


class HandedIn(msgspec.Struct, frozen=True):
    """A cart that has been given for an order, with its lines at the prices of now."""

    cart_id: int
    lines: list[BasketLine]


def lock_open_cart(connection: Connection, actor: Actor) -> int | None:
    """Raise the version of the caller's open cart, which locks its row; None without a cart."""
    return _move(connection, actor, "open")


def lock_active_cart(connection: Connection, actor: Actor) -> int | None:
    """As ``lock_open_cart``, of an account that is locked to stay active (shared) before.

    Raises Unauthorized (suspended or closed since the request came in).
    """
    cart_id = _move(connection, actor, "open", _HANDING_IN)
    if cart_id is None:
        _require_active(connection, actor)
    return cart_id


def lock_or_open_cart(connection: Connection, actor: Actor) -> int:
    """The caller's open cart, locked; made if there is none. A rival maker is waited for."""
    now = clock.now(connection)
    whose: dict[str, int | str | None] = {"account_id": actor.account_id}
    if actor.account_id is None:
        whose = {"guest_hash": actor.guest_hash}
    for _attempt in range(ATTEMPTS):
        cart_id = lock_open_cart(connection, actor)
        if cart_id is not None:
            return cart_id
        insert_ignoring(connection, Cart, status="open", updated_at=now, created_at=now, **whose)
    raise BasketBusy


@verb
def hand_in_cart(connection: Connection, actor: Actor) -> HandedIn:
    """Move the caller's cart from open to ordered, once; locks the account (shared) and the cart.

    Raises BasketEmpty, Unauthorized (suspended or closed since the request came in).
    """
    cart_id = _move(connection, actor, "ordered", _HANDING_IN)
    if cart_id is None:
        _require_active(connection, actor)
    lines = lines_of(cart_id) if cart_id is not None else []
    if cart_id is None or not lines:
        raise BasketEmpty
    return HandedIn(cart_id, lines)


def _require_active(connection: Connection, actor: Actor) -> None:
    if not connection.execute(select(_IS_ACTIVE), owner(actor)).scalar_one():
        raise Unauthorized


def abandon_cart(connection: Connection, actor: Actor) -> int | None:
    """Move the caller's open cart to abandoned; its id, or None without one. Its hold ends."""
    cart_id = _move(connection, actor, "abandoned")
    if cart_id is not None:
        shrink_hold(cart_id)
    return cart_id


def _move(
    connection: Connection, actor: Actor, status: str, moving: Prepared | None = None
) -> int | None:
    """One conditional write: only an open cart moves, and a rival of ours finds none open."""
    reached("cart.before_move")
    moved = {"moved_to": status, "moved_at": clock.now(connection), **owner(actor)}
    statement = _MOVING[actor.is_signed_in] if moving is None else moving
    cart_id: int | None = statement.scalar(connection, moved)
    return cart_id
