"""What people do about their passkeys."""

import logging

from sqlalchemy import Connection, delete, func, select, update

from kirana.accounts import passkeys
from kirana.accounts.errors import PasskeyNotAdded, TooManyPasskeys
from kirana.accounts.factor_models import Passkey
from kirana.accounts.factor_queries import get_passkey, has_second_factor, list_credential_ids
from kirana.accounts.factor_shapes import AddedPasskey, Ceremony, NewPasskey, PasskeyView
from kirana.accounts.passkeys import BadAnswer, Holder, RelyingParty, Verified
from kirana.accounts.services.factors import part_with_factor, prove_presence, welcome_factor
from kirana.accounts.services.proofs import take_challenge, write_challenge
from kirana.accounts.services.records import lock_account
from kirana.platform import audit, clock, texts
from kirana.platform.access import Actor
from kirana.platform.columns import new_uid
from kirana.platform.db import verb
from kirana.platform.errors import NotFound
from kirana.platform.inserts import insert_ignoring

logger = logging.getLogger("kirana.accounts")
MOST_PASSKEYS = 20
LONGEST_NAME = 60


def begin_passkey(actor: Actor, party: RelyingParty, password: str) -> Ceremony:
    """A challenge for this session, to make a passkey with. Raises Invalid."""
    prove_presence(actor, password)
    ceremony, challenge = write_challenge(actor.session_id)
    holder = Holder(actor.uid, actor.email, actor.name, list_credential_ids(actor))
    options = passkeys.creation_options(party, holder, challenge)
    return Ceremony(ceremony, options, passkeys.ANSWER_SECONDS)


def add_passkey(actor: Actor, party: RelyingParty, given: NewPasskey) -> AddedPasskey:
    """Keep a passkey; with the first factor come recovery codes, and all other sessions end.

    Raises Invalid at /name, PasskeyNotAdded, TooManyPasskeys. Not to be called inside a
    transaction.
    """
    name = _name(given.name)
    challenge = take_challenge(given.ceremony, actor.session_id)
    if challenge is None:
        raise PasskeyNotAdded("That took too long. Please try again.")
    try:
        found = passkeys.check_new(party, challenge, given)
    except BadAnswer as error:
        logger.info("a passkey was not added: %s", error)
        raise PasskeyNotAdded from None
    return _add(actor, given, name, found)


@verb
def rename_passkey(connection: Connection, actor: Actor, uid: str, name: str) -> PasskeyView:
    """Call one of the caller's passkeys something else. Raises Invalid, NotFound."""
    mine = (Passkey.account_id == actor.me()) & (Passkey.uid == uid)
    naming = update(Passkey).where(mine).values(name=_name(name))
    if connection.execute(naming).rowcount != 1:
        raise NotFound
    audit.record(connection, actor, "factor.passkey_renamed", ("passkey", uid))
    return get_passkey(actor, uid)


def remove_passkey(actor: Actor, uid: str, password: str) -> None:
    """Let a passkey open nothing any more. Raises Invalid, NotFound, LastFactor."""
    get_passkey(actor, uid)
    prove_presence(actor, password)
    _remove(actor, uid)


@verb
def _add(
    connection: Connection, actor: Actor, given: NewPasskey, name: str, found: Verified
) -> AddedPasskey:
    lock_account(connection, actor.me())
    held = select(func.count()).select_from(Passkey).where(Passkey.account_id == actor.me())
    if connection.execute(held).scalar_one() >= MOST_PASSKEYS:
        raise TooManyPasskeys
    is_first, uid = not has_second_factor(actor.me()), new_uid()
    is_new = insert_ignoring(
        connection, Passkey, uid=uid, account_id=actor.me(), credential_id=given.id,
        public_key=found.public_key, sign_count=found.sign_count, transports=given.transports,
        is_backed_up=found.is_backed_up, name=name, created_at=clock.now(connection),
    )  # fmt: skip
    if not is_new:
        raise PasskeyNotAdded
    codes = welcome_factor(connection, actor, "passkey_added", is_first)
    return AddedPasskey(get_passkey(actor, uid), codes.recovery_codes)


@verb
def _remove(connection: Connection, actor: Actor, uid: str) -> None:
    lock_account(connection, actor.me())
    mine = (Passkey.account_id == actor.me()) & (Passkey.uid == uid)
    if connection.execute(delete(Passkey).where(mine)).rowcount != 1:
        raise NotFound
    part_with_factor(connection, actor, "passkey_removed")


def _name(text: str) -> str:
    return texts.one_line(text, "/name", LONGEST_NAME)
