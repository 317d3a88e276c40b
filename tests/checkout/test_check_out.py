"""Checkout: a basket becomes orders, whole and once, or nothing happens."""

import dataclasses

import pytest

from kirana import check
from kirana.cart.errors import BasketEmpty
from kirana.cart.models import Cart
from kirana.cart.queries import basket_view
from kirana.cart.services.lines import set_line
from kirana.checkout.errors import LinesUnavailable, PriceChanged
from kirana.checkout.services import check_out
from kirana.orders.errors import NumbersTaken
from kirana.orders.models import Order, OrderEvent, OrderGroup, OrderLine
from kirana.orders.queries import get_order
from kirana.payments.models import Payment
from kirana.platform import columns
from kirana.platform.access import Actor
from kirana.platform.amounts import Money
from kirana.platform.audit import AuditEvent
from kirana.platform.errors import Forbidden, Invalid, Unauthorized
from kirana.platform.outbox import Outbox
from kirana.stock.errors import OutOfStock
from kirana.stock.models import StockMovement
from tests.cart.counting import counted
from tests.cart.goods import (
    change_product,
    make_guest,
    make_person,
    make_product,
    make_store,
    movements_of,
    set_stock,
    stock_of,
)
from tests.checkout.buying import HOME, buy, count, rows

pytestmark = pytest.mark.usefixtures("database")
WRITTEN = (OrderGroup, Order, OrderLine, OrderEvent, Payment, Outbox, AuditEvent)


@pytest.fixture
def store() -> int:
    return make_store()


def assert_nothing_happened(buyer: Actor, lines: int) -> None:
    assert [count(table) for table in WRITTEN] == [0] * len(WRITTEN)
    assert count(StockMovement, StockMovement.kind == "sold") == 0
    assert len(basket_view(buyer).lines) == lines


def test_a_basket_becomes_an_order(store: int) -> None:
    milk, rice = make_product(store, 10), make_product(store, 5, price_minor=9000)
    buyer = make_person()
    set_line(buyer, milk, 2)
    set_line(buyer, rice, 1)
    group = buy(buyer)
    assert group.total == Money(19000, "INR")
    assert [(x.status, x.line_count, x.total.amount) for x in group.orders] == [
        ("placed", 2, 19000)
    ]
    assert (stock_of(milk), stock_of(rice)) == (8, 4)
    assert movements_of(milk) == [("received", 10), ("sold", -2)]
    assert basket_view(buyer).lines == ()
    assert [row.status for row in rows(Cart)] == ["ordered"]


def test_lines_are_copies_of_what_was_true(store: int) -> None:
    milk = make_product(store, title="Milk 1 l", tax_class="reduced", price_minor=10500)
    buyer = make_person()
    set_line(buyer, milk, 1)
    number = buy(buyer).orders[0].number
    change_product(milk, title="Cream", price_minor=1, tax_class="zero", status="hidden")
    order = get_order(buyer, number)
    line = order.lines[0]
    assert (line.title, line.price.amount, line.tax_basis_points) == ("Milk 1 l", 10500, 500)
    assert (line.tax.amount, line.category, line.product) == (500, "Shelf", None)
    assert (order.total.amount, order.tax.amount) == (10500, 500)
    assert order.delivery == HOME


def test_each_order_has_its_event_payment_mail_and_audit_row(store: int) -> None:
    buyer = make_person()
    set_line(buyer, make_product(store), 1)
    number = buy(buyer).orders[0].number
    assert [(row.from_status, row.to_status) for row in rows(OrderEvent)] == [(None, "placed")]
    assert [(row.method, row.status, row.amount_minor) for row in rows(Payment)] == [
        ("cash", "due", 5000)
    ]
    assert [(row.kind, row.dedupe_key) for row in rows(Outbox)] == [
        ("order_confirmation", f"order-confirm:{number}")
    ]
    assert [(row.action, row.object_key) for row in rows(AuditEvent)] == [("order.placed", number)]


def test_two_stores_give_two_orders_in_one_group(store: int) -> None:
    buyer, other = make_person(), make_store("Other shop")
    for where, price in ((other, 700), (store, 500), (other, 1100)):
        set_line(buyer, make_product(where, price_minor=price), 1)
    group = buy(buyer)
    assert [(x.store.name, x.total.amount) for x in group.orders] == [
        ("Shop", 500),
        ("Other shop", 1800),
    ]
    assert group.total.amount == 2300
    assert (count(Payment), count(Outbox)) == (2, 2)


