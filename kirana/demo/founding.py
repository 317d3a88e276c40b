"""Stores, people, shelves and products of the demo, as rows."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from kirana.accounts.models import Account, AccountEvent, Address, Approval
from kirana.catalog.models import Category, Picture, Price, Product, ProductEvent
from kirana.demo.catalogue import Catalogue, DemoProduct
from kirana.demo.people import CITY, STAFF, STORES, ZONE, Customer, StaffMember
from kirana.demo.rows import Rows
from kirana.platform.audit import AuditEvent
from kirana.platform.columns import new_uid
from kirana.platform.outbox import Outbox
from kirana.stores.models import Membership, Store, StoreEvent

FOUNDED_DAYS_AGO = 450
PRICE_CUTS = 22
PICTURE_SIZE = 480


@dataclass(frozen=True, slots=True)
class Found:
    """A product with its key, and its price before a cut, if it was cut."""

    id: int
    product: DemoProduct
    was_minor: int | None
    cut_at: datetime | None

    def price_at(self, moment: datetime) -> int:
        if self.was_minor is not None and self.cut_at is not None and moment < self.cut_at:
            return self.was_minor
        return self.product.price_minor


@dataclass(frozen=True, slots=True)
class Ground:
    """The keys that orders refer to. Stores by their letter, products by their number."""

    stores: Mapping[str, int]
    staff: Mapping[str, tuple[int, ...]]
    customers: tuple[int, ...]
    products: Mapping[str, Found]
    shelf_names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Moment:
    """When the demo is made, and the chance that decides its details."""

    now: datetime
    chance: random.Random

    def days_ago(self, days: int) -> datetime:
        """That many days ago, at some time of the working day."""
        return self.now - timedelta(days=days, seconds=self.chance.randrange(8 * 3600))


@dataclass(frozen=True, slots=True)
class Files:
    """Names of the stored pictures, by product number and by department."""

    products: Mapping[str, str]
    departments: Mapping[str, str]


def found_shop(
    rows: Rows, moment: Moment, catalogue: Catalogue, files: Files, people: "People"
) -> Ground:
    """Everything that stands before the first order."""
    stores = _open_stores(rows, moment)
    staff = _hire(rows, moment, people, stores)
    customers = tuple(_welcome(rows, moment, people, customer) for customer in people.customers)
    shelves = _put_up_shelves(rows, moment, catalogue, files)
    products = _fill_shelves(rows, moment, catalogue, {**stores}, shelves)
    for sku, found in products.items():
        rows.add(
            Picture, product_id=found.id, position=0, file=files.products[sku],
            alt=found.product.title, width=PICTURE_SIZE, height=PICTURE_SIZE,
            created_at=moment.now,
        )  # fmt: skip
    names = {department.slug: department.name for department in catalogue.departments}
    return Ground(stores, staff, customers, products, names)


@dataclass(frozen=True, slots=True)
class People:
    """Who is to come, all with one password's hash."""

    customers: tuple[Customer, ...]
    password_hash: str


def _open_stores(rows: Rows, moment: Moment) -> dict[str, int]:
    keys = {}
    for store in STORES:
        at = moment.days_ago(FOUNDED_DAYS_AGO)
        key = rows.add(
            Store, slug=store.slug, name=store.name, zone=ZONE, street=store.street, city=CITY,
            phone=store.phone, opening_hours=store.opening_hours, status="open", created_at=at,
        )  # fmt: skip
        for before, after in ((None, "draft"), ("draft", "open")):
            rows.add(
                StoreEvent, store_id=key, from_status=before, to_status=after, actor_id=None, at=at
            )
        _audit(rows, at, "store.created", ("store", store.slug), {"name": store.name})
        keys[store.key] = key
    return keys


