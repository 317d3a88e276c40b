"""What the edge answers by itself: for whom, in which forms, and until when."""

import gzip
import itertools
import re
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import brotli
import pytest
from werkzeug.datastructures import MultiDict

from kirana.cart.services import set_line
from kirana.catalog.inputs import ProductChanges
from kirana.catalog.services.products import archive_product, edit_product
from kirana.edge.cache import EdgeCache
from kirana.platform import cache, db, freshness, probes
from kirana.platform.amounts import Money
from kirana.platform.config import Settings
from kirana.platform.shelves import NearShelf
from kirana.stock.services.goods import adjust_stock
from kirana.storefront.filters import NAMES, read_filters
from kirana.web import assets
from tests.accounts.people import join
from tests.cache.neighbour import Neighbour
from tests.cart.goods import make_person
from tests.catalog.market import Market, open_market
from tests.checkout.calling import bearer_of, order_body
from tests.machinery.valkey import Valkey
from tests.platform.test_limits import set_limits

LIST = "/api/v1/products"
BROWSED = ("/", "/products", "/categories/{shelf}", "/products/{slug}", LIST, f"{LIST}/{{slug}}",
           "/api/v1/categories")  # fmt: skip
# What each answer has of its own, and what depends on the form that is sent.
OF_ONE = {"x-request-id", "x-cache", "content-length", "content-encoding"}


@pytest.fixture
def market(app: Any) -> Market:
    return open_market()


