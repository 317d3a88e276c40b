"""Reviews: the admin moderates them, several at once; a store answers its own."""

from typing import Any, Literal

import msgspec
from flask import Response, request, url_for

from kirana.accounts.permissions import Permission
from kirana.backoffice.pages.blueprint import admin_page, my_store, pages, refused, store_page
from kirana.backoffice.words import REVIEW_WORDS
from kirana.platform.errors import Conflict, Invalid
from kirana.platform.http import current_actor, requires
from kirana.platform.inputs import texts_to_struct, to_struct
from kirana.platform.pages import Form, back, note, posted, see_other
from kirana.reviews import queries, services
from kirana.reviews.shapes import ReviewAnswer, ReviewMove, ReviewsQuery

PAGE_SIZE = 30
MOST_AT_ONCE = 100
LIST = ".reviews"
TABS = {"waiting": "Waiting", "shown": "Shown", "hidden": "Hidden", "refused": "Refused"}
DONE = {"shown": "shown", "refused": "refused", "hidden": "hidden"}


class DecisionForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The ticked reviews, and what is to become of them."""

    to: Literal["shown", "refused", "hidden", "kept"]
    review: list[str] = []
    reason: str = ""


class AnswerForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: str = ""


@pages.get("/reviews")
@requires(Permission.READ_REVIEWS)
def reviews() -> Response:
    """What waits to be looked at, and what was."""
    return _page(Form())


@pages.post("/reviews")
@requires(Permission.WRITE_REVIEWS)
def decide_reviews() -> Response:
    """Show, refuse or hide the ticked ones, or leave reported ones as they are."""
    form, actor = posted(DecisionForm), current_actor()
    uids = form.review[:MOST_AT_ONCE]
    if not uids:
        note("No review is selected.", "warn")
        return back(url_for(LIST))
    if form.to == "kept":
        for uid in uids:
            services.dismiss_reports(actor, uid)
        note(f"{len(uids)} stay as they are.", "success")
        return back(url_for(LIST))
    try:
        move = to_struct({"to": form.to, "reason": form.reason}, ReviewMove)
        moved = services.move_reviews(actor, uids, move)
    except Invalid as error:
        return _page(refused(error), error.status)
    left = len(uids) - moved
    told = f"{moved} {'is' if moved == 1 else 'are'} {DONE[form.to]}."
    note(told + (f" {left} could not be: somebody was faster." if left else ""), "success")
    return back(url_for(LIST))


@pages.get("/<store_slug>/reviews")
@requires(Permission.READ_STORE_REVIEWS)
def store_reviews(store_slug: str) -> Response:
    """What is said of a store's products, to be answered."""
    return _store_page(store_slug, Form(), "")


@pages.post("/<store_slug>/reviews/<uid>/answer")
@requires(Permission.WRITE_STORE_REVIEWS)
def answer(store_slug: str, uid: str) -> Response:
    """Answer one, once."""
    my_store(store_slug, Permission.WRITE_STORE_REVIEWS)
    try:
        given = to_struct({"text": posted(AnswerForm).text}, ReviewAnswer)
        services.answer_review(current_actor(), uid, given)
    except (Invalid, Conflict) as error:
        return _store_page(store_slug, refused(error), uid, error.status)
    note("Your answer is shown under the review.", "success")
    return see_other(".store_reviews", store_slug=store_slug)


def _page(form: Form, code: int = 200) -> Response:
    wanted = _wanted(("status", "reported", "cursor"))
    if wanted.status is None and not wanted.reported:
        wanted = msgspec.structs.replace(wanted, status="waiting")
    found = queries.list_reviews(current_actor(), wanted)
    chosen: dict[str, Any] = {"reported": "1"} if wanted.reported else {"status": wanted.status}
    tabs = [
        {"text": text, "url": url_for(LIST, status=name),
         "current": name == wanted.status and not wanted.reported}
        for name, text in TABS.items()
    ]  # fmt: skip
    tabs.append(
        {"text": "Reported", "url": url_for(LIST, reported="1"), "current": wanted.reported}
    )
    return admin_page(
        "office/reviews.html", code, reviews=found.items, tabs=tabs, form=form, words=REVIEW_WORDS,
        moves=_moves(found.items), is_reported=wanted.reported,
        first_url=url_for(LIST, **chosen) if wanted.cursor else None,
        next_url=url_for(LIST, cursor=found.next_cursor, **chosen) if found.next_cursor else None,
    )  # fmt: skip


def _store_page(slug: str, form: Form, uid: str, code: int = 200) -> Response:
    store = my_store(slug, Permission.READ_STORE_REVIEWS)
    wanted = _wanted(("cursor",))
    found = queries.list_store_reviews(current_actor(), slug, wanted)
    here = url_for(".store_reviews", store_slug=slug)
    return store_page(
        "office/store_reviews.html", store, code, reviews=found.items, form=form, form_uid=uid,
        first_url=here if wanted.cursor else None,
        next_url=f"{here}?cursor={found.next_cursor}" if found.next_cursor else None,
    )  # fmt: skip


def _moves(items: list[Any]) -> list[str]:
    """What can be done with at least one of the rows."""
    return [move for move in DONE if any(move in item.legal_moves for item in items)]


def _wanted(names: tuple[str, ...]) -> ReviewsQuery:
    args = {name: [value] for name, value in request.args.items() if name in names and value}
    try:
        return texts_to_struct({**args, "limit": [str(PAGE_SIZE)]}, ReviewsQuery)
    except Invalid:
        return ReviewsQuery(limit=PAGE_SIZE)
