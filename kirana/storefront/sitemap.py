"""The map of the shop for crawlers, and what they may read."""

from collections.abc import Iterable
from xml.sax.saxutils import escape

from flask import Blueprint, Response, current_app

from kirana.catalog.sitemap_queries import (
    PAGE,
    Address,
    sitemap_pages,
    sitemap_products,
    sitemap_shelves,
)
from kirana.platform.errors import NotFound
from kirana.platform.http import limited, public
from kirana.platform.shop_settings import settings

KEPT_AN_HOUR = "public, max-age=3600"
MOST_PAGES = 1_000_000
_SPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
# What crawlers have no business with: pages of one person, and answers for programs.
PRIVATE = ("/office", "/account", "/basket", "/checkout", "/api", "/search")

pages = Blueprint("sitemap", __name__)


@pages.get("/robots.txt")
@public
def robots() -> Response:
    """What crawlers may read, and where the map is."""
    rules = "".join(f"Disallow: {path}\n" for path in PRIVATE)
    text = f"User-agent: *\n{rules}\nSitemap: {_base()}/sitemap.xml\n"
    return _kept(text, "text/plain")


@pages.get("/sitemap.xml")
@public
@limited("minute", "search_per_minute", "address")
def index() -> Response:
    """The parts of the map."""
    parts = ["shelves", *(f"products-{page}" for page in sitemap_pages(_size()))]
    found = "".join(
        f"<sitemap><loc>{_base()}/sitemaps/{part}.xml</loc></sitemap>" for part in parts
    )
    return _kept(_document("sitemapindex", found), "application/xml")


@pages.get("/sitemaps/shelves.xml")
@public
@limited("minute", "search_per_minute", "address")
def shelves() -> Response:
    """The lists: the front page, everything, and each category with goods."""
    return _kept(_addresses(sitemap_shelves()), "application/xml")


@pages.get("/sitemaps/products-<int:page>.xml")
@public
@limited("minute", "search_per_minute", "address")
def products(page: int) -> Response:
    """The products whose keys lie in one part of the map."""
    found = sitemap_products(page, _size()) if 0 < page <= MOST_PAGES else []
    if not found:
        raise NotFound
    return _kept(_addresses(found), "application/xml")


def _addresses(found: Iterable[Address]) -> str:
    base = escape(_base())
    return _document(
        "urlset", "".join(f"<url><loc>{base}{x.path}</loc>{_changed(x)}</url>" for x in found)
    )


def _changed(address: Address) -> str:
    moment = address.changed_at
    return "" if moment is None else f"<lastmod>{moment:%Y-%m-%dT%H:%M:%SZ}</lastmod>"


def _document(kind: str, inside: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{kind} {_SPACE}>{inside}</{kind}>\n'


def _kept(text: str, media_type: str) -> Response:
    response = Response(text, mimetype=media_type)
    response.headers["Cache-Control"] = KEPT_AN_HOUR
    return response


def _base() -> str:
    return settings().public_url


def _size() -> int:
    size: int = current_app.config.get("SITEMAP_PAGE", PAGE)
    return size
