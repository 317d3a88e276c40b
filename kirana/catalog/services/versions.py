"""The catalogue's version: caches hold what they know under it."""

from typing import Any

from sqlalchemy import Connection, update

from kirana.catalog.models import CatalogVersion
from kirana.platform import freshness
from kirana.platform.db import after_commit

_RAISE = (
    update(CatalogVersion)
    .values(version=CatalogVersion.version + 1)
    .returning(CatalogVersion.version)
)


def raise_version(connection: Connection) -> None:
    """Part of every transaction that changes what the public catalogue shows.

    Locks one row until the commit: call it last.
    """
    version = connection.execute(_RAISE).scalar_one()
    after_commit(lambda: freshness.raised(version))


def on_store_changed(connection: Connection, **_facts: Any) -> None:
    """Subscribed to ``store_changed``: a store that opens or closes changes the shelves."""
    raise_version(connection)
