"""A store's managers and their products: rights, prices, moves, versions."""

from datetime import UTC, datetime

import pytest

from kirana.catalog.errors import SkuTaken
from kirana.catalog.inputs import NewProduct, ProductChanges
from kirana.catalog.models import Price, ProductEvent
from kirana.catalog.queries import catalog_version, get_product, list_prices
from kirana.catalog.services.products import (
    archive_product,
    create_product,
    edit_product,
    hide_product,
    publish_product,
)
from kirana.platform import clock
from kirana.platform.access import Actor
from kirana.platform.amounts import Money
from kirana.platform.audit import AuditEvent
from kirana.platform.errors import Forbidden, IllegalMove, Invalid, NotFound, Stale, Unauthorized
from tests.catalog.market import Market, make_actor, open_market, product_row, rows


@pytest.fixture
def market(database: object) -> Market:
    return open_market()


def price(amount: int) -> Money:
    return Money(amount, "INR")


def test_a_new_product_is_a_draft_with_what_it_was_not_told(market: Market) -> None:
    product = get_product(market.manager, market.draft("Oat Milk", 9900))
    assert (product.slug, product.status, product.tax_class) == ("oat-milk", "draft", "reduced")
    assert (product.price_minor, product.minimum, product.version) == (9900, 1, 1)
    assert product.sku.startswith("P-")
    assert [event.to_status for event in rows(ProductEvent)] == ["draft"]


def test_the_same_title_gets_the_next_slug(market: Market) -> None:
    assert [market.draft("Oat milk") for _ in range(3)] == ["oat-milk", "oat-milk-2", "oat-milk-3"]


