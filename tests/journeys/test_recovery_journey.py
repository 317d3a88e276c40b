"""Somebody forgot the password: from the sign-in page through the mail and back, in a browser."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.journeys.mails import bodies
from tests.journeys.people import Person, sign_in
from tests.journeys.town import new_person, sign_up
from tests.journeys.watching import Watch
from tests.machinery.shop import Shop

NEW = "a kettle of green tea"


def link_of(shop: Shop, person: Person, subject: str) -> str:
    html, text = bodies(shop.wait_for_mail(person.email, subject))
    (link,) = re.findall(r"http://\S+/(?:reset|confirm)/\S+", text)
    assert link in html
    return str(link)


@pytest.mark.on_database("sqlite")
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_forgotten_password(shop: Shop, new_page: Callable[..., Page], scripts: bool) -> None:
    page = new_page(java_script_enabled=scripts)
    watch = Watch(page, ("status of 422", "status of 410"))
    person = new_person("Lina Berg")
    sign_up(shop, person)
    page.goto(f"{shop.url}/sign-in")
    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_label("Email").fill(person.email)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", name="See your mail")).to_be_visible()
    link = link_of(shop, person, "Set a new password")
    late: list[Route] = []
    if scripts:
        page.route("**/new-password*.js", lambda route: late.append(route))
    page.goto(link)
    assert page.url == f"{shop.url}/reset"
    field = page.get_by_label("New password", exact=True)
    field.press_sequentially("sunshine2026")
    if scripts:
        # Typed before the script was there: it is told of all the same.
        late.pop().continue_()
        page.unroute_all()
        expect(page.get_by_role("status").get_by_text("harder to guess")).to_be_visible()
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("link", name="choose one that is harder to guess")).to_be_visible()
    field.fill(NEW)
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_text("Your password is set")).to_be_visible()
    sign_in(page, shop.url, Person(person.name, person.email, NEW))
    shop.wait_for_mail(person.email, "was changed")
    page.goto(link)
    expect(page.get_by_role("heading", name="This link is used up")).to_be_visible()
    assert watch.faults == []


@pytest.mark.on_database("sqlite")
def test_another_address(shop: Shop, page: Page) -> None:
    watch = Watch(page)
    person, new = new_person("Lina Berg"), new_person("Lina Berg")
    sign_up(shop, person)
    sign_in(page, shop.url, person)
    page.goto(f"{shop.url}/account")
    page.get_by_role("link", name="Email").click()
    page.get_by_label("New email").fill(new.email)
    page.get_by_label("Your password").fill(person.password)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_text("We have sent a link")).to_be_visible()
    shop.wait_for_mail(person.email, "wants to change your address")
    page.goto(link_of(shop, new, "Confirm your new address"))
    page.get_by_role("button", name="Yes, confirm it").click()
    expect(page.get_by_text("counts from now on")).to_be_visible()
    expect(page.get_by_text(new.email)).to_be_visible()
    shop.wait_for_mail(person.email, "was changed")
    assert watch.faults == []
