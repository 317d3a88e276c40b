"""The product's page and what programs read of it: sizes, facts, pictures, address, map."""

import json
import re
from typing import Any
from xml.etree import ElementTree as Tree

import pytest

from kirana.catalog.facts import Nutrition
from kirana.catalog.inputs import NewCategory
from kirana.catalog.services.categories import create_category
from kirana.catalog.services.pictures import add_picture
from kirana.catalog.services.products import hide_product
from kirana.platform.storage import media
from kirana.storefront.structured import data_block
from tests.cart.goods import change_product
from tests.catalog.drawings import picture
from tests.catalog.market import Market, open_market, product_row, set_store_status

EVIL = '</script><script>alert(1)</script> & "quoted" \u2028'
SPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture
def market(app: Any) -> Market:
    return open_market()


def facts_of(page: str) -> list[dict[str, Any]]:
    blocks = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert len(blocks) == 1
    found: list[dict[str, Any]] = json.loads(blocks[0])
    return found


def content(page: str, name: str) -> str | None:
    found = re.search(rf'<meta (?:property|name)="{name}" content="([^"]*)">', page)
    return found[1] if found else None


def test_a_product_tells_programs_what_it_tells_people(client: Any, market: Market) -> None:
    slug = market.sell(
        "Oat milk", 9950, brand="Oatly", barcode="4006381333931", description="Made of oats."
    )
    page = client.get(f"/products/{slug}").text
    product, crumbs = facts_of(page)
    assert (product["@type"], product["name"], product["gtin13"]) == (
        "Product", "Oat milk", "4006381333931",
    )  # fmt: skip
    assert product["offers"]["price"] == "99.50"
    assert product["offers"]["priceCurrency"] == "INR"
    assert product["offers"]["availability"].endswith("/InStock")
    assert [step["name"] for step in crumbs["itemListElement"]] == ["Home", "Drinks", "Oat milk"]
    base = "http://localhost:8000"
    assert crumbs["itemListElement"][1]["item"] == f"{base}/categories/drinks"
    assert f'<link rel="canonical" href="{base}/products/{slug}">' in page
    assert content(page, "og:url") == f"{base}/products/{slug}"
    assert content(page, "robots") is None


def test_what_is_priced_by_weight_says_so(client: Any, market: Market) -> None:
    by_weight = {"unit": "g", "increment": 50, "minimum": 250}
    rice = market.sell("Rice", 6000, stock=5000, barcode="2000000000015", **by_weight)
    product, _crumbs = facts_of(client.get(f"/products/{rice}").text)
    price = product["offers"]["priceSpecification"]
    assert (price["price"], price["referenceQuantity"]["unitCode"]) == ("60.00", "KGM")
    assert "gtin13" not in product, "a number that means something in this shop alone"
    piece, _crumbs = facts_of(client.get(f"/products/{market.sell('Tea')}").text)
    assert {"priceSpecification", "aggregateRating"}.isdisjoint({**piece, **piece["offers"]})


def test_pieces_that_are_sold_in_steps_say_what_one_costs(client: Any, market: Market) -> None:
    eggs = market.sell("Eggs", 800, increment=6, minimum=6, family="eggs")
    market.sell("A box of eggs", 9000, family="eggs")
    tea = market.sell("Tea", 800)
    for path in ("/products", f"/products/{eggs}"):
        assert client.get(path).text.count("₹8<small> each</small>") == 1, path
    assert "<span>₹8 each</span>" in client.get(f"/products/{eggs}").text  # among the sizes
    assert "each</small>" not in client.get(f"/products/{tea}").text.partition("related-title")[0]


def test_what_was_reviewed_tells_programs_its_mean(client: Any, market: Market) -> None:
    slug = market.sell()
    change_product(slug, review_count=3, stars_sum=14)
    product, _crumbs = facts_of(client.get(f"/products/{slug}").text)
    mean = product["aggregateRating"]
    assert (mean["ratingValue"], mean["reviewCount"]) == (4.7, 3)


