"""The end of an account across all slices, after a time in which it can be taken back.

What was bought and paid stays, as figures of nobody. Who was erased is kept as a list of uids
beside the database, so that a database restored from before does not bring them back.
"""

import logging
import os
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from kirana.accounts.models import Approval
from kirana.accounts.permissions import Permission
from kirana.accounts.services.erasing import (
    close_account,
    schedule_erasure,
    withdraw_erasure,
)
from kirana.accounts.services.own_password import require_own_password
from kirana.accounts.services.records import reach
from kirana.cart.services.forgetting import forget_baskets
from kirana.exports.files import exports_folder, forget_others
from kirana.exports.running import delete_leftovers
from kirana.jobs.models import Job
from kirana.jobs.services import forget_jobs
from kirana.lists.services.forgetting import forget_lists
from kirana.orders.models import Order
from kirana.orders.services.forgetting import forget_customer, has_open_orders
from kirana.platform import clock
from kirana.platform.access import SYSTEM, Actor
from kirana.platform.config import Settings
from kirana.platform.db import after_commit, verb
from kirana.platform.erasure import empty_log
from kirana.platform.errors import Conflict, ShopError
from kirana.platform.idempotency import blank_answers, forget_keys
from kirana.platform.outbox import cancel_about, enqueue
from kirana.platform.wake import wake_after_commit
from kirana.privacy import queries
from kirana.privacy.errors import SoleOwner
from kirana.reports.models import ReportDelivery
from kirana.reports.services import forget_figures
from kirana.reviews.services.forgetting import forget_reviews
from kirana.stores.queries import list_sole_stores
from kirana.stores.services.invitations import forget_invitations
from kirana.stores.services.team import lock_own_stores

logger = logging.getLogger("kirana.privacy")
# The last mail is waited for, but not for ever.
LONGEST_LEAVE = timedelta(days=3)
LIST = "erased-accounts.txt"


def ask_erasure(actor: Actor, password: str, days: int) -> None:
    """Let the caller's account end in ``days``; asked again it stays as it was.

    Raises Invalid at /password, LastAdmin, SoleOwner. Not to be called inside a transaction.
    """
    actor.require(Permission.WRITE_OWN_PROFILE)
    require_own_password(actor, password, "/password")
    _schedule(actor, actor.uid, days)


@verb
def ask_erasure_for(connection: Connection, actor: Actor, uid: str, days: int) -> None:
    """The same by an admin, for who cannot sign in. Raises NotFound, BeyondYourRights,
    IllegalMove and as above."""
    actor.require(Permission.WRITE_PEOPLE)
    reach(connection, actor, uid)
    _schedule(actor, uid, days)


@verb
def keep_account(connection: Connection, actor: Actor) -> None:
    """The caller takes it back. Raises NotFound, ErasureUnderWay."""
    actor.require(Permission.WRITE_OWN_PROFILE)
    withdraw_erasure(connection, actor, actor.uid)


@verb
def keep_account_of(connection: Connection, actor: Actor, uid: str) -> None:
    """An admin takes it back for somebody. Raises NotFound, BeyondYourRights, ErasureUnderWay."""
    actor.require(Permission.WRITE_PEOPLE)
    reach(connection, actor, uid)
    withdraw_erasure(connection, actor, uid)


@verb
def _schedule(connection: Connection, actor: Actor, uid: str, days: int) -> None:
    at = clock.now(connection) + timedelta(days=days)
    account_id = schedule_erasure(connection, actor, uid, at)
    if account_id is not None:
        _require_no_sole_store(connection, account_id)
        key = f"erasure-asked:{uid}:{at.isoformat()}"
        enqueue(connection, "erasure_asked", key, account_id=account_id)
        if days == 0:  # the last mail goes now, and the next hourly run ends the account
            wake_after_commit("upkeep.erase")


def remind_of_erasure(_connection: Connection, account_id: int, **_: object) -> str | None:
    """A note for who signs in while the account is about to end."""
    erase_at = queries.find_erase_at(account_id)
    if erase_at is None:
        return None
    return f"Your account ends on {erase_at:%-d %B}. You can keep it: Your account, Your data."


