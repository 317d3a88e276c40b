"""A small shop as its people would set it up: an admin, a manager with a store, a few shelves."""

import itertools
from dataclasses import dataclass, field

from tests.journeys.api_client import Caller
from tests.journeys.people import PASSWORD, Person
from tests.machinery.shop import Shop

STORE = "Corner Shop"
# Name, department, price in paise, pieces in stock.
GOODS = (
    ("Green apples", "Fruit", 4_000, 20),
    ("Alphonso mangoes", "Fruit", 45_000, 8),
    ("Bananas", "Fruit", 1_500, 0),
    ("Oat milk", "Drinks", 9_900, 30),
    ("Lemonade", "Drinks", 6_500, 12),
)
_numbers = itertools.count(1)


@dataclass
class Town:
    """The shop with its people; products by name."""

    shop: Shop
    admin: Person
    manager: Person
    store: str = ""
    slugs: dict[str, str] = field(default_factory=dict)

    def caller(self, person: Person) -> Caller:
        return Caller(self.shop.url).sign_in(person.email, person.password)

    def stock_of(self, name: str) -> int:
        """Pieces on hand, as the manager reads them."""
        path = f"/products/{self.slugs[name]}/stock"
        on_hand: int = self.caller(self.manager).ask("GET", path)["on_hand"]["value"]
        return on_hand


def new_person(name: str) -> Person:
    """Somebody whom the shop does not know yet."""
    return Person(name, f"person{next(_numbers)}@example.org")


def set_up(shop: Shop) -> Town:
    """People and products, through the command line and the API."""
    admin = make_admin(shop)
    town = Town(shop, admin, new_person("Mira Shah"))
    town.store = let_in(town, town.manager, STORE)
    boss, keeper = town.caller(admin), town.caller(town.manager)
    for department in dict.fromkeys(department for _, department, _, _ in GOODS):
        boss.ask("POST", "/categories", {"name": department})
    for name, department, price, pieces in GOODS:
        town.slugs[name] = put_on_sale(keeper, town.store, (name, department, price, pieces))
    return town


def make_admin(shop: Shop) -> Person:
    person = new_person("Asha Rao")
    words = ["user", "create", "--role", "admin", "--email", person.email, "--name", person.name]
    shop.inside(*words, "--password-stdin", typed=f"{person.password}\n")
    return person


def sign_up(shop: Shop, person: Person) -> Caller:
    """A new customer, signed in."""
    body = {"email": person.email, "name": person.name, "password": PASSWORD}
    caller = Caller(shop.url)
    caller.ask("POST", "/auth/sign-up", body)
    return caller.sign_in(person.email, person.password)


def let_in(town: Town, person: Person, store: str) -> str:
    """A manager who applied and was approved into a new store; its slug."""
    body = {"email": person.email, "name": person.name, "password": PASSWORD, "wished_store": store}
    Caller(town.shop.url).ask("POST", "/auth/manager-applications", body)
    boss = town.caller(town.admin)
    waiting = boss.ask("GET", "/manager-applications?status=requested")["items"]
    uid = next(item["uid"] for item in waiting if item["applicant"]["email"] == person.email)
    placement = {"new_store": {"name": store}}
    placed = boss.ask("POST", f"/manager-applications/{uid}/approval", placement)
    slug: str = placed["store"]["slug"]
    return slug


def put_on_sale(keeper: Caller, store: str, goods: tuple[str, str, int, int]) -> str:
    """A published product with stock; its slug."""
    name, department, price, pieces = goods
    body = {
        "title": name,
        "category": department.lower(),
        "price": {"amount": price, "currency": "INR"},
    }
    slug: str = keeper.ask("POST", f"/stores/{store}/products", body)["slug"]
    keeper.ask("POST", f"/products/{slug}/publication")
    if pieces:
        received = {"kind": "received", "quantity": pieces}
        keeper.ask("POST", f"/products/{slug}/stock/movements", received)
    return slug
