"""Passkeys with Chromium's virtual authenticator, and an app whose secret is read off the page."""

import re
import time
from collections.abc import Callable
from typing import Any

import pyotp
import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.journeys.accessibility import sticks_out, violations
from tests.journeys.people import Person, sign_in
from tests.journeys.town import new_person, sign_up
from tests.journeys.watching import Watch
from tests.machinery.shop import Shop

pytestmark = pytest.mark.on_database("sqlite")

PLATFORM = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
    "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip
# How the browser notes a refusal that a page shows.
REFUSALS = ("status of 401", "status of 422")


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A page whose colours change at once, so that they can be measured."""
    return new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")


class Keys:
    """The virtual authenticator of one page."""

    def __init__(self, page: Page, **options: Any) -> None:
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._session.send("WebAuthn.enable")
        made = {"options": {**PLATFORM, **options}}
        self.id = self._session.send("WebAuthn.addVirtualAuthenticator", made)["authenticatorId"]

    def held(self) -> list[Any]:
        answer = self._session.send("WebAuthn.getCredentials", {"authenticatorId": self.id})
        return list(answer["credentials"])

    def verify(self, is_verified: bool) -> None:
        """Whether the finger fits from now on."""
        told = {"authenticatorId": self.id, "isUserVerified": is_verified}
        self._session.send("WebAuthn.setUserVerified", told)


@pytest.fixture
def asha(shop: Shop) -> Person:
    person = new_person("Asha Rao")
    sign_up(shop, person)
    return person


def sign_out(page: Page, shop: Shop) -> None:
    page.goto(f"{shop.url}/account")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{shop.url}/")


def add_passkey(page: Page, shop: Shop, name: str) -> None:
    page.goto(f"{shop.url}/account/security")
    page.get_by_label("Name of the passkey").fill(name)
    page.get_by_role("button", name="Add a passkey").click()


def shown_codes(page: Page) -> list[str]:
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    return [text.strip() for text in page.locator("[data-codes] li").all_inner_texts()]


def first_step(page: Page, shop: Shop, person: Person) -> None:
    page.goto(f"{shop.url}/sign-in")
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password").fill(person.password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()


def test_a_passkey_from_making_to_removing(shop: Shop, page: Page, asha: Person) -> None:
    watch = Watch(page, REFUSALS)
    keys = Keys(page)
    sign_in(page, shop.url, asha)
    add_passkey(page, shop, "Desk")
    assert len(shown_codes(page)) == 10
    assert (violations(page), sticks_out(page)) == ([], [])
    assert len(keys.held()) == 1
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("not used yet")).to_be_visible()
    assert (violations(page), sticks_out(page)) == ([], [])
    shop.wait_for_mail(asha.email, "A passkey was added")

    sign_out(page, shop)
    page.goto(f"{shop.url}/sign-in?return_to=/account")
    assert (violations(page), sticks_out(page)) == ([], [])
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(f"{shop.url}/account")
    expect(page.get_by_text(asha.email)).to_be_visible()

    page.goto(f"{shop.url}/account/security")
    expect(page.get_by_text("last used")).to_be_visible()
    page.get_by_text("Change Desk").click()
    page.get_by_role("button", name="Remove Desk").click()
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_text("opens nothing any more")).to_be_visible()
    sign_out(page, shop)
    page.goto(f"{shop.url}/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("That passkey was not accepted")).to_be_visible()
    assert watch.faults == []


def test_what_the_device_says_is_told_in_words(shop: Shop, page: Page, asha: Person) -> None:
    keys = Keys(page)
    sign_in(page, shop.url, asha)
    keys.verify(False)
    add_passkey(page, shop, "Desk")
    error = page.locator("form[data-passkey=create] [data-passkey-error]")
    expect(error).to_contain_text("cancelled, or it took too long")
    keys.verify(True)
    page.get_by_role("button", name="Add a passkey").click()
    shown_codes(page)
    add_passkey(page, shop, "Again")
    expect(error).to_contain_text("already holds a passkey")
    expect(page.get_by_role("button", name="Add a passkey")).not_to_have_attribute("data-busy", "")


def test_after_the_password_a_passkey_will_do(shop: Shop, page: Page, asha: Person) -> None:
    Keys(page)
    sign_in(page, shop.url, asha)
    add_passkey(page, shop, "Desk")
    codes = shown_codes(page)
    sign_out(page, shop)
    first_step(page, shop, asha)
    assert (violations(page), sticks_out(page)) == ([], [])
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(f"{shop.url}/")
    sign_out(page, shop)
    first_step(page, shop, asha)
    page.get_by_text("Use a recovery code").click()
    page.get_by_label("Recovery code").fill(codes[3])
    page.get_by_role("button", name="Sign in with this code").click()
    expect(page).to_have_url(f"{shop.url}/")


def test_where_there_are_no_passkeys_none_are_offered(
    shop: Shop, new_page: Callable[..., Page], asha: Person
) -> None:
    page = new_page(java_script_enabled=False)
    page.goto(f"{shop.url}/sign-in")
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
    old = new_page()
    old.add_init_script("delete window.PublicKeyCredential")
    sign_in(old, shop.url, asha)
    old.goto(f"{shop.url}/account/security")
    expect(old.get_by_role("button", name="Add a passkey")).to_be_hidden()
    expect(old.get_by_text("This browser has no passkeys")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_an_app_and_its_codes(
    scripts: bool, shop: Shop, new_page: Callable[..., Page], asha: Person
) -> None:
    page = new_page(java_script_enabled=scripts, reduced_motion="reduce")
    watch = Watch(page, REFUSALS)
    sign_in(page, shop.url, asha)
    page.goto(f"{shop.url}/account/security")
    page.get_by_role("button", name="Set up an authenticator app").click()
    expect(page.get_by_role("img", name="QR code for your authenticator app")).to_be_visible()
    app = pyotp.TOTP(re.sub(r"\s", "", page.locator("[data-secret]").inner_text()))
    if scripts:
        assert (violations(page), sticks_out(page)) == ([], [])
    page.get_by_label("Code from your app").fill(app.now())
    used = app.now()
    page.get_by_role("button", name="Turn on two-step sign-in").click()
    codes = shown_codes(page)
    sign_out(page, shop)

    first_step(page, shop, asha)
    if scripts:
        assert (violations(page), sticks_out(page)) == ([], [])
    page.get_by_label("Code from your app").fill(used)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("That code is not right, or it was used before").first).to_be_visible()
    # Half a minute is not waited for: the app's next code counts already.
    page.get_by_label("Code from your app").fill(app.at(int(time.time()) + app.interval))
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(f"{shop.url}/")

    for is_first in (True, False):
        page.context.clear_cookies()
        first_step(page, shop, asha)
        page.get_by_text("Use a recovery code").click()
        page.get_by_label("Recovery code").fill(codes[0])
        page.get_by_role("button", name="Sign in with this code").click()
        if is_first:
            expect(page).to_have_url(f"{shop.url}/")
        else:
            expect(page.get_by_text("used before").first).to_be_visible()
    assert watch.faults == []


def test_codes_go_to_the_clipboard_and_into_a_file(
    shop: Shop, new_page: Callable[..., Page], asha: Person
) -> None:
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    Keys(page)
    sign_in(page, shop.url, asha)
    add_passkey(page, shop, "Desk")
    codes = "\n".join(shown_codes(page)) + "\n"
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == codes.strip()
    with page.expect_download() as started:
        page.get_by_role("button", name="Download").click()
    assert started.value.path().read_text() == codes


def test_a_key_for_a_program(page: Page, shop: Shop, asha: Person) -> None:
    """Made in the browser with what the form offers, used at once, dead when revoked."""
    sign_in(page, shop.url, asha)
    page.goto(f"{shop.url}/account/keys")
    page.get_by_label("Name").fill("Scale at the counter")
    page.get_by_label("See my account").check()
    page.get_by_role("button", name="Make the key").click()
    token = page.locator("ol.token code").inner_text()
    headers = {"Authorization": f"Bearer {token}"}
    me = page.request.get(f"{shop.url}/api/v1/me", headers=headers)
    assert (me.status, me.json()["email"]) == (200, asha.email)
    page.get_by_role("button", name="Revoke Scale at the counter").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("The key is dead.")).to_be_visible()
    assert page.request.get(f"{shop.url}/api/v1/me", headers=headers).status == 401
