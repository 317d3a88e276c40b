"""One-time links by mail: asked for, made when the mail is sent, used once within 30 minutes.

The token is derived from the shop's secret, so that a mail which is sent again holds the same link
and the database never holds it. A link is bound to address and password as they were when it was
asked for: a change of either ends it, and with it every other link of that time.
"""

import base64
import hashlib
import hmac
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, insert, select, update

from kirana.accounts.errors import LinkRefused
from kirana.accounts.link_queries import GOOD_FOR, counts_for, state_of
from kirana.accounts.models import Account, AccountLink
from kirana.accounts.passwords import ABSENT
from kirana.platform import clock
from kirana.platform.db import verb
from kirana.platform.outbox import enqueue
from kirana.platform.purging import purge_rows
from kirana.platform.tokens import hash_secret

LIFE = GOOD_FOR
# Rows are kept for the notices that name an address which was left, and to answer questions.
KEPT = timedelta(days=7)
MAILS = {
    "reset": "password_reset",
    "confirm": "email_confirmation",
    "change": "email_change",
    "known": "sign_up_known",
}
_ACCOUNT = (
    Account.id, Account.uid, Account.email, Account.name, Account.status, Account.password_hash,
    Account.verified_at, Account.role,
)  # fmt: skip


class Issued(NamedTuple):
    """What the mail of a link needs; ``holder_id`` is whose account ``to`` is by now.

    No ``name`` goes to an address that is not shown to be theirs.
    """

    token: str
    to: str
    name: str
    holder_id: int | None


class Taken(NamedTuple):
    """A link that was just used up, and its account, locked."""

    id: int
    purpose: str
    new_email: str | None
    account: Row[*tuple[Any, ...]]


def find_account(connection: Connection, email: str) -> Row[*tuple[Any, ...]] | None:
    return connection.execute(select(*_ACCOUNT).where(Account.email == email)).one_or_none()


def ask_for_link(
    connection: Connection,
    purpose: str,
    account: Row[*tuple[Any, ...]] | None,
    new_email: str | None = None,
) -> int:
    """Have a link mailed, and return its id. The same two rows whether there is an account."""
    email, hashed = (account.email, account.password_hash) if account else ("", ABSENT)
    adding = insert(AccountLink).values(
        account_id=account.id if account else None, purpose=purpose, bound=state_of(email, hashed),
        old_email=email if new_email else None, new_email=new_email,
        created_at=clock.now(connection),
    )  # fmt: skip
    link_id: int = connection.execute(adding.returning(AccountLink.id)).scalar_one()
    enqueue(connection, MAILS[purpose], f"{MAILS[purpose]}:{link_id}", link_id=link_id)
    return link_id


@verb
def issue_link(connection: Connection, link_id: int, secret: str) -> Issued | None:
    """Make the token of a link, good for 30 minutes from now; for the worker that sends it.

    None when no mail is due: nobody has the address, the account is shut, address or password
    have changed, the link was used, or its address is confirmed by now.
    """
    columns = (AccountLink.purpose, AccountLink.bound, AccountLink.new_email, AccountLink.used_at)
    find = select(*columns, *_ACCOUNT).join(Account, Account.id == AccountLink.account_id)
    row = connection.execute(find.where(AccountLink.id == link_id)).one_or_none()
    if row is None or row.used_at is not None or not counts_for(row, row.bound):
        return None
    if row.purpose == "confirm" and row.verified_at is not None:
        return None
    holder = connection.execute(select(Account.id).where(Account.email == row.new_email)).scalar()
    token = _token(secret, link_id, row.purpose, row.bound)
    values = {"token_hash": hash_secret(token), "expires_at": clock.now(connection) + LIFE}
    if holder is None:
        unused = (AccountLink.id == link_id) & AccountLink.used_at.is_(None)
        connection.execute(update(AccountLink).where(unused).values(**values))
    name = "there" if row.new_email or row.verified_at is None else row.name
    return Issued(token, row.new_email or row.email, name, holder)


def take_link(connection: Connection, token: str, *purposes: str) -> Taken:
    """Use a link up. Raises LinkRefused. Locks the link, then its account.

    One conditional write decides between those who come with it at once.
    """
    now = clock.now(connection)
    taking = (
        update(AccountLink)
        .where(*_is_open(token, purposes), AccountLink.expires_at > now)
        .values(used_at=now)
        .returning(
            AccountLink.id, AccountLink.account_id, AccountLink.purpose, AccountLink.bound,
            AccountLink.new_email,
        )
    )  # fmt: skip
    link = connection.execute(taking).one_or_none()
    if link is None:
        raise LinkRefused
    lock = select(*_ACCOUNT).where(Account.id == link.account_id).with_for_update()
    account = connection.execute(lock).one()
    if not counts_for(account, link.bound):
        raise LinkRefused
    return Taken(link.id, link.purpose, link.new_email, account)


def purge_links() -> int:
    """Forget what was asked for more than a week ago; how many rows."""
    return purge_rows(AccountLink.created_at, KEPT)


def _is_open(token: str, purposes: tuple[str, ...]) -> tuple[Any, ...]:
    return (
        AccountLink.token_hash == hash_secret(token),
        AccountLink.purpose.in_(purposes),
        AccountLink.used_at.is_(None),
    )


def _token(secret: str, link_id: int, purpose: str, bound: str) -> str:
    """256 bits, URL-safe; the same for the same link."""
    key = hashlib.sha256(b"kirana mail link\0" + secret.encode()).digest()
    digest = hmac.new(key, f"{link_id}:{purpose}:{bound}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
