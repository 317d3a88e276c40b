"""What every table is made of: names of constraints, column types, keys."""

import functools
from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Dialect, Integer, MetaData, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import JSON, DateTime, TypeDecorator

NAMES = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


# 64 bits on both; SQLite gives keys to INTEGER columns only.
Id = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """Parent of every table. Used as typed tables only: rows are read through Core."""

    metadata = NAMES
    type_annotation_map: ClassVar = {int: Id}


class Model(Base):
    """A table whose rows have a number of their own."""

    __abstract__ = True
    id: Mapped[int] = mapped_column(Id, primary_key=True, sort_order=-1)


Json = JSON().with_variant(JSONB, "postgresql")
# Sort keys and identifiers compare byte by byte on both databases, so that keyset pages agree.
ByteOrdered = String().with_variant(String(collation="C"), "postgresql")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, stored in UTC. A naive value is a programming error."""

    impl = DateTime(timezone=True)
    cache_ok = True
    _binds: ClassVar[dict[str, Any]] = {}

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def bind_processor(self, dialect: Dialect) -> Any:
        """One for all columns, as a transaction's moment goes into many."""
        if dialect.name not in self._binds:
            process: Any = super().bind_processor(dialect)
            self._binds[dialect.name] = functools.lru_cache(maxsize=256)(process)
        return self._binds[dialect.name]

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        is_naive = value is not None and value.tzinfo is None
        return value and (value.replace(tzinfo=UTC) if is_naive else value.astimezone(UTC))
