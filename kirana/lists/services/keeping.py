"""What keeps people from hoarding: counts that are asked under a lock."""

from typing import Any

from sqlalchemy import Connection, func, select

from kirana.accounts.models import Account
from kirana.platform.access import Actor
from kirana.platform.probes import reached


def lock_keeper(connection: Connection, actor: Actor) -> int:
    """The caller's account, locked against others who count what it keeps."""
    me = actor.me()
    locking = select(Account.id).where(Account.id == me).with_for_update(key_share=True)
    connection.execute(locking)
    reached("lists.keeper_locked")
    return me


def count_of(connection: Connection, table: Any, *where: Any) -> int:
    found = select(func.count()).select_from(table.__table__).where(*where)
    return connection.execute(found).scalar_one()
