"""The admin shows, refuses and hides reviews; the store answers once."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select, update

from kirana.accounts.permissions import Permission
from kirana.catalog.models import Product
from kirana.catalog.services.versions import raise_version
from kirana.platform import audit, clock
from kirana.platform.access import Actor
from kirana.platform.db import verb
from kirana.platform.errors import Invalid, NotFound
from kirana.platform.outbox import enqueue
from kirana.platform.probes import reached
from kirana.reviews.errors import AlreadyAnswered, NotShown
from kirana.reviews.models import Review, ReviewReport
from kirana.reviews.queries import get_review
from kirana.reviews.services.steps import lock_reviews, take_step
from kirana.reviews.services.writing import plain_text
from kirana.reviews.shapes import ModeratedReview, ReviewAnswer, ReviewMove
from kirana.reviews.states import REVIEW_MOVES

NEEDS_REASON = ("refused", "hidden")


@verb
def move_review(
    connection: Connection, actor: Actor, uid: str, move: ReviewMove
) -> ModeratedReview:
    """Show, refuse or hide one review. Raises NotFound, IllegalMove, Invalid (no reason).

    Locks the review, then its product.
    """
    actor.require(Permission.WRITE_REVIEWS)
    rows = lock_reviews(connection, Review.uid == uid)
    if not rows:
        raise NotFound
    _decide(connection, actor, rows, move)
    return get_review(actor, uid)


@verb
def move_reviews(
    connection: Connection, actor: Actor, uids: Sequence[str], move: ReviewMove
) -> int:
    """The same for several at once; those that cannot go there stay. How many have moved."""
    actor.require(Permission.WRITE_REVIEWS)
    rows = lock_reviews(connection, Review.uid.in_(uids))
    able = [row for row in rows if move.to in REVIEW_MOVES[row.status]]
    if able:
        _decide(connection, actor, able, move)
    return len(able)


@verb
def dismiss_reports(connection: Connection, actor: Actor, uid: str) -> ModeratedReview:
    """Look at what was reported and leave the review as it is. Raises NotFound."""
    actor.require(Permission.WRITE_REVIEWS)
    found = get_review(actor, uid)
    review_id = select(Review.id).where(Review.uid == uid).scalar_subquery()
    _handle(connection, ReviewReport.review_id == review_id)
    after = {"reports": found.reports}
    audit.record(connection, actor, "review.reports_dismissed", ("review", uid), after=after)
    return get_review(actor, uid)


@verb
def answer_review(
    connection: Connection, actor: Actor, uid: str, answer: ReviewAnswer
) -> ModeratedReview:
    """Answer a shown review of one's store, once. Raises NotFound, NotShown, AlreadyAnswered."""
    found = get_review(actor, uid)
    store = select(Product.store_id).where(Product.slug == found.product)
    if not actor.may_in(connection.execute(store).scalar_one(), Permission.WRITE_STORE_REVIEWS):
        raise NotFound
    text = plain_text(answer.text, "/text")
    reached("review.before_answer")
    values = {"answer": text, "answered_at": clock.now(connection), "version": Review.version + 1}
    if not connection.execute(update(Review).where(*_unanswered(uid)).values(values)).rowcount:
        raise AlreadyAnswered if get_review(actor, uid).answer else NotShown
    audit.record(connection, actor, "review.answered", ("review", uid))
    raise_version(connection)
    return get_review(actor, uid)


def _unanswered(uid: str) -> tuple[Any, ...]:
    return Review.uid == uid, Review.status == "shown", Review.answer == ""


def _decide(connection: Connection, actor: Actor, rows: Sequence[Any], move: ReviewMove) -> None:
    reason = move.reason.strip()
    if move.to in NEEDS_REASON and not reason:
        raise Invalid.at("/reason", "say why: its writer reads it", "required")
    kept = reason if move.to in NEEDS_REASON else ""
    take_step(connection, actor, rows, move.to, reason=kept)
    _handle(connection, ReviewReport.review_id.in_([row.id for row in rows]))
    if move.to == "refused":
        for row in rows:
            key = f"review-refused:{row.uid}:{row.version}"
            ids = {"account_id": row.account_id, "review_id": row.id}
            enqueue(connection, "review_refused", key, **ids)


def _handle(connection: Connection, which: Any) -> None:
    is_open = update(ReviewReport).where(which, ReviewReport.handled_at.is_(None))
    connection.execute(is_open.values(handled_at=clock.now(connection)))
