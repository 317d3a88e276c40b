"""What a merge of two baskets did is not gone after some seconds."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.accounts.people import PASSWORD, join
from tests.catalog.market import Market

pytestmark = pytest.mark.on_database("sqlite")


def test_the_note_on_a_merge_stays_until_it_is_closed(
    page: Page, app: Any, market: Market, address: str
) -> None:
    person = join(app, email="asha@example.org")
    eggs = market.sell("Eggs", 900)
    page.clock.install()
    page.goto(f"{address}/products/{eggs}")
    page.get_by_role("button", name="Add to basket").click()
    page.clock.run_for(100)
    expect(page.locator("#basket-panel .product-row")).to_have_count(1)
    page.goto(f"{address}/sign-in?return_to=/basket")
    page.get_by_label("Email", exact=True).fill(person.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    told = page.get_by_role("status").get_by_text("1 thing from before joined your basket.")
    expect(told).to_be_visible()
    page.clock.run_for(60_000)
    expect(told).to_be_visible()
    page.get_by_role("button", name="Close").click()
    expect(told).to_have_count(0)
