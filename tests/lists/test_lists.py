"""Favourites and shopping lists: what they hold, who may, what goes into the basket."""

import pytest

from kirana.cart.errors import NotForSale, OffGrid, TooMuch
from kirana.cart.queries import basket_view
from kirana.cart.services import set_line
from kirana.cart.steps import MOST_LINES
from kirana.lists.errors import (
    ListExists,
    ListFull,
    ReadOnly,
    TooManyFavourites,
    TooManyLinks,
    TooManyLists,
)
from kirana.lists.keys import known_token, link_token
from kirana.lists.models import Favourite, ListLine, ListLink, ShoppingList
from kirana.lists.queries import get_list, list_favourites, list_links, list_lists
from kirana.lists.services import (
    delete_list,
    drop_favourite,
    keep_favourite,
    make_list,
    put_list_in_basket,
    remove_list_line,
    rename_list,
    revoke_link,
    set_list_line,
    share_list,
    step_list_line,
)
from kirana.lists.services.forgetting import forget_lists
from kirana.lists.services.links import MOST_LINKS
from kirana.lists.shapes import KeptList, Place
from kirana.platform import db
from kirana.platform.access import GUEST, Actor
from kirana.platform.errors import NotFound, Stale, Unauthorized
from kirana.platform.paging import PageQuery
from tests.accounts.people import rows
from tests.cart.goods import change_product, make_guest, make_person, make_product, make_store
from tests.machinery.databases import SECRET

pytestmark = pytest.mark.usefixtures("database")
MOST = 100
GRAMS = {"unit": "g", "price_per": 1000, "increment": 50, "minimum": 250}


def place_of(actor: Actor, name: str = "The week") -> Place:
    return Place(uid=make_list(actor, name, 20))


def held(found: KeptList) -> dict[str, int]:
    return {line.product: line.quantity.value for line in found.lines}


def link_to(actor: Actor, place: Place, may: str = "read") -> Place:
    return Place(token=link_token(SECRET, share_list(actor, place.uid, may, SECRET)))  # type: ignore[arg-type]


# ---- favourites


def test_hearts() -> None:
    store, me, other = make_store(), make_person(), make_person()
    milk, rice = make_product(store), make_product(store)
    for slug in (milk, rice, milk):
        keep_favourite(me, slug, MOST)
    assert [item.slug for item in list_favourites(me, PageQuery()).items] == [rice, milk]
    assert list_favourites(other, PageQuery()).items == []
    page = list_favourites(me, PageQuery(limit=1))
    again = list_favourites(me, PageQuery(limit=1, cursor=page.next_cursor))
    assert [item.slug for item in again.items] == [milk]
    for _ in range(2):
        drop_favourite(me, milk)
    assert len(rows(Favourite)) == 1
    change_product(rice, status="hidden")
    assert list_favourites(me, PageQuery()).items == []
    with pytest.raises(NotFound):
        keep_favourite(me, rice + "x", MOST)


def test_no_more_favourites_than_one_may_have() -> None:
    store, me = make_store(), make_person()
    keep_favourite(me, make_product(store), 2)
    milk = make_product(store)
    keep_favourite(me, milk, 2)
    with pytest.raises(TooManyFavourites):
        keep_favourite(me, make_product(store), 2)
    keep_favourite(me, milk, 2)  # it is one already
    assert len(rows(Favourite)) == 2


# ---- lists


def test_making_naming_deleting() -> None:
    me, other = make_person(), make_person()
    place = place_of(me)
    with pytest.raises(ListExists):
        make_list(me, " The week ", 20)
    make_list(other, "The week", 20)
    with pytest.raises(TooManyLists):
        make_list(me, "Party", 1)
    party = make_list(me, "Party", 2)
    with pytest.raises(ListExists):
        rename_list(me, party, "The week")
    with pytest.raises(Stale):
        rename_list(me, party, "Feast", 7)
    rename_list(me, party, "Feast", 1)
    assert [item.name for item in list_lists(me, PageQuery()).items] == ["Feast", "The week"]
    for verb in (lambda: delete_list(other, party), lambda: rename_list(other, party, "x")):
        with pytest.raises(NotFound):
            verb()
    link = link_to(me, place)
    delete_list(me, place.uid)
    with pytest.raises(NotFound):
        get_list(other, link)
    assert [row.name for row in rows(ShoppingList)] == ["The week", "Feast"]
    assert rows(ListLink) == []


def test_lines_are_on_the_grid() -> None:
    store, me = make_store(), make_person()
    place, apples, milk = place_of(me), make_product(store, 5000, **GRAMS), make_product(store)
    for _ in range(2):
        set_list_line(me, place, (apples, 300), MOST)
    with pytest.raises(OffGrid):
        set_list_line(me, place, (apples, 320), MOST)
    with pytest.raises(TooMuch):
        set_list_line(me, place, (milk, 1000), MOST)
    step_list_line(me, place, (milk, 1), MOST)
    step_list_line(me, place, (apples, 1), MOST)
    assert held(get_list(me, place)) == {apples: 350, milk: 1}
    step_list_line(me, place, (milk, -1), MOST)
    for _ in range(2):
        remove_list_line(me, place, apples)
    assert held(get_list(me, place)) == {}


