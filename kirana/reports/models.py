"""Which customer got which month's report."""

from datetime import datetime
from typing import Any

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kirana.platform import columns
from kirana.platform.tables import Json, Model


class ReportDelivery(Model):
    """One report owed to a customer for a month, with the figures it carried."""

    __tablename__ = "report_delivery"
    __table_args__ = (UniqueConstraint("account_id", "period"),)

    account_id: Mapped[int] = columns.link("account.id", index=False)
    period: Mapped[str] = mapped_column(String(7), index=True)
    figures: Mapped[dict[str, Any]] = mapped_column(Json)
    created_at: Mapped[datetime] = columns.created()
