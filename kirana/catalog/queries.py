"""Reads of the catalogue that need no stock. What shows stock is in ``stock/queries.py``."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, select

from kirana.accounts.permissions import Permission
from kirana.catalog.addresses import category_picture_url, picture_url
from kirana.catalog.facts import nutrition_of
from kirana.catalog.models import CatalogVersion, Category, Picture, Price, Product
from kirana.catalog.on_sale import count_on_sale
from kirana.catalog.states import PRODUCT_MOVES
from kirana.catalog.tree import Node, Tree
from kirana.catalog.views import (
    CategoryPage,
    CategoryView,
    Crumb,
    Department,
    PriceView,
    ProductView,
)
from kirana.platform import freshness
from kirana.platform.access import Actor
from kirana.platform.db import query
from kirana.platform.errors import NotFound
from kirana.platform.prepared import Prepared
from kirana.platform.rows import existing
from kirana.stores.models import Store

_shown: dict[str, Any] = {}
_NUMBER = select(CatalogVersion.version)
_VERSION = Prepared(_NUMBER)
# For a statement that reads the version along, at the very moment of its rows.
CATALOG_VERSION = _NUMBER.scalar_subquery().label("catalog_version")
_TREE: Any = select(
    Category.id, Category.slug, Category.name, Category.parent_id, Category.position,
    Category.picture, Category.well, Category.own_well, Category.tax_class, Category.version,
)  # fmt: skip
_PACK = select(
    Product.title, Product.brand, Product.size_text, Product.published_at, Product.store_id,
    Category.name.label("category"),
).join(Category, Category.id == Product.category_id)  # fmt: skip
PRODUCT_VIEW = (
    select(
        Product.id, Product.slug, Product.category_id, Product.store_id, Product.sku,
        Product.barcode, Product.title, Product.brand, Product.description, Product.unit,
        Product.price_minor, Product.was_minor, Product.price_per, Product.increment,
        Product.minimum, Product.pack_size, Product.pack_unit, Product.size_text,
        Product.tax_class, Product.origin, Product.diet, Product.other_names, Product.family,
        Product.ingredients, Product.allergens, Product.may_contain, Product.nutrition,
        Product.best_before_days, Product.status, Product.version, Product.published_at,
        Product.publish_at, Product.created_at, Product.updated_at,
        Store.slug.label("store"), Category.slug.label("category"),
        Picture.file, Picture.alt,
    )
    .join(Store, Store.id == Product.store_id)
    .join(Category, Category.id == Product.category_id)
    .outerjoin(Picture, and_(Picture.product_id == Product.id, Picture.position == 0))
)  # fmt: skip


@freshness.version_source
@query
def catalog_version(connection: Connection) -> int:
    """The number that rises with every change of what the public catalogue shows."""
    version: int = _VERSION.all(connection, {})[0].version
    return version


@query
def load_tree(connection: Connection) -> Tree:
    """All categories."""
    return Tree(Node(*row) for row in connection.execute(_TREE))


def shown_tree() -> Tree:
    """All categories as the public sees them, read once for each version of the catalogue."""
    stamp = freshness.stamp()
    if _shown.get("stamp") != stamp:
        # The version was read first: the tree is of that version or a later one.
        _shown.update(tree=load_tree(), stamp=stamp)
    tree: Tree = _shown["tree"]
    return tree


def family_of(slug: str | ColumnElement[str]) -> Select[tuple[int]]:
    """The ids of a category and of all below it, as part of another statement."""
    top = select(Category.id).where(Category.slug == slug).cte("family", recursive=True)
    below = select(Category.id).join(top, Category.parent_id == top.c.id)
    return select(top.union(below).c.id)


@query
def departments(connection: Connection) -> list[Department]:
    """The departments in their order, each with its shelves (``children``).

    ``product_count`` is what is on sale there now, shelves included.
    """
    tree, counts = load_tree(), count_on_sale(connection)
    return [_department(tree, counts, node) for node in tree.roots]


@query
def find_category(connection: Connection, slug: str) -> CategoryPage | None:
    """A category with the way to it (itself last) and the shelves below it."""
    tree = load_tree()
    node = tree.find(slug)
    if node is None:
        return None
    counts = count_on_sale(connection)
    return CategoryPage(
        slug=node.slug,
        name=node.name,
        well=node.well,
        picture_url=category_picture_url(node.picture),
        product_count=tree.total(counts, node.id),
        breadcrumb=tuple(Crumb(step.slug, step.name) for step in tree.trail(node.id)),
        children=tuple(_department(tree, counts, child) for child in tree.children(node.id)),
    )


@query
def list_categories(connection: Connection) -> list[CategoryView]:
    """All categories for the admin and the public list, parents before their children.

    ``product_count`` is what is on sale in the category itself.
    """
    tree, counts = load_tree(), count_on_sale(connection)
    found: list[CategoryView] = []
    waiting = list(tree.roots)
    while waiting:
        node = waiting.pop(0)
        found.append(category_view(tree, node, counts.get(node.id, 0)))
        waiting = [*tree.children(node.id), *waiting]
    return found


@query
def get_category(connection: Connection, slug: str) -> CategoryView:
    """One category as the admin edits it. Raises NotFound."""
    tree = load_tree()
    node = existing(tree.find(slug))
    return category_view(tree, node, count_on_sale(connection).get(node.id, 0))


@query
def get_product(connection: Connection, actor: Actor, slug: str) -> ProductView:
    """A product of the actor's stores, whatever its status. Raises NotFound for strangers."""
    statement = PRODUCT_VIEW.where(Product.slug == slug)
    row = connection.execute(statement).one_or_none()
    if row is None or not actor.may_in(row.store_id, Permission.READ_STORE_PRODUCTS):
        raise NotFound
    return product_view(row)


