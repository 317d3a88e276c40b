"""Goods by piece, by weight and by volume, from the shelf to the report."""

import csv
import io
import re
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from kirana.cart.errors import OffGrid
from kirana.cart.queries import basket_view
from kirana.cart.services import change_line, merge_guest_cart, set_line
from kirana.exports.queries import list_rows
from kirana.exports.table import encode, header
from kirana.notifications import mails
from kirana.notifications.rendering import Letters
from kirana.orders.models import Order
from kirana.platform import clock
from kirana.platform.config import Settings
from kirana.platform.cookies import ACCESS_COOKIE
from kirana.platform.db import transaction
from kirana.reports.queries import figures_of
from tests.cart.goods import (
    change_product,
    make_guest,
    make_person,
    make_product,
    make_store,
    set_stock,
)
from tests.checkout.buying import buy, rows
from tests.checkout.calling import bearer_of

OURS = {"Origin": "http://localhost"}


@dataclass(frozen=True)
class Good:
    """A product, what is ordered of it, and what people read of that."""

    title: str
    columns: dict[str, Any]
    quantity: int
    off_grid: int
    allowed: list[int]
    told: str
    words: str
    mail: str
    unit_price: str
    per: str
    total: int
    pieces: int


GOODS = (
    Good("Tea", {"price_minor": 12_500, "pack_size": 250, "pack_unit": "g", "size_text": "250 g",
                 "increment": 2, "minimum": 2},
         4, 3, [2, 4], "2 or 4", "4", "4 ×", "₹500", "kg", 50_000, 4),
    Good("Potatoes", {"unit": "g", "price_per": 1000, "increment": 50, "minimum": 250,
                      "price_minor": 3333},
         1350, 1330, [1300, 1350], "1.3 kg or 1.35 kg", "1.35 kg", "1.35 kg", "₹33.33", "kg",
         4500, 1),
    Good("Oil", {"unit": "ml", "price_per": 1000, "increment": 250, "minimum": 500,
                 "price_minor": 21_999},
         1750, 100, [500], "500 ml", "1.75 L", "1.75 L", "₹219.99", "L", 38_498, 1),
)  # fmt: skip


@pytest.fixture(params=GOODS, ids=lambda good: good.title.lower())
def good(request: pytest.FixtureRequest) -> Good:
    found: Good = request.param
    return found


@pytest.fixture
def store(client: Any) -> int:
    return make_store()


@pytest.fixture
def slug(store: int, good: Good) -> str:
    return make_product(store, 100_000, title=good.title, **good.columns)


def test_from_the_shelf_to_the_report(
    client: Any, settings: Settings, store: int, slug: str, good: Good
) -> None:
    buyer = make_person()
    token = {"Authorization": f"Bearer {bearer_of(buyer)}"}
    on_the_shelf(client, slug, good)
    put = client.put(
        f"/api/v1/cart/lines/{slug}", json={"quantity": good.quantity}, headers=token
    ).json
    in_the_basket(put, good)
    client.set_cookie(ACCESS_COOKIE, bearer_of(buyer))
    shown = text_of(client.get("/basket"))
    assert f"{good.unit_price}/{good.per}" in shown
    assert good.words in shown
    number = buy(buyer).orders[0].number
    line = client.get(f"/api/v1/orders/{number}", headers=token).json["lines"][0]
    assert (line["quantity"]["value"], line["quantity_text"]) == (good.quantity, good.words)
    assert line["total"]["amount"] == good.total
    assert f">{good.words}</small>" in text_of(client.get(f"/orders/{number}"))
    assert f"  {good.mail} {good.title}" in mailed(settings)
    in_the_export(store, good)
    in_the_report(buyer.me(), good)


def on_the_shelf(client: Any, slug: str, good: Good) -> None:
    item = client.get("/api/v1/products").json["items"][0]
    page = client.get(f"/api/v1/products/{slug}").json
    for found in (item, page):
        assert found["unit_price"]["per"] == good.per.lower()
        assert (found["increment"], found["minimum"]) == (
            good.columns["increment"], good.columns["minimum"],
        )  # fmt: skip
    for address in ("/products", f"/search?q={good.title}", f"/products/{slug}"):
        assert f"{good.unit_price}/{good.per}" in text_of(client.get(address)), address


