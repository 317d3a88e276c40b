"""Order history from household routines: who buys what on which day of the week. Pure.

The same catalogue, number and plan give the same orders.
"""

import random
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from kirana.demo.catalogue import Catalogue, DemoProduct
from kirana.demo.routines import DAYS, Need, Routine, load_routines

MOST_LINES = 18
TWO_STORES = 0.06
WHIM = 0.25
_HOURS = (7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 18, 19, 20, 21)
_HOUR_WEIGHTS = (4, 9, 10, 8, 6, 5, 3, 3, 5, 9, 13, 13, 8, 4)
# Monday to Sunday.
_DAY_WEIGHTS = (1.0, 0.8, 0.85, 0.9, 1.25, 1.6, 1.35)


@dataclass(frozen=True, slots=True)
class Plan:
    """How much history, up to the aware local moment ``until``."""

    until: datetime
    customers: int = 60
    days: int = 120
    orders: int = 4000
    most_lines: int = MOST_LINES


@dataclass(frozen=True, slots=True)
class DemoOrder:
    """One store's order. Orders of one ``basket`` have the customer and the moment in common.

    ``lines`` are (sku, quantity in steps of the product's unit); ``outcome`` is a final or
    present status of an order.
    """

    customer: int
    store: str
    basket: int
    placed_at: datetime
    lines: tuple[tuple[str, int], ...]
    outcome: str


@dataclass(slots=True)
class _Household:
    number: int
    chance: random.Random
    size: int
    home_store: str
    routines: tuple[Routine, ...]
    likes: dict[tuple[str, Need], DemoProduct] = field(default_factory=dict)


def generate_orders(catalogue: Catalogue, seed: int, plan: Plan) -> list[DemoOrder]:
    """Exactly ``plan.orders`` orders, sorted by time."""
    shelves = _Shelves(catalogue)
    chance = random.Random(f"orders {seed}")  # noqa: S311 - the same per seed
    households = [_household(seed, number) for number in range(plan.customers)]
    drafts: list[_Draft] = []
    for household, count in zip(households, _shares(chance, plan), strict=True):
        drafts += _history(household, count, shelves, plan)
    drafts.sort(key=lambda draft: (draft.moment, draft.customer))
    return _numbered(drafts, plan, random.Random(f"outcomes {seed}"))  # noqa: S311 - the same per seed


@dataclass(frozen=True, slots=True)
class _Draft:
    customer: int
    moment: datetime
    parts: tuple[tuple[str, tuple[tuple[str, int], ...]], ...]


