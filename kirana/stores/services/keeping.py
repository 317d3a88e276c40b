"""Making, changing, opening and closing stores."""

import re
import unicodedata
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from kirana.accounts.permissions import Permission
from kirana.platform import audit, clock, texts
from kirana.platform.access import Actor
from kirana.platform.announce import announce
from kirana.platform.columns import new_number
from kirana.platform.db import verb
from kirana.platform.errors import NotFound
from kirana.platform.inserts import insert_ignoring
from kirana.platform.rows import existing, existing_row
from kirana.platform.states import require_move
from kirana.stores.errors import NotTheOwner
from kirana.stores.models import Store, StoreEvent
from kirana.stores.queries import find_store, may_keep
from kirana.stores.shapes import NewStore, StoreChange
from kirana.stores.states import STORE_MOVES

LONGEST_SLUG = 60
_LENGTHS = {"name": 120, "street": 200, "city": 80, "phone": 32, "opening_hours": 200}


@verb
def create_store(
    connection: Connection, actor: Actor, new: NewStore, zone: str, status: str = "draft"
) -> str:
    """Make a store and return its slug; ``zone`` where ``new`` names none. Raises Invalid."""
    actor.require(Permission.WRITE_STORES)
    values = _checked({name: getattr(new, name) for name in _LENGTHS})
    zone = texts.zone_name(new.zone or zone)
    now = clock.now(connection)
    slug = wanted = slug_of(values["name"])
    while not insert_ignoring(
        connection, Store, slug=slug, zone=zone, status=status, created_at=now, **values
    ):
        slug = f"{wanted}-{new_number()[:4].lower()}"
    store_id = store_id_of(connection, slug)
    _write_event(connection, actor, store_id, (None, status))
    after = {"name": values["name"], "status": status}
    audit.record(connection, actor, "store.created", ("store", slug), after=after)
    return slug


@verb
def change_store(connection: Connection, actor: Actor, slug: str, change: StoreChange) -> None:
    """Change what a store says about itself; its owner and admins may. Locks the store.

    Raises NotFound, NotTheOwner, Invalid.
    """
    store = lock_store(connection, actor, slug)
    given = {name: getattr(change, name) for name in _LENGTHS}
    values = _checked({name: text for name, text in given.items() if text is not None})
    if not values:
        return
    before = {name: getattr(store, name) for name in values}
    connection.execute(update(Store).where(Store.id == store.id).values(**values))
    thing = ("store", slug)
    audit.record(connection, actor, "store.changed", thing, before=before, after=dict(values))
    announce(connection, "store_changed", store_id=store.id)


@verb
def move_store(connection: Connection, actor: Actor, slug: str, to: str) -> None:
    """Open a store, send it on holiday, or close it for good (admins only). Locks the store.

    Raises NotFound, NotTheOwner, Forbidden, IllegalMove.
    """
    if to == "closed":
        actor.require(Permission.WRITE_STORES)
    store = lock_store(connection, actor, slug)
    require_move(STORE_MOVES, store.status, to)
    connection.execute(update(Store).where(Store.id == store.id).values(status=to))
    _write_event(connection, actor, store.id, (store.status, to))
    before, after = {"status": store.status}, {"status": to}
    audit.record(connection, actor, f"store.{to}", ("store", slug), before=before, after=after)
    announce(connection, "store_moved", store_id=store.id, status=to)


def lock_store(connection: Connection, actor: Actor, slug: str) -> Row[*tuple[Any, ...]]:
    """The store's row for an admin or its owner. Raises NotFound for strangers, NotTheOwner."""
    actor.require(Permission.WRITE_STORE_SETTINGS)
    find = select(*Store.__table__.columns).where(Store.slug == slug).with_for_update()
    store = existing_row(connection, find)
    if may_keep(actor, store.id, Permission.WRITE_STORE_SETTINGS):
        return store
    raise NotTheOwner if store.id in actor.stores else NotFound


def store_id_of(connection: Connection, slug: str) -> int:
    store = existing(find_store(connection, slug))
    store_id: int = store.id
    return store_id


def slug_of(name: str) -> str:
    """``Asha's Café`` → ``asha-s-cafe``; never empty."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_SLUG].strip("-")
    return slug or f"store-{new_number()[:4].lower()}"


def _checked(given: dict[str, str]) -> dict[str, str]:
    """Texts fit to store. The name must not be empty; the others may. Raises Invalid."""

    def check(name: str) -> str:
        if not given[name].strip() and name != "name":
            return ""
        return texts.one_line(given[name], f"/{name}", _LENGTHS[name])

    texts.collect(*(lambda name=name: check(name) for name in given))
    return {name: check(name) for name in given}


def _write_event(
    connection: Connection, actor: Actor, store_id: int, move: tuple[str | None, str]
) -> None:
    connection.execute(
        insert(StoreEvent).values(
            store_id=store_id, from_status=move[0], to_status=move[1],
            actor_id=actor.account_id, at=clock.now(connection),
        )
    )  # fmt: skip
