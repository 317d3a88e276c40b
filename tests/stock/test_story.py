"""Why a level is what it is, rebuilt from the ledger for any moment, in words."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner

from kirana.platform import clock
from kirana.platform.access import SYSTEM
from kirana.platform.errors import NotFound
from kirana.stock import cli
from kirana.stock.ledger_queries import explain_level, explain_stock
from kirana.stock.services.goods import Waste, adjust_stock, receive_goods, waste_goods
from kirana.stock.services.selling import give_back_for_lines, take_for_lines
from kirana.stock.services.tracking import track_lots
from kirana.stock.services.transfers import Transfer, transfer_goods
from tests.catalog.market import Market, make_actor, open_market
from tests.stock.order_lines import order_lines

BEGIN = datetime(2026, 11, 2, 20, tzinfo=UTC)  # the 3rd in Kolkata
HOUR = timedelta(hours=1)
LATER = BEGIN + timedelta(days=20)


@pytest.fixture
def market(database: object) -> Iterator[Market]:
    with clock.frozen(BEGIN - HOUR):
        yield open_market()


@pytest.fixture
def slug(market: Market) -> str:
    """Sixty came in, nine orders took twelve, one of them came back, one broke."""
    slug, buyer = market.sell("Tea", stock=0), make_actor("customer")
    with clock.frozen(BEGIN):
        receive_goods(market.manager, slug, 60)
    lines = order_lines(buyer, *[(slug, 1)] * 8, (slug, 4))
    for hours, line in enumerate(lines, 1):
        with clock.frozen(BEGIN + hours * HOUR):
            take_for_lines(buyer, [line])
    with clock.frozen(BEGIN + 10 * HOUR):
        waste_goods(market.manager, slug, 1, Waste("damaged"))
    return slug


def test_why_it_is_47(market: Market, slug: str) -> None:
    with clock.frozen(BEGIN + 11 * HOUR):
        story = explain_stock(market.manager, slug)
    assert story.text == (
        "47 = 60 received on 3 Nov 2026 − 12 sold in 9 orders − 1 wasted (damaged) on 3 Nov 2026"
    )
    assert sum(part.delta for part in story.parts) == story.on_hand == 47
    assert [part.movements for part in story.parts] == [1, 9, 1]


@pytest.mark.parametrize(
    ("hours", "text"),
    [
        (-1, "0: nothing was booked yet."),
        (0, "60 = 60 received on 3 Nov 2026"),
        (1, "59 = 60 received on 3 Nov 2026 − 1 sold in 1 order"),
        (9, "48 = 60 received on 3 Nov 2026 − 12 sold in 9 orders"),
    ],
)
def test_what_it_was_at_a_moment(market: Market, slug: str, hours: int, text: str) -> None:
    with clock.frozen(LATER):
        assert explain_stock(market.manager, slug, BEGIN + hours * HOUR).text == text


def test_nobody_knows_what_it_will_be(market: Market, slug: str) -> None:
    with clock.frozen(LATER):
        asked, now = (explain_stock(market.manager, slug, at) for at in (LATER + HOUR, None))
    assert (asked.at, asked.on_hand) == (LATER, 47)
    assert asked == now


def test_every_kind_of_movement_has_its_words(market: Market, slug: str) -> None:
    other, buyer = market.sell("Tin", stock=0), make_actor("customer")
    lines = order_lines(buyer, (slug, 2))
    with clock.frozen(BEGIN + 30 * HOUR):
        take_for_lines(buyer, lines)
        give_back_for_lines(SYSTEM, lines)
        transfer_goods(market.manager, slug, 5, Transfer(other))
        adjust_stock(market.manager, slug, -3, "count")
        adjust_stock(market.manager, slug, 1, "count")
        track_lots(market.manager, slug, True)
        receive_goods(market.manager, other, 1000)
        assert explain_level(slug).text == (
            "40 = 60 received on 3 Nov 2026 − 14 sold in 10 orders "
            "− 1 wasted (damaged) on 3 Nov 2026 + 2 returned of 1 order "
            "− 5 sent to another shelf on 4 Nov 2026 − 3 corrected away on 4 Nov 2026 "
            "+ 1 corrected on 4 Nov 2026"
        )
        assert explain_level(other).text == (
            "1005 = 5 come from another shelf on 4 Nov 2026 + 1000 received on 4 Nov 2026"
        )


def test_goods_by_weight_are_told_by_weight(market: Market) -> None:
    slug = market.sell("Rice", stock=1350, unit="g")
    with clock.frozen(BEGIN):
        receive_goods(market.manager, slug, 650)
        story = explain_stock(market.manager, slug)
    assert story.text == "2 kg = 2 kg received in 2 deliveries"


def test_a_long_story_says_from_when_to_when(market: Market, slug: str) -> None:
    for days in (1, 9):
        with clock.frozen(BEGIN + timedelta(days=days)):
            receive_goods(market.manager, slug, 600)
            assert explain_stock(market.manager, slug).on_hand > 600
    with clock.frozen(LATER):
        text = explain_stock(market.manager, slug, BEGIN + timedelta(days=9)).text
    assert "1260 received in 3 deliveries from 3 Nov 2026 to 12 Nov 2026" in text


def test_a_stranger_is_told_nothing(market: Market, slug: str) -> None:
    with pytest.raises(NotFound):
        explain_stock(market.stranger, slug)
    with pytest.raises(NotFound):
        explain_level("nowhere")


@pytest.mark.parametrize(
    ("at", "begins"),
    [("2026-11-03T01:30", "60 = "), ("2026-11-02T20:00+00:00", "60 = "), ("2026-11-03", "0:")],
)
def test_the_command_says_the_same(
    market: Market, slug: str, settings: Any, at: str, begins: str
) -> None:
    """A moment without a zone is one in the shop's (Asia/Kolkata)."""
    with clock.frozen(LATER):
        told = CliRunner().invoke(cli.stock, ["explain", slug, "--at", at], obj=settings)
    assert told.exit_code == 0, told.output
    assert told.output.startswith(begins)


def test_a_moment_that_is_none(market: Market, slug: str, settings: Any) -> None:
    told = CliRunner().invoke(cli.stock, ["explain", slug, "--at", "noon"], obj=settings)
    assert told.exit_code == 2
    assert "2026-11-03T18:00" in told.output
