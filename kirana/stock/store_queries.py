"""Reads of a store's own people: their products with stock, levels and the ledger."""

from collections import defaultdict
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, func, select

from kirana.accounts.models import Account
from kirana.accounts.permissions import Permission
from kirana.catalog.addresses import small_picture_url
from kirana.catalog.models import Category, Picture, Product
from kirana.catalog.queries import family_of, own_store_id
from kirana.catalog.views import ProductStatus
from kirana.platform import clock
from kirana.platform.access import Actor
from kirana.platform.db import query
from kirana.platform.errors import NotFound
from kirana.platform.paging import Page, PageQuery, after, decode_cursor, to_page
from kirana.stock.availability import NOW, at, available, out_of_date
from kirana.stock.bands import Band, band_of, usual_low_at
from kirana.stock.filters import searched
from kirana.stock.models import Lot, LotMovement, StockLevel, StockMovement
from kirana.stock.views import LotPart, Movement, StockedProduct, StockView

_FREE = func.coalesce(available(NOW), 0)
_LOW_AT = func.coalesce(StockLevel.low_at, 0)
_STOCKED = (
    select(
        Product.slug, Product.title, Product.brand, Product.sku, Product.barcode,
        Product.size_text, Product.unit, Product.price_minor, Product.was_minor,
        Product.price_per, Product.minimum, Product.status, Product.version, Product.updated_at,
        Product.sort_key, Category.slug.label("category"),
        Category.name.label("category_name"), Picture.file,
        func.coalesce(StockLevel.on_hand, 0).label("on_hand"),
        func.coalesce(StockLevel.reserved, 0).label("reserved"), _LOW_AT.label("low_at"),
        _FREE.label("available"),
    )
    .join(Category, Category.id == Product.category_id)
    .outerjoin(StockLevel, StockLevel.product_id == Product.id)
    .outerjoin(Picture, and_(Picture.product_id == Product.id, Picture.position == 0))
)  # fmt: skip
_LEVEL = (
    select(
        Product.id, Product.store_id, Product.slug, Product.unit, Product.minimum,
        StockLevel.on_hand, StockLevel.reserved, StockLevel.low_at, StockLevel.version,
        StockLevel.tracks_lots, out_of_date(NOW).label("out_of_date"),
    )
    .outerjoin(StockLevel, StockLevel.product_id == Product.id)
)  # fmt: skip


class StockedQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Filters of the manager's list; ``stock`` is a band of available goods."""

    q: str | None = None
    status: ProductStatus | None = None
    category: str | None = None
    stock: Band | None = None


class StatusCount(msgspec.Struct, frozen=True):
    """How many products of a store have a status."""

    status: ProductStatus
    count: int


@query
def list_store_products(
    connection: Connection, actor: Actor, store_slug: str, wanted: StockedQuery
) -> Page[StockedProduct]:
    """A store's products of every status by title. Raises NotFound (not yours), Invalid."""
    store_id = own_store_id(actor, store_slug, Permission.READ_STORE_PRODUCTS)
    statement = _STOCKED.where(Product.store_id == store_id, *_filters(wanted))
    if wanted.cursor is not None:
        seen = decode_cursor(wanted.cursor, [str, str])
        statement = statement.where(after([Product.sort_key, Product.slug], seen, False))
    rows = connection.execute(
        statement.order_by(Product.sort_key, Product.slug).limit(wanted.limit + 1),
        at(clock.utc_now()),
    ).all()
    return to_page(rows, wanted.limit, _stocked, lambda row: (row.sort_key, row.slug))


@query
def count_store_products(
    connection: Connection, actor: Actor, store_slug: str
) -> list[StatusCount]:
    """How many products the store has in each status. Raises NotFound (not yours)."""
    store_id = own_store_id(actor, store_slug, Permission.READ_STORE_PRODUCTS)
    rows = connection.execute(
        select(Product.status, func.count())
        .where(Product.store_id == store_id)
        .group_by(Product.status)
        .order_by(Product.status)
    )
    return [StatusCount(row[0], row[1]) for row in rows]  # type: ignore[arg-type] # CHECKed


