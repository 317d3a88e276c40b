"""What is bought together: counted over customers, shown from five on, by any number of workers."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, update

from kirana import check
from kirana.catalog.services.products import hide_product
from kirana.orders.models import Order
from kirana.pairs import services
from kirana.pairs.models import FEWEST_CUSTOMERS, ProductPair
from kirana.pairs.queries import list_companions
from kirana.platform import clock, probes
from kirana.platform.config import Settings
from kirana.platform.db import verb
from kirana.platform.schedule import JobRun
from tests.accounts.people import rows
from tests.cart.goods import make_person, make_product
from tests.races.scenes import Counter, open_counter
from tests.races.threads import at_once, raised
from tests.reviews.speaking import have

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def _by_night() -> Iterator[None]:
    """Orders are placed now, and now it is night in the shop."""
    night = clock.utc_now().replace(hour=0, minute=30)  # six in the morning in India
    with clock.frozen(night.astimezone(UTC)):
        yield
    probes.clear_probes()


def bought_together(at: Counter, *slugs: str, customers: int, to: str = "completed") -> None:
    for _ in range(customers):
        have(make_person(), at.staff, *slugs, to=to)


def companions(slug: str) -> list[tuple[str, int]]:
    return [(each.item.slug, each.customers) for each in list_companions(slug)]


def test_five_customers_make_a_pair_and_four_do_not(settings: Settings) -> None:
    at = open_counter(100)
    bread, tea = make_product(at.store, 100), make_product(at.store, 100)
    bought_together(at, at.milk, bread, customers=FEWEST_CUSTOMERS)
    bought_together(at, at.milk, tea, customers=FEWEST_CUSTOMERS - 1)
    faithful = make_person()
    for _ in range(6):
        have(faithful, at.staff, bread, tea)
    assert services.count_night(settings) is True
    assert companions(at.milk) == [(bread, 5)]
    assert companions(bread) == [(at.milk, 5)]
    assert companions(tea) == []
    assert {row.customers for row in rows(ProductPair)} == {5}
    assert check.run() == []


def test_what_did_not_come_or_is_old_does_not_count(settings: Settings) -> None:
    at = open_counter(100)
    bread = make_product(at.store, 100)
    bought_together(at, at.milk, bread, customers=4)
    bought_together(at, at.milk, bread, customers=3, to="packed")
    services.count_all(settings)
    assert companions(at.milk) == []
    bought_together(at, at.milk, bread, customers=3)
    services.count_all(settings)
    assert companions(at.milk) == [(bread, 7)]
    _age_orders(clock.utc_now() - timedelta(days=200))
    services.count_all(settings)
    assert rows(ProductPair) == []
    services.count_all(replace(settings, pair_months=12))
    assert companions(at.milk) == [(bread, 7)]


@verb
def _age_orders(connection: Connection, moment: datetime) -> None:
    connection.execute(update(Order).values(placed_at=moment))


def test_most_customers_come_first_and_only_what_is_on_sale(settings: Settings) -> None:
    at = open_counter(200)
    bread, tea, jam = (make_product(at.store, 100) for _ in range(3))
    bought_together(at, at.milk, bread, customers=5)
    bought_together(at, at.milk, tea, jam, customers=6)
    services.count_all(settings)
    assert companions(at.milk) == [(tea, 6), (jam, 6), (bread, 5)]
    hide_product(at.staff, tea)
    assert companions(at.milk) == [(jam, 6), (bread, 5)]
    hide_product(at.staff, at.milk)
    assert companions(at.milk) == []


def test_it_is_counted_by_parts_once_a_night(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "PART", 1)
    at = open_counter(100)
    bread = make_product(at.store, 100)
    bought_together(at, at.milk, bread, customers=5)
    outcomes = at_once([lambda: services.count_night(settings)] * 4)
    assert raised(outcomes) == []
    assert sorted(outcomes) == [False, False, False, True]
    assert services.count_night(settings) is False
    [run] = rows(JobRun)
    assert (run.name, run.finished_at is not None) == (services.NAME, True)
    assert companions(at.milk) == [(bread, 5)]


def test_by_day_nothing_is_counted(settings: Settings) -> None:
    with clock.frozen(clock.utc_now().replace(hour=19, minute=0)):  # half past midnight there
        assert services.count_night(settings) is False
    assert rows(JobRun) == []


class Killed(BaseException):
    """Stands for kill -9 of the worker."""


def test_another_goes_on_where_one_was_killed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "PART", 1)
    at = open_counter(100)
    bread = make_product(at.store, 100)
    bought_together(at, at.milk, bread, customers=5)
    parts = iter([None, Killed])

    def die() -> None:
        if next(parts, None) is Killed:
            raise Killed

    probes.set_probe("pairs.counted", die)
    with pytest.raises(Killed):
        services.count_night(settings)
    [run] = rows(JobRun)
    assert run.cursor > 0
    assert services.count_night(settings) is False  # somebody may be at it still
    with clock.frozen(clock.utc_now() + services.LOST_AFTER + timedelta(minutes=1)):
        assert services.count_night(settings) is True
    assert companions(at.milk) == [(bread, 5)]


def _write_anyhow(_night: str, part: tuple[int, int], rows: Any) -> int:
    """The mutant: does not ask whether the night is still where it was seen."""
    services._replace(*part, rows)
    return part[1]


@pytest.mark.parametrize("is_guarded", [True, False])
def test_who_is_slow_and_taken_over_writes_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, is_guarded: bool
) -> None:
    """Two at the same part: the cursor lets one of them write. Without it both do."""
    if not is_guarded:
        monkeypatch.setattr(services, "_write", _write_anyhow)
    at = open_counter(100)
    bread = make_product(at.store, 100)
    bought_together(at, at.milk, bread, customers=5)
    written: list[Any] = []
    replacing = services._replace
    monkeypatch.setattr(
        services, "_replace", lambda *part: (written.append(part), replacing(*part))
    )
    later = clock.utc_now() + services.LOST_AFTER + timedelta(minutes=1)
    rival: list[bool] = []

    def overtake() -> None:
        probes.clear_probes()
        thread = threading.Thread(target=_count_at, args=(later, settings, rival))
        thread.start()
        thread.join(20)

    probes.set_probe("pairs.counted", overtake)
    assert services.count_night(settings) is False
    assert len(written) == (1 if is_guarded else 2)
    assert rival == [is_guarded]


def _count_at(moment: datetime, settings: Settings, told: list[bool]) -> None:
    with clock.frozen(moment):
        told.append(services.count_night(settings))


def test_the_api_says_by_how_many(client: Any, settings: Settings) -> None:
    at = open_counter(100)
    bread = make_product(at.store, 100)
    bought_together(at, at.milk, bread, customers=5)
    services.count_all(settings)
    told = client.get(f"/api/v1/products/{at.milk}/companions")
    assert told.status_code == 200
    assert [(x["product"]["slug"], x["customers"]) for x in told.json["items"]] == [(bread, 5)]
    assert client.get("/api/v1/products/none/companions").status_code == 404
    page = client.get(f"/products/{at.milk}").text
    assert "Often bought together" in page
    assert "by 5 customers" in page
