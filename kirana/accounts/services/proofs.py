"""What stands between two steps, once only: the proof of a right password, a passkey challenge."""

from datetime import timedelta

from sqlalchemy import Connection, delete, insert

from kirana.accounts.factor_models import PasskeyChallenge, SignInProof
from kirana.accounts.passkeys import ANSWER_SECONDS, new_challenge
from kirana.platform import clock
from kirana.platform.db import verb
from kirana.platform.tokens import hash_secret, new_secret

LIFE = timedelta(seconds=ANSWER_SECONDS)


def write_proof(connection: Connection, account_id: int, version: int, password_hash: str) -> str:
    """Note that the password was right, for five minutes; the secret that shows it."""
    return _write(
        connection, SignInProof, account_id=account_id, token_version=version,
        password_state=hash_secret(password_hash),
    )  # fmt: skip


def spend_proof(connection: Connection, proof_id: int) -> bool:
    """False if somebody else has used it up."""
    return connection.execute(delete(SignInProof).where(SignInProof.id == proof_id)).rowcount == 1


@verb
def write_challenge(connection: Connection, session_id: int | None) -> tuple[str, str]:
    """(ceremony, challenge): the first is what the challenge is called back by."""
    challenge = new_challenge()
    secret = _write(connection, PasskeyChallenge, session_id=session_id, challenge=challenge)
    return secret, challenge


@verb
def take_challenge(connection: Connection, ceremony: str, session_id: int | None) -> str | None:
    """The challenge, once: whoever deletes the row has it. None for a foreign or late one.

    Committed by itself, so that a bad answer uses the challenge up as well.
    """
    mine = delete(PasskeyChallenge).where(
        PasskeyChallenge.key_hash == hash_secret(ceremony),
        PasskeyChallenge.session_id.is_not_distinct_from(session_id),
        PasskeyChallenge.expires_at > clock.now(connection),
    )
    taken = connection.execute(mine.returning(PasskeyChallenge.challenge))
    found: str | None = taken.scalar_one_or_none()
    return found


def _write(
    connection: Connection,
    table: type[SignInProof] | type[PasskeyChallenge],
    **values: object,
) -> str:
    """Insert under the hash of a new secret, and sweep out what is past its time."""
    now = clock.now(connection)
    connection.execute(delete(table).where(table.expires_at < now))
    secret = new_secret()
    row = {"key_hash": hash_secret(secret), "expires_at": now + LIFE, **values}
    connection.execute(insert(table).values(**row))
    return secret
