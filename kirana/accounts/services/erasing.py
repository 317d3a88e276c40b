"""The end of an account: asked for, taken back, and what goes with it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, delete, select, update

from kirana.accounts import passwords
from kirana.accounts.errors import ErasureUnderWay
from kirana.accounts.models import Account, AccountEvent, Approval
from kirana.accounts.services.records import keep_an_admin, move_account
from kirana.platform import audit, clock
from kirana.platform.access import Actor
from kirana.platform.errors import IllegalMove, NotFound
from kirana.platform.rows import existing_row
from kirana.platform.tables import Model

NOBODY = "Erased person"
ERASED = "erased"
# Tables of this slice that keep their rows, for the history of what was decided.
HISTORIES = ("approval", "account_event")


def schedule_erasure(connection: Connection, actor: Actor, uid: str, at: datetime) -> int | None:
    """Let an account end at ``at``; its id, None if that was asked for before.

    Raises NotFound, IllegalMove (closed), LastAdmin. Locks the account.
    """
    row = _lock(connection, uid)
    if row.status == "closed":
        raise IllegalMove("It is closed already.")
    if row.erase_at is not None:
        return None
    keep_an_admin(connection, row.id)
    connection.execute(update(Account).where(Account.id == row.id).values(erase_at=at))
    after = {"at": f"{at:%Y-%m-%dT%H:%MZ}"}
    audit.record(connection, actor, "account.erasure_asked", ("account", uid), after=after)
    account_id: int = row.id
    return account_id


def withdraw_erasure(connection: Connection, actor: Actor, uid: str) -> None:
    """Let an account live on. Raises NotFound where nothing was asked, ErasureUnderWay."""
    row = _lock(connection, uid)
    if row.erase_at is None or row.status == "closed":
        raise NotFound
    if row.erase_at <= clock.now(connection):
        raise ErasureUnderWay
    connection.execute(update(Account).where(Account.id == row.id).values(erase_at=None))
    audit.record(connection, actor, "account.erasure_withdrawn", ("account", uid))


def close_account(connection: Connection, actor: Actor, uid: str) -> int:
    """Close an account for good and replace what says who it was; its id. Safe to repeat.

    Whatever else this slice keeps about a person is deleted: every table that links to an account
    by ``account_id`` and is no history. Raises NotFound, LastAdmin. Locks the account.
    """
    row = _lock(connection, uid)
    if row.status != "closed":
        keep_an_admin(connection, row.id)
        withdraw_application(connection, row.id)
        move_account(connection, actor, row.id, "closed")
    connection.execute(
        update(Account)
        .where(Account.id == row.id)
        .values(
            email=f"{uid}@erased.invalid", name=NOBODY, password_hash=passwords.ABSENT,
            locale="en-IN", zone="UTC", wants_report=False, verified_at=None, erase_at=None,
        )
    )  # fmt: skip
    _blank_histories(connection, row.id)
    for table in _personal_tables():
        connection.execute(delete(table).where(table.c.account_id == row.id))
    account_id: int = row.id
    return account_id


def _lock(connection: Connection, uid: str) -> Any:
    columns = (Account.id, Account.status, Account.erase_at)
    find = select(*columns).where(Account.uid == uid).with_for_update()
    return existing_row(connection, find)


def withdraw_application(connection: Connection, account_id: int) -> None:
    mine = (Approval.account_id == account_id, Approval.status == "requested")
    now = clock.now(connection)
    ending = {"status": "withdrawn", "decided_at": now, "wished_store": ""}
    connection.execute(update(Approval).where(*mine).values(ending))


def _blank_histories(connection: Connection, account_id: int) -> None:
    mine = Approval.account_id == account_id
    connection.execute(update(Approval).where(mine).values(wished_store=""))
    given = Approval.reason != ""
    connection.execute(update(Approval).where(mine, given).values(reason=ERASED))
    moves = update(AccountEvent).where(AccountEvent.account_id == account_id)
    connection.execute(moves.values(reason=""))


def _personal_tables() -> list[Table]:
    """From the outermost inwards, as foreign keys want it."""
    own = {
        mapper.class_.__tablename__
        for mapper in Model.registry.mappers
        if mapper.class_.__module__.startswith("kirana.accounts.")
    }
    return [
        table
        for table in reversed(Model.metadata.sorted_tables)
        if table.name in own - set(HISTORIES) and "account_id" in table.columns
    ]
