"""Public reads are kept in Redis; the database decides, and Redis may be away."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kirana.app import create_app
from kirana.catalog.inputs import ProductChanges
from kirana.catalog.services.products import edit_product
from kirana.platform import cache, clock, freshness
from kirana.platform import redis as redis_client
from kirana.platform.amounts import Money
from kirana.platform.config import Settings
from kirana.stock import cached
from tests.accounts.people import join
from tests.cache.neighbour import Neighbour
from tests.catalog.market import Market, open_market
from tests.machinery.valkey import Valkey
from tests.stock.lots import TODAY, run_sql, sell_lots

LIST = "/api/v1/products"
CHECK = "/api/v1/cache-check"


@pytest.fixture
def market(app: Any) -> Market:
    return open_market()


@pytest.fixture
def neighbour(settings: Settings, market: Market) -> Iterator[Neighbour]:
    other = Neighbour(settings)
    yield other
    other.close()


def set_price(market: Market, slug: str, amount: int) -> None:
    edit_product(market.manager, slug, ProductChanges(price=Money(amount, "INR")))


def price_of(answer: Any) -> int:
    found: int = answer["items"][0]["price"]["amount"]
    return found


def state(client: Any, path: str = LIST) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return str(answer.headers["X-Cache"])


def wait_until(holds: Callable[[], bool], seconds: float) -> float:
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() - begun < seconds
        time.sleep(0.02)
    return time.monotonic() - begun


def timed(client: Any, path: str) -> tuple[int, float]:
    begun = time.monotonic()
    status = client.get(path).status_code
    return status, time.monotonic() - begun


def test_the_first_reader_misses_and_the_next_ones_hit(market: Market, client: Any) -> None:
    market.sell()
    for path in (LIST, f"{LIST}?sort=price", "/api/v1/categories", f"{LIST}/oat-milk"):
        assert [state(client, path) for _ in range(3)] == ["miss", "hit", "hit"], path


def test_what_one_process_read_another_finds(
    market: Market, client: Any, neighbour: Neighbour
) -> None:
    market.sell()
    assert state(client) == "miss"
    status, found, body = neighbour.get(LIST)
    assert (status, found) == (200, "hit")
    assert body == client.get(LIST).json


def test_a_price_is_seen_by_every_process_within_a_second(
    market: Market, client: Any, neighbour: Neighbour
) -> None:
    slug = market.sell(price=100)
    assert price_of(client.get(LIST).json) == 100
    assert price_of(neighbour.get(LIST)[2]) == 100
    for amount in (200, 300):
        set_price(market, slug, amount)
        begun = time.monotonic()
        assert price_of(client.get(LIST).json) == amount
        wait_until(lambda wanted=amount: price_of(neighbour.get(LIST)[2]) == wanted, 1)
        assert time.monotonic() - begun < 1
    assert neighbour.get(f"{LIST}/{slug}")[2]["price"]["amount"] == 300


def test_a_reader_overtaken_by_a_change_keeps_nothing(market: Market, app: Any) -> None:
    """The refill race: read the old price, lose the processor, store it after the change."""
    slug = market.sell(price=100)

    def slow() -> bytes:
        set_price(market, slug, 200)
        return b"the old price"

    with app.test_request_context():
        assert cache.cached("race", "key", slow) == b"the old price"
        assert cache.cached("race", "key", lambda: b"the new price") == b"the new price"
        assert cache.cached("race", "key", lambda: b"never made") == b"the new price"


def test_a_change_by_another_process_keeps_a_reader_from_storing(
    market: Market, app: Any, valkey: Valkey
) -> None:
    slug = market.sell(price=100)
    with app.test_request_context():
        known = freshness.current()
        set_price(market, slug, 200)
        # As if the change had come from elsewhere and its word in Redis had been lost: this
        # process still trusts what it knew.
        with valkey.client() as inside:
            assert inside.delete(f"{freshness.PREFIX}{freshness.copy_name()}") == 1
        freshness._known.version, freshness._known.until = known, time.monotonic() + 60
        assert cache.cached("race", "key", lambda: b"made late") == b"made late"
        freshness.forget()
        assert cache.cached("race", "key", lambda: b"fresh") == b"fresh"


def test_a_value_ends(market: Market, app: Any) -> None:
    with app.test_request_context():
        assert cache.cached("short", "key", lambda: b"first", 1) == b"first"
        assert cache.cached("short", "key", lambda: b"second", 1) == b"first"
        time.sleep(1.1)
        assert cache.cached("short", "key", lambda: b"second", 1) == b"second"


def test_keys_are_told_apart(market: Market, app: Any) -> None:
    with app.test_request_context():
        for number, key in enumerate(("", "a", "a:b", "a b", "é", "a" * 81, "a" * 82)):
            value = str(number).encode()
            assert cache.cached("kind", key, lambda made=value: made) == value


def test_structs_come_back_as_structs(market: Market, app: Any) -> None:
    with app.test_request_context():
        for _ in range(2):
            found = cache.cached_as(dict[str, int], "packed", "key", lambda: {"a": 1})
            assert found == {"a": 1}


def test_the_answer_is_the_same_for_everyone(market: Market, app: Any, client: Any) -> None:
    market.sell()
    shopper = join(app)
    as_guest = client.get(LIST)
    as_shopper = shopper.client.get(LIST, headers=shopper.headers)
    assert as_guest.data == as_shopper.data
    assert as_shopper.headers["X-Cache"] == "hit"
    for answer in (as_guest, as_shopper):
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Cache-Control"] == "public, no-cache"


def test_an_entity_tag_saves_the_body(market: Market, client: Any) -> None:
    slug = market.sell()
    tag = client.get(LIST).headers["ETag"]
    again = client.get(LIST, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    set_price(market, slug, 1)
    assert client.get(LIST, headers={"If-None-Match": tag}).status_code == 200


def test_what_is_private_is_never_kept(market: Market, app: Any) -> None:
    shopper = join(app)
    answer = shopper.get("/me")
    assert answer.status_code == 200
    assert "X-Cache" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    for path in ("/basket", "/account"):
        page = shopper.client.get(path, headers=shopper.headers)
        assert page.status_code == 200, path
        assert "X-Cache" not in page.headers, path


def test_the_check_shows_one_moment_for_ten_seconds(
    market: Market, client: Any, neighbour: Neighbour, valkey: Valkey
) -> None:
    first = client.get(CHECK)
    assert (first.headers["X-Cache"], first.json["redis"]) == ("miss", "here")
    status, found, body = neighbour.get(CHECK)
    assert (status, found, body["moment"]) == (200, "hit", first.json["moment"])
    with valkey.client() as inside:
        (name,) = inside.keys("kirana:*cache-check")
        assert 5 <= inside.ttl(name) <= 10


def test_redis_holds_no_pickle_and_rubbish_in_it_is_a_miss(
    market: Market, app: Any, client: Any, valkey: Valkey
) -> None:
    market.sell()
    assert state(client) == "miss"
    with valkey.client() as inside:
        names = inside.keys("kirana:*")
        assert names
        for name in names:
            assert not inside.get(name).startswith((b"!", b"\x80"))
            inside.set(name, b"\xc1rubbish")
    app.extensions[cache.EXTENSION].near = cache.NearShelf()
    assert state(client) == "miss"
    assert state(client) == "hit"


@pytest.mark.parametrize("trouble", ["stop", "pause"])
def test_without_redis_the_shop_goes_on(
    market: Market, settings: Settings, valkey: Valkey, trouble: str
) -> None:
    slug = market.sell()
    client = create_app(settings).test_client()
    assert state(client) == "miss"
    getattr(valkey, trouble)()
    paths = [f"{LIST}?limit={number}" for number in range(1, 11)] + [f"{LIST}/{slug}", LIST]
    answers = [timed(client, path) for path in paths]
    assert [status for status, _ in answers] == [200] * len(paths)
    assert max(seconds for _, seconds in answers) < 0.5
    assert state(client) == "hit", "the near shelf needs no Redis"
    set_price(market, slug, 1)
    assert price_of(client.get(LIST).json) == 1
    check = client.get(CHECK)
    assert (check.status_code, check.json["redis"]) == (200, "away")


def test_it_is_used_again_once_it_is_back(
    market: Market, settings: Settings, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_client, "REST_SECONDS", 0.2)
    client = create_app(settings).test_client()
    valkey.pause()
    assert client.get(CHECK).json["redis"] == "away"
    valkey.resume()
    wait_until(lambda: client.get(CHECK).json["redis"] == "here", 5)
    assert state(client, CHECK) == "hit"


def test_no_call_to_the_backend_ever_raises(market: Market, app: Any, valkey: Valkey) -> None:
    with app.app_context():
        backend = app.extensions[cache.EXTENSION].backend
        assert backend.set("a", b"1", 10)
        assert (backend.get("a"), backend.has("a"), backend.delete("a")) == (b"1", True, True)
        valkey.stop()
        begun = time.monotonic()
        assert backend.get("a") is None
        for call in (
            lambda: backend.set("a", b"1", 10),
            lambda: backend.add("a", b"1", 10),
            lambda: backend.has("a"),
            lambda: backend.delete("a"),
            lambda: backend.clear(),
        ):
            assert call() is False
        assert time.monotonic() - begun < 0.3
        assert backend.is_away


def test_pages_read_through_the_cache_too(market: Market, client: Any) -> None:
    slug = market.sell("Oat milk", price=100)
    for path in ("/", "/products", f"/categories/{market.shelf}", f"/products/{slug}"):
        answers = [client.get(path) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 200], path
        assert answers[1].headers["X-Cache"] == "hit", path
        assert answers[1].headers["Cache-Control"] == "no-store", path
    assert "₹1" in client.get("/products").get_data(as_text=True)
    set_price(market, slug, 77_700)
    assert "₹777" in client.get("/products").get_data(as_text=True)


def test_what_an_older_release_left_is_made_anew(market: Market, app: Any) -> None:
    with app.test_request_context():
        cache.cached("packed", "old", lambda: b"\xa3old")
        assert cache.cached_as(list[int], "packed", "old", lambda: [1, 2]) == [1, 2]


SHELVES = (LIST, f"{LIST}?in_stock=true", f"{LIST}/milk", "/products", "/products/milk")


@pytest.mark.parametrize(("zone", "offset"), [("Asia/Kolkata", 330), ("Asia/Kathmandu", 345)])
def test_what_is_kept_ends_at_the_midnight_of_the_store(
    market: Market, client: Any, zone: str, offset: int
) -> None:
    """No row changes at midnight: the key of what is kept does."""
    midnight = datetime(2026, 11, 28, tzinfo=UTC) - timedelta(minutes=offset)
    _go_bad(market, zone, midnight)
    with clock.frozen(midnight - timedelta(seconds=1)):
        for path in SHELVES:
            assert [state(client, path) for _ in range(2)] == ["miss", "hit"], path
        before = [client.get(path).text for path in SHELVES]
    with clock.frozen(midnight):
        assert [state(client, path) for path in SHELVES] == ["miss"] * len(SHELVES)
        for path, was in zip(SHELVES, before, strict=True):
            assert client.get(path).text != was, path
        assert client.get(f"{LIST}/milk").json["stock"] == "none"
        assert client.get(f"{LIST}?in_stock=true").json["items"] == []


def test_without_the_hour_in_the_key_old_milk_stays_on_the_shelf(
    market: Market, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutant of the test above."""
    midnight = datetime(2026, 11, 27, 18, 30, tzinfo=UTC)
    _go_bad(market, "Asia/Kolkata", midnight)
    monkeypatch.setattr(cached, "_quarter_hour", lambda: 0)
    for moment in (midnight - timedelta(seconds=1), midnight):
        with clock.frozen(moment):
            assert client.get(f"{LIST}/milk").json["stock"] == "in"


def _go_bad(market: Market, zone: str, midnight: datetime) -> None:
    run_sql("UPDATE store SET zone = :zone", zone=zone)
    with clock.frozen(midnight - timedelta(hours=9)):
        sell_lots(market, ("today", 30, TODAY))
