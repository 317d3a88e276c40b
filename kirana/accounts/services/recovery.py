"""Forgotten passwords, and the proof that a mailbox is its account's.

Whoever asks for a mail is told the same, for the same work, whether there is an account or not;
what differs is done by the worker that sends mail.
"""

from typing import Any

from sqlalchemy import Connection, Row, func, update
from sqlalchemy.exc import IntegrityError

from kirana.accounts import passwords
from kirana.accounts.email_addresses import normal_email
from kirana.accounts.errors import LinkRefused
from kirana.accounts.house_rules import house_rules
from kirana.accounts.link_queries import find_open_link, pending_change
from kirana.accounts.models import Account, AccountLink
from kirana.accounts.recovery_shapes import Confirmation, EmailChange, Forgotten, PasswordReset
from kirana.accounts.services.erasing import withdraw_application
from kirana.accounts.services.factors import forget_factors
from kirana.accounts.services.keys import end_keys
from kirana.accounts.services.links import Taken, ask_for_link, find_account, take_link
from kirana.accounts.services.own_password import require_own_password
from kirana.accounts.services.records import end_everywhere, move_account
from kirana.accounts.services.session_endings import end_other_sessions
from kirana.platform import audit, clock
from kirana.platform.access import Actor
from kirana.platform.announce import announce
from kirana.platform.db import verb
from kirana.platform.errors import Invalid, NotFound
from kirana.platform.outbox import enqueue


@verb
def ask_for_reset(connection: Connection, given: Forgotten) -> None:
    """Have a link to set a new password mailed to who has the address. Raises Invalid."""
    ask_for_link(connection, "reset", find_account(connection, normal_email(given.email)))


@verb
def ask_for_confirmation(connection: Connection, given: Forgotten) -> None:
    """Have the link that confirms an address mailed again, if it waits for it. Raises Invalid."""
    ask_for_link(connection, "confirm", find_account(connection, normal_email(given.email)))


def reset_password(actor: Actor, given: PasswordReset) -> None:
    """Set the password of the link's account; all its sessions end, and its owner is told.

    The address is confirmed by it. Raises LinkRefused, Invalid at /new_password (the link stays
    good). Not to be called inside a transaction.
    """
    found = find_open_link(given.token, "reset")
    if found is None:
        raise LinkRefused
    passwords.check_password(given.new_password, "/new_password", found.email, found.name)
    _reset(actor, given.token, passwords.hash_password(given.new_password))


def confirm_address(actor: Actor, given: Confirmation) -> str:
    """Use a link up that shows whose mailbox it is: to confirm an address, or to change to it.

    Returns which: ``confirm`` or ``change``. The password, or for a change a session of the
    account, shows that who has the mailbox has the account too. Raises Invalid at /password (the
    link stays good), and LinkRefused, also when somebody else has taken the address meanwhile.
    Not to be called inside a transaction.
    """
    found = find_open_link(given.token, "confirm", "change")
    if found is None:
        raise LinkRefused
    if asks_password(actor, found) and not passwords.matches(found.password_hash, given.password):
        raise Invalid.at("/password", "That is not the password of the account.")
    try:
        return _confirm(actor, given.token)
    except IntegrityError:
        raise LinkRefused from None


def asks_password(actor: Actor, link: Row[*tuple[Any, ...]]) -> bool:
    """Whether this link confirms nothing for this caller without the account's password."""
    return link.purpose == "confirm" or actor.session_id is None or actor.me() != link.account_id


def ask_to_change_email(actor: Actor, given: EmailChange, may_mail: bool) -> None:
    """Have a link mailed to another address of the caller's, and a notice to the present one.

    The same for an address that somebody has: its owner gets another mail. With ``may_mail`` off
    nothing is sent. Raises Invalid. Not to be called inside a transaction.
    """
    new = normal_email(given.email)
    if new == actor.email:
        raise Invalid.at("/email", "this is your address now")
    require_own_password(actor, given.current_password)
    if may_mail:
        _ask_to_change(actor, new)


@verb
def cancel_email_change(connection: Connection, actor: Actor) -> None:
    """Let no link to another address count any more. Raises NotFound where none waits."""
    ending = update(AccountLink).where(*pending_change(actor))
    if not connection.execute(ending.values(used_at=clock.now(connection))).rowcount:
        raise NotFound
    thing = ("account", actor.uid)
    audit.record(connection, actor, "account.email_change_cancelled", thing)


@verb
def _ask_to_change(connection: Connection, actor: Actor, new_email: str) -> None:
    mine = find_account(connection, actor.email)
    link_id = ask_for_link(connection, "change", mine, new_email)
    enqueue(connection, "email_change_asked", f"email-change-asked:{link_id}", link_id=link_id)
    thing = ("account", actor.uid)
    audit.record(connection, actor, "account.email_change_asked", thing, after={"link": link_id})


@verb
def _reset(connection: Connection, actor: Actor, token: str, hashed: str) -> None:
    account = take_link(connection, token, "reset").account
    changing = update(Account).where(Account.id == account.id)
    verified = func.coalesce(Account.verified_at, clock.now(connection))
    connection.execute(changing.values(password_hash=hashed, verified_at=verified))
    version = end_everywhere(connection, account.id)
    end_keys(connection, account.id)
    # Whoever set up earlier ones had not shown that the address is theirs.
    forget_factors(connection, account.id, since=account.verified_at)
    if account.verified_at is None:
        _forget_stranger(connection, actor, account)
    audit.record(connection, actor, "account.password_reset", ("account", account.uid))
    key = f"password-changed:{account.uid}:{version}"
    enqueue(connection, "password_changed", key, account_id=account.id)


def _forget_stranger(connection: Connection, actor: Actor, account: Row[*tuple[Any, ...]]) -> None:
    """Who signed up may be somebody else: their wish to run a store ends, and their name goes
    where nobody could get in before."""
    theirs = update(Account).where(Account.id == account.id)
    is_waiting = account.status in ("pending", "rejected")
    if is_waiting:
        withdraw_application(connection, account.id)
        move_account(connection, actor, account.id, "active", "the address is somebody else's")
        connection.execute(theirs.values(role="customer"))
        before, after = {"role": account.role}, {"role": "customer"}
        thing = ("account", account.uid)
        audit.record(connection, actor, "account.role_changed", thing, before=before, after=after)
    if is_waiting or house_rules().confirms_addresses:
        connection.execute(theirs.values(name=account.email.partition("@")[0]))


@verb
def _confirm(connection: Connection, actor: Actor, token: str) -> str:
    taken = take_link(connection, token, "confirm", "change")
    thing = ("account", taken.account.uid)
    known = taken.account.verified_at if taken.purpose == "confirm" else None
    changing = update(Account).where(Account.id == taken.account.id)
    connection.execute(changing.values(verified_at=known or clock.now(connection)))
    if taken.purpose == "confirm":
        audit.record(connection, actor, "account.email_confirmed", thing)
    else:
        _move_to_new_address(connection, actor, taken)
        audit.record(connection, actor, "account.email_changed", thing, after={"link": taken.id})
    return taken.purpose


def _move_to_new_address(connection: Connection, actor: Actor, taken: Taken) -> None:
    """Sessions end, but for the one that asks if it is the owner's."""
    account_id = taken.account.id
    announce(connection, "address_left", account_id=account_id)
    moving = update(Account).where(Account.id == account_id)
    connection.execute(moving.values(email=taken.new_email))
    if actor.account_id == account_id:
        end_other_sessions(actor)
    else:
        end_everywhere(connection, account_id)
    enqueue(connection, "email_changed", f"email-changed:{taken.id}", link_id=taken.id)
