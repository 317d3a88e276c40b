"""Stores, products with stock, and people, written straight into the tables, histories included."""

import itertools
from typing import Any

from sqlalchemy import Connection, insert, select, update

from kirana.accounts.models import Account, AccountEvent
from kirana.accounts.permissions import GUEST_PERMISSIONS, rights_of
from kirana.catalog.models import Category, Price, Product, ProductEvent
from kirana.platform import audit, clock
from kirana.platform.access import SYSTEM, Actor
from kirana.platform.columns import new_uid
from kirana.platform.db import query, verb
from kirana.platform.tokens import hash_secret, new_secret
from kirana.stock.models import StockLevel, StockMovement
from kirana.stores.models import Membership, Store, StoreEvent

_numbers = itertools.count(1)


def make_guest() -> Actor:
    return Actor(guest_hash=hash_secret(new_secret()), permissions=frozenset(GUEST_PERMISSIONS))


@verb
def make_person(
    connection: Connection, role: str = "customer", store_id: int | None = None
) -> Actor:
    """An active account; with ``store_id`` a member of that store's team."""
    number, uid = next(_numbers), new_uid()
    values = {"email": f"person{number}@example.org", "name": f"Person {number}", "role": role}
    values["uid"] = uid
    account_id = _insert(connection, Account, password_hash="-", status="active", **values)
    _insert(connection, AccountEvent, account_id=account_id, to_status="active", reason="")
    if role != "customer":
        after = {"role": role, "status": "active"}
        audit.record(connection, SYSTEM, "account.created", ("account", uid), after=after)
    if store_id is not None:
        found = select(Store.slug).where(Store.id == store_id)
        store = ("store", connection.execute(found).scalar_one())
        audit.record(connection, SYSTEM, "membership.granted", store)
        _insert(connection, Membership, account_id=account_id, store_id=store_id, role="manager")
    rights = rights_of(role, "active", {store_id: "manager"} if store_id else {})
    return Actor(
        account_id=account_id,
        uid=uid,
        email=values["email"],
        role=role,
        status="active",
        name=values["name"],
        permissions=rights.permissions,
        stores=rights.stores,
        via="bearer",
    )


@verb
def make_store(connection: Connection, name: str = "Shop") -> int:
    slug = f"store-{next(_numbers)}"
    store_id = _insert(connection, Store, slug=slug, name=name, zone="Asia/Kolkata", status="open")
    _insert(connection, StoreEvent, store_id=store_id, to_status="open")
    return store_id


@verb
def make_product(connection: Connection, store_id: int, stock: int = 10, **given: Any) -> str:
    """A published product with ``stock`` on hand; its slug. ``given`` overrides columns."""
    number = next(_numbers)
    slug = f"product-{number}"
    values = {
        "store_id": store_id, "category_id": _category(connection), "slug": slug,
        "sku": f"SKU-{number}", "title": f"Product {number}", "sort_key": f"product {number}",
        "price_minor": 5000, "status": "published", "published_at": clock.now(connection),
    }  # fmt: skip
    product_id = _insert(connection, Product, **(values | given))
    price = (values | given)["price_minor"]
    _insert(connection, Price, product_id=product_id, amount_minor=price)
    _insert(connection, ProductEvent, product_id=product_id, to_status="draft")
    _insert(
        connection, ProductEvent, product_id=product_id, from_status="draft", to_status="published"
    )
    connection.execute(insert(StockLevel).values(product_id=product_id, on_hand=stock))
    if stock:
        _insert(
            connection, StockMovement,
            product_id=product_id, kind="received", delta=stock, balance_after=stock,
        )  # fmt: skip
    return slug


@verb
def change_product(connection: Connection, slug: str, **values: Any) -> None:
    """Change columns; a changed price ends the price row and begins the next."""
    changing = update(Product).where(Product.slug == slug).values(values)
    product_id = connection.execute(changing.returning(Product.id)).scalar_one()
    if "price_minor" in values:
        now = clock.now(connection)
        current = (Price.product_id == product_id) & Price.valid_until.is_(None)
        connection.execute(update(Price).where(current).values(valid_until=now))
        _insert(connection, Price, product_id=product_id, amount_minor=values["price_minor"])


@verb
def set_stock(connection: Connection, slug: str, stock: int) -> None:
    """Count the shelf anew: the level, and the movement that explains it."""
    row = _level(connection, slug)
    connection.execute(
        update(StockLevel).where(StockLevel.product_id == row.product_id).values(on_hand=stock)
    )
    _insert(
        connection, StockMovement, product_id=row.product_id, kind="adjusted",
        delta=stock - row.on_hand, balance_after=stock, reason="count",
    )  # fmt: skip


@query
def stock_of(connection: Connection, slug: str) -> int:
    found: int = _level(connection, slug).on_hand
    return found


@query
def movements_of(connection: Connection, slug: str) -> list[tuple[str, int]]:
    rows = connection.execute(
        select(StockMovement.kind, StockMovement.delta)
        .join(Product, Product.id == StockMovement.product_id)
        .where(Product.slug == slug)
        .order_by(StockMovement.id)
    )
    return [(row.kind, row.delta) for row in rows]


def _level(connection: Connection, slug: str) -> Any:
    return connection.execute(
        select(StockLevel.product_id, StockLevel.on_hand)
        .join(Product, Product.id == StockLevel.product_id)
        .where(Product.slug == slug)
    ).one()


def _category(connection: Connection) -> int:
    found = connection.execute(select(Category.id).where(Category.slug == "shelf")).scalar()
    return found or _insert(connection, Category, slug="shelf", name="Shelf")


def _insert(connection: Connection, table: Any, **values: Any) -> int:
    made = connection.execute(insert(table).values(**values).returning(table.id))
    return int(made.scalar_one())
