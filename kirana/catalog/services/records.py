"""A product's row, taken and saved, with its prices and its history."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from kirana.accounts.permissions import Permission
from kirana.catalog.errors import SkuTaken
from kirana.catalog.models import Price, Product, ProductEvent
from kirana.catalog.services.versions import raise_version
from kirana.platform import clock
from kirana.platform.access import Actor
from kirana.platform.errors import NotFound, Stale


def lock_product(
    connection: Connection,
    actor: Actor,
    slug: str,
    permission: Permission = Permission.WRITE_STORE_PRODUCTS,
    version: int | None = None,
) -> dict[str, Any]:
    """The row of a product, locked, if ``permission`` is held in its store.

    Raises NotFound, Stale.
    """
    found = select(Product.__table__).where(Product.slug == slug).with_for_update(key_share=True)
    row = connection.execute(found).one_or_none()
    if row is None or not actor.may_in(row.store_id, permission):
        raise NotFound
    if version is not None and version != row.version:
        raise Stale
    return dict(row._mapping)


def add_product(connection: Connection, row: dict[str, Any]) -> int:
    """The key of the new row. Raises SkuTaken."""
    try:
        key = connection.execute(insert(Product).values(**row)).inserted_primary_key
    except IntegrityError as error:
        raise _clash(error) from None
    return int(key[0]) if key else 0


def save_product(connection: Connection, product_id: int, values: dict[str, Any]) -> None:
    """Write ``values`` and raise the version. Raises SkuTaken."""
    change = update(Product).where(Product.id == product_id)
    try:
        connection.execute(change.values(**values, version=Product.version + 1))
    except IntegrityError as error:
        raise _clash(error) from None


def _clash(error: IntegrityError) -> Exception:
    return SkuTaken() if "sku" in str(error.orig) else error


def open_price(
    connection: Connection, actor: Actor, product_id: int, amount: int, now: datetime
) -> int:
    """Begin the price that is true from ``now`` on; its key."""
    made = insert(Price).values(
        product_id=product_id, amount_minor=amount, valid_from=now, actor_id=actor.account_id
    )
    return int(connection.execute(made.returning(Price.id)).scalar_one())


def close_price(connection: Connection, product_id: int, now: datetime) -> None:
    """End the price that was true until ``now``."""
    connection.execute(
        update(Price)
        .where(Price.product_id == product_id, Price.valid_until.is_(None))
        .values(valid_until=now)
    )


def write_event(
    connection: Connection, actor: Actor, product_id: int, before: str | None, after: str
) -> None:
    """Keep a move of a product's status."""
    connection.execute(
        insert(ProductEvent).values(
            product_id=product_id, from_status=before, to_status=after,
            actor_id=actor.account_id, at=clock.now(connection),
        )
    )  # fmt: skip


def tell_public(connection: Connection, status: str, product_id: int) -> None:
    """Raise the catalogue's version if the public sees the product. Call it last."""
    if status == "published":
        raise_version(connection, ("product", product_id))
