"""Categories, products, prices, pictures, and the version that caches go by."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kirana.catalog.states import PLAN_MOVES, PRODUCT_MOVES, REQUEST_MOVES
from kirana.platform import columns
from kirana.platform.money import LARGEST
from kirana.platform.tables import ByteOrdered, Json, Model
from kirana.platform.words import folded

UNITS = ("each", "g", "ml")
TAX_CLASSES = ("zero", "reduced", "standard")
REQUEST_KINDS = ("create", "rename", "move", "delete")
# Whose goods changed: one product, all of a store, all of a category, or everything.
CHANGED_KINDS = ("product", "store", "category", "everything")
WELLS = ("mint", "butter", "blush", "sky", "lilac", "sand")


def searched_text(title: str, brand: str, other_names: Iterable[str] = ()) -> str:
    """What a search looks through where there is no index."""
    return " " + folded(" ".join((title, brand, *other_names)))


def _sort_key(context: Any) -> str:
    return folded(context.get_current_parameters()["title"])


def _search_text(context: Any) -> str:
    row = context.get_current_parameters()
    return searched_text(row["title"], row.get("brand") or "", row.get("other_names") or ())


class Category(Model):
    """A department or a shelf in it. Owned by the admin; cannot vanish while it holds products."""

    __tablename__ = "category"
    __table_args__ = (
        CheckConstraint("parent_id IS NULL OR parent_id <> id", name="not_its_own_parent"),
        columns.one_of("tax_class", TAX_CLASSES),
        columns.one_of("well", WELLS),
        CheckConstraint("parent_id IS NOT NULL OR own_well", name="department_has_a_well"),
    )

    slug: Mapped[str] = mapped_column(ByteOrdered, unique=True)
    name: Mapped[str] = mapped_column(String(80))
    parent_id: Mapped[int | None] = columns.link("category.id")
    position: Mapped[int] = mapped_column(default=0)
    picture: Mapped[str] = mapped_column(String(200), default="")
    # Without one of its own it is that of the category above, copied here to be read at once.
    well: Mapped[str] = mapped_column(String(10), default="sand")
    own_well: Mapped[bool] = mapped_column(default=True)
    tax_class: Mapped[str] = mapped_column(String(10), default="standard")
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = columns.created()


class CategoryRequest(columns.Public):
    """What a manager asks of the admin; approval applies it in the same transaction."""

    __tablename__ = "category_request"
    __table_args__ = (
        columns.one_of("kind", REQUEST_KINDS),
        columns.one_of("status", tuple(REQUEST_MOVES)),
        CheckConstraint("(kind = 'create') = (category_id IS NULL)", name="names_its_category"),
        CheckConstraint("(status = 'requested') = (decided_at IS NULL)", name="decided_once"),
        Index("ix_category_request_status", "status", "id"),
    )

    requester_id: Mapped[int] = columns.link("account.id")
    store_id: Mapped[int] = columns.link("store.id")
    kind: Mapped[str] = mapped_column(String(10))
    # No foreign key: the history of a deleted category stays.
    category_id: Mapped[int | None] = mapped_column(index=True)
    wish: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    status: Mapped[str] = columns.status(default="requested")
    reason: Mapped[str] = mapped_column(Text, default="")
    decided_by: Mapped[int | None] = columns.link("account.id")
    decided_at: Mapped[datetime | None] = columns.moment()


class Product(columns.Public):
    """Something a store sells. ``price_minor`` buys ``price_per`` steps of ``unit``."""

    __tablename__ = "product"
    __table_args__ = (
        UniqueConstraint("store_id", "sku"),
        columns.one_of("unit", UNITS),
        columns.one_of("tax_class", TAX_CLASSES),
        columns.one_of("status", tuple(PRODUCT_MOVES)),
        CheckConstraint(f"price_minor >= 0 AND price_minor <= {LARGEST}", name="price_in_range"),
        CheckConstraint("price_per > 0", name="price_per_positive"),
        CheckConstraint("increment > 0", name="increment_positive"),
        CheckConstraint("minimum >= increment AND minimum % increment = 0", name="minimum_on_grid"),
        CheckConstraint("(unit = 'each') = (price_per = 1)", name="price_per_fits_unit"),
        CheckConstraint("(pack_size IS NULL) = (pack_unit IS NULL)", name="pack_whole"),
        CheckConstraint("(status <> 'published') OR published_at IS NOT NULL", name="published"),
        CheckConstraint(
            "publish_at IS NULL OR status IN ('draft', 'hidden')", name="publish_at_of_unseen"
        ),
        CheckConstraint("best_before_days > 0", name="best_before_days_positive"),
        CheckConstraint(
            "stars_sum >= review_count AND stars_sum <= review_count * 5", name="stars_in_range"
        ),
        Index("ix_product_shelf", "status", "category_id", "sort_key", "slug"),
        Index("ix_product_everything", "status", "sort_key", "slug", "store_id"),
        Index("ix_product_price", "status", "price_minor", "slug"),
        Index("ix_product_new", "status", "published_at", "slug"),
        Index("ix_product_store", "store_id", "status", "sort_key", "id"),
        columns.some("ix_product_family", "family <> ''", "store_id", "family", "sort_key", "id"),
        columns.some("ix_product_publish_at", "publish_at IS NOT NULL", "publish_at"),
        Index("ix_product_of_store", "store_id", "sort_key", "slug"),
    )

    store_id: Mapped[int] = columns.link("store.id", index=False)
    category_id: Mapped[int] = columns.link("category.id")
    slug: Mapped[str] = mapped_column(ByteOrdered, unique=True)
    sku: Mapped[str] = mapped_column(ByteOrdered)
    barcode: Mapped[str | None] = mapped_column(String(14), index=True)
    title: Mapped[str] = mapped_column(String(160))
    # The title case-folded without accents, in byte order on both databases.
    sort_key: Mapped[str] = mapped_column(ByteOrdered, default=_sort_key)
    # Title, brand and other names as folded words, each with a space before it, to find words by
    # their start.
    search_text: Mapped[str] = mapped_column(Text, default=_search_text)
    brand: Mapped[str] = mapped_column(String(80), default="")
    description: Mapped[str] = mapped_column(Text, default="")
    unit: Mapped[str] = mapped_column(String(4), default="each")
    price_minor: Mapped[int] = mapped_column()
    was_minor: Mapped[int | None]
    price_per: Mapped[int] = mapped_column(default=1)
    increment: Mapped[int] = mapped_column(default=1)
    minimum: Mapped[int] = mapped_column(default=1)
    pack_size: Mapped[int | None]
    pack_unit: Mapped[str | None] = mapped_column(String(4))
    size_text: Mapped[str] = mapped_column(String(60), default="")
    tax_class: Mapped[str] = mapped_column(String(10), default="standard")
    origin: Mapped[str] = mapped_column(String(80), default="")
    diet: Mapped[list[str]] = mapped_column(Json, default=list)
    # The sizes of one thing in a store have the same word here; empty for what stands alone.
    family: Mapped[str] = mapped_column(ByteOrdered, default="")
    ingredients: Mapped[str] = mapped_column(Text, default="")
    allergens: Mapped[list[str]] = mapped_column(Json, default=list)
    may_contain: Mapped[list[str]] = mapped_column(Json, default=list)
    nutrition: Mapped[dict[str, int]] = mapped_column(Json, default=dict)
    best_before_days: Mapped[int | None]
    # What people call it elsewhere: other languages, other spellings.
    other_names: Mapped[list[str]] = mapped_column(Json, default=list, server_default="[]")
    status: Mapped[str] = columns.status(default="draft")
    # Of the reviews that are shown; kept by who moderates them, in the same transaction.
    review_count: Mapped[int] = mapped_column(default=0)
    stars_sum: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    published_at: Mapped[datetime | None] = columns.moment()
    publish_at: Mapped[datetime | None] = columns.moment()
    updated_at: Mapped[datetime] = columns.created()


class ProductEvent(columns.Move):
    """One move of a product's status."""

    __tablename__ = "product_event"

    product_id: Mapped[int] = columns.link("product.id")
    actor_id: Mapped[int | None] = columns.link("account.id")


