"""Column shorthands shared by every slice's tables."""

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from kirana.platform import clock
from kirana.platform.tables import ByteOrdered, Id, Model, UtcDateTime

# Base 32 without look-alikes (Crockford's alphabet).
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_uid() -> str:
    """A random public identifier: 22 URL-safe characters, 128 bits."""
    return secrets.token_urlsafe(16)


def new_number() -> str:
    """A random ten-character number that people can read out (50 bits)."""
    return "".join(secrets.choice(ALPHABET) for _ in range(10))


def uid() -> Mapped[str]:
    return mapped_column(ByteOrdered, unique=True, default=new_uid)


def link(target: str, *, index: bool = True, **kwargs: Any) -> Mapped[Any]:
    """Foreign key to ``table.column``, named as a string so that upper tables can be meant."""
    return mapped_column(Id, ForeignKey(target), index=index, **kwargs)


def moment(**kwargs: Any) -> Mapped[Any]:
    return mapped_column(UtcDateTime, **kwargs)


def created() -> Mapped[datetime]:
    return mapped_column(UtcDateTime, default=clock.utc_now)


def one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    """CHECK that a text column holds one of ``values``."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def status(**kwargs: Any) -> Mapped[str]:
    return mapped_column(String(20), **kwargs)


class Public(Model):
    """A table whose rows are named to the outside, and tell when they came."""

    __abstract__ = True
    uid: Mapped[str] = uid()
    created_at: Mapped[datetime] = created()


class Move(Model):
    """A table of moves of a status."""

    __abstract__ = True
    from_status: Mapped[str | None] = mapped_column(String(20))
    to_status: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = created()


def some(name: str, condition: str, *fields: str, unique: bool = False) -> Index:
    """An index over the rows for which ``condition`` holds."""
    only = text(condition)
    return Index(name, *fields, unique=unique, sqlite_where=only, postgresql_where=only)
