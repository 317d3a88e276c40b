"""A review from the writing to the answer; hearts and a shared list; with scripts and without."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.people import Person, sign_in
from tests.journeys.town import Town, new_person, sign_up
from tests.journeys.watching import Watch, stays
from tests.machinery.shop import Shop

WAY = ("accepted", "picking", "packed", "on_the_way", "handed_over")
HOME = {
    "name": "Lina Berg", "phone": "+91 98450 12345", "street": "12 Lake Road",
    "city": "Bengaluru", "postcode": "560001",
}  # fmt: skip
OPINION = "Sweet and full of juice."


def served(town: Town, shop: Shop, name: str) -> Person:
    """Somebody new who has had the product."""
    person, slug = new_person("Lina Berg"), town.slugs[name]
    caller = sign_up(shop, person)
    caller.ask("PUT", f"/cart/lines/{slug}", {"quantity": 1})
    total = caller.ask("POST", "/cart/quote")["total"]
    body = {"delivery": HOME, "expected_total": total}
    placed = caller.call("POST", "/orders", body, Idempotency_Key="one").json
    keeper = town.caller(town.manager)
    for to in WAY:
        keeper.ask("POST", f"/orders/{placed['orders'][0]['number']}/moves", {"to": to})
    return person


def has_note(page: Page, text: str) -> None:
    expect(page.get_by_role("status").get_by_text(text)).to_be_visible()


@pytest.fixture(params=["with scripts", "without"])
def scripts(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "with scripts")


@pytest.fixture
def open_page(new_page: Callable[..., Page], scripts: bool) -> Callable[[], Page]:
    return lambda: new_page(java_script_enabled=scripts)


@pytest.mark.on_database("sqlite")
def test_a_review(open_page: Callable[[], Page], town: Town, shop: Shop) -> None:
    buyer, slug = served(town, shop, "Green apples"), town.slugs["Green apples"]
    page, office, counter = open_page(), open_page(), open_page()
    watch = Watch(page)
    sign_in(page, shop.url, buyer)
    _write(page, f"{shop.url}/products/{slug}", OPINION)
    expect(page.locator(".badge", has_text="Waits")).to_be_visible()
    _refuse(office, shop.url, town.admin)
    assert "It names nobody." in str(shop.wait_for_mail(buyer.email, "was refused"))
    page.goto(f"{shop.url}/products/{slug}/review")
    expect(page.get_by_text("It names nobody.")).to_be_visible()
    page.get_by_label("What should others know?").fill(f"{OPINION} Really.")
    page.get_by_role("button", name="Send").click()
    office.goto(f"{shop.url}/office/reviews")
    _tick(office, "Green apples")
    office.get_by_role("button", name="Show", exact=True).click()
    has_note(office, "1 is shown.")
    _answer(counter, shop.url, town)
    page.goto(f"{shop.url}/products/{slug}")
    reviews = page.get_by_role("region", name="Reviews")
    expect(reviews.get_by_text(f"{OPINION} Really.")).to_be_visible()
    expect(reviews.get_by_text("We pick them ripe.")).to_be_visible()
    expect(reviews.get_by_text("Lina", exact=True)).to_be_visible()
    expect(page.get_by_role("main").get_by_text("Berg")).to_have_count(0)
    _report(page)
    office.goto(f"{shop.url}/office/reviews?reported=1")
    _tick(office, "Green apples")
    office.get_by_role("button", name="Leave as it is").click()
    has_note(office, "1 stay as they are.")
    _take_back(page, shop.url)
    assert watch.faults == []
    shop.inside("check")


def _write(page: Page, address: str, text: str) -> None:
    page.goto(address)
    page.get_by_role("link", name="Review it").click()
    page.get_by_label("4 stars: Good").check()
    page.get_by_label("What should others know?").fill(text)
    page.get_by_role("button", name="Send").click()
    has_note(page, "Thank you.")


def _tick(page: Page, product: str) -> None:
    page.get_by_role("checkbox", name=f"Select the review of {product}").check()


def _refuse(page: Page, url: str, admin: Person) -> None:
    sign_in(page, url, admin)
    page.goto(f"{url}/office/reviews")
    _tick(page, "Green apples")
    page.get_by_role("button", name="Refuse").click()
    expect(page.get_by_text("say why").first).to_be_visible()
    expect(page.get_by_role("checkbox", name="Select the review")).to_be_checked()
    page.get_by_label("Reason, for the writer").fill("It names nobody.")
    page.get_by_role("button", name="Refuse").click()
    has_note(page, "1 is refused.")


def _answer(page: Page, url: str, town: Town) -> None:
    sign_in(page, url, town.manager)
    page.goto(f"{url}/office/{town.store}/reviews")
    page.get_by_text("Answer it").click()
    page.get_by_label("Answer, once").fill("We pick them ripe.")
    page.get_by_role("button", name="Answer", exact=True).click()
    has_note(page, "Your answer is shown")
    expect(page.get_by_text("Answer it")).to_have_count(0)


def _report(page: Page) -> None:
    page.get_by_text("Report the review of Lina").click()
    page.get_by_label("What is wrong with it").select_option("untrue")
    page.get_by_role("button", name="Report", exact=True).click()
    has_note(page, "Somebody will look at it.")


def _take_back(page: Page, url: str) -> None:
    page.goto(f"{url}/account/reviews")
    page.get_by_role("link", name="Change").click()
    page.get_by_role("button", name="Take it back").click()
    dialog = page.get_by_role("dialog")
    if dialog.count():
        dialog.get_by_role("button", name="Take it back").click()
    has_note(page, "Your review is gone.")


@pytest.mark.on_database("sqlite")
def test_hearts_and_a_shared_list(
    open_page: Callable[[], Page], town: Town, shop: Shop, scripts: bool
) -> None:
    owner, friend = new_person("Lina Berg"), new_person("Noor Haq")
    for person in (owner, friend):
        sign_up(shop, person)
    page, other, guest = open_page(), open_page(), open_page()
    watch = Watch(page)
    sign_in(page, shop.url, owner)
    _like(page, f"{shop.url}/products/{town.slugs['Oat milk']}", scripts)
    _list(page, "For the week")
    links = [_share(page, right) for right in ("Read only", "Change it too, signed in")]
    sign_in(other, shop.url, friend)
    other.goto(links[1])
    expect(other.get_by_text("Lina shares it with you")).to_be_visible()
    expect(other.get_by_text("Berg")).to_have_count(0)
    other.get_by_role("button", name="More Oat milk").click()
    expect(other.locator(".list-steps output")).to_have_text("2")
    guest.goto(links[0])
    expect(guest.get_by_role("button", name="More Oat milk")).to_have_count(0)
    guest.get_by_role("button", name="Put all into the basket").click()
    has_note(guest, "1 product is in your basket.")
    expect(guest.locator("#basket-page input[name=amount]").first).to_have_value("2")
    page.reload()
    expect(page.locator(".list-steps output")).to_have_text("2")
    page.get_by_role("button", name="Revoke link 1").click()
    has_note(page, "leads nowhere any more")
    answer = guest.goto(links[0])
    assert answer is not None
    assert answer.status == 404
    assert watch.faults == []
    shop.inside("check")


def _like(page: Page, address: str, scripts: bool) -> None:
    page.goto(address)
    heart = page.get_by_role("button", name="Favourite")
    expect(heart).to_have_attribute("aria-pressed", "false")

    def press() -> None:
        heart.click()
        # The form as the server knows it: what it would do next is to forget.
        expect(page.locator("[data-heart] input[name=keep]")).to_have_value("0")
        expect(heart).to_have_attribute("aria-pressed", "true")

    if scripts:
        stays(page, press)
    else:
        press()
    page.goto(f"{address.partition('/products')[0]}/favourites")
    expect(page.get_by_role("main").get_by_role("link", name="Oat milk")).to_be_visible()


def _list(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("link", name="Oat milk").click()
    page.get_by_role("link", name="Add to a list").click()
    page.get_by_label("Name of a new list").fill(name)
    page.get_by_role("button", name="Add it").click()
    has_note(page, "It is on the list.")
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def _share(page: Page, right: str) -> str:
    """The address of a new link."""
    page.get_by_label(right).check()
    page.get_by_role("button", name="Make a link").click()
    field = page.get_by_label("May change it" if "Change" in right else "May read it")
    return field.input_value()
