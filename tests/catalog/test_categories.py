"""The tree of categories is the admin's; managers ask for changes of it."""

import pytest
from sqlalchemy.exc import IntegrityError

from kirana import check
from kirana.catalog.errors import (
    CategoryExists,
    CategoryGone,
    CategoryInUse,
    CategoryLoop,
    CategoryTooDeep,
)
from kirana.catalog.inputs import CategoryChanges, CategoryWish, NewCategory
from kirana.catalog.queries import (
    catalog_version,
    departments,
    find_category,
    get_category,
    list_categories,
)
from kirana.catalog.request_queries import RequestQuery, get_request, list_requests
from kirana.catalog.services.categories import create_category, delete_category, edit_category
from kirana.catalog.services.requests import (
    approve_request,
    ask_for_category,
    reject_request,
    withdraw_request,
)
from kirana.catalog.tree import LARGEST_DEPTH
from kirana.oversight.services import Broken
from kirana.platform.access import Actor
from kirana.platform.errors import (
    Forbidden,
    IllegalMove,
    Invalid,
    NotFound,
    ShopError,
    Stale,
    Unauthorized,
)
from tests.accounts.people import at_once
from tests.catalog.market import (
    Market,
    make_actor,
    make_store,
    open_market,
    product_row,
    set_store_status,
)


@pytest.fixture
def market(database: object) -> Market:
    return open_market()


def make(market: Market, name: str, parent: str | None = None, position: int = 0) -> str:
    new = NewCategory(name=name, parent=parent, position=position)
    return create_category(market.admin, new).slug


def test_departments_come_in_their_order_with_what_is_on_sale_below(market: Market) -> None:
    dairy = make(market, "Dairy", position=-0)
    milk = make(market, "Milk", dairy, 2)
    cheese = make(market, "Cheese", dairy, 1)
    market.sell("Oat milk", category=milk)
    market.sell("Brie", category=cheese)
    market.sell("Cream", category=dairy)
    market.draft("Not yet", category=milk)
    first, second = departments()
    assert [(first.name, first.product_count), (second.name, second.product_count)] == [
        ("Dairy", 3),
        ("Drinks", 0),
    ]
    assert [(child.name, child.product_count) for child in first.children] == [
        ("Cheese", 1),
        ("Milk", 1),
    ]


def test_what_a_closed_store_sells_is_not_counted(market: Market) -> None:
    market.sell()
    assert departments()[0].product_count == 1
    set_store_status(market.store, "closed")
    assert departments()[0].product_count == 0


def test_a_category_knows_the_way_to_it(market: Market) -> None:
    milk = make(market, "Milk", market.shelf)
    oat = make(market, "Oat", milk)
    page = find_category(oat)
    assert page is not None
    assert [crumb.name for crumb in page.breadcrumb] == ["Drinks", "Milk", "Oat"]
    assert find_category("nowhere") is None


def test_the_list_names_each_after_its_parent(market: Market) -> None:
    milk = make(market, "Milk", market.shelf)
    make(market, "Apples")
    assert [(each.slug, each.parent) for each in list_categories()] == [
        ("apples", None),
        ("drinks", None),
        (milk, "drinks"),
    ]


def test_only_an_admin_changes_categories(market: Market) -> None:
    for actor, refusal in (
        (market.manager, Forbidden),
        (make_actor("customer"), Forbidden),
        (Actor(), Unauthorized),
    ):
        with pytest.raises(refusal):
            create_category(actor, NewCategory(name="Mine"))
        with pytest.raises(refusal):
            edit_category(actor, market.shelf, CategoryChanges(name="Mine"))
        with pytest.raises(refusal):
            delete_category(actor, market.shelf)
    assert [each.name for each in list_categories()] == ["Drinks"]


def test_a_category_keeps_its_slug_when_it_is_renamed(market: Market) -> None:
    before = catalog_version()
    renamed = edit_category(market.admin, market.shelf, CategoryChanges(name="Beverages"), 1)
    assert (renamed.slug, renamed.name, renamed.version) == ("drinks", "Beverages", 2)
    assert catalog_version() == before + 1
    with pytest.raises(Stale):
        edit_category(market.admin, market.shelf, CategoryChanges(name="Third"), 1)


def test_it_cannot_be_moved_below_itself(market: Market) -> None:
    middle = make(market, "Middle", market.shelf)
    low = make(market, "Low", middle)
    for goal in (market.shelf, middle, low):
        with pytest.raises(CategoryLoop):
            edit_category(market.admin, market.shelf, CategoryChanges(parent=goal))
    edit_category(market.admin, low, CategoryChanges(parent=None))
    assert get_category(low).parent is None


