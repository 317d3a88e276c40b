"""The search over HTTP: hostile words, pages, suggestions; synonyms that the admin keeps."""

import time
from typing import Any

import pytest

from kirana.catalog.inputs import NewCategory
from kirana.catalog.services.categories import create_category
from kirana.platform.errors import Invalid, NotFound
from kirana.platform.paging import PageQuery, encode_cursor
from kirana.search import finding
from kirana.search.errors import SynonymExists
from kirana.search.facets import count_facets
from kirana.search.finding import find_products
from kirana.search.queries import list_synonyms
from kirana.search.services import add_synonym, delete_synonym
from kirana.search.shapes import NewSynonym, ProductQuery
from kirana.search.suggesting import suggest_categories
from tests.catalog.market import Market
from tests.search.indexing import Index, indexed, titles

HOSTILE = [
    "%", "_", "%25", "*", "?", "~", "^2", "+tea", "-tea", "tea AND", "title:tea", '"', "((((",
    "[a TO z]", "\\", "/.*/", "a" * 10_000, "tea " * 2500, "\x01\x02tea", "tea\u202e", "\ufeff",
    "١٢٣", "𝔱𝔢𝔞", "é" * 500, "' OR 1=1 --", "<script>", "\r\n", "0", "9" * 300, "ß", "İ", "ﬁ",
]  # fmt: skip
PATHS = ("/api/v1/products", "/api/v1/search/facets", "/api/v1/search/suggestions", "/search",
         "/search/suggestions")  # fmt: skip


@pytest.mark.parametrize("words", HOSTILE, ids=lambda words: repr(words[:12]))
def test_no_words_do_harm(market: Market, index: Index, client: Any, words: str) -> None:
    market.sell("Tea")
    index.step()
    for path in PATHS:
        assert client.get(path, query_string={"q": words}).status_code == 200, path
    assert not index.folder.is_broken


@pytest.mark.parametrize("words", ["tea\x00", "\ud800"])
def test_what_cannot_be_stored_is_refused(client: Any, words: str) -> None:
    raw = words.encode("utf-8", "surrogatepass")
    for path in PATHS[:3]:
        answer = client.get(path, query_string={"q": raw})
        assert answer.status_code in (200, 422), path
    for path in PATHS[3:]:
        assert client.get(path, query_string={"q": raw}).status_code == 200, path


def test_pages_of_a_search_do_not_overlap(market: Market, index: Index, client: Any) -> None:
    slugs = {market.sell(f"Tea {number}") for number in range(9)}
    index.step()
    for order in ("", "&sort=price", "&sort=-price", "&sort=new", "&sort=name"):
        seen: list[str] = []
        address = f"/api/v1/products?q=tea&limit=4{order}"
        cursor = ""
        for _ in range(3):
            page = client.get(address + cursor).json
            seen += [item["slug"] for item in page["items"]]
            cursor = f"&cursor={page['next_cursor']}"
        assert page["next_cursor"] is None
        assert len(seen) == 9, order
        assert set(seen) == slugs, order


@pytest.mark.parametrize("values", [["name", "a", "b"], ["relevance", -1], ["relevance", 10**9]])
def test_a_cursor_of_something_else_is_refused(
    market: Market, index: Index, values: list[Any]
) -> None:
    market.sell("Tea")
    index.step()
    with pytest.raises(Invalid):
        find_products(ProductQuery(q="tea", cursor=encode_cursor(values)))
    assert not index.folder.is_broken


def test_what_can_be_had_comes_first(market: Market, index: Index) -> None:
    market.sell("Green tea", stock=0)
    market.sell("Green tea", stock=9)
    market.sell("Soap", brand="Green")
    index.step()
    found = find_products(ProductQuery(q="green")).items
    assert [item.stock_band for item in found][0] == "in"
    assert found[-1].title == "Green tea"
    assert found[-1].stock_band == "none"


def test_filters_narrow_a_search(market: Market, index: Index) -> None:
    other = create_category(market.admin, NewCategory(name="Soap")).slug
    market.sell("Tea tree soap", brand="Tata", category=other)
    market.sell("Tea", brand="Tata", diet=["vegan"])
    market.sell("Tea", brand="Wagh Bakri")
    index.step()
    assert len(indexed("tea")) == 3
    assert indexed("tea", category=other) == ["Tea tree soap"]
    assert len(indexed("tea", brand="Tata")) == 2
    assert indexed("tea", brand="tata") == []
    assert indexed("tea", diet="vegan") == ["Tea"]
    assert indexed("tea", diet='veg"an%') == []
    assert indexed("tea", store=market.store) == indexed("tea")
    assert indexed("tea", store="elsewhere") == indexed("tea", category="nowhere") == []


@pytest.mark.parametrize(
    "filters",
    ["price_min=5&price_max=1", "price_max=0", "brand=" + "b" * 9000, "diet=%22", "store=%00x",
     "category=", "without=plutonium", "without=", "origin=%27%22",
     "in_stock=true&offer=true&sort=new&added_since=2026-01-01"],
)  # fmt: skip
def test_no_filter_does_harm(market: Market, index: Index, client: Any, filters: str) -> None:
    market.sell("Tea")
    index.step()
    for path in PATHS[:2]:
        for words in ("", "&q=tea"):
            answer = client.get(f"{path}?{filters}{words}")
            assert answer.status_code in (200, 422), path
    assert not index.folder.is_broken


