"""All that the store keeps about one person, section by section, row by row."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, func, select

from kirana.accounts.models import Account
from kirana.accounts.permissions import Permission
from kirana.accounts.states import MAY_SIGN_IN
from kirana.exports.errors import ExportExpired
from kirana.jobs.models import Job
from kirana.jobs.queries import offer_file
from kirana.orders.models import Order
from kirana.platform import clock
from kirana.platform.access import Actor
from kirana.platform.db import query
from kirana.platform.errors import NotFound
from kirana.platform.outbox import Outbox
from kirana.privacy.sections import SECTIONS

KIND = "personal_data"

offer_file(KIND, "/api/v1/me/data-exports/{uid}/file")


class Due(msgspec.Struct, frozen=True):
    """An account whose time has come."""

    id: int
    uid: str
    erase_at: datetime


@query
def count_rows(connection: Connection, account_id: int) -> int:
    """About how many rows there are in all sections."""
    return sum(
        connection.execute(select(func.count()).select_from(find(account_id).subquery())).scalar()
        or 0
        for find in SECTIONS.values()
    )


@query
def list_section(
    connection: Connection, account_id: int, section: str, after_id: int, limit: int
) -> list[dict[str, Any]]:
    """The next rows of a section by their inner ``id``."""
    find = SECTIONS[section](account_id)
    key = next(iter(find.selected_columns))
    page = find.where(key > after_id).order_by(key).limit(limit)
    return [dict(row._mapping) for row in connection.execute(page)]


@query
def may_have_data(connection: Connection, account_id: int) -> bool:
    """Whether the person can still sign in."""
    status = connection.execute(select(Account.status).where(Account.id == account_id)).scalar()
    return status in MAY_SIGN_IN


@query
def find_data_file(connection: Connection, actor: Actor, uid: str) -> tuple[str, str]:
    """The caller's finished file and its SHA-256. Raises NotFound, ExportExpired."""
    actor.require(Permission.READ_OWN_PROFILE)
    mine = (Job.uid == uid, Job.kind == KIND, Job.requester_id == actor.me())
    find = select(Job.status, Job.file, Job.sha256).where(*mine)
    row = connection.execute(find).one_or_none()
    if row is not None and row.status == "expired":
        raise ExportExpired
    if row is None or row.status != "done":
        raise NotFound
    return row.file, row.sha256


@query
def list_due(connection: Connection, limit: int = 100) -> list[Due]:
    """Accounts whose time has come, oldest first."""
    find = select(Account.id, Account.uid, Account.erase_at).where(
        Account.erase_at <= clock.now(connection), Account.status != "closed"
    )
    rows = connection.execute(find.order_by(Account.erase_at, Account.id).limit(limit))
    return [Due(key, uid, at) for key, uid, at in rows if at]


@query
def has_taken_leave(connection: Connection, dedupe_key: str) -> bool | None:
    """Whether nothing more will come of the last mail to a person; None if there is none yet."""
    find = select(Outbox.state, Outbox.doubts).where(Outbox.dedupe_key == dedupe_key)
    row = connection.execute(find).one_or_none()
    if row is None:
        return None
    return row.state in ("sent", "dead") or (row.state == "uncertain" and row.doubts > 1)


@query
def list_names(connection: Connection, account_id: int) -> list[str]:
    """What answers to other people call this person and their orders by."""
    person = select(Account.uid, Account.email, Account.name).where(Account.id == account_id)
    orders = select(Order.number).where(Order.account_id == account_id)
    return [*connection.execute(person).one(), *connection.execute(orders).scalars()]


@query
def list_closed(connection: Connection) -> list[str]:
    """The uids of all accounts that were erased."""
    return list(connection.execute(select(Account.uid).where(Account.status == "closed")).scalars())


@query
def list_living(connection: Connection, uids: list[str]) -> list[str]:
    """Those of ``uids`` whose accounts exist and are not closed."""
    find = select(Account.uid).where(Account.uid.in_(uids), Account.status != "closed")
    return list(connection.execute(find).scalars())


@query
def find_erase_at(connection: Connection, account_id: int) -> datetime | None:
    """When this account ends, in its owner's zone; None if nobody asked."""
    find = select(Account.erase_at, Account.zone).where(Account.id == account_id)
    row = connection.execute(find).one()
    return row.erase_at.astimezone(ZoneInfo(row.zone)) if row.erase_at else None


@query
def id_of(connection: Connection, uid: str) -> int:
    found: int = connection.execute(select(Account.id).where(Account.uid == uid)).scalar_one()
    return found


@query
def is_past(connection: Connection, moment: datetime) -> bool:
    return moment <= clock.now(connection)
