"""Every change of a second factor leaves an audit row, and its owner is told by mail."""

from sqlalchemy import Connection

from kirana.accounts.factor_shapes import FACTOR_NEWS
from kirana.platform import audit
from kirana.platform.access import Actor
from kirana.platform.columns import new_uid
from kirana.platform.outbox import enqueue


def note_factor(
    connection: Connection, actor: Actor, account: tuple[int, str], what: str, **after: str
) -> None:
    """Record ``what`` happened to the factors of ``account`` (id, uid). No secret in ``after``."""
    account_id, uid = account
    audit.record(connection, actor, f"factor.{what}", ("account", uid), after=after or None)
    tell_owner(connection, account_id, what)


def tell_owner(connection: Connection, account_id: int, what: str) -> None:
    news = FACTOR_NEWS.index(what)
    enqueue(connection, "factor_note", f"factor:{new_uid()}", account_id=account_id, news=news)
