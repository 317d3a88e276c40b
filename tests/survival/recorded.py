"""Sells until the recording is long enough: ``python -m tests.survival.recorded URL [PRAGMA]``.

Real verbs on a real database, one buyer after another. What the shop has promised is written to
the file ``…-promises`` only after the verb has returned, so that the recorder sees it in order.
"""

import os
import sys
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import event

from kirana.cart.services import set_line
from kirana.orders.services.moving import cancel_my_order
from kirana.platform import db
from kirana.platform.access import Actor
from kirana.platform.config import Settings
from kirana.platform.idempotency import Claim, Stored, once
from tests.cart.goods import make_person, make_product, make_store
from tests.checkout.buying import buy
from tests.machinery import memory
from tests.machinery.databases import SECRET

PROMISES = "-promises"
ORDERS = 60
# The last process of a shop that closes its database folds the log into it and removes it.
CLOSED_EVERY = 25
CANCELLED_EVERY = 7


class Promise(msgspec.Struct, frozen=True):
    """What a customer was told: their order ``number`` is there, or cancelled."""

    buyer: int
    key: str
    number: str
    is_cancelled: bool = False


def main() -> None:
    url, pragmas = sys.argv[1], sys.argv[2:]
    path = url.removeprefix("sqlite:///")
    settings = Settings(env="test", home=Path(path).parent, secret=SECRET, database_url=url)
    memory.connect_slices(settings)
    promises = os.open(path + PROMISES, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    _sell(promises, pragmas)
    os._exit(0)  # as it is: nothing is closed, nothing folded in


def _sell(promises: int, pragmas: list[str]) -> None:
    _open(pragmas)
    make_person("admin")
    store, buyers = make_store(), [make_person() for _ in range(5)]
    goods = [make_product(store, 10 * ORDERS) for _ in range(6)]
    os.write(promises, b"\n")
    for turn in range(ORDERS):
        if turn % CLOSED_EVERY == CLOSED_EVERY - 1:
            db.dispose()
            _open(pragmas)
        buyer, key = buyers[turn % len(buyers)], f"key-{turn}"
        for step in range(3):
            set_line(buyer, goods[(turn + step) % len(goods)], 1 + step)
        number = place(buyer, key).body.decode()
        os.write(promises, msgspec.json.encode(Promise(buyer.me(), key, number)) + b"\n")
        if turn % CANCELLED_EVERY == 0:
            cancel_my_order(buyer, number)
            os.write(promises, msgspec.json.encode(Promise(buyer.me(), key, number, True)) + b"\n")


def place(buyer: Actor, key: str) -> Stored:
    """The order under an idempotency key, as the edges do it; its body is the number."""
    claim = Claim.of(buyer, key, b"a basket")
    return once(claim, lambda: Stored(201, buy(buyer).orders[0].number.encode()))


def _open(pragmas: list[str]) -> None:
    def set_up(connection: Any, _record: object) -> None:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    event.listen(db.engine(), "connect", set_up)


if __name__ == "__main__":
    main()
