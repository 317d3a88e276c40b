"""What goes into the verbs of reviews, and what the queries give."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from kirana.catalog.inputs import Closed, Reason
from kirana.platform.paging import PageQuery

LONGEST_REVIEW = 2000
LONGEST_ANSWER = 1000
Status = Literal["waiting", "shown", "refused", "hidden"]
Complaint = Literal["offensive", "private", "untrue", "advertising"]
Stars = Annotated[int, msgspec.Meta(ge=1, le=5)]


class ReviewWish(Closed, frozen=True):
    """What somebody says of a product: one to five stars, and why."""

    stars: Stars
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_REVIEW)]


class ReviewMove(Closed, frozen=True):
    """Show, refuse or hide; the writer is told the reason, which refusing needs."""

    to: Literal["shown", "refused", "hidden"]
    reason: Reason = ""


class ReviewAnswer(Closed, frozen=True):
    """What the shop answers."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_ANSWER)]


class Report(Closed, frozen=True):
    """What is wrong with a review."""

    complaint: Complaint


class ReviewsQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Filter of the lists of who looks after reviews."""

    status: Status | None = None
    reported: bool = False


class ShownReview(msgspec.Struct, frozen=True):
    """A review as everybody sees it: of its writer the first name alone."""

    uid: str
    author: str
    stars: int
    text: str
    answer: str
    answered_at: datetime | None
    written_at: datetime


class OwnReview(msgspec.Struct, frozen=True, kw_only=True):
    """A review as its writer sees it; ``version`` is its entity tag."""

    uid: str
    product: str
    title: str
    stars: int
    text: str
    status: Status
    reason: str
    answer: str
    version: int
    written_at: datetime


class ModeratedReview(OwnReview, frozen=True, kw_only=True):
    """A review as the admin and the store see it; ``reports`` nobody has looked at yet."""

    author: str
    store: str
    legal_moves: tuple[str, ...]
    reports: int


class Standing(msgspec.Struct, frozen=True):
    """What somebody may say of a product, and has said."""

    may_write: bool
    review: OwnReview | None
