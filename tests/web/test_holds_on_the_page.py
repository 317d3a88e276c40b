"""The clock of kept goods, and what an open page offers when it has run out."""

import pytest
from playwright.sync_api import Page, expect

from kirana.cart.services import set_line
from kirana.checkout.services import start_checkout
from tests.catalog.market import Market, make_actor
from tests.checkout.calling import bearer_of
from tests.checkout.holding import SETTINGS

pytestmark = pytest.mark.on_database("sqlite")


def test_goods_can_be_kept_again_with_what_was_typed(
    page: Page, market: Market, address: str
) -> None:
    buyer = make_actor("customer")
    set_line(buyer, market.sell("Eggs", 900), 2)
    start_checkout(buyer, SETTINGS)
    page.context.add_cookies([{"name": "access", "value": bearer_of(buyer), "url": address}])
    page.clock.install()
    page.goto(f"{address}/checkout")
    again = page.get_by_role("button", name="Keep them again for 10 minutes")
    expect(page.get_by_role("timer")).to_contain_text("left")
    expect(again).to_be_hidden()
    page.get_by_label("Street, house, floor").fill("7 Temple Lane")
    page.clock.fast_forward("11:00")
    page.clock.run_for(2000)
    expect(page.get_by_text("The time is over: nothing is kept for you any more.")).to_be_visible()
    again.click()
    expect(page.get_by_role("timer")).to_contain_text("left")
    expect(page.get_by_label("Street, house, floor")).to_have_value("7 Temple Lane")


def test_a_look_into_the_basket_keeps_what_is_half_typed(
    page: Page, market: Market, address: str
) -> None:
    buyer = make_actor("customer")
    set_line(buyer, market.sell("Eggs", 900), 2)
    page.context.add_cookies([{"name": "access", "value": bearer_of(buyer), "url": address}])
    page.goto(f"{address}/checkout")
    page.get_by_label("Street, house, floor").fill("7 Temple Lane")
    page.get_by_role("link", name="Basket", exact=True).first.click()
    expect(page.get_by_role("heading", name="Your basket")).to_be_visible()
    page.goto(f"{address}/checkout")
    expect(page.get_by_label("Street, house, floor")).to_have_value("7 Temple Lane")
