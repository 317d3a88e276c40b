"""Goods from one shelf to another: one transfer, two movements, both levels or none."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from kirana.accounts.permissions import rights_of
from kirana.platform import clock
from kirana.platform.access import Actor
from kirana.platform.errors import Forbidden, Invalid, NotFound
from kirana.platform.paging import PageQuery
from kirana.stock.errors import OutOfStock
from kirana.stock.services.tracking import track_lots
from kirana.stock.services.transfers import Transfer, transfer_goods
from kirana.stock.store_queries import list_movements
from tests.accounts.people import at_once
from tests.catalog.market import Market, ledger, level_row, make_actor, open_market
from tests.stock.lots import MIDNIGHT, MORNING, TODAY, books_agree, lots_of, sell_lots


@pytest.fixture
def market(database: object) -> Iterator[Market]:
    with clock.frozen(MORNING):
        yield open_market()


@pytest.fixture
def owner(market: Market) -> Actor:
    """Who works in both stores."""
    return make_actor("manager", *market.manager.stores, *market.stranger.stores)


@pytest.fixture
def elsewhere(market: Market) -> Market:
    """The same market as the manager of the other store sees it."""
    slug = "corner-" + str(int(market.store.partition("-")[2]) + 1)
    return replace(market, manager=market.stranger, stranger=market.manager, store=slug)


def test_what_leaves_one_shelf_arrives_on_the_other(
    market: Market, elsewhere: Market, owner: Actor
) -> None:
    here, there = market.sell("Rice", stock=10), elsewhere.sell("Rice", stock=1)
    left = transfer_goods(owner, here, 4, Transfer(there, "the other shop ran out"))
    assert (left.on_hand, level_row(there).on_hand) == (6, 5)
    assert ledger(here)[-1] == ("transferred", -4, 6)
    assert ledger(there)[-1] == ("transferred", 4, 5)
    ends = [list_movements(owner, slug, PageQuery(limit=1)).items[0] for slug in (here, there)]
    assert [end.cause for end in ends] == ["transfer", "transfer"]
    assert ends[0].transfer == ends[1].transfer
    assert {end.reason for end in ends} == {"the other shop ran out"}


def test_lots_travel_with_code_and_date_and_never_out_of_date(
    market: Market, elsewhere: Market, owner: Actor
) -> None:
    here = sell_lots(market, ("a", 3, TODAY), ("b", 5, None))
    there = sell_lots(elsewhere, ("b", 1, None))
    transfer_goods(owner, here, 4, Transfer(there))
    assert lots_of(here) == {"a": 0, "b": 4}
    assert lots_of(there) == {"b": 2, "a": 3}
    with clock.frozen(MIDNIGHT):
        with pytest.raises(Invalid):
            transfer_goods(owner, there, 1, Transfer(here, lot="a"))
        with pytest.raises(OutOfStock):
            transfer_goods(owner, there, 3, Transfer(here))
        transfer_goods(owner, there, 2, Transfer(here))
    assert lots_of(there) == {"b": 0, "a": 3}
    assert books_agree()


def test_a_lot_of_another_date_stops_the_whole_transfer(
    market: Market, elsewhere: Market, owner: Actor
) -> None:
    here, there = sell_lots(market, ("a", 3, TODAY)), sell_lots(elsewhere, ("a", 1, None))
    with pytest.raises(Invalid):
        transfer_goods(owner, here, 1, Transfer(there))
    assert (lots_of(here), lots_of(there)) == ({"a": 3}, {"a": 1})


def test_only_between_shelves_of_ones_own(market: Market, elsewhere: Market, owner: Actor) -> None:
    here, there = market.sell("Rice", stock=5), elsewhere.sell("Rice", stock=5)
    for actor, refusal in (
        (market.manager, NotFound), (market.stranger, NotFound), (make_actor("customer"), Forbidden)
    ):  # fmt: skip
        with pytest.raises(refusal):
            transfer_goods(actor, here, 1, Transfer(there))
    # Reading there is not enough.
    held = rights_of("manager", "active", {next(iter(market.stranger.stores)): "courier"}).stores
    with pytest.raises(NotFound):
        transfer_goods(replace(owner, stores={**owner.stores, **held}), here, 1, Transfer(there))
    assert [level_row(slug).on_hand for slug in (here, there)] == [5, 5]


def test_what_makes_no_sense_moves_nothing(market: Market, owner: Actor) -> None:
    rice, loose = market.sell("Rice", stock=5), market.sell("Loose", stock=5, unit="g")
    dated = market.sell("Dated", stock=5)
    track_lots(owner, dated, True)
    for slug, to, quantity, refusal in (
        (rice, rice, 1, Invalid),
        (rice, loose, 1, Invalid),
        (rice, dated, 1, Invalid),
        (dated, rice, 1, Invalid),
        (rice, dated, 0, Invalid),
        (rice, "nowhere", 1, NotFound),
        (rice, market.sell("Other", stock=0), 6, OutOfStock),
    ):
        with pytest.raises(refusal):
            transfer_goods(owner, slug, quantity, Transfer(to))
    assert [level_row(slug).on_hand for slug in (rice, loose, dated)] == [5, 5, 5]


def test_crossing_transfers_do_not_lock_each_other_out(market: Market, owner: Actor) -> None:
    one, two = market.sell("One", stock=20), market.sell("Two", stock=20)
    outcome = at_once(
        *[
            lambda pair=pair: transfer_goods(owner, pair[0], 1, Transfer(pair[1]))
            for pair in [(one, two), (two, one)] * 3
        ]
    )
    assert not [each for each in outcome if isinstance(each, BaseException)]
    assert (level_row(one).on_hand, level_row(two).on_hand) == (20, 20)
