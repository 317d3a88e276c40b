"""Reads that show products with their stock: the public shelves and the manager's lists."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, func, select

from kirana.catalog.addresses import picture_url, small_picture_url
from kirana.catalog.facts import food_facts
from kirana.catalog.models import Category, Picture, Product
from kirana.catalog.picture_queries import pictures_of
from kirana.catalog.queries import ON_SALE, shown_tree
from kirana.catalog.units import unit_price
from kirana.catalog.views import Crumb
from kirana.platform import clock
from kirana.platform.db import query
from kirana.platform.money import round_half_up
from kirana.platform.paging import Page, to_page
from kirana.stock.availability import NOW, at, available
from kirana.stock.bands import band_of
from kirana.stock.filters import ORDERS, ShelfQuery, conditions
from kirana.stock.models import StockLevel
from kirana.stock.views import Badge, ProductPage, Rating, ShelfItem
from kirana.stores.models import Store

NEW_FOR = timedelta(days=14)
MOST_SIZES = 24
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
SHELF_BY_KEY = _from_shelves(*_ITEM_COLUMNS, Product.id, on_sale=ON_SALE_BY_KEY)
_PAGE = _from_shelves(
    *_ITEM_COLUMNS, Product.category_id, Product.description, Product.origin, Product.barcode,
    Product.tax_class, Product.store_id, Product.family, Product.ingredients, Product.allergens,
    Product.may_contain, Product.nutrition, Product.best_before_days, Picture.alt,
).where(Product.slug == bindparam("slug"))  # fmt: skip


@query
def list_shelf(
    connection: Connection, wanted: ShelfQuery, among: Sequence[int] | None = None
) -> Page[ShelfItem]:
    """One page of what is on sale and fits ``wanted``, in its order. Raises Invalid (cursor).

    ``among`` are the keys of the products that may be in it at all.

    Nothing in it depends on who asks; the page of a changed order or filter starts anew.
    """
    order = ORDERS[wanted.sort]
    now = clock.utc_now()
    statement = _shelf_statement(wanted) if among is None else _shelf_among(wanted, among)
    rows = connection.execute(statement, at(now)).all()
    return to_page(
        rows,
        wanted.limit,
        lambda row: shelf_item(row, now),
        lambda row: order.key(wanted.sort, row),
    )


@lru_cache(maxsize=256)
def _shelf_statement(wanted: ShelfQuery) -> Select[Any]:
    """What is asked often is built, and compared with what is compiled, once. Raises Invalid."""
    return _one_page(_SHELF, wanted)


def _shelf_among(wanted: ShelfQuery, among: Sequence[int]) -> Select[Any]:
    return _one_page(SHELF_BY_KEY.where(Product.id.in_(among)), wanted)


def _one_page(shelf: Select[Any], wanted: ShelfQuery) -> Select[Any]:
    order = ORDERS[wanted.sort]
    statement = shelf.where(*conditions(wanted)).order_by(*order.by()).limit(wanted.limit + 1)
    if wanted.cursor is not None:
        statement = statement.where(order.behind(wanted.sort, wanted.cursor))
    return statement


@query
def count_shelf(
    connection: Connection, wanted: ShelfQuery, among: Sequence[int] | None = None
) -> int:
    """How many products fit the filters of ``wanted``."""
    number = func.count(Product.id)
    if among is None:
        statement = _from_shelves(number)
    else:
        statement = _from_shelves(number, on_sale=ON_SALE_BY_KEY).where(Product.id.in_(among))
    statement = statement.where(*conditions(wanted))
    return int(connection.execute(statement, at(clock.utc_now())).scalar_one())


@query
def find_product_page(connection: Connection, slug: str) -> ProductPage | None:
    """All that the public sees of a product; None unless it is published in an open store."""
    now = clock.utc_now()
    row = connection.execute(_PAGE, {**at(now), "slug": slug}).one_or_none()
    if row is None:
        return None
    trail = shown_tree().trail(row.category_id)
    item = shelf_item(row, now)
    return ProductPage(
        item=item,
        sizes=_sizes(connection, row, now) if row.family else (),
        pictures=tuple(pictures_of(connection, slug)) if row.file else (),
        facts=food_facts(row),
        description=row.description,
        origin=row.origin,
        diet=tuple(row.diet),
        barcode=row.barcode,
        large_picture_url=picture_url(row.file, row.slug),
        picture_alt=row.alt or row.title,
        tax_class=row.tax_class,
        breadcrumb=tuple(Crumb(step.slug, step.name) for step in trail),
        published_at=row.published_at,
    )


def _sizes(connection: Connection, row: Any, now: datetime) -> tuple[ShelfItem, ...]:
    """The family of a product, the smallest first; none where it is alone in it."""
    mine = (Product.store_id == row.store_id, Product.family == row.family)
    family = _SHELF.where(*mine).order_by(Product.sort_key, Product.id).limit(MOST_SIZES)
    found = connection.execute(family, at(now)).all()
    rows = sorted(found, key=lambda x: (x.pack_unit or "", x.pack_size or 0, x.price_minor))
    return tuple(shelf_item(each, now) for each in rows) if len(rows) > 1 else ()


@query
def list_items(connection: Connection, slugs: list[str]) -> list[ShelfItem]:
    """These products as they stand on the shelf, in the order of ``slugs``; others are left out."""
    now = clock.utc_now()
    rows = connection.execute(_SHELF.where(Product.slug.in_(slugs)), at(now))
    found = {row.slug: shelf_item(row, now) for row in rows}
    return [found[slug] for slug in slugs if slug in found]


def shelf_item(row: Any, now: datetime) -> ShelfItem:
    left = max(0, row.available or 0)
    band = band_of(left, row.minimum, row.low_at or 0)
    return ShelfItem(
        slug=row.slug,
        title=row.title,
        brand=row.brand,
        size_text=row.size_text,
        category=row.category,
        store=row.store,
        store_name=row.store_name,
        well=row.well,
        picture_url=small_picture_url(row.file, row.slug),
        unit=row.unit,
        price_minor=row.price_minor,
        was_minor=row.was_minor,
        price_per=row.price_per,
        increment=row.increment,
        minimum=row.minimum,
        unit_price=unit_price(row.price_minor, row.unit, row.pack_size, row.pack_unit),
        badges=_badges(row, now),
        stock_band=band,
        few_left=left if band == "few" else None,
        rating=_rating(row),
    )


def _rating(row: Any) -> Rating | None:
    count: int = row.review_count
    return Rating(round_half_up(row.stars_sum * 10, count), count) if count else None


def _badges(row: Any, now: datetime) -> tuple[Badge, ...]:
    badges = []
    if row.was_minor and row.was_minor > row.price_minor:
        percent = (row.was_minor - row.price_minor) * 100 // row.was_minor
        if percent:
            badges.append(Badge(f"−{percent} %", "deal"))
    if now - row.published_at < NEW_FOR:
        badges.append(Badge("New", "sun"))
    badges += [Badge(tag.capitalize(), "grey") for tag in row.diet[:2]]
    return tuple(badges)
