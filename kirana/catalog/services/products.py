"""The verbs of a store's managers on its products."""

import secrets
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from kirana.accounts.permissions import Permission
from kirana.catalog.facts import in_order, wrong_facts
from kirana.catalog.inputs import NewProduct, ProductChanges
from kirana.catalog.models import Category, Product, searched_text
from kirana.catalog.queries import get_product, own_store_id
from kirana.catalog.services.plan_records import cancel_plans
from kirana.catalog.services.records import (
    add_product,
    close_price,
    lock_product,
    open_price,
    save_product,
    tell_public,
    write_event,
)
from kirana.catalog.services.slugs import free_slug
from kirana.catalog.services.versions import raise_version
from kirana.catalog.states import PRODUCT_MOVES
from kirana.catalog.units import PRICE_PER
from kirana.catalog.views import ProductView
from kirana.platform import audit, clock
from kirana.platform.access import Actor
from kirana.platform.announce import announce
from kirana.platform.db import verb
from kirana.platform.errors import Invalid
from kirana.platform.money import LARGEST
from kirana.platform.probes import reached
from kirana.platform.states import require_move
from kirana.platform.words import folded


@verb
def create_product(
    connection: Connection, actor: Actor, store_slug: str, new: NewProduct
) -> ProductView:
    """Make a draft in a store of the actor's; announces ``product_created``.

    Raises NotFound (not your store), SkuTaken, Invalid.
    """
    actor.require(Permission.WRITE_STORE_PRODUCTS)
    store_id = own_store_id(actor, store_slug, Permission.WRITE_STORE_PRODUCTS)
    category = _category(connection, new.category)
    now = clock.now(connection)
    row = _columns(msgspec.to_builtins(new)) | {
        "store_id": store_id,
        "category_id": category.id,
        "slug": free_slug(connection, Product, new.title, "product"),
        "sku": new.sku or f"P-{secrets.token_hex(4).upper()}",
        "price_per": PRICE_PER[new.unit],
        "minimum": new.minimum or new.increment,
        "tax_class": new.tax_class or category.tax_class,
        "created_at": now,
        "updated_at": now,
    }
    _check(row)
    product_id = add_product(connection, row)
    open_price(connection, actor, product_id, row["price_minor"], now)
    write_event(connection, actor, product_id, None, "draft")
    audit.record(connection, actor, "product_created", ("product", row["slug"]), after=_facts(row))
    announce(
        connection, "product_created",
        product_id=product_id, unit=new.unit, minimum=row["minimum"],
    )  # fmt: skip
    return get_product(actor, row["slug"])


@verb
def edit_product(
    connection: Connection,
    actor: Actor,
    slug: str,
    changes: ProductChanges,
    version: int | None = None,
) -> ProductView:
    """Change a product; a changed price ends the price row and begins the next.

    ``version`` is the one that was seen. Raises NotFound, Stale, SkuTaken, Invalid.
    """
    actor.require(Permission.WRITE_STORE_PRODUCTS)
    row = lock_product(connection, actor, slug, version=version)
    wanted = _columns(msgspec.to_builtins(changes))
    if isinstance(changes.category, str):
        wanted["category_id"] = _category(connection, changes.category).id
    before = {name: row[name] for name in wanted}
    after = {name: value for name, value in wanted.items() if value != before[name]}
    if not after:
        return get_product(actor, slug)
    _check(row | after)
    if row["status"] == "published" or row["publish_at"] is not None:
        require_price((row | after)["price_minor"])
    if not after.keys().isdisjoint(("title", "brand", "other_names")):
        now_called = row | after
        after["search_text"] = searched_text(
            now_called["title"], now_called["brand"], now_called["other_names"]
        )
    now = clock.now(connection)
    if "price_minor" in after:
        close_price(connection, row["id"], now)
        open_price(connection, actor, row["id"], after["price_minor"], now)
    save_product(connection, row["id"], after | {"updated_at": now})
    audit.record(
        connection, actor, "product_edited", ("product", slug),
        before=_facts({name: row[name] for name in after}), after=_facts(after),
    )  # fmt: skip
    tell_public(connection, row["status"], row["id"])
    return get_product(actor, slug)


@verb
def publish_product(
    connection: Connection, actor: Actor, slug: str, version: int | None = None
) -> ProductView:
    """Put a draft or hidden product on sale. Raises NotFound, Stale, IllegalMove, Invalid."""
    return _move(connection, actor, slug, "published", version)


