"""Ways through pages that nobody should lose, and what crawlers are told."""

from typing import Any

from kirana.catalog.services.products import hide_product
from kirana.lists.services import make_list, set_list_line
from kirana.lists.shapes import Place
from kirana.stock.services.goods import receive_goods
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


def test_a_list_goes_into_the_basket_where_something_of_it_can_be_had(
    app: Any, client: Any, market: Market
) -> None:
    me = market.manager
    app.extensions["actor_loader"] = lambda: me
    place = Place(uid=make_list(me, "The week", 20))
    path, offer, reason = f"/lists/{place.uid}", "Put all into the basket", "can be had"
    milk, rice = market.sell("Oat milk", 9900), market.sell("Rice", 5000, stock=0)
    for slug in (milk, rice):
        set_list_line(me, place, (slug, 2), 100)
    page = client.get(path).text
    assert (offer in page, "about ₹198 now" in page, reason in page) == (True, True, False)
    hide_product(me, milk)
    page = client.get(path).text
    assert (offer in page, "about" in page, reason in page) == (False, False, True)
    receive_goods(me, rice, 5)
    page = client.get(path).text
    assert (offer in page, "about ₹100 now" in page, reason in page) == (True, True, False)


def test_crawlers_are_kept_from_pages_of_one_person(client: Any) -> None:
    told = client.get("/robots.txt")
    assert told.mimetype == "text/plain"
    assert told.text.splitlines()[0] == "User-agent: *"
    for path in ("/office", "/account", "/basket", "/checkout", "/api"):
        assert f"Disallow: {path}" in told.text.splitlines()


def test_the_sign_of_the_shop_is_there_for_who_asks_by_habit(client: Any) -> None:
    sign = client.get("/favicon.ico")
    assert (sign.status_code, sign.mimetype) == (200, "image/svg+xml")
