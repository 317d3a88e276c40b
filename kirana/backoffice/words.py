"""Statuses and moves in the words that people in a shop use. Pure."""

from datetime import date, datetime

ORDER_WORDS = {
    "placed": "New",
    "accepted": "To pick",
    "picking": "Picking",
    "awaiting_customer": "Waits for the customer",
    "packed": "Packed",
    "ready": "Ready to collect",
    "on_the_way": "On the way",
    "not_delivered": "Not delivered",
    "handed_over": "Handed over",
    "completed": "Completed",
    "returned": "Returned",
    "cancelled": "Cancelled",
}
MOVE_WORDS = {
    "accepted": "Accept",
    "picking": "Start picking",
    "awaiting_customer": "Ask the customer",
    "packed": "Mark packed",
    "ready": "Ready to collect",
    "on_the_way": "Send out",
    "not_delivered": "Could not deliver",
    "handed_over": "Handed over, cash taken",
    "completed": "Complete",
    "returned": "Took it back",
    "cancelled": "Cancel the order",
}
PRODUCT_WORDS = {
    "draft": "Draft",
    "published": "On sale",
    "hidden": "Hidden",
    "archived": "Archived",
}
BAND_WORDS = {"in": "In stock", "few": "Running low", "none": "Sold out"}
WASTE_WORDS = {
    "expired": "Out of date",
    "spoilt": "Spoilt",
    "damaged": "Damaged",
    "lost": "Lost or stolen",
    "sample": "Given to taste",
    "other": "Something else",
}
ACCOUNT_WORDS = {
    "pending": "Waiting",
    "active": "Active",
    "rejected": "Refused",
    "suspended": "Suspended",
    "closed": "Closed",
}
REVIEW_WORDS = {
    "waiting": "Waiting",
    "shown": "Shown",
    "refused": "Refused",
    "hidden": "Hidden",
}
REQUEST_WORDS = {
    "requested": "Waiting",
    "approved": "Approved",
    "rejected": "Refused",
    "withdrawn": "Withdrawn",
}

PLACE_WORDS = {
    "owner": "Owner",
    "manager": "Store manager",
    "picker": "Picker",
    "courier": "Courier",
}
REPORT_WORDS = {"done": "Sent", "running": "Being sent"}


def month_text(period: str) -> str:
    """``October 2026`` for ``2026-10``."""
    return f"{date.fromisoformat(period + '-01'):%B %Y}"


def greeting(moment: datetime, name: str) -> str:
    """``Good afternoon, Asha`` by the hour of ``moment``."""
    hour = moment.hour
    part = "morning" if 4 <= hour < 12 else "afternoon" if hour < 17 and hour >= 12 else "evening"
    return f"Good {part}, {name.split()[0] if name.split() else name}"
