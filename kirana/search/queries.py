"""Reads for the index (what changed, and what a product is) and behind it (what hits are today)."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Integer, and_, bindparam, func, literal_column, select

from kirana.accounts.permissions import Permission
from kirana.catalog.models import CatalogChange, Product
from kirana.catalog.on_sale import ON_SALE
from kirana.orders.models import Order, OrderLine
from kirana.platform import clock
from kirana.platform.access import Actor
from kirana.platform.db import query
from kirana.platform.paging import Page, PageQuery, after, decode_cursor, to_page
from kirana.search.models import SearchSynonym
from kirana.search.shapes import Synonym
from kirana.stock.availability import NOW, at, available
from kirana.stock.filters import Shape, ShelfQuery, conditions, shape_of, values_of
from kirana.stock.models import Lot, StockLevel
from kirana.stock.queries import ON_SALE_BY_KEY
from kirana.stores.models import Store

SALES_COUNT_FOR = timedelta(days=90)
MOST_SYNONYMS = 2000
_TO_INDEX = (
    select(
        Product.id, Product.title, Product.brand, Product.other_names, Product.barcode,
        Product.sku, Product.category_id, Product.price_minor, Product.was_minor, Product.diet,
        Product.origin, Product.allergens, Product.may_contain, Product.minimum,
        Store.slug.label("store"), available(NOW).label("available"),
    )
    .join(Store, Store.id == Product.store_id)
    .outerjoin(StockLevel, StockLevel.product_id == Product.id)
    .where(ON_SALE_BY_KEY)
    .order_by(Product.id)
)  # fmt: skip
_CHANGES = (
    select(CatalogChange.id, CatalogChange.version, CatalogChange.kind, CatalogChange.key)
    .where(CatalogChange.version > bindparam("seen"))
    .order_by(CatalogChange.version, CatalogChange.id)
)
_MARK = select(CatalogChange.id).where(
    CatalogChange.id == bindparam("id"), CatalogChange.version == bindparam("version")
)
_LAST = (
    select(CatalogChange.id, CatalogChange.version)
    .order_by(CatalogChange.version.desc(), CatalogChange.id.desc())
    .limit(1)
)
_SYNONYMS = select(SearchSynonym.word, SearchSynonym.other).limit(MOST_SYNONYMS)


@query
def last_change(connection: Connection) -> tuple[int, int]:
    """The newest row of the feed: (id, version); (0, 0) where nothing changed yet."""
    row = connection.execute(_LAST).one_or_none()
    return (row.id, row.version) if row else (0, 0)


@query
def holds_change(connection: Connection, mark: tuple[int, int]) -> bool:
    """Whether the feed has this row: not in another database, nor in one from a backup."""
    found = connection.execute(_MARK, {"id": mark[0], "version": mark[1]})
    return mark == (0, 0) or found.first() is not None


@query
def changes_since(connection: Connection, seen: int, most: int) -> list[Any]:
    """Rows of the feed behind version ``seen``, oldest first."""
    return list(connection.execute(_CHANGES.limit(most), {"seen": seen}))


@query
def rows_to_index(connection: Connection, after_id: int, most: int) -> list[Any]:
    """Products on sale with larger keys, in their order."""
    statement = _TO_INDEX.where(Product.id > after_id).limit(most)
    return list(connection.execute(statement, at(clock.utc_now())))


@query
def rows_of(connection: Connection, ids: Sequence[int]) -> list[Any]:
    """Those of these products that are on sale."""
    return list(connection.execute(_TO_INDEX.where(Product.id.in_(ids)), at(clock.utc_now())))


@query
def products_meant(
    connection: Connection, kind: str, keys: Sequence[int], after_id: int, most: int
) -> list[int]:
    """Keys of all products of these stores or categories, whatever their status."""
    column = Product.store_id if kind == "store" else Product.category_id
    found = select(Product.id).where(column.in_(keys), Product.id > after_id)
    return list(connection.execute(found.order_by(Product.id).limit(most)).scalars())


@query
def gone_out_of_date(connection: Connection, since: Any, until: Any) -> list[int]:
    """Products with a lot that is sold no more since a moment in between."""
    found = select(Lot.product_id).where(Lot.sold_until > since, Lot.sold_until <= until)
    return list(connection.execute(found.distinct()).scalars())


@query
def sales_of(connection: Connection, ids: Sequence[int]) -> dict[int, int]:
    """Order lines of the last 90 days by product."""
    if not ids:
        return {}
    since = clock.utc_now() - SALES_COUNT_FOR
    column = OrderLine.product_id
    # The bounds say nothing new, but how many rows lie between them PostgreSQL knows. Of a list it
    # presumes that each is sold like the few that sell: then it read all orders for each batch.
    meant = and_(column.in_(ids), column.between(min(ids), max(ids)))
    rows = connection.execute(
        select(column, func.count())
        .join(Order, Order.id == OrderLine.order_id)
        .where(meant, Order.placed_at > since)
        .group_by(column)
    )
    return {row[0]: row[1] for row in rows}


@query
def count_facts(connection: Connection, wanted: ShelfQuery, most: int) -> list[Any]:
    """What facets are counted by, of each product that fits ``wanted``, up to ``most``."""
    values = {**at(clock.utc_now()), **values_of(wanted), "most": most}
    return list(connection.execute(_facts(shape_of(wanted)), values))


@lru_cache(maxsize=256)
def _facts(shape: Shape) -> Any:
    return (
        select(
            Product.category_id, Product.brand, Product.diet, Product.origin, Product.allergens,
            Product.may_contain, Product.price_minor, Product.was_minor, Product.minimum,
            available(NOW).label("available"),
        )
        .join(Store, Store.id == Product.store_id)
        .outerjoin(StockLevel, StockLevel.product_id == Product.id)
        .where(and_(ON_SALE, *conditions(shape)))
        .limit(literal_column("0") + bindparam("most", type_=Integer))
    )  # fmt: skip


@query
def synonym_pairs(connection: Connection) -> Iterable[tuple[str, str]]:
    """All pairs, folded."""
    return [(row.word, row.other) for row in connection.execute(_SYNONYMS)]


@query
def list_synonyms(connection: Connection, actor: Actor, wanted: PageQuery) -> Page[Synonym]:
    """The pairs that the admin keeps, by their first word. Raises Invalid (cursor)."""
    actor.require(Permission.WRITE_SYNONYMS)
    keys = [SearchSynonym.word, SearchSynonym.other]
    statement = select(SearchSynonym.__table__).order_by(*keys).limit(wanted.limit + 1)
    if wanted.cursor is not None:
        values = decode_cursor(wanted.cursor, [str, str])
        statement = statement.where(after(keys, values, descending=False))
    rows = connection.execute(statement).all()
    return to_page(rows, wanted.limit, synonym, lambda row: (row.word, row.other))


def synonym(row: Any) -> Synonym:
    word, _, other = row.shown.partition("\n")
    return Synonym(row.uid, word, other, row.created_at)
