"""Reviews and lists that two people change at once, and what lets both of them."""

from functools import partial
from typing import Any

from kirana.catalog.models import Product
from kirana.lists.keys import link_token
from kirana.lists.models import Favourite, ListLine
from kirana.lists.queries import list_links
from kirana.lists.services import (
    keep_favourite,
    lines,
    make_list,
    revoke_link,
    set_list_line,
    share_list,
)
from kirana.lists.shapes import Place
from kirana.reviews.models import Review
from kirana.reviews.services import answer_review, moderating, move_review, write_review
from kirana.reviews.shapes import ReviewAnswer, ReviewMove
from tests.cart.goods import make_person, make_product
from tests.checkout.buying import count
from tests.machinery.databases import SECRET
from tests.races.mutants import Patch
from tests.races.scenes import Counter, Scene, both_done, open_counter, overruled
from tests.reviews.speaking import SHOW, have, shown, wish


def _at_a_buyers() -> Counter:
    at = open_counter(50)
    have(at.buyer, at.staff, at.milk)
    return at


def one_review_twice() -> Scene:
    at = _at_a_buyers()
    first, rival = (partial(write_review, at.buyer, at.milk, wish(n, f"Say {n}")) for n in (4, 5))
    return Scene(first, rival, lambda _met: count(Review) > 1)


def a_review_shown_twice() -> Scene:
    at = _at_a_buyers()
    uid = write_review(at.buyer, at.milk, wish()).uid
    show = partial(move_review, at.admin, uid, SHOW)
    return Scene(show, show, lambda _met: count(Product, Product.review_count > 1) > 0)


def a_review_shown_and_refused() -> Scene:
    at = _at_a_buyers()
    uid = write_review(at.buyer, at.milk, wish()).uid
    refuse = partial(move_review, at.admin, uid, ReviewMove(to="refused", reason="no"))
    return Scene(partial(move_review, at.admin, uid, SHOW), refuse, both_done)


def a_review_answered_twice() -> Scene:
    at = _at_a_buyers()
    uid = shown(at.buyer, at.admin, at.milk)
    first, rival = (
        partial(answer_review, at.staff, uid, ReviewAnswer(text=text)) for text in ("Yes", "No")
    )
    return Scene(first, rival, both_done)


def answers_again(patch: Patch) -> None:
    patch.setattr(moderating, "_unanswered", lambda uid: (Review.uid == uid,))


def _shared_list(at: Counter) -> tuple[Place, Place]:
    uid = make_list(at.buyer, "The week", 20)
    return Place(uid=uid), Place(
        token=link_token(SECRET, share_list(at.buyer, uid, "edit", SECRET))
    )


def one_line_added_by_two() -> Scene:
    at = open_counter()
    own, link = _shared_list(at)
    first = partial(set_list_line, at.buyer, own, (at.milk, 1), 100)
    rival = partial(set_list_line, make_person(), link, (at.milk, 2), 100)
    return Scene(first, rival, lambda _met: count(ListLine) > 1)


def the_last_place_on_a_list() -> Scene:
    at = open_counter()
    own, link = _shared_list(at)
    first = partial(set_list_line, at.buyer, own, (at.milk, 1), 1)
    rival = partial(set_list_line, make_person(), link, (make_product(at.store), 1), 1)
    return Scene(first, rival, lambda _met: count(ListLine) > 1)


def the_last_favourite() -> Scene:
    at = open_counter()
    first, rival = (
        partial(keep_favourite, at.buyer, slug, 1) for slug in (at.milk, make_product(at.store))
    )
    return Scene(first, rival, lambda _met: count(Favourite) > 1)


def a_link_revoked_while_it_is_used() -> Scene:
    at = open_counter()
    own, link = _shared_list(at)
    [made] = list_links(at.buyer, own.uid, (SECRET,))
    first = partial(set_list_line, make_person(), link, (at.milk, 1), 100)
    return Scene(first, partial(revoke_link, at.buyer, own.uid, made.uid), overruled)


def believes_a_link_for_ever(patch: Patch) -> None:
    find, seen = lines.find_place, dict[Place, Any]()

    def remember(actor: Any, place: Place) -> Any:
        if place not in seen:
            seen[place] = find(actor, place)
        return seen[place]

    patch.setattr(lines, "find_place", remember)
