"""The verbs of reviews, one file for each side."""

from kirana.reviews.services.moderating import (
    answer_review,
    dismiss_reports,
    move_review,
    move_reviews,
)
from kirana.reviews.services.writing import report_review, withdraw_review, write_review

__all__ = [
    "answer_review",
    "dismiss_reports",
    "move_review",
    "move_reviews",
    "report_review",
    "withdraw_review",
    "write_review",
]
