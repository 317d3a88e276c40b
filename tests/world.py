"""A small shop in which everything exists once, made through the verbs."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, insert, select

from kirana.accounts.key_shapes import NewKey
from kirana.accounts.models import Account
from kirana.accounts.permissions import Permission
from kirana.accounts.queries import list_applications
from kirana.accounts.services import add_address, make_key, suspend
from kirana.accounts.session_queries import list_sessions
from kirana.accounts.shapes import AddressDetails, ApplicationsQuery, Tokens
from kirana.cart.services import set_line
from kirana.catalog.inputs import CategoryWish, NewCategory, NewPlannedPrice, NewProduct
from kirana.catalog.models import Category, Picture, Product
from kirana.catalog.services.categories import create_category
from kirana.catalog.services.plans import plan_price
from kirana.catalog.services.products import create_product, publish_product
from kirana.catalog.services.requests import ask_for_category
from kirana.exports.services import request_export
from kirana.lists.keys import link_token
from kirana.lists.services import keep_favourite, make_list, set_list_line, share_list
from kirana.lists.shapes import Place
from kirana.oversight.queries import IncidentsQuery, list_incidents
from kirana.oversight.services import Broken, record_findings
from kirana.platform import clock, freshness
from kirana.platform.access import Actor
from kirana.platform.amounts import Money
from kirana.platform.audit import AuditEvent
from kirana.platform.config import Settings
from kirana.platform.db import query, verb
from kirana.platform.paging import PageQuery
from kirana.search.services import add_synonym
from kirana.search.shapes import NewSynonym
from kirana.stock.services.goods import receive_goods
from kirana.stores.invitation_keys import invitation_token
from kirana.stores.models import Store
from kirana.stores.queries import load_rights
from kirana.stores.services import (
    accept_invitation,
    approve_manager,
    create_store,
    invite,
    reject_manager,
)
from kirana.stores.shapes import NewStore, Placement, StoreRole
from kirana.stores.team_shapes import NewInvitation
from tests.accounts.factors import add_passkey
from tests.accounts.people import Visitor, applicant, join
from tests.checkout.buying import buy
from tests.machinery import databases
from tests.machinery.databases import SECRET, PutBack

PLACES: dict[str, StoreRole] = {"courier": "courier", "suspended": "manager"}
# What the program at the manager's till may do.
KEY_RIGHTS = (Permission.READ_STORE_PRODUCTS, Permission.WRITE_STORE_STOCK)


@dataclass
class World:
    """Who lives there, and the public keys of what belongs to ``customer`` and ``manager``."""

    people: dict[str, Visitor]
    keys: dict[str, str] = field(default_factory=dict)

    def actor(self, name: str) -> Actor:
        return actor_of(self.people[name].email)

    def again(self, app: Any) -> "World":
        """The same people with clients of their own."""
        assert not any(person.client._cookies for person in self.people.values())
        people = {
            name: Visitor(app.test_client(), person.email, person.tokens)
            for name, person in self.people.items()
        }
        return World(people, dict(self.keys))


@dataclass(frozen=True)
class _Kept:
    """A world whose rows can be put back, for as long as its people's tokens are fresh."""

    world: World
    settings: Settings
    put_back: PutBack
    until: float

    def returns(self, settings: Settings) -> bool:
        if self.settings != settings or time.monotonic() > self.until:
            return False
        return self.put_back()


KEPT_SECONDS = 60.0
_kept: dict[str, _Kept] = {}


@query
def _is_untouched(connection: Connection) -> bool:
    """Whether nothing was done yet: every deed is noted or makes one of these."""
    tables = (AuditEvent, Account, Store, Category)
    return not any(connection.execute(select(table.id).limit(1)).first() for table in tables)


@query
def actor_of(connection: Connection, email: str) -> Actor:
    """The person as the loader would make them, without a request."""
    row = connection.execute(select(Account.__table__).where(Account.email == email)).one()
    rights = load_rights(row.id)
    return Actor(
        account_id=row.id, uid=row.uid, email=row.email, name=row.name, role=row.role,
        status=row.status, permissions=rights.permissions, stores=rights.stores, via="bearer",
    )  # fmt: skip


def build(app: Any) -> World:
    """A customer with an order, a manager with a store, a stranger with another, an admin.

    To make it takes a quarter of a second. Where nothing was done yet, the rows of one that was
    made on this database within the last minute are put back instead.
    """
    settings: Settings = app.config["SETTINGS"]
    if not databases.can_keep(settings.database) or not _is_untouched():
        return _make(app)
    kept = _kept.get(settings.database)
    if kept is None or not kept.returns(settings):
        world, until = _make(app), time.monotonic() + KEPT_SECONDS
        kept = _Kept(world, settings, databases.keep(settings.database), until)
        _kept[settings.database] = kept
    freshness.forget()
    return kept.world.again(app)


