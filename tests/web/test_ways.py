"""Ways through pages that nobody should lose, and what crawlers are told."""

from typing import Any

from tests.catalog.market import Market


def test_the_way_to_checkout_leads_through_sign_up(client: Any) -> None:
    asked = client.get("/sign-in?return_to=/checkout%3Fa%3D1").text
    assert 'href="/sign-up?return_to=/checkout%3Fa%3D1"' in asked
    joining = client.get("/sign-up?return_to=/checkout").text
    assert 'href="/sign-in?return_to=/checkout"' in joining
    person = {"name": "Asha", "email": "asha@shop.example", "password": "a long sentence"}
    joined = client.post("/sign-up", data={**person, "return_to": "/checkout"})
    assert joined.location == "/sign-in?return_to=/checkout"


def test_a_foreign_address_is_no_way_back(client: Any) -> None:
    asked = client.get("/sign-in?return_to=//elsewhere.example/").text
    assert 'href="/sign-up"' in asked


def test_an_empty_list_blames_a_filter_only_where_one_is_set(client: Any, market: Market) -> None:
    bare, filtered = client.get("/products").text, client.get("/products?max_price=1").text
    assert "Nothing here yet" in bare
    assert "take a filter off" not in bare
    assert "take a filter off" in filtered


def test_a_search_for_nothing_shows_what_is_new_and_says_so(client: Any, market: Market) -> None:
    for title in ("Oat milk", "Rice milk"):
        market.sell(title)
    page = client.get("/search").text
    assert page.index("New on the shelves") < page.index("Rice milk") < page.index("Oat milk")
    assert "ought most" not in page + client.get("/basket").text


def test_crawlers_are_kept_from_pages_of_one_person(client: Any) -> None:
    told = client.get("/robots.txt")
    assert told.mimetype == "text/plain"
    assert told.text.splitlines()[0] == "User-agent: *"
    for path in ("/office", "/account", "/basket", "/checkout", "/api"):
        assert f"Disallow: {path}" in told.text.splitlines()


def test_the_sign_of_the_shop_is_there_for_who_asks_by_habit(client: Any) -> None:
    sign = client.get("/favicon.ico")
    assert (sign.status_code, sign.mimetype) == (200, "image/svg+xml")