def erase_due(settings: Settings) -> int:
    """Erase accounts whose time has come and who were told good-bye; how many.

    Waits while an order is on its way. Any number of these may run at once. What the list beside
    the database names is erased again first, should an older database have been restored.
    """
    erased = sum(_try(erase, SYSTEM, uid, settings) for uid in list_escaped(settings.home))
    for due in queries.list_due():
        key = f"erased:{due.uid}:{due.erase_at.isoformat()}"
        told = queries.has_taken_leave(key)
        if told is None:
            _say_goodbye(due.id, key)
        elif told or queries.is_past(due.erase_at + LONGEST_LEAVE):
            erased += _try(_erase_unless_waiting, due.uid, settings)
    write_list(settings.home)
    delete_leftovers(exports_folder(settings))
    if erased:
        empty_log()
    return erased


def list_escaped(home: Path) -> list[str]:
    """Whom the list beside the database names and the database does not know as erased."""
    path = home / LIST
    named = path.read_text().split() if path.exists() else []
    pages = (named[begin : begin + 500] for begin in range(0, len(named), 500))
    return [uid for page in pages for uid in queries.list_living(page)]


def write_list(home: Path) -> None:
    """Add to the list who is missing there. The file only grows, and holds uids alone."""
    path = home / LIST
    known = set(path.read_text().split()) if path.exists() else set()
    missing = [uid for uid in queries.list_closed() if uid not in known]
    if missing:
        with path.open("a") as file:
            file.write("".join(f"{uid}\n" for uid in missing))
            file.flush()
            os.fsync(file.fileno())


@verb
def erase(connection: Connection, actor: Actor, uid: str, settings: Settings) -> None:
    """Close the account and forget the person everywhere, at once and for good. Safe to repeat.

    Raises NotFound, LastAdmin. Locks the account; files go after the commit.
    """
    account_id = queries.id_of(uid)
    forget_invitations(connection, account_id)
    blank_answers(connection, queries.list_names(account_id))
    close_account(connection, actor, uid)
    _cancel_mails(connection, account_id)
    forget_customer(connection, account_id)
    forget_baskets(connection, account_id)
    forget_figures(connection, account_id)
    forget_lists(connection, account_id)
    forget_reviews(connection, account_id)
    forget_keys(connection, f"a:{account_id}")
    for job_uid in forget_jobs(account_id, "the account was erased"):
        after_commit(partial(forget_others, exports_folder(settings), job_uid))


def _try(act: Callable[..., None], *values: Any) -> bool:
    try:
        act(*values)
    except ShopError as error:  # an order on its way, a shop to hand over: next hour again
        logger.warning("an account is not erased yet: %s", error.code)
        return False
    return True


@verb
def _erase_unless_waiting(connection: Connection, uid: str, settings: Settings) -> None:
    """Erasing locks the account, and an order that is being placed holds it: one of them waits."""
    account_id = queries.id_of(uid)
    _require_no_sole_store(connection, account_id)
    erase(SYSTEM, uid, settings)
    if has_open_orders(connection, account_id):
        raise Conflict("An order is on its way.")


@verb
def _say_goodbye(connection: Connection, account_id: int, key: str) -> None:
    if not has_open_orders(connection, account_id):
        enqueue(connection, "erased", key, account_id=account_id)


def _require_no_sole_store(connection: Connection, account_id: int) -> None:
    lock_own_stores(connection, account_id)
    if stores := list_sole_stores(account_id):
        raise SoleOwner(f"You are the only owner of {', '.join(stores)}. Hand over first.")


def _cancel_mails(connection: Connection, account_id: int) -> None:
    cancel_about(connection, "account_id", [account_id])
    for name, table, owner in (
        ("order_id", Order, Order.account_id),
        ("approval_id", Approval, Approval.account_id),
        ("job_id", Job, Job.requester_id),
        ("delivery_id", ReportDelivery, ReportDelivery.account_id),
    ):
        cancel_about(connection, name, select(table.id).where(owner == account_id))