def test_two_moves_at_once_make_no_loop(market: Market) -> None:
    one, two = make(market, "One"), make(market, "Two")
    outcome = at_once(
        lambda: edit_category(market.admin, one, CategoryChanges(parent=two)),
        lambda: edit_category(market.admin, two, CategoryChanges(parent=one)),
    )
    assert sum(isinstance(each, CategoryLoop) for each in outcome) == 1
    parents = {get_category(one).parent, get_category(two).parent}
    assert None in parents


def test_the_tree_is_as_deep_as_anybody_wants(market: Market) -> None:
    slug = market.shelf
    for level in range(2, LARGEST_DEPTH + 1):
        slug = make(market, f"Level {level}", slug)
    market.sell("Oat milk", category=slug)
    page, top = find_category(slug), find_category(market.shelf)
    assert page is not None
    assert top is not None
    assert len(page.breadcrumb) == LARGEST_DEPTH == 32
    assert (top.product_count, top.children[0].product_count) == (1, 1)
    with pytest.raises(CategoryTooDeep):
        make(market, "One more", slug)
    high = make(market, "High")
    make(market, "Below", high)
    with pytest.raises(CategoryTooDeep):
        edit_category(market.admin, high, CategoryChanges(parent="level-31"))


def wells(*slugs: str) -> list[tuple[str, bool]]:
    found = [get_category(slug) for slug in slugs]
    return [(each.well, each.own_well) for each in found]


def wrong_wells() -> list[Broken]:
    return [found for found in check.run() if "colour of its own" in found.rule]


def test_a_shelf_has_the_colour_of_its_department(market: Market) -> None:
    milk = make(market, "Milk", market.shelf)
    oat = make(market, "Oat", milk)
    assert wells(market.shelf, milk, oat) == [("sky", True), ("sky", False), ("sky", False)]
    edit_category(market.admin, market.shelf, CategoryChanges(well="lilac"))
    assert wells(milk, oat) == [("lilac", False), ("lilac", False)]
    edit_category(market.admin, milk, CategoryChanges(well="mint"))
    assert wells(milk, oat) == [("mint", True), ("mint", False)]
    edit_category(market.admin, market.shelf, CategoryChanges(well="blush"))
    assert wells(milk, oat) == [("mint", True), ("mint", False)]
    edit_category(market.admin, milk, CategoryChanges(well=None))
    assert wells(milk, oat) == [("blush", False), ("blush", False)]
    assert wrong_wells() == []


def test_what_moves_takes_on_the_colour_of_where_it_goes(market: Market) -> None:
    milk = make(market, "Milk", market.shelf)
    oat = make(market, "Oat", milk)
    soap = create_category(market.admin, NewCategory(name="Soap", well="butter")).slug
    edit_category(market.admin, milk, CategoryChanges(parent=soap))
    assert wells(milk, oat) == [("butter", False), ("butter", False)]
    edit_category(market.admin, milk, CategoryChanges(parent=None))
    assert wells(milk, oat) == [("butter", True), ("butter", False)]
    edit_category(market.admin, soap, CategoryChanges(parent=milk))
    edit_category(market.admin, milk, CategoryChanges(well="sand"))
    assert wells(soap, oat) == [("butter", True), ("sand", False)]
    assert wrong_wells() == []


def test_names_are_told_apart_among_siblings(market: Market) -> None:
    with pytest.raises(CategoryExists):
        make(market, "DRINKS")
    with pytest.raises(Invalid):
        make(market, "***")
    with pytest.raises(Invalid):
        make(market, "Lost", "nowhere")
    assert make(market, "Drinks", market.shelf) == "drinks-2"


def test_a_category_that_holds_something_stays(market: Market) -> None:
    child = make(market, "Milk", market.shelf)
    product = market.draft(category=child)
    for slug in (market.shelf, child):
        with pytest.raises(CategoryInUse):
            delete_category(market.admin, slug)
    assert product_row(product).status == "draft"
    assert len(list_categories()) == 2


def test_an_empty_category_goes(market: Market) -> None:
    slug = make(market, "Milk", market.shelf)
    with pytest.raises(Stale):
        delete_category(market.admin, slug, 7)
    delete_category(market.admin, slug, 1)
    with pytest.raises(NotFound):
        get_category(slug)


def test_a_product_that_comes_in_meanwhile_keeps_its_category(market: Market) -> None:
    """However the two fall, no product is left without its category."""
    slug = make(market, "Milk")
    made, deleted = at_once(
        lambda: market.draft(category=slug), lambda: delete_category(market.admin, slug)
    )
    assert isinstance(made, Invalid | IntegrityError) or isinstance(deleted, CategoryInUse)
    assert not (isinstance(made, str) and deleted is None)


def wish(market: Market, kind: str, **facts: str | None) -> str:
    return ask_for_category(market.manager, CategoryWish(kind=kind, **facts))


