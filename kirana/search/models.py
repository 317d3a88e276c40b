"""Words that mean the same to a shopper."""

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kirana.platform import columns
from kirana.platform.tables import ByteOrdered


class SearchSynonym(columns.Public):
    """Two names for one thing, folded, the smaller first: whoever asks for one finds both."""

    __tablename__ = "search_synonym"
    __table_args__ = (
        UniqueConstraint("word", "other"),
        CheckConstraint("word < other", name="in_order"),
    )

    word: Mapped[str] = mapped_column(ByteOrdered)
    other: Mapped[str] = mapped_column(ByteOrdered)
    # As the admin wrote them.
    shown: Mapped[str] = mapped_column(String(200))
