"""Reads that show products with their stock: the public shelves and the manager's lists."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    and_,
    bindparam,
    func,
    literal_column,
    select,
)  # fmt: skip

from kirana.catalog.addresses import picture_url, small_picture_url
from kirana.catalog.facts import food_facts
from kirana.catalog.models import Category, Picture, Product
from kirana.catalog.on_sale import ON_SALE
from kirana.catalog.picture_queries import pictures_of
from kirana.catalog.queries import CATALOG_VERSION, shown_tree
from kirana.catalog.units import unit_price
from kirana.catalog.views import Crumb
from kirana.platform import clock, freshness
from kirana.platform.db import query
from kirana.platform.money import round_half_up
from kirana.platform.paging import Page, to_page
from kirana.platform.prepared import Prepared
from kirana.stock.availability import NOW, at, available
from kirana.stock.bands import band_of
from kirana.stock.filters import ORDERS, Shape, ShelfQuery, conditions, shape_of, values_of
from kirana.stock.models import StockLevel
from kirana.stock.views import Badge, ProductPage, Rating, ShelfItem
from kirana.stores.models import Store

NEW_FOR = timedelta(days=14)
MOST_SIZES = 24
# Products on sale by their keys; others are left out.
ItemsOf = Callable[[Sequence[int]], dict[int, ShelfItem]]
_ITEM_COLUMNS = (
    Product.slug, Product.title, Product.brand, Product.size_text, Product.unit,
    Product.price_minor, Product.was_minor, Product.price_per, Product.increment,
    Product.minimum, Product.pack_size, Product.pack_unit, Product.diet, Product.published_at,
    Product.sort_key, Product.review_count, Product.stars_sum,
    Store.slug.label("store"), Store.name.label("store_name"),
    Category.slug.label("category"), Category.well, Picture.file,
    available(NOW).label("available"), StockLevel.low_at,
)  # fmt: skip


# The same as ON_SALE for statements that come by key: without statistics SQLite would rather take
# an index that begins with the status, which is all of the catalogue.
ON_SALE_BY_KEY = and_(func.coalesce(Product.status, "") == "published", Store.status == "open")


def _from_shelves(*columns: Any, on_sale: ColumnElement[bool] = ON_SALE) -> Select[Any]:
    return (
        select(*columns)
        .join(Store, Store.id == Product.store_id)
        .join(Category, Category.id == Product.category_id)
        .outerjoin(StockLevel, StockLevel.product_id == Product.id)
        .outerjoin(Picture, and_(Picture.product_id == Product.id, Picture.position == 0))
        .where(on_sale)
    )


_SHELF = _from_shelves(*_ITEM_COLUMNS)
_AMONG = Product.id.in_(bindparam("among", expanding=True))
_BY_KEY = _from_shelves(*_ITEM_COLUMNS, Product.id, CATALOG_VERSION, on_sale=ON_SALE_BY_KEY)
_CARDS = Prepared(_BY_KEY.where(_AMONG))
_PAGE = Prepared(_from_shelves(
    *_ITEM_COLUMNS, Product.category_id, Product.description, Product.origin, Product.barcode,
    Product.tax_class, Product.store_id, Product.family, Product.ingredients, Product.allergens,
    Product.may_contain, Product.nutrition, Product.best_before_days, Picture.alt,
).where(Product.slug == bindparam("slug")))  # fmt: skip
_FAMILY = Prepared(
    _SHELF.where(
        Product.store_id == bindparam("store"),
        Product.family == bindparam("family"),
        Product.family != literal_column("''"),  # or SQLite would not see that its index fits
    )
    .order_by(Product.sort_key, Product.id)
    .limit(MOST_SIZES)
)
_LISTED = Prepared(_SHELF.where(Product.slug.in_(bindparam("slugs", expanding=True))))


@query
def items_of(connection: Connection, keys: Sequence[int]) -> dict[int, ShelfItem]:
    """Those of these products that are on sale, by their keys."""
    now = clock.utc_now()
    rows = _CARDS.all(connection, {**at(now), "among": keys})
    if rows:
        freshness.read_along(rows[0].catalog_version)
    return {row.id: shelf_item(row, now) for row in rows}


def list_shelf(
    wanted: ShelfQuery,
    among: Sequence[int] | None = None,
    is_broad: bool = False,
    items_of: ItemsOf = items_of,
) -> Page[ShelfItem]:
    """One page of what is on sale and fits ``wanted``, in its order. Raises Invalid (cursor).

    ``among`` are the keys of the products that may be in it at all; ``is_broad``: see
    ``conditions``; ``items_of`` knows what the products are.

    Nothing in it depends on who asks; the page of a changed order or filter starts anew.
    """
    page = list_keys(wanted, among, is_broad)
    found = items_of(page.items) if page.items else {}
    return Page([found[key] for key in page.items if key in found], page.next_cursor)


@query
def list_keys(
    connection: Connection,
    wanted: ShelfQuery,
    among: Sequence[int] | None = None,
    is_broad: bool = False,
) -> Page[int]:
    """The keys of the products of one page, as ``list_shelf``."""
    order = ORDERS[wanted.sort]
    kind = wanted.sort, wanted.cursor is not None, among is not None, is_broad
    statement = _one_page(shape_of(wanted), *kind)
    values = {**at(clock.utc_now()), **values_of(wanted), "most": wanted.limit + 1, "among": among}
    if wanted.cursor is not None:
        values |= order.place(wanted.sort, wanted.cursor)
    rows = statement.all(connection, values)
    if rows:
        freshness.read_along(rows[0].catalog_version)
    return to_page(
        rows, wanted.limit, lambda row: int(row.id), lambda row: order.key(wanted.sort, row)
    )


@query
def keys_that_fit(
    connection: Connection, wanted: ShelfQuery, among: Sequence[int]
) -> frozenset[int]:
    """Those of these products that are on sale and fit the filters of ``wanted`` now."""
    values = {**at(clock.utc_now()), **values_of(wanted), "among": among}
    return frozenset(row.id for row in _fitting(shape_of(wanted)).all(connection, values))


@lru_cache(maxsize=512)
def _one_page(shape: Shape, sort: str, is_later: bool, is_among: bool, is_broad: bool) -> Prepared:
    """One statement for all lists of a shape: to build it costs more than to send it."""
    order = ORDERS[sort]
    shelf = _keys(order.column, CATALOG_VERSION, is_among=is_among)
    later = [order.behind()] if is_later else []
    # A bare parameter here lets SQLite prepare the statement anew each time.
    most: Any = literal_column("0") + bindparam("most", type_=Integer)
    found = shelf.where(*conditions(shape, is_broad), *later).order_by(*order.by())
    return Prepared(found.limit(most))


@lru_cache(maxsize=256)
def _fitting(shape: Shape) -> Prepared:
    return Prepared(_keys(is_among=True).where(*conditions(shape)))


def _keys(*columns: Any, is_among: bool) -> Select[Any]:
    """Keys and addresses of what is on sale, and what else is asked for."""
    found = select(Product.id, Product.slug, *columns).join(Store, Store.id == Product.store_id)
    return found.where(ON_SALE_BY_KEY, _AMONG) if is_among else found.where(ON_SALE)


@query
def count_shelf(
    connection: Connection, wanted: ShelfQuery, among: Sequence[int] | None = None
) -> int:
    """How many products fit the filters of ``wanted``."""
    statement = _count(shape_of(wanted), among is not None)
    values = {**at(clock.utc_now()), **values_of(wanted), "among": among}
    return int(statement.scalar(connection, values))


@lru_cache(maxsize=512)
def _count(shape: Shape, is_among: bool) -> Prepared:
    counted = _keys(is_among=is_among).with_only_columns(func.count(Product.id))
    return Prepared(counted.where(*conditions(shape)))


@query
def find_product_page(connection: Connection, slug: str) -> ProductPage | None:
    """All that the public sees of a product; None unless it is published in an open store."""
    now = clock.utc_now()
    row = _PAGE.one_or_none(connection, {**at(now), "slug": slug})
    if row is None:
        return None
    trail = shown_tree().trail(row.category_id)
    item = shelf_item(row, now)
    sizes = _sizes(connection, row, now) if row.family else ()
    # Read last, with the version of the catalogue along.
    pictures = tuple(pictures_of(connection, slug)) if row.file else ()
    return ProductPage(
        item=item, sizes=sizes, pictures=pictures, facts=food_facts(row),
        description=row.description, origin=row.origin, diet=tuple(row.diet), barcode=row.barcode,
        large_picture_url=picture_url(row.file, row.slug), picture_alt=row.alt or row.title,
        tax_class=row.tax_class, breadcrumb=tuple(Crumb(step.slug, step.name) for step in trail),
        published_at=row.published_at,
    )  # fmt: skip


def _sizes(connection: Connection, row: Any, now: datetime) -> tuple[ShelfItem, ...]:
    """The family of a product, the smallest first; none where it is alone in it."""
    mine = {"store": row.store_id, "family": row.family}
    found = _FAMILY.all(connection, {**at(now), **mine})
    rows = sorted(found, key=lambda x: (x.pack_unit or "", x.pack_size or 0, x.price_minor))
    return tuple(shelf_item(each, now) for each in rows) if len(rows) > 1 else ()


@query
def list_items(connection: Connection, slugs: list[str]) -> list[ShelfItem]:
    """These products as they stand on the shelf, in the order of ``slugs``; others are left out."""
    now = clock.utc_now()
    rows = _LISTED.all(connection, {**at(now), "slugs": slugs})
    found = {row.slug: shelf_item(row, now) for row in rows}
    return [found[slug] for slug in slugs if slug in found]


def shelf_item(row: Any, now: datetime) -> ShelfItem:
    """A row that begins with ``_ITEM_COLUMNS``: taken apart at once, it costs half."""
    (
        slug, title, brand, size_text, unit, price, was, per, increment, minimum, pack_size,
        pack_unit, diet, published_at, _sort_key, reviews, stars, store, store_name, category,
        well, file, free, low_at,
    ) = row[: len(_ITEM_COLUMNS)]  # fmt: skip
    left = max(0, free or 0)
    band = band_of(left, minimum, low_at or 0)
    return ShelfItem(
        slug=slug, title=title, brand=brand, size_text=size_text, category=category, store=store,
        store_name=store_name, well=well, picture_url=small_picture_url(file, slug), unit=unit,
        price_minor=price, was_minor=was, price_per=per, increment=increment, minimum=minimum,
        unit_price=unit_price(price, unit, pack_size, pack_unit),
        badges=_badges(price, was, now - published_at < NEW_FOR, diet), stock_band=band,
        few_left=left if band == "few" else None,
        rating=Rating(round_half_up(stars * 10, reviews), reviews) if reviews else None,
    )  # fmt: skip


def _badges(price: int, was: int | None, is_new: bool, diet: Sequence[str]) -> tuple[Badge, ...]:
    badges = []
    if was and was > price and (percent := (was - price) * 100 // was):
        badges.append(Badge(f"−{percent} %", "deal"))
    if is_new:
        badges.append(Badge("New", "sun"))
    badges += [Badge(tag.capitalize(), "grey") for tag in diet[:2]]
    return tuple(badges)
