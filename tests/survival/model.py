"""What a shop is, in so few lines that it can be believed: shelves, baskets, orders.

Each deed is a method that says whether the shop lets it happen, and if so lets it happen here too.
"""

from dataclasses import dataclass, field

from kirana.catalog.states import PRODUCT_MOVES
from kirana.orders.states import CUSTOMER_CANCELS, ORDER_MOVES

GIVING_BACK = ("cancelled", "returned")


@dataclass
class Shelf:
    """A product sold by the piece."""

    store: int
    price: int
    on_hand: int
    status: str = "published"

    @property
    def free(self) -> int:
        """What a basket may take. Lots out of date and goods held for others come off here."""
        return self.on_hand


@dataclass
class Placed:
    """An order: pieces by product, and what they cost when it was placed."""

    buyer: str
    store: int
    lines: dict[str, int]
    total: int
    status: str = "placed"


@dataclass
class Model:
    shelves: dict[str, Shelf]
    baskets: dict[str, dict[str, int]]
    orders: dict[str, Placed] = field(default_factory=dict)

    # ---- baskets

    def put(self, who: str, slug: str, quantity: int) -> bool:
        shelf, held = self.shelves[slug], self.baskets[who].get(slug, 0)
        if shelf.status != "published" or quantity > max(shelf.free, held):
            return False
        self.baskets[who][slug] = quantity
        return True

    def step(self, who: str, slug: str, by: int) -> bool:
        quantity = self.baskets[who].get(slug, 0) + by
        if quantity > 0:
            return self.put(who, slug, quantity)
        self.baskets[who].pop(slug, None)
        return True

    def take_out(self, who: str, slug: str) -> bool:
        return self.baskets[who].pop(slug, None) is not None

    def merge(self, guest: str, who: str) -> None:
        """Of a product in both the larger wish, capped by what is there; where nothing is there,
        what the person has is not raised."""
        basket, wishes = self.baskets[who], self.baskets[guest]
        for slug, wish in wishes.items():
            free = self.shelves[slug].free
            if free or slug not in basket:
                basket[slug] = max(basket.get(slug, 0), min(wish, free or wish))
        wishes.clear()

    # ---- orders

    def total(self, lines: dict[str, int]) -> int:
        return sum(self.shelves[slug].price * quantity for slug, quantity in lines.items())

    def may_check_out(self, who: str, expected: int) -> bool:
        basket = self.baskets[who]
        is_there = all(
            self.shelves[slug].status == "published" and quantity <= self.shelves[slug].free
            for slug, quantity in basket.items()
        )
        return bool(basket) and is_there and expected == self.total(basket)

    def check_out(self, who: str, numbers: dict[int, str]) -> None:
        """The basket becomes an order for each store, by the numbers that the shop gave."""
        basket = self.baskets[who]
        stores = {self.shelves[slug].store for slug in basket}
        assert numbers.keys() == stores
        for store, number in numbers.items():
            lines = {s: n for s, n in basket.items() if self.shelves[s].store == store}
            self.orders[number] = Placed(who, store, lines, self.total(lines))
        for slug, quantity in basket.items():
            self.shelves[slug].on_hand -= quantity
        basket.clear()

    def move(self, number: str, to: str) -> bool:
        order = self.orders[number]
        if to not in ORDER_MOVES[order.status]:
            return False
        order.status = to
        for slug, quantity in order.lines.items() if to in GIVING_BACK else ():
            self.shelves[slug].on_hand += quantity
        return True

    def cancel(self, number: str) -> bool:
        return self.orders[number].status in CUSTOMER_CANCELS and self.move(number, "cancelled")

    # ---- shelves

    def change(self, slug: str, delta: int) -> bool:
        if self.shelves[slug].free + delta < 0:
            return False
        self.shelves[slug].on_hand += delta
        return True

    def show(self, slug: str, to: str) -> bool:
        if to not in PRODUCT_MOVES[self.shelves[slug].status]:
            return False
        self.shelves[slug].status = to
        return True
