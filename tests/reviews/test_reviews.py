"""Reviews: who may write one, what becomes of it, what others see, and the sums that follow."""

import pytest
from sqlalchemy import Connection, select

from kirana import check
from kirana.catalog.models import Product
from kirana.catalog.services.products import hide_product
from kirana.orders.services import cancel_my_order
from kirana.platform.access import Actor
from kirana.platform.db import query
from kirana.platform.errors import Forbidden, IllegalMove, Invalid, NotFound, Stale
from kirana.platform.outbox import Outbox
from kirana.platform.paging import PageQuery
from kirana.reviews.errors import AlreadyAnswered, NotBought, NotShown
from kirana.reviews.models import COMPLAINTS, Review, ReviewEvent, ReviewReport
from kirana.reviews.queries import (
    find_standing,
    list_my_reviews,
    list_reviews,
    list_shown,
    list_store_reviews,
)
from kirana.reviews.services import (
    answer_review,
    dismiss_reports,
    move_review,
    move_reviews,
    report_review,
    withdraw_review,
    write_review,
)
from kirana.reviews.shapes import ReviewAnswer, ReviewMove, ReviewsQuery
from kirana.stock.queries import list_items
from kirana.stores.models import Store
from tests.accounts.people import rows
from tests.cart.goods import make_person, make_product
from tests.races.scenes import Counter, open_counter
from tests.reviews.speaking import SHOW, have, shown, wish

pytestmark = pytest.mark.usefixtures("database")
REFUSE = ReviewMove(to="refused", reason="It names a neighbour.")
HIDE = ReviewMove(to="hidden", reason="It names a neighbour.")
ALL = PageQuery(limit=100)


@pytest.fixture
def at() -> Counter:
    found = open_counter(50)
    have(found.buyer, found.staff, found.milk)
    return found


@query
def sums(connection: Connection, slug: str) -> tuple[int, int]:
    found = select(Product.review_count, Product.stars_sum).where(Product.slug == slug)
    row = connection.execute(found).one()
    return row.review_count, row.stars_sum


def another_buyer(at: Counter) -> Actor:
    person = make_person()
    have(person, at.staff, at.milk)
    return person


def store_slug(at: Counter) -> str:
    return next(row.slug for row in rows(Store) if row.id == at.store)


# ---- who may


@pytest.mark.parametrize("to", ["handed_over", "completed"])
def test_who_has_had_it_may_review_it(to: str) -> None:
    at = open_counter()
    assert find_standing(at.buyer, at.milk).may_write is False
    have(at.buyer, at.staff, at.milk, to=to)
    assert find_standing(at.buyer, at.milk).may_write is True
    told = write_review(at.buyer, at.milk, wish(5, " Very good.\r\nAgain! "))
    assert (told.status, told.stars, told.text) == ("waiting", 5, "Very good.\nAgain!")
    assert [row.author for row in rows(Review)] == ["Person"]
    assert sums(at.milk) == (0, 0)
    assert list_shown(at.milk, ALL).items == []
    assert check.run() == []


def test_nobody_else_may() -> None:
    at = open_counter()
    stranger, other = make_person(), make_product(at.store)
    have(at.buyer, at.staff, at.milk, to="on_the_way")
    for who, slug in ((at.buyer, at.milk), (stranger, at.milk), (at.buyer, other)):
        with pytest.raises(NotBought):
            write_review(who, slug, wish())
    with pytest.raises(NotFound):
        write_review(at.buyer, "no-such-thing", wish())
    cancelled = make_person()
    number = have(cancelled, at.staff, at.milk, to="accepted")
    cancel_my_order(cancelled, number, "no")
    with pytest.raises(NotBought):
        write_review(cancelled, at.milk, wish())
    assert rows(Review) == []


@pytest.mark.parametrize("text", ["  \n ", "\u202etxt", "a\x07b", "\u200b"])
def test_a_text_that_says_nothing_or_hides_something_is_refused(at: Counter, text: str) -> None:
    with pytest.raises(Invalid) as refused:
        write_review(at.buyer, at.milk, wish(5, text))
    assert refused.value.errors[0]["pointer"] == "/text"


# ---- what becomes of it


def test_the_way_of_a_review(at: Counter) -> None:
    uid = shown(at.buyer, at.admin, at.milk, 4)
    assert sums(at.milk) == (1, 4)
    [item] = list_items([at.milk])
    assert item.rating is not None
    assert (item.rating.tenths, item.rating.count) == (40, 1)
    answered = answer_review(at.staff, uid, ReviewAnswer(text="Thank you."))
    assert answered.answer == "Thank you."
    [seen] = list_shown(at.milk, ALL).items
    assert (seen.author, seen.stars, seen.answer) == ("Person", 4, "Thank you.")
    changed = write_review(at.buyer, at.milk, wish(2, "Sour, this time."), answered.version)
    assert (changed.status, changed.answer, sums(at.milk)) == ("waiting", "", (0, 0))
    move_review(at.admin, uid, SHOW)
    assert sums(at.milk) == (1, 2)
    move_review(at.admin, uid, HIDE)
    assert (sums(at.milk), list_shown(at.milk, ALL).items) == ((0, 0), [])
    move_review(at.admin, uid, SHOW)
    assert (sums(at.milk), rows(Review)[0].reason) == ((1, 2), "")
    assert [row.to_status for row in rows(ReviewEvent)] == [
        "waiting", "shown", "waiting", "shown", "hidden", "shown",
    ]  # fmt: skip
    withdraw_review(at.buyer, at.milk)
    assert (sums(at.milk), rows(Review), rows(ReviewEvent)) == ((0, 0), [], [])
    with pytest.raises(NotFound):
        withdraw_review(at.buyer, at.milk)
    assert check.run() == []