def _make(app: Any) -> World:
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
    for name in ("picker", "courier", "mixed", "suspended"):
        people[name] = join(app)
        _hire(world, name, PLACES.get(name, "picker"))
    _give_a_store_of_their_own(world, "mixed")
    people["pending"] = applicant(app, "Third Shop")
    people["rejected"] = applicant(app, "Fourth Shop")
    _refuse(world, "rejected")
    _fill(world)
    people["key"] = _with_key(app, world.actor("manager"), KEY_RIGHTS)
    suspend(world.actor("admin"), people["suspended"].uid, "a test")
    return world


def _hire(world: World, name: str, role: StoreRole, by: str = "manager", slug: str = "") -> None:
    """A place in a store, by an invitation that was accepted."""
    wanted = NewInvitation(world.people[name].email, role)
    uid = invite(world.actor(by), SECRET, slug or world.keys["manager.store"], wanted)
    accept_invitation(world.actor(name), invitation_token(SECRET, uid))


def _give_a_store_of_their_own(world: World, name: str) -> None:
    new = NewStore(name=f"Shop of {name}")
    slug = create_store(world.actor("admin"), new, "Asia/Kolkata", "open")
    _hire(world, name, "owner", "admin", slug)


def _with_key(app: Any, owner: Actor, rights: Sequence[Permission]) -> Visitor:
    """A program that comes with an API key."""
    _uid, token = make_key(owner, NewKey("till", list(rights)), None)
    return Visitor(app.test_client(), tokens=Tokens(token, "", 0))


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


@verb
def _picture_of(connection: Connection, slug: str) -> str:
    """The name of the second of two pictures whose files nobody needs."""
    product = connection.execute(select(Product.id).where(Product.slug == slug)).scalar_one()
    for place, file in enumerate(("oats.webp", "back.webp")):
        made = insert(Picture).values(
            product_id=product, position=place, file=file, width=8, height=8
        )
        connection.execute(made)
    return "back.webp"


def _fill(world: World) -> None:
    admin, manager, customer = (world.actor(name) for name in ("admin", "manager", "customer"))
    keys, store = world.keys, world.keys["manager.store"]
    keys["category"] = create_category(admin, NewCategory(name="Drinks", well="sky")).slug
    new = NewProduct(title="Oat milk", category=keys["category"], price=Money(9900, "INR"))
    keys["synonym"] = add_synonym(admin, NewSynonym(word="curd", other="yoghurt")).uid
    keys["product"] = create_product(manager, store, new).slug
    publish_product(manager, keys["product"])
    receive_goods(manager, keys["product"], 50)
    set_line(customer, keys["product"], 2)
    later = NewPlannedPrice(price=Money(8900, "INR"), due_at=clock.utc_now() + timedelta(days=9))
    keys["plan"] = plan_price(manager, keys["product"], later).uid
    keys["picture"] = _picture_of(keys["product"])
    keys["order"] = buy(customer).orders[0].number
    found = [Broken(1, "a rule of the world", 1, [{"id": 1}])]
    record_findings(found, clock.utc_now())
    [incident] = list_incidents(admin, IncidentsQuery()).items
    keys["incident"] = incident.uid
    set_line(customer, keys["product"], 1)
    wish = CategoryWish(kind="create", name="Tea", store=store)
    keys["request"] = ask_for_category(manager, wish)
    keys["review"] = "none"
    keep_favourite(customer, keys["product"], 500)
    keys["list"] = make_list(customer, "The week", 20)
    set_list_line(customer, Place(uid=keys["list"]), (keys["product"], 2), 100)
    keys["link"] = share_list(customer, keys["list"], "read", SECRET)
    keys["list_token"] = link_token(SECRET, keys["link"])
    keys["job"] = request_export(manager, store).uid
    address = AddressDetails("Asha Rao", "+91 98450 12345", "12 Lake Road", "Bengaluru", "560001")
    keys["address"] = add_address(customer, address).uid
    keys["session"] = list_sessions(customer, PageQuery()).items[0].uid
    other = world.actor("other_customer")
    keys["person_session"] = list_sessions(other, PageQuery()).items[0].uid
    keys["passkey"] = add_passkey(world.people["customer"])[1]["passkey"]["uid"]
    keys["application"] = _application(world, "pending")
    keys["member"] = world.people["picker"].uid
    wanted = NewInvitation(world.people["other_customer"].email, "courier")
    keys["invitation"] = invite(manager, SECRET, store, wanted)
    keys["token"] = invitation_token(SECRET, keys["invitation"])
    keys["key"], _token = make_key(customer, NewKey("mine", [Permission.READ_OWN_ORDERS]), None)
    keys["person"] = world.people["other_customer"].uid
