"""Reads of a product's lots, and of its level at any moment as the ledger explains it."""

from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, and_, case, cast, false, func, select

from kirana.accounts.permissions import Permission
from kirana.catalog.models import Product
from kirana.platform import clock
from kirana.platform.access import Actor
from kirana.platform.db import query
from kirana.platform.errors import NotFound
from kirana.platform.paging import LARGEST_PAGE, Page, PageQuery, after, decode_cursor, to_page
from kirana.platform.rows import existing_row
from kirana.platform.tables import Id, UtcDateTime
from kirana.stock.lots import BEGUN, ENDED
from kirana.stock.models import Lot, StockLevel, StockMovement
from kirana.stock.story import told
from kirana.stock.views import LotView, Story, StoryPart, Target
from kirana.stores.models import Store

# Booking all goods out and in again when lots begin or end to be kept explains nothing.
_REBOOKED = and_(StockMovement.kind == "adjusted", StockMovement.reason.in_([BEGUN, ENDED]))
_GROUP = (
    StockMovement.kind,
    StockMovement.reason_code,
    case((_REBOOKED, 0), (StockMovement.delta > 0, 1), else_=-1).label("way"),
)

_FIRST_OUT = (
    func.coalesce(Lot.sold_until, datetime.max.replace(tzinfo=UTC), type_=UtcDateTime).label(
        "out_at"
    ),
    Lot.id,
)


class StoryQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The moment to look at, with its zone; now if it is left out or yet to come."""

    at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


@query
def list_lots(connection: Connection, actor: Actor, slug: str, wanted: PageQuery) -> Page[LotView]:
    """The lots that hold something, first out first. Raises NotFound (not yours), Invalid."""
    product = _own(connection, actor, slug)
    find = (
        select(Lot.code, Lot.best_before, Lot.sold_until, Lot.on_hand, Lot.received_at, *_FIRST_OUT)
        .where(Lot.product_id == product.id, Lot.on_hand > 0)
        .order_by(*_FIRST_OUT)
        .limit(wanted.limit + 1)
    )
    if wanted.cursor is not None:
        seen = decode_cursor(wanted.cursor, [datetime, int])
        find = find.where(after(list(_FIRST_OUT), seen, False))
    now, zone = clock.utc_now(), ZoneInfo(product.zone)
    return to_page(
        connection.execute(find).all(),
        wanted.limit,
        lambda row: _lot(row, now, zone),
        lambda row: (row.out_at.isoformat(), row.id),
    )


@query
def list_targets(connection: Connection, actor: Actor, slug: str) -> list[Target]:
    """Products that goods of this one may be sent to: same unit, lots kept likewise, by title.

    The first hundred: other stores first, then those of the same name. Raises NotFound (not
    yours).
    """
    product = _own(connection, actor, slug)
    keeps = func.coalesce(StockLevel.tracks_lots, false())
    mine = select(keeps).where(StockLevel.product_id == product.id).scalar_subquery()
    rows = connection.execute(
        select(Product.slug, Product.title, Store.name.label("store"))
        .join(Store, Store.id == Product.store_id)
        .outerjoin(StockLevel, StockLevel.product_id == Product.id)
        .where(
            Product.store_id.in_(actor.stores_for(Permission.WRITE_STORE_STOCK)),
            Product.unit == product.unit,
            Product.id != product.id,
            Product.status != "archived",
            keeps == func.coalesce(mine, false()),
        )
        .order_by(
            Product.store_id == product.store_id,
            Product.title != product.title,
            Product.sort_key,
            Product.slug,
        )
        .limit(LARGEST_PAGE)
    )
    return [Target(*row) for row in rows]


@query
def explain_stock(
    connection: Connection, actor: Actor, slug: str, at: datetime | None = None
) -> Story:
    """Why the level of the actor's product is what it is, or was. Raises NotFound.

    Of a moment that is yet to come nobody knows more than of now, and now it says.
    """
    return _story(connection, _own(connection, actor, slug), at)


@query
def explain_level(connection: Connection, slug: str, at: datetime | None = None) -> Story:
    """As ``explain_stock``, of any product, for the operator. Raises NotFound."""
    return _story(connection, _product(connection, slug), at)


def _own(connection: Connection, actor: Actor, slug: str) -> Any:
    row = _product(connection, slug)
    if not actor.may_in(row.store_id, Permission.READ_STORE_STOCK):
        raise NotFound
    return row


def _product(connection: Connection, slug: str) -> Any:
    find = (
        select(Product.id, Product.slug, Product.title, Product.unit, Product.store_id, Store.zone)
        .join(Store, Store.id == Product.store_id)
        .where(Product.slug == slug)
    )
    return existing_row(connection, find)


def _story(connection: Connection, product: Any, at: datetime | None) -> Story:
    now = clock.now(connection)
    if at is not None and at > now:
        at = None
    # Without a moment all of it: a clock that went back hides nothing.
    until = [] if at is None else [StockMovement.at <= at]
    rows = connection.execute(
        select(
            *_GROUP, cast(func.sum(StockMovement.delta), Id).label("delta"),
            func.count().label("movements"), func.min(StockMovement.at).label("first_at"),
            func.max(StockMovement.at).label("last_at"),
        )
        .where(StockMovement.product_id == product.id, *until)
        .group_by(*_GROUP)
        .order_by(func.min(StockMovement.id))
    ).all()  # fmt: skip
    parts = tuple(
        StoryPart(
            kind=row.kind, code=row.reason_code, delta=row.delta, movements=row.movements,
            first_at=row.first_at, last_at=row.last_at,
        )
        for row in rows
        if row.delta
    )  # fmt: skip
    on_hand = sum(part.delta for part in parts)
    text = told(on_hand, parts, product.unit, ZoneInfo(product.zone))
    return Story(
        product=product.slug, unit=product.unit, at=at or now, on_hand=on_hand,
        text=text, parts=parts,
    )  # fmt: skip


def _lot(row: Any, now: datetime, zone: ZoneInfo) -> LotView:
    days = (row.best_before - now.astimezone(zone).date()).days if row.best_before else None
    return LotView(
        code=row.code,
        best_before=row.best_before,
        sold_until=row.sold_until,
        on_hand=row.on_hand,
        days_left=days,
        out_of_date=row.sold_until is not None and row.sold_until <= now,
        received_at=row.received_at,
    )
