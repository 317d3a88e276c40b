"""Prices and publishing that come by themselves: at their time, once, and seen by everybody."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, insert, select

from kirana import check
from kirana.backoffice.local_time import moment_text, typed_moment
from kirana.cart.queries import basket_view
from kirana.cart.services import set_line
from kirana.catalog.errors import PricePlannedAlready, TooManyPlans
from kirana.catalog.inputs import NewPlannedPrice, ProductChanges
from kirana.catalog.models import PlannedPrice, Price, Product, ProductEvent
from kirana.catalog.plan_queries import list_planned_prices
from kirana.catalog.queries import catalog_version, get_product, list_prices
from kirana.catalog.services.plans import (
    MOST_PLANS,
    cancel_planned_price,
    carry_out_due,
    plan_price,
    plan_publication,
)
from kirana.catalog.services.products import (
    archive_product,
    edit_product,
    hide_product,
    publish_product,
)
from kirana.checkout.errors import PriceChanged
from kirana.checkout.services import check_out
from kirana.oversight.services import Broken
from kirana.platform import clock
from kirana.platform.amounts import Money
from kirana.platform.audit import AuditEvent
from kirana.platform.celery import Nudge, make_celery
from kirana.platform.config import Settings
from kirana.platform.db import verb
from kirana.platform.errors import Forbidden, IllegalMove, Invalid, NotFound, Stale
from kirana.platform.paging import PageQuery
from kirana.platform.wake import on_wake, wake
from tests.accounts.people import at_once
from tests.catalog.market import Market, make_actor, open_market, product_row, rows
from tests.checkout.buying import HOME
from tests.machinery.databases import Database
from tests.machinery.processes import wait_until
from tests.outbox.sink import running_sink
from tests.outbox.working import running_worker

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
RULES = [rule.name for rule in check.catalogue.RULES]


@pytest.fixture
def market(database: object) -> Market:
    return open_market()


def price_at(amount: int, moment: datetime, was: int | None = None) -> NewPlannedPrice:
    before = None if was is None else Money(was, "INR")
    return NewPlannedPrice(price=Money(amount, "INR"), due_at=moment, was_price=before)


@verb
def plan_in_the_past(connection: Connection, slug: str, amount: int, seconds: int = 1) -> int:
    """A plan whose moment came while nobody looked; its key."""
    product = connection.execute(select(Product.id).where(Product.slug == slug)).scalar_one()
    now = clock.now(connection)
    row = insert(PlannedPrice).values(
        product_id=product, amount_minor=amount, due_at=now - timedelta(seconds=seconds),
        created_at=now - HOUR,
    )  # fmt: skip
    return int(connection.execute(row.returning(PlannedPrice.id)).scalar_one())


def deeds(action: str) -> list[Any]:
    return [row for row in rows(AuditEvent) if row.action == action]


def kept_rules() -> list[Broken]:
    return [found for found in check.run() if found.rule in RULES]


def test_a_price_comes_true_at_its_time_and_not_before(market: Market) -> None:
    slug = market.sell(price=9900)
    with clock.frozen(NOON):
        plan_price(market.manager, slug, price_at(8900, NOON + HOUR, was=9900))
    with clock.frozen(NOON + HOUR - timedelta(seconds=1)):
        assert carry_out_due() == 0
        assert product_row(slug).price_minor == 9900
    before = catalog_version()
    with clock.frozen(NOON + HOUR):
        assert carry_out_due() == 1
        assert carry_out_due() == 0
    row = product_row(slug)
    assert (row.price_minor, row.was_minor) == (8900, 9900)
    assert catalog_version() == before + 1
    newest, oldest = list_prices(market.manager, slug)
    assert oldest.valid_until == newest.valid_from == NOON + HOUR
    (plan,) = rows(PlannedPrice)
    became = rows(Price)[-1].id
    assert (plan.status, plan.ended_at, plan.price_id) == ("applied", NOON + HOUR, became)
    (deed,) = deeds("product_price_applied")
    assert (deed.actor_id, deed.after["plan"]) == (None, plan.uid)


def test_what_came_due_while_nobody_looked_comes_in_its_order(market: Market) -> None:
    slug = market.sell(price=9900)
    for amount, seconds in ((300, 1), (100, 300), (200, 20)):
        plan_in_the_past(slug, amount, seconds)
    assert carry_out_due() == 3
    assert [each.amount_minor for each in list_prices(market.manager, slug)] == [
        300, 200, 100, 9900,
    ]  # fmt: skip
    assert kept_rules() == []


def test_a_draft_changes_its_price_unseen(market: Market) -> None:
    slug = market.draft(price=9900)
    plan_in_the_past(slug, 100)
    before = catalog_version()
    assert carry_out_due() == 1
    assert (product_row(slug).price_minor, catalog_version()) == (100, before)


def test_many_beats_at_once_do_each_thing_once(market: Market) -> None:
    slugs = [market.sell(f"Tea {number}", 9900) for number in range(4)]
    for slug in slugs:
        plan_in_the_past(slug, 8000)
    waiting = market.draft("Cocoa")
    plan_publication(market.manager, waiting, clock.utc_now() + timedelta(seconds=0.05))
    wait_until(lambda: clock.utc_now() > product_row(waiting).publish_at, 5, "the moment")
    done = at_once(*[carry_out_due] * 4)
    assert sum(done) == 5
    assert len(rows(Price)) == 5 + 4
    assert len(deeds("product_price_applied")) == 4
    moves = [(row.from_status, row.to_status) for row in rows(ProductEvent)]
    assert moves.count(("draft", "published")) == 5
    assert kept_rules() == []


def test_two_beats_and_two_workers(database: Database, settings: Settings, tmp_path: Any) -> None:
    """As real processes: hints from two beats, and whoever takes them."""
    market = open_market()
    slugs = [market.sell(f"Tea {number}", 9900) for number in range(3)]
    for slug in slugs:
        plan_in_the_past(slug, 8000)
    with (
        running_sink() as sink,
        running_worker(settings, sink.url, tmp_path / "first.log"),
        running_worker(settings, sink.url, tmp_path / "second.log"),
    ):
        on_wake(Nudge(make_celery(lambda: settings)))
        for _ in range(6):
            wake("catalog.carry_out_due")
        ready = [8000] * 3
        wait_until(
            lambda: [product_row(slug).price_minor for slug in slugs] == ready, 40, "the prices"
        )
    on_wake(None)
    assert len(rows(Price)) == 6
    assert len(deeds("product_price_applied")) == 3


def test_a_basket_that_saw_the_old_price_is_told(market: Market) -> None:
    slug, buyer = market.sell(price=9900), make_actor("customer")
    set_line(buyer, slug, 2)
    plan_in_the_past(slug, 12_000)
    shown = Money(basket_view(buyer).total_minor, "INR")
    carry_out_due()
    with pytest.raises(PriceChanged) as refused:
        check_out(buyer, HOME, shown)
    assert refused.value.status == 409
    assert refused.value.details["total"]["amount"] == 24_000
    (told,) = refused.value.details["differences"]
    assert (told["price_seen"]["amount"], told["price"]["amount"]) == (9900, 12_000)
    assert check_out(buyer, HOME, Money(24_000, "INR")).orders[0].total.amount == 24_000


def test_a_plan_is_called_off_once_and_not_after_it_came_true(market: Market) -> None:
    slug = market.sell()
    plan = plan_price(market.manager, slug, price_at(100, clock.utc_now() + HOUR))
    cancel_planned_price(market.manager, slug, plan.uid)
    assert deeds("product_price_plan_cancelled")[0].before["price_minor"] == 100
    with pytest.raises(IllegalMove):
        cancel_planned_price(market.manager, slug, plan.uid)
    plan_in_the_past(slug, 8000)
    carry_out_due()
    applied = rows(PlannedPrice)[-1].uid
    with pytest.raises(IllegalMove):
        cancel_planned_price(market.manager, slug, applied)
    with pytest.raises(NotFound):
        cancel_planned_price(market.manager, slug, "nothing")
    assert product_row(slug).price_minor == 8000


def test_strangers_and_others_plan_nothing(market: Market) -> None:
    slug, soon = market.sell(), price_at(1, clock.utc_now() + HOUR)
    for actor, refusal in (
        (market.stranger, NotFound), (make_actor("customer"), Forbidden), (market.admin, Forbidden),
    ):  # fmt: skip
        with pytest.raises(refusal):
            plan_price(actor, slug, soon)
        with pytest.raises(refusal):
            plan_publication(actor, slug, None)
    with pytest.raises(NotFound):
        list_planned_prices(market.stranger, slug, PageQuery())
    assert rows(PlannedPrice) == []


@pytest.mark.parametrize(
    ("amount", "was", "ahead", "pointer"),
    [
        (100, None, timedelta(0), "/due_at"),
        (100, None, -HOUR, "/due_at"),
        (100, None, timedelta(days=732), "/due_at"),
        (0, None, HOUR, "/price"),
        (10**12 + 1, None, HOUR, "/price"),
        (100, 100, HOUR, "/was_price"),
    ],
)
def test_what_cannot_be_planned(
    market: Market, amount: int, was: int | None, ahead: timedelta, pointer: str
) -> None:
    slug = market.sell()
    with clock.frozen(NOON), pytest.raises(Invalid) as refused:
        plan_price(market.manager, slug, price_at(amount, NOON + ahead, was))
    assert refused.value.errors[0]["pointer"] == pointer


def test_one_price_for_a_moment_and_twenty_at_most(market: Market) -> None:
    slug, now = market.sell(), clock.utc_now()
    for number in range(1, MOST_PLANS):
        plan_price(market.manager, slug, price_at(number, now + number * HOUR))
    with pytest.raises(PricePlannedAlready):
        plan_price(market.manager, slug, price_at(7, now + HOUR))
    plan_price(market.manager, slug, price_at(7, now + 50 * HOUR))
    with pytest.raises(TooManyPlans):
        plan_price(market.manager, slug, price_at(7, now + 60 * HOUR))
    page = list_planned_prices(market.manager, slug, PageQuery(limit=15))
    rest = list_planned_prices(market.manager, slug, PageQuery(limit=15, cursor=page.next_cursor))
    assert [len(page.items), len(rest.items)] == [15, 5]


def test_with_the_archive_all_plans_end(market: Market) -> None:
    slug = market.sell()
    plan_price(market.manager, slug, price_at(100, clock.utc_now() + HOUR))
    archive_product(market.manager, slug)
    assert [row.status for row in rows(PlannedPrice)] == ["cancelled"]
    with pytest.raises(IllegalMove):
        plan_price(market.manager, slug, price_at(100, clock.utc_now() + HOUR))
    with pytest.raises(IllegalMove):
        plan_publication(market.manager, slug, clock.utc_now() + HOUR)
    assert kept_rules() == []


def test_a_draft_goes_on_sale_at_its_time(market: Market) -> None:
    slug = market.draft()
    with clock.frozen(NOON):
        planned = plan_publication(market.manager, slug, NOON + HOUR, 1)
        assert (planned.publish_at, planned.status) == (NOON + HOUR, "draft")
        assert carry_out_due() == 0
    before = catalog_version()
    with clock.frozen(NOON + HOUR):
        assert (carry_out_due(), carry_out_due()) == (1, 0)
    found = get_product(market.manager, slug)
    assert (found.status, found.published_at, found.publish_at) == (
        "published", NOON + HOUR, None,
    )  # fmt: skip
    assert catalog_version() == before + 1
    assert [(row.actor_id, row.role) for row in deeds("product_published")] == [(None, "system")]


def test_publishing_is_called_off_by_hand(market: Market) -> None:
    slug, soon = market.draft(), clock.utc_now() + HOUR
    plan_publication(market.manager, slug, soon)
    with pytest.raises(Stale):
        plan_publication(market.manager, slug, None, 1)
    with pytest.raises(Invalid):
        edit_product(market.manager, slug, ProductChanges(price=Money(0, "INR")))
    assert plan_publication(market.manager, slug, None).publish_at is None
    plan_publication(market.manager, slug, soon)
    assert publish_product(market.manager, slug).publish_at is None
    with pytest.raises(IllegalMove):
        plan_publication(market.manager, slug, soon)
    hide_product(market.manager, slug)
    assert plan_publication(market.manager, slug, soon).status == "hidden"


def test_nothing_is_planned_to_be_sold_for_nothing(market: Market) -> None:
    with pytest.raises(Invalid):
        plan_publication(market.manager, market.draft(price=0), clock.utc_now() + HOUR)


def test_what_was_forgotten_is_found(market: Market) -> None:
    slug = market.sell()
    plan_in_the_past(slug, 100, 3700)
    assert [found.rule for found in kept_rules()] == [RULES[-1]]
    carry_out_due()
    assert kept_rules() == []


BERLIN, KOLKATA = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata")


@pytest.mark.parametrize(
    ("text", "zone", "moment"),
    [
        ("2026-03-01T06:00", KOLKATA, datetime(2026, 3, 1, 0, 30, tzinfo=UTC)),
        ("2026-07-01T06:00", BERLIN, datetime(2026, 7, 1, 4, 0, tzinfo=UTC)),
        # It comes twice; the first is meant.
        ("2026-10-25T02:30", BERLIN, datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_moments_are_typed_on_the_clock_of_the_store(
    text: str, zone: ZoneInfo, moment: datetime
) -> None:
    assert typed_moment(text, "at", zone) == moment
    assert moment_text(moment, zone) == text


@pytest.mark.parametrize("text", ["2026-03-29T02:30", "tomorrow", "", "0001-01-01T00:00"])
def test_moments_that_are_none(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        typed_moment(text, "at", BERLIN)
    assert refused.value.errors[0]["pointer"] == "/at"