def _hire(
    rows: Rows, moment: Moment, people: People, stores: Mapping[str, int]
) -> dict[str, tuple[int, ...]]:
    """The admin, then managers who applied and were approved; the managers' keys by store."""
    teams: dict[str, tuple[int, ...]] = dict.fromkeys(stores, ())
    admin_id = 0
    for member in STAFF:
        at = moment.days_ago(FOUNDED_DAYS_AGO - 2)
        key, uid = _account(rows, member.name, member.email, member.role, people.password_hash, at)
        if member.store is None:
            admin_id = key
            _event(rows, key, (None, "active"), None, at)
            after = {"role": "admin", "status": "active"}
            _audit(rows, at, "account.created", ("account", uid), after)
        else:
            _approve(rows, member, (key, uid), admin_id, (stores[member.store], at))
            teams[member.store] += (key,)
            if member.also:
                _invite(rows, member.also, (key, uid), (stores[member.also], at, admin_id))
    return teams


def _approve(
    rows: Rows,
    member: StaffMember,
    who: tuple[int, str],
    admin_id: int,
    where: tuple[int, datetime],
) -> None:
    """``who`` is the applicant's (key, uid), ``where`` the (store, moment of the application)."""
    key, account_uid = who
    store_id, at = where
    decided = at + timedelta(hours=5)
    _event(rows, key, (None, "pending"), None, at)
    _event(rows, key, ("pending", "active"), admin_id, decided)
    wished = next(store for store in STORES if store.key == member.store)
    uid = new_uid()
    approval_id = rows.add(
        Approval, uid=uid, account_id=key, wished_store=wished.name, status="approved",
        store_id=store_id, reason="", decided_by=admin_id, decided_at=decided, created_at=at,
    )  # fmt: skip
    rows.add(Membership, account_id=key, store_id=store_id, role=member.place, created_at=decided)
    add_sent_mail(
        rows, "manager_approved", f"manager-approved:{uid}", {"approval_id": approval_id}, decided
    )
    active = {"status": "active", "reason": ""}
    _audit(rows, decided, "account.active", ("account", account_uid), active, admin_id)
    after = {"application": uid, "account": account_uid, "role": member.place}
    _audit(rows, decided, "membership.granted", ("store", wished.slug), after, admin_id)


def _invite(rows: Rows, store: str, who: tuple[int, str], where: tuple[int, datetime, int]) -> None:
    """A manager helps out in a second store, so that goods can be sent between the two."""
    store_id, at, admin_id = where
    joined = at + timedelta(days=30)
    rows.add(Membership, account_id=who[0], store_id=store_id, role="manager", created_at=joined)
    slug = next(each.slug for each in STORES if each.key == store)
    after = {"account": who[1], "role": "manager"}
    _audit(rows, joined, "membership.granted", ("store", slug), after, admin_id)


def _welcome(rows: Rows, moment: Moment, people: People, customer: Customer) -> int:
    at = moment.days_ago(moment.chance.randint(125, 400))
    hashed = people.password_hash
    key, _uid = _account(rows, customer.name, customer.email, "customer", hashed, at)
    _event(rows, key, (None, "active"), None, at)
    rows.add(
        Address, account_id=key, name=customer.name, phone=customer.phone, street=customer.street,
        city=CITY, postcode=customer.postcode, created_at=at,
    )  # fmt: skip
    return key


def _account(
    rows: Rows, name: str, email: str, role: str, hashed: str, at: datetime
) -> tuple[int, str]:  # fmt: skip
    """The new account's key and uid."""
    uid = new_uid()
    key = rows.add(
        Account, uid=uid, email=email, name=name, password_hash=hashed, role=role, status="active",
        zone=ZONE, verified_at=at + timedelta(minutes=9), created_at=at,
    )  # fmt: skip
    return key, uid


def _event(
    rows: Rows, key: int, move: tuple[str | None, str], actor_id: int | None, at: datetime
) -> None:
    rows.add(
        AccountEvent, account_id=key, from_status=move[0], to_status=move[1], reason="",
        actor_id=actor_id, at=at,
    )  # fmt: skip


