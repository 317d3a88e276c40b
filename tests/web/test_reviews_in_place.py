"""Reviews in a browser: how stars are chosen, and several decided on at once."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from kirana.platform.cookies import ACCESS_COOKIE
from kirana.reviews.services import write_review
from tests.accounts.people import OWN_ORIGIN
from tests.cart.goods import change_product
from tests.checkout.calling import bearer_of
from tests.journeys.accessibility import violations
from tests.races.scenes import Counter, open_counter
from tests.reviews.speaking import have, wish

pytestmark = pytest.mark.on_database("sqlite")
PHONE = {"width": 390, "height": 844}
LONG_TITLE = "Milk of the morning, from cows that were out on the meadow all summer"


@pytest.fixture
def at(app: Any) -> Counter:
    found = open_counter(50)
    have(found.buyer, found.staff, found.milk)
    return found


@pytest.fixture
def phone(new_page: Callable[..., Page]) -> Page:
    return new_page(viewport=PHONE, color_scheme="dark", reduced_motion="reduce")


def let_in(page: Page, address: str, who: Any) -> None:
    page.context.add_cookies([{"name": ACCESS_COOKIE, "value": bearer_of(who), "url": address}])


def right_and_left(one: Locator, other: Locator) -> tuple[float, float]:
    """Where the one ends and the other begins."""
    ends, begins = one.bounding_box(), other.bounding_box()
    assert ends is not None
    assert begins is not None
    return ends["x"] + ends["width"], begins["x"]


def test_stars_are_chosen_by_who_writes(phone: Page, address: str, at: Counter) -> None:
    let_in(phone, address, at.buyer)
    phone.goto(f"{address}/products/{at.milk}/review")
    stars = phone.get_by_role("group", name="Stars").get_by_role("radio")
    expect(stars).to_have_count(5)
    expect(phone.locator("[name=stars]:checked")).to_have_count(0)
    assert violations(phone) == []
    phone.get_by_label("What should others know?").fill("Good.")
    send = phone.get_by_role("button", name="Send")
    send.click()
    assert stars.first.evaluate("it => it.validationMessage") == "Choose from one to five stars."
    expect(stars.first).to_be_focused()
    phone.keyboard.press("ArrowDown")
    expect(phone.get_by_label("4 stars: Good")).to_be_checked()
    send.focus()
    phone.keyboard.press("Enter")
    phone.wait_for_url(f"{address}/account/reviews")
    expect(phone.get_by_role("status").get_by_text("Thank you.")).to_be_visible()


def test_a_review_without_stars_is_refused_by_the_server_too(
    new_page: Callable[..., Page], address: str, at: Counter
) -> None:
    page = new_page(java_script_enabled=False)
    let_in(page, address, at.buyer)
    page.goto(f"{address}/products/{at.milk}/review")
    page.locator("form[data-once]").evaluate("form => { form.noValidate = true; }")
    page.get_by_label("What should others know?").fill("Good.")
    page.get_by_role("button", name="Send").click()
    group = page.get_by_role("group", name="Stars")
    expect(group).to_have_accessible_description("Choose from one to five stars.")
    expect(page.get_by_role("alert")).to_contain_text("Stars: must be given")
    expect(page.get_by_label("What should others know?")).to_have_value("Good.")
    expect(page.locator("[name=stars]:checked")).to_have_count(0)


def test_on_a_phone_the_box_of_a_row_leaves_its_name_alone(
    phone: Page, address: str, at: Counter
) -> None:
    change_product(at.milk, title=LONG_TITLE)
    write_review(at.buyer, at.milk, wish())
    let_in(phone, address, at.admin)
    phone.goto(f"{address}/office/reviews")
    box = phone.get_by_role("checkbox", name="Select the review")
    name = phone.get_by_role("link", name=LONG_TITLE)
    ends, begins = right_and_left(name, box)
    assert ends <= begins
    assert violations(phone) == []


@pytest.mark.parametrize("to", ["shown", "refused", "kept"])
def test_nothing_selected_is_nothing_decided(client: Any, at: Counter, to: str) -> None:
    write_review(at.buyer, at.milk, wish())
    client.set_cookie(ACCESS_COOKIE, bearer_of(at.admin))
    page = client.get("/office/reviews").text
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    given = {"csrf_token": token, "to": to, "reason": ""}
    answer = client.post("/office/reviews", data=given, headers=OWN_ORIGIN, follow_redirects=True)
    assert answer.status_code == 200
    assert "No review is selected." in answer.text
    assert "Select the review" in answer.text