@pytest.fixture
def entered(app: Any, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The requests that entered Flask, as it saw them."""
    edge: EdgeCache = app.wsgi_app._application
    assert isinstance(edge, EdgeCache)
    inside, seen = edge._application, []

    def watch(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        seen.append(dict(environ))
        return inside(environ, start)

    monkeypatch.setattr(edge, "_application", watch)
    return seen


@pytest.fixture
def neighbour(settings: Settings, market: Market) -> Iterator[Neighbour]:
    other = Neighbour(settings)
    yield other
    other.close()


def paths(market: Market, slug: str) -> list[str]:
    return [path.format(shelf=market.shelf, slug=slug) for path in BROWSED]


def told(answer: Any) -> dict[str, str]:
    return {k.lower(): v for k, v in answer.headers.items() if k.lower() not in OF_ONE}


# ---- for whom


def test_a_visitor_without_a_basket_enters_flask_once(
    market: Market, client: Any, entered: list[Any]
) -> None:
    for path in paths(market, market.sell()):
        first = client.get(path)
        times = 0 if path.startswith("/api/") else 1
        assert len(entered) == times, path
        again, head = client.get(path), client.head(path)
        known = client.get(path, headers={"If-None-Match": again.headers["ETag"]})
        assert len(entered) == times, path
        assert (first.status_code, again.status_code, head.status_code) == (200, 200, 200)
        assert first.data == again.data
        assert (head.data, head.headers["Content-Length"]) == (b"", str(len(again.data)))
        assert (known.status_code, known.data) == (304, b"")
        assert told(first) == told(again) == told(head)
        assert told(first).items() - told(known).items() <= {
            ("content-type", first.headers["Content-Type"])
        }
        assert again.headers["X-Cache"] == known.headers["X-Cache"] == "hit"
        entered.clear()


def test_every_answer_is_safe_and_has_a_number_of_its_own(market: Market, client: Any) -> None:
    path = paths(market, market.sell())[1]
    answers = [client.get(path) for _ in range(3)] + [
        client.get(path, headers={"If-None-Match": "*"})
    ]
    for answer in answers:
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert len(answer.headers.getlist("X-Request-Id")) == 1
        assert answer.headers["X-Request-Id"] not in answer.text
    assert len({answer.headers["X-Request-Id"] for answer in answers}) == 4


def test_browsing_sets_no_cookie_and_the_first_thing_taken_does(
    market: Market, client: Any
) -> None:
    slug = market.sell()
    for path in [*paths(market, slug), "/search", "/search?q=oat", "/basket", "/sign-in"]:
        for _ in range(2):
            assert "Set-Cookie" not in client.get(path).headers, path
    form = {"product": slug, "change": "+", "return_to": "/products"}
    taken = client.post("/basket/lines", data=form, headers={"Origin": "http://localhost"})
    assert taken.status_code == 303
    assert [c.split("=")[0] for c in taken.headers.getlist("Set-Cookie")] == ["basket"]


def test_who_may_be_somebody_is_left_to_flask(
    market: Market, app: Any, client: Any, entered: list[Any]
) -> None:
    slug = market.sell()
    client.get("/products")
    entered.clear()
    for name in ("access", "refresh", "basket", "link", "proof", "notes", "__Host-basket"):
        bare = app.test_client(use_cookies=False)
        answer = bare.get("/products", headers={"Cookie": f"_ga=1; {name}=x"})
        assert answer.status_code == 200
        assert len(entered) == 1, name
        entered.clear()
    shopper = join(app)
    shopper.client.get("/products", headers=shopper.headers)
    client.get("/products", headers={"Range": "bytes=0-1"})
    client.get("/products", headers={"X-Fragment": "other"})
    client.get("/products?q=oat")
    client.get("/products?q=oat")
    client.get(f"/products?added={'7' * 600}")
    assert len(entered) == 6
    shown = app.test_client()
    form = {"product": slug, "change": "+", "return_to": "/products"}
    shown.post("/basket/lines", data=form, headers={"Origin": "http://localhost"})
    with_basket = shown.get("/products").text
    assert 'data-count="1"' in with_basket
    assert 'data-count="0"' in app.test_client().get("/products").text


def test_json_is_the_same_for_everybody(market: Market, app: Any, entered: list[Any]) -> None:
    slug, shopper = market.sell(), join(app)
    callers = [
        {},
        shopper.headers,
        {"Authorization": "Bearer not-one-of-ours"},
        {"Cookie": "basket=x; access=y; refresh=z"},
    ]
    for path in (LIST, f"{LIST}/{slug}", "/api/v1/categories"):
        entered.clear()
        given = [app.test_client(use_cookies=False).get(path, headers=each) for each in callers]
        assert {answer.status_code for answer in given} == {200}, path
        assert len({answer.data for answer in given}) == 1, path
        assert [answer.headers["X-Cache"] for answer in given[1:]] == ["hit"] * 3, path
        assert entered == [], path
    app.test_client().get(f"{LIST}?sort=none", headers=shopper.headers)
    assert "HTTP_AUTHORIZATION" not in entered[0], "the answer could depend on it"


def test_json_made_by_the_edge_is_what_flask_says(
    market: Market, client: Any, entered: list[Any]
) -> None:
    for number in range(3):
        market.sell(f"Milk {number}", price=1000 * (number + 1))
    second = client.get(f"{LIST}?limit=1").json["next_cursor"]
    paths = [
        LIST, f"{LIST}?limit=2&sort=-price&brand=&diet=vegan", f"{LIST}?limit=1&cursor={second}",
        f"{LIST}/{market.sell()}", "/api/v1/categories",
    ]  # fmt: skip
    for path in paths:
        freshness.raised(freshness.reread())
        cache.cache_of(client.application).near._values.clear()
        made = client.get(path)
        assert entered == [], path
        told_by_flask = client.get(path, headers={"Range": "bytes=0-"})
        assert len(entered) == 1, path
        assert (made.status_code, made.data) == (200, told_by_flask.data), path
        assert told(made) == told(told_by_flask), path
        entered.clear()


def test_what_the_edge_cannot_make_is_told_by_flask(
    market: Market, client: Any, entered: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    slug = market.sell()
    for path, status in (
        (f"{LIST}/", 404), (f"{LIST}/%00", 404), (f"{LIST}/mil%C3%A9", 404),
        (f"{LIST}?cursor=none", 422), (f"{LIST}/{slug}?x=1", 422), ("/api/v1/categories?x=1", 422),
    ):  # fmt: skip
        answer = client.get(path)
        assert answer.status_code == status, path
        assert answer.content_type == "application/problem+json", path
        assert len(entered) == 1, path
        entered.clear()
    rule = client.application.wsgi_app._application._below[f"{LIST}/"]
    monkeypatch.setitem(
        client.application.wsgi_app._application._below,
        f"{LIST}/",
        rule._replace(read=lambda *_: 1 / 0),
    )
    for _ in range(2):
        assert client.get(f"{LIST}/{slug}").status_code == 500, "not tried again, and not kept"
    assert len(entered) == 2


@pytest.mark.on_database("postgresql")
def test_a_database_that_is_locked_is_waited_for_once(
    market: Market, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    slug, begun = market.sell(), time.monotonic()
    monkeypatch.setattr(db, "ATTEMPTS", 1)
    with db.engine().connect() as other, other.begin():
        other.exec_driver_sql("LOCK TABLE product IN ACCESS EXCLUSIVE MODE")
        answer = client.get(f"{LIST}/{slug}")
    assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)
    assert time.monotonic() - begun < 5, "lock_timeout is 3 s"


def test_request_ids_tell_nobody_how_many_came_before(client: Any) -> None:
    given = [int(client.get("/healthz").headers["X-Request-Id"], 16) for _ in range(50)]
    steps = {(later - earlier) % 2**64 for earlier, later in itertools.pairwise(given)}
    assert len(set(given)) == 50
    assert len(steps) == 49


def test_a_search_is_counted_once_whoever_answers(
    market: Market, app: Any, client: Any, entered: list[Any]
) -> None:
    set_limits(app, search_per_minute=3)
    market.sell("Oat milk")
    search = f"{LIST}?q=oat"
    refused = client.get(f"{search}&cursor=none")
    assert refused.status_code == 422
    assert refused.headers["RateLimit"].startswith('"search_per_minute";r=2;'), "as by Flask"
    assert len(entered) == 1, "told by Flask, and not counted by it again"
    assert [client.get(search).status_code for _ in range(3)] == [200, 200, 429]
    assert len(entered) == 2, "neither made nor kept answers enter"
    assert client.get(f"{LIST}?q=+").status_code == client.get(LIST).status_code == 200


def test_all_json_that_is_kept_is_made_by_the_edge(app: Any) -> None:
    edge = app.wsgi_app._application
    rules = [*edge._exact.values(), *edge._below.values()]
    asked = {rule.stem for rule in rules if rule.read}
    assert asked == {rule.stem for rule in rules if rule.stem.startswith("/api/")}
    assert asked == {LIST, f"{LIST}/", "/api/v1/categories"}


def test_flask_sees_no_more_than_the_key_has(market: Market, app: Any, entered: list[Any]) -> None:
    market.sell()
    client = app.test_client(use_cookies=False)
    cookies = {"Cookie": "_ga=1; theme=dark; seen=42"}
    path = "/products?utm_source=mail&sort=price&min_price=&in_stock=1&fbclid=7"
    dark = client.get(path, headers=cookies)
    assert entered[0]["HTTP_COOKIE"] == "theme=dark"
    assert entered[0]["QUERY_STRING"] == "in_stock=1&sort=price"
    assert 'data-theme="dark"' in dark.text
    again = client.get("/products?in_stock=1&sort=price", headers={"Cookie": "theme=dark"})
    assert (again.data, len(entered)) == (dark.data, 1)
    light = client.get("/products?in_stock=1&sort=price", headers={"Cookie": "theme=light"})
    none = client.get("/products?in_stock=1&sort=price", headers={"Cookie": "theme=<script>"})
    assert len({dark.data, light.data, none.data}) == len(entered) == 3


def test_names_that_a_page_does_not_read_make_no_page_of_their_own(
    market: Market, app: Any, entered: list[Any]
) -> None:
    slug = market.sell()
    client = app.test_client(use_cookies=False)
    category = client.get("/api/v1/categories").json["items"][0]["slug"]
    entered.clear()
    for path in ("/", "/products", f"/categories/{category}", f"/products/{slug}"):
        pages = {client.get(f"{path}?x={n}&min_prices={n}&limit=1").data for n in range(3)}
        assert pages == {client.get(path).data}, path
    assert len(entered) == 4
    for number in range(2):
        assert client.get(f"{LIST}?x={number}").status_code == 422
    assert len(entered) == 6


def test_the_names_of_a_list_are_those_that_are_read() -> None:
    read: list[str] = []

    class Recorder(MultiDict[str, str]):
        def get(self, name: str, default: Any = None, type: Any = None) -> Any:
            read.append(name)
            return default

        def getlist(self, name: str, type: Any = None) -> list[Any]:
            read.append(name)
            return []

    read_filters(Recorder(), "INR")
    assert set(read) == NAMES


def test_a_name_that_comes_twice_is_read_as_by_who_has_a_basket(market: Market, app: Any) -> None:
    for number in range(4):
        market.sell(f"Milk {number}", price=1000 * (number + 1), allergens=["sesame"])
    titles = re.compile("<h3[^>]*>(.*?)</h3>")
    for query in (
        "min_price=&min_price=25",
        "sort=price&sort=-price",
        "in_stock=&in_stock=1",
        "without=nuts&without=milk",
        "without=&without=gluten&without=milk&sort=price",
    ):
        pages = []
        for cookie in ("", "basket=x"):
            bare = app.test_client(use_cookies=False)
            answer = bare.get(f"/products?{query}", headers={"Cookie": cookie} if cookie else {})
            pages.append(titles.findall(answer.text))
        assert pages[0] == pages[1], query
        assert len(pages[0]) == 4, query


def test_a_port_makes_no_other_page(market: Market, client: Any, entered: list[Any]) -> None:
    market.sell()
    pages = [
        client.get("/products", headers={"Host": host}).data
        for host in ("localhost", "localhost:1", "LOCALHOST:99999")
    ]
    assert (len(set(pages)), len(entered)) == (1, 1)


def test_what_differs_by_an_address_or_a_header_is_told_apart(
    market: Market, client: Any, entered: list[Any]
) -> None:
    market.sell()
    whole = client.get("/products")
    part = client.get("/products", headers={"X-Fragment": "list"})
    sorted_ = client.get("/products?sort=price")
    other = client.get("/products", headers={"Host": "127.0.0.1"})
    assert len(entered) == 4
    assert "<html" in whole.text
    assert "<html" not in part.text
    listed, filters = part.text.strip().split('<form class="filters"')
    assert listed.strip() in whole.text
    assert filters in whole.text
    assert sorted_.data != whole.data
    assert other.data == whole.data
    assert client.get("/products", headers={"Host": "evil.example"}).status_code == 400


def test_only_what_is_there_is_kept(market: Market, client: Any, entered: list[Any]) -> None:
    for path, status in (
        (f"{LIST}/nothing", 404), ("/products/nothing", 404), (f"{LIST}?limit=0", 422),
        ("/products?cursor=x", 404), (f"{LIST}?limit=1&limit=2", 422),
    ):  # fmt: skip
        for _ in range(2):
            assert client.get(path).status_code == status, path
    assert len(entered) == 10
    assert client.post("/products").status_code == 405


def test_an_answer_with_a_cookie_is_never_kept(
    market: Market, app: Any, client: Any, entered: list[Any]
) -> None:
    def greet(response: Any) -> Any:
        response.set_cookie("seen", str(len(entered)))
        return response

    app.after_request_funcs.setdefault(None, []).append(greet)
    try:
        answers = [client.get("/products") for _ in range(2)]
    finally:
        app.after_request_funcs[None].remove(greet)
    assert [answer.headers["Set-Cookie"].split(";")[0] for answer in answers] == [
        "seen=1", "seen=2",
    ]  # fmt: skip


# ---- in which forms


@pytest.mark.parametrize("path", ["/products", LIST, "asset"])
def test_it_is_compressed_once_for_each_encoding(
    market: Market, client: Any, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        market.sell(f"Milk {number}")
    path = assets.asset("app.css") if path == "asset" else path
    plain = client.get(path).data
    made: list[str] = []
    real = brotli.compress
    monkeypatch.setattr(brotli, "compress", lambda *a, **k: made.append("br") or real(*a, **k))
    ways = {
        "br": brotli.decompress, "gzip": gzip.decompress, "gzip, deflate, br;q=0": gzip.decompress,
        "gzip;q=0.5, BR": brotli.decompress, "deflate": bytes, "": bytes, "gzip;q=0": bytes,
    }  # fmt: skip
    for _ in range(2):
        for accepted, read in ways.items():
            answer = client.get(path, headers={"Accept-Encoding": accepted})
            assert read(answer.data) == plain, accepted
            assert answer.headers["Content-Length"] == str(len(answer.data))
            assert "Accept-Encoding" in answer.headers["Vary"]
            assert ("Content-Encoding" in answer.headers) == (answer.data != plain)
    assert made == ["br"]


def test_static_files_are_kept_for_everybody(app: Any, entered: list[Any]) -> None:
    shopper = join(app)
    path = assets.asset("js/app.js")
    for client in (app.test_client(), shopper.client):
        answer = client.get(path, headers=shopper.headers)
        assert answer.headers["Cache-Control"] == assets.KEPT
        known = client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
        assert known.status_code == 304
    assert len(entered) == 1
    old = "/assets/of-yesterday/js/app.js"
    assert [client.get(old).headers["Cache-Control"] for _ in range(2)] == ["no-cache"] * 2
    assert client.get(path, headers={"Range": "bytes=0-9"}).status_code == 206
    assert len(entered) == 4


# ---- until when


def test_a_change_is_seen_by_both_processes_within_a_second(
    market: Market, client: Any, neighbour: Neighbour
) -> None:
    """Price, name, band, archive: on the page, in the list, in the product."""
    slug = market.sell("Oat milk", price=9900, stock=50)
    everywhere = ("/products", LIST, f"/products/{slug}", f"{LIST}/{slug}")

    def both(path: str) -> tuple[str, str]:
        return client.get(path).text, neighbour.look(path)[2]

    def becomes(change: Callable[[], object], *shown: str) -> None:
        for path in everywhere:
            for _ in range(2):
                both(path)
        change()
        begun = time.monotonic()
        for path in everywhere:
            while not all(any(word in text for word in shown) for text in both(path)):
                assert time.monotonic() - begun < 1, (path, shown)
                time.sleep(0.02)

    def edit(**changes: Any) -> Callable[[], object]:
        return lambda: edit_product(market.manager, slug, ProductChanges(**changes))

    becomes(edit(price=Money(77_700, "INR")), "₹777", "77700")
    becomes(edit(title="Barley milk"), "Barley milk")
    becomes(lambda: adjust_stock(market.manager, slug, -47, "counted"), "Only 3 left", '"few"')
    becomes(lambda: adjust_stock(market.manager, slug, -3, "counted"), "Sold out", '"none"')
    archive_product(market.manager, slug)
    time.sleep(freshness.TRUSTED_SECONDS)
    for path in everywhere:
        assert all("Barley milk" not in text for text in both(path)), path


def test_a_sale_that_changes_no_band_leaves_everything_kept(
    market: Market, app: Any, client: Any, entered: list[Any]
) -> None:
    slug, buyer = market.sell(stock=50, price=5000), make_person()
    set_line(buyer, slug, 2)
    kept = [client.get(path).data for path in paths(market, slug)]
    headers = {"Authorization": f"Bearer {bearer_of(buyer)}", "Idempotency-Key": "k"}
    order = app.test_client().post("/api/v1/orders", json=order_body(10_000), headers=headers)
    assert order.status_code == 201, order.text
    entered.clear()
    freshness.forget()
    assert [client.get(path).data for path in paths(market, slug)] == kept
    assert entered == []


def naive_reread() -> int:
    """As it was: whoever comes last is believed."""
    known = freshness._known
    begun = time.monotonic()
    version = known.read()
    probes.reached("version_read")
    known.version, known.until = version, begun + freshness.TRUSTED_SECONDS
    return version


@pytest.mark.parametrize("guarded", [True, False])
def test_a_slow_reader_of_the_version_brings_nothing_back(
    market: Market, client: Any, monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    """One thread reads the version and stops; the price changes; another makes the new page.

    As the first goes on, the inside would find the old list under the old version, and the edge
    keep it under the new one. Without the guards that is what happens (the mutant).
    """
    if not guarded:
        monkeypatch.setattr(freshness, "reread", naive_reread)
        monkeypatch.setattr("kirana.edge.cache._version", lambda: _Any())
    slug = market.sell(price=100)
    assert client.get(LIST).json["items"][0]["price"]["amount"] == 100
    has_read, go_on = threading.Event(), threading.Event()
    slow = threading.Thread(target=lambda: freshness.reread())

    def stop() -> None:
        if threading.current_thread() is slow:
            has_read.set()
            go_on.wait(5)

    def let_go() -> None:
        go_on.set()
        slow.join(5)

    probes.set_probe("version_read", stop)
    try:
        slow.start()
        assert has_read.wait(5)
        edit_product(market.manager, slug, ProductChanges(price=Money(200, "INR")))
        probes.set_probe("edge_asks", let_go)
        client.get(LIST)
    finally:
        probes.clear_probes()
        let_go()
    freshness.forget()
    amounts = {client.get(LIST).json["items"][0]["price"]["amount"] for _ in range(2)}
    assert amounts == ({200} if guarded else {100})


class _Any(int):
    """A version that is never another: the edge keeps whatever it gets."""

    def __new__(cls) -> "_Any":
        return super().__new__(cls, freshness.current())

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = int.__hash__

    def __eq__(self, other: object) -> bool:
        return int(self) == other


@pytest.mark.parametrize("trouble", ["stop", "pause", "flush"])
def test_with_redis_away_or_emptied_the_answers_are_right(
    market: Market, client: Any, valkey: Valkey, trouble: str
) -> None:
    slug = market.sell(price=100)
    before = client.get(LIST).data
    if trouble == "flush":
        with valkey.client() as inside:
            inside.flushall()
    else:
        getattr(valkey, trouble)()
    assert client.get(LIST).data == before
    edit_product(market.manager, slug, ProductChanges(price=Money(200, "INR")))
    for _ in range(2):
        assert client.get(LIST).json["items"][0]["price"]["amount"] == 200


def test_a_version_told_in_redis_is_looked_into_and_never_believed(
    market: Market, app: Any, valkey: Valkey
) -> None:
    name = f"{freshness.PREFIX}{freshness.copy_name()}"
    with app.test_request_context(), valkey.client() as inside:
        market.sell()
        true = freshness.current()
        assert inside.get(name) == cache.PatientRedis.serializer.dumps(true)
        inside.set(name, cache.PatientRedis.serializer.dumps(true + 50))
        assert cache.cached("kind", "a", lambda: b"made") == b"made"
        assert freshness.current() == true
        assert cache.cached("kind", "a", lambda: b"again") == b"made"
        # The same word, when it is true, is heard before this process would have asked again.
        freshness._known.version, freshness._known.until = true - 1, time.monotonic() + 60
        inside.set(name, cache.PatientRedis.serializer.dumps(true))
        assert cache.cached("kind", "b", lambda: b"made") == b"made"
        assert freshness.current() == true


# ---- the shelf


def test_the_shelf_is_bounded_in_number_and_in_bytes() -> None:
    shelf = NearShelf(most=10, largest=1000, most_bytes=20_000)
    assert not shelf.put("large", b"", 60, 1001)
    for number in range(1000):
        assert shelf.put(number, b"", 60, 10)
        assert len(shelf) <= 10
    wide = NearShelf(most=1000, largest=1000, most_bytes=20_000)
    for number in range(1000):
        wide.put(number % 7, b"x", 60, 1000)
        wide.put(number, b"x", 60, number)
        assert wide.bytes <= 20_000
    assert len(wide) >= 10
    shelf.put("short", b"x", 0, 1)
    time.sleep(0.01)
    assert shelf.get("short") is None
