"""Customers who order through the public API without a pause, and ask again when cut off."""

import http.client
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from kirana.platform.access import Actor
from tests.cart.goods import make_person, make_product, make_store
from tests.checkout.calling import bearer_of, order_body

UNITS, PRICE = 100_000, 5000
PAUSE = 0.05
# No customer waits longer than this for an answer that is not an outage.
PATIENCE = 60
CUT_OFF = 0
DONE = (200, 201)


@dataclass
class Customer:
    """One person with a shopping list of one thing, who wants it again and again."""

    port: int
    slug: str
    actor: Actor = field(default_factory=make_person)
    told: dict[str, str] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.token = bearer_of(self.actor)

    def shop_until(self, closing: threading.Event) -> None:
        while not closing.is_set():
            self._insist("PUT", f"/api/v1/cart/lines/{self.slug}", {"quantity": 1})
            key = f"{self.actor.account_id}-{len(self.told)}"
            group = self._insist("POST", "/api/v1/orders", order_body(PRICE), key)
            self.told[key] = group["orders"][0]["number"]

    def _insist(self, method: str, path: str, body: Any, key: str = "") -> Any:
        """The same request until it is answered; with the same key, if it has one."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            status, answer = self._ask(method, path, body, key)
            self.statuses[status] += 1
            if status in DONE:
                return answer
            time.sleep(PAUSE)
        raise TimeoutError(f"{method} {path}: {self.statuses}")

    def _ask(self, method: str, path: str, body: Any, key: str) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        headers = {
            "Host": "localhost", "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json", "Idempotency-Key": key,
        }  # fmt: skip
        try:
            connection.request(method, path, json.dumps(body), headers)
            reply = connection.getresponse()
            return reply.status, json.loads(reply.read())
        except (OSError, http.client.HTTPException):
            return CUT_OFF, None
        finally:
            connection.close()


class Storm:
    """A crowd of customers at one shop, for as long as the ``with`` block runs."""

    def __init__(self, port: int, size: int = 4) -> None:
        make_person("admin")
        store = make_store()
        self.goods = [make_product(store, UNITS) for _ in range(2)]
        self.customers = [Customer(port, self.goods[n % 2]) for n in range(size)]
        self._closing = threading.Event()
        self._faults: list[BaseException] = []
        self._threads = [
            threading.Thread(target=self._send, args=[each], daemon=True) for each in self.customers
        ]

    def __enter__(self) -> "Storm":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        for thread in self._threads:
            thread.join(PATIENCE)
        assert not any(thread.is_alive() for thread in self._threads), "a customer hangs"
        assert self._faults == []

    def _send(self, customer: Customer) -> None:
        try:
            customer.shop_until(self._closing)
        except BaseException as fault:
            self._faults.append(fault)

    @property
    def told(self) -> dict[str, str]:
        """The number that was told for each key."""
        return {key: number for each in self.customers for key, number in list(each.told.items())}

    @property
    def statuses(self) -> Counter[int]:
        return sum((each.statuses for each in self.customers), Counter())

    def wait_for_orders(self, more: int) -> None:
        """Until so many more orders have been acknowledged."""
        wanted, deadline = len(self.told) + more, time.monotonic() + PATIENCE
        while len(self.told) < wanted:
            assert time.monotonic() < deadline, f"nothing is sold any more: {self.statuses}"
            assert self._faults == []
            time.sleep(0.01)
