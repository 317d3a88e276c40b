"""The form of a product: the tax of its category, and all that is wrong at once."""

from typing import Any

import pytest

from tests.catalog.market import Market, open_market, product_row
from tests.checkout.calling import bearer_of

OURS = {"Origin": "http://localhost"}


@pytest.fixture
def market(client: Any) -> Market:
    return open_market()


def test_a_new_product_takes_the_tax_of_its_category(client: Any, market: Market) -> None:
    client.set_cookie("access", bearer_of(market.manager))
    page = client.get(f"/office/{market.store}/products/new").text
    assert '<option value="">as its category</option>' in page
    form = {"title": "Oat milk", "category": market.shelf, "price": "99"}
    made = client.post(
        f"/office/{market.store}/products", data={**form, "tax_class": ""}, headers=OURS
    )
    assert made.status_code == 303
    slug = made.headers["Location"].rpartition("/")[2]
    assert product_row(slug).tax_class == "reduced"
    address = f"/office/{market.store}/products/{slug}"
    assert "as its category" not in client.get(address).text
    seen = str(product_row(slug).version)
    saved = client.post(
        address, data={**form, "seen": seen, "tax_class": "zero", "sku": "OAT-1"}, headers=OURS
    )
    assert saved.status_code == 303
    assert product_row(slug).tax_class == "zero"


def test_all_that_is_wrong_is_told_at_once(client: Any, market: Market) -> None:
    client.set_cookie("access", bearer_of(market.manager))
    form = {
        "title": "x" * 400, "category": market.shelf, "price": "cheap", "was_price": "less",
        "barcode": "1",
    }  # fmt: skip
    refused = client.post(f"/office/{market.store}/products", data=form, headers=OURS)
    assert refused.status_code == 422
    for name in ("title", "price", "was_price", "barcode"):
        assert f'id="error-{name}"' in refused.text, name
