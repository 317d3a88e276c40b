"""Writing accounts: the one insert, and the one function that moves a status."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, literal, null, select, update

from kirana.accounts.errors import BeyondYourRights, LastAdmin
from kirana.accounts.models import Account, AccountEvent
from kirana.accounts.permissions import permissions_of
from kirana.accounts.states import ACCOUNT_MOVES
from kirana.platform import audit, clock
from kirana.platform.access import Actor
from kirana.platform.columns import new_uid
from kirana.platform.inserts import insert_ignoring
from kirana.platform.rows import existing_row
from kirana.platform.states import require_move
from kirana.platform.tables import Id, UtcDateTime


@dataclass(frozen=True, slots=True)
class NewAccount:
    """A checked and hashed newcomer."""

    email: str
    name: str
    password_hash: str
    role: str
    status: str
    zone: str
    is_confirmed: bool = False


def add_account(connection: Connection, actor: Actor, new: NewAccount) -> int | None:
    """Write the account, its history's first row and the audit row; None for a known address.

    The statements are the same either way, so that the time they take tells nothing.
    """
    now, uid = clock.now(connection), new_uid()
    insert_ignoring(
        connection, Account, uid=uid, email=new.email, name=new.name,
        password_hash=new.password_hash, role=new.role, status=new.status, token_version=1,
        locale="en-IN", zone=new.zone, wants_report=True, created_at=now,
        verified_at=now if new.is_confirmed else None,
    )  # fmt: skip
    just_made = Account.uid == uid
    begun = {
        "from_status": null(), "to_status": literal(new.status), "reason": literal(""),
        "actor_id": literal(actor.account_id, Id), "at": literal(now, UtcDateTime),
    }  # fmt: skip
    history = select(Account.id, *begun.values()).where(just_made)
    connection.execute(insert(AccountEvent).from_select(["account_id", *begun], history))
    find = select(Account.id, Account.uid).where(Account.email == new.email)
    found = connection.execute(find).one()
    is_new = found.uid == uid
    action = "account.created" if is_new else "account.sign_up_repeated"
    after = {"role": new.role, "status": new.status} if is_new else {}
    audit.record(connection, actor, action, ("account", found.uid), after=after)
    return found.id if is_new else None


def lock_account(connection: Connection, account_id: int) -> Row[*tuple[Any, ...]]:
    """The account as ``admit`` wants it, locked until the transaction ends."""
    columns = (
        Account.id, Account.uid, Account.role, Account.status, Account.token_version,
        Account.verified_at,
    )  # fmt: skip
    find = select(*columns).where(Account.id == account_id).with_for_update()
    return connection.execute(find).one()


def stays_active(account_id: int | ColumnElement[int]) -> ColumnElement[bool]:
    """As a condition of a write: the account is active, and is locked to stay so (shared)."""
    found = select(Account.id).where(Account.id == account_id, Account.status == "active")
    return found.with_for_update(read=True).exists()


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


def reach(connection: Connection, actor: Actor, uid: str) -> int:
    """The id of an account that the caller may act on. Raises NotFound, BeyondYourRights."""
    row = existing_row(connection, select(Account.id, Account.role).where(Account.uid == uid))
    check_reach(actor, row.role)
    account_id: int = row.id
    return account_id


def check_reach(actor: Actor, role: str) -> None:
    """Raise BeyondYourRights unless the caller has all that the role may do to others' things."""
    of_others = {right for right in permissions_of(role, "active") if ":own_" not in right}
    if actor.via != "system" and not of_others <= actor.permissions:
        raise BeyondYourRights


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
