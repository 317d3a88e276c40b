"""What somebody signs in with besides the password, and the steps on the way there.

A ``session_id`` is no link: what waits minutes for an answer must not keep an old session alive.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from kirana.platform import columns
from kirana.platform.tables import ByteOrdered, Json, Model

CONFIRMED = text("confirmed_at IS NOT NULL")


class Totp(Model):
    """An authenticator app. Until confirmed it belongs to the session that set it up.

    ``sealed`` is the shared secret, encrypted; ``last_step`` the latest time step whose code was
    used; ``misses`` the tries since a code was last right.
    """

    __tablename__ = "totp"
    __table_args__ = (
        Index(
            "uq_totp_one_confirmed",
            "account_id",
            unique=True,
            sqlite_where=CONFIRMED,
            postgresql_where=CONFIRMED,
        ),
    )

    account_id: Mapped[int] = columns.link("account.id")
    session_id: Mapped[int | None] = mapped_column()
    sealed: Mapped[str] = mapped_column(Text)
    confirmed_at: Mapped[datetime | None] = columns.moment()
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    misses: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = columns.created()


class RecoveryCode(Model):
    """A code for who has lost the phone; works once. 80 random bits: SHA-256 hides them well."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("account_id", "code_hash"),)

    account_id: Mapped[int] = columns.link("account.id", index=False)
    code_hash: Mapped[str] = mapped_column(ByteOrdered)
    used_at: Mapped[datetime | None] = columns.moment()
    created_at: Mapped[datetime] = columns.created()


class Passkey(columns.Public):
    """A WebAuthn credential that its device unlocks; id and public key in base64url."""

    __tablename__ = "passkey"

    account_id: Mapped[int] = columns.link("account.id")
    credential_id: Mapped[str] = mapped_column(ByteOrdered, unique=True)
    public_key: Mapped[str] = mapped_column(Text)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    transports: Mapped[Any] = mapped_column(Json)
    is_backed_up: Mapped[bool]
    name: Mapped[str] = mapped_column(String(60))
    last_used_at: Mapped[datetime | None] = columns.moment()


class PasskeyChallenge(Model):
    """A challenge that waits for its one answer: from a session, or (None) from the sign-in."""

    __tablename__ = "passkey_challenge"

    key_hash: Mapped[str] = mapped_column(ByteOrdered, unique=True)
    session_id: Mapped[int | None] = mapped_column()
    challenge: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = columns.moment(index=True)


class SignInProof(Model):
    """The password was right, the second step is due. Good for nothing but that step.

    It dies with the password (``password_state`` is the hash of its stored form) and with every
    sign-out everywhere (``token_version``).
    """

    __tablename__ = "sign_in_proof"

    key_hash: Mapped[str] = mapped_column(ByteOrdered, unique=True)
    account_id: Mapped[int] = columns.link("account.id")
    token_version: Mapped[int]
    password_state: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime] = columns.moment(index=True)
