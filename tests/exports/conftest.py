"""A store with a manager, a worker's folder, and what was sold."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from kirana.jobs.models import Job
from kirana.platform.access import Actor
from kirana.platform.db import query
from kirana.platform.outbox import Outbox
from tests.jobs.rows import actor_of, add_account, add_member, add_store


@dataclass(frozen=True)
class Corner:
    """One store, who runs it, and where exports are written."""

    store_id: int
    manager_id: int
    folder: Path

    @property
    def manager(self) -> Actor:
        return actor_of(self.manager_id)


@pytest.fixture
def corner(database: Any, tmp_path: Path) -> Corner:
    store_id, manager_id = add_store("corner"), add_account("mira@shop.example", "manager")
    add_member(manager_id, store_id)
    return Corner(store_id, manager_id, tmp_path)


@query
def job_row(connection: Connection, job_id: int) -> Any:
    return connection.execute(select(Job.__table__).where(Job.id == job_id)).one()


@query
def outbox_rows(connection: Connection, kind: str) -> list[Any]:
    return list(connection.execute(select(Outbox.__table__).where(Outbox.kind == kind)))
