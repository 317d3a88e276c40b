"""The basket: putting in, taking out, what it shows, and what it refuses."""

from typing import Any

import pytest

from kirana.cart.errors import BasketFull, NotEnough, NotForSale, OffGrid
from kirana.cart.queries import EMPTY, basket_view
from kirana.cart.services.lines import change_line, clear, remove_line, set_line
from kirana.cart.steps import MOST_LINES
from kirana.platform.access import GUEST, Actor
from kirana.platform.errors import Invalid, NotFound
from tests.cart.counting import counted
from tests.cart.goods import (
    change_product,
    make_guest,
    make_person,
    make_product,
    make_store,
    set_stock,
)

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def store() -> int:
    return make_store()


@pytest.fixture(params=["guest", "customer"])
def shopper(request: pytest.FixtureRequest, database: Any) -> Actor:
    return make_guest() if request.param == "guest" else make_person()


def quantities(actor: Actor) -> dict[str, int]:
    return {line.slug: line.quantity for line in basket_view(actor).lines}


def test_an_empty_basket(shopper: Actor) -> None:
    assert basket_view(shopper) == EMPTY
    assert basket_view(GUEST) == EMPTY
    assert not basket_view(shopper).can_check_out


def test_set_change_remove_clear(store: int, shopper: Actor) -> None:
    milk, rice = make_product(store), make_product(store, price_minor=9000)
    set_line(shopper, milk, 2)
    change_line(shopper, rice, 1)
    change_line(shopper, milk, 1)
    view = basket_view(shopper)
    assert quantities(shopper) == {milk: 3, rice: 1}
    assert (view.quote.total_minor, view.can_check_out) == (3 * 5000 + 9000, True)
    assert basket_view(shopper).count == 2
    remove_line(shopper, rice)
    assert quantities(shopper) == {milk: 3}
    change_line(shopper, milk, -3)
    assert quantities(shopper) == {}
    set_line(shopper, milk, 1)
    assert clear(shopper) == EMPTY
    assert quantities(shopper) == {}


def test_each_change_raises_the_version(store: int, shopper: Actor) -> None:
    milk = make_product(store)
    first = set_line(shopper, milk, 1).version
    assert set_line(shopper, milk, 2).version == first + 1


def test_baskets_are_apart(store: int) -> None:
    milk, one, other = make_product(store), make_guest(), make_guest()
    set_line(one, milk, 1)
    assert basket_view(other) == EMPTY
    with pytest.raises(NotFound):
        remove_line(other, milk)


@pytest.mark.parametrize(
    ("quantity", "allowed"),
    [(300, [500]), (600, [500, 750]), (1, [500]), (0, [500]), (-250, [500])],
)
def test_a_quantity_off_the_grid_names_the_nearest(
    store: int, quantity: int, allowed: list[int]
) -> None:
    flour = make_product(
        store, 5000, unit="g", price_per=1000, increment=250, minimum=500, price_minor=8000
    )
    guest = make_guest()
    with pytest.raises(OffGrid) as caught:
        set_line(guest, flour, quantity)
    assert caught.value.details["allowed"] == allowed
    assert caught.value.errors[0]["pointer"] == "/quantity"
    assert basket_view(guest) == EMPTY


def test_weighed_goods_cost_by_the_kilogram(store: int) -> None:
    flour = make_product(
        store, 5000, unit="g", price_per=1000, increment=250, minimum=500, price_minor=8333
    )
    assert set_line(make_guest(), flour, 750).quote.total_minor == 6250


def test_no_more_than_there_is(store: int, shopper: Actor) -> None:
    milk = make_product(store, 3)
    with pytest.raises(NotEnough) as caught:
        set_line(shopper, milk, 4)
    assert caught.value.details["available"] == 3
    set_line(shopper, milk, 3)
    set_stock(milk, 1)
    line = basket_view(shopper).lines[0]
    assert (line.problem, line.available, line.quantity) == ("short", 1, 3)
    assert not basket_view(shopper).can_check_out
    change_line(shopper, milk, -1)
    assert quantities(shopper) == {milk: 2}


def test_no_more_than_a_line_holds(store: int) -> None:
    milk = make_product(store, 5000)
    with pytest.raises(Invalid) as caught:
        set_line(make_guest(), milk, 1000)
    assert caught.value.errors[0]["code"] == "too_much"


def test_no_more_lines_than_a_basket_holds(store: int) -> None:
    guest = make_guest()
    for _ in range(MOST_LINES):
        set_line(guest, make_product(store), 1)
    with pytest.raises(BasketFull):
        set_line(guest, make_product(store), 1)
    assert basket_view(guest).count == MOST_LINES


@pytest.mark.parametrize("status", ["hidden", "archived"])
def test_what_is_not_for_sale(store: int, status: str) -> None:
    milk, guest = make_product(store), make_guest()
    set_line(guest, milk, 2)
    change_product(milk, status=status)
    view = basket_view(guest)
    assert [(line.slug, line.problem) for line in view.lines] == [(milk, "unavailable")]
    assert view.quote.total_minor == 0
    with pytest.raises(NotForSale):
        set_line(guest, milk, 1)
    remove_line(guest, milk)
    assert basket_view(guest) == EMPTY


def test_sold_out_and_off_grid_lines_stay_in_view(store: int) -> None:
    milk, rice, guest = make_product(store), make_product(store), make_guest()
    set_line(guest, milk, 1)
    set_line(guest, rice, 1)
    set_stock(milk, 0)
    change_product(rice, increment=2, minimum=2)
    assert [line.problem for line in basket_view(guest).lines] == ["out_of_stock", "off_grid"]


def test_unknown_things_and_drafts_are_not_there(store: int) -> None:
    draft = make_product(store, status="draft", published_at=None)
    for slug in (draft, "no-such-thing"):
        with pytest.raises(NotFound):
            set_line(make_guest(), slug, 1)


def test_a_price_that_changed_is_shown_beside_the_one_seen(store: int) -> None:
    milk, guest = make_product(store, price_minor=5000), make_guest()
    set_line(guest, milk, 1)
    change_product(milk, price_minor=5500, was_minor=6000)
    view = basket_view(guest)
    line = view.lines[0]
    assert (line.price_seen_minor, line.price_minor, line.price_changed) == (5000, 5500, True)
    assert view.savings_minor == 500
    assert not set_line(guest, milk, 1).lines[0].price_changed


def test_a_reduced_price_beyond_every_total_breaks_no_page(store: int) -> None:
    milk, guest = make_product(store, price_minor=5000, was_minor=10**12), make_guest()
    set_line(guest, milk, 3)
    assert basket_view(guest).savings_minor == 3 * (10**12 - 5000)


def test_more_money_than_the_shop_counts_with_does_not_break_the_basket(store: int) -> None:
    gold, guest = make_product(store, price_minor=10**12, stock=5), make_guest()
    view = set_line(guest, gold, 2)
    assert (view.quote.total_minor, view.too_large, view.can_check_out) == (0, True, False)
    assert basket_view(guest).lines[0].total_minor == 0


def test_a_basket_is_read_in_five_statements(store: int, shopper: Actor) -> None:
    for _ in range(5):
        set_line(shopper, make_product(store), 1)
    with counted() as statements:
        assert len(basket_view(shopper).lines) == 5
    assert 1 <= len(statements) <= 5
