"""``create_app``: the only module that knows every slice."""

from pathlib import Path
from typing import Any

from flask import Flask

from kirana.accounts import api as accounts_api
from kirana.accounts import pages as accounts_pages
from kirana.accounts import web_session
from kirana.backoffice import pages as backoffice_pages
from kirana.cart import api as cart_api
from kirana.cart import pages as cart_pages
from kirana.catalog import api as catalog_api
from kirana.catalog import pages as catalog_pages
from kirana.checkout import api as checkout_api
from kirana.checkout import pages as checkout_pages
from kirana.edge.bodies import LARGEST_BODY
from kirana.edge.cache import EdgeCache
from kirana.edge.front import Edge, SafeAnswers
from kirana.edge.openapi import PREFIX
from kirana.exports import api as exports_api
from kirana.jobs import api as jobs_api
from kirana.lists import api as lists_api
from kirana.lists import pages as lists_pages
from kirana.orders import api as orders_api
from kirana.orders import pages as orders_pages
from kirana.oversight import api as oversight_api
from kirana.pairs import api as pairs_api
from kirana.platform import allowances, cache, csrf, health, limits, problems
from kirana.platform.config import Settings, load_settings
from kirana.platform.lean import LeanFlask
from kirana.platform.meters import meters_in
from kirana.privacy import api as privacy_api
from kirana.privacy import pages as privacy_pages
from kirana.reports import api as reports_api
from kirana.reviews import api as reviews_api
from kirana.reviews import pages as reviews_pages
from kirana.search import api as search_api
from kirana.search import following
from kirana.stock import api as stock_api
from kirana.storefront import pages as storefront_pages
from kirana.storefront import sitemap
from kirana.stores import api as stores_api
from kirana.stores import pages as stores_pages
from kirana.stores.queries import PLACES
from kirana.web import assets, developers, shell
from kirana.web.fragments import ShopEnvironment
from kirana.wiring import wire

PAGES = {
    "health": health.pages,
    "assets": assets.pages,
    "developers": developers.pages,
    "media": catalog_pages.pages,
    "accounts": accounts_pages.pages,
    "stores": stores_pages.pages,
    "storefront": storefront_pages.pages,
    "sitemap": sitemap.pages,
    "cart": cart_pages.pages,
    "checkout": checkout_pages.pages,
    "orders": orders_pages.pages,
    "reviews": reviews_pages.pages,
    "lists": lists_pages.pages,
    "privacy": privacy_pages.pages,
    "backoffice": backoffice_pages.pages,
}
APIS = {
    "accounts_api": accounts_api.api,
    "stores_api": stores_api.api,
    "jobs_api": jobs_api.api,
    "catalog_api": catalog_api.api,
    "stock_api": stock_api.api,
    "search_api": search_api.api,
    "cart_api": cart_api.api,
    "checkout_api": checkout_api.api,
    "orders_api": orders_api.api,
    "reviews_api": reviews_api.api,
    "lists_api": lists_api.api,
    "pairs_api": pairs_api.api,
    "exports_api": exports_api.api,
    "reports_api": reports_api.api,
    "oversight_api": oversight_api.api,
    "privacy_api": privacy_api.api,
}


class Shop(LeanFlask):
    """The application's class; its pages are rendered by our own environment."""

    jinja_environment = ShopEnvironment


def create_app(settings: Settings | None = None) -> Flask:
    """The shop as a WSGI application. Opens no connection. Raises SettingsError."""
    settings = settings or load_settings()
    wire(settings)
    app = Shop(
        "kirana",
        root_path=str(Path(__file__).parent),
        static_folder=None,
        template_folder="web/templates",
    )
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret,
        SECRET_KEY_FALLBACKS=list(settings.secrets[1:]),
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        SESSION_COOKIE_NAME="__Host-notes" if settings.secure_cookies else "notes",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
    )
    # Else a doubled slash is answered by a redirect to whatever Host the caller claims.
    app.url_map.merge_slashes = False
    problems.install(app)
    allowances.install(app)
    limits.use_redis(settings.redis)
    web_session.install(app, PLACES)
    csrf.install(app)
    cache.install(app, settings)
    shell.install(app)
    for name, pages in PAGES.items():
        app.register_blueprint(pages, name=name)
    for name, api in APIS.items():
        app.register_blueprint(api, name=name, url_prefix=PREFIX)
    app.wsgi_app = SafeAnswers(app.wsgi_app, settings)  # type: ignore[method-assign]
    kept = EdgeCache(app, lambda: cache.cache_of(app).near, meters_in(settings.home))
    app.wsgi_app = Edge(kept, settings)  # type: ignore[method-assign]
    return app


def create_serving_app() -> Flask:
    """``create_app`` for a server: its processes keep the host's search index up as well."""
    settings = load_settings()
    app = create_app(settings)
    follower, answer = following.Follower(settings), app.wsgi_app

    def answer_awake(environ: Any, start_response: Any) -> Any:
        follower.wake()
        return answer(environ, start_response)

    app.wsgi_app = answer_awake  # type: ignore[method-assign]
    return app