def test_the_same_again_changes_nothing(at: Counter) -> None:
    uid = shown(at.buyer, at.admin, at.milk, 4)
    again = write_review(at.buyer, at.milk, wish(4))
    assert (again.uid, again.status, sums(at.milk)) == (uid, "shown", (1, 4))
    with pytest.raises(Stale):
        write_review(at.buyer, at.milk, wish(1), again.version - 1)
    assert len(rows(Review)) == 1


def test_the_mean_is_rounded_half_up(at: Counter) -> None:
    shown(at.buyer, at.admin, at.milk, 5)
    for stars in (4, 4, 4):
        shown(another_buyer(at), at.admin, at.milk, stars)
    [item] = list_items([at.milk])
    assert item.rating is not None
    assert (item.rating.tenths, item.rating.count) == (43, 4)


def test_refused_with_a_reason_that_is_mailed(at: Counter) -> None:
    uid = write_review(at.buyer, at.milk, wish()).uid
    with pytest.raises(Invalid):
        move_review(at.admin, uid, ReviewMove(to="refused", reason="  "))
    assert move_review(at.admin, uid, REFUSE).reason == REFUSE.reason
    with pytest.raises(IllegalMove) as illegal:
        move_review(at.admin, uid, SHOW)
    assert illegal.value.details["legal"] == ["waiting"]
    [mine] = list_my_reviews(at.buyer, ALL).items
    assert (mine.status, mine.reason) == ("refused", REFUSE.reason)
    [mail] = [row for row in rows(Outbox) if row.kind == "review_refused"]
    assert mail.payload == {"account_id": at.buyer.account_id, "review_id": rows(Review)[0].id}
    write_review(at.buyer, at.milk, wish(4, "Good."))
    assert move_review(at.admin, uid, REFUSE).status == "refused"
    assert len([row for row in rows(Outbox) if row.kind == "review_refused"]) == 2


def test_several_at_once_and_those_that_cannot_stay(at: Counter) -> None:
    people = [at.buyer, *(another_buyer(at) for _ in range(3))]
    uids = [write_review(who, at.milk, wish(number + 2)).uid for number, who in enumerate(people)]
    move_review(at.admin, uids[0], REFUSE)
    assert move_reviews(at.admin, [*uids, "none"], SHOW) == 3
    assert sums(at.milk) == (3, 3 + 4 + 5)
    assert move_reviews(at.admin, uids, SHOW) == 0
    waiting = list_reviews(at.admin, ReviewsQuery(status="refused")).items
    assert [(item.uid, item.legal_moves) for item in waiting] == [(uids[0], ())]
    assert check.run() == []


def test_the_store_answers_its_own_once(at: Counter) -> None:
    uid = write_review(at.buyer, at.milk, wish()).uid
    text = ReviewAnswer(text="Thank you.")
    with pytest.raises(NotShown):
        answer_review(at.staff, uid, text)
    move_review(at.admin, uid, SHOW)
    for who in (open_counter().staff, at.buyer):
        with pytest.raises(NotFound):
            answer_review(who, uid, text)
    answer_review(at.staff, uid, text)
    with pytest.raises(AlreadyAnswered):
        answer_review(at.staff, uid, ReviewAnswer(text="And again."))
    [item] = list_store_reviews(at.staff, store_slug(at), ReviewsQuery()).items
    assert (item.answer, item.author) == ("Thank you.", "Person")


def test_reports_are_looked_at(at: Counter) -> None:
    uid = write_review(at.buyer, at.milk, wish()).uid
    with pytest.raises(NotFound):
        report_review(make_person(), uid, "untrue")
    move_review(at.admin, uid, SHOW)
    one, two = make_person(), make_person()
    for who in (one, one, two):
        report_review(who, uid, "untrue")
    reported = ReviewsQuery(reported=True)
    assert [item.reports for item in list_reviews(at.admin, reported).items] == [2]
    dismiss_reports(at.admin, uid)
    assert list_reviews(at.admin, reported).items == []
    report_review(one, uid, "private")  # once per person, and it was looked at
    assert list_reviews(at.admin, reported).items == []
    report_review(make_person(), uid, "private")
    move_review(at.admin, uid, HIDE)
    assert list_reviews(at.admin, reported).items == []
    assert {row.complaint for row in rows(ReviewReport)} <= set(COMPLAINTS)


def test_only_the_admin_moderates(at: Counter) -> None:
    uid = write_review(at.buyer, at.milk, wish()).uid
    for who in (at.buyer, at.staff):
        with pytest.raises(Forbidden):
            move_review(who, uid, SHOW)
        with pytest.raises(Forbidden):
            list_reviews(who, ReviewsQuery())


# ---- pages of them, and what has gone off sale


def test_lists_are_paged_by_key(at: Counter) -> None:
    people = [at.buyer, *(another_buyer(at) for _ in range(4))]
    uids = [shown(who, at.admin, at.milk, 5) for who in people]
    seen, cursor = [], None
    while True:
        page = list_shown(at.milk, PageQuery(limit=2, cursor=cursor))
        seen += [item.uid for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == uids[::-1]
    with pytest.raises(Invalid):
        list_shown(at.milk, PageQuery(cursor="nonsense"))


def test_a_product_off_sale_shows_no_reviews_but_can_be_reviewed(at: Counter) -> None:
    hide_product(at.staff, at.milk)
    with pytest.raises(NotFound):
        list_shown(at.milk, ALL)
    shown(at.buyer, at.admin, at.milk, 5)
    assert sums(at.milk) == (1, 5)
