"""A manager asks for a change of the categories; the admin's decision carries it out."""

from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select, update

from kirana.accounts.permissions import Permission
from kirana.catalog.errors import CategoryGone
from kirana.catalog.inputs import CategoryChanges, CategoryWish, NewCategory
from kirana.catalog.models import Category, CategoryRequest
from kirana.catalog.queries import load_tree, own_store_id
from kirana.catalog.services.categories import create_category, delete_category, edit_category
from kirana.catalog.states import REQUEST_MOVES
from kirana.platform import audit, clock, columns, texts
from kirana.platform.access import Actor
from kirana.platform.db import verb
from kirana.platform.errors import Invalid, NotFound
from kirana.platform.outbox import enqueue
from kirana.platform.probes import reached
from kirana.platform.rows import existing_row
from kirana.platform.states import require_move

LONGEST_REASON = 500


@verb
def ask_for_category(connection: Connection, actor: Actor, wish: CategoryWish) -> str:
    """Put a wish before the admin; returns the request's uid. Raises Invalid, NotFound."""
    actor.require(Permission.WRITE_CATEGORY_REQUESTS)
    store_id = _store(actor, wish.store)
    uid = columns.new_uid()
    connection.execute(
        insert(CategoryRequest).values(
            uid=uid, requester_id=actor.me(), store_id=store_id, kind=wish.kind,
            category_id=_check(wish), wish=_kept(wish), created_at=clock.now(connection),
        )
    )  # fmt: skip
    audit.record(
        connection, actor, "category_requested", ("category_request", uid),
        after=msgspec.to_builtins(msgspec.structs.replace(wish, note="")),
    )  # fmt: skip
    return uid


@verb
def approve_request(connection: Connection, actor: Actor, uid: str) -> None:
    """Approve a request and carry it out, both or neither.

    Raises NotFound, IllegalMove, CategoryGone, and whatever the change of the categories raises.
    """
    actor.require(Permission.DECIDE_CATEGORY_REQUESTS)
    row = _lock(connection, uid)
    _decide(connection, actor, row, "approved", "")
    wish: dict[str, Any] = row.wish
    if row.kind == "create":
        create_category(actor, NewCategory(name=wish["name"], parent=wish["parent"]))
        return
    # By both: SQLite gives the id of a deleted category to the next one.
    meant = (Category.id == row.category_id) & (Category.slug == wish["category"])
    slug = connection.execute(select(Category.slug).where(meant)).scalar_one_or_none()
    if slug is None:
        raise CategoryGone
    if row.kind == "rename":
        edit_category(actor, slug, CategoryChanges(name=wish["name"]))
    elif row.kind == "move":
        edit_category(actor, slug, CategoryChanges(parent=wish["parent"]))
    else:
        delete_category(actor, slug)


@verb
def reject_request(connection: Connection, actor: Actor, uid: str, reason: str) -> None:
    """Refuse a request and say why. Raises NotFound, IllegalMove, Invalid."""
    actor.require(Permission.DECIDE_CATEGORY_REQUESTS)
    reason = texts.one_line(reason, "/reason", LONGEST_REASON)
    _decide(connection, actor, _lock(connection, uid), "rejected", reason)


@verb
def withdraw_request(connection: Connection, actor: Actor, uid: str) -> None:
    """Take back a request of the actor's stores. Raises NotFound, IllegalMove."""
    actor.require(Permission.WRITE_CATEGORY_REQUESTS)
    row = _lock(connection, uid)
    if not actor.may_in(row.store_id, Permission.WRITE_CATEGORY_REQUESTS):
        raise NotFound
    _decide(connection, actor, row, "withdrawn", "")


def _store(actor: Actor, slug: str | None) -> int:
    if slug is not None:
        return own_store_id(actor, slug, Permission.WRITE_CATEGORY_REQUESTS)
    stores = actor.stores_for(Permission.WRITE_CATEGORY_REQUESTS)
    if len(stores) != 1:
        raise Invalid.at("/store", "choose one: you work in more than one store", "required")
    return next(iter(stores))


def _check(wish: CategoryWish) -> int | None:
    """The id of the category that is meant. Raises Invalid."""
    tree = load_tree()
    if wish.kind in ("create", "rename") and wish.name is None:
        raise Invalid.at("/name", "must be given", "required")
    if wish.parent is not None and tree.find(wish.parent) is None:
        raise Invalid.at("/parent", "choose a category that exists")
    if wish.kind == "create":
        if wish.category is not None:
            raise Invalid.at("/category", "does not go with a new category")
        return None
    node = tree.find(wish.category or "")
    if node is None:
        raise Invalid.at("/category", "choose a category that exists")
    return node.id


def _kept(wish: CategoryWish) -> dict[str, Any]:
    """The names as they were, so that the request can be read when its category is gone."""
    return {
        "name": wish.name, "parent": wish.parent, "note": wish.note, "category": wish.category,
    }  # fmt: skip


def _lock(connection: Connection, uid: str) -> Any:
    found = select(CategoryRequest.__table__).where(CategoryRequest.uid == uid).with_for_update()
    row = existing_row(connection, found)
    reached("category_request.locked")
    return row


def _decide(connection: Connection, actor: Actor, row: Any, status: str, reason: str) -> None:
    require_move(REQUEST_MOVES, row.status, status)
    connection.execute(
        update(CategoryRequest)
        .where(CategoryRequest.id == row.id)
        .values(
            status=status, reason=reason, decided_by=actor.account_id,
            decided_at=clock.now(connection),
        )
    )  # fmt: skip
    if status != "withdrawn":
        ids = {"account_id": row.requester_id, "request_id": row.id}
        enqueue(connection, "category_decided", f"category-decided:{row.uid}", **ids)
    audit.record(
        connection, actor, f"category_request_{status}", ("category_request", row.uid),
        before={"status": row.status}, after={"status": status},
    )  # fmt: skip
