"""Reviews as pages: all of a product, one's own, and the form."""

from typing import Any

import msgspec
from flask import Blueprint, Response, request

from kirana.accounts.permissions import Permission
from kirana.platform.errors import Conflict, Invalid, NotFound, Stale
from kirana.platform.http import current_actor, limited, public, requires
from kirana.platform.inputs import read_query, to_struct
from kirana.platform.pages import Form, back, note, posted, render, see_other
from kirana.platform.paging import PageQuery
from kirana.reviews import cached, queries, services
from kirana.reviews.shapes import Complaint, OwnReview, ReviewWish
from kirana.stock.cached import find_product_page

pages = Blueprint("reviews", __name__)
WORDS = {"waiting": "Waits", "shown": "Shown", "refused": "Refused", "hidden": "Hidden"}


class ReviewForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Stars and a text as a form sends them; ``seen`` is the version that it showed."""

    stars: int
    text: str
    seen: int | None = None


class ReportForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    complaint: Complaint


@pages.get("/products/<slug>/reviews")
@public
def of_product(slug: str) -> Response:
    """Everything that is said of a product on sale."""
    found = find_product_page(slug)
    if found is None:
        raise NotFound("This product is not on sale any more.")
    wanted = read_query(request, PageQuery)
    try:
        page = cached.list_shown(slug, wanted)
    except Invalid:
        raise NotFound("This page of the list is not there any more.") from None
    here = f"/products/{slug}/reviews"
    return render(
        "shop/reviews.html", product=found.item, reviews=page.items, rating=found.item.rating,
        next_url=f"{here}?cursor={page.next_cursor}" if page.next_cursor else None,
        first_url=here if wanted.cursor else None,
    )  # fmt: skip


@pages.get("/products/<slug>/review")
@requires(Permission.WRITE_OWN_REVIEWS)
def write(slug: str) -> Response:
    """The form, with what one has said already."""
    return _form_page(slug, None)


@pages.post("/products/<slug>/review")
@requires(Permission.WRITE_OWN_REVIEWS)
@limited("hour", "review_per_hour")
def send(slug: str) -> Response:
    """Say it; it is shown once somebody has looked at it."""
    try:
        form = posted(ReviewForm)
        wish = to_struct({"stars": form.stars, "text": form.text}, ReviewWish)
        services.write_review(current_actor(), slug, wish, form.seen)
    except (Invalid, Conflict, Stale) as error:
        return _form_page(slug, error)
    note("Thank you. We look at it, then it is shown.", "success")
    return see_other(".mine")


@pages.post("/products/<slug>/review/removal")
@requires(Permission.WRITE_OWN_REVIEWS)
@limited("hour", "review_per_hour")
def withdraw(slug: str) -> Response:
    """Take it back."""
    services.withdraw_review(current_actor(), slug)
    note("Your review is gone.", "success")
    return see_other(".mine")


@pages.get("/account/reviews")
@requires(Permission.READ_OWN_REVIEWS)
def mine() -> Response:
    """What one has said, and what became of it."""
    wanted = read_query(request, PageQuery)
    page = queries.list_my_reviews(current_actor(), wanted)
    return render(
        "shop/own_reviews.html", reviews=page.items, words=WORDS,
        next_url=f"/account/reviews?cursor={page.next_cursor}" if page.next_cursor else None,
        first_url="/account/reviews" if wanted.cursor else None,
    )  # fmt: skip


@pages.post("/reviews/<uid>/reports")
@requires(Permission.WRITE_OWN_REVIEWS)
@limited("hour", "review_per_hour")
def report(uid: str) -> Response:
    """Ask for a review to be looked at."""
    services.report_review(current_actor(), uid, posted(ReportForm).complaint)
    note("Thank you. Somebody will look at it.", "success")
    return back("/")


def _form_page(slug: str, error: Any) -> Response:
    actor = current_actor()
    standing = queries.find_standing(actor, slug)
    product = find_product_page(slug)
    if product is None and standing.review is None and not standing.may_write:
        raise NotFound("There is no such product here.")
    if error is not None and not isinstance(error, Invalid):
        error = Invalid(error.detail)
    form = Form.posted(error) if error is not None else Form(_values(standing.review))
    title = standing.review.title if standing.review else product.item.title if product else slug
    code = error.status if error is not None else 200
    return render(
        "shop/review_form.html", code, slug=slug, title=title, standing=standing, form=form
    )


def _values(review: OwnReview | None) -> dict[str, str]:
    if review is None:
        return {}
    return {"stars": str(review.stars), "text": review.text, "seen": str(review.version)}
