"""The shop's screens: home, lists, search, product."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from flask import Blueprint, Response, request

from kirana.accounts.permissions import Permission
from kirana.cart.visitors import taken_lines
from kirana.catalog.views import CategoryPage
from kirana.edge.declared import kept_at_edge
from kirana.lists.queries import list_favourites
from kirana.platform import clock, freshness
from kirana.platform.errors import Invalid, NotFound
from kirana.platform.http import current_actor, is_search, limited, public, requires
from kirana.platform.inputs import read_query
from kirana.platform.money import sign
from kirana.platform.pages import LONGEST_REMEMBERED, Late, render, render_for_all, wants_fragment
from kirana.platform.paging import PageQuery
from kirana.platform.shop_settings import settings
from kirana.search import cached
from kirana.search.shapes import ProductQuery
from kirana.search.suggesting import suggest_categories, suggest_products
from kirana.stock.cached import find_category, find_product_page, items_of, list_shelf, shelf_key
from kirana.stock.filters import ShelfQuery
from kirana.stock.views import ProductPage, ShelfItem
from kirana.storefront.cards import card, cards, count_text
from kirana.storefront.facet_choices import facet_choices
from kirana.storefront.filters import (
    ADDED_CHOICES,
    NAMES,
    PAGE_SIZE,
    SEARCH_SORTS,
    SORT_CHOICES,
    Filters,
    read_filters,
)
from kirana.storefront.front import front_page
from kirana.storefront.product_page import food_values, product_values, size_values
from kirana.storefront.structured import of_front, of_list, of_product
from kirana.storefront.voices import marks_of, voices_of

LONGEST_SEARCH = 100
RELATED = 4
SUGGESTED = 6

Key = tuple[Any, ...]

pages = Blueprint("storefront", __name__)


def _as_of_now(what: str) -> Key:
    """What parts of a page are kept by. Made before anything of them is read, so that nothing is
    kept as of a version that it is older than."""
    return what, freshness.stamp(), shelf_key(ShelfQuery())


def _cards(items: Sequence[ShelfItem]) -> list[dict[str, Any]]:
    return cards(items, settings().currency)


@pages.get("/")
@public
@kept_at_edge("catalogue", names=frozenset())
def home() -> Response:
    """What is fresh, and a shelf of each department."""
    key = _as_of_now("home")
    page = Late(lambda: front_page(settings().currency))
    facts = Late(lambda: {"facts": of_front(settings())})
    return render_for_all("shop/home.html", key, page=page, facts=facts)


@pages.get("/products")
@public
@kept_at_edge("catalogue", names=NAMES)
def everything() -> Response:
    """Everything on sale, filtered and sorted."""
    crumbs = [{"text": "Home", "url": "/"}, {"text": "Everything"}]
    return _list_page(_as_of_now("list"), "Everything", crumbs)


@pages.get("/categories/<slug>")
@public
@kept_at_edge("catalogue", names=NAMES)
def category(slug: str) -> Response:
    """A department or a shelf of it, filtered and sorted."""
    key = _as_of_now("list")
    found = find_category(slug)
    if found is None:
        raise NotFound("This department is not there any more.")
    crumbs = [{"text": "Home", "url": "/"}, *_crumbs(found.breadcrumb)]
    crumbs[-1]["url"] = None
    return _list_page(
        key, found.name, crumbs, category=slug, here_department=found.breadcrumb[0].slug,
        here_trail=[step.slug for step in found.breadcrumb], subcategories=_subcategories(found),
    )  # fmt: skip


@pages.get("/search")
@public
@limited("minute", "search_per_minute", "address", when=is_search)
def search() -> Response:
    """Products by words of their name or brand."""
    words = request.args.get("q", "").strip()[:LONGEST_SEARCH]
    if not words:
        newest = list_shelf(ShelfQuery(limit=8, sort="new", in_stock=True)).items
        return render("shop/search.html", query="", newest=_cards(newest))
    filters = read_filters(request.args, settings().currency, usual_sort="relevance")
    wanted = filters.product_query(settings().currency, _today(), q=words)
    kept = {"q": words}
    context = _list_context(filters, wanted, f"“{words}”", kept)
    context |= _bar_context(filters, wanted, kept) | {"query": words}
    if wants_fragment("list"):
        return render("shop/fragments/list.html", **context)
    return render("shop/search.html", newest=[], **context)


@pages.get("/search/suggestions")
@public
@limited("minute", "suggestions_per_minute", "address", when=is_search)
def suggestions() -> Response:
    """What may be meant by the letters typed so far, for the list below the search field."""
    words = request.args.get("q", "").strip()[:LONGEST_SEARCH]
    items, understood = suggest_products(words, SUGGESTED, items_of)
    return render(
        "shop/fragments/suggestions.html",
        query=words,
        understood=understood,
        items=items,
        categories=suggest_categories(understood or words),
    )


@pages.get("/products/<slug>")
@public
@kept_at_edge("catalogue", names=frozenset())
def product(slug: str) -> Response:
    """One product, with others from its shelf."""
    key = _as_of_now(slug)
    found = find_product_page(slug)
    if found is None:
        raise NotFound("This product is not on sale any more.")
    currency = settings().currency
    line = taken_lines().get(slug)
    return render(
        "shop/product.html",
        product=card(found.item, currency, line.quantity if line else 0) | product_values(found),
        page=Late(lambda: _around(found)), page_key=key, here_department=found.breadcrumb[0].slug,
        here_trail=[step.slug for step in found.breadcrumb], **marks_of(current_actor(), slug),
    )  # fmt: skip


def _around(found: ProductPage) -> dict[str, Any]:
    """What everybody sees of a product, beside its card."""
    shop, item = settings(), found.item
    shelf = list_shelf(ShelfQuery(category=item.category, limit=RELATED + 1, in_stock=True))
    crumbs = [{"text": "Home", "url": "/"}, *_crumbs(found.breadcrumb)]
    crumbs.append({"text": item.title, "url": None})
    return {
        "facts": food_values(found.facts),
        "sizes": size_values(found, shop.currency),
        "crumbs": crumbs,
        "page_facts": of_product(found, crumbs, shop),
        "related": _cards([each for each in shelf.items if each.slug != item.slug][:RELATED]),
        **voices_of(item.slug, shop.currency),
    }


@pages.get("/favourites")
@requires(Permission.READ_OWN_LISTS)
def favourites() -> Response:
    """What the caller keeps, as it stands on the shelf."""
    wanted = read_query(request, PageQuery)
    found = list_favourites(current_actor(), msgspec.structs.replace(wanted, limit=PAGE_SIZE))
    return render(
        "shop/favourites.html",
        cards=_cards(found.items),
        next_url=f"/favourites?cursor={found.next_cursor}" if found.next_cursor else None,
        first_url="/favourites" if wanted.cursor else None,
    )


def _list_page(key: Key, title: str, crumbs: list[dict[str, Any]], **more: Any) -> Response:
    """A list with its filters; what is the same for everybody is made once for each address."""
    path, query = request.path, request.query_string
    # Addresses as long as nobody writes them are not remembered.
    read = _asked if len(path) + len(query) <= LONGEST_REMEMBERED else _asked.__wrapped__
    asked = read(path, query, more.pop("category", None), settings().currency, _today())
    filters, wanted = asked.filters, asked.wanted

    def look() -> dict[str, Any]:
        context = _list_context(filters, wanted, title, {})
        told = of_list(title, crumbs, context, settings())
        return {"page_facts": told, "crumbs": crumbs, **more, **context}

    def look_at_bar() -> dict[str, Any]:
        return _bar_context(filters, wanted, {})

    if wants_fragment("list"):
        context = _list_context(filters, wanted, title, {}) | look_at_bar()
        return render("shop/fragments/list.html", **context)
    # What was not understood is told, and stands in no address.
    page_key = (*key, asked.address, *filters.errors.values(), cached.search_key(wanted))
    # The bar is the same for all pages of a list.
    bar_key = (*key, asked.list_address, cached.search_key(asked.first))
    return render_for_all(
        "shop/listing.html", (page_key, bar_key), frame=(*key, request.path),
        page=Late(look), bar=Late(look_at_bar), bar_key=bar_key, **more,
    )  # fmt: skip


class _Asked(NamedTuple):
    """What an address of a list asks for; its own form, and that of the list's first page."""

    filters: Filters
    wanted: ProductQuery
    first: ProductQuery
    address: str
    list_address: str