def _put_up_shelves(
    rows: Rows, moment: Moment, catalogue: Catalogue, files: Files
) -> dict[str, int]:
    """Departments and shelves; their keys by slug. Parents come first in the catalogue."""
    keys: dict[str, int] = {}
    for shelf in catalogue.departments:
        keys[shelf.slug] = rows.add(
            Category, slug=shelf.slug, name=shelf.name,
            parent_id=keys[shelf.parent] if shelf.parent else None, position=shelf.position,
            picture=files.departments.get(shelf.slug, ""), well=shelf.well,
            own_well=shelf.parent is None,
            tax_class=shelf.tax_class, created_at=moment.days_ago(FOUNDED_DAYS_AGO),
        )  # fmt: skip
    return keys


def _fill_shelves(
    rows: Rows,
    moment: Moment,
    catalogue: Catalogue,
    stores: Mapping[str, int],
    shelves: Mapping[str, int],
) -> dict[str, Found]:
    old = [p.sku for p in catalogue.products if p.unit == "each" and p.created_days_ago > 90]
    cut = set(moment.chance.sample(old, PRICE_CUTS))
    found = {}
    for product in catalogue.products:
        at = moment.days_ago(product.created_days_ago)
        was, cut_at = None, None
        if product.sku in cut:
            was = round(product.price_minor * moment.chance.uniform(1.12, 1.32) / 100 + 1) * 100
            cut_at = moment.days_ago(moment.chance.randint(3, 21))
        place = {"store_id": stores[product.store], "category_id": shelves[product.category]}
        key = _product(rows, product, place, (at, was, cut_at))
        found[product.sku] = Found(key, product, was, cut_at)
    return found


def _product(
    rows: Rows,
    product: DemoProduct,
    place: Mapping[str, int],
    dates: tuple[datetime, int | None, datetime | None],
) -> int:
    """The product with its history: made, published, and perhaps cheaper than it was."""
    at, was, cut_at = dates
    key = rows.add(
        Product, **place, slug=product.slug, sku=product.sku, barcode=product.barcode,
        title=product.title, brand=product.brand, description=product.description,
        unit=product.unit, price_minor=product.price_minor, was_minor=was,
        price_per=product.price_per, increment=product.increment, minimum=product.minimum,
        pack_size=product.pack_size, pack_unit=product.pack_unit, size_text=product.size_text,
        tax_class=product.tax_class, origin=product.origin, diet=list(product.diet),
        family=product.family, allergens=list(product.allergens), may_contain=[],
        nutrition=dict(product.nutrition),
        other_names=list(product.other_names),
        status="published", version=2, published_at=at, created_at=at, updated_at=cut_at or at,
    )  # fmt: skip
    for before, after in ((None, "draft"), ("draft", "published")):
        rows.add(
            ProductEvent, product_id=key, from_status=before, to_status=after, actor_id=None, at=at
        )
    price = {"product_id": key, "actor_id": None}
    if was is not None:
        rows.add(Price, **price, amount_minor=was, valid_from=at, valid_until=cut_at)
    rows.add(
        Price, **price, amount_minor=product.price_minor, valid_from=cut_at or at, valid_until=None
    )
    return key


def add_sent_mail(
    rows: Rows, kind: str, dedupe_key: str, payload: Mapping[str, int], at: datetime
) -> None:
    """A mail of the past: its row says sent, and nothing leaves the house."""
    rows.add(
        Outbox, kind=kind, dedupe_key=dedupe_key, payload=dict(payload), state="sent", attempt=1,
        doubts=0, next_at=at, created_at=at, sent_at=at,
    )  # fmt: skip


def _audit(
    rows: Rows,
    at: datetime,
    action: str,
    thing: tuple[str, str],
    after: Mapping[str, str],
    actor_id: int | None = None,
) -> None:
    add_audit(rows, at, (actor_id, "admin" if actor_id else "system"), (action, *thing), after)


def add_audit(
    rows: Rows,
    at: datetime,
    who: tuple[int | None, str],
    deed: tuple[str, str, str],
    after: Mapping[str, str | int],
) -> None:
    """``who`` is (account, role), ``deed`` is (action, kind of thing, its public key)."""
    rows.add(
        AuditEvent, at=at, actor_id=who[0], role=who[1], action=deed[0], object_kind=deed[1],
        object_key=deed[2], before=None, after=dict(after),
    )  # fmt: skip