def test_a_changed_price_stops_it_and_takes_nothing(store: int) -> None:
    milk, rice, buyer = make_product(store), make_product(store), make_person()
    set_line(buyer, milk, 2)
    set_line(buyer, rice, 1)
    change_product(milk, price_minor=5500)
    with pytest.raises(PriceChanged) as caught:
        check_out(buyer, HOME, Money(15000, "INR"))
    assert caught.value.details["total"] == {"amount": 16000, "currency": "INR"}
    changes = caught.value.details["differences"]
    assert [(x["product"], x["price_seen"]["amount"], x["price"]["amount"]) for x in changes] == [
        (milk, 5000, 5500)
    ]
    assert_nothing_happened(buyer, lines=2)
    assert check_out(buyer, HOME, Money(16000, "INR")).total.amount == 16000


def test_one_short_line_stops_all_and_says_what_there_is(store: int) -> None:
    milk, rice, tea = (make_product(store) for _ in range(3))
    buyer = make_person()
    for slug in (tea, rice, milk):
        set_line(buyer, slug, 4)
    set_stock(rice, 3)
    with pytest.raises(OutOfStock) as caught:
        check_out(buyer, HOME, Money(60000, "INR"))
    shortages = caught.value.details["shortages"]
    assert [(x["slug"], x["wanted"], x["available"]) for x in shortages] == [(rice, 4, 3)]
    assert_nothing_happened(buyer, lines=3)
    assert (stock_of(milk), stock_of(rice), stock_of(tea)) == (10, 3, 10)


@pytest.mark.parametrize(
    ("change", "problem"),
    [({"status": "hidden"}, "unavailable"), ({"minimum": 4, "increment": 2}, "off_grid")],
)
def test_what_cannot_be_ordered_stops_all(
    store: int, change: dict[str, object], problem: str
) -> None:
    milk, rice, buyer = make_product(store), make_product(store), make_person()
    set_line(buyer, milk, 1)
    set_line(buyer, rice, 1)
    change_product(rice, **change)
    with pytest.raises(LinesUnavailable) as caught:
        check_out(buyer, HOME, Money(5000, "INR"))
    assert [(x["slug"], x["problem"]) for x in caught.value.details["lines"]] == [(rice, problem)]
    assert_nothing_happened(buyer, lines=2)


def test_an_empty_basket(store: int) -> None:
    buyer, milk = make_person(), make_product(store)
    with pytest.raises(BasketEmpty):
        check_out(buyer, HOME, Money(0, "INR"))
    set_line(buyer, milk, 1)
    buy(buyer)
    with pytest.raises(BasketEmpty):
        check_out(buyer, HOME, Money(5000, "INR"))
    assert count(OrderGroup) == 1


def test_a_guest_signs_in_first_and_others_may_not(store: int) -> None:
    guest, milk = make_guest(), make_product(store)
    set_line(guest, milk, 1)
    with pytest.raises(Unauthorized):
        check_out(guest, HOME, Money(5000, "INR"))
    waiting = dataclasses.replace(make_person(), permissions=frozenset())
    with pytest.raises(Forbidden):
        check_out(waiting, HOME, Money(5000, "INR"))


def test_every_wrong_field_of_the_address_is_named(store: int) -> None:
    buyer = make_person()
    set_line(buyer, make_product(store), 1)
    wrong = type(HOME)(" ", "call me", "a\nb", "Bengaluru", "x" * 17, "\x07")
    with pytest.raises(Invalid) as caught:
        check_out(buyer, wrong, Money(5000, "INR"))
    pointers = [error["pointer"] for error in caught.value.errors]
    assert pointers == ["/name", "/phone", "/street", "/postcode", "/note"]
    assert_nothing_happened(buyer, lines=1)


def test_a_number_in_use_is_drawn_again_once(store: int, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["AAAAAAAAAA", "AAAAAAAAAA", "BBBBBBBBBB", "AAAAAAAAAA", "BBBBBBBBBB"])
    monkeypatch.setattr(columns, "new_number", lambda: next(drawn))
    milk, numbers = make_product(store), []
    for _ in range(2):
        buyer = make_person()
        set_line(buyer, milk, 1)
        numbers.append(buy(buyer).orders[0].number)
    assert numbers == ["AAAAAAAAAA", "BBBBBBBBBB"]
    buyer = make_person()
    set_line(buyer, milk, 1)
    with pytest.raises(NumbersTaken):
        buy(buyer)
    assert (stock_of(milk), count(OrderGroup)) == (8, 2)


@pytest.mark.parametrize("products", [1, 3, 5])
def test_the_statement_budget(store: int, products: int) -> None:
    buyer = make_person()
    for _ in range(products):
        set_line(buyer, make_product(store, 100), 1)
    total = Money(5000 * products, "INR")
    with counted() as statements:
        check_out(buyer, HOME, total)
    assert len(statements) <= 13 + products, "\n".join(statements)


def test_the_books_are_clean_afterwards(store: int) -> None:
    make_person("admin")
    for number in range(3):
        buyer = make_person()
        set_line(buyer, make_product(store, price_minor=number * 333), 2)
        set_line(buyer, make_product(make_store()), 1)
        buy(buyer)
    assert check.run() == []
