"""What people do about their authenticator app and recovery codes."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, true, update

from kirana.accounts.errors import LastFactor, NoFactor, NothingToConfirm
from kirana.accounts.factor_models import Passkey, RecoveryCode, Totp
from kirana.accounts.factor_queries import (
    find_set_up,
    get_second_factors,
    has_second_factor,
    is_fresh,
)
from kirana.accounts.factor_shapes import RecoveryCodes
from kirana.accounts.models import Account
from kirana.accounts.permissions import Permission
from kirana.accounts.services.codes import replace_recovery_codes, totp_owner
from kirana.accounts.services.factor_notes import note_factor
from kirana.accounts.services.own_password import require_own_password
from kirana.accounts.services.records import check_reach, end_everywhere, lock_account
from kirana.accounts.services.session_endings import end_other_sessions
from kirana.platform import audit, clock, one_time_codes
from kirana.platform.access import Actor
from kirana.platform.db import verb
from kirana.platform.errors import Invalid, NotFound
from kirana.platform.sealing import CannotOpen, Sealer


def prove_presence(actor: Actor, password: str) -> None:
    """Be sure that it is the owner: by a session not ten minutes old, or by the password.

    Raises Invalid at /current_password. Not to be called inside a transaction.
    """
    if not is_fresh(actor):
        require_own_password(actor, password)


def start_totp(actor: Actor, sealer: Sealer, password: str) -> str:
    """Begin to set up an app, also in place of another; the new secret. Raises Invalid."""
    prove_presence(actor, password)
    secret = one_time_codes.new_totp_secret()
    _start(actor, sealer.seal(secret, totp_owner(actor.me())))
    return secret


def secret_of_set_up(actor: Actor, sealer: Sealer) -> str:
    """The secret that this session is setting up. Raises NothingToConfirm."""
    found = find_set_up(actor)
    if found is None:
        raise NothingToConfirm
    try:
        return sealer.open(found.sealed, totp_owner(actor.me()))
    except CannotOpen:
        raise NothingToConfirm from None


@verb
def confirm_totp(connection: Connection, actor: Actor, sealer: Sealer, code: str) -> RecoveryCodes:
    """From now on the app is asked for at sign-in; it replaces an earlier one.

    With the first factor come recovery codes, and all other sessions end. Raises
    NothingToConfirm, Invalid at /code.
    """
    lock_account(connection, actor.me())
    secret = secret_of_set_up(actor, sealer)
    plain, now = one_time_codes.plain_code(code), clock.now(connection)
    step = one_time_codes.matching_step(secret, plain, now)
    if step is None:
        raise Invalid.at(
            "/code", "is not the code that the app shows now; look at the phone's clock"
        )
    is_first = not has_second_factor(actor.me())
    mine = Totp.account_id == actor.me()
    connection.execute(delete(Totp).where(mine, Totp.confirmed_at.is_not(None)))
    values = {"confirmed_at": now, "session_id": None, "last_step": step}
    connection.execute(update(Totp).where(mine).values(values))
    return welcome_factor(connection, actor, "totp_added", is_first)


def remove_totp(actor: Actor, password: str) -> None:
    """Sign in without the app again. Raises Invalid, NotFound, LastFactor."""
    prove_presence(actor, password)
    _remove_totp(actor)


def make_recovery_codes(actor: Actor, password: str) -> RecoveryCodes:
    """Ten new codes in place of the old ones. Raises Invalid, NoFactor."""
    prove_presence(actor, password)
    return _make_recovery_codes(actor)


@verb
def reset_factors(connection: Connection, actor: Actor, email: str) -> None:
    """Let somebody who lost everything in by the password again; their sessions end.

    For the CLI. Raises NotFound, BeyondYourRights.
    """
    actor.require(Permission.WRITE_PEOPLE)
    columns = (Account.id, Account.uid, Account.role)
    find = select(*columns).where(Account.email == email).with_for_update()
    row = connection.execute(find).one_or_none()
    if row is None:
        raise NotFound("There is no account with this e-mail address.")
    check_reach(actor, row.role)
    forget_factors(connection, row.id)
    end_everywhere(connection, row.id)
    note_factor(connection, actor, (row.id, row.uid), "reset")


def forget_factors(connection: Connection, account_id: int, since: datetime | None = None) -> None:
    """Delete what an account signs in with besides the password, but for what is not older than
    ``since``; the recovery codes go with the last factor."""
    for table in (Totp, Passkey, RecoveryCode):
        older = table.created_at < since if since else true()
        connection.execute(delete(table).where(table.account_id == account_id, older))
    if since and not has_second_factor(account_id):
        forget_factors(connection, account_id)


def welcome_factor(
    connection: Connection, actor: Actor, what: str, is_first: bool
) -> RecoveryCodes:
    """What goes with a new factor; nobody stays in elsewhere by the password alone."""
    note_factor(connection, actor, (actor.me(), actor.uid), what)
    if is_first:
        end_other_sessions(actor)
    left = get_second_factors(actor).recovery_codes_left
    return RecoveryCodes([] if left else replace_recovery_codes(connection, actor.me()))


def part_with_factor(connection: Connection, actor: Actor, what: str) -> None:
    """What goes with the loss of a factor. Raises LastFactor. The account must be locked."""
    if not has_second_factor(actor.me()):
        if actor.is_obliged:
            raise LastFactor
        forget_factors(connection, actor.me())
    note_factor(connection, actor, (actor.me(), actor.uid), what)
    end_other_sessions(actor)


@verb
def _start(connection: Connection, actor: Actor, sealed: str) -> None:
    lock_account(connection, actor.me())
    mine = Totp.account_id == actor.me()
    connection.execute(delete(Totp).where(mine, Totp.confirmed_at.is_(None)))
    connection.execute(
        insert(Totp).values(
            account_id=actor.me(), session_id=actor.session_id, sealed=sealed,
            last_step=0, misses=0, created_at=clock.now(connection),
        )
    )  # fmt: skip
    audit.record(connection, actor, "factor.totp_begun", ("account", actor.uid))


@verb
def _remove_totp(connection: Connection, actor: Actor) -> None:
    lock_account(connection, actor.me())
    mine = (Totp.account_id == actor.me()) & Totp.confirmed_at.is_not(None)
    if connection.execute(delete(Totp).where(mine)).rowcount != 1:
        raise NotFound
    part_with_factor(connection, actor, "totp_removed")


@verb
def _make_recovery_codes(connection: Connection, actor: Actor) -> RecoveryCodes:
    lock_account(connection, actor.me())
    if not has_second_factor(actor.me()):
        raise NoFactor
    note_factor(connection, actor, (actor.me(), actor.uid), "recovery_codes_made")
    return RecoveryCodes(replace_recovery_codes(connection, actor.me()))