@query
def find_pack_facts(connection: Connection, actor: Actor, slug: str) -> dict[str, str] | None:
    """What the drawn pack of a product shows; None for one that never was public or yours."""
    row = connection.execute(_PACK.where(Product.slug == slug)).one_or_none()
    if row is None or not (
        row.published_at or actor.may_in(row.store_id, Permission.READ_STORE_PRODUCTS)
    ):
        return None
    return {
        "title": row.title, "brand": row.brand, "size_text": row.size_text,
        "category": row.category,
    }  # fmt: skip


@query
def own_store_id(connection: Connection, actor: Actor, slug: str, permission: Permission) -> int:
    """The id of a store in which the actor holds ``permission``. Raises NotFound."""
    found = select(Store.id).where(Store.slug == slug)
    store_id = connection.execute(found).scalar_one_or_none()
    if store_id is None or not actor.may_in(store_id, permission):
        raise NotFound
    return store_id


@query
def list_prices(connection: Connection, actor: Actor, slug: str) -> list[PriceView]:
    """The prices that a product has had, newest first. Raises NotFound for strangers."""
    get_product(actor, slug)
    rows = connection.execute(
        select(Price.amount_minor, Price.valid_from, Price.valid_until)
        .join(Product, Product.id == Price.product_id)
        .where(Product.slug == slug)
        .order_by(Price.id.desc())
        .limit(100)
    )
    return [PriceView(*row) for row in rows]


def category_view(tree: Tree, node: Node, product_count: int) -> CategoryView:
    return CategoryView(
        slug=node.slug,
        name=node.name,
        parent=tree.parent_slug(node),
        position=node.position,
        picture_url=category_picture_url(node.picture),
        well=node.well,  # type: ignore[arg-type] # a CHECK keeps it among these
        own_well=node.own_well,
        tax_class=node.tax_class,  # type: ignore[arg-type]
        product_count=product_count,
        version=node.version,
    )


def product_view(row: Any) -> ProductView:
    values = row._asdict()
    hidden = ("id", "category_id", "store_id", "file", "alt", "nutrition")
    return ProductView(
        **{name: value for name, value in values.items() if name not in hidden},
        legal_moves=PRODUCT_MOVES[values["status"]],
        picture_url=picture_url(values["file"], values["slug"]),
        picture_alt=values["alt"] or values["title"],
        nutrition=nutrition_of(values["nutrition"]),
    )


def _department(tree: Tree, counts: dict[int, int], node: Node) -> Department:
    return Department(
        slug=node.slug,
        name=node.name,
        well=node.well,
        picture_url=category_picture_url(node.picture),
        product_count=tree.total(counts, node.id),
        children=tuple(_department(tree, counts, child) for child in tree.children(node.id)),
    )
