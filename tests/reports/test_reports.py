"""Each customer gets each month once, with the figures that plain SQL gives."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Connection, delete, select, text, update

from kirana.platform import clock
from kirana.platform.config import Settings
from kirana.platform.db import query, verb
from kirana.platform.errors import Forbidden
from kirana.platform.outbox import Outbox
from kirana.platform.schedule import JobRun
from kirana.reports import queries, services
from kirana.reports.cli import report
from kirana.reports.errors import MonthNotOver
from kirana.reports.models import ReportDelivery
from tests.jobs.rows import actor_of, add_account, add_category, add_order, add_product, add_store

OCTOBER = "2026-10"
MID_OCTOBER = datetime(2026, 10, 15, 12, 0, tzinfo=UTC)
# Every zone has left October for a good while.
AFTER = datetime(2026, 11, 2, 0, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _database(database: Any) -> None:
    pass


@query
def deliveries(connection: Connection, period: str = OCTOBER) -> list[tuple[int, str]]:
    find = select(ReportDelivery.account_id, ReportDelivery.period)
    rows = connection.execute(
        find.where(ReportDelivery.period == period).order_by(ReportDelivery.account_id)
    )
    return [tuple(row) for row in rows]


@query
def outbox_keys(connection: Connection) -> list[str]:
    return list(connection.execute(select(Outbox.dedupe_key).order_by(Outbox.dedupe_key)).scalars())


@query
def figures(connection: Connection, account_id: int, period: str = OCTOBER) -> Any:
    return queries.figures_of(period, [account_id], "INR")[account_id]


def run(settings: Settings, period: str = OCTOBER, at: datetime = AFTER) -> int:
    with clock.frozen(at):
        return services.run_month(period, settings)


def test_figures_of_a_month(settings: Settings) -> None:
    store = add_store("corner")
    add_category("Dairy")
    milk = add_product(store, "Milk", category="Dairy", price_minor=6000, size_text="1 l")
    rice = add_product(
        store, "Rice", unit="g", price_per=1000, increment=50, minimum=100, price_minor=8000
    )
    asha = add_account("asha@shop.example")
    first = datetime(2026, 10, 3, 6, 0, tzinfo=UTC)
    add_order(asha, store, first, [(milk, 2), (rice, 1500)], delivery=4000)
    add_order(asha, store, MID_OCTOBER, [(milk, 3)])
    add_order(asha, store, MID_OCTOBER, [(milk, 9)], status="cancelled")
    add_order(asha, store, datetime(2026, 9, 30, 6, 0, tzinfo=UTC), [(milk, 1)])
    add_order(add_account("b@shop.example"), store, MID_OCTOBER, [(milk, 7)])
    found = figures(asha)
    assert (found.orders, found.items) == (2, 6)
    assert found.spend_minor == 5 * 6000 + 12000 + 4000
    assert found.before_minor == 6000
    assert [(part.name, part.spend_minor) for part in found.categories] == [
        ("Dairy", 30000), ("Pantry", 12000),
    ]  # fmt: skip
    assert [(item.title, item.pieces, item.spend_minor) for item in found.most_bought] == [
        ("Milk", 5, 30000), ("Rice", 1, 12000),
    ]  # fmt: skip
    assert [week.spend_minor for week in found.weeks] == [28000, 0, 18000, 0]
    assert [(week.first, week.last) for week in found.weeks][-1] == (22, 31)


@pytest.mark.parametrize(
    ("zone", "begins", "ends"),
    [
        ("Asia/Kolkata", "2026-09-30T18:30:00", "2026-10-31T18:30:00"),
        # Summer time ends on 25 October: the month is an hour longer.
        ("Europe/Berlin", "2026-09-30T22:00:00", "2026-10-31T23:00:00"),
        # It begins on 4 October in the south.
        ("Australia/Sydney", "2026-09-30T14:00:00", "2026-10-31T13:00:00"),
        ("Pacific/Kiritimati", "2026-09-30T10:00:00", "2026-10-31T10:00:00"),
        ("America/St_Johns", "2026-10-01T02:30:00", "2026-11-01T02:30:00"),
        ("UTC", "2026-10-01T00:00:00", "2026-11-01T00:00:00"),
    ],
)
def test_a_month_is_cut_in_the_stores_own_zone(zone: str, begins: str, ends: str) -> None:
    store = add_store("corner", zone)
    milk = add_product(store, "Milk")
    asha = add_account("asha@shop.example")
    second = timedelta(seconds=1)
    start = datetime.fromisoformat(begins + "+00:00")
    end = datetime.fromisoformat(ends + "+00:00")
    for moment, quantity in ((start - second, 1), (start, 10), (end - second, 100), (end, 1000)):
        add_order(asha, store, moment, [(milk, quantity)])
    assert figures(asha).items == 110
    assert figures(asha, "2026-09").items == 1
    assert figures(asha, "2026-11").items == 1000


def test_one_moment_lies_in_two_months_of_two_stores() -> None:
    berlin, tonga = add_store("b", "Europe/Berlin"), add_store("t", "Pacific/Tongatapu")
    asha = add_account("asha@shop.example")
    moment = datetime(2026, 10, 31, 12, 0, tzinfo=UTC)
    add_order(asha, berlin, moment, [(add_product(berlin, "Here"), 1)])
    add_order(asha, tonga, moment, [(add_product(tonga, "There"), 1)])
    assert [item.title for item in figures(asha).most_bought] == ["Here"]
    assert [item.title for item in figures(asha, "2026-11").most_bought] == ["There"]


def test_every_order_lies_in_exactly_one_month() -> None:
    zones = ("Asia/Kolkata", "America/New_York", "Pacific/Apia")
    stores = [add_store(f"s{number}", zone) for number, zone in enumerate(zones)]
    products = [add_product(store, "Milk") for store in stores]
    asha = add_account("asha@shop.example")
    moment = datetime(2026, 8, 31, 0, 0, tzinfo=UTC)
    for number in range(90):
        shop = number % 3
        add_order(asha, stores[shop], moment, [(products[shop], 1)])
        moment += timedelta(hours=23, minutes=17)
    months = ("2026-08", "2026-09", "2026-10", "2026-11")
    assert sum(figures(asha, month).orders for month in months) == 90


def test_who_gets_a_report(settings: Settings) -> None:
    add_store("corner")
    active = add_account("a@shop.example")
    add_account("b@shop.example", status="suspended")
    add_account("c@shop.example", status="closed")
    add_account("d@shop.example", wants_report=False)
    add_account("e@shop.example", "manager")
    add_account("f@shop.example", "admin")
    assert run(settings) == 1
    assert deliveries() == [(active, OCTOBER)]
    assert outbox_keys() == [f"report:{active}:{OCTOBER}"]


def test_nobody_gets_a_report_of_a_month_before_they_came(settings: Settings) -> None:
    add_store("corner", "Asia/Kolkata")
    ended = datetime(2026, 10, 31, 18, 30, tzinfo=UTC)
    just = add_account("just@shop.example", created_at=ended - timedelta(seconds=1))
    add_account("late@shop.example", created_at=ended)
    with clock.frozen(AFTER):
        printed = CliRunner().invoke(
            report, ["monthly", "--month", OCTOBER, "--dry-run"], obj=settings
        )
    assert [line.split()[0] for line in printed.output.splitlines() if "@" in line] == [
        "just@shop.example"
    ]
    assert run(settings) == 1
    assert deliveries() == [(just, OCTOBER)]


@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_the_command_waits_for_the_end_of_the_month(
    settings: Settings, more: tuple[str, ...]
) -> None:
    add_store("corner")
    words = ["monthly", "--month", "2026-11", *more]
    with clock.frozen(AFTER):
        told = CliRunner().invoke(report, words, obj=settings)
    assert isinstance(told.exception, MonthNotOver)
    assert told.output == ""


def test_an_empty_month_is_a_setting(settings: Settings) -> None:
    store = add_store("corner")
    add_account("idle@shop.example")
    busy = add_account("busy@shop.example")
    add_order(busy, store, MID_OCTOBER, [(add_product(store, "Milk"), 1)])
    assert run(replace(settings, report_empty_months=False)) == 1
    assert deliveries() == [(busy, OCTOBER)]


def test_a_second_run_owes_nothing(settings: Settings) -> None:
    add_store("corner")
    add_account("a@shop.example")
    assert [run(settings), run(settings)] == [1, 0]
    assert len(outbox_keys()) == 1


def test_two_runs_at_once_owe_each_report_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "PAGE", 3)
    add_store("corner")
    people = [add_account(f"c{number}@shop.example") for number in range(20)]
    start, owed = threading.Barrier(3), []

    def beat() -> None:
        start.wait()
        owed.append(run(settings))

    threads = [threading.Thread(target=beat) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(owed) == 20
    assert deliveries() == [(person, OCTOBER) for person in people]
    assert len(outbox_keys()) == 20


def test_the_unique_key_alone_stops_a_second_report(settings: Settings) -> None:
    """Two beats that share no cursor: the run's row is gone, the deliveries are not."""
    add_store("corner")
    add_account("a@shop.example")
    assert run(settings) == 1
    _forget_runs()
    assert run(settings) == 0
    assert len(outbox_keys()) == 1


