"""A store with its team, and orders that have come as far as one likes."""

from dataclasses import dataclass, field, replace

from sqlalchemy import Connection, insert, select

from kirana.accounts.permissions import rights_of
from kirana.cart.services import set_line
from kirana.orders.services import move_order
from kirana.orders.states import ORDER_MOVES
from kirana.platform import audit
from kirana.platform.access import SYSTEM, Actor
from kirana.platform.db import verb
from kirana.stores.models import Membership, Store
from tests.cart.goods import make_person, make_product, make_store
from tests.checkout.buying import buy
from tests.checkout.calling import bearer_of

STOCK = 1000
TEAM = ("owner", "manager", "picker", "courier")


@dataclass
class Street:
    """A store with its team, and people who have nothing to do with it."""

    store: int = field(default_factory=make_store)
    people: dict[str, Actor] = field(default_factory=dict)
    milk: str = ""
    _tokens: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.milk = make_product(self.store, STOCK)
        self.people = {role: hire(self.store, role) for role in TEAM}
        self.people |= {"buyer": make_person(), "stranger": make_person()}
        self.people |= {"other manager": make_person("manager", make_store())}
        self.people["admin"] = make_person("admin")

    def token(self, who: str) -> str:
        """An access token, of one session for each person."""
        if who not in self._tokens:
            self._tokens[who] = bearer_of(self.people[who])
        return self._tokens[who]

    def order_in(self, status: str) -> str:
        """The number of a new order of two pieces that has come as far as ``status``."""
        set_line(self.people["buyer"], self.milk, 2)
        number = buy(self.people["buyer"]).orders[0].number
        for to in way_to(status):
            move_order(self.people["manager"], number, (to, "because"))
        return number


@verb
def hire(connection: Connection, store: int, role: str) -> Actor:
    person = make_person()
    place = {"account_id": person.account_id, "store_id": store, "role": role}
    connection.execute(insert(Membership).values(place))
    slug = connection.execute(select(Store.slug).where(Store.id == store)).scalar_one()
    audit.record(connection, SYSTEM, "membership.granted", ("store", slug))
    rights = rights_of("customer", "active", {store: role})
    return replace(person, permissions=rights.permissions, stores=rights.stores)


def way_to(status: str) -> list[str]:
    """The shortest way from placed."""
    ways: dict[str, list[str]] = {"placed": []}
    queue = ["placed"]
    for here in queue:
        for to in ORDER_MOVES[here]:
            if to not in ways:
                ways[to] = [*ways[here], to]
                queue.append(to)
    return ways[status]