def test_what_is_sold_out_is_told_so(client: Any, market: Market) -> None:
    product, _crumbs = facts_of(client.get(f"/products/{market.sell(stock=0)}").text)
    assert product["offers"]["availability"].endswith("/OutOfStock")


def test_no_text_can_leave_its_block(client: Any, market: Market) -> None:
    title, description = "Tea " + EVIL[:-2], EVIL
    page = client.get(f"/products/{market.sell(title, description=description)}").text
    product, _crumbs = facts_of(page)
    assert (product["name"], product["description"]) == (title, description)
    assert "<script>alert" not in page
    block = data_block({"name": EVIL})
    assert not set("<>&\u2028") & set(block[35:-9])


def test_a_social_card_shows_a_photo_and_no_drawing(app: Any, client: Any, market: Market) -> None:
    slug = market.sell()
    bare = client.get(f"/products/{slug}").text
    assert content(bare, "og:image") is None
    assert content(bare, "twitter:card") == "summary"
    files = media(app.config["SETTINGS"])
    first = add_picture(market.manager, files, slug, picture())
    page = client.get(f"/products/{slug}").text
    assert content(page, "og:image") == f"http://localhost:8000{first.url}"
    assert content(page, "twitter:card") == "summary_large_image"


def test_pictures_have_sizes_to_choose_from_and_room_is_kept(
    app: Any, client: Any, market: Market
) -> None:
    slug, files = market.sell(), media(app.config["SETTINGS"])
    one, two = (add_picture(market.manager, files, slug, picture(), alt) for alt in ("", "Back"))
    page = client.get(f"/products/{slug}").text
    shown = re.findall(
        r"<img [^>]*>", page[page.index('class="gallery"') : page.index("product-buy")]
    )
    large = [tag for tag in shown if f'src="{one.url}"' in tag or f'src="{two.url}"' in tag]
    assert len(large) == 2
    for each in shown:
        assert 'width="' in each
        assert 'height="' in each
    assert f"{one.tiny_url} 160w, {one.small_url} 320w, {one.url} 640w" in large[0]
    assert 'loading="lazy"' not in large[0]
    assert 'loading="lazy"' in large[1]
    assert 'alt="Oat milk"' in large[0]
    assert 'alt="Back"' in large[1]
    assert 'href="#picture-2"' in page
    card = client.get("/products").text
    assert f'src="{one.small_url}"' in card
    assert f"{one.tiny_url} 160w" in card


def test_a_product_without_a_picture_shows_its_drawn_pack(client: Any, market: Market) -> None:
    slug = market.sell()
    page = client.get(f"/products/{slug}").text
    assert f'src="/media/drawn/{slug}.svg" width="640" height="640"' in page
    assert "srcset" not in page[page.index('class="gallery"') : page.index("product-buy")]


def test_what_is_in_it_and_nothing_where_nothing_is_known(client: Any, market: Market) -> None:
    bread = market.sell(
        "Bread", allergens=["gluten"], may_contain=["nuts"], ingredients="Wheat, <water>",
        best_before_days=4, nutrition=Nutrition(energy_kcal=250, fat_mg=1200),
    )  # fmt: skip
    page = client.get(f"/products/{bread}").text
    for text in (
        "Contains <strong>Cereals with gluten</strong>", "May contain tree nuts", "in 100 g",
        "1046 kJ / 250 kcal", "1.2 g", "Wheat, &lt;water&gt;", "at least 4 days",
    ):  # fmt: skip
        assert text in page, text
    bare = client.get(f"/products/{market.sell('Tea')}").text
    for word in ("ontain", "Nutrition", "Allergens"):
        assert word not in bare[bare.index("<main") : bare.index("</main")], word