def test_a_run_that_was_lost_goes_on_at_its_page(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "PAGE", 2)
    add_store("corner")
    people = [add_account(f"c{number}@shop.example") for number in range(5)]
    asked: list[int] = []
    read = queries.customers_after

    def lose_the_third_page(cursor: int, limit: int, period: str) -> Any:
        asked.append(cursor)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return read(cursor, limit, period)

    with monkeypatch.context() as patch:
        patch.setattr(queries, "customers_after", lose_the_third_page)
        with pytest.raises(KeyboardInterrupt):
            run(settings)
    assert deliveries() == [(person, OCTOBER) for person in people[:4]]
    with clock.frozen(AFTER):
        assert OCTOBER in services.due_months()
        services.run_due(settings)
    assert deliveries() == [(person, OCTOBER) for person in people]


class TestSchedule:
    def test_it_waits_for_the_last_zone_and_the_cut_off(self, settings: Settings) -> None:
        add_store("east", "Asia/Kolkata")
        add_store("west", "America/Los_Angeles")
        ended = datetime(2026, 11, 1, 7, 0, tzinfo=UTC)
        early = ended + timedelta(minutes=4, seconds=59)
        with clock.frozen(early):
            assert OCTOBER not in services.due_months()
        with pytest.raises(MonthNotOver):
            run(settings, at=early)
        with clock.frozen(ended + timedelta(minutes=5)):
            assert OCTOBER in services.due_months()

    def test_a_zone_ahead_of_utc_is_served_on_its_own_first(self) -> None:
        add_store("line", "Pacific/Kiritimati")
        with clock.frozen(datetime(2026, 10, 31, 10, 5, tzinfo=UTC)):
            assert services.due_months()[-1] == OCTOBER

    def test_three_missed_months_are_caught_up_oldest_first(self, settings: Settings) -> None:
        add_store("corner")
        add_account("a@shop.example")
        with clock.frozen(AFTER):
            assert services.due_months() == ["2026-08", "2026-09", "2026-10"]
            assert services.run_due(settings) == 3
            assert services.due_months() == []
        with clock.frozen(AFTER + timedelta(days=30)):
            assert services.due_months() == ["2026-11"]

    def test_no_report_for_a_month_before_the_shop(self) -> None:
        add_store("new")
        _set_store_age(datetime(2026, 10, 20, tzinfo=UTC))
        with clock.frozen(AFTER):
            assert services.due_months() == [OCTOBER]

    def test_without_a_store_nothing_is_due(self) -> None:
        with clock.frozen(AFTER):
            assert services.due_months() == []


