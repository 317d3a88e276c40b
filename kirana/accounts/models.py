"""People: accounts, sessions, addresses, approvals."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kirana.accounts.states import ACCOUNT_MOVES, APPROVAL_MOVES
from kirana.platform import clock, columns
from kirana.platform.tables import ByteOrdered, Json, Model

ROLES = ("customer", "manager", "admin")
LINK_PURPOSES = ("reset", "confirm", "change", "known")


class Account(columns.Public):
    """A person who can sign in. Only a manager can be pending or rejected."""

    __tablename__ = "account"
    __table_args__ = (
        columns.one_of("role", ROLES),
        columns.one_of("status", tuple(ACCOUNT_MOVES)),
        CheckConstraint(
            "role = 'manager' OR status NOT IN ('pending', 'rejected')", name="only_managers_wait"
        ),
        Index("ix_account_role", "role", "id"),
        Index("ix_account_status", "status", "id"),
    )

    email: Mapped[str] = mapped_column(ByteOrdered, unique=True)
    name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = columns.status()
    token_version: Mapped[int] = mapped_column(default=1)
    locale: Mapped[str] = mapped_column(String(16), default="en-IN")
    zone: Mapped[str] = mapped_column(String(64), default="Asia/Kolkata")
    wants_report: Mapped[bool] = mapped_column(default=True)
    verified_at: Mapped[datetime | None] = columns.moment()
    # Its owner asked for the end of the account; from this moment on it is erased.
    erase_at: Mapped[datetime | None] = columns.moment(index=True)


class Session(columns.Public):
    """A signed-in device: one refresh family. Only hashes of refresh tokens are kept."""

    __tablename__ = "session"

    account_id: Mapped[int] = columns.link("account.id")
    token_version: Mapped[int]
    current_hash: Mapped[str] = mapped_column(ByteOrdered, unique=True)
    previous_hash: Mapped[str | None] = mapped_column(ByteOrdered, index=True)
    rotated_at: Mapped[datetime | None] = columns.moment()
    expires_at: Mapped[datetime] = columns.moment(index=True)
    idle_until: Mapped[datetime] = columns.moment()
    ended_at: Mapped[datetime | None] = columns.moment(index=True)
    device: Mapped[str] = mapped_column(String(200), default="")
    network: Mapped[str] = mapped_column(String(64), default="")
    seen_at: Mapped[datetime] = columns.created()


class Address(columns.Public):
    """Where a customer wants things brought."""

    __tablename__ = "address"

    account_id: Mapped[int] = columns.link("account.id")
    name: Mapped[str] = mapped_column(String(120))
    phone: Mapped[str] = mapped_column(String(32))
    street: Mapped[str] = mapped_column(String(200))
    city: Mapped[str] = mapped_column(String(80))
    postcode: Mapped[str] = mapped_column(String(16))


class Approval(columns.Public):
    """A person's wish to become a store manager, and what an admin decided."""

    __tablename__ = "approval"
    __table_args__ = (
        columns.one_of("status", tuple(APPROVAL_MOVES)),
        CheckConstraint("(status = 'requested') = (decided_at IS NULL)", name="decided_once"),
        columns.some("uq_approval_one_open", "status = 'requested'", "account_id", unique=True),
        Index("ix_approval_status", "status", "id"),
    )

    account_id: Mapped[int] = columns.link("account.id")
    wished_store: Mapped[str] = mapped_column(String(120))
    status: Mapped[str] = columns.status(default="requested")
    store_id: Mapped[int | None] = columns.link("store.id")
    reason: Mapped[str] = mapped_column(Text, default="")
    decided_by: Mapped[int | None] = columns.link("account.id")
    decided_at: Mapped[datetime | None] = columns.moment()


class AccountLink(Model):
    """A link by mail that a visitor asked for; of ``known``, a mail without a link.

    ``account_id`` is empty when nobody has the address: asking leaves the same rows either way.
    The token is made when the mail is sent, and only its hash is kept. ``bound`` is the state of
    address and password that the link is good for.
    """

    __tablename__ = "account_link"
    __table_args__ = (
        columns.one_of("purpose", LINK_PURPOSES),
        CheckConstraint(
            "(purpose = 'change') = (new_email IS NOT NULL)", name="a_change_is_to_somewhere"
        ),
    )

    account_id: Mapped[int | None] = columns.link("account.id")
    purpose: Mapped[str] = mapped_column(String(10))
    bound: Mapped[str] = mapped_column(ByteOrdered)
    token_hash: Mapped[str | None] = mapped_column(ByteOrdered, unique=True)
    old_email: Mapped[str | None] = mapped_column(ByteOrdered)
    new_email: Mapped[str | None] = mapped_column(ByteOrdered)
    expires_at: Mapped[datetime | None] = columns.moment()
    used_at: Mapped[datetime | None] = columns.moment()
    created_at: Mapped[datetime] = columns.moment(default=clock.utc_now, index=True)


class AccountEvent(columns.Move):
    """One move of an account's status."""

    __tablename__ = "account_event"

    account_id: Mapped[int] = columns.link("account.id")
    reason: Mapped[str] = mapped_column(Text, default="")
    actor_id: Mapped[int | None] = columns.link("account.id")


class ApiKey(columns.Public):
    """A key by which a program acts for its owner, with some of the owner's permissions.

    Only the hash of the token is kept. ``store_id`` restricts the key to the work of one store.
    """

    __tablename__ = "api_key"

    account_id: Mapped[int] = columns.link("account.id")
    name: Mapped[str] = mapped_column(String(80))
    token_hash: Mapped[str] = mapped_column(ByteOrdered, unique=True)
    permissions: Mapped[list[str]] = mapped_column(Json)
    store_id: Mapped[int | None] = columns.link("store.id")
    expires_at: Mapped[datetime | None] = columns.moment()
    revoked_at: Mapped[datetime | None] = columns.moment()
    used_at: Mapped[datetime | None] = columns.moment()
