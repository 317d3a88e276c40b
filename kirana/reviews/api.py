"""Reviews over JSON."""

from typing import Any

from flask import Blueprint

from kirana.accounts.permissions import Permission
from kirana.platform.access import Actor
from kirana.platform.cache import cached_answer
from kirana.platform.errors import IllegalMove, NotFound, Stale, TooMany
from kirana.platform.http import Answer, if_match, limited, operation, public, requires
from kirana.platform.paging import Page, PageQuery
from kirana.reviews import queries, services
from kirana.reviews.errors import AlreadyAnswered, NotBought, NotShown
from kirana.reviews.shapes import (
    ModeratedReview,
    OwnReview,
    Report,
    ReviewAnswer,
    ReviewMove,
    ReviewsQuery,
    ReviewWish,
    ShownReview,
)

api = Blueprint("reviews_api", __name__)


@api.get("/products/<slug>/reviews")
@public
@operation("listProductReviews", raises=(NotFound,))
def list_of_product(slug: str, query: PageQuery) -> Answer[Page[ShownReview]]:
    """The reviews of a product on sale that are shown, newest first."""
    key = f"{slug} {query.limit} {query.cursor or ''}"
    return cached_answer("product-reviews-api", key, lambda: queries.list_shown(slug, query))


@api.get("/products/<slug>/review")
@requires(Permission.READ_OWN_REVIEWS)
@operation("getMyReview", raises=(NotFound,))
def get_mine(actor: Actor, slug: str) -> Answer[OwnReview]:
    """What the caller says of a product."""
    return _tagged(queries.get_own_review(actor, slug))


@api.put("/products/<slug>/review")
@requires(Permission.WRITE_OWN_REVIEWS)
@limited("hour", "review_per_hour")
@operation("writeReview", raises=(NotFound, NotBought, Stale, TooMany))
def write(actor: Actor, slug: str, body: ReviewWish) -> Answer[OwnReview]:
    """Review a product that one has had, or change that; with If-Match only the seen version."""
    return _tagged(services.write_review(actor, slug, body, if_match()))


@api.delete("/products/<slug>/review")
@requires(Permission.WRITE_OWN_REVIEWS)
@limited("hour", "review_per_hour")
@operation("withdrawReview", raises=(NotFound, TooMany))
def withdraw(actor: Actor, slug: str) -> None:
    """Take one's review back for good."""
    services.withdraw_review(actor, slug)


@api.get("/me/reviews")
@requires(Permission.READ_OWN_REVIEWS)
@operation("listMyReviews")
def list_mine(actor: Actor, query: PageQuery) -> Page[OwnReview]:
    """What the caller has reviewed, newest first."""
    return queries.list_my_reviews(actor, query)


@api.get("/reviews")
@requires(Permission.READ_REVIEWS)
@operation("listReviews")
def list_all(actor: Actor, query: ReviewsQuery) -> Page[ModeratedReview]:
    """All reviews, newest first, for who moderates them."""
    return queries.list_reviews(actor, query)


@api.post("/reviews/<uid>/moves")
@requires(Permission.WRITE_REVIEWS)
@operation("moveReview", raises=(NotFound, IllegalMove), idempotency="accepted")
def move(actor: Actor, uid: str, body: ReviewMove) -> Answer[ModeratedReview]:
    """Show, refuse or hide a review; 409 lists the legal moves."""
    return _tagged(services.move_review(actor, uid, body))


@api.post("/reviews/<uid>/reports")
@requires(Permission.WRITE_OWN_REVIEWS)
@limited("hour", "review_per_hour")
@operation("reportReview", raises=(NotFound, TooMany), idempotency="accepted")
def report(actor: Actor, uid: str, body: Report) -> None:
    """Ask the admin to look at a review that is shown; once per person."""
    services.report_review(actor, uid, body.complaint)


@api.delete("/reviews/<uid>/reports")
@requires(Permission.WRITE_REVIEWS)
@operation("dismissReports", raises=(NotFound,))
def dismiss(actor: Actor, uid: str) -> None:
    """Have looked at what was reported, and leave the review as it is."""
    services.dismiss_reports(actor, uid)


@api.get("/stores/<slug>/reviews")
@requires(Permission.READ_STORE_REVIEWS)
@operation("listStoreReviews")
def list_of_store(actor: Actor, slug: str, query: ReviewsQuery) -> Page[ModeratedReview]:
    """The reviews of a store's products that are shown, newest first."""
    return queries.list_store_reviews(actor, slug, query)


@api.post("/reviews/<uid>/answer")
@requires(Permission.WRITE_STORE_REVIEWS)
@operation("answerReview", raises=(NotFound, NotShown, AlreadyAnswered), idempotency="accepted")
def answer(actor: Actor, uid: str, body: ReviewAnswer) -> Answer[ModeratedReview]:
    """Answer a review of one's store, once."""
    return _tagged(services.answer_review(actor, uid, body))


def _tagged(review: Any) -> Answer[Any]:
    return Answer(review, version=review.version)
