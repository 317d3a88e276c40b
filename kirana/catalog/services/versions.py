"""The catalogue's version: caches hold what they know under it, the search index follows it."""

from typing import Any

from sqlalchemy import Connection, update

from kirana.catalog.models import CatalogChange, CatalogVersion
from kirana.platform import clock, freshness
from kirana.platform.db import after_commit
from kirana.platform.inserts import insert_rows

Changed = tuple[str, int | None]

EVERYTHING: Changed = ("everything", None)
_RAISE = (
    update(CatalogVersion)
    .values(version=CatalogVersion.version + 1)
    .returning(CatalogVersion.version)
)


def raise_version(connection: Connection, *changed: Changed) -> None:
    """Part of every transaction that changes what the public catalogue shows.

    ``changed`` says whose goods the search index must read again: ``("product", id)``,
    ``("store", id)``, ``("category", id)`` or ``EVERYTHING``. Locks one row until the commit, so
    that versions are committed in their order: call it last.
    """
    version = connection.execute(_RAISE).scalar_one()
    if changed:
        now = clock.now(connection)
        rows = [{"version": version, "kind": kind, "key": key, "at": now} for kind, key in changed]
        insert_rows(connection, CatalogChange, rows)
    after_commit(lambda: freshness.raised(version))


def on_store_changed(connection: Connection, store_id: int, **_facts: Any) -> None:
    """Subscribed to ``store_changed``: a store that opens or closes changes the shelves."""
    raise_version(connection, ("store", store_id))
