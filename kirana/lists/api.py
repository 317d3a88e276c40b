"""Favourites and shopping lists over JSON."""

from flask import Blueprint

from kirana.accounts.permissions import Permission
from kirana.cart.errors import NotForSale, OffGrid, TooMuch
from kirana.cart.services import Gathered
from kirana.lists import queries, services
from kirana.lists.baskets import gather
from kirana.lists.errors import (
    ListExists,
    ListFull,
    ReadOnly,
    TooManyFavourites,
    TooManyLinks,
    TooManyLists,
)
from kirana.lists.shapes import (
    LinkView,
    ListSummary,
    ListView,
    ListWish,
    NewLink,
    NewList,
    Place,
    show_list,
)
from kirana.platform.access import Actor
from kirana.platform.errors import NotFound, Stale, TooMany
from kirana.platform.http import Answer, if_match, limited, operation, public, requires
from kirana.platform.paging import Page, PageQuery
from kirana.platform.shop_settings import settings
from kirana.stock.shapes import ProductSummary, summary

api = Blueprint("lists_api", __name__)
LINE_ERRORS = (NotFound, ReadOnly, NotForSale, OffGrid, TooMuch, ListFull, TooMany)


@api.get("/me/favourites")
@requires(Permission.READ_OWN_LISTS)
@operation("listFavourites")
def list_favourites(actor: Actor, query: PageQuery) -> Page[ProductSummary]:
    """The caller's favourites that are on sale, the latest first."""
    page = queries.list_favourites(actor, query)
    return Page([summary(item) for item in page.items], page.next_cursor)


@api.put("/me/favourites/<slug>")
@requires(Permission.WRITE_OWN_LISTS)
@limited("minute", "list_writes_per_minute")
@operation("keepFavourite", raises=(NotFound, TooManyFavourites, TooMany))
def keep_favourite(actor: Actor, slug: str) -> None:
    """Keep a product among one's favourites."""
    services.keep_favourite(actor, slug, settings().most_favourites)


@api.delete("/me/favourites/<slug>")
@requires(Permission.WRITE_OWN_LISTS)
@limited("minute", "list_writes_per_minute")
@operation("dropFavourite", raises=(TooMany,))
def drop_favourite(actor: Actor, slug: str) -> None:
    """Keep it no longer; nothing happens if it was none."""
    services.drop_favourite(actor, slug)


@api.get("/me/lists")
@requires(Permission.READ_OWN_LISTS)
@operation("listLists")
def list_lists(actor: Actor, query: PageQuery) -> Page[ListSummary]:
    """The caller's shopping lists, the latest first."""
    return queries.list_lists(actor, query)


@api.post("/me/lists")
@requires(Permission.WRITE_OWN_LISTS)
@limited("minute", "list_writes_per_minute")
@operation(
    "makeList", status=201, raises=(ListExists, TooManyLists, TooMany), idempotency="accepted"
)
def make(actor: Actor, body: NewList) -> Answer[ListView]:
    """A new shopping list."""
    uid = services.make_list(actor, body.name, settings().most_lists)
    return _answer(actor, Place(uid=uid), Location=f"/api/v1/me/lists/{uid}")


@api.get("/me/lists/<uid>")
@requires(Permission.READ_OWN_LISTS)
@operation("getList", raises=(NotFound,))
def get_one(actor: Actor, uid: str) -> Answer[ListView]:
    """One of the caller's lists, with its lines as they stand on the shelf."""
    return _answer(actor, Place(uid=uid))


@api.patch("/me/lists/<uid>")
@requires(Permission.WRITE_OWN_LISTS)
@limited("minute", "list_writes_per_minute")
@operation("renameList", raises=(NotFound, Stale, ListExists, TooMany))
def rename(actor: Actor, uid: str, body: NewList) -> Answer[ListView]:
    """Give a list another name; with If-Match only the version that was seen."""
    services.rename_list(actor, uid, body.name, if_match())
    return _answer(actor, Place(uid=uid))


@api.delete("/me/lists/<uid>")
@requires(Permission.WRITE_OWN_LISTS)
@limited("minute", "list_writes_per_minute")
@operation("deleteList", raises=(NotFound, TooMany))
def delete(actor: Actor, uid: str) -> None:
    """Delete a list; its links lead nowhere."""
    services.delete_list(actor, uid)


@api.put("/me/lists/<uid>/lines/<slug>")
@requires(Permission.WRITE_OWN_LISTS)
@limited("minute", "list_writes_per_minute")
@operation("setListLine", raises=LINE_ERRORS)
def set_line(actor: Actor, uid: str, slug: str, body: ListWish) -> Answer[ListView]:
    """Make a list hold so much of a product."""
    return _set(actor, Place(uid=uid), slug, body)


