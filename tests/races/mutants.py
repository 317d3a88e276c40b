"""Verbs without their conditions: each looks, lets a rival in, and then writes what it likes.

Together with the ``unguarded`` database (no transactions, no constraints) nothing guards them.
"""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import Connection, false, select, update

from kirana.accounts.models import Approval
from kirana.accounts.services import applications, records
from kirana.cart.models import Cart
from kirana.cart.queries import owned_open_cart, owner
from kirana.cart.services import carts
from kirana.catalog.services import categories
from kirana.checkout import services as checkout
from kirana.orders.services import moving
from kirana.payments import services as payments
from kirana.platform.access import Actor
from kirana.platform.db import verb
from kirana.platform.errors import IllegalMove
from kirana.platform.probes import reached
from kirana.pricing.quote import quote
from kirana.stock.errors import OutOfStock
from kirana.stock.models import StockLevel
from kirana.stock.services.ledger import Entry, lock_levels, write_entries
from kirana.stock.services.selling import LineDemand

Patch = pytest.MonkeyPatch
Mutant = Callable[[Patch], None]


def all_of(*mutants: Mutant) -> Mutant:
    def remove(patch: Patch) -> None:
        for mutant in mutants:
            mutant(patch)

    return remove


def without_locks(_patch: Patch) -> None:
    """Nothing but locks and transactions guards it; the database without guards has neither."""


# ---- stock


@verb
def take_what_was_seen(connection: Connection, actor: Actor, lines: Sequence[LineDemand]) -> None:
    """Looks whether there is enough, then subtracts without asking again."""
    for line in lines:
        seen = select(StockLevel.on_hand).where(StockLevel.product_id == line.product_id)
        if connection.execute(seen).scalar_one() < line.quantity:
            raise OutOfStock
    reached("stock.before_take")
    for line in lines:
        _move_blindly(connection, actor, line, ("sold", -line.quantity))


@verb
def give_back_again(connection: Connection, actor: Actor, lines: Sequence[LineDemand]) -> None:
    """Does not ask whether it came back before."""
    for line in lines:
        _move_blindly(connection, actor, line, ("returned", line.quantity))


def _move_blindly(
    connection: Connection, actor: Actor, line: LineDemand, change: tuple[str, int]
) -> None:
    kind, delta = change
    moving_it = update(StockLevel).where(StockLevel.product_id == line.product_id)
    left = moving_it.values(on_hand=StockLevel.on_hand + delta).returning(StockLevel.on_hand)
    balance = connection.execute(left).scalar_one()
    entry = Entry(line.product_id, kind, delta, balance, order_line_id=line.order_line_id)
    write_entries(connection, actor, [entry], lock_levels(connection, [line.product_id]))


def looks_then_takes(patch: Patch) -> None:
    patch.setattr(checkout, "take_for_lines", take_what_was_seen)


# ---- baskets and checkout


def _move_what_was_seen(
    connection: Connection, actor: Actor, status: str, _moving: Any = None
) -> int | None:
    find = select(Cart.id).where(owned_open_cart(actor.is_signed_in))
    cart_id = connection.execute(find, owner(actor)).scalar()
    reached("cart.before_move")
    connection.execute(update(Cart).where(Cart.id == cart_id).values(status=status))
    return cart_id


def looks_then_hands_in(patch: Patch) -> None:
    patch.setattr(carts, "_move", _move_what_was_seen)


def takes_any_price(patch: Patch) -> None:
    patch.setattr(checkout, "_quote", lambda cart, *_seen: quote(x.wish() for x in cart.lines))


def asks_nobody_for_the_account(patch: Patch) -> None:
    patch.setattr(carts, "_HANDING_IN", carts._MOVING[True])


# ---- orders and their money


def cancels_again(patch: Patch) -> None:
    moves_money_anyhow(patch)
    patch.setattr(moving, "give_back_for_lines", give_back_again)


def moves_money_anyhow(patch: Patch) -> None:
    patch.setattr(payments, "status_after", lambda kinds: kinds[-1])


# ---- decisions


class _Nothing:
    """Stands for EXISTS and finds nothing."""

    def where(self, *_conditions: Any) -> Any:
        return false()


def deletes_without_looking(patch: Patch) -> None:
    patch.setattr(categories, "exists", _Nothing)


def makes_the_same_category_again(patch: Patch) -> None:
    patch.setattr(categories, "_check_place", lambda *_: None)


def _decide_what_was_seen(
    connection: Connection, actor: Actor, uid: str, values: dict[str, Any]
) -> Any:
    seen = select(Approval.status).where(Approval.uid == uid)
    if connection.execute(seen).scalar_one() != "requested":
        raise IllegalMove
    reached("application.before_deciding")
    mine = update(Approval).where(Approval.uid == uid).values(decided_by=actor.account_id, **values)
    return connection.execute(mine.returning(Approval.id, Approval.account_id)).one()


def looks_then_decides(patch: Patch) -> None:
    patch.setattr(applications, "_decide", _decide_what_was_seen)
    patch.setattr(records, "require_move", lambda *_: None)
