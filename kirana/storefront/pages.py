"""The shop's screens: home, lists, search, product."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, current_app, request

from kirana.cart.visitors import shown_basket
from kirana.catalog.views import CategoryPage
from kirana.platform import clock
from kirana.platform.config import Settings
from kirana.platform.errors import Invalid, NotFound
from kirana.platform.http import is_search, limited, public
from kirana.platform.money import sign
from kirana.platform.pages import render, wants_fragment
from kirana.search import cached
from kirana.search.suggesting import suggest_categories, suggest_products
from kirana.stock.cached import find_category, find_product_page, list_shelf
from kirana.stock.filters import ShelfQuery
from kirana.stock.views import ProductPage
from kirana.storefront.cards import Presenter, count_text
from kirana.storefront.facet_choices import facet_choices
from kirana.storefront.filters import (
    ADDED_CHOICES,
    SEARCH_SORTS,
    SORT_CHOICES,
    Filters,
    read_filters,
)
from kirana.storefront.front import front_page

LONGEST_SEARCH = 100
RELATED = 4
SUGGESTED = 6

pages = Blueprint("storefront", __name__)


def presenter() -> Presenter:
    """Makes cards for the visitor of this request."""
    return Presenter(shown_basket(), _settings().currency)


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


@pages.get("/")
@public
def home() -> Response:
    """What is fresh, and a shelf of each department."""
    return render("shop/home.html", **front_page(presenter()))


@pages.get("/products")
@public
def everything() -> Response:
    """Everything on sale, filtered and sorted."""
    return _list_page("Everything", [{"text": "Home", "url": "/"}, {"text": "Everything"}])


@pages.get("/categories/<slug>")
@public
def category(slug: str) -> Response:
    """A department or a shelf of it, filtered and sorted."""
    found = find_category(slug)
    if found is None:
        raise NotFound("This department is not there any more.")
    crumbs = [{"text": "Home", "url": "/"}, *_crumbs(found.breadcrumb)]
    crumbs[-1]["url"] = None
    return _list_page(
        found.name,
        crumbs,
        category=slug,
        here_department=found.breadcrumb[0].slug,
        subcategories=_subcategories(found),
    )


@pages.get("/search")
@public
@limited("minute", "search_per_minute", "address", when=is_search)
def search() -> Response:
    """Products by words of their name or brand."""
    words = request.args.get("q", "").strip()[:LONGEST_SEARCH]
    if not words:
        popular = list_shelf(ShelfQuery(limit=8, sort="new", in_stock=True)).items
        return render("shop/search.html", query="", popular=presenter().cards(popular))
    filters = read_filters(request.args, _settings().currency, usual_sort="relevance")
    context = _list_context(filters, f"“{words}”", {"q": words}) | {"query": words}
    if wants_fragment("list"):
        return render("shop/fragments/list.html", **context)
    return render("shop/search.html", popular=[], **context)


@pages.get("/search/suggestions")
@public
@limited("minute", "suggestions_per_minute", "address", when=is_search)
def suggestions() -> Response:
    """What may be meant by the letters typed so far, for the list below the search field."""
    words = request.args.get("q", "").strip()[:LONGEST_SEARCH]
    items, understood = suggest_products(words, SUGGESTED)
    return render(
        "shop/fragments/suggestions.html",
        query=words,
        understood=understood,
        items=items,
        categories=suggest_categories(understood or words),
    )


@pages.get("/products/<slug>")
@public
def product(slug: str) -> Response:
    """One product, with others from its shelf."""
    found = find_product_page(slug)
    if found is None:
        raise NotFound("This product is not on sale any more.")
    show = presenter()
    shelf = list_shelf(ShelfQuery(category=found.item.category, limit=RELATED + 1, in_stock=True))
    related = [item for item in shelf.items if item.slug != slug][:RELATED]
    return render(
        "shop/product.html",
        product=_product(show, found),
        crumbs=[{"text": "Home", "url": "/"}, *_crumbs(found.breadcrumb)]
        + [{"text": found.item.title, "url": None}],
        here_department=found.breadcrumb[0].slug,
        related=show.cards(related),
    )


def _list_page(title: str, crumbs: list[dict[str, Any]], **more: Any) -> Response:
    filters = read_filters(request.args, _settings().currency)
    category = more.pop("category", None)
    fixed = {"category": category} if category else {}
    context = _list_context(filters, title, {}, **fixed)
    if wants_fragment("list"):
        return render("shop/fragments/list.html", **context)
    return render("shop/listing.html", crumbs=crumbs, **{"subcategories": [], **more}, **context)


def _list_context(
    filters: Filters, title: str, kept: dict[str, str], **fixed: Any
) -> dict[str, Any]:
    """What ``shop/fragments/list.html`` needs. Raises NotFound for a cursor of another list."""
    settings = _settings()
    today = clock.utc_now().astimezone(settings.tz).date()
    wanted = filters.product_query(settings.currency, today, **kept, **fixed)
    bare = Filters(sort=filters.sort, usual_sort=filters.usual_sort)
    try:
        found = cached.find_products(wanted)
    except Invalid:
        raise NotFound("This page of the list is not there any more.") from None

    def address(cursor: str | None) -> str:
        return filters.url(request.path, cursor, **kept)

    def band_address(least: str, most: str) -> str:
        chosen = replace(filters, min_price=least, max_price=most, cursor=None)
        return chosen.url(request.path, None, **kept)

    facets = cached.count_facets(wanted, settings.currency)
    return {
        "title": ", ".join([title, *filters.chosen]),
        "count_text": count_text(cached.count_products(wanted)),
        "understood": facets.understood,
        "facets": facet_choices(facets, filters, settings.currency, band_address),
        "has_departments": "category" not in fixed,
        "cards": presenter().cards(found.items),
        "next_url": address(found.next_cursor) if found.next_cursor else None,
        "first_url": address(None) if filters.cursor else None,
        "clear_url": bare.url(request.path, None, **kept) if filters.is_set else None,
        "filters": filters,
        "filter_errors": filters.errors,
        "added_choices": ADDED_CHOICES,
        "sort_choices": SEARCH_SORTS if wanted.is_search else SORT_CHOICES,
        "currency_sign": sign(settings.currency),
    }


def _product(show: Presenter, found: ProductPage) -> dict[str, Any]:
    return show.card(found.item) | {
        "picture_url": found.large_picture_url,
        "description": found.description,
        "origin": found.origin,
        "ingredients": None,
        "allergens": [],
        "diets": [tag.capitalize() for tag in found.diet],
        "sku": None,
        "barcode": found.barcode,
        "details": [],
    }


def _crumbs(steps: Any) -> list[dict[str, Any]]:
    return [{"text": step.name, "url": f"/categories/{step.slug}"} for step in steps]


def _subcategories(found: CategoryPage) -> list[dict[str, Any]]:
    return [
        {"text": child.name, "icon": None, "url": f"/categories/{child.slug}", "current": False}
        for child in found.children
        if child.product_count
    ]
