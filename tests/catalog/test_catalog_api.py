"""The catalogue over HTTP."""

import io
import time
from typing import Any

import pytest

from tests.accounts.people import Visitor, join
from tests.catalog.drawings import bomb, opened, picture
from tests.catalog.market import Market, join_store, make_store, open_market, product_row


@pytest.fixture
def market(app: Any) -> Market:
    return open_market()


@pytest.fixture
def manager(app: Any, market: Market) -> Visitor:
    visitor = join(app, "manager")
    join_store(visitor.email, market.store)
    return visitor


@pytest.fixture
def stranger(app: Any, market: Market) -> Visitor:
    visitor = join(app, "manager")
    join_store(visitor.email, make_store()[0])
    return visitor


@pytest.fixture
def admin(app: Any, market: Market) -> Visitor:
    return join(app, "admin")


def milk(**facts: Any) -> dict[str, Any]:
    return {
        "title": "Oat milk", "category": "drinks", "price": {"amount": 9900, "currency": "INR"},
        **facts,
    }  # fmt: skip


def test_from_draft_to_shelf(market: Market, manager: Visitor, client: Any) -> None:
    made = manager.post(f"/stores/{market.store}/products", milk(pack_size=1000, pack_unit="ml"))
    assert made.status_code == 201, made.json
    assert (made.json["status"], made.headers["ETag"]) == ("draft", '"1"')
    assert client.get("/api/v1/products").json["items"] == []
    assert client.get("/api/v1/products/oat-milk").status_code == 404
    published = manager.post("/products/oat-milk/publication")
    assert (published.status_code, published.json["status"]) == (200, "published")
    moved = manager.post("/products/oat-milk/stock/movements", {"kind": "received", "quantity": 3})
    assert moved.status_code == 201, moved.json
    assert moved.json["on_hand"] == {"value": 3, "unit": "each"}
    (item,) = client.get("/api/v1/products").json["items"]
    assert item["price"] == {"amount": 9900, "currency": "INR"}
    assert item["unit_price"] == {"price": {"amount": 9900, "currency": "INR"}, "per": "l"}
    assert (item["stock"], item["few_left"]) == ("few", {"value": 3, "unit": "each"})
    page = client.get("/api/v1/products/oat-milk").json
    assert page["breadcrumb"] == [{"slug": "drinks", "name": "Drinks"}]
    private = {"id", "on_hand", "reserved", "version", "store_id", "sku", "search_text"}
    assert not private & (page.keys() | item.keys())


def test_strangers_find_nothing_to_change(
    market: Market, stranger: Visitor, app: Any, client: Any
) -> None:
    slug = market.sell()
    calls = [
        ("PATCH", f"/products/{slug}", {"brand": "Mine"}),
        ("POST", f"/products/{slug}/hiding", None),
        ("POST", f"/products/{slug}/archiving", None),
        ("DELETE", f"/products/{slug}/picture", None),
        ("GET", f"/products/{slug}/prices", None),
        ("GET", f"/products/{slug}/stock", None),
        ("POST", f"/products/{slug}/stock/movements", {"kind": "received", "quantity": 1}),
        ("PATCH", f"/products/{slug}/stock", {"low_at": 1}),
        ("GET", f"/stores/{market.store}/products", None),
        ("GET", f"/stores/{market.store}/products/{slug}", None),
        ("POST", f"/stores/{market.store}/products", milk()),
    ]
    customer = join(app)
    for method, path, body in calls:
        assert stranger.call(method, path, body).status_code == 404, path
        assert customer.call(method, path, body).status_code == 403, path
        guest = client.open("/api/v1" + path, method=method, json=body)
        assert guest.status_code in (401, 403), path
    row = product_row(slug)
    assert (row.brand, row.status, row.version) == ("", "published", 2)


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        ({"store": "other"}, "forbidden_field"),
        ({"status": "published"}, "forbidden_field"),
        ({"price_minor": 1}, "forbidden_field"),
        ({"colour": "red"}, "unknown_field"),
    ],
)
def test_fields_that_are_not_its_own_are_refused(
    market: Market, manager: Visitor, extra: dict[str, Any], code: str
) -> None:
    slug = market.sell()
    answer = manager.call("PATCH", f"/products/{slug}", {"brand": "New", **extra})
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (422, code)
    assert product_row(slug).brand == ""


def test_prices_are_in_the_currency_of_the_shop(market: Market, manager: Visitor) -> None:
    body = milk(price={"amount": 1, "currency": "USD"})
    answer = manager.post(f"/stores/{market.store}/products", body)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == "/price/currency"


def test_an_edit_with_an_old_entity_tag_is_refused(market: Market, manager: Visitor) -> None:
    slug = market.sell()
    tag = manager.get(f"/stores/{market.store}/products/{slug}").headers["ETag"]
    path = f"/products/{slug}"
    first = manager.call("PATCH", path, {"brand": "A"}, **{"If-Match": tag})
    second = manager.call("PATCH", path, {"brand": "B"}, **{"If-Match": tag})
    assert (first.status_code, second.status_code) == (200, 412)
    assert first.headers["ETag"] != tag
    assert second.json["code"] == "stale"
    count = {"on_hand": 7}
    unseen = manager.call("PATCH", f"{path}/stock", count)
    old = manager.call("PATCH", f"{path}/stock", count, **{"If-Match": '"77"'})
    assert (unseen.status_code, old.status_code) == (428, 412)
    seen = manager.get(f"{path}/stock").headers["ETag"]
    counted = manager.call("PATCH", f"{path}/stock", count, **{"If-Match": seen})
    assert (counted.status_code, counted.json["on_hand"]["value"]) == (200, 7)


