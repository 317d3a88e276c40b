"""Writing accounts: the one insert, and the one function that moves a status."""

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from kirana.accounts.errors import LastAdmin
from kirana.accounts.models import Account, AccountEvent
from kirana.accounts.states import ACCOUNT_MOVES
from kirana.platform import audit, clock
from kirana.platform.access import Actor
from kirana.platform.columns import new_uid
from kirana.platform.db import insert_ignoring
from kirana.platform.states import require_move


@dataclass(frozen=True, slots=True)
class NewAccount:
    """A checked and hashed newcomer."""

    email: str
    name: str
    password_hash: str
    role: str
    status: str
    zone: str


def add_account(connection: Connection, actor: Actor, new: NewAccount) -> int | None:
    """Write the account, its history's first row and the audit row; None for a known address."""
    now = clock.now(connection)
    uid = new_uid()
    is_new = insert_ignoring(
        connection, Account, uid=uid, email=new.email, name=new.name,
        password_hash=new.password_hash, role=new.role, status=new.status, token_version=1,
        locale="en-IN", zone=new.zone, wants_report=True, created_at=now,
    )  # fmt: skip
    if not is_new:
        return None
    find = select(Account.id).where(Account.email == new.email)
    account_id: int = connection.execute(find).scalar_one()
    connection.execute(
        insert(AccountEvent).values(
            account_id=account_id, from_status=None, to_status=new.status, reason="",
            actor_id=actor.account_id, at=now,
        )
    )  # fmt: skip
    after = {"role": new.role, "status": new.status}
    audit.record(connection, actor, "account.created", ("account", uid), after=after)
    return account_id


def move_account(
    connection: Connection, actor: Actor, account_id: int, to: str, reason: str = ""
) -> None:
    """Move an account's status, with its history and an audit row; locks the account.

    Suspending and closing end every session. Raises IllegalMove.
    """
    columns = (Account.uid, Account.status)
    find = select(*columns).where(Account.id == account_id).with_for_update()
    row = connection.execute(find).one()
    require_move(ACCOUNT_MOVES, row.status, to)
    connection.execute(update(Account).where(Account.id == account_id).values(status=to))
    if to in ("suspended", "closed"):
        end_everywhere(connection, account_id)
    connection.execute(
        insert(AccountEvent).values(
            account_id=account_id, from_status=row.status, to_status=to, reason=reason,
            actor_id=actor.account_id, at=clock.now(connection),
        )
    )  # fmt: skip
    before, after = {"status": row.status}, {"status": to}
    audit.record(
        connection, actor, f"account.{to}", ("account", row.uid), before=before, after=after
    )


def end_everywhere(connection: Connection, account_id: int) -> int:
    """End all sessions of an account at once by its token version; returns the new one."""
    raise_it = (
        update(Account)
        .where(Account.id == account_id)
        .values(token_version=Account.token_version + 1)
        .returning(Account.token_version)
    )
    version: int = connection.execute(raise_it).scalar_one()
    return version


def keep_an_admin(connection: Connection, leaving_id: int) -> None:
    """Raise LastAdmin if nobody else would be an active admin. Locks all active admins."""
    admins = (
        select(Account.id)
        .where(Account.role == "admin", Account.status == "active")
        .order_by(Account.id)
        .with_for_update()
    )
    found = set(connection.execute(admins).scalars())
    if found == {leaving_id}:
        raise LastAdmin
