"""Shops and who works in them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kirana.platform import columns
from kirana.platform.tables import ByteOrdered, Model
from kirana.stores.states import STORE_MOVES

STORE_ROLES = ("owner", "manager", "picker", "courier")


class Store(Model):
    """A shop. Its zone cuts its business days and months."""

    __tablename__ = "store"
    __table_args__ = (columns.one_of("status", tuple(STORE_MOVES)),)

    slug: Mapped[str] = mapped_column(ByteOrdered, unique=True)
    name: Mapped[str] = mapped_column(String(120))
    zone: Mapped[str] = mapped_column(String(64))
    street: Mapped[str] = mapped_column(String(200), default="")
    city: Mapped[str] = mapped_column(String(80), default="")
    phone: Mapped[str] = mapped_column(String(32), default="")
    opening_hours: Mapped[str] = mapped_column(String(200), default="")
    status: Mapped[str] = columns.status(default="open")
    created_at: Mapped[datetime] = columns.created()


class StoreEvent(columns.Move):
    """One move of a store's status."""

    __tablename__ = "store_event"

    store_id: Mapped[int] = columns.link("store.id")
    actor_id: Mapped[int | None] = columns.link("account.id")


class Membership(Model):
    """An account's place in a store's team."""

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("account_id", "store_id"),
        columns.one_of("role", STORE_ROLES),
    )

    account_id: Mapped[int] = columns.link("account.id", index=False)
    store_id: Mapped[int] = columns.link("store.id")
    role: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime] = columns.created()


class Invitation(columns.Public):
    """A place in a store's team, offered to an address. The token is mailed, its hash kept."""

    __tablename__ = "invitation"
    __table_args__ = (
        columns.one_of("role", STORE_ROLES),
        CheckConstraint("accepted_at IS NULL OR revoked_at IS NULL", name="ends_once"),
        CheckConstraint("(accepted_at IS NULL) = (accepted_by IS NULL)", name="accepted_by_one"),
        columns.some(
            "uq_invitation_one_open",
            "accepted_at IS NULL AND revoked_at IS NULL",
            "store_id",
            "email",
            unique=True,
        ),
    )

    store_id: Mapped[int] = columns.link("store.id")
    email: Mapped[str] = mapped_column(ByteOrdered, index=True)
    role: Mapped[str] = mapped_column(String(20))
    token_hash: Mapped[str] = mapped_column(ByteOrdered, unique=True)
    mails: Mapped[int] = mapped_column(default=1)
    invited_by: Mapped[int] = columns.link("account.id")
    expires_at: Mapped[datetime] = columns.moment(index=True)
    accepted_at: Mapped[datetime | None] = columns.moment()
    accepted_by: Mapped[int | None] = columns.link("account.id")
    revoked_at: Mapped[datetime | None] = columns.moment()
