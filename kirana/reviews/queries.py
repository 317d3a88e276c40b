"""Reads of reviews: what all see, one's own, and what is to be looked at."""

from typing import Any

from sqlalchemy import Connection, and_, exists, func, select
from sqlalchemy.sql.elements import ColumnElement

from kirana.accounts.permissions import Permission
from kirana.catalog.models import Product
from kirana.catalog.on_sale import ON_SALE
from kirana.catalog.queries import own_store_id
from kirana.orders.models import Order, OrderLine
from kirana.platform.access import Actor
from kirana.platform.db import query
from kirana.platform.errors import NotFound
from kirana.platform.paging import Page, PageQuery
from kirana.platform.rows import existing, existing_row, newest_page
from kirana.reviews.models import Review, ReviewReport
from kirana.reviews.shapes import ModeratedReview, OwnReview, ReviewsQuery, ShownReview, Standing
from kirana.reviews.states import HAD, REVIEW_MOVES
from kirana.stores.models import Store

_MOVED_BY_WRITER = "waiting"
_SHOWN = select(
    Review.id, Review.uid, Review.author, Review.stars, Review.text, Review.answer,
    Review.answered_at, Review.written_at,
)  # fmt: skip
_OWN_COLUMNS = (
    Review.id, Review.uid, Product.slug.label("product"), Product.title, Review.stars, Review.text,
    Review.status, Review.reason, Review.answer, Review.version, Review.written_at,
)  # fmt: skip
_REPORTS = (
    select(func.count())
    .where(ReviewReport.review_id == Review.id, ReviewReport.handled_at.is_(None))
    .scalar_subquery()
)
_MODERATED = (
    select(*_OWN_COLUMNS, Review.author, Store.slug.label("store"), _REPORTS.label("reports"))
    .join(Product, Product.id == Review.product_id)
    .join(Store, Store.id == Product.store_id)
)


def has_had(account_id: int, product_id: Any) -> ColumnElement[bool]:
    """Whether the product came in one of the person's orders, as part of another statement."""
    return exists().where(
        Order.account_id == account_id,
        Order.status.in_(HAD),
        OrderLine.order_id == Order.id,
        OrderLine.product_id == product_id,
        OrderLine.status == "picked",
    )


@query
def list_shown(connection: Connection, slug: str, wanted: PageQuery) -> Page[ShownReview]:
    """The reviews of a product on sale that are shown, newest first. Raises NotFound, Invalid."""
    find = select(Product.id).join(Store, Store.id == Product.store_id)
    product_id = existing(connection.execute(find.where(Product.slug == slug, ON_SALE)).scalar())
    statement = _SHOWN.where(Review.product_id == product_id, Review.status == "shown")
    return newest_page(connection, statement, Review.id, wanted, _shown)


def standing_of(account_id: int) -> Any:
    """What somebody may say of a product and has said, as a statement that may be added to."""
    mine = and_(Review.product_id == Product.id, Review.account_id == account_id)
    had = has_had(account_id, Product.id).label("has_had")
    return select(*_OWN_COLUMNS, had).select_from(Product).outerjoin(Review, mine)


def to_standing(row: Any) -> Standing:
    """A row of ``standing_of``, or None for no such product."""
    if row is None:
        return Standing(False, None)
    return Standing(bool(row.has_had), None if row.uid is None else _own(row))


@query
def find_standing(connection: Connection, actor: Actor, slug: str) -> Standing:
    """Whether the caller may review a product, and their review of it; one statement."""
    statement = standing_of(actor.me()).where(Product.slug == slug)
    return to_standing(connection.execute(statement).one_or_none())


@query
def get_own_review(connection: Connection, actor: Actor, slug: str) -> OwnReview:
    """The caller's review of a product. Raises NotFound."""
    statement = select(*_OWN_COLUMNS).join(Product, Product.id == Review.product_id)
    mine = (Product.slug == slug, Review.account_id == actor.me())
    return _own(existing_row(connection, statement.where(*mine)))


@query
def list_my_reviews(connection: Connection, actor: Actor, wanted: PageQuery) -> Page[OwnReview]:
    """What the caller has reviewed, newest first. Raises Invalid (cursor)."""
    statement = select(*_OWN_COLUMNS).join(Product, Product.id == Review.product_id)
    mine = statement.where(Review.account_id == actor.me())
    return newest_page(connection, mine, Review.id, wanted, _own)


@query
def list_reviews(
    connection: Connection, actor: Actor, wanted: ReviewsQuery
) -> Page[ModeratedReview]:
    """All reviews for who moderates them, newest first. Raises Invalid (cursor)."""
    actor.require(Permission.READ_REVIEWS)
    return _moderated(connection, _MODERATED, wanted)


@query
def list_store_reviews(
    connection: Connection, actor: Actor, slug: str, wanted: ReviewsQuery
) -> Page[ModeratedReview]:
    """The reviews of a store's products that are shown, for its managers. Raises NotFound."""
    store_id = own_store_id(actor, slug, Permission.READ_STORE_REVIEWS)
    of_store = _MODERATED.where(Product.store_id == store_id, Review.status == "shown")
    return _moderated(connection, of_store, wanted)


@query
def get_review(connection: Connection, actor: Actor, uid: str) -> ModeratedReview:
    """One review, for the admin or the store's managers. Raises NotFound."""
    statement = _MODERATED.add_columns(Product.store_id).where(Review.uid == uid)
    row = connection.execute(statement).one_or_none()
    is_admin = Permission.READ_REVIEWS in actor.permissions
    if row is None or not (is_admin or actor.may_in(row.store_id, Permission.READ_STORE_REVIEWS)):
        raise NotFound
    return _for_moderators(row)


def _moderated(connection: Connection, statement: Any, wanted: Any) -> Page[ModeratedReview]:
    if wanted.status is not None:
        statement = statement.where(Review.status == wanted.status)
    if wanted.reported:
        is_open = (ReviewReport.review_id == Review.id, ReviewReport.handled_at.is_(None))
        statement = statement.where(exists().where(*is_open))
    return newest_page(connection, statement, Review.id, wanted, _for_moderators)


def _shown(row: Any) -> ShownReview:
    return ShownReview(**{name: getattr(row, name) for name in ShownReview.__struct_fields__})


def _own(row: Any) -> OwnReview:
    return OwnReview(**{name: getattr(row, name) for name in OwnReview.__struct_fields__})


def _for_moderators(row: Any) -> ModeratedReview:
    names = (*OwnReview.__struct_fields__, "author", "store", "reports")
    moves = tuple(to for to in REVIEW_MOVES[row.status] if to != _MOVED_BY_WRITER)
    return ModeratedReview(**{name: getattr(row, name) for name in names}, legal_moves=moves)
