"""A small town for each module that asks for one."""

import pytest
from playwright.sync_api import expect

from tests.journeys.town import Town, set_up
from tests.machinery.shop import Shop

# Patience costs nothing where all is well; a busy machine needs it.
expect.set_options(timeout=15_000)


@pytest.fixture(scope="module")
def _town_of_module(_shop_of_module: Shop) -> Town:
    return set_up(_shop_of_module)


@pytest.fixture
def town(shop: Shop, _town_of_module: Town) -> Town:
    """The running shop with an admin, a manager and their products. What tests add stays."""
    return _town_of_module