def test_the_admins_trigger(settings: Settings) -> None:
    add_store("corner")
    add_account("a@shop.example")
    admin = actor_of(add_account("admin@shop.example", "admin"))
    with clock.frozen(AFTER):
        assert services.request_month(admin, OCTOBER).state == "running"
        services.run_month(OCTOBER, settings)
        again = services.request_month(admin, OCTOBER)
        assert (again.state, again.reports) == ("done", 1)
        with pytest.raises(MonthNotOver):
            services.request_month(admin, "2026-11")
        for role in ("customer", "manager"):
            with pytest.raises(Forbidden):
                services.request_month(actor_of(add_account(f"{role}@shop.example", role)), OCTOBER)


PLAIN_SQL = """
SELECT a.email,
       COUNT(o.id),
       COALESCE(SUM((SELECT SUM(CASE l.unit WHEN 'each' THEN l.quantity ELSE 1 END)
                     FROM order_line l WHERE l.order_id = o.id)), 0),
       COALESCE(SUM(o.total_minor), 0)
FROM account a
LEFT JOIN "order" o ON o.account_id = a.id AND o.status <> 'cancelled'
     AND o.placed_at >= :start AND o.placed_at < :end
WHERE a.role = 'customer'
GROUP BY a.email ORDER BY MIN(a.id)
"""


