"""The reads of exports: rows page by page, rights, and the finished file."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, and_, func, select

from kirana.accounts.permissions import Permission
from kirana.catalog.models import Category, Product
from kirana.exports.errors import ExportExpired
from kirana.exports.table import ExportRow
from kirana.jobs.models import Job
from kirana.jobs.queries import offer_file
from kirana.orders.models import Order, OrderLine
from kirana.platform.access import Actor
from kirana.platform.db import query
from kirana.platform.errors import Invalid, NotFound
from kirana.stock.availability import available, next_best_before
from kirana.stock.models import StockLevel
from kirana.stores.models import Store
from kirana.stores.queries import load_rights

KIND = "export"
NOT_SOLD = ("cancelled", "returned")

offer_file(KIND, "/api/v1/exports/{uid}/file")


class Download(msgspec.Struct, frozen=True):
    """A finished file: where it lies in the exports folder, and what it is called outside."""

    uid: str
    file: str
    name: str
    bytes: int
    sha256: str
    rows: int
    snapshot_at: datetime
    store_slug: str
    store: str
    zone: str


@query
def choose_store(connection: Connection, actor: Actor, slug: str | None) -> int:
    """The caller's store of that slug, or their only one. Raises NotFound, Invalid."""
    find = select(Store.id).where(Store.id.in_(actor.stores_for(Permission.WRITE_EXPORTS)))
    if slug is not None:
        find = find.where(Store.slug == slug)
    found = list(connection.execute(find.order_by(Store.id)).scalars())
    if not found:
        raise NotFound
    if len(found) > 1:
        raise Invalid.at("/store_slug", "say which of your stores", "required")
    chosen: int = found[0]
    return chosen


@query
def store_of(connection: Connection, slug: str) -> int:
    """Any store, for the operator. Raises NotFound."""
    found = connection.execute(select(Store.id).where(Store.slug == slug)).scalar_one_or_none()
    if found is None:
        raise NotFound("There is no store of this slug.")
    store_id: int = found
    return store_id


@query
def may_export(connection: Connection, account_id: int, store_id: int | None) -> bool:
    """Whether this person may, right now, have this store's products."""
    return store_id in export_stores(account_id)


@query
def is_still_theirs(connection: Connection, job_id: int) -> bool:
    """Whether who asked for the export may still have it."""
    find = select(Job.requester_id, Job.store_id).where(Job.id == job_id)
    row = connection.execute(find).one()
    return may_export(row.requester_id, row.store_id)


@query
def export_stores(connection: Connection, account_id: int) -> list[int]:
    """The stores whose products this person may, right now, export."""
    stores = load_rights(account_id).stores
    return [store_id for store_id, held in stores.items() if Permission.WRITE_EXPORTS in held]


@query
def count_products(connection: Connection, store_id: int, until: datetime) -> int:
    find = select(func.count()).where(Product.store_id == store_id, Product.created_at <= until)
    return connection.execute(find).scalar_one()


@query
def list_rows(
    connection: Connection, store_id: int, until: datetime, after_id: int, limit: int
) -> list[ExportRow]:
    """The next products by id, made up to ``until``, with what was sold of them."""
    page: list[Any] = list(
        connection.execute(
            select(
                Product.id, Product.title, Product.sku, Category.name.label("category"),
                Product.unit, Product.price_per, Product.price_minor,
                func.coalesce(StockLevel.on_hand, 0).label("stock"),
                Product.created_at, Product.updated_at, Product.status, Product.origin,
                Product.family, Product.diet, Product.allergens, Product.may_contain,
                func.coalesce(available(until), 0).label("available"),
                next_best_before(until).label("best_before"),
            )
            .join(Category, Category.id == Product.category_id)
            .outerjoin(StockLevel, StockLevel.product_id == Product.id)
            .where(
                Product.store_id == store_id, Product.created_at <= until, Product.id > after_id
            )
            .order_by(Product.id)
            .limit(limit)
        )
    )  # fmt: skip
    sold = _sold(connection, store_id, (page[0][0], page[-1][0])) if page else {}
    return [_row(row, sold.get(row.id, (0, 0))) for row in page]


@query
def find_download(connection: Connection, actor: Actor, uid: str) -> Download:
    """The caller's finished file, if they may still have it. Raises NotFound, ExportExpired."""
    actor.require(Permission.READ_EXPORTS)
    stores = actor.stores_for(Permission.READ_EXPORTS)
    mine = and_(Job.requester_id == actor.me(), Job.store_id.in_(stores))
    return _download(connection, and_(Job.uid == uid, mine))


@query
def get_download(connection: Connection, job_id: int) -> Download:
    """A finished file, for the mail that brings it. Raises NotFound, ExportExpired."""
    return _download(connection, Job.id == job_id)


def _row(row: Any, sold: tuple[int, int]) -> ExportRow:
    return ExportRow(
        id=row.id, title=row.title, sku=row.sku, category=row.category, unit=row.unit,
        price_per=row.price_per, price_minor=row.price_minor, stock=row.stock,
        units_sold=sold[0], revenue_minor=sold[1], created_at=row.created_at,
        updated_at=row.updated_at, status=row.status, available=max(0, row.available),
        best_before=row.best_before, origin=row.origin, family=row.family, diet=row.diet,
        allergens=row.allergens, may_contain=row.may_contain,
    )  # fmt: skip


def _sold(
    connection: Connection, store_id: int, between: tuple[int, int]
) -> dict[int, tuple[int, int]]:
    """Quantity and revenue by product, for products from one id to another."""
    find = (
        select(OrderLine.product_id, func.sum(OrderLine.quantity), func.sum(OrderLine.total_minor))
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            OrderLine.product_id.between(*between),
            OrderLine.status.not_in(NOT_SOLD),
            Order.store_id == store_id,
            Order.status.not_in(NOT_SOLD),
        )
        .group_by(OrderLine.product_id)
    )
    return {row[0]: (int(row[1]), int(row[2])) for row in connection.execute(find)}


def _download(connection: Connection, wanted: object) -> Download:
    find = (
        select(
            Job.uid, Job.status, Job.file, Job.bytes, Job.sha256, Job.rows_done, Job.snapshot_at,
            Store.slug, Store.name, Store.zone,
        )
        .join(Store, Store.id == Job.store_id)
        .where(Job.kind == KIND, wanted)  # type: ignore[arg-type]
    )  # fmt: skip
    row = connection.execute(find).one_or_none()
    if row is not None and row.status == "expired":
        raise ExportExpired
    if row is None or row.status != "done":
        raise NotFound
    day = row.snapshot_at.astimezone(ZoneInfo(row.zone)).date()
    return Download(
        uid=row.uid, file=row.file, name=f"products-{row.slug}-{day}.csv", bytes=row.bytes,
        sha256=row.sha256, rows=row.rows_done, snapshot_at=row.snapshot_at,
        store_slug=row.slug, store=row.name, zone=row.zone,
    )  # fmt: skip
