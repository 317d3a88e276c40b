"""A customer's way through the shop, in a real browser, with scripts and without."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.mails import bodies
from tests.journeys.town import Town, new_person, sign_up
from tests.journeys.watching import Watch, stays
from tests.machinery.shop import Shop

ADDRESS = {
    "Phone": "+91 98450 12345",
    "Street, house, floor": "12 Lake Road",
    "Postcode": "560001",
    "Town": "Bengaluru",
}


class Customer:
    """Somebody at a browser; ``scripts`` says whether it runs any."""

    def __init__(self, page: Page, town: Town, scripts: bool) -> None:
        self.page = page
        self.town = town
        self.scripts = scripts
        self.person = new_person("Lina Berg")
        self.watch = Watch(page)

    def go_to(self, path: str) -> None:
        self.page.goto(self.town.shop.url + path)

    def in_place(self, act: Callable[[], object]) -> None:
        """Do something that loads no page where scripts run."""
        if self.scripts:
            stays(self.page, act)
        else:
            act()

    def apply_filters(self) -> None:
        """Without scripts a button sends what was chosen."""
        if not self.scripts:
            self.page.get_by_role("button", name="Apply").click()

    def browse(self) -> None:
        """From the front page into a department, filtered in place, and back."""
        self.go_to("/")
        self.page.get_by_role("navigation", name="Departments").get_by_text("Fruit").click()
        count = self.page.locator("#product-count")
        expect(count).to_have_text("3 products")
        self.in_place(self._filter)
        assert urlsplit(self.page.url).query.split("&").count("in_stock=1") == 1
        self.in_place(self._go_back)
        assert "in_stock" not in self.page.url

    def _filter(self) -> None:
        self.page.get_by_text("In stock").first.click()
        self.apply_filters()
        expect(self.page.locator("#product-count")).to_have_text("2 products")
        expect(self.page.get_by_role("link", name="Bananas")).to_have_count(0)

    def _go_back(self) -> None:
        self.page.go_back()
        expect(self.page.locator("#product-count")).to_have_text("3 products")
        expect(self.page.get_by_role("link", name="Bananas")).to_have_count(1)

    def fill_basket(self) -> None:
        """Three presses on plus and one on minus: two of it, ₹900."""
        self.in_place(lambda: self._press("Add Alphonso mangoes", 3))
        self.in_place(lambda: self._press("Less Alphonso mangoes", 1))
        expect(self.page.locator("[data-basket-total]").first).to_have_text("₹900")

    def _press(self, name: str, times: int) -> None:
        card = self.page.locator(".product-card", has_text="Alphonso mangoes")
        before = int(card.locator("[data-stepper]").get_attribute("data-quantity") or 0)
        for _ in range(times):
            card.get_by_role("button", name=name).click()
        after = before + times if name.startswith("Add") else before - times
        panel = self.page.locator("#basket-panel output")
        expect(panel).to_have_text(str(after))
        expect(card.locator("output")).to_have_text(str(after))

    def join(self) -> None:
        """Sign up and sign in, on the way to the checkout that asks for it."""
        self.page.get_by_role("link", name="Check out").first.click()
        expect(self.page.get_by_role("heading", name="Welcome back")).to_be_visible()
        self.page.get_by_role("link", name="Make an account").click()
        self._fill({"Name": self.person.name, **self._credentials()})
        self.page.get_by_role("button", name="Make an account").click()
        self._expect_note("Sign in now")
        self.sign_in()
        self._expect_note("1 thing from before joined your basket")

    def _expect_note(self, text: str) -> None:
        expect(self.page.get_by_role("status").get_by_text(text)).to_be_visible()

    def sign_in(self) -> None:
        self._fill(self._credentials())
        self.page.get_by_role("button", name="Sign in", exact=True).click()

    def _credentials(self) -> dict[str, str]:
        return {"Email": self.person.email, "Password": self.person.password}

    def _fill(self, texts: dict[str, str]) -> None:
        for label, text in texts.items():
            self.page.get_by_label(label, exact=True).fill(text)

    def check_out(self, total: str) -> str:
        """Place the order; its number."""
        self.go_to("/basket")
        self.page.get_by_role("button", name="Check out").first.click()
        expect(self.page.get_by_text("goods are kept for you until")).to_be_visible()
        expect(self.page.get_by_role("timer")).to_have_text(
            re.compile(r"\d:\d\d left" if self.scripts else "^$")
        )
        self._fill(ADDRESS)
        expect(self.page.get_by_text("Cash at the door").first).to_be_visible()
        self.page.get_by_role("button", name=f"Order for {total}").click()
        expect(self.page.get_by_text("Thank you!")).to_be_visible()
        return urlsplit(self.page.url).path.rpartition("/")[2]

    def cancel(self, number: str) -> None:
        """Cancel the order from the list of orders; scripts ask first."""
        self.go_to("/orders")
        expect(self.page.locator(".order-card")).to_have_count(1)
        self.page.locator(".order-card a").first.click()
        expect(self.page.get_by_role("heading", name=f"Order {number}")).to_be_visible()
        self.page.get_by_role("button", name="Cancel the order").click()
        if self.scripts:
            self.page.get_by_role("dialog").get_by_role("button", name="Cancel the order").click()
        expect(self.page.locator(".section-head .badge")).to_have_text("Cancelled")
        expect(self.page.get_by_role("button", name="Cancel the order")).to_have_count(0)


def walk(customer: Customer, town: Town, shop: Shop) -> None:
    """The whole way, from the front page to the cancelled order."""
    before = town.stock_of("Alphonso mangoes")
    customer.browse()
    customer.fill_basket()
    customer.join()
    number = customer.check_out("₹900")
    assert town.stock_of("Alphonso mangoes") == before - 2
    confirmation = shop.wait_for_mail(customer.person.email, number)
    for body in bodies(confirmation):
        assert number in body
        assert "Alphonso mangoes" in body
        assert "₹900" in body
    customer.cancel(number)
    assert town.stock_of("Alphonso mangoes") == before
    shop.wait_for_mail(customer.person.email, f"{number} is cancelled")
    assert customer.watch.faults == []
    shop.inside("check")


def test_a_customer_with_scripts(page: Page, town: Town, shop: Shop) -> None:
    walk(Customer(page, town, scripts=True), town, shop)


@pytest.mark.on_database("sqlite")
def test_a_customer_without_scripts(new_page: Callable[..., Page], town: Town, shop: Shop) -> None:
    walk(Customer(new_page(java_script_enabled=False), town, scripts=False), town, shop)


@pytest.mark.on_database("sqlite")
def test_a_basket_from_before_joins_the_one_of_the_account(
    page: Page, town: Town, shop: Shop
) -> None:
    customer = Customer(page, town, scripts=True)
    line = f"/cart/lines/{town.slugs['Oat milk']}"
    sign_up(shop, customer.person).ask("PUT", line, {"quantity": 2})
    customer.go_to(f"/products/{town.slugs['Lemonade']}")
    page.locator(".product-buy").get_by_role("button", name="Add to basket").click()
    expect(page.locator("[data-basket-total]").first).to_have_text("₹65")
    customer.go_to("/sign-in?return_to=/basket")
    customer.sign_in()
    expect(page.get_by_role("status").get_by_text("1 thing from before joined")).to_be_visible()
    expect(page.locator("#basket-page .product-row")).to_have_count(2)
    expect(page.locator(".summary-total dd")).to_have_text("₹263")
    assert customer.watch.faults == []
