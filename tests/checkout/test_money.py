"""Random baskets through real orders: rows, API, mail, export, report agree to the minor unit."""

import csv
import io
import re
from datetime import timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, select

from kirana import check
from kirana.cart.queries import basket_view
from kirana.cart.services import set_line
from kirana.catalog.models import Product
from kirana.catalog.units import PRICE_PER
from kirana.checkout.services import check_out
from kirana.exports.queries import list_rows
from kirana.exports.table import encode, header
from kirana.notifications import mails
from kirana.notifications.rendering import Letters
from kirana.orders.models import Charge, Order, OrderLine
from kirana.platform import clock
from kirana.platform.access import Actor
from kirana.platform.amounts import Money
from kirana.platform.config import Settings
from kirana.platform.db import query
from kirana.pricing import tax
from kirana.pricing.quote import Quote
from kirana.pricing.tax import TaxRules
from kirana.reports.queries import figures_of
from tests.cart.goods import make_person, make_product, make_store
from tests.checkout.buying import HOME
from tests.checkout.calling import bearer_of
from tests.pricing.baskets import CURRENCIES, read_minor

ORDERS_EACH = 10
PRODUCTS = 4
GRIDS = {"each": (1, 1), "g": (50, 100), "ml": (250, 250)}


@pytest.fixture(params=CURRENCIES)
def currency(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_real_orders_agree_everywhere(client: Any, settings: Settings, currency: str) -> None:
    chance = Random(currency)  # noqa: S311 - not a secret
    make_person("admin")
    buyer, stores = make_person(), [make_store(), make_store()]
    slugs = [stock_a_product(chance, store) for store in stores for _ in range(PRODUCTS)]
    bought: dict[int, int] = {}
    for number in range(ORDERS_EACH):
        tax.follow(TaxRules(included=number % 2 == 0))
        for key, total in order_something(client, settings, buyer, (chance, slugs, currency)):
            bought[key] = bought.get(key, 0) + total
    for store in stores:
        assert sum(exported(store, currency)) == bought[store]
    assert report_of(buyer, currency) == paid(buyer)
    assert check.run() == []


def stock_a_product(chance: Random, store: int) -> str:
    unit = chance.choice(list(GRIDS))
    increment, minimum = GRIDS[unit]
    return make_product(
        store, 10**6, unit=unit, price_per=PRICE_PER[unit], increment=increment, minimum=minimum,
        price_minor=chance.randint(1, 30_000),
        tax_class=chance.choice(["zero", "reduced", "standard"]),
    )  # fmt: skip


def order_something(
    client: Any, settings: Settings, buyer: Actor, given: tuple[Random, list[str], str]
) -> list[tuple[int, int]]:
    """Order some of the products; what their lines came to, by store."""
    chance, slugs, currency = given
    for slug in chance.sample(slugs, chance.randint(1, 4)):
        put_some(buyer, slug, chance)
    shown = basket_view(buyer).quote
    group = check_out(buyer, HOME, Money(shown.total_minor, currency))
    assert group.total.amount == shown.total_minor == sum(x.total.amount for x in group.orders)
    assert len(group.orders) == len(shown.stores)
    found = []
    for part, order in zip(shown.stores, group.orders, strict=True):
        rows = rows_of(order.number)
        token = {"Authorization": f"Bearer {bearer_of(buyer)}"}
        answer = client.get(f"/api/v1/orders/{order.number}", headers=token).json
        assert figures(rows) == quoted(part) == told(answer)
        assert_mail(mailed(settings, rows[0].id), rows, shown, currency)
        found.append((part.store_id, rows[0].lines_minor))
    return found


def put_some(buyer: Actor, slug: str, chance: Random) -> None:
    row = product_of(slug)
    set_line(buyer, slug, row.minimum + row.increment * chance.randint(0, 30))


def quoted(part: Any) -> list[Any]:
    """A part of a quote as plain figures: lines, charges, taxes and sums."""
    return [
        sorted((x.wish.quantity, x.total_minor, x.tax_basis_points, x.tax_minor)
               for x in part.lines),
        [(x.kind, x.amount_minor) for x in part.charges],
        [(x.basis_points, x.net_minor, x.tax_minor) for x in part.taxes],
        (part.lines_minor, part.charges_minor, part.tax_minor, part.total_minor),
    ]  # fmt: skip


def figures(rows: tuple[Any, list[Any], list[Any]]) -> list[Any]:
    """The same of an order's rows."""
    order, lines, charges = rows
    included = tax.is_included(charges)
    return [
        sorted((x.quantity, x.total_minor, x.tax_basis_points, x.tax_minor) for x in lines),
        [(x.kind, x.amount_minor) for x in charges],
        [(x.basis_points, x.net_minor, x.tax_minor) for x in tax.tax_rows(lines, included)],
        (order.lines_minor, order.charges_minor, order.tax_minor, order.total_minor),
    ]


def told(answer: dict[str, Any]) -> list[Any]:
    """The same of the API's answer."""
    lines, charges, taxes = answer["lines"], answer["charges"], answer["taxes"]
    beside = sum(x["amount"]["amount"] for x in charges)
    return [
        sorted((x["quantity"]["value"], x["total"]["amount"], x["tax_basis_points"],
                x["tax"]["amount"]) for x in lines),
        [(x["kind"], x["amount"]["amount"]) for x in charges],
        [(x["basis_points"], x["net"]["amount"], x["tax"]["amount"]) for x in taxes],
        (answer["lines_total"]["amount"], beside, answer["tax"]["amount"],
         answer["total"]["amount"]),
    ]  # fmt: skip


def assert_mail(text: str, rows: Any, shown: Quote, currency: str) -> None:
    """Every amount of the mail is that of a row, in its order, and they add up to the total."""
    order, lines, charges = rows
    sums = re.findall(r"^  (.*): (.+)$", text.partition("Where it goes")[0], re.M)
    amounts = [(label, read_minor(amount.strip(), currency)) for label, amount in sums]
    contained = [row for row in tax.tax_rows(lines, included=True) if row.basis_points]
    wanted = [
        *[line.total_minor for line in lines],
        *[charge.amount_minor for charge in charges],
        order.total_minor,
        *[row.tax_minor for row in contained if shown.tax_included],
    ]
    assert [amount for _label, amount in amounts] == wanted, text


@query
def product_of(connection: Connection, slug: str) -> Any:
    return connection.execute(select(Product.__table__).where(Product.slug == slug)).one()


@query
def rows_of(connection: Connection, number: str) -> tuple[Any, list[Any], list[Any]]:
    """The order's row, those of its lines and of its charges."""
    order = connection.execute(select(Order.__table__).where(Order.number == number)).one()

    def mine(table: Any) -> list[Any]:
        find = select(table.__table__).where(table.order_id == order.id).order_by(table.id)
        return list(connection.execute(find))

    return order, mine(OrderLine), mine(Charge)


def mailed(settings: Settings, order_id: int) -> str:
    message = mails.BUILDERS["order_confirmation"](Letters(settings), {"order_id": order_id})
    assert message is not None
    return message.text


def exported(store: int, currency: str) -> list[int]:
    """The revenue of each of a store's products as its CSV has it."""
    until = clock.utc_now() + timedelta(minutes=1)
    data = header() + encode(list_rows(store, until, 0, 100), currency)
    return [
        read_minor(row["revenue"], currency)
        for row in csv.DictReader(io.StringIO(data.decode("utf-8-sig")))
    ]


def report_of(buyer: Actor, currency: str) -> int:
    period = f"{clock.utc_now().astimezone(ZoneInfo('Asia/Kolkata')):%Y-%m}"
    return figures_of(period, [buyer.me()], currency)[buyer.me()].spend_minor


@query
def paid(connection: Connection, buyer: Actor) -> int:
    find = select(Order.total_minor).where(Order.account_id == buyer.me())
    return sum(connection.execute(find).scalars())