class _Shelves:
    """Finds what a need means in a store."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._known: dict[tuple[str, Need], list[DemoProduct]] = {}
        self._by_shelf: dict[tuple[str, str], list[DemoProduct]] = {}
        self._by_store: dict[str, list[DemoProduct]] = {}
        for product in catalogue.products:
            self._by_shelf.setdefault((product.store, product.category), []).append(product)
            self._by_store.setdefault(product.store, []).append(product)

    def all_of(self, store: str) -> list[DemoProduct]:
        return self._by_store[store]

    def matching(self, store: str, need: Need) -> list[DemoProduct]:
        found = self._known.get((store, need))
        if found is None:
            found = [
                product
                for shelf in need.shelves
                for product in self._by_shelf.get((store, shelf), [])
                if not need.words or need.words & set(product.title.lower().split())
            ]
            self._known[store, need] = found
        return found


def _household(seed: int, number: int) -> _Household:
    chance = random.Random(f"household {seed} {number}")  # noqa: S311 - the same per seed
    routines = load_routines()
    habits = chance.sample(routines, chance.randint(11, 18))
    return _Household(
        number=number,
        chance=chance,
        size=chance.choice((1, 1, 2, 2, 3, 4, 5)),
        home_store="a" if chance.random() < 0.58 else "b",
        routines=tuple(habits),
    )


def _shares(chance: random.Random, plan: Plan) -> list[int]:
    """The orders divided among the customers, some of whom buy far more often than others."""
    weights = [chance.uniform(0.25, 1) for _ in range(plan.customers)]
    shares = [int(plan.orders * weight / sum(weights)) for weight in weights]
    for number in range(plan.orders - sum(shares)):
        shares[number % plan.customers] += 1
    return shares


def _history(household: _Household, count: int, shelves: _Shelves, plan: Plan) -> list["_Draft"]:
    chance = household.chance
    drafts = []
    while count > 0:
        moment = _moment(chance, plan)
        stores = [household.home_store]
        if count > 1 and chance.random() < TWO_STORES:
            stores.append("b" if household.home_store == "a" else "a")
        elif chance.random() < 0.15:
            stores = ["b" if household.home_store == "a" else "a"]
        parts = tuple(
            (store, _basket(household, store, moment, shelves, plan)) for store in sorted(stores)
        )
        drafts.append(_Draft(household.number, moment, parts))
        count -= len(parts)
    return drafts


def _moment(chance: random.Random, plan: Plan) -> datetime:
    """A moment of a day in the plan; what is still to come was yesterday."""
    while True:
        day = plan.until.date() - timedelta(days=chance.randrange(plan.days))
        if chance.random() < _DAY_WEIGHTS[day.weekday()] / max(_DAY_WEIGHTS):
            break
    hour = chance.choices(_HOURS, _HOUR_WEIGHTS)[0]
    opens = datetime.combine(day, time(), plan.until.tzinfo)
    since = timedelta(hours=hour, minutes=chance.randrange(60), seconds=chance.randrange(60))
    moment = (opens + since).replace(microsecond=0)
    return moment if moment <= plan.until else moment - timedelta(days=1)


def _basket(
    household: _Household, store: str, moment: datetime, shelves: _Shelves, plan: Plan
) -> tuple[tuple[str, int], ...]:
    chance = household.chance
    today = DAYS[moment.weekday()]
    due = [r for r in household.routines if today in r.days and chance.random() < r.chance]
    due = due[:3] or [chance.choice(household.routines)]
    age = (plan.until.date() - moment.date()).days
    lines: dict[str, int] = {}
    for need in (need for routine in due for need in routine.needs):
        if need.is_optional and chance.random() < 0.5:
            continue
        product = _choice(household, store, need, shelves)
        if product is not None and product.created_days_ago > age:
            lines[product.sku] = max(
                lines.get(product.sku, 0), _quantity(chance, household.size, product, need)
            )
    if not lines or chance.random() < WHIM:
        product = _seen_in_passing(chance, store, shelves, age)
        lines[product.sku] = _quantity(chance, household.size, product, _WHIM)
    return tuple(lines.items())[: plan.most_lines]


def _choice(household: _Household, store: str, need: Need, shelves: _Shelves) -> DemoProduct | None:
    """Mostly the product that this household always takes."""
    found = shelves.matching(store, need)
    if not found:
        return None
    liked = household.likes.get((store, need))
    if liked is None or household.chance.random() < 0.2:
        liked = household.chance.choice(found)
        household.likes.setdefault((store, need), liked)
    return liked


_WHIM = Need((), frozenset(), None, False)


def _seen_in_passing(chance: random.Random, store: str, shelves: _Shelves, age: int) -> DemoProduct:
    """Anything that was in the store that many days ago."""
    return chance.choice([p for p in shelves.all_of(store) if p.created_days_ago > age])


def _quantity(chance: random.Random, size: int, product: DemoProduct, need: Need) -> int:
    """In steps, on the product's grid."""
    if product.unit == "each" and product.increment == 1:
        return 1 + (chance.random() < 0.12 * size) + (chance.random() < 0.04 * size)
    amount = (need.amount or 500) * chance.uniform(0.6, 0.8 + 0.25 * size)
    if product.unit == "each":
        amount = product.minimum * chance.randint(1, 2)
    return max(product.minimum, round(amount / product.increment) * product.increment)


def _numbered(drafts: list["_Draft"], plan: Plan, chance: random.Random) -> list[DemoOrder]:
    return [
        DemoOrder(
            draft.customer, store, basket, draft.moment, lines,
            _outcome(chance, plan.until - draft.moment),
        )
        for basket, draft in enumerate(drafts)
        for store, lines in draft.parts
    ]  # fmt: skip


_OUTCOMES = (
    (timedelta(hours=1), {"placed": 8, "accepted": 2}),
    (timedelta(hours=3), {"placed": 3, "accepted": 4, "picking": 2, "cancelled": 1}),
    (
        timedelta(hours=8),
        {"accepted": 2, "picking": 2, "packed": 2, "on_the_way": 2, "ready": 1, "completed": 4},
    ),
    (timedelta(hours=26), {"on_the_way": 2, "ready": 1, "handed_over": 2, "completed": 16}),
    (timedelta.max, {"completed": 950, "cancelled": 40, "returned": 10}),
)


def _outcome(chance: random.Random, age: timedelta) -> str:
    weights = next(weights for youngest, weights in _OUTCOMES if age < youngest)
    return chance.choices(list(weights), list(weights.values()))[0]