def test_strangers_get_the_answer_for_what_is_not_there(market: Market) -> None:
    slug = market.sell()
    for attempt in (
        lambda: edit_product(market.stranger, slug, ProductChanges(price=price(1))),
        lambda: hide_product(market.stranger, slug),
        lambda: get_product(market.stranger, slug),
        lambda: list_prices(market.stranger, slug),
        lambda: create_product(
            market.stranger,
            market.store,
            NewProduct(title="X", category=market.shelf, price=price(1)),
        ),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert product_row(slug).price_minor == 9900


def test_neither_customers_nor_admins_nor_guests_write_products(market: Market) -> None:
    slug = market.sell()
    for actor, refusal in (
        (make_actor("customer"), Forbidden),
        (market.admin, Forbidden),
        (Actor(), Unauthorized),
    ):
        with pytest.raises(refusal):
            edit_product(actor, slug, ProductChanges(price=price(1)))
    assert product_row(slug).version == 2


def test_nothing_is_on_sale_for_nothing(market: Market) -> None:
    free = market.draft("Free sample", 0)
    with pytest.raises(Invalid) as caught:
        publish_product(market.manager, free)
    assert caught.value.errors[0]["pointer"] == "/price"
    assert caught.value.errors[0]["detail"] == "must be above 0 to be on sale"
    assert product_row(free).status == "draft"
    sold = market.sell()
    with pytest.raises(Invalid):
        edit_product(market.manager, sold, ProductChanges(price=price(0)))
    assert product_row(sold).price_minor > 0
    hide_product(market.manager, sold)
    edit_product(market.manager, sold, ProductChanges(price=price(0)))
    with pytest.raises(Invalid):
        publish_product(market.manager, sold)


def test_a_changed_price_ends_the_old_one(market: Market) -> None:
    slug = market.draft(price=100)
    moment = datetime(2030, 1, 1, tzinfo=UTC)
    with clock.frozen(moment):
        edit_product(market.manager, slug, ProductChanges(price=price(150)))
    edit_product(market.manager, slug, ProductChanges(price=price(150), brand="Oatly"))
    newest, oldest = list_prices(market.manager, slug)
    assert (oldest.amount_minor, oldest.valid_until) == (100, moment)
    assert (newest.amount_minor, newest.valid_from, newest.valid_until) == (150, moment, None)
    assert len(rows(Price)) == 2


def test_an_edit_is_in_the_log_with_before_and_after(market: Market) -> None:
    slug = market.draft(price=100)
    edit_product(market.manager, slug, ProductChanges(price=price(150), title="Oat milk"))
    edited = [row for row in rows(AuditEvent) if row.action == "product_edited"]
    assert [(row.before, row.after) for row in edited] == [
        ({"price_minor": 100}, {"price_minor": 150})
    ]
    assert edited[0].actor_id == market.manager.account_id


def test_a_version_seen_long_ago_is_refused(market: Market) -> None:
    slug = market.draft()
    seen = get_product(market.manager, slug).version
    edit_product(market.manager, slug, ProductChanges(brand="A"), seen)
    with pytest.raises(Stale):
        edit_product(market.manager, slug, ProductChanges(brand="B"), seen)
    assert product_row(slug).brand == "A"


def test_an_edit_that_changes_nothing_leaves_no_trace(market: Market) -> None:
    slug = market.draft("Oat milk", 100)
    before = (len(rows(AuditEvent)), catalog_version())
    edit_product(market.manager, slug, ProductChanges(title="Oat milk", price=price(100)))
    assert (len(rows(AuditEvent)), catalog_version()) == before
    assert product_row(slug).version == 1


def test_a_new_title_is_found_and_sorted_by(market: Market) -> None:
    slug = market.draft("Oat milk", brand="Oatly")
    edit_product(market.manager, slug, ProductChanges(title="Soya Drink"))
    row = product_row(slug)
    assert (row.slug, row.sort_key, row.search_text) == (slug, "soya drink", " soya drink oatly")


def test_the_moves_of_a_product(market: Market) -> None:
    slug = market.draft()
    first = publish_product(market.manager, slug)
    assert first.published_at is not None
    hide_product(market.manager, slug)
    again = publish_product(market.manager, slug)
    assert again.published_at == first.published_at
    archive_product(market.manager, slug)
    with pytest.raises(IllegalMove) as refused:
        publish_product(market.manager, slug)
    assert refused.value.details["legal"] == []
    path = [(event.from_status, event.to_status) for event in rows(ProductEvent)]
    assert path == [
        (None, "draft"),
        ("draft", "published"),
        ("published", "hidden"),
        ("hidden", "published"),
        ("published", "archived"),
    ]


def test_a_draft_cannot_be_hidden(market: Market) -> None:
    with pytest.raises(IllegalMove):
        hide_product(market.manager, market.draft())


def test_a_sku_is_unique_in_its_store(market: Market) -> None:
    market.draft("One", sku="A-1")
    with pytest.raises(SkuTaken):
        market.draft("Two", sku="A-1")
    other = market.draft("Three", sku="A-3")
    with pytest.raises(SkuTaken):
        edit_product(market.manager, other, ProductChanges(sku="A-1"))
    assert product_row(other).sku == "A-3"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"title": "!!!"}, "/title"),
        ({"increment": 100, "minimum": 250}, "/minimum"),
        ({"pack_size": 500}, "/pack_size"),
        ({"price": Money(-1, "INR")}, "/price"),
        ({"price": Money(10**12 + 1, "INR")}, "/price"),
        ({"price": Money(200, "INR"), "was_price": Money(200, "INR")}, "/was_price"),
        ({"category": "nowhere"}, "/category"),
    ],
)
def test_rules_between_fields(market: Market, changes: dict[str, object], pointer: str) -> None:
    slug = market.draft()
    with pytest.raises(Invalid) as refused:
        edit_product(market.manager, slug, ProductChanges(**changes))
    assert [error["pointer"] for error in refused.value.errors] == [pointer]
    assert product_row(slug).version == 1


def test_only_what_the_public_sees_raises_the_version(market: Market) -> None:
    slug = market.draft()
    before = catalog_version()
    edit_product(market.manager, slug, ProductChanges(price=price(1)))
    assert catalog_version() == before
    publish_product(market.manager, slug)
    assert catalog_version() == before + 1
    edit_product(market.manager, slug, ProductChanges(price=price(2)))
    assert catalog_version() == before + 2