def test_only_what_is_on_sale_comes_onto_a_list_and_it_has_an_end() -> None:
    store, me = make_store(), make_person()
    place, milk, hidden = place_of(me), make_product(store), make_product(store)
    change_product(hidden, status="hidden")
    with pytest.raises(NotForSale):
        set_list_line(me, place, (hidden, 1), MOST)
    draft = make_product(store)
    change_product(draft, status="draft")
    with pytest.raises(NotFound):
        set_list_line(me, place, (draft, 1), MOST)
    set_list_line(me, place, (milk, 1), 1)
    with pytest.raises(ListFull):
        set_list_line(me, place, (make_product(store), 1), 1)
    set_list_line(me, place, (milk, 2), 1)
    change_product(milk, status="hidden")
    [line] = get_list(me, place).lines
    assert (line.on_sale, line.quantity.value) == (False, 2)


# ---- links


def test_a_link_lets_read_or_change_until_it_is_revoked() -> None:
    store, me, other = make_store(), make_person(), make_person()
    place, milk = place_of(me), make_product(store)
    set_list_line(me, place, (milk, 2), MOST)
    reading, editing = link_to(me, place), link_to(me, place, "edit")
    for who in (GUEST, make_guest(), other):
        found = get_list(who, reading)
        assert (found.may, found.owner, found.uid, held(found)) == ("read", "Person", "", {milk: 2})
    with pytest.raises(ReadOnly):
        set_list_line(other, reading, (milk, 3), MOST)
    with pytest.raises(Unauthorized):
        set_list_line(make_guest(), editing, (milk, 3), MOST)
    rice = make_product(store)
    set_list_line(other, editing, (rice, 3), MOST)
    assert [line.added_by for line in get_list(me, place).lines] == ["Person", "Person"]
    assert {row.added_by for row in rows(ListLine)} == {me.account_id, other.account_id}
    for verb in (rename_list, share_list):
        with pytest.raises(NotFound):
            verb(other, place.uid, *(("x",) if verb is rename_list else ("read", SECRET)))  # type: ignore[operator]
    read_link = list_links(me, place.uid, (SECRET,))[0]
    assert read_link.path == f"/shared-lists/{reading.token}"
    revoke_link(me, place.uid, read_link.uid)
    for act in (
        lambda: get_list(other, reading),
        lambda: revoke_link(me, place.uid, read_link.uid),
        lambda: get_list(other, Place(token="x" * 43)),
        lambda: list_links(other, place.uid, (SECRET,)),
    ):
        with pytest.raises(NotFound):
            act()
    assert get_list(other, editing).may == "edit"


def test_a_list_has_ten_links_at_most_and_keeps_no_token() -> None:
    me = make_person()
    place = place_of(me)
    tokens = [link_to(me, place).token for _ in range(MOST_LINKS)]
    with pytest.raises(TooManyLinks):
        link_to(me, place)
    assert len(set(tokens)) == MOST_LINKS
    assert not {repr(row) for row in rows(ListLink) for token in tokens if token in repr(row)}
    [first, *_] = rows(ListLink)
    assert known_token(("n" * 40, SECRET), first.uid, first.token_hash) == tokens[0]
    assert known_token(("n" * 40,), first.uid, first.token_hash) is None


# ---- into the basket


def test_a_list_goes_into_the_basket_once() -> None:
    store, me = make_store(), make_person()
    place, milk, rice = place_of(me), make_product(store), make_product(store, 3)
    gone, off = make_product(store, 0), make_product(store)
    for slug, quantity in ((milk, 2), (rice, 5), (gone, 1), (off, 1)):
        set_list_line(me, place, (slug, quantity), MOST)
    change_product(off, status="hidden")
    set_line(me, milk, 4)
    for _ in range(2):
        told = put_list_in_basket(me, place)
        basket = {line.slug: line.quantity for line in basket_view(me).lines}
        assert basket == {milk: 4, rice: 3}
        assert told.put == 2
        assert [(each.product, each.why, each.got) for each in told.short] == [
            (rice, "less", 3), (gone, "none", 0), (off, "none", 0),
        ]  # fmt: skip
    assert "(3 instead of 5)" in told.note
    assert basket_view(me).can_check_out


def test_a_full_basket_leaves_things_out() -> None:
    store, me = make_store(), make_person()
    place = place_of(me)
    for _ in range(MOST_LINES - 1):
        set_line(me, make_product(store), 1)
    wanted = [make_product(store) for _ in range(2)]
    for slug in wanted:
        set_list_line(me, place, (slug, 1), MOST)
    told = put_list_in_basket(me, place)
    assert [(each.product, each.why) for each in told.short] == [(wanted[1], "full")]
    assert len(basket_view(me).lines) == MOST_LINES


def test_a_guest_puts_a_shared_list_into_their_own_basket() -> None:
    store, me, guest = make_store(), make_person(), make_guest()
    place, apples = place_of(me), make_product(store, 5000, **GRAMS)
    set_list_line(me, place, (apples, 300), MOST)
    change_product(apples, minimum=500, increment=500)
    put_list_in_basket(guest, link_to(me, place))
    assert [(x.slug, x.quantity) for x in basket_view(guest).lines] == [(apples, 500)]
    assert basket_view(me).lines == ()


def test_forgetting_leaves_others_their_lines() -> None:
    store, me, other = make_store(), make_person(), make_person()
    mine, theirs, milk = place_of(me), place_of(other), make_product(store)
    keep_favourite(me, milk, MOST)
    set_list_line(me, mine, (milk, 1), MOST)
    link_to(me, mine)
    set_list_line(me, link_to(other, theirs, "edit"), (milk, 1), MOST)
    for _ in range(2):
        with db.transaction() as connection:
            forget_lists(connection, me.me())
    assert (rows(Favourite), len(rows(ShoppingList)), len(rows(ListLink))) == ([], 1, 1)
    [line] = get_list(other, theirs).lines
    assert (line.product, line.added_by) == (milk, "")
