"""Reads of favourites and lists: one's own, and what a link leads to."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, literal, select
from sqlalchemy.orm import aliased

from kirana.accounts.models import Account
from kirana.catalog.addresses import small_picture_url
from kirana.catalog.models import Category, Picture, Product
from kirana.lists.keys import known_token
from kirana.lists.models import Favourite, ListLine, ListLink, ShoppingList
from kirana.lists.shapes import KeptLine, KeptList, LinkView, ListSummary, Place
from kirana.platform import clock
from kirana.platform.access import Actor
from kirana.platform.amounts import Quantity
from kirana.platform.db import query
from kirana.platform.paging import Page, PageQuery
from kirana.platform.rows import existing_row, newest_page
from kirana.platform.tokens import hash_secret
from kirana.stock.availability import NOW, at, available
from kirana.stock.bands import band_of
from kirana.stock.models import StockLevel
from kirana.stock.queries import list_items
from kirana.stock.views import ShelfItem
from kirana.stores.models import Store

_Adder = aliased(Account)
_LINE_COUNT = select(func.count()).where(ListLine.list_id == ShoppingList.id).scalar_subquery()
_LINK_COUNT = (
    select(func.count())
    .where(ListLink.list_id == ShoppingList.id, ListLink.revoked_at.is_(None))
    .scalar_subquery()
)
_LINES: Any = (
    select(
        Product.slug, Product.title, Product.size_text, Product.unit, Product.increment,
        Product.minimum, Product.price_minor, Product.price_per, Product.status,
        Store.status.label("store_status"), Category.well, Picture.file, ListLine.quantity,
        available(NOW).label("available"), StockLevel.low_at, _Adder.name.label("adder"),
    )
    .select_from(ListLine)
    .join(Product, Product.id == ListLine.product_id)
    .join(Category, Category.id == Product.category_id)
    .join(Store, Store.id == Product.store_id)
    .outerjoin(StockLevel, StockLevel.product_id == Product.id)
    .outerjoin(Picture, and_(Picture.product_id == Product.id, Picture.position == 0))
    .outerjoin(_Adder, _Adder.id == ListLine.added_by)
    .order_by(ListLine.id)
)  # fmt: skip


def keeps(account_id: int, product_id: Any) -> ColumnElement[bool]:
    """Whether somebody likes a product, as part of another statement."""
    return exists().where(Favourite.account_id == account_id, Favourite.product_id == product_id)


@query
def list_favourites(connection: Connection, actor: Actor, wanted: PageQuery) -> Page[ShelfItem]:
    """The caller's favourites that are on sale, the latest first. Raises Invalid (cursor)."""
    statement = (
        select(Favourite.id, Product.slug)
        .join(Product, Product.id == Favourite.product_id)
        .where(Favourite.account_id == actor.me())
    )
    page = newest_page(connection, statement, Favourite.id, wanted, lambda row: str(row.slug))
    return Page(list_items(page.items) if page.items else [], page.next_cursor)


@query
def list_lists(connection: Connection, actor: Actor, wanted: PageQuery) -> Page[ListSummary]:
    """The caller's lists, the latest first. Raises Invalid (cursor)."""
    statement = select(
        ShoppingList.id, ShoppingList.uid, ShoppingList.name, ShoppingList.created_at,
        _LINE_COUNT.label("lines"), _LINK_COUNT.label("links"),
    ).where(ShoppingList.account_id == actor.me())  # fmt: skip
    return newest_page(connection, statement, ShoppingList.id, wanted, _summary)


@query
def find_place(connection: Connection, actor: Actor, place: Place) -> Any:
    """The row of the list that is meant, and what the caller may do. Raises NotFound.

    A link counts for whoever has it, its maker's account permitting.
    """
    columns = (
        ShoppingList.id, ShoppingList.uid, ShoppingList.name, ShoppingList.version,
        Account.name.label("owner"),
    )  # fmt: skip
    if place.token:
        statement = select(*columns, ListLink.may).join(
            ListLink, ListLink.list_id == ShoppingList.id
        )
        fitting: Any = (
            ListLink.token_hash == hash_secret(place.token),
            ListLink.revoked_at.is_(None),
            Account.status == "active",
        )
    else:
        statement = select(*columns, literal("own").label("may"))
        fitting = (ShoppingList.uid == place.uid, ShoppingList.account_id == actor.me())
    joined = statement.join(Account, Account.id == ShoppingList.account_id)
    return existing_row(connection, joined.where(*fitting))


@query
def get_list(connection: Connection, actor: Actor, place: Place) -> KeptList:
    """A list with its lines as they stand on the shelf. Raises NotFound."""
    found = find_place(actor, place)
    rows = connection.execute(_LINES.where(ListLine.list_id == found.id), at(clock.utc_now()))
    return KeptList(
        uid=found.uid if found.may == "own" else "",
        name=found.name, owner=_first(found.owner), may=found.may, version=found.version,
        lines=[_line(row) for row in rows],
    )  # fmt: skip


@query
def list_links(
    connection: Connection, actor: Actor, uid: str, secrets: Iterable[str]
) -> list[LinkView]:
    """The links of one of the caller's lists that count. Raises NotFound."""
    found = find_place(actor, Place(uid=uid))
    rows = connection.execute(
        select(ListLink.uid, ListLink.may, ListLink.token_hash, ListLink.created_at)
        .where(ListLink.list_id == found.id, ListLink.revoked_at.is_(None))
        .order_by(ListLink.id)
    )
    tokens = ((row, known_token(secrets, row.uid, row.token_hash)) for row in rows)
    return [
        LinkView(row.uid, row.may, token and f"/shared-lists/{token}", row.created_at)
        for row, token in tokens
    ]


@query
def wishes_of(connection: Connection, list_id: int) -> dict[int, int]:
    """How much of which product a list holds, in its order."""
    find = select(ListLine.product_id, ListLine.quantity).where(ListLine.list_id == list_id)
    rows = connection.execute(find.order_by(ListLine.id))
    return {row.product_id: row.quantity for row in rows}


def _summary(row: Any) -> ListSummary:
    return ListSummary(row.uid, row.name, row.lines, row.links, row.created_at)


def _line(row: Any) -> KeptLine:
    left = max(0, row.available or 0)
    return KeptLine(
        product=row.slug, title=row.title, size_text=row.size_text,
        quantity=Quantity(row.quantity, row.unit), increment=row.increment, minimum=row.minimum,
        price_minor=row.price_minor, price_per=row.price_per,
        on_sale=row.status == "published" and row.store_status == "open",
        stock=band_of(left, row.minimum, row.low_at or 0),
        picture_url=small_picture_url(row.file, row.slug), well=row.well,
        added_by=_first(row.adder or ""),
    )  # fmt: skip


def _first(name: str) -> str:
    """Others see no more of a name."""
    return next(iter(name.split()), "")
