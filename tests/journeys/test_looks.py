"""Every page of every role: reachable by all, light and dark, wide and narrow, and light in weight.

The demo shop is shown, for its pages are full; what it lacks (somebody who waits, a wish, an
export) is added by the people in it.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from kirana.demo.people import ADMIN_EMAIL, CUSTOMER_EMAIL, MANAGER_EMAIL, PASSWORD
from kirana.stores.invitation_keys import invitation_token
from tests.conftest import need
from tests.journeys.accessibility import sticks_out, violations
from tests.journeys.api_client import Caller
from tests.journeys.people import Person, sign_in
from tests.journeys.town import sign_up
from tests.journeys.watching import Watch, Weights
from tests.machinery.databases import SECRET
from tests.machinery.shop import Shop
from tests.machinery.valkey import find_program

pytestmark = pytest.mark.on_database("sqlite")

BUDGETS: Weights = {"css": 12 * 1024, "js": 60 * 1024}
APPLICANT = Person("Mira Shah", "mira@example.org")
PICKER = Person("Dev Nair", "dev@example.org")
PEOPLE = {
    "customer": Person("", CUSTOMER_EMAIL, PASSWORD),
    "manager": Person("", MANAGER_EMAIL, PASSWORD),
    "admin": Person("", ADMIN_EMAIL, PASSWORD),
    "applicant": APPLICANT,
    "picker": PICKER,
}
GUEST_PAGES = (
    "/",
    "/products",
    "/products?max_price=1",
    "/categories/{department}",
    "/search",
    "/search?q=milk&in_stock=1&max_price=nonsense",
    "/search?q=no+such+thing",
    "/search?q=chese&brand=PrimeHarvest&sort=price",
    "/products/{product}",
    "/products/{reviewed}",
    "/products/{reviewed}/reviews",
    "/products/{product}/reviews",
    "/shared-lists/{list_token}",
    "/basket",
    "/sign-in",
    "/sign-up",
    "/apply",
    "/forgot",
    "/reset",
    "/confirm",
    "/no-such-page",
    "/styleguide",
)
PAGES = {
    "guest": GUEST_PAGES,
    "applicant": ("/account", "/office"),
    "customer": (
        "/", "/basket", "/checkout", "/orders", "/orders/{order}", "/account",
        "/account/addresses", "/account/email", "/account/security", "/account/keys",
        "/account/data", "/invitations/{invitation}", "/favourites", "/lists", "/lists/{list}",
        "/lists/addition?product={product}", "/products/{product}/review", "/account/reviews",
        "/products/{reviewed}", "/products/{reviewed}/reviews", "/shared-lists/{list_token}",
    ),
    "manager": (
        "/office/{store}/today", "/office/{store}/products",
        "/office/{store}/products?status=hidden",
        "/office/{store}/products/new", "/office/{store}/products/{own_product}",
        "/office/{store}/products/{own_product}/stock",
        "/office/{store}/products/{dated}/stock?do=waste",
        "/office/{store}/products/{dated}/stock?do=send",
        "/office/{store}/orders", "/office/{store}/orders/{store_order}", "/office/{store}/exports",
        "/office/{store}/requests", "/office/{store}/team", "/office/{store}/reviews",
    ),
    "admin": (
        "/office/approvals", "/office/categories", "/office/synonyms",
        "/office/people", "/office/people?q=asha", "/office/people/{person}", "/office/audit",
        "/office/audit?actor=nobody",
        "/office/reports", "/office/checks", "/office/checks?state=resolved",
        "/office/requests", "/office/teams", "/office/reviews", "/office/reviews?status=shown",
        "/office/reviews?reported=1", "/office/{store}/team",
    ),
    "picker": (
        "/office/{store}/products", "/office/{store}/products/{own_product}",
        "/office/{store}/products/{own_product}/stock",
        "/office/{store}/orders", "/office/{store}/orders/{store_order}", "/account/keys",
    ),
}  # fmt: skip
NOT_PAGES = (
    "/api/", "/assets/", "/favicon.ico", "/media/", "/healthz", "/readyz", "/robots.txt",
    "/sitemap.xml", "/sitemaps/", "/metrics",
)  # fmt: skip
# Links of mails, files, parts of pages, and two steps that lead back unless one is on the way:
# test_second_factors.py looks at them.
LED_ON = {
    "/account/totp",
    "/sign-in/second-factor",
    "/reset/<token>",
    "/confirm/<token>",
    "/office/checks/<uid>",
    "/office/<store_slug>/exports/<uid>",
    "/office/<store_slug>/exports/<uid>/file",
    "/account/data/<uid>",
    "/account/data/<uid>/file",
    "/search/suggestions",
}


@dataclass
class Demo:
    """The running demo shop, and what stands in the addresses of its pages."""

    shop: Shop
    names: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.shop.url

    def address(self, path: str) -> str:
        return self.url + path.format_map(self.names)

    def routes(self) -> list[str]:
        """The paths that answer GET."""
        lines = self.shop.inside("routes").splitlines()
        return [line.split()[1] for line in lines if line.startswith("GET")]


@pytest.fixture(scope="module")
def demo(sqlite_source: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo shop with all its processes."""
    address = f"sqlite:///{tmp_path_factory.mktemp('demo') / 'kirana.sqlite3'}"
    program = need("Valkey", find_program())
    shop = Shop(address, program, ENV="development")
    shop.valkey.start()
    try:
        shop.cli("demo")
        for name in ("web", "worker"):
            shop.start(name)
        yield Demo(shop)
    finally:
        shop.close()