def test_allergens_are_left_out_and_origins_chosen(market: Market, index: Index) -> None:
    market.sell("Milk tea", allergens=["milk"], may_contain=["nuts"], origin="Assam")
    market.sell("Nut tea", allergens=["nuts"], origin="Kerala")
    market.sell("Tea", origin="Kerala")
    for step in (lambda: None, index.step):  # by the database, then by the index
        step()
        assert sorted(titles("tea", without=("milk",))) == ["Nut tea", "Tea"]
        assert titles("tea", without=("nuts",)) == ["Tea"]
        assert titles("tea", without=("celery",)) == titles("tea")
        assert titles("tea", without=("celery", "milk", "nuts")) == ["Tea"]
        assert titles("tea", origin="Kerala", without=("nuts",)) == ["Tea"]
        assert titles("tea", origin="kerala") == []
        found = count_facets(ProductQuery(q="tea", without=("milk",)), "INR")
        assert found.count == 2
        assert {told.value: told.count for told in found.allergens} == {"nuts": 2, "milk": 1}
        assert {told.value: told.count for told in found.origins} == {"Kerala": 2}
    assert sorted(indexed("kerala")) == ["Nut tea", "Tea"]


def test_an_article_number_hides_no_goods(market: Market, index: Index) -> None:
    market.sell("Red apple", sku="A1")
    market.sell("Basket", sku="RED-APPLE")
    market.sell("Milk bar", sku="MILK")
    market.sell("Milk")
    index.step()
    assert indexed("red apple") == ["Basket", "Red apple"]
    assert set(indexed("milk")) == {"Milk", "Milk bar"}


def test_the_database_alone_filters_alike(market: Market) -> None:
    market.sell("Tea", brand="Tata", diet=["vegan", "größe"])
    market.sell("Tea", brand="Wagh Bakri", other_names=["chai"])
    assert titles("tea", brand="Tata") == titles("tea", diet="größe") == ["Tea"]
    assert titles("tea", diet="vega") == []
    assert titles("chai") == ["Tea"]


def test_suggestions_are_products_and_categories(market: Market, index: Index, client: Any) -> None:
    create_category(market.admin, NewCategory(name="Green teas", parent=market.shelf))
    market.sell("Green tea", 12500, size_text="100 g")
    index.step()
    for typed, understood in (("gre", None), ("grene tea", "green tea")):
        answer = client.get(f"/api/v1/search/suggestions?q={typed}").json
        (product,) = answer["products"]
        assert (product["slug"], product["price"]["amount"]) == ("green-tea", 12500)
        assert [crumb["name"] for crumb in answer["categories"]] == ["Green teas"]
        assert answer["understood"] == understood
    assert client.get("/api/v1/search/suggestions?q=").json["products"] == []
    assert client.get("/api/v1/search/suggestions").status_code == 422
    assert suggest_categories("") == []


def test_the_admin_keeps_synonyms(market: Market, index: Index) -> None:
    market.sell("Greek yogurt")
    index.step()
    assert indexed("curd") == []
    made = add_synonym(market.admin, NewSynonym(word="Curd", other="Yogurt"))
    index.step()
    assert indexed("curd") == indexed("CURD greek") == ["Greek yogurt"]
    for word, other in (("yogurt", "curd"), ("CURD", "Yógurt")):
        with pytest.raises(SynonymExists):
            add_synonym(market.admin, NewSynonym(word=word, other=other))
    for word, other in (("curd", "Cürd"), ("!!", "curd"), ("curd", "??")):
        with pytest.raises(Invalid):
            add_synonym(market.admin, NewSynonym(word=word, other=other))
    page = list_synonyms(market.admin, PageQuery())
    assert [(pair.word, pair.other) for pair in page.items] == [("Curd", "Yogurt")]
    delete_synonym(market.admin, made.uid)
    index.step()
    assert indexed("curd") == []
    with pytest.raises(NotFound):
        delete_synonym(market.admin, made.uid)


def test_answers_kept_from_before_do_not_outlive_the_index(
    market: Market, index: Index, client: Any
) -> None:
    """The version rises before the index has the change: what is cached in between must go."""
    market.sell("Black tea")
    index.step()
    assert len(client.get("/api/v1/products?q=tea").json["items"]) == 1
    market.sell("Green tea")
    time.sleep(0.6)  # the version is trusted for half a second
    assert len(client.get("/api/v1/products?q=tea").json["items"]) == 1
    index.step()
    assert len(client.get("/api/v1/products?q=tea").json["items"]) == 2


def test_a_broad_price_is_looked_for_in_the_order_of_the_list(
    market: Market, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        market.sell(f"Tea {number}", price=1000 * (number + 1))
    index.step()
    shapes: list[bool] = []
    find = finding.list_shelf

    def listed(wanted: Any, is_broad: bool, **more: Any) -> Any:
        shapes.append(is_broad)
        return find(wanted, is_broad=is_broad, **more)

    monkeypatch.setattr(finding, "list_shelf", listed)
    wanted = ProductQuery(price_min=2000, price_max=5000)
    few = [item.title for item in find_products(wanted).items]
    monkeypatch.setattr(finding, "MOST_SORTED", 3)
    assert [item.title for item in find_products(wanted).items] == few
    assert few == ["Tea 1", "Tea 2", "Tea 3", "Tea 4"]
    assert shapes == [False, True]


def test_the_edge_keeps_no_search_that_the_database_answered(
    market: Market, index: Index, client: Any
) -> None:
    market.sell("Basmati rice")
    search = {"q": "basmatti"}
    assert client.get("/api/v1/products", query_string=search).json["items"] == []
    index.step()
    found = client.get("/api/v1/products", query_string=search).json["items"]
    assert [item["title"] for item in found] == ["Basmati rice"]
