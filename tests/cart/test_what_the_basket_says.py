"""What the basket page says of lines that changed, fall short, or are not in the sum."""

from html import unescape
from typing import Any

from kirana.cart.services import set_line
from tests.cart.goods import change_product, make_person, make_product, make_store, set_stock
from tests.checkout.calling import bearer_of

OURS = {"Origin": "http://localhost"}


def test_what_is_left_out_of_the_sum_is_struck_and_said(client: Any) -> None:
    store, buyer = make_store(), make_person()
    milk, eggs = (make_product(store, 10, title=title) for title in ("Milk", "Eggs"))
    for slug in (milk, eggs):
        set_line(buyer, slug, 3)
    client.set_cookie("access", bearer_of(buyer))
    whole = unescape(client.get("/basket").text)
    assert "not in the sum" not in whole
    assert "Without the marked" not in whole
    set_stock(eggs, 2)
    page = unescape(client.get("/basket").text)
    assert page.count("not in the sum: </span>₹150</s>") == 1
    assert "Without the marked line (₹150)." in page
    assert "<dt>To pay</dt><dd>₹150</dd>" in page


def test_a_changed_price_is_told_in_figures(client: Any) -> None:
    milk, buyer = make_product(make_store(), 10, title="Milk"), make_person()
    set_line(buyer, milk, 1)
    client.set_cookie("access", bearer_of(buyer))
    change_product(milk, price_minor=7000)
    told = "It cost ₹50 when you put it in, and costs ₹70 now."
    assert told in client.get("/basket").text
    set_line(buyer, milk, 2)
    assert told not in client.get("/basket").text


def test_sold_out_is_said_as_such_and_at_the_field(client: Any) -> None:
    store = make_store()
    milk = make_product(store, 0, title="Milk")
    figs = make_product(
        store, 90, title="Figs", unit="g", increment=50, minimum=100, price_per=1000
    )
    eggs = make_product(store, 2, title="Eggs")
    told = {}
    for slug, quantity in ((milk, 1), (figs, 100), (eggs, 3)):
        reply = client.put(f"/api/v1/cart/lines/{slug}", json={"quantity": quantity})
        assert (reply.status_code, reply.json["code"]) == (409, "out_of_stock")
        (error,) = reply.json["errors"]
        assert (error["pointer"], error["detail"]) == ("/quantity", reply.json["detail"])
        told[slug] = error["detail"]
    assert told == {
        milk: "This is sold out.", figs: "This is sold out.", eggs: "Only 2 left.",
    }  # fmt: skip