def in_the_basket(basket: Any, good: Good) -> None:
    (line,) = basket["lines"]
    assert line["quantity"]["value"] == good.quantity
    assert line["total"]["amount"] == basket["quote"]["total"]["amount"] == good.total
    assert line["unit_price"]["per"] == good.per.lower()
    assert basket["quote"]["stores"][0]["lines"][0]["rule"].startswith(f"{good.words} × ")


def mailed(settings: Settings) -> str:
    (order,) = rows(Order)
    message = mails.BUILDERS["order_confirmation"](Letters(settings), {"order_id": order.id})
    assert message is not None
    return message.text


def in_the_export(store: int, good: Good) -> None:
    until = clock.utc_now() + timedelta(minutes=1)
    data = (header() + encode(list_rows(store, until, 0, 9), "INR")).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(data))
    unit = good.columns.get("unit", "each")
    assert (row["unit"], row["price_per"]) == (unit, "1" if unit == "each" else "1000")
    assert (row["units_sold"], row["revenue"]) == (
        str(good.quantity), f"{good.total // 100}.{good.total % 100:02d}",
    )  # fmt: skip


def in_the_report(account_id: int, good: Good) -> None:
    period = f"{clock.utc_now().astimezone(ZoneInfo('Asia/Kolkata')):%Y-%m}"
    found = figures_of(period, [account_id], "INR")[account_id]
    assert found.spend_minor == good.total
    assert [(x.title, x.pieces, x.spend_minor) for x in found.most_bought] == [
        (good.title, good.pieces, good.total)
    ]


def text_of(reply: Any) -> str:
    """A page as it is read: unescaped, the tags around a price's unit left out."""
    text = unescape(reply.get_data(as_text=True))
    return re.sub(r"<small>(/\w+)</small>", r"\1", text)


# ---- off the grid


def test_off_the_grid_the_nearest_are_named(client: Any, slug: str, good: Good) -> None:
    reply = client.put(f"/api/v1/cart/lines/{slug}", json={"quantity": good.off_grid})
    assert (reply.status_code, reply.json["code"]) == (422, "off_grid")
    assert reply.json["allowed"] == good.allowed
    words = f"This is sold in steps: {good.told} is possible."
    assert reply.json["errors"][0]["detail"] == words
    form = {"product": slug, "quantity": str(good.off_grid)}
    assert client.post("/basket/lines", data=form, headers=OURS).status_code == 303
    assert words in text_of(client.get("/basket"))
    assert basket_view(make_guest()).lines == ()


def test_a_grid_that_changes_under_a_line(client: Any, slug: str, good: Good) -> None:
    """The basket says what is possible now, the checkout refuses, a step lands on the new grid."""
    buyer = make_person()
    set_line(buyer, slug, good.quantity)
    wide = good.columns["increment"] * 8
    change_product(slug, increment=wide, minimum=wide)
    token = {"Authorization": f"Bearer {bearer_of(buyer)}"}
    (line,) = client.get("/api/v1/cart", headers=token).json["lines"]
    assert line["problem"] == "off_grid"
    assert all(each % wide == 0 for each in line["allowed"])
    assert "This is now sold in other steps: " in line["note"]
    with pytest.raises(OffGrid):
        set_line(buyer, slug, good.quantity)
    change_line(buyer, slug, 1)
    assert basket_view(buyer).lines[0].quantity % wide == 0


def test_a_merge_keeps_to_the_grid(client: Any, store: int, good: Good) -> None:
    slug = make_product(store, good.quantity, title=good.title, **good.columns)
    guest, buyer = make_guest(), make_person()
    set_line(guest, slug, good.quantity)
    set_stock(slug, good.quantity - 1)
    with transaction() as connection:
        merge_guest_cart(connection, account_id=buyer.me(), guest_hash=guest.guest_hash)
    (line,) = basket_view(buyer).lines
    assert line.problem == ""
    assert line.quantity == good.quantity - good.columns["increment"]
