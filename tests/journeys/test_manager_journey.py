"""A manager's way: applying, waiting, being let in or refused, selling, exporting."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from tests.journeys.mails import bodies, message
from tests.journeys.people import Person, sign_in
from tests.journeys.town import Town, new_person
from tests.journeys.watching import Watch, stays
from tests.machinery.shop import Shop

REFUSED_PAGES = ("/office/approvals", "/office/corner-shop/products")
REASON = "We have two tea houses in this street already."


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    """A picture as a manager's camera might make it."""
    path = tmp_path / "teapot.jpg"
    picture = Image.new("RGB", (900, 700), "#e3f3e4")
    ImageDraw.Draw(picture).ellipse((200, 150, 700, 600), fill="#0d6a49")
    picture.save(path, quality=90)
    return path


def apply(page: Page, shop: Shop, person: Person, store: str) -> None:
    page.goto(f"{shop.url}/apply")
    page.get_by_label("Name of your shop").fill(store)
    page.get_by_label("Your name").fill(person.name)
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password").fill(person.password)
    page.get_by_role("button", name="Send the application").click()
    expect(page.get_by_role("heading", name="We have your application")).to_be_visible()


def expect_to_wait(page: Page, shop: Shop, person: Person, store: str) -> None:
    """Signed in, they read that they wait, and no page of the office opens."""
    sign_in(page, shop.url, person)
    page.goto(f"{shop.url}/account")
    expect(page.get_by_text(f"Your application for “{store}” is being looked at")).to_be_visible()
    page.goto(f"{shop.url}/office")
    expect(page).to_have_url(f"{shop.url}/account")
    expect(page.get_by_text("The office opens once your application is approved")).to_be_visible()
    for path in REFUSED_PAGES:
        answer = page.request.get(shop.url + path)
        assert answer.status in (403, 404), path
    form: dict[str, str | float | bool] = {"title": "Tea", "category": "drinks", "price": "10"}
    target = f"{shop.url}/office/corner-shop/products"
    assert page.request.post(target, form=form, headers={"Origin": shop.url}).status in (403, 404)


def decide(page: Page, town: Town, person: Person, button: str, **texts: str) -> None:
    """The admin's word about an application."""
    sign_in(page, town.shop.url, town.admin)
    page.goto(f"{town.shop.url}/office/approvals")
    card = page.locator("section.card", has_text=person.email)
    for label, text in texts.items():
        card.get_by_label(label.replace("_", " ")).fill(text)
    card.get_by_role("button", name=button).click()
    decided = page.get_by_role("region", name="Decided").locator("tr", has_text=person.email)
    expect(decided).to_be_visible()


def make_product(page: Page, photograph: Path) -> None:
    """A draft with a picture, then on sale, then twelve pieces of it."""
    page.get_by_role("link", name="New product").click()
    page.get_by_label("Name", exact=True).fill("Green tea, =1+1")
    page.get_by_label("Category").select_option("drinks")
    page.get_by_label("Price", exact=True).fill("249.50")
    page.locator("#field-picture").set_input_files(photograph)
    expect(page.locator("[data-file-name]")).to_have_text("teapot.jpg")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").get_by_text("is a draft")).to_be_visible()
    page.get_by_role("button", name="Put on sale").click()
    expect(page.get_by_role("button", name="Hide it")).to_be_visible()
    page.get_by_role("link", name="Stock, lots and history").click()
    page.get_by_label("How much").fill("12")
    page.get_by_role("button", name="Write it down").click()
    expect(page.get_by_role("status").get_by_text("12 in stock now")).to_be_visible()


def expect_on_the_shelf(page: Page, shop: Shop) -> None:
    """Somebody who has not signed in finds it, picture and price and all."""
    page.goto(f"{shop.url}/search?q=green+tea")
    card = page.locator(".product-card", has_text="Green tea")
    expect(card).to_contain_text("₹249.50")
    page.goto(f"{shop.url}/categories/drinks")
    card.get_by_role("link").click()
    expect(page.get_by_text("In stock")).to_be_visible()
    picture = page.locator(".product-page .well img")
    assert "/media/" in str(picture.get_attribute("src"))
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") >= 320


def export(page: Page, shop: Shop, office: str) -> None:
    """Started while the worker rests, so that waiting is seen too; it ends on the same page."""
    worker = shop.processes["worker"]
    page.goto(f"{office}/exports")
    worker.pause()
    page.get_by_role("button", name="Export the products").click()
    job = page.locator(".job")
    expect(job).to_contain_text("Waiting")
    expect(job.get_by_role("progressbar")).to_be_visible()
    worker.resume()
    stays(page, lambda: expect(job).to_contain_text("Done", timeout=20_000))
    expect(job.get_by_role("progressbar")).to_have_count(0)
    expect(job).to_contain_text("1 row")


def expect_export_mail(shop: Shop, person: Person, store: str) -> None:
    mail = shop.wait_for_mail(person.email, f"Products of {store} as CSV")
    bodies(mail)
    (attached,) = message(mail).iter_attachments()
    assert attached.get_content_type() == "application/octet-stream"
    text = attached.get_content().decode()
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert row["title"].endswith("Green tea, =1+1")
    assert text.count("\r\n") == 2
    assert "249.50" in row.values()
    assert "12" in row.values()


@pytest.mark.on_database("sqlite")
def test_a_manager_who_is_let_in(
    new_page: Callable[..., Page], town: Town, shop: Shop, photograph: Path
) -> None:
    person, store = new_person("Tomás Álvarez"), "Tea House"
    page, desk = new_page(), new_page()
    watch = Watch(page)
    apply(page, shop, person, store)
    expect_to_wait(page, shop, person, store)
    decide(desk, town, person, "Approve", Name_of_the_new_store=store)
    assert store in "".join(bodies(shop.wait_for_mail(person.email, "You now run Tea House")))
    page.goto(f"{shop.url}/office")
    office = page.url.removesuffix("/today")
    expect(page.get_by_text("Tea House").first).to_be_visible()
    make_product(page, photograph)
    expect_on_the_shelf(new_page(), shop)
    export(page, shop, office)
    expect_export_mail(shop, person, store)
    assert watch.faults == []
    shop.inside("check")


@pytest.mark.on_database("sqlite")
def test_a_manager_who_is_refused(new_page: Callable[..., Page], town: Town, shop: Shop) -> None:
    person, store = new_person("Karl Voss"), "Third Tea House"
    page, desk = new_page(), new_page()
    apply(page, shop, person, store)
    expect_to_wait(page, shop, person, store)
    decide(desk, town, person, "Refuse", Reason=REASON)
    for body in bodies(shop.wait_for_mail(person.email, "About your application")):
        assert REASON in body
    page.goto(f"{shop.url}/office")
    expect(page).to_have_url(f"{shop.url}/account")
    expect(page.get_by_text("Your application was declined")).to_be_visible()
    expect(page.get_by_text(REASON)).to_be_visible()
    page.get_by_label("Name of your shop").fill("Coffee House")
    page.get_by_role("button", name="Send the application").click()
    expect(page.get_by_text("“Coffee House” is being looked at")).to_be_visible()
    shop.inside("check")
