"""A small market for tests: an admin, two stores with their managers, shelves and goods."""

import itertools
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from kirana.accounts.models import Account
from kirana.accounts.permissions import rights_of
from kirana.catalog.inputs import NewCategory, NewProduct
from kirana.catalog.models import Product
from kirana.catalog.services.categories import create_category
from kirana.catalog.services.products import create_product, publish_product
from kirana.platform.access import Actor
from kirana.platform.amounts import Money
from kirana.platform.db import query, verb
from kirana.stock.models import StockLevel, StockMovement
from kirana.stock.services.goods import receive_goods
from kirana.stores.models import Membership, Store

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Market:
    """Who is there, and the shelf that goods stand on unless told otherwise."""

    admin: Actor
    manager: Actor
    stranger: Actor
    store: str
    shelf: str

    def draft(self, title: str = "Oat milk", price: int = 9900, **facts: Any) -> str:
        new = NewProduct(
            title=title, category=facts.pop("category", self.shelf), price=Money(price, "INR"),
            **facts,
        )  # fmt: skip
        return create_product(self.manager, self.store, new).slug

    def sell(
        self, title: str = "Oat milk", price: int = 9900, stock: int = 50, **facts: Any
    ) -> str:
        """A published product with ``stock`` on hand; its slug."""
        slug = self.draft(title, price, **facts)
        publish_product(self.manager, slug)
        if stock:
            receive_goods(self.manager, slug, stock)
        return slug


def open_market() -> Market:
    store, store_id = make_store()
    _, other_id = make_store()
    admin = make_actor("admin")
    shelf = create_category(admin, NewCategory(name="Drinks", well="sky", tax_class="reduced"))
    return Market(
        admin, make_actor("manager", store_id), make_actor("manager", other_id), store, shelf.slug
    )


@verb
def make_store(connection: Connection, status: str = "open") -> tuple[str, int]:
    slug = f"corner-{next(_numbers)}"
    made = insert(Store).values(slug=slug, name=slug.title(), zone="Asia/Kolkata", status=status)
    return slug, connection.execute(made.returning(Store.id)).scalar_one()


@verb
def make_actor(connection: Connection, role: str, *store_ids: int) -> Actor:
    """An active person of ``role`` who works in these stores."""
    number = next(_numbers)
    email = f"{role}-{number}@example.org"
    made = insert(Account).values(
        email=email, name=f"{role} {number}", role=role, status="active", password_hash="-"
    )
    account_id = connection.execute(made.returning(Account.id)).scalar_one()
    for store_id in store_ids:
        place = insert(Membership).values(account_id=account_id, store_id=store_id, role="manager")
        connection.execute(place)
    rights = rights_of(role, "active", dict.fromkeys(store_ids, "manager"))
    return Actor(
        account_id=account_id, email=email, name=f"{role} {number}", role=role, status="active",
        permissions=rights.permissions, stores=rights.stores, via="bearer",
    )  # fmt: skip


@verb
def join_store(connection: Connection, email: str, store: str) -> None:
    """Make the account a member of the store's team."""
    account_id = connection.execute(select(Account.id).where(Account.email == email)).scalar_one()
    store_id = connection.execute(select(Store.id).where(Store.slug == store)).scalar_one()
    place = insert(Membership).values(account_id=account_id, store_id=store_id, role="manager")
    connection.execute(place)


@verb
def set_store_status(connection: Connection, slug: str, status: str) -> None:
    connection.execute(update(Store).where(Store.slug == slug).values(status=status))


@query
def product_row(connection: Connection, slug: str) -> Any:
    found = select(Product.__table__).where(Product.slug == slug)
    return connection.execute(found).one()


@query
def level_row(connection: Connection, slug: str) -> Any:
    found = select(StockLevel.__table__).join(Product, Product.id == StockLevel.product_id)
    return connection.execute(found.where(Product.slug == slug)).one()


@query
def ledger(connection: Connection, slug: str) -> list[tuple[str, int, int]]:
    """(kind, delta, balance after), oldest first."""
    rows = connection.execute(
        select(StockMovement.kind, StockMovement.delta, StockMovement.balance_after)
        .join(Product, Product.id == StockMovement.product_id)
        .where(Product.slug == slug)
        .order_by(StockMovement.id)
    )
    return [tuple(row) for row in rows]


@query
def rows(connection: Connection, table: Any) -> list[Any]:
    return list(connection.execute(select(table.__table__).order_by(table.__table__.c.id)))
