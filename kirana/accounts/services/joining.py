"""Signing up. A new and a known address get the same answer for the same work."""

from collections.abc import Callable

from sqlalchemy import Connection

from kirana.accounts import passwords
from kirana.accounts.email_addresses import find_normal_email, normal_email
from kirana.accounts.house_rules import house_rules
from kirana.accounts.services.links import ask_for_link, find_account
from kirana.accounts.services.records import NewAccount, add_account
from kirana.accounts.shapes import SignUp
from kirana.platform import texts
from kirana.platform.access import Actor
from kirana.platform.db import verb


def sign_up(actor: Actor, person: SignUp, zone: str) -> None:
    """Make a customer's account, active at once; ``zone`` is the shop's.

    A known address changes nothing and gets a mail. Where addresses are to be confirmed, a new
    one gets a mail too, for the same work. Raises Invalid.
    """
    new = checked(person.email, person.name, person.password)
    _join(actor, new("customer", "active", zone))


def checked(email: str, name: str, password: str) -> Callable[[str, str, str], NewAccount]:
    """Check all three, then hash once; the rest is role, status and zone. Raises Invalid."""
    check_newcomer(email, name, password)
    hashed = passwords.hash_password(password)

    def new(role: str, status: str, zone: str) -> NewAccount:
        return NewAccount(normal_email(email), texts.person_name(name), hashed, role, status, zone)

    return new


def check_newcomer(email: str, name: str, password: str, wished: str | None = None) -> None:
    """What can be said of them without the hash and the database. Raises Invalid with all."""
    personal = (find_normal_email(email) or "", name)
    texts.collect(
        lambda: normal_email(email),
        lambda: texts.person_name(name),
        lambda: passwords.check_password(password, "/password", *personal),
        lambda: wished is None or texts.wished_store(wished),
    )


def write_to(connection: Connection, email: str, is_new: bool) -> None:
    """Mail a newcomer the link that confirms the address, where that is asked for; mail the owner
    of a known address that somebody tried to sign up (once a day, as the worker sees to)."""
    if is_new and not house_rules().confirms_addresses:
        return
    account = find_account(connection, email)
    ask_for_link(connection, "confirm" if is_new else "known", account)


@verb
def _join(connection: Connection, actor: Actor, new: NewAccount) -> None:
    account_id = add_account(connection, actor, new)
    write_to(connection, new.email, account_id is not None)
