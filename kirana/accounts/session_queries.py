"""The reads about sessions."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from kirana.accounts.models import Account, Session
from kirana.accounts.permissions import Permission
from kirana.accounts.session_shapes import SessionView
from kirana.platform import clock, paging
from kirana.platform.access import Actor
from kirana.platform.db import query
from kirana.platform.devices import device_name
from kirana.platform.errors import NotFound
from kirana.platform.networks import caller_of, shortened
from kirana.platform.paging import Page, PageQuery

KNOWN_FOR = timedelta(days=30)
MOST_NETWORKS = 100


@query
def list_sessions(connection: Connection, actor: Actor, wanted: PageQuery) -> Page[SessionView]:
    """Where the caller is signed in, last seen first."""
    return _live(connection, actor, Session.account_id == actor.me(), wanted)


@query
def list_sessions_of(
    connection: Connection, actor: Actor, person: str, wanted: PageQuery
) -> Page[SessionView]:
    """Where a person is signed in, for an admin. Raises NotFound, Forbidden."""
    actor.require(Permission.READ_PEOPLE)
    if connection.execute(select(Account.id).where(Account.uid == person)).first() is None:
        raise NotFound
    return _live(connection, actor, Account.uid == person, wanted)


@query
def knows_network(connection: Connection, email: str, caller: str) -> bool:
    """Whether the account of ``email`` was signed in from ``caller`` in the last 30 days."""
    recent = Session.created_at > clock.utc_now() - KNOWN_FOR
    find = (
        select(Session.network)
        .distinct()
        .join(Account, Account.id == Session.account_id)
        .where(Account.email == email, recent)
        .limit(MOST_NETWORKS)
    )
    return caller in map(caller_of, connection.execute(find).scalars())


def _live(
    connection: Connection, actor: Actor, whose: ColumnElement[bool], wanted: PageQuery
) -> Page[SessionView]:
    now, order = clock.utc_now(), (Session.seen_at, Session.id)
    columns = (Session.uid, Session.device, Session.network, Session.created_at, *order)
    find = (
        select(*columns)
        .join(Account, Account.id == Session.account_id)
        .where(
            whose,
            Session.ended_at.is_(None),
            Session.expires_at > now,
            Session.idle_until > now,
            Session.token_version == Account.token_version,
        )
    )
    if wanted.cursor is not None:
        behind = paging.decode_cursor(wanted.cursor, [datetime, int])
        find = find.where(paging.after(order, behind, descending=True))
    rows = connection.execute(
        find.order_by(*(column.desc() for column in order)).limit(wanted.limit + 1)
    ).all()
    return paging.to_page(
        rows,
        wanted.limit,
        lambda row: _session(row, actor),
        lambda row: [row.seen_at.isoformat(), row.id],
    )


def _session(row: Row[*tuple[Any, ...]], actor: Actor) -> SessionView:
    return SessionView(
        uid=row.uid,
        device=device_name(row.device),
        network=shortened(row.network),
        created_at=row.created_at,
        seen_at=row.seen_at,
        is_current=row.id == actor.session_id,
    )
