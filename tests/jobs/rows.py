"""Rows written straight into the tables, for tests of what happens with them later."""

import itertools
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from kirana.accounts.models import Account
from kirana.cart.models import Cart
from kirana.catalog.models import Category, Product
from kirana.jobs.models import Job
from kirana.orders.models import Charge, Order, OrderGroup, OrderLine
from kirana.payments.models import Payment
from kirana.platform.access import Actor
from kirana.platform.db import query, verb
from kirana.stock.models import StockLevel
from kirana.stores.models import Membership, Store
from kirana.stores.queries import load_rights

LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
_serial = itertools.count(1)


def _key(connection: Connection, statement: Any) -> int:
    found: int = connection.execute(statement).inserted_primary_key[0]
    return found


@verb
def add_account(connection: Connection, email: str, role: str = "customer", **values: Any) -> int:
    row = {
        "name": email.partition("@")[0].title(), "password_hash": "-", "status": "active",
        "created_at": LONG_AGO,
    }  # fmt: skip
    return _key(connection, insert(Account).values(email=email, role=role, **(row | values)))


@verb
def add_store(connection: Connection, slug: str, zone: str = "Asia/Kolkata") -> int:
    row = {"name": slug.replace("-", " ").title(), "zone": zone, "created_at": LONG_AGO}
    return _key(connection, insert(Store).values(slug=slug, **row))


@verb
def add_member(connection: Connection, account_id: int, store_id: int) -> None:
    row = {"account_id": account_id, "store_id": store_id, "role": "manager"}
    connection.execute(insert(Membership).values(**row))


@verb
def add_category(connection: Connection, name: str) -> int:
    return _key(connection, insert(Category).values(slug=name.lower(), name=name))


@verb
def add_product(connection: Connection, store_id: int, title: str, **values: Any) -> int:
    number = next(_serial)
    category = select(Category.id).where(Category.name == values.pop("category", "Pantry"))
    row = {
        "slug": f"p-{number}", "sku": f"SKU-{number}", "sort_key": title.casefold(),
        "price_minor": 9450, "status": "published", "published_at": LONG_AGO,
        "created_at": LONG_AGO, "updated_at": LONG_AGO,
    }  # fmt: skip
    stock = values.pop("stock", 0)
    category_id = connection.execute(category).scalar()
    if category_id is None:
        category_id = add_category("Pantry")
    new = {"store_id": store_id, "category_id": category_id, "title": title} | row | values
    product_id = _key(connection, insert(Product).values(**new))
    connection.execute(insert(StockLevel).values(product_id=product_id, on_hand=stock))
    return product_id


@verb
def add_many_products(connection: Connection, store_id: int, number: int) -> None:
    """Many at once, with titles of a usual length."""
    category_id = add_category("Bulk")
    rows = [
        {
            "store_id": store_id, "category_id": category_id, "slug": f"bulk-{n}", "sku": f"B-{n}",
            "title": f"Article {n} " + "x" * 20, "sort_key": f"{n:09}", "price_minor": n,
            "status": "published", "published_at": LONG_AGO, "created_at": LONG_AGO,
            "updated_at": LONG_AGO,
        }
        for n in range(number)
    ]  # fmt: skip
    connection.execute(insert(Product), rows)


@verb
def add_order(
    connection: Connection,
    account_id: int,
    store_id: int,
    placed_at: datetime,
    lines: list[tuple[int, int]],
    **values: Any,
) -> int:
    """An order of (product, quantity) lines at today's prices; ``delivery`` adds a charge."""
    charge = values.pop("delivery", 0)
    cart = {"account_id": account_id, "status": "ordered"}
    cart_id = _key(connection, insert(Cart).values(**cart))
    found = [(_product(connection, product_id), quantity) for product_id, quantity in lines]
    totals = [row.price_minor * quantity // row.price_per for row, quantity in found]
    money = {"total_minor": sum(totals) + charge, "currency": "INR"}
    address = {"name": "Asha", "phone": "1", "street": "14 Lake View", "city": "Pune"}
    group = {"account_id": account_id, "cart_id": cart_id, "postcode": "411001"} | address
    group_id = _key(connection, insert(OrderGroup).values(**group, **money, placed_at=placed_at))
    head = {"group_id": group_id, "store_id": store_id, "account_id": account_id} | money
    head |= {"lines_minor": sum(totals), "charges_minor": charge, "placed_at": placed_at}
    order_id = _key(connection, insert(Order).values(**(head | values)))
    for (row, quantity), total in zip(found, totals, strict=True):
        _add_line(connection, order_id, row, (quantity, total))
    if charge:
        new = {"order_id": order_id, "kind": "delivery", "label": "Delivery"}
        connection.execute(insert(Charge).values(**new, amount_minor=charge))
    owed = {"order_id": order_id, "method": "cash", "amount_minor": money["total_minor"]}
    connection.execute(insert(Payment).values(**owed, currency="INR"))
    return order_id


def _product(connection: Connection, product_id: int) -> Any:
    find = select(Product.__table__, Category.name.label("category_name")).join(
        Category, Category.id == Product.category_id
    )
    return connection.execute(find.where(Product.id == product_id)).one()


def _add_line(connection: Connection, order_id: int, row: Any, amount: tuple[int, int]) -> None:
    connection.execute(
        insert(OrderLine).values(
            order_id=order_id, product_id=row.id, title=row.title, sku=row.sku,
            size_text=row.size_text, category_name=row.category_name, unit=row.unit,
            quantity=amount[0], price_minor=row.price_minor, price_per=row.price_per,
            tax_class="zero", tax_basis_points=0, tax_minor=0, total_minor=amount[1],
        )
    )  # fmt: skip


@query
def actor_of(connection: Connection, account_id: int) -> Actor:
    """The person as the edges would load them."""
    row = connection.execute(select(Account.__table__).where(Account.id == account_id)).one()
    rights = load_rights(account_id)
    return Actor(
        account_id=account_id, uid=row.uid, email=row.email, name=row.name, role=row.role,
        status=row.status, permissions=rights.permissions, stores=rights.stores,
    )  # fmt: skip


@query
def id_of(connection: Connection, email: str) -> int:
    found: int = connection.execute(select(Account.id).where(Account.email == email)).scalar_one()
    return found


@query
def id_of_job(connection: Connection, uid: str) -> int:
    found: int = connection.execute(select(Job.id).where(Job.uid == uid)).scalar_one()
    return found