@query
def get_stock(connection: Connection, actor: Actor, slug: str) -> StockView:
    """The level of a product of the actor's stores. Raises NotFound."""
    row = _own_level(connection, actor, slug)
    on_hand, reserved = row.on_hand or 0, row.reserved or 0
    free = max(0, on_hand - reserved - row.out_of_date)
    low_at = usual_low_at(row.unit, row.minimum) if row.low_at is None else row.low_at
    return StockView(
        product=row.slug, unit=row.unit, on_hand=on_hand, reserved=reserved,
        out_of_date=row.out_of_date, available=free, tracks_lots=bool(row.tracks_lots),
        low_at=low_at, stock_band=band_of(free, row.minimum, low_at), version=row.version or 1,
    )  # fmt: skip


def _own_level(connection: Connection, actor: Actor, slug: str) -> Any:
    find = _LEVEL.where(Product.slug == slug)
    row = connection.execute(find, at(clock.utc_now())).one_or_none()
    if row is None or not actor.may_in(row.store_id, Permission.READ_STORE_STOCK):
        raise NotFound
    return row


@query
def list_movements(
    connection: Connection, actor: Actor, slug: str, wanted: PageQuery
) -> Page[Movement]:
    """The ledger of a product, newest first. Raises NotFound (not yours), Invalid.

    Orders are named to who may read them.
    """
    product = _own_level(connection, actor, slug)
    statement = (
        select(
            StockMovement.balance_after, StockMovement.kind, StockMovement.delta,
            StockMovement.reason, StockMovement.reason_code, StockMovement.at, StockMovement.id,
            StockMovement.order_line_id, StockMovement.transfer_uid, Account.name,
        )
        .outerjoin(Account, Account.id == StockMovement.actor_id)
        .where(StockMovement.product_id == product.id)
        .order_by(StockMovement.id.desc())
        .limit(wanted.limit + 1)
    )  # fmt: skip
    if wanted.cursor is not None:
        statement = statement.where(StockMovement.id < decode_cursor(wanted.cursor, [int])[0])
    rows = connection.execute(statement).all()
    parts = _lot_parts(connection, [row.id for row in rows])
    sees_orders = actor.may_in(product.store_id, Permission.READ_STORE_ORDERS)
    return to_page(
        rows,
        wanted.limit,
        lambda row: _movement(row, parts[row.id], sees_orders),
        lambda row: (row.id,),
    )


def _lot_parts(connection: Connection, movement_ids: list[int]) -> dict[int, list[LotPart]]:
    rows = connection.execute(
        select(LotMovement.movement_id, Lot.code, Lot.best_before, LotMovement.delta)
        .join(Lot, Lot.id == LotMovement.lot_id)
        .where(LotMovement.movement_id.in_(movement_ids))
        .order_by(LotMovement.id)
    )
    found: dict[int, list[LotPart]] = defaultdict(list)
    for row in rows:
        found[row.movement_id].append(LotPart(row.code, row.best_before, row.delta))
    return found


def _filters(wanted: StockedQuery) -> list[ColumnElement[bool]]:
    found = list(searched(wanted.q))
    if wanted.status is not None:
        found.append(Product.status == wanted.status)
    if wanted.category is not None:
        found.append(Product.category_id.in_(family_of(wanted.category)))
    if wanted.stock is not None:
        found.append(_in_band(wanted.stock))
    return found


def _in_band(band: Band) -> ColumnElement[bool]:
    enough = Product.minimum <= _FREE
    if band == "none":
        return Product.minimum > _FREE
    return and_(enough, _FREE <= _LOW_AT if band == "few" else _FREE > _LOW_AT)


def _stocked(row: Any) -> StockedProduct:
    values = dict(row._mapping)
    file, minimum, _ = values.pop("file"), values.pop("minimum"), values.pop("sort_key")
    values["available"] = free = max(0, values["available"])
    return StockedProduct(
        **values,
        picture_url=small_picture_url(file, values["slug"]),
        stock_band=band_of(free, minimum, values["low_at"]),
    )


def _movement(row: Any, lots: list[LotPart], sees_orders: bool) -> Movement:
    by_order = row.order_line_id is not None
    return Movement(
        kind=row.kind, delta=row.delta, balance_after=row.balance_after,
        cause="order" if by_order else "transfer" if row.transfer_uid else "person",
        order=row.reason or None if by_order and sees_orders else None, transfer=row.transfer_uid,
        reason_code=row.reason_code, reason="" if by_order else row.reason, lots=tuple(lots),
        by=row.name or "", at=row.at,
    )  # fmt: skip
