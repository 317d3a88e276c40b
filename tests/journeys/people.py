"""What people do on the pages, with or without scripts."""

from dataclasses import dataclass

from playwright.sync_api import Page, expect

PASSWORD = "green tea and biscuits"


@dataclass(frozen=True)
class Person:
    name: str
    email: str
    password: str = PASSWORD


def sign_in(page: Page, url: str, person: Person) -> None:
    page.goto(f"{url}/sign-in")
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password").fill(person.password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).not_to_have_url(f"{url}/sign-in")