@api.delete("/me/lists/<uid>/lines/<slug>")
@requires(Permission.WRITE_OWN_LISTS)
@limited("minute", "list_writes_per_minute")
@operation("removeListLine", raises=(NotFound, TooMany))
def remove_line(actor: Actor, uid: str, slug: str) -> Answer[ListView]:
    """Take a product off a list."""
    services.remove_list_line(actor, Place(uid=uid), slug)
    return _answer(actor, Place(uid=uid))


@api.post("/me/lists/<uid>/basket")
@requires(Permission.WRITE_OWN_LISTS)
@limited("minute", "cart_writes_per_minute")
@operation("putListInBasket", raises=(NotFound, TooMany), idempotency="accepted")
def put_in_basket(actor: Actor, uid: str) -> Gathered:
    """All of a list into the basket; doing it twice doubles nothing. Tells what fell short."""
    return services.put_list_in_basket(actor, Place(uid=uid))


@api.get("/me/lists/<uid>/links")
@requires(Permission.READ_OWN_LISTS)
@operation("listListLinks", raises=(NotFound,))
def list_links(actor: Actor, uid: str) -> Page[LinkView]:
    """The links that share a list; at most ten."""
    return Page(queries.list_links(actor, uid, settings().secrets))


@api.post("/me/lists/<uid>/links")
@requires(Permission.WRITE_OWN_LISTS)
@limited("minute", "list_writes_per_minute")
@operation("shareList", status=201, raises=(NotFound, TooManyLinks, TooMany))
def share(actor: Actor, uid: str, body: NewLink) -> LinkView:
    """A new link for others, to read the list or to change its lines too."""
    link = services.share_list(actor, uid, body.may, settings().secret)
    links = queries.list_links(actor, uid, settings().secrets)
    return next(each for each in links if each.uid == link)


@api.delete("/me/lists/<uid>/links/<link>")
@requires(Permission.WRITE_OWN_LISTS)
@limited("minute", "list_writes_per_minute")
@operation("revokeListLink", raises=(NotFound, TooMany))
def revoke(actor: Actor, uid: str, link: str) -> None:
    """Take a link back: it leads nowhere from now on."""
    services.revoke_link(actor, uid, link)


@api.get("/shared-lists/<list_token>")
@public
@operation("getSharedList", raises=(NotFound,))
def get_shared(actor: Actor, list_token: str) -> Answer[ListView]:
    """The list that a link leads to; of people first names alone."""
    return _answer(actor, Place(token=list_token))


@api.put("/shared-lists/<list_token>/lines/<slug>")
@requires(Permission.WRITE_OWN_LISTS)
@limited("minute", "list_writes_per_minute")
@operation("setSharedListLine", raises=LINE_ERRORS)
def set_shared_line(actor: Actor, list_token: str, slug: str, body: ListWish) -> Answer[ListView]:
    """Make a shared list hold so much of a product, if the link lets one."""
    return _set(actor, Place(token=list_token), slug, body)


@api.delete("/shared-lists/<list_token>/lines/<slug>")
@requires(Permission.WRITE_OWN_LISTS)
@limited("minute", "list_writes_per_minute")
@operation("removeSharedListLine", raises=(NotFound, ReadOnly, TooMany))
def remove_shared_line(actor: Actor, list_token: str, slug: str) -> Answer[ListView]:
    """Take a product off a shared list, if the link lets one."""
    services.remove_list_line(actor, Place(token=list_token), slug)
    return _answer(actor, Place(token=list_token))


@api.post("/shared-lists/<list_token>/basket")
@requires(Permission.WRITE_OWN_BASKET)
@limited("minute", "cart_writes_per_minute")
@operation("putSharedListInBasket", raises=(NotFound, TooMany), idempotency="accepted")
def put_shared_in_basket(list_token: str) -> Gathered:
    """All of a shared list into the caller's own basket; a guest gets one."""
    return gather(Place(token=list_token))


def _set(actor: Actor, place: Place, slug: str, wish: ListWish) -> Answer[ListView]:
    line = (slug, wish.quantity)
    services.set_list_line(actor, place, line, settings().most_list_lines)
    return _answer(actor, place)


def _answer(actor: Actor, place: Place, **headers: str) -> Answer[ListView]:
    found = queries.get_list(actor, place)
    return Answer(show_list(found, settings().currency), headers, version=found.version)