@pytest.fixture
def furnished(demo: Demo, new_page: Callable[..., Page]) -> Demo:
    """The demo shop with what its pages need beside the demo data."""
    if not demo.names:
        demo.names.update(_of_the_shop(demo, new_page()))
        demo.names.update(_of_the_customer(demo, new_page()))
        demo.names.update(_of_the_manager(demo, new_page()))
        demo.names.update(_of_the_admin(demo, new_page()))
        _apply(demo, new_page())
        demo.names["invitation"] = _hire_a_picker(demo)
    return demo


def _of_the_shop(demo: Demo, page: Page) -> dict[str, str]:
    departments = page.request.get(f"{demo.url}/api/v1/categories").json()["items"]
    products = page.request.get(f"{demo.url}/api/v1/products?in_stock=true&limit=1").json()["items"]
    names = {"department": departments[0]["slug"], "product": products[0]["slug"]}
    return names | {"reviewed": _reviewed(demo, page)}


def _reviewed(demo: Demo, page: Page) -> str:
    """A product with reviews."""
    shelf = page.request.get(f"{demo.url}/api/v1/products?limit=100").json()["items"]
    return str(next(item["slug"] for item in shelf if item["rating"]))


def _of_the_customer(demo: Demo, page: Page) -> dict[str, str]:
    sign_in(page, demo.url, PEOPLE["customer"])
    page.goto(f"{demo.url}/products?in_stock=1")
    for number in range(2):
        page.get_by_role("button", name=re.compile("^Add ")).nth(number).click()
    expect(page.locator("[data-basket-count]").first).not_to_have_text("0")
    page.get_by_role("button", name="Check out").click()  # /checkout is looked at with a hold
    page.wait_for_url(f"{demo.url}/checkout")
    page.goto(f"{demo.url}/lists")
    mine = _last_part(page, ".stack a")
    page.goto(f"{demo.url}/lists/{mine}")
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_label("May read it").input_value()
    page.goto(f"{demo.url}/orders")
    return {
        "order": _last_part(page, ".order-card a"), "list": mine,
        "list_token": link.rpartition("/")[2],
    }  # fmt: skip


