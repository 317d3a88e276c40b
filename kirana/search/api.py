"""JSON: the public list and its search, facets, suggestions; the synonyms that the admin keeps."""

from functools import lru_cache

import msgspec
from flask import Blueprint

from kirana.accounts.permissions import Permission
from kirana.catalog.shapes import currency, money
from kirana.edge.declared import kept_at_edge
from kirana.platform.access import Actor
from kirana.platform.cache import LONGEST_SECONDS, cached_answer
from kirana.platform.errors import NotFound, TooMany
from kirana.platform.http import Answer, is_search, limited, operation, public, requires
from kirana.platform.paging import Page, PageQuery
from kirana.search.cached import count_facets, search_key
from kirana.search.errors import SynonymExists, TooManySynonyms
from kirana.search.finding import find_products
from kirana.search.queries import list_synonyms
from kirana.search.services import add_synonym, delete_synonym
from kirana.search.shapes import (
    Facets,
    NewSynonym,
    ProductQuery,
    SuggestedProduct,
    SuggestionQuery,
    Suggestions,
    Synonym,
)
from kirana.search.suggesting import suggest_categories, suggest_products
from kirana.stock.cached import items_of
from kirana.stock.shapes import ProductSummary, summary
from kirana.stock.views import ShelfItem

api = Blueprint("search_api", __name__)


@api.get("/products")
@public
@limited("minute", "search_per_minute", "address", when=is_search)
@kept_at_edge("catalogue")
@operation("listProducts", raises=(TooMany,))
def list_products(query: ProductQuery) -> Answer[Page[ProductSummary]]:
    """What is on sale, searched, filtered and sorted; the same for everyone, so it is cached."""
    seconds = 0 if query.is_rare else LONGEST_SECONDS
    return cached_answer("products", search_key(query), lambda: _found(query), seconds)


@api.get("/search/facets")
@public
@limited("minute", "search_per_minute", "address", when=is_search)
@operation("countFacets", raises=(TooMany,))
def list_facets(query: ProductQuery) -> Facets:
    """How many products there are behind each further filter; prices in minor units."""
    return count_facets(query, currency())


@api.get("/search/suggestions")
@public
@limited("minute", "suggestions_per_minute", "address", when=is_search)
@operation("suggest", raises=(TooMany,))
def list_suggestions(query: SuggestionQuery) -> Suggestions:
    """Products and categories that may be meant by what was typed so far."""
    items, understood = suggest_products(query.q, query.limit, items_of)
    categories = suggest_categories(understood or query.q)
    return Suggestions([_suggested(item) for item in items], categories, understood)


@api.get("/search/synonyms")
@requires(Permission.WRITE_SYNONYMS)
@operation("listSynonyms")
def list_pairs(actor: Actor, query: PageQuery) -> Page[Synonym]:
    """The pairs of words that mean the same to the search."""
    return list_synonyms(actor, query)


@api.post("/search/synonyms")
@requires(Permission.WRITE_SYNONYMS)
@operation(
    "addSynonym", status=201, raises=(SynonymExists, TooManySynonyms), idempotency="accepted"
)
def add_pair(actor: Actor, body: NewSynonym) -> Synonym:
    """Let two words find each other's products."""
    return add_synonym(actor, body)


@api.delete("/search/synonyms/<uid>")
@requires(Permission.WRITE_SYNONYMS)
@operation("deleteSynonym", raises=(NotFound,))
def delete_pair(actor: Actor, uid: str) -> None:
    """Let the two words be strangers again."""
    delete_synonym(actor, uid)


def _found(query: ProductQuery) -> Page[msgspec.Raw]:
    page, code = find_products(query, items_of), currency()
    return Page([_encoded(item, code) for item in page.items], page.next_cursor)


@lru_cache(maxsize=4096)
def _encoded(item: ShelfItem, _currency: str) -> msgspec.Raw:
    """A product of a list, ready to be sent; made once for many lists."""
    return msgspec.Raw(msgspec.json.encode(summary(item)))


def _suggested(item: ShelfItem) -> SuggestedProduct:
    return SuggestedProduct(
        slug=item.slug, title=item.title, brand=item.brand, size_text=item.size_text,
        picture_url=item.picture_url, price=money(item.price_minor), price_per=item.price_per,
        unit=item.unit,
    )  # fmt: skip
