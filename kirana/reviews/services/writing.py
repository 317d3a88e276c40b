"""A buyer writes a review, changes it, takes it back; anybody signed in reports one."""

import re
import unicodedata
from typing import Any

from sqlalchemy import Connection, insert, select, update

from kirana.accounts.permissions import Permission
from kirana.catalog.models import Product
from kirana.platform import audit, clock
from kirana.platform.access import Actor
from kirana.platform.columns import new_uid
from kirana.platform.db import verb
from kirana.platform.errors import Invalid, NotFound, Stale
from kirana.platform.inserts import insert_ignoring, insert_unless_taken
from kirana.platform.probes import reached
from kirana.platform.rows import existing, existing_row
from kirana.reviews.errors import NotBought
from kirana.reviews.models import Review, ReviewEvent, ReviewReport
from kirana.reviews.queries import get_own_review, has_had
from kirana.reviews.services.steps import end_reviews, lock_reviews, take_step
from kirana.reviews.shapes import Complaint, OwnReview, ReviewWish

LONGEST_FIRST_NAME = 40
# Controls but for the line break, and what turns the direction of a text.
_HIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@verb
def write_review(
    connection: Connection, actor: Actor, slug: str, wish: ReviewWish, version: int | None = None
) -> OwnReview:
    """Say something of a product that one has had, or say it anew; it waits to be looked at.

    Raises NotFound, NotBought, Invalid, Stale. Locks the caller's review.
    """
    actor.require(Permission.WRITE_OWN_REVIEWS)
    product_id, text = _bought(connection, actor, slug), plain_text(wish.text, "/text")
    values = {"stars": wish.stars, "text": text, "author": first_name(actor.name)}
    now = clock.now(connection)
    reached("review.before_insert")
    made = insert_unless_taken(
        connection, Review, uid=new_uid(), account_id=actor.me(), product_id=product_id,
        status="waiting", reason="", answer="", version=1, written_at=now, **values,
    )  # fmt: skip
    if made is None:
        _rewrite(connection, actor, product_id, (values, version))
        return get_own_review(actor, slug)
    if version is not None:
        raise Stale
    event = {"review_id": made, "to_status": "waiting", "actor_id": actor.account_id, "at": now}
    connection.execute(insert(ReviewEvent), event)
    told = get_own_review(actor, slug)
    after = {"product": slug, "stars": wish.stars}
    audit.record(connection, actor, "review.written", ("review", told.uid), after=after)
    return told


@verb
def withdraw_review(connection: Connection, actor: Actor, slug: str) -> None:
    """Take one's review back for good. Raises NotFound. Locks the review."""
    actor.require(Permission.WRITE_OWN_REVIEWS)
    product = select(Product.id).where(Product.slug == slug).scalar_subquery()
    mine = (Review.account_id == actor.me(), Review.product_id == product)
    rows = lock_reviews(connection, *mine)
    if not rows:
        raise NotFound
    end_reviews(connection, rows)
    audit.record(
        connection, actor, "review.withdrawn", ("review", rows[0].uid),
        before={"product": slug, "status": rows[0].status},
    )  # fmt: skip


@verb
def report_review(connection: Connection, actor: Actor, uid: str, complaint: Complaint) -> None:
    """Ask the admin to look at a review that is shown; once per person. Raises NotFound."""
    actor.require(Permission.WRITE_OWN_REVIEWS)
    find = select(Review.id).where(Review.uid == uid, Review.status == "shown")
    review_id = existing(connection.execute(find).scalar_one_or_none())
    is_new = insert_ignoring(
        connection, ReviewReport, review_id=review_id, account_id=actor.me(),
        complaint=complaint, created_at=clock.now(connection),
    )  # fmt: skip
    if is_new:
        after = {"complaint": complaint}
        audit.record(connection, actor, "review.reported", ("review", uid), after=after)


def plain_text(text: str, pointer: str) -> str:
    """``text`` trimmed, line breaks as one sign each. Raises Invalid if nothing can be seen."""
    clean = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    clean = re.sub(r"\n{3,}", "\n\n", clean)
    if _HIDDEN.search(clean):
        raise Invalid.at(pointer, "must be plain text")
    if not any(unicodedata.category(char)[0] in "LNPS" for char in clean):
        raise Invalid.at(pointer, "must not be empty", "required")
    return clean


def first_name(name: str) -> str:
    """All that others see of a name."""
    return next(iter(name.split()), "Somebody")[:LONGEST_FIRST_NAME]


def _bought(connection: Connection, actor: Actor, slug: str) -> int:
    """The product's id. A draft is not there; what is not on sale any more can be reviewed."""
    find = select(Product.id, has_had(actor.me(), Product.id).label("has_had"))
    row = existing_row(connection, find.where(Product.slug == slug, Product.status != "draft"))
    if not row.has_had:
        raise NotBought
    found: int = row.id
    return found


def _rewrite(
    connection: Connection, actor: Actor, product_id: int, wish: tuple[dict[str, Any], int | None]
) -> None:
    """The same again changes nothing, so that a request that is sent twice has one effect."""
    values, version = wish
    mine = (Review.account_id == actor.me(), Review.product_id == product_id)
    row = next(iter(lock_reviews(connection, *mine)), None)
    if row is None or (version is not None and version != row.version):
        raise Stale  # or taken back since it was found there
    if all(getattr(row, name) == value for name, value in values.items()):
        return
    values |= {"written_at": clock.now(connection), "reason": ""}
    # What the shop answered was about another text.
    values |= {"answer": "", "answered_at": None}
    if row.status != "waiting":
        take_step(connection, actor, [row], "waiting", **values)
        return
    change = update(Review).where(Review.id == row.id)
    connection.execute(change.values(version=Review.version + 1, **values))
    audit.record(
        connection, actor, "review.rewritten", ("review", row.uid),
        before={"stars": row.stars}, after={"stars": values["stars"]},
    )  # fmt: skip