def test_categories_are_the_admins(market: Market, admin: Visitor, manager: Visitor) -> None:
    made = admin.post("/categories", {"name": "Tea", "parent": "drinks", "well": "mint"})
    assert (made.status_code, made.json["slug"], made.json["parent"]) == (201, "tea", "drinks")
    assert manager.post("/categories", {"name": "Mine"}).status_code == 403
    loop = admin.call("PATCH", "/categories/drinks", {"parent": "tea"})
    assert (loop.status_code, loop.json["code"]) == (409, "category_loop")
    held = admin.call("DELETE", "/categories/drinks")
    assert (held.status_code, held.json["code"]) == (409, "category_in_use")
    old = admin.call("DELETE", "/categories/tea", **{"If-Match": '"9"'})
    assert old.status_code == 412
    assert admin.call("DELETE", "/categories/tea").status_code == 204
    wish = manager.post("/category-requests", {"kind": "create", "name": "Tea"})
    assert wish.status_code == 201, wish.json
    path = f"/category-requests/{wish.json['uid']}"
    assert manager.post(f"{path}/approval").status_code == 403
    assert admin.post(f"{path}/approval").json["status"] == "approved"
    assert admin.post(f"{path}/approval").json["code"] == "illegal_move"
    slugs = [item["slug"] for item in admin.get("/categories").json["items"]]
    assert slugs == ["drinks", "tea"]


def test_a_picture_is_put_served_and_taken_away(
    market: Market, manager: Visitor, client: Any
) -> None:
    slug = market.sell()
    form = {"picture": (io.BytesIO(picture("PNG")), "../../evil.php")}
    as_form = manager.client.put(
        f"/api/v1/products/{slug}/picture", data=form, headers=manager.headers
    )
    assert as_form.status_code == 200, as_form.json
    raw = manager.client.put(
        f"/api/v1/products/{slug}/picture", data=picture(), content_type="image/png",
        headers=manager.headers,
    )  # fmt: skip
    assert raw.status_code == 200, raw.json
    assert client.get(as_form.json["url"]).status_code == 404
    served = client.get(raw.json["url"])
    assert served.headers["Content-Type"] == "image/webp"
    assert "immutable" in served.headers["Cache-Control"]
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    assert opened(client.get(raw.json["small_url"]).data).width == 320
    assert client.get(f"/api/v1/products/{slug}").json["picture_url"] == raw.json["small_url"]
    assert manager.call("DELETE", f"/products/{slug}/picture").status_code == 204
    assert client.get(raw.json["url"]).status_code == 404


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"no picture", 422, "picture_refused"),
        (bomb(), 413, "picture_too_large"),
        (b"\xff" * (5 * 2**20 + 1), 413, "picture_too_large"),
        (b"", 422, "invalid"),
    ],
    ids=["text", "bomb", "bytes", "nothing"],
)
def test_pictures_that_are_refused(
    market: Market, manager: Visitor, data: bytes, status: int, code: str
) -> None:
    path = f"/api/v1/products/{market.sell()}/picture"
    answer = manager.client.put(path, data=data, headers=manager.headers)
    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_the_drawn_pack(market: Market, manager: Visitor, client: Any) -> None:
    shown, draft = market.sell("<script>alert(1)</script>"), market.draft("Secret")
    answer = client.get(f"/media/drawn/{shown}.svg")
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
    assert b"<script>" not in answer.data
    assert client.get(f"/media/drawn/{draft}.svg").status_code == 404
    own = manager.client.get(f"/media/drawn/{draft}.svg", headers=manager.headers)
    assert own.status_code == 200
    assert client.get("/media/drawn/nothing.svg").status_code == 404


ODD_PATHS = (
    "/media/..%2fsecret",
    "/media/%00.webp",
    "/media/.secret",
    "/api/v1/products/%00",
    "/api/v1/categories/%00",
    "/api/v1/products?q=%00",
    "/api/v1/products?category=%00",
    "/api/v1/products?limit=101",
    "/api/v1/products?limit=0",
    "/api/v1/products?price_min=-1",
    "/api/v1/products?price_min=99999999999999999999",
    "/api/v1/products?sort=id",
    "/api/v1/products?sort=name&sort=price",
    "/api/v1/products?cursor=x",
    "/api/v1/products?added_since=yesterday",
    "/api/v1/products?owner=1",
)


def test_odd_requests_are_refused_in_order(market: Market, client: Any) -> None:
    for path in ODD_PATHS:
        answer = client.get(path)
        assert answer.status_code in (404, 422), (path, answer.data)
        if path.startswith("/api/"):
            assert answer.mimetype == "application/problem+json", path


def test_a_search_of_ten_thousand_characters_is_quick(market: Market, client: Any) -> None:
    market.sell()
    begun = time.monotonic()
    for words in ("%" * 10_000, "oat " * 2_500, "_%" * 5_000):
        answer = client.get("/api/v1/products", query_string={"q": words})
        assert answer.status_code == 200
    assert time.monotonic() - begun < 2


def test_a_repeated_post_makes_one_product(market: Market, manager: Visitor) -> None:
    path = f"/stores/{market.store}/products"
    key = {"Idempotency-Key": "once"}
    first, second = (manager.post(path, milk(), **key) for _ in range(2))
    assert first.data == second.data
    assert second.headers["Idempotent-Replayed"] == "true"
    assert len(manager.get(path).json["items"]) == 1


def test_the_history_of_prices(market: Market, manager: Visitor) -> None:
    slug = market.sell(price=100)
    manager.call("PATCH", f"/products/{slug}", {"price": {"amount": 200, "currency": "INR"}})
    items = manager.get(f"/products/{slug}/prices").json["items"]
    assert [item["price"]["amount"] for item in items] == [200, 100]
    assert items[0]["valid_until"] is None
