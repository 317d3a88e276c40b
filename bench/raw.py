"""What the same work costs without the shop: its statements, or the hash, and nothing else."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy import event

from bench import orders
from bench.load import Call, Unit
from bench.scenarios import Scenario, Stage, forget_caches
from bench.servers import DATABASES
from kirana.accounts.passwords import hash_password, matches
from kirana.demo.people import PASSWORD
from kirana.platform import db, freshness
from kirana.platform.config import Settings
from tests.cart.counting import CONTROL

REPEATS = 200
LONGEST_SECONDS = 5.0
HASHES = 20
ORDERS = 40
Sent = tuple[str, Any, bool]


@contextmanager
def recorded() -> Iterator[list[Sent]]:
    """What the driver is given inside the block: text, parameters, whether they are many."""
    found: list[Sent] = []

    def keep(_c: Any, _cursor: Any, sql: str, values: Any, _context: Any, many: bool) -> None:
        found.append((sql, values, many))

    engine = db.engine()
    event.listen(engine, "before_cursor_execute", keep)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", keep)


def answers_of(client: Any, unit: Unit) -> list[Any]:
    """The answers of the shop in this process. RuntimeError for a refusal."""
    found = [_send(client, call) for call in unit]
    bad = [answer for answer in found if answer.status_code not in (200, 201)]
    if bad:
        raise RuntimeError(f"{bad[0].status_code}: {bad[0].get_data(as_text=True)[:300]}")
    return found


def _send(client: Any, call: Call) -> Any:
    headers = dict(call.headers)
    kind = "application/json" if call.method != "GET" else None
    return client.open(
        call.path, method=call.method, data=call.body, headers=headers, content_type=kind
    )


def statements_of(app: Any, scenario: Scenario, stage: Stage) -> tuple[list[Sent], bytes]:
    """What one unit sends to the database, and the body of its last answer."""
    client = app.test_client(use_cookies=False)
    units = scenario.make(stage, 1)
    answers_of(client, units[0])
    unit = units[-1] if len(units) > 1 else scenario.make(stage, 1)[0]
    if scenario.is_cold:
        forget_caches()
        freshness.forget()
        freshness.current()
    with recorded() as sent:
        answers = answers_of(client, unit)
    return sent, answers[-1].data


def count(sent: list[Sent]) -> int:
    """Statements, transaction control left out."""
    return sum(not sql.startswith(CONTROL) for sql, _, _ in sent)


def cost_ms(scenario: Scenario, sent: list[Sent], kind: str, settings: Settings) -> float | None:
    """Processor time of this process for the same work done raw; None where that is nothing."""
    if scenario.raw == "statements":
        return _cpu_ms(lambda: _replay(sent), REPEATS)
    if scenario.raw == "hash":
        hashed = hash_password(PASSWORD)
        return _cpu_ms(lambda: matches(hashed, PASSWORD), HASHES)
    return _order_ms(kind, settings) if scenario.raw == "order" else None


def _replay(sent: list[Sent]) -> None:
    """Send the statements again on the pooled driver, as one transaction if they were one."""
    with db.engine().connect() as connection:
        driver: Any = connection.connection.dbapi_connection
        writes = any(sql.startswith(("BEGIN", "INSERT", "UPDATE", "DELETE")) for sql, _, _ in sent)
        if not writes and db.engine().dialect.name == "postgresql":
            driver.autocommit = True
        cursor = driver.cursor()
        for sql, values, many in sent:
            (cursor.executemany if many else cursor.execute)(sql, values)
            if not many and cursor.description is not None:
                cursor.fetchall()
        if writes:
            driver.commit()
        elif db.engine().dialect.name == "postgresql":
            driver.autocommit = False
        cursor.close()


def _order_ms(kind: str, settings: Settings) -> float:
    """An order sent raw, in a small shop of its own; ``bench.orders`` tells how."""
    with DATABASES[kind]() as database:
        small = orders.furnish(database.url, ORDERS, 1)
        plan = orders.Plan(small, 1, 1, ORDERS, hot=False)
        plan = replace(plan, recording=orders.Worker(plan, 0).record())
        worker = orders.Worker(plan, 0)
        taken = _cpu_ms(worker.by_hand(worker.fill(ORDERS)), 1) / ORDERS
        orders.connect(settings)
        return taken


def _cpu_ms(act: Callable[[], object], times: int) -> float:
    """Of one act: of ``times``, or of as many as are done in some seconds."""
    begun, done, ends = time.process_time(), 0, time.perf_counter() + LONGEST_SECONDS
    while done < times and (not done or time.perf_counter() < ends):
        act()
        done += 1
    return 1000 * (time.process_time() - begun) / done
