"""Slugs: the addresses of things, made once from their name."""

import secrets
from typing import Any

from sqlalchemy import Connection, select

from kirana.platform.words import SLUG_LENGTH, slug_of

_TRIES = 20


def free_slug(connection: Connection, table: Any, name: str, otherwise: str) -> str:
    """A slug of ``name`` that no row of ``table`` has: ``milk``, ``milk-2``, ``milk-3`` …"""
    stem = slug_of(name, otherwise)[: SLUG_LENGTH - 10].rstrip("-")
    wishes = [stem, *(f"{stem}-{number}" for number in range(2, _TRIES))]
    taken = set(connection.execute(select(table.slug).where(table.slug.in_(wishes))).scalars())
    return next((w for w in wishes if w not in taken), f"{stem}-{secrets.token_hex(4)}")
