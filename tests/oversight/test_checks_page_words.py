"""The page of checks before and after the first one."""

from typing import Any

import pytest

from tests.catalog.market import Market, open_market
from tests.checkout.calling import bearer_of


@pytest.fixture
def market(client: Any) -> Market:
    return open_market()


def test_before_the_first_check_no_rule_is_said_to_hold(client: Any, market: Market) -> None:
    client.set_cookie("access", bearer_of(market.admin))
    page = client.get("/office/checks").text
    assert "Not checked yet" in page
    assert "Nothing was checked yet" in page
    assert "held" not in page