class Price(Model):
    """The history of a product's price; the row without an end is the current one."""

    __tablename__ = "price"
    __table_args__ = (
        CheckConstraint("amount_minor >= 0", name="amount_not_negative"),
        CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="ends_later"),
        columns.some("uq_price_current", "valid_until IS NULL", "product_id", unique=True),
    )

    product_id: Mapped[int] = columns.link("product.id")
    amount_minor: Mapped[int]
    valid_from: Mapped[datetime] = columns.created()
    valid_until: Mapped[datetime | None] = columns.moment()
    actor_id: Mapped[int | None] = columns.link("account.id")


class PlannedPrice(columns.Public):
    """A price that becomes true at ``due_at``; ``price_id`` is what it became."""

    __tablename__ = "planned_price"
    __table_args__ = (
        columns.one_of("status", tuple(PLAN_MOVES)),
        CheckConstraint(f"amount_minor > 0 AND amount_minor <= {LARGEST}", name="amount_in_range"),
        CheckConstraint("was_minor IS NULL OR was_minor > amount_minor", name="is_a_cut"),
        CheckConstraint("(status = 'planned') = (ended_at IS NULL)", name="ends_once"),
        CheckConstraint("status <> 'applied' OR ended_at >= due_at", name="never_early"),
        columns.some(
            "uq_planned_price_moment", "status = 'planned'", "product_id", "due_at", unique=True
        ),
        columns.some("ix_planned_price_due", "status = 'planned'", "due_at"),
        Index("ix_planned_price_of_product", "product_id", "id"),
    )

    product_id: Mapped[int] = columns.link("product.id", index=False)
    amount_minor: Mapped[int]
    was_minor: Mapped[int | None]
    due_at: Mapped[datetime] = columns.moment()
    status: Mapped[str] = columns.status(default="planned")
    price_id: Mapped[int | None] = columns.link("price.id", index=False, unique=True)
    planned_by: Mapped[int | None] = columns.link("account.id")
    ended_at: Mapped[datetime | None] = columns.moment()


class Picture(Model):
    """A product's picture, re-encoded by us; ``file`` is a random name in the media folder.

    The one at position 0 is shown on cards.
    """

    __tablename__ = "picture"
    __table_args__ = (UniqueConstraint("product_id", "position"),)

    product_id: Mapped[int] = columns.link("product.id", index=False)
    position: Mapped[int] = mapped_column(default=0)
    file: Mapped[str] = mapped_column(String(80), unique=True)
    alt: Mapped[str] = mapped_column(String(200), default="")
    width: Mapped[int]
    height: Mapped[int]
    created_at: Mapped[datetime] = columns.created()


class CatalogVersion(Model):
    """One row, raised in every transaction that changes what the public catalogue shows."""

    __tablename__ = "catalog_version"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    version: Mapped[int] = mapped_column(default=1)


class CatalogChange(Model):
    """The feed that the search index follows: whose goods changed at which version.

    Written under the lock of the version row, so that versions appear in the order of commits.
    """

    __tablename__ = "catalog_change"
    __table_args__ = (columns.one_of("kind", CHANGED_KINDS),)

    version: Mapped[int] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(String(10))
    # No foreign key: what a deleted category held must still be told.
    key: Mapped[int | None] = mapped_column()
    at: Mapped[datetime] = columns.created()
