"""Codes that count once: an authenticator app's by its time step, a recovery code by its row."""

import logging
from typing import Any

from sqlalchemy import Connection, delete, insert, update

from kirana.accounts.factor_models import RecoveryCode, Totp
from kirana.accounts.services.factor_notes import tell_owner
from kirana.platform import clock, one_time_codes
from kirana.platform.sealing import CannotOpen, Sealer

logger = logging.getLogger("kirana.accounts")
# Wrong codes in a row after which the app's codes count no more, until a recovery code was right.
# Three codes of a million are right at a time: fifty guesses are one chance in 6,000, for ever.
MOST_MISSES = 50
TELLING_MISSES = 5


def totp_owner(account_id: int) -> str:
    """Whom a sealed secret is for."""
    return f"totp of account {account_id}"


def use_totp(connection: Connection, sealer: Sealer, account_id: int, code: str) -> bool:
    """Count the try, then look. A time step is used up by one conditional write.

    After five wrong codes in a row the owner is told. The account must be locked.
    """
    mine = (Totp.account_id == account_id) & Totp.confirmed_at.is_not(None)
    tried = update(Totp).where(mine, Totp.misses < MOST_MISSES)
    counted = tried.values(misses=Totp.misses + 1)
    row = connection.execute(counted.returning(Totp.sealed, Totp.misses)).one_or_none()
    if row is None:
        return False
    secret = _opened(sealer, row.sealed, account_id)
    step = one_time_codes.matching_step(secret, code, clock.now(connection)) if secret else None
    if step is not None:
        values: dict[str, Any] = {"last_step": step, "misses": 0}
        if sealer.is_outdated(row.sealed):
            values["sealed"] = sealer.seal(secret, totp_owner(account_id))
        if connection.execute(update(Totp).where(mine, not_yet(step)).values(values)).rowcount == 1:
            return True
    if row.misses == TELLING_MISSES:
        tell_owner(connection, account_id, "codes_refused")
    return False


def not_yet(step: int) -> Any:
    """The guard: no code of ``step`` or later was used before."""
    return Totp.last_step < step


def use_recovery_code(connection: Connection, account_id: int, code: str) -> bool:
    """Mark the code as used, once. The app's codes count again from here on."""
    using = update(RecoveryCode).where(
        RecoveryCode.account_id == account_id,
        RecoveryCode.code_hash == one_time_codes.recovery_hash(code),
        unused(),
    )
    if connection.execute(using.values(used_at=clock.now(connection))).rowcount != 1:
        return False
    connection.execute(update(Totp).where(Totp.account_id == account_id).values(misses=0))
    return True


def unused() -> Any:
    """The guard: nobody came in by this code before."""
    return RecoveryCode.used_at.is_(None)


def replace_recovery_codes(connection: Connection, account_id: int) -> list[str]:
    """Ten new codes; the old ones are gone. Only their hashes are kept."""
    connection.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    codes = one_time_codes.new_recovery_codes()
    now = clock.now(connection)
    rows = [
        {
            "account_id": account_id,
            "code_hash": one_time_codes.recovery_hash(code),
            "created_at": now,
        }
        for code in codes
    ]
    connection.execute(insert(RecoveryCode), rows)
    return codes


def _opened(sealer: Sealer, sealed: str, account_id: int) -> str:
    try:
        return sealer.open(sealed, totp_owner(account_id))
    except CannotOpen:
        logger.exception("an authenticator's secret does not open: was KIRANA_SECRET changed?")
        return ""