def test_an_approved_wish_is_carried_out_once(market: Market) -> None:
    uid = wish(market, "create", name="Tea", parent=market.shelf)
    assert get_request(market.manager, uid).status == "requested"
    approve_request(market.admin, uid)
    assert get_category("tea").parent == market.shelf
    with pytest.raises(IllegalMove):
        approve_request(market.admin, uid)
    assert [each.slug for each in list_categories()] == ["drinks", "tea"]


def test_two_admins_approve_at_once_and_it_happens_once(market: Market) -> None:
    uid = wish(market, "create", name="Tea")
    other = make_actor("admin")
    outcome = at_once(
        lambda: approve_request(market.admin, uid), lambda: approve_request(other, uid)
    )
    assert sum(isinstance(each, IllegalMove) for each in outcome) == 1
    assert [each.name for each in list_categories()] == ["Drinks", "Tea"]


def test_each_kind_of_wish(market: Market) -> None:
    tea = make(market, "Tea")
    approve_request(market.admin, wish(market, "rename", category=tea, name="Teas"))
    approve_request(market.admin, wish(market, "move", category=tea, parent=market.shelf))
    assert (get_category(tea).name, get_category(tea).parent) == ("Teas", market.shelf)
    uid = wish(market, "delete", category=tea)
    approve_request(market.admin, uid)
    assert [each.slug for each in list_categories()] == [market.shelf]
    assert get_request(market.manager, uid).category == tea


def test_a_wish_that_cannot_be_carried_out_stays_open(market: Market) -> None:
    market.sell()
    uid = wish(market, "delete", category=market.shelf)
    with pytest.raises(CategoryInUse):
        approve_request(market.admin, uid)
    assert get_request(market.admin, uid).status == "requested"


def test_a_wish_about_a_category_that_is_gone_touches_no_other(market: Market) -> None:
    """SQLite gives the id of the deleted category to the next one."""
    tea = make(market, "Tea")
    uid = wish(market, "delete", category=tea)
    delete_category(market.admin, tea)
    coffee = make(market, "Coffee")
    with pytest.raises(CategoryGone):
        approve_request(market.admin, uid)
    assert get_category(coffee).name == "Coffee"
    reject_request(market.admin, uid, "It is gone already.")
    assert get_request(market.manager, uid).status == "rejected"


def test_a_rejection_says_why(market: Market) -> None:
    uid = wish(market, "create", name="Tea")
    with pytest.raises(Invalid):
        reject_request(market.admin, uid, "  ")
    reject_request(market.admin, uid, "We have Drinks for that.")
    seen = get_request(market.manager, uid)
    assert (seen.status, seen.reason) == ("rejected", "We have Drinks for that.")
    assert seen.decided_at is not None
    with pytest.raises(IllegalMove):
        withdraw_request(market.manager, uid)


def test_a_wish_is_taken_back_by_its_own_store_only(market: Market) -> None:
    uid = wish(market, "create", name="Tea")
    for attempt in (
        lambda: withdraw_request(market.stranger, uid),
        lambda: get_request(market.stranger, uid),
    ):
        with pytest.raises(NotFound):
            attempt()
    withdraw_request(market.manager, uid)
    assert get_request(market.admin, uid).status == "withdrawn"


def test_managers_see_the_wishes_of_their_stores_and_admins_all(market: Market) -> None:
    mine = wish(market, "create", name="Tea")
    theirs = ask_for_category(market.stranger, CategoryWish(kind="create", name="Coffee"))
    assert [each.uid for each in list_requests(market.manager, RequestQuery()).items] == [mine]
    first = list_requests(market.admin, RequestQuery(limit=1))
    second = list_requests(market.admin, RequestQuery(limit=1, cursor=first.next_cursor))
    assert [page.items[0].uid for page in (first, second)] == [theirs, mine]
    assert second.next_cursor is None


def test_a_wish_must_make_sense(market: Market) -> None:
    for facts in (
        {"kind": "create"},
        {"kind": "rename", "category": market.shelf},
        {"kind": "rename", "name": "X"},
        {"kind": "move", "category": "nowhere"},
        {"kind": "create", "name": "X", "parent": "nowhere"},
        {"kind": "create", "name": "X", "category": market.shelf},
    ):
        with pytest.raises(Invalid):
            ask_for_category(market.manager, CategoryWish(**facts))
    slug, store_id = make_store()
    of_two = make_actor("manager", store_id, *market.manager.stores)
    with pytest.raises(Invalid):
        ask_for_category(of_two, CategoryWish(kind="create", name="X"))
    with pytest.raises(NotFound):
        ask_for_category(market.stranger, CategoryWish(kind="create", name="X", store=slug))


@pytest.mark.parametrize("decide", [approve_request, lambda a, u: reject_request(a, u, "no")])
def test_managers_do_not_decide(market: Market, decide: object) -> None:
    uid = wish(market, "create", name="Tea")
    with pytest.raises(ShopError) as refused:
        decide(market.manager, uid)  # type: ignore[operator]
    assert refused.value.status == 403
