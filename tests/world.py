"""A small shop in which everything exists once, made through the verbs."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from kirana.accounts.models import Account
from kirana.accounts.permissions import permissions_of
from kirana.accounts.queries import list_applications
from kirana.accounts.services import add_address
from kirana.accounts.session_queries import list_sessions
from kirana.accounts.shapes import AddressDetails, ApplicationsQuery
from kirana.cart.services import set_line
from kirana.catalog.inputs import CategoryWish, NewCategory, NewProduct
from kirana.catalog.services.categories import create_category
from kirana.catalog.services.products import create_product, publish_product
from kirana.catalog.services.requests import ask_for_category
from kirana.exports.services import request_export
from kirana.platform.access import Actor
from kirana.platform.amounts import Money
from kirana.platform.db import query
from kirana.platform.paging import PageQuery
from kirana.stock.services.goods import receive_goods
from kirana.stores.queries import store_ids_of
from kirana.stores.services import approve_manager, reject_manager
from kirana.stores.shapes import NewStore, Placement
from tests.accounts.factors import add_passkey
from tests.accounts.people import Visitor, applicant, join
from tests.checkout.buying import buy


@dataclass
class World:
    """Who lives there, and the public keys of what belongs to ``customer`` and ``manager``."""

    people: dict[str, Visitor]
    keys: dict[str, str] = field(default_factory=dict)

    def actor(self, name: str) -> Actor:
        return actor_of(self.people[name].email)


@query
def actor_of(connection: Connection, email: str) -> Actor:
    """The person as the loader would make them, without a request."""
    row = connection.execute(select(Account.__table__).where(Account.email == email)).one()
    return Actor(
        account_id=row.id, uid=row.uid, email=row.email, name=row.name, role=row.role,
        status=row.status, permissions=frozenset(permissions_of(row.role, row.status)),
        store_ids=store_ids_of(row.id), via="bearer",
    )  # fmt: skip


def build(app: Any) -> World:
    """A customer with an order, a manager with a store, a stranger with another, an admin."""
    people = {
        "anonymous": Visitor(app.test_client()),
        "admin": join(app, "admin"),
        "customer": join(app),
        "other_customer": join(app),
        "manager": applicant(app, "Corner Shop"),
        "other_manager": applicant(app, "Other Shop"),
    }
    world = World(people)
    for name in ("manager", "other_manager"):
        _let_in(world, name)
    people["pending"] = applicant(app, "Third Shop")
    people["rejected"] = applicant(app, "Fourth Shop")
    _refuse(world, "rejected")
    _fill(world)
    return world


def _application(world: World, name: str) -> str:
    found = list_applications(world.actor("admin"), ApplicationsQuery(limit=100)).items
    email = world.people[name].email
    return next(item.uid for item in found if item.applicant.email == email)


def _let_in(world: World, name: str) -> None:
    place = Placement(new_store=NewStore(name=f"Shop of {name}"))
    slug = approve_manager(world.actor("admin"), _application(world, name), place, "Asia/Kolkata")
    world.keys[f"{name}.store"] = slug


def _refuse(world: World, name: str) -> None:
    reject_manager(world.actor("admin"), _application(world, name), "Too far away.")


def _fill(world: World) -> None:
    admin, manager, customer = (world.actor(name) for name in ("admin", "manager", "customer"))
    keys, store = world.keys, world.keys["manager.store"]
    keys["category"] = create_category(admin, NewCategory(name="Drinks", well="sky")).slug
    new = NewProduct(title="Oat milk", category=keys["category"], price=Money(9900, "INR"))
    keys["product"] = create_product(manager, store, new).slug
    publish_product(manager, keys["product"])
    receive_goods(manager, keys["product"], 50)
    set_line(customer, keys["product"], 2)
    keys["order"] = buy(customer).orders[0].number
    set_line(customer, keys["product"], 1)
    wish = CategoryWish(kind="create", name="Tea", store=store)
    keys["request"] = ask_for_category(manager, wish)
    keys["job"] = request_export(manager, store).uid
    address = AddressDetails("Asha Rao", "+91 98450 12345", "12 Lake Road", "Bengaluru", "560001")
    keys["address"] = add_address(customer, address).uid
    keys["session"] = list_sessions(customer, PageQuery()).items[0].uid
    other = world.actor("other_customer")
    keys["person_session"] = list_sessions(other, PageQuery()).items[0].uid
    keys["passkey"] = add_passkey(world.people["customer"])[1]["passkey"]["uid"]
    keys["application"] = _application(world, "pending")
    keys["person"] = world.people["other_customer"].uid
