"""Managers' applications: made by themselves, decided by an admin (with a store, see stores)."""

from typing import Any

from sqlalchemy import Connection, Row, insert, literal, select, update

from kirana.accounts.models import Account, Approval
from kirana.accounts.permissions import Permission
from kirana.accounts.services.joining import checked, write_to
from kirana.accounts.services.records import NewAccount, add_account, move_account
from kirana.accounts.shapes import ManagerApplication, RenewedApplication
from kirana.accounts.states import APPROVAL_MOVES
from kirana.platform import clock, texts
from kirana.platform.access import Actor
from kirana.platform.columns import new_uid
from kirana.platform.db import verb
from kirana.platform.outbox import enqueue
from kirana.platform.probes import reached
from kirana.platform.rows import existing_row
from kirana.platform.states import require_move
from kirana.platform.tables import UtcDateTime

LONGEST_REASON = 500


def apply_as_manager(actor: Actor, given: ManagerApplication, zone: str) -> None:
    """Make a manager's account that waits for an admin. Answers as ``sign_up`` does."""
    wished = texts.wished_store(given.wished_store)
    new = checked(given.email, given.name, given.password)
    _apply(actor, new("manager", "pending", zone), wished)


@verb
def apply_again(connection: Connection, actor: Actor, given: RenewedApplication) -> None:
    """A refused manager waits again, with a new application. Raises IllegalMove, Forbidden."""
    actor.require(Permission.WRITE_OWN_APPLICATION)
    wished = texts.wished_store(given.wished_store)
    move_account(connection, actor, actor.me(), "pending")
    _ask(connection, actor.me(), wished)


@verb
def approve_application(connection: Connection, actor: Actor, uid: str, store_id: int) -> int:
    """The account's half of an approval: its id, now active, the application naming its store.

    Called by ``stores.services.approve_manager``. Raises Forbidden, NotFound,
    IllegalMove. Locks the application, then the account.
    """
    actor.require(Permission.WRITE_APPROVALS)
    decided = _decide(connection, actor, uid, {"status": "approved", "store_id": store_id})
    move_account(connection, actor, decided.account_id, "active")
    key = f"manager-approved:{uid}"
    enqueue(connection, "manager_approved", key, approval_id=decided.id)
    account_id: int = decided.account_id
    return account_id


@verb
def reject_application(connection: Connection, actor: Actor, uid: str, reason: str) -> None:
    """Refuse an application with a reason, which is mailed. Raises NotFound, IllegalMove."""
    actor.require(Permission.WRITE_APPROVALS)
    reason = texts.one_line(reason, "/reason", LONGEST_REASON)
    decided = _decide(connection, actor, uid, {"status": "rejected", "reason": reason})
    move_account(connection, actor, decided.account_id, "rejected", reason)
    key = f"manager-rejected:{uid}"
    enqueue(connection, "manager_rejected", key, approval_id=decided.id)


@verb
def _apply(connection: Connection, actor: Actor, new: NewAccount, wished: str) -> None:
    account_id = add_account(connection, actor, new)
    _ask(connection, account_id, wished)
    write_to(connection, new.email, account_id is not None)


def _ask(connection: Connection, account_id: int | None, wished: str) -> None:
    """Write the application; for nobody the same statement writes nothing."""
    row = {
        "uid": literal(new_uid()), "wished_store": literal(wished), "status": literal("requested"),
        "reason": literal(""), "created_at": literal(clock.now(connection), UtcDateTime),
    }  # fmt: skip
    asking = select(Account.id, *row.values()).where(Account.id == (account_id or 0))
    connection.execute(insert(Approval).from_select(["account_id", *row], asking))


def _decide(
    connection: Connection, actor: Actor, uid: str, values: dict[str, Any]
) -> Row[*tuple[Any, ...]]:
    """One conditional write decides between admins who decide at once; the loser gets a 409."""
    reached("application.before_deciding")
    deciding = (
        update(Approval)
        .where(Approval.uid == uid, Approval.status == "requested")
        .values(decided_by=actor.account_id, decided_at=clock.now(connection), **values)
        .returning(Approval.id, Approval.account_id)
    )
    decided = connection.execute(deciding).one_or_none()
    if decided is None:
        there = existing_row(connection, select(Approval.status).where(Approval.uid == uid))
        require_move(APPROVAL_MOVES, there.status, values["status"])
        raise AssertionError("unreachable: an open application is always decided")
    return decided
