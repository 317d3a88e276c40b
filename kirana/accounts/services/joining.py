"""Signing up. A new and a known address get the same answer for the same work."""

from collections.abc import Callable

from sqlalchemy import Connection, select

from kirana.accounts import passwords, texts
from kirana.accounts.email_addresses import find_normal_email, normal_email
from kirana.accounts.models import Account
from kirana.accounts.services.records import NewAccount, add_account
from kirana.accounts.shapes import SignUp
from kirana.platform import clock
from kirana.platform.access import Actor
from kirana.platform.db import verb
from kirana.platform.outbox import enqueue


def sign_up(actor: Actor, person: SignUp, zone: str) -> None:
    """Make a customer's account, active at once; ``zone`` is the shop's.

    A known address changes nothing and gets a mail. Raises Invalid.
    """
    new = checked(person.email, person.name, person.password)
    _join(actor, new("customer", "active", zone))


def checked(email: str, name: str, password: str) -> Callable[[str, str, str], NewAccount]:
    """Check all three, then hash once; the rest is role, status and zone. Raises Invalid."""
    personal = (find_normal_email(email) or "", name)
    texts.collect(
        lambda: normal_email(email),
        lambda: texts.person_name(name),
        lambda: passwords.check_password(password, "/password", *personal),
    )
    hashed = passwords.hash_password(password)

    def new(role: str, status: str, zone: str) -> NewAccount:
        return NewAccount(normal_email(email), texts.person_name(name), hashed, role, status, zone)

    return new


def tell_owner(connection: Connection, email: str) -> None:
    """Mail the owner of a known address that somebody tried to sign up; at most once a day."""
    find = select(Account.id, Account.uid).where(Account.email == email)
    row = connection.execute(find).one()
    day = clock.now(connection).date()
    enqueue(connection, "sign_up_known", f"sign-up-known:{row.uid}:{day}", account_id=row.id)


@verb
def _join(connection: Connection, actor: Actor, new: NewAccount) -> None:
    if add_account(connection, actor, new) is None:
        tell_owner(connection, new.email)
