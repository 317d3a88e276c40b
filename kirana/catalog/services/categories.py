"""The admin's verbs on categories."""

from typing import Any

import msgspec
from sqlalchemy import Connection, delete, exists, insert, select, update
from sqlalchemy.exc import IntegrityError

from kirana.accounts.permissions import Permission
from kirana.catalog.errors import CategoryExists, CategoryInUse, CategoryLoop, CategoryTooDeep
from kirana.catalog.inputs import CategoryChanges, NewCategory
from kirana.catalog.models import CatalogVersion, Category, Product
from kirana.catalog.queries import get_category, load_tree
from kirana.catalog.services.slugs import free_slug
from kirana.catalog.services.versions import raise_version
from kirana.catalog.tree import LARGEST_DEPTH, Node, Tree
from kirana.catalog.views import CategoryView
from kirana.platform import audit, clock
from kirana.platform.access import Actor
from kirana.platform.db import verb
from kirana.platform.errors import Invalid, Stale
from kirana.platform.probes import reached
from kirana.platform.rows import existing
from kirana.platform.words import folded

PLAIN = "sand"


@verb
def create_category(connection: Connection, actor: Actor, new: NewCategory) -> CategoryView:
    """Make a category. Raises CategoryExists, CategoryTooDeep, Invalid (no such parent)."""
    actor.require(Permission.WRITE_CATEGORIES)
    tree = _lock_tree(connection)
    parent = _parent(tree, new.parent)
    _check_place(tree, parent, new.name, None)
    slug = free_slug(connection, Category, new.name, "category")
    connection.execute(
        insert(Category).values(
            slug=slug, name=new.name, parent_id=parent.id if parent else None,
            position=new.position, well=new.well or (parent.well if parent else PLAIN),
            own_well=new.well is not None or parent is None, tax_class=new.tax_class,
            created_at=clock.now(connection),
        )
    )  # fmt: skip
    audit.record(
        connection, actor, "category_created", ("category", slug), after=msgspec.to_builtins(new)
    )
    raise_version(connection)
    return get_category(slug)


@verb
def edit_category(
    connection: Connection,
    actor: Actor,
    slug: str,
    changes: CategoryChanges,
    version: int | None = None,
) -> CategoryView:
    """Rename, move or restyle a category; ``version`` is the one that was seen.

    Raises NotFound, Stale, CategoryExists, CategoryLoop, CategoryTooDeep, Invalid.
    """
    actor.require(Permission.WRITE_CATEGORIES)
    tree = _lock_tree(connection)
    node = _seen(tree, slug, version)
    wanted = msgspec.to_builtins(changes)
    if "parent" in wanted:
        parent = _parent(tree, wanted.pop("parent"))
        wanted["parent_id"] = parent.id if parent else None
    if "parent_id" in wanted or "name" in wanted:
        _check_move(tree, node, wanted)
    if "parent_id" in wanted or "well" in wanted:
        wanted |= _colour(tree, node, wanted)
    before = {name: getattr(node, name) for name in wanted}
    if wanted == before:
        return get_category(slug)
    _save(connection, node, wanted)
    if wanted.get("well", node.well) != node.well:
        _follow(connection, tree.followers(node.id), wanted["well"])
    audit.record(
        connection, actor, "category_edited", ("category", slug), before=before, after=wanted
    )
    is_called_otherwise = "name" in wanted or "parent_id" in wanted
    changed = [("category", member) for member in tree.family(node.id) if is_called_otherwise]
    raise_version(connection, *changed)
    return get_category(slug)


@verb
def set_category_picture(connection: Connection, actor: Actor, slug: str, file: str) -> str:
    """Show ``file`` of the media folder; returns the file that was shown before, or nothing."""
    actor.require(Permission.WRITE_CATEGORIES)
    node = _seen(_lock_tree(connection), slug, None)
    _save(connection, node, {"picture": file})
    audit.record(
        connection, actor, "category_picture_set", ("category", slug),
        before={"picture": node.picture}, after={"picture": file},
    )  # fmt: skip
    raise_version(connection)
    return node.picture


@verb
def delete_category(
    connection: Connection, actor: Actor, slug: str, version: int | None = None
) -> None:
    """Raises NotFound, Stale, CategoryInUse while it holds products or other categories."""
    actor.require(Permission.WRITE_CATEGORIES)
    tree = _lock_tree(connection)
    node = _seen(tree, slug, version)
    holds = select(exists().where(Product.category_id == node.id))
    if tree.children(node.id) or connection.execute(holds).scalar_one():
        raise CategoryInUse
    try:
        connection.execute(delete(Category).where(Category.id == node.id))
    except IntegrityError:
        # A product came in since the look above; its foreign key has the last word.
        raise CategoryInUse from None
    audit.record(
        connection, actor, "category_deleted", ("category", slug),
        before=msgspec.to_builtins(node),
    )  # fmt: skip
    raise_version(connection)


def _lock_tree(connection: Connection) -> Tree:
    """Changes of the tree come one after the other: two moves at once could make a loop."""
    connection.execute(select(CatalogVersion.version).with_for_update())
    tree = load_tree()
    reached("category.tree_seen")
    return tree


def _seen(tree: Tree, slug: str, version: int | None) -> Node:
    node = existing(tree.find(slug))
    if version is not None and version != node.version:
        raise Stale
    return node


def _parent(tree: Tree, slug: str | None) -> Node | None:
    if slug is None:
        return None
    node = tree.find(slug)
    if node is None:
        raise Invalid.at("/parent", "choose a category that exists")
    return node


def _check_move(tree: Tree, node: Node, wanted: dict[str, Any]) -> None:
    parent_id = wanted.get("parent_id", node.parent_id)
    if parent_id is not None and parent_id in tree.family(node.id):
        raise CategoryLoop
    parent = None if parent_id is None else tree.node(parent_id)
    _check_place(tree, parent, wanted.get("name", node.name), node)


def _colour(tree: Tree, node: Node, wanted: dict[str, Any]) -> dict[str, Any]:
    """Its own colour if one was chosen, else that of what it stands in."""
    own = wanted["well"] is not None if "well" in wanted else node.own_well
    chosen = wanted.get("well") or node.well
    parent_id = wanted.get("parent_id", node.parent_id)
    if parent_id is None:
        # What becomes a department keeps the colour that it had.
        return {"well": chosen, "own_well": True}
    return {"well": chosen if own else tree.node(parent_id).well, "own_well": own}


def _follow(connection: Connection, followers: list[int], well: str) -> None:
    if followers:
        below = update(Category).where(Category.id.in_(followers))
        connection.execute(below.values(well=well, version=Category.version + 1))


def _check_place(tree: Tree, parent: Node | None, name: str, moved: Node | None) -> None:
    if not folded(name):
        raise Invalid.at("/name", "needs a letter or a digit")
    siblings = tree.children(parent.id if parent else None)
    if any(folded(node.name) == folded(name) and node is not moved for node in siblings):
        raise CategoryExists
    above = len(tree.trail(parent.id)) if parent else 0
    if above + (tree.height(moved.id) if moved else 1) > LARGEST_DEPTH:
        raise CategoryTooDeep


def _save(connection: Connection, node: Node, values: dict[str, Any]) -> None:
    connection.execute(
        update(Category)
        .where(Category.id == node.id)
        .values(**values, version=Category.version + 1)
    )