@query
def _by_plain_sql(connection: Connection) -> list[tuple[str, int, int, int]]:
    # October in India, written down by hand.
    bounds = {"start": "2026-09-30 18:30:00", "end": "2026-10-31 18:30:00"}
    if connection.dialect.name == "postgresql":
        bounds = {name: f"{moment}+00" for name, moment in bounds.items()}
    return [(row[0], *map(int, row[1:])) for row in connection.execute(text(PLAIN_SQL), bounds)]


def test_the_dry_run_prints_what_plain_sql_says(settings: Settings) -> None:
    store = add_store("corner")
    milk = add_product(store, "Milk", price_minor=6050)
    rice = add_product(
        store, "Rice", unit="g", price_per=1000, increment=50, minimum=100, price_minor=8000
    )
    people = [add_account(f"c{number}@shop.example") for number in range(4)]
    moment = datetime(2026, 9, 28, 18, 29, tzinfo=UTC)
    for number in range(80):
        status = "cancelled" if number % 7 == 0 else "placed"
        lines = [(milk, 1 + number % 3), (rice, 100 + 50 * number)]
        add_order(people[number % 3], store, moment, lines, status=status, delivery=number)
        moment += timedelta(hours=10, minutes=31)
    arguments = ["monthly", "--month", OCTOBER, "--dry-run"]
    with clock.frozen(AFTER):
        printed = CliRunner().invoke(report, arguments, obj=settings)
    assert printed.exit_code == 0, printed.output
    rows = [line.split() for line in printed.output.splitlines() if "@" in line]
    expected = [
        [email, str(orders), str(items), f"{spend // 100}.{spend % 100:02}"]
        for email, orders, items, spend in _by_plain_sql()
    ]
    assert rows == expected
    assert sum(int(row[1]) for row in rows) > 40
    assert outbox_keys() == []


def test_the_command_sends_and_refuses(settings: Settings) -> None:
    add_store("corner")
    add_account("a@shop.example")
    with clock.frozen(AFTER):
        sent = CliRunner().invoke(report, ["monthly", "--month", OCTOBER], obj=settings)
    assert "1 reports" in sent.output
    assert len(outbox_keys()) == 1
    wrong = CliRunner().invoke(report, ["monthly", "--month", "2026-13"], obj=settings)
    assert wrong.exit_code == 2


@verb
def _forget_runs(connection: Connection) -> None:
    connection.execute(delete(JobRun))


@verb
def _set_store_age(connection: Connection, created_at: datetime) -> None:
    stores = queries.Store
    connection.execute(update(stores).values(created_at=created_at))


def test_figures_are_kept_as_they_were_mailed(settings: Settings) -> None:
    store = add_store("corner")
    asha = add_account("asha@shop.example")
    order = add_order(asha, store, MID_OCTOBER, [(add_product(store, "Milk"), 2)])
    run(settings)
    with clock.frozen(AFTER):
        _cancel(order)
    (row,) = _stored()
    assert queries.get_figures(row).items == 2
    assert figures(asha).items == 0


@query
def _stored(connection: Connection) -> list[int]:
    return list(connection.execute(select(ReportDelivery.id)).scalars())


@verb
def _cancel(connection: Connection, order_id: int) -> None:
    orders = queries.Order
    connection.execute(update(orders).where(orders.id == order_id).values(status="cancelled"))
