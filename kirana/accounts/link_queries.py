"""The reads about one-time links."""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, case, exists, select
from sqlalchemy.orm import aliased

from kirana.accounts.house_rules import house_rules
from kirana.accounts.models import Account, AccountLink
from kirana.accounts.states import MAY_SIGN_IN
from kirana.platform import clock
from kirana.platform.access import Actor
from kirana.platform.db import query
from kirana.platform.tokens import hash_secret

# Whoever names somebody else's address does not get their words mailed to it, where that is asked.
_PROVEN = case((Account.verified_at.is_(None), "there"), else_=Account.name)
GOOD_FOR = timedelta(minutes=30)
TELL_AGAIN_AFTER = timedelta(days=1)


def greeting() -> ColumnElement[str]:
    """What a mail calls an account: its name, but not at an address that awaits its proof."""
    return _PROVEN if house_rules().confirms_addresses else Account.__table__.c.name


@query
def find_open_link(
    connection: Connection, token: str, *purposes: str
) -> Row[*tuple[Any, ...]] | None:
    """Purpose, new address and owner of a link that can still be used; it may be refused yet."""
    columns = (
        AccountLink.purpose, AccountLink.account_id, AccountLink.new_email, AccountLink.bound,
        Account.email, Account.name, Account.status, Account.password_hash,
    )  # fmt: skip
    find = select(*columns).join(Account, Account.id == AccountLink.account_id)
    is_open = (
        AccountLink.token_hash == hash_secret(token),
        AccountLink.purpose.in_(purposes),
        AccountLink.used_at.is_(None),
        AccountLink.expires_at > clock.utc_now(),
    )
    found = connection.execute(find.where(*is_open)).one_or_none()
    return found if found is not None and counts_for(found, found.bound) else None


def state_of(email: str, password_hash: str) -> str:
    """What a link is bound to: address and password of its account, as they were."""
    return hash_secret(f"{email}\0{password_hash}")


def counts_for(account: Row[*tuple[Any, ...]], bound: str) -> bool:
    """Whether a link ``bound`` to a state still counts: the account is in it, and not shut."""
    is_same = bound == state_of(account.email, account.password_hash)
    return is_same and account.status in MAY_SIGN_IN


def address_of(token: str) -> str:
    """Whose tries at a password count for who comes with this link; empty for a dead one."""
    found = find_open_link(token, "confirm", "change")
    return str(found.email) if found is not None else ""


@query
def find_pending_change(connection: Connection, actor: Actor) -> str | None:
    """The address that waits to be the caller's, for half an hour from asking, taken or not."""
    find = select(AccountLink.new_email).where(*pending_change(actor))
    return connection.execute(find.order_by(AccountLink.id.desc()).limit(1)).scalar()


def pending_change(actor: Actor) -> tuple[Any, ...]:
    """The conditions that pick what the caller asked for and nobody has used."""
    return (
        AccountLink.account_id == actor.me(), AccountLink.purpose == "change",
        AccountLink.used_at.is_(None), AccountLink.created_at > clock.utc_now() - GOOD_FOR,
    )  # fmt: skip


@query
def find_to_tell(connection: Connection, link_id: int) -> int | None:
    """Whose address somebody tried to sign up with; None if they were told less than a day ago."""
    earlier = aliased(AccountLink)
    lately = exists().where(
        earlier.account_id == AccountLink.account_id,
        earlier.purpose == "known",
        earlier.id < AccountLink.id,
        earlier.created_at > clock.utc_now() - TELL_AGAIN_AFTER,
    )
    find = select(AccountLink.account_id).where(AccountLink.id == link_id, ~lately)
    return connection.execute(find).scalar_one_or_none()


@query
def get_left_address(connection: Connection, link_id: int) -> Any:
    """The address that a change leaves, and whose account it is."""
    columns = (AccountLink.old_email.label("email"), greeting().label("name"), Account.status)
    find = select(*columns).join(Account, Account.id == AccountLink.account_id)
    return connection.execute(find.where(AccountLink.id == link_id)).one()
