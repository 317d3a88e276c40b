"""Lots of a market's goods, as tests give and look at them."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select, text

from kirana.catalog.models import Product
from kirana.platform.access import Actor
from kirana.platform.db import query, verb
from kirana.stock.models import Lot, LotMovement, StockLevel, StockMovement
from kirana.stock.services.goods import Delivery, receive_goods
from kirana.stock.services.tracking import track_lots
from tests.catalog.market import Market

KOLKATA = ZoneInfo("Asia/Kolkata")
TODAY = date(2026, 11, 27)
MORNING = datetime(2026, 11, 27, 9, tzinfo=KOLKATA)
# The midnight that ends TODAY in Kolkata is 18:30 UTC.
MIDNIGHT = datetime(2026, 11, 28, tzinfo=KOLKATA)


def sell_lots(market: Market, *lots: tuple[str, int, date | None], title: str = "Milk") -> str:
    """A product that keeps lots, each given as code, quantity and best-before."""
    slug = market.sell(title, stock=0)
    track_lots(market.manager, slug, True)
    for code, quantity, best_before in lots:
        deliver(market.manager, slug, quantity, code, best_before)
    return slug


def deliver(actor: Actor, slug: str, quantity: int, code: str, best_before: date | None) -> None:
    receive_goods(actor, slug, quantity, "", Delivery(code, best_before))


@query
def lots_of(connection: Connection, slug: str) -> dict[str, int]:
    """What every lot holds, by code."""
    rows = connection.execute(
        select(Lot.code, Lot.on_hand)
        .join(Product, Product.id == Lot.product_id)
        .where(Product.slug == slug)
        .order_by(Lot.id)
    )
    return {row.code: row.on_hand for row in rows}


@query
def parts_of(connection: Connection, slug: str, kind: str) -> list[dict[str, int]]:
    """What each lot had in the movements of a kind, oldest first."""
    rows = connection.execute(
        select(StockMovement.id, Lot.code, LotMovement.delta)
        .join(LotMovement, LotMovement.movement_id == StockMovement.id)
        .join(Lot, Lot.id == LotMovement.lot_id)
        .join(Product, Product.id == StockMovement.product_id)
        .where(Product.slug == slug, StockMovement.kind == kind)
        .order_by(LotMovement.id)
    )
    found: dict[int, dict[str, int]] = {}
    for movement_id, code, delta in rows:
        found.setdefault(movement_id, {})[code] = delta
    return list(found.values())


@query
def books_agree(connection: Connection) -> bool:
    """Whether levels, lots and the parts of movements add up, wherever lots are kept."""
    held = select(Lot.product_id, func.sum(Lot.on_hand)).group_by(Lot.product_id)
    in_lots = {row[0]: int(row[1]) for row in connection.execute(held)}
    levels = select(StockLevel.product_id, StockLevel.on_hand).where(StockLevel.tracks_lots)
    moved = select(LotMovement.lot_id, func.sum(LotMovement.delta)).group_by(LotMovement.lot_id)
    sums = {row[0]: int(row[1]) for row in connection.execute(moved)}
    return all(
        in_lots.get(row.product_id, 0) == row.on_hand for row in connection.execute(levels)
    ) and all(
        sums.get(row.id, 0) == row.on_hand
        for row in connection.execute(select(Lot.id, Lot.on_hand))
    )


@verb
def run_sql(connection: Connection, statement: str, **values: object) -> None:
    connection.execute(text(statement), values)
