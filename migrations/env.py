"""Alembic's entry: one chain for SQLite and PostgreSQL, on an engine made by the application."""

from typing import Any

from alembic import context
from sqlalchemy.types import TypeEngine

from kirana.platform.tables import UtcDateTime
from kirana.schema import metadata


def render_type(kind: str, item: TypeEngine[Any], _context: object) -> str | bool:
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_item=render_type,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