@lru_cache(maxsize=1024)
def _asked(path: str, _query: bytes, category: str | None, currency: str, today: date) -> _Asked:
    """Of the request, whose path and query these are: read once, whoever asks."""
    filters = read_filters(request.args, currency)
    fixed = {"category": category} if category else {}
    wanted = filters.product_query(currency, today, **fixed)
    first = msgspec.structs.replace(wanted, cursor=None)
    addresses = filters.url(path, filters.cursor), filters.url(path, None)
    return _Asked(filters, wanted, first, *addresses)


def _today() -> date:
    return clock.utc_now().astimezone(settings().tz).date()


def _list_context(
    filters: Filters, wanted: ProductQuery, title: str, kept: dict[str, str]
) -> dict[str, Any]:
    """What a list needs. Raises NotFound for a cursor of another list."""
    bare = Filters(sort=filters.sort, usual_sort=filters.usual_sort)
    try:
        found = cached.find_products(wanted)
    except Invalid:
        raise NotFound("This page of the list is not there any more.") from None

    def address(cursor: str | None) -> str:
        return filters.url(request.path, cursor, **kept)

    return {
        "title": ", ".join([title, *filters.chosen]),
        "path": request.path,
        "count_text": count_text(cached.count_products(wanted)),
        "cards": _cards(found.items),
        "next_url": address(found.next_cursor) if found.next_cursor else None,
        "first_url": address(None) if filters.cursor else None,
        "clear_url": bare.url(request.path, None, **kept) if filters.is_set else None,
        "filters": filters,
    }


def _bar_context(filters: Filters, wanted: ProductQuery, kept: dict[str, str]) -> dict[str, Any]:
    """What the filter bar of a list needs, and what a search was understood as."""

    def band_address(least: str, most: str) -> str:
        chosen = replace(filters, min_price=least, max_price=most, cursor=None)
        return chosen.url(request.path, None, **kept)

    currency = settings().currency
    facets = cached.count_facets(wanted, currency)
    return {
        "understood": facets.understood,
        "understood_url": filters.url("/search", None, q=facets.understood or ""),
        "is_partial": facets.is_partial,
        "facets": facet_choices(facets, filters, currency, band_address),
        # In a department one goes to its shelves by links.
        "has_departments": not request.path.startswith("/categories/"),
        "filters": filters,
        "filter_errors": filters.errors,
        "added_choices": ADDED_CHOICES,
        "sort_choices": SEARCH_SORTS if wanted.is_search else SORT_CHOICES,
        "currency_sign": sign(currency),
    }


def _crumbs(steps: Any) -> list[dict[str, Any]]:
    return [{"text": step.name, "url": f"/categories/{step.slug}"} for step in steps]


def _subcategories(found: CategoryPage) -> list[dict[str, Any]]:
    return [
        {"text": child.name, "icon": None, "url": f"/categories/{child.slug}", "current": False}
        for child in found.children
        if child.product_count
    ]