@verb
def hide_product(
    connection: Connection, actor: Actor, slug: str, version: int | None = None
) -> ProductView:
    """Take a product off sale for a while. Raises NotFound, Stale, IllegalMove."""
    return _move(connection, actor, slug, "hidden", version)


@verb
def archive_product(
    connection: Connection, actor: Actor, slug: str, version: int | None = None
) -> ProductView:
    """Take a product off sale for good. Raises NotFound, Stale, IllegalMove."""
    return _move(connection, actor, slug, "archived", version)


def _move(
    connection: Connection, actor: Actor, slug: str, status: str, version: int | None
) -> ProductView:
    actor.require(Permission.WRITE_STORE_PRODUCTS)
    row = lock_product(connection, actor, slug, version=version)
    move_locked(connection, actor, row, status)
    return get_product(actor, slug)


def move_locked(connection: Connection, actor: Actor, row: dict[str, Any], status: str) -> None:
    """Move the locked product; with the last move its planned prices are called off.

    Raises IllegalMove, Invalid.
    """
    require_move(PRODUCT_MOVES, row["status"], status)
    if status == "published":
        require_price(row["price_minor"])
    now = clock.now(connection)
    values = {"status": status, "updated_at": now, "publish_at": None}
    if status == "published" and row["published_at"] is None:
        values["published_at"] = now
    save_product(connection, row["id"], values)
    write_event(connection, actor, row["id"], row["status"], status)
    audit.record(
        connection, actor, f"product_{status}", ("product", row["slug"]),
        before={"status": row["status"]}, after={"status": status},
    )  # fmt: skip
    if not PRODUCT_MOVES[status]:
        cancel_plans(connection, actor, row["id"], row["slug"])
    raise_version(connection, ("product", row["id"]))


def _columns(given: dict[str, Any]) -> dict[str, Any]:
    """Input fields as columns; the category is left to the caller."""
    row = {name: value for name, value in given.items() if name != "category"}
    if "price" in row:
        row["price_minor"] = row.pop("price")["amount"]
    if "was_price" in row:
        was = row.pop("was_price")
        row["was_minor"] = was["amount"] if was else None
    if "title" in row:
        row["sort_key"] = folded(row["title"])
    if "nutrition" in row:
        known = row["nutrition"] or {}
        row["nutrition"] = {name: value for name, value in known.items() if value is not None}
    if "diet" in row:
        row["diet"] = list(dict.fromkeys(tag.lower() for tag in row["diet"]))
    return row | {name: in_order(row[name]) for name in ("allergens", "may_contain") if name in row}


def _check(row: dict[str, Any]) -> None:
    """The rules between fields, for drafts too. Raises Invalid with all that is wrong."""
    increment, minimum = row["increment"], row["minimum"]
    rules = (
        ("title", bool(row["sort_key"]), "needs a letter or a digit"),
        ("minimum", minimum % increment == 0, "must be a multiple of the increment"),
        ("pack_size", _both(row, "pack_size", "pack_unit"), "goes together with its unit"),
        ("price", 0 <= row["price_minor"] <= LARGEST, "must be from 0 to 10^12"),
        ("was_price", _is_cut(row), "must be above the price"),
    )
    wrong = [(name, detail) for name, holds, detail in rules if not holds]
    errors = [
        {"pointer": f"/{name}", "code": "invalid", "detail": detail}
        for name, detail in [*wrong, *wrong_facts(row)]
    ]
    if errors:
        raise Invalid(errors=errors)


def require_price(price_minor: int) -> None:
    """Raise Invalid for what would be on sale for nothing."""
    if price_minor == 0:
        raise Invalid.at("/price", "must be above 0 to be on sale")


def _both(row: dict[str, Any], one: str, other: str) -> bool:
    return (row[one] is None) == (row[other] is None)


def _is_cut(row: dict[str, Any]) -> bool:
    was = row["was_minor"]
    return was is None or row["price_minor"] < was <= LARGEST


def _category(connection: Connection, slug: str) -> Any:
    """The category, locked against being deleted. Raises Invalid."""
    found = select(Category.id, Category.tax_class).where(Category.slug == slug)
    row = connection.execute(found.with_for_update(read=True, key_share=True)).one_or_none()
    if row is None:
        raise Invalid.at("/category", "choose a category that exists")
    reached("product.category_found")
    return row


def _facts(row: dict[str, Any]) -> dict[str, Any]:
    """What the audit log keeps of a row."""
    derived = ("search_text", "sort_key", "created_at", "updated_at")
    return {name: value for name, value in row.items() if name not in derived}