def _of_the_manager(demo: Demo, page: Page) -> dict[str, str]:
    sign_in(page, demo.url, PEOPLE["manager"])
    page.goto(f"{demo.url}/office")
    store = page.url.split("/")[-2]
    office = f"{demo.url}/office/{store}"
    page.goto(f"{office}/exports")
    page.get_by_role("button", name="Export the products").click()
    expect(page.get_by_role("link", name="Download")).to_be_visible(timeout=30_000)
    page.goto(f"{office}/requests")
    page.get_by_label("Its new name").fill("Tea")
    page.get_by_role("button", name="Send").click()
    page.goto(f"{office}/products")
    own_product = _last_part(page, "td a")
    page.goto(f"{office}/products?q=whole+milk")
    dated = _last_part(page, "td a")
    page.goto(f"{office}/orders")
    return {
        "store": store, "own_product": own_product, "dated": dated,
        "store_order": _last_part(page, "td a"),
    }  # fmt: skip


def _of_the_admin(demo: Demo, page: Page) -> dict[str, str]:
    sign_in(page, demo.url, PEOPLE["admin"])
    page.goto(f"{demo.url}/office/people?q={CUSTOMER_EMAIL}")
    return {"person": _last_part(page, "td a")}


def _last_part(page: Page, link: str) -> str:
    return str(page.locator(link).first.get_attribute("href")).rpartition("/")[2]


def _apply(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.url}/apply")
    for label, text in (("Name of your shop", "Tea House"), ("Your name", APPLICANT.name),
                        ("Email", APPLICANT.email), ("Password", APPLICANT.password)):  # fmt: skip
        page.get_by_label(label).fill(text)
    page.get_by_role("button", name="Send the application").click()


def _hire_a_picker(demo: Demo) -> str:
    """Somebody new picks in the manager's store; the token of their invitation."""
    boss = Caller(demo.url).sign_in(ADMIN_EMAIL, PASSWORD)
    invitations = f"/stores/{demo.names['store']}/invitations"
    uid = boss.ask("POST", invitations, {"email": PICKER.email, "role": "picker"})["uid"]
    boss.ask("POST", invitations, {"email": "waits@example.org", "role": "courier"})
    token = invitation_token(SECRET, uid)
    picker = sign_up(demo.shop, PICKER)
    picker.ask("POST", "/invitations/acceptance", {"token": token})
    picker.ask("POST", "/me/api-keys", {"name": "Scale", "permissions": ["read:store_stock"]})
    return token


def _look_at(page: Page, watch: Watch, address: str) -> list[str]:
    """Open an address and tell what is wrong with the page."""
    watch.begin_page()
    page.goto(address)
    found = violations(page) + sticks_out(page)
    weights = watch.weigh()
    found += [
        f"{weights[kind]} bytes of {kind}, {most} at most"
        for kind, most in BUDGETS.items()
        if weights[kind] > most or not weights[kind]
    ]
    return found


@pytest.mark.parametrize("role", PAGES)
def test_pages(role: str, furnished: Demo, new_page: Callable[..., Page]) -> None:
    page = new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    refused = (
        "status of 404",
        "status of 403",
        "status of 410",
    )  # how the browser notes an error page
    watch = Watch(page, refused)
    if role in PEOPLE:
        sign_in(page, furnished.url, PEOPLE[role])
    found = {path: _look_at(page, watch, furnished.address(path)) for path in PAGES[role]}
    faults = {path: texts for path, texts in found.items() if texts}
    assert (faults, watch.faults) == ({}, [])


def test_every_page_is_looked_at(demo: Demo) -> None:
    shown = {pattern(path) for paths in PAGES.values() for path in paths}
    wanted = {pattern(path) for path in demo.routes() if is_page(path)}
    assert wanted - shown == set()


def is_page(path: str) -> bool:
    return not path.startswith(NOT_PAGES) and path not in LED_ON


def pattern(path: str) -> str:
    """An address without its query, whatever the names in it are called."""
    return re.sub("[{<][^/]*[}>]", "*", path.partition("?")[0])
