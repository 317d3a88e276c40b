"""What programs read in a page: schema.org facts, the page's one address, a card for sharing. Pure.

Facts are JSON in a data block, which a browser never runs.
"""

from collections.abc import Sequence
from typing import Any

from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from kirana.platform.config import Settings
from kirana.platform.money import decimal_text, format_money
from kirana.stock.views import ProductPage

_CONTEXT = "https://schema.org"
_AVAILABILITY = {"in": "InStock", "few": "LimitedAvailability", "none": "OutOfStock"}
# UN/CEFACT codes of what a price by weight or volume is for.
_PRICED_BY = {"g": "KGM", "ml": "LTR"}
_GTINS = {8: "gtin8", 12: "gtin12", 13: "gtin13", 14: "gtin14"}


def data_block(*facts: dict[str, Any]) -> Markup:
    """``facts`` as a data block, which no browser runs; no text in them can end it."""
    block = Markup('<script type="application/ld+json">{}</script>')
    return block.format(htmlsafe_json_dumps(list(facts)))


def of_product(
    page: ProductPage, crumbs: Sequence[dict[str, Any]], settings: Settings
) -> dict[str, Any]:
    """What ``components/page_facts.html`` needs for a product."""
    base, item = settings.public_url, page.item
    path = f"/products/{item.slug}"
    price = format_money(item.price_minor, settings.currency)
    text = ", ".join(part for part in (item.brand, item.size_text, price) if part)
    picture = base + page.pictures[0].url if page.pictures else ""
    return {
        "url": base + path,
        "card": social_card("product", item.title, text, (base + path, picture))
        | {"og:site_name": settings.shop_name},
        "data": data_block(
            product_facts(page, base, settings.currency), breadcrumb_facts(crumbs, base, path)
        ),
        "is_listed": True,
    }


def of_list(
    title: str, crumbs: Sequence[dict[str, Any]], context: dict[str, Any], settings: Settings
) -> dict[str, Any]:
    """The same for a list: filters, orders and later pages are faces of one address."""
    base, filters = settings.public_url, context["filters"]
    path = context["path"]
    return {
        "url": base + path,
        "card": social_card("website", title, context["count_text"], (base + path, ""))
        | {"og:site_name": settings.shop_name},
        "data": data_block(breadcrumb_facts(crumbs, base, path)),
        "is_listed": not (filters.is_set or filters.cursor or filters.sort != "name"),
    }


def of_front(settings: Settings) -> dict[str, Any]:
    """The same for the front page."""
    url = f"{settings.public_url}/"
    about = "Groceries from the shops around the corner."
    facts = {"@context": _CONTEXT, "@type": "WebSite", "name": settings.shop_name, "url": url}
    return {
        "url": url,
        "card": social_card("website", settings.shop_name, about, (url, "")),
        "data": data_block(facts),
        "is_listed": True,
    }


def product_facts(page: ProductPage, base: str, currency: str) -> dict[str, Any]:
    """A schema.org Product with its offer; the price is of ``price_per`` steps."""
    item = page.item
    url = f"{base}/products/{item.slug}"
    price = {"price": decimal_text(item.price_minor, currency), "priceCurrency": currency}
    facts: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "Product",
        "name": item.title,
        "url": url,
        "image": [base + shown for shown in _pictures(page)],
        "category": " > ".join(step.name for step in page.breadcrumb),
        "offers": {
            "@type": "Offer",
            "url": url,
            **price,
            "availability": f"{_CONTEXT}/{_AVAILABILITY[item.stock_band]}",
            "seller": {"@type": "Organization", "name": item.store_name},
        },
    }
    if item.unit in _PRICED_BY:
        one = {"@type": "QuantitativeValue", "value": 1, "unitCode": _PRICED_BY[item.unit]}
        by = {"@type": "UnitPriceSpecification", **price, "referenceQuantity": one}
        facts["offers"]["priceSpecification"] = by
    if page.description:
        facts["description"] = page.description
    if item.brand:
        facts["brand"] = {"@type": "Brand", "name": item.brand}
    if item.rating:
        mean = {"ratingValue": item.rating.tenths / 10, "reviewCount": item.rating.count}
        facts["aggregateRating"] = {"@type": "AggregateRating", **mean}
    code = page.barcode or ""
    # GS1 leaves numbers that begin with 2 to each shop, but for those of cases (GTIN-14).
    if len(code) in _GTINS and (code[0] != "2" or len(code) == 14):
        facts[_GTINS[len(code)]] = code
    return facts


def breadcrumb_facts(crumbs: Sequence[dict[str, Any]], base: str, path: str) -> dict[str, Any]:
    """A schema.org BreadcrumbList of what the page shows as its way; it ends at ``path``."""
    return {
        "@context": _CONTEXT,
        "@type": "BreadcrumbList",
        "itemListElement": [
            {
                "@type": "ListItem",
                "position": place,
                "name": step["text"],
                "item": base + (step.get("url") or path),
            }
            for place, step in enumerate(crumbs, 1)
        ],
    }


def social_card(kind: str, title: str, text: str, where: tuple[str, str]) -> dict[str, str]:
    """What a message shows that links here (Open Graph); ``where`` is the address and a photo.

    A drawn pack is left out: who makes such cards reads photos only.
    """
    url, photo = where
    shown = {"og:type": kind, "og:title": title, "og:description": text, "og:url": url}
    return shown | ({"og:image": photo} if photo else {})


def _pictures(page: ProductPage) -> list[str]:
    return [shown.url for shown in page.pictures] or [page.large_picture_url]
