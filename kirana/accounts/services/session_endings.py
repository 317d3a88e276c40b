"""Ending sessions: one's own, and as an admin anybody's. Each takes effect on the next request."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, update

from kirana.accounts.models import Session
from kirana.accounts.permissions import Permission
from kirana.accounts.services.records import end_everywhere, reach
from kirana.platform import audit, clock
from kirana.platform.access import Actor
from kirana.platform.db import verb
from kirana.platform.errors import NotFound
from kirana.platform.purging import purge_rows

KEPT = timedelta(days=30)


@verb
def sign_out(connection: Connection, actor: Actor) -> None:
    """End the session that the caller uses; its tokens are dead at once."""
    _end(connection, actor, Session.id == actor.session_id, actor.uid)


@verb
def end_session(connection: Connection, actor: Actor, uid: str) -> None:
    """End one of the caller's sessions. Raises NotFound."""
    mine = Session.account_id == actor.me()
    if not _end(connection, actor, mine & (Session.uid == uid), actor.uid):
        raise NotFound


@verb
def end_other_sessions(connection: Connection, actor: Actor) -> None:
    """End all sessions of the caller but the one that asks."""
    others = (Session.account_id == actor.me()) & (Session.id != actor.session_id)
    _end(connection, actor, others, actor.uid)


@verb
def sign_out_everywhere(connection: Connection, actor: Actor) -> None:
    """End all sessions of the caller, the one that asks as well."""
    _end_all(connection, actor, actor.me(), actor.uid)


@verb
def end_session_of(connection: Connection, actor: Actor, person: str, uid: str) -> None:
    """End one session of anybody, as an admin. Raises NotFound, BeyondYourRights."""
    actor.require(Permission.WRITE_PEOPLE)
    theirs = Session.account_id == reach(connection, actor, person)
    if not _end(connection, actor, theirs & (Session.uid == uid), person):
        raise NotFound


@verb
def end_sessions_of(connection: Connection, actor: Actor, person: str) -> None:
    """End all sessions of anybody, as an admin. Raises NotFound, BeyondYourRights."""
    actor.require(Permission.WRITE_PEOPLE)
    _end_all(connection, actor, reach(connection, actor, person), person)


def forget_sessions() -> int:
    """Forget sessions that ended or ran out 30 days ago; returns how many."""
    return purge_rows(Session.expires_at, KEPT) + purge_rows(Session.ended_at, KEPT)


def _end(connection: Connection, actor: Actor, which: Any, owner: str) -> bool:
    """End the open sessions among ``which``, all of ``owner``; one audit row for each."""
    ending = update(Session).where(which, Session.ended_at.is_(None)).returning(Session.uid)
    ended = connection.execute(ending.values(ended_at=clock.now(connection))).scalars().all()
    for uid in ended:
        after = {"account": owner}
        audit.record(connection, actor, "session.ended", ("session", uid), after=after)
    return bool(ended)


def _end_all(connection: Connection, actor: Actor, account_id: int, uid: str) -> None:
    end_everywhere(connection, account_id)
    audit.record(connection, actor, "account.signed_out_everywhere", ("account", uid))
