"""What somebody keeps for later: favourites, lists with their lines, and links that share them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kirana.platform import columns
from kirana.platform.tables import Model

RIGHTS = ("read", "edit")


class Favourite(Model):
    """A product that somebody likes."""

    __tablename__ = "favourite"
    __table_args__ = (UniqueConstraint("account_id", "product_id"),)

    account_id: Mapped[int] = columns.link("account.id", index=False)
    product_id: Mapped[int] = columns.link("product.id")
    created_at: Mapped[datetime] = columns.created()


class ShoppingList(columns.Public):
    """A named list. ``version`` rises with every change of it or its lines, which locks it."""

    __tablename__ = "shopping_list"
    __table_args__ = (UniqueConstraint("account_id", "name"),)

    account_id: Mapped[int] = columns.link("account.id", index=False)
    name: Mapped[str] = mapped_column(String(80))
    version: Mapped[int] = mapped_column(default=1)


class ListLine(Model):
    """So many steps of a product; ``added_by`` put it there and is shown by first name."""

    __tablename__ = "list_line"
    __table_args__ = (
        UniqueConstraint("list_id", "product_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
    )

    list_id: Mapped[int] = columns.link("shopping_list.id", index=False)
    product_id: Mapped[int] = columns.link("product.id")
    quantity: Mapped[int]
    added_by: Mapped[int | None] = columns.link("account.id")
    created_at: Mapped[datetime] = columns.created()


class ListLink(columns.Public):
    """Whoever has the link may read the list, or, signed in, change it; until it is revoked."""

    __tablename__ = "list_link"
    __table_args__ = (columns.one_of("may", RIGHTS),)

    list_id: Mapped[int] = columns.link("shopping_list.id")
    may: Mapped[str] = mapped_column(String(4))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    revoked_at: Mapped[datetime | None] = columns.moment()
