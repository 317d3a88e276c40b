"""Codes of an authenticator app (RFC 6238) and recovery codes. Pure."""

import hmac
import secrets
from datetime import datetime

import pyotp

from kirana.platform.columns import ALPHABET
from kirana.platform.tokens import hash_secret

STEP_SECONDS = 30
DIGITS = 6
# A phone's clock may be one step off, either way.
DRIFT = (0, -1, 1)
RECOVERY_CODES = 10
_GROUPS, _GROUP = 4, 4
_LOOK_ALIKES = str.maketrans("OIL", "011")


def new_totp_secret() -> str:
    """160 random bits in base 32."""
    return pyotp.random_base32()


def totp_uri(secret: str, email: str, shop_name: str) -> str:
    """What the QR code says."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=shop_name)


def plain_code(text: str) -> str:
    """``text`` without the spaces and dashes that people type."""
    return "".join(char for char in text if char.isascii() and char.isalnum()).upper()


def is_totp(code: str) -> bool:
    return len(code) == DIGITS and code.isdecimal()


def matching_step(secret: str, code: str, moment: datetime) -> int | None:
    """The time step that ``code`` belongs to, at most one beside ``moment``'s; None if wrong."""
    now = int(moment.timestamp()) // STEP_SECONDS
    app = pyotp.TOTP(secret)
    right = [now + off for off in DRIFT if hmac.compare_digest(app.generate_otp(now + off), code)]
    return right[0] if right else None


def new_recovery_codes() -> list[str]:
    """Ten codes of 80 random bits, in groups of four."""
    return ["-".join(_group() for _ in range(_GROUPS)) for _ in range(RECOVERY_CODES)]


def recovery_hash(code: str) -> str:
    """What is kept of a recovery code, however it is typed. 80 random bits need no slow hash."""
    return hash_secret(plain_code(code).translate(_LOOK_ALIKES))


def _group() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(_GROUP))
