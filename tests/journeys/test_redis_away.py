"""With Valkey gone or hanging people still browse and order; the mail comes later."""

import html
import re
import time
from collections.abc import Callable

import pytest

from tests.journeys.api_client import Caller, Reply
from tests.journeys.mails import bodies
from tests.journeys.people import PASSWORD
from tests.journeys.town import Town, new_person, sign_up
from tests.machinery.shop import Shop

pytestmark = pytest.mark.on_database("sqlite")

AT_MOST_SECONDS = 0.5
FIRST_SECONDS = 1.0
SWEEP_SECONDS = 30
DELIVERY = {
    "name": "Lina Berg",
    "phone": "+91 98450 12345",
    "street": "12 Lake Road",
    "postcode": "560001",
    "city": "Bengaluru",
}


class Patient:
    """A customer who signed in before; notes what was refused or took too long."""

    def __init__(self, town: Town) -> None:
        self.town = town
        person = new_person("Lina Berg")
        self.email = person.email
        sign_up(town.shop, person)
        self.browser = Caller(town.shop.url)
        self.browser.send_form("/sign-in", email=person.email, password=PASSWORD, return_to="")
        self.late: list[str] = []
        self.refused: list[str] = []

    def look(self, path: str) -> Reply:
        return self._judge(path, self.browser.get(path))

    def send(self, path: str, **fields: str) -> Reply:
        return self._judge(f"POST {path}", self.browser.send_form(path, **fields))

    def order(self) -> str:
        """Browse, fill the basket, check out; the order's number."""
        slug = self.town.slugs["Oat milk"]
        for path in ("/", "/products", "/categories/drinks", "/search?q=milk", f"/products/{slug}"):
            self.look(path)
        self.send("/basket/lines", product=slug, change="+", return_to="/basket")
        self.look("/basket")
        hidden = _hidden_fields(self.look("/checkout").text)
        placed = self.send("/checkout", **hidden, **DELIVERY)
        self.look(placed.headers["location"])
        return placed.headers["location"].partition("?")[0].rpartition("/")[2]

    def _judge(self, what: str, reply: Reply) -> Reply:
        if reply.status >= 400:
            self.refused.append(f"{what}: {reply.status}")
        if reply.seconds > AT_MOST_SECONDS:
            self.late.append(f"{what}: after {reply.seconds:.2f} s")
        return reply


def _hidden_fields(page: str) -> dict[str, str]:
    form = page.partition('action="/checkout"')[2].partition("</form>")[0]
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)
    return {name: html.unescape(value) for name, value in found}


def _order_during(shop: Shop, patient: Patient, outage: Callable[[], None]) -> str:
    outage()
    began = time.monotonic()
    patient.browser.get("/")
    time.sleep(max(0.0, FIRST_SECONDS - (time.monotonic() - began)))
    number = patient.order()
    shop.restore()
    return number


def _order_without_valkey(town: Town, shop: Shop) -> tuple[Patient, list[str]]:
    """Somebody who ordered while Valkey was stopped and while it hung, and the orders' numbers."""
    patient = Patient(town)
    outages = (shop.valkey.stop, shop.valkey.pause)
    return patient, [_order_during(shop, patient, outage) for outage in outages]


def test_orders_are_taken_and_mail_follows(town: Town, shop: Shop) -> None:
    patient, numbers = _order_without_valkey(town, shop)
    assert patient.refused == []
    for number in numbers:
        mail = shop.wait_for_mail(patient.email, number, SWEEP_SECONDS + 15)
        assert all(number in body for body in bodies(mail))
    shop.inside("check")


@pytest.mark.alone
def test_nobody_waits(town: Town, shop: Shop) -> None:
    patient, _numbers = _order_without_valkey(town, shop)
    assert (patient.refused, patient.late) == ([], [])
