"""What admins and operators do with accounts."""

from dataclasses import dataclass, replace

from sqlalchemy import Connection, select, update

from kirana.accounts.errors import AddressTaken
from kirana.accounts.models import Account
from kirana.accounts.permissions import Permission
from kirana.accounts.services.joining import checked
from kirana.accounts.services.records import (
    NewAccount,
    add_account,
    check_reach,
    end_everywhere,
    keep_an_admin,
    move_account,
    reach,
)
from kirana.platform import audit, texts
from kirana.platform.access import Actor
from kirana.platform.announce import announce
from kirana.platform.columns import new_uid
from kirana.platform.db import query, verb
from kirana.platform.errors import Conflict, IllegalMove, NotFound
from kirana.platform.outbox import enqueue

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class PersonToCreate:
    """What an operator types."""

    email: str
    name: str
    password: str
    role: str
    zone: str


@verb
def suspend(connection: Connection, actor: Actor, uid: str, reason: str) -> None:
    """Shut a person out at once. Raises NotFound, BeyondYourRights, IllegalMove, LastAdmin,
    Invalid."""
    actor.require(Permission.WRITE_PEOPLE)
    reason = texts.one_line(reason, "/reason", LONGEST_REASON)
    account_id = reach(connection, actor, uid)
    keep_an_admin(connection, account_id)
    move_account(connection, actor, account_id, "suspended", reason)
    enqueue(connection, "account_suspended", f"suspended:{new_uid()}", account_id=account_id)
    announce(connection, "account_suspended", account_id=account_id)


@verb
def reinstate(connection: Connection, actor: Actor, uid: str) -> None:
    """Let a suspended person in again. Raises NotFound, BeyondYourRights, IllegalMove."""
    actor.require(Permission.WRITE_PEOPLE)
    account_id = reach(connection, actor, uid)
    find = select(Account.status).where(Account.id == account_id).with_for_update()
    status = connection.execute(find).scalar_one()
    if status != "suspended":
        raise IllegalMove(f"It is {status}; only a suspended account is reinstated.")
    move_account(connection, actor, account_id, "active")
    enqueue(connection, "account_reinstated", f"reinstated:{new_uid()}", account_id=account_id)


def create_account(actor: Actor, person: PersonToCreate) -> str:
    """Make an active account of any role and return its uid; for the CLI.

    The operator answers for the address: it counts as confirmed.

    Raises Invalid, AddressTaken. Not to be called inside a transaction.
    """
    actor.require(Permission.WRITE_PEOPLE)
    new = checked(person.email, person.name, person.password)
    return _create(actor, replace(new(person.role, "active", person.zone), is_confirmed=True))


def change_role(actor: Actor, email: str, role: str) -> None:
    """Give the account of this address another role; for the CLI. Raises as ``give_role``."""
    give_role(actor, uid_of(email), role)


@verb
def give_role(connection: Connection, actor: Actor, uid: str, role: str) -> None:
    """Give a person another role and end their sessions; announces ``role_changed``.

    Raises NotFound, LastAdmin, BeyondYourRights (the role, now or then, may do more than the
    caller), Conflict (a waiting manager is decided by approval).
    """
    actor.require(Permission.WRITE_PEOPLE)
    account_id = reach(connection, actor, uid)
    if role != "admin":  # before the row itself, so that admins are always locked in one order
        keep_an_admin(connection, account_id)
    columns = (Account.id, Account.role, Account.status)
    find = select(*columns).where(Account.id == account_id).with_for_update()
    row = connection.execute(find).one()
    if row.status in ("pending", "rejected", "closed"):
        raise Conflict(f"The account is {row.status}; its role cannot change.")
    check_reach(actor, row.role)
    check_reach(actor, role)
    if row.role == role:
        return
    connection.execute(update(Account).where(Account.id == row.id).values(role=role))
    end_everywhere(connection, row.id)
    before, after = {"role": row.role}, {"role": role}
    thing = ("account", uid)
    audit.record(connection, actor, "account.role_changed", thing, before=before, after=after)
    announce(connection, "role_changed", account_id=row.id, was=row.role, actor=actor)
    told = (
        {row.id} if "admin" not in (role, row.role) else {row.id, *_other_admins(connection, actor)}
    )
    for reader in sorted(told):
        key = f"role-changed:{new_uid()}"
        enqueue(connection, "role_changed", key, account_id=reader, about_id=row.id)


def _other_admins(connection: Connection, actor: Actor) -> list[int]:
    admins = select(Account.id).where(Account.role == "admin", Account.status == "active")
    found = connection.execute(admins).scalars().all()
    return [account_id for account_id in found if account_id != actor.account_id]


@query
def uid_of(connection: Connection, email: str) -> str:
    """Raises NotFound."""
    uid: str | None = connection.execute(select(Account.uid).where(Account.email == email)).scalar()
    if uid is None:
        raise NotFound("There is no account with this e-mail address.")
    return uid


@verb
def _create(connection: Connection, actor: Actor, new: NewAccount) -> str:
    account_id = add_account(connection, actor, new)
    if account_id is None:
        raise AddressTaken
    uid: str = connection.execute(select(Account.uid).where(Account.id == account_id)).scalar_one()
    return uid