def test_sizes_lead_to_each_other(client: Any, market: Market) -> None:
    sizes = [
        market.sell(
            f"Rice {size}", price, family="rice", pack_size=size, pack_unit="g",
            size_text=f"{size // 1000} kg",
        )
        for size, price in ((1000, 10_000), (5000, 40_000))
    ]  # fmt: skip
    page = client.get(f"/products/{sizes[0]}").text
    switch = page[page.index('aria-label="Sizes"') : page.index("</nav>", page.index("Sizes"))]
    assert f'href="/products/{sizes[1]}"' in switch
    assert f'href="/products/{sizes[0]}" aria-current="page"' in switch
    assert [text in switch for text in ("₹100/kg", "₹80/kg", "Best value")] == [True] * 3


def test_lists_have_one_address_whatever_is_filtered(client: Any, market: Market) -> None:
    market.sell()
    plain = client.get("/categories/drinks").text
    filtered = client.get("/categories/drinks?max_price=500&sort=price").text
    canonical = '<link rel="canonical" href="http://localhost:8000/categories/drinks">'
    assert canonical in plain
    assert canonical in filtered
    assert (content(plain, "robots"), content(filtered, "robots")) == (None, "noindex, follow")
    (crumbs,) = facts_of(plain)
    assert crumbs["itemListElement"][-1]["item"] == "http://localhost:8000/categories/drinks"


def test_a_deep_tree_is_in_the_menu_where_one_is(client: Any, market: Market) -> None:
    slug = market.shelf
    for name in ("Milk", "Plant milk", "Oat"):
        slug = create_category(market.admin, NewCategory(name=name, parent=slug)).slug
    product = market.sell("Oat drink", category=slug)
    for path in (f"/categories/{slug}", f"/products/{product}"):
        page = client.get(path).text
        rail = page[page.index('class="rail"') : page.index("<main")]
        places = [
            rail.index(f'href="/categories/{each}"') for each in ("milk", "plant-milk", "oat")
        ]
        assert places == sorted(places)
    assert 'href="/categories/oat"' not in client.get("/categories/drinks").text
    assert "rail-shelves" not in client.get("/").text
    page = client.get("/categories/plant-milk").text
    assert 'class="chip" href="/categories/oat"' in page
    assert page.count('aria-current="page"') == 2  # the way there, and the menu


def paths_of(text: str) -> list[str]:
    tree = Tree.fromstring(text)  # noqa: S314 - our own answer
    return [str(each.text) for each in tree.iter(f"{SPACE}loc")]


def test_the_map_has_what_is_on_sale_in_pages_by_key(app: Any, client: Any, market: Market) -> None:
    app.config["SITEMAP_PAGE"] = 2
    base = "http://localhost:8000"
    slugs = [market.sell(f"Tea {number}") for number in range(6)]
    pages = {slug: (product_row(slug).id - 1) // 2 + 1 for slug in slugs}
    empty = pages[slugs[0]]
    for slug in (slug for slug in slugs if pages[slug] == empty):
        hide_product(market.manager, slug)
    parts = paths_of(client.get("/sitemap.xml").text)
    full = sorted({*pages.values()} - {empty})
    assert len(full) >= 2
    assert parts == [
        f"{base}/sitemaps/{part}.xml" for part in ("shelves", *(f"products-{n}" for n in full))
    ]
    found = [path for part in parts for path in paths_of(client.get(part).text)]
    assert found == [
        f"{base}/", f"{base}/products", f"{base}/categories/drinks",
        *(f"{base}/products/{slug}" for slug in slugs if pages[slug] != empty),
    ]  # fmt: skip
    answer = client.get(f"/sitemaps/products-{full[0]}.xml")
    assert answer.mimetype == "application/xml"
    assert re.search(r"<lastmod>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ</lastmod>", answer.text)
    for path in (f"products-{empty}.xml", "products-0.xml", "products-99999999999.xml", "x.xml"):
        assert client.get(f"/sitemaps/{path}").status_code == 404
    set_store_status(market.store, "closed")
    assert len(paths_of(client.get("/sitemap.xml").text)) == 1
    assert f"Sitemap: {base}/sitemap.xml" in client.get("/robots.txt").text.splitlines()
