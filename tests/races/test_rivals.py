"""A rival at the worst moment: nothing goes wrong. Without the guards it does, every time.

Each race is run three times: the rival's whole deed comes between what the first has seen and
their own deed; it comes in at a named point amid their transaction; and the same with every layer
of the guard taken out, which shows that the race can be lost.
"""

from collections.abc import Callable
from typing import NamedTuple

import pytest

from kirana import check
from kirana.platform.errors import ShopError
from tests.machinery.databases import Database
from tests.races import catalogue_scenes, hold_scenes, mutants, scenes, voice_scenes
from tests.races.mutants import Mutant
from tests.races.rivals import Met, meet, outcome
from tests.races.scenes import Scene
from tests.races.threads import repeated


class Race(NamedTuple):
    """Who meets, where the rival comes in, and how every guard is taken out."""

    prepare: Callable[[], Scene]
    place: str
    unguard: Mutant


RACES = (
    Race(scenes.two_buyers_of_the_last_unit, "stock.before_take", mutants.looks_then_takes),
    Race(scenes.one_key_twice, "cart.before_move", mutants.looks_then_hands_in),
    Race(scenes.two_keys_for_one_basket, "cart.before_move", mutants.looks_then_hands_in),
    Race(
        scenes.a_line_added_while_the_basket_is_ordered, "cart.locked", mutants.without_locks
    ),
    Race(scenes.a_merge_while_the_basket_is_ordered, "cart.merging", mutants.without_locks),
    Race(scenes.another_price_than_was_seen, "checkout.begun", mutants.takes_any_price),
    Race(scenes.a_product_archived, "stock.before_take", mutants.looks_then_takes),
    Race(scenes.a_customer_suspended, "checkout.begun", mutants.asks_nobody_for_the_account),
    Race(scenes.a_customer_suspended, "stock.before_take", mutants.asks_nobody_for_the_account),
    Race(scenes.the_category_deleted, "checkout.begun", mutants.deletes_without_looking),
    Race(
        scenes.a_product_made_in_a_category_deleted, "product.category_found",
        mutants.without_locks,
    ),
    Race(scenes.goods_received_while_selling, "stock.locked", mutants.without_locks),
    Race(scenes.stock_counted_while_selling, "stock.locked", mutants.without_locks),
    Race(
        catalogue_scenes.a_planned_price_while_it_is_ordered, "checkout.begun",
        mutants.takes_any_price,
    ),
    Race(
        catalogue_scenes.a_planned_price_applied_twice, "planned_price.seen",
        catalogue_scenes.applies_what_was_seen,
    ),
    Race(
        catalogue_scenes.a_planned_price_called_off_while_it_comes_true, "planned_price.seen",
        catalogue_scenes.asks_nobody_for_the_plan,
    ),
    Race(catalogue_scenes.a_product_published_twice, "publication.seen", mutants.without_locks),
    Race(catalogue_scenes.two_moves_into_each_other, "category.tree_seen", mutants.without_locks),
    Race(
        scenes.a_category_approved_twice, "category_request.locked",
        mutants.makes_the_same_category_again,
    ),
    Race(
        scenes.a_category_approved_and_rejected, "category_request.locked", mutants.without_locks
    ),
    Race(
        scenes.a_manager_approved_twice, "application.before_deciding", mutants.looks_then_decides
    ),
    Race(
        scenes.a_manager_approved_and_rejected, "application.before_deciding",
        mutants.looks_then_decides,
    ),
    Race(scenes.an_order_cancelled_twice, "order.locked", mutants.cancels_again),
    Race(scenes.an_order_cancelled_and_handed_over, "order.locked", mutants.moves_money_anyhow),
    Race(scenes.two_devices_sign_in, "cart.merging", mutants.without_locks),
    Race(
        hold_scenes.two_starts_for_the_last_unit, "stock.before_hold",
        hold_scenes.keeps_without_asking,
    ),
    Race(
        hold_scenes.a_product_archived_while_it_is_kept, "stock.before_hold",
        hold_scenes.keeps_without_asking,
    ),
    Race(
        hold_scenes.a_customer_suspended_while_they_start, "stock.before_hold",
        mutants.asks_nobody_for_the_account,
    ),
    Race(
        hold_scenes.a_lapsed_hold_that_another_takes_while_it_is_ordered, "stock.before_take",
        mutants.looks_then_takes,
    ),
    Race(
        hold_scenes.the_sweep_while_a_lapsed_hold_is_ordered, "stock.holds_seen",
        hold_scenes.ends_what_was_seen,
    ),
    Race(
        hold_scenes.the_sweep_while_another_buys, "stock.holds_seen",
        hold_scenes.ends_what_was_seen,
    ),
    Race(voice_scenes.one_review_twice, "review.before_insert", mutants.without_locks),
    Race(voice_scenes.a_review_shown_twice, "review.locked", mutants.without_locks),
    Race(voice_scenes.a_review_shown_and_refused, "review.locked", mutants.without_locks),
    Race(
        voice_scenes.a_review_answered_twice, "review.before_answer", voice_scenes.answers_again
    ),
    Race(voice_scenes.one_line_added_by_two, "list.before_line", mutants.without_locks),
    Race(voice_scenes.the_last_place_on_a_list, "list.before_line", mutants.without_locks),
    Race(voice_scenes.the_last_favourite, "lists.keeper_locked", mutants.without_locks),
    Race(
        voice_scenes.a_link_revoked_while_it_is_used, "list.locked",
        voice_scenes.believes_a_link_for_ever,
    ),
)  # fmt: skip
every_race = pytest.mark.parametrize(
    "race", RACES, ids=[f"{race.prepare.__name__}-{race.place}" for race in RACES]
)


@repeated
@every_race
@pytest.mark.on_database("sqlite")
@pytest.mark.usefixtures("database")
def test_a_rival_just_before(race: Race, attempt: int) -> None:
    """All that a rival can do on SQLite; on PostgreSQL a case of the next."""
    scene = race.prepare()
    rival = outcome(scene.rival)
    assert_well(scene, Met(outcome(scene.act), rival, waited=False))


@repeated
@every_race
def test_a_rival_amid(race: Race, attempt: int, database: Database) -> None:
    scene = race.prepare()
    met = meet(scene.act, race.place, scene.rival)
    assert_well(scene, met)
    assert met.waited or database.kind == "postgresql", "SQLite lets one writer in at a time"


def assert_well(scene: Scene, met: Met) -> None:
    assert not scene.harm(met), met
    for found in (met.first, met.rival):
        assert isinstance(found, ShopError) or not isinstance(found, Exception), found
    assert check.run() == []


@repeated
@every_race
@pytest.mark.usefixtures("unguarded")
def test_a_rival_amid_without_guards(
    race: Race, attempt: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    race.unguard(monkeypatch)
    scene = race.prepare()
    met = meet(scene.act, race.place, scene.rival)
    assert scene.harm(met), met
