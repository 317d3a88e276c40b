"""What is left of the reviews of somebody whose account was erased: nothing, stars included."""

from sqlalchemy import Connection, delete

from kirana.reviews.models import Review, ReviewReport
from kirana.reviews.services.steps import end_reviews, lock_reviews


def forget_reviews(connection: Connection, account_id: int) -> None:
    """Delete what the person said and reported; products count anew. Safe to repeat."""
    connection.execute(delete(ReviewReport).where(ReviewReport.account_id == account_id))
    rows = lock_reviews(connection, Review.account_id == account_id)
    if rows:
        end_reviews(connection, rows)
