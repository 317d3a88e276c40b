"""A store's products: list, new, edit, picture, stock, publishing."""

from typing import Any

import msgspec
from flask import Response, request, url_for

from kirana.accounts.permissions import Permission
from kirana.backoffice.category_choices import category_choices
from kirana.backoffice.local_time import moment_text
from kirana.backoffice.pages.blueprint import my_store, pages, refused, store_page, zone_of
from kirana.backoffice.product_form import ProductForm, chosen_values, form_values
from kirana.backoffice.words import BAND_WORDS, PRODUCT_WORDS
from kirana.catalog.facts import ALLERGEN_WORDS, NUTRIENTS
from kirana.catalog.picture_queries import list_pictures
from kirana.catalog.plan_queries import list_planned_prices
from kirana.catalog.queries import get_product
from kirana.catalog.services.pictures import put_picture
from kirana.catalog.services.products import (
    archive_product,
    create_product,
    edit_product,
    hide_product,
    publish_product,
)
from kirana.catalog.views import ProductView
from kirana.platform.errors import Conflict, Invalid, NotFound, Stale
from kirana.platform.http import brings_file, current_actor, limited, requires
from kirana.platform.inputs import texts_to_struct
from kirana.platform.money import sign
from kirana.platform.pages import Form, note, posted, see_other
from kirana.platform.paging import PageQuery
from kirana.platform.shop_settings import settings
from kirana.platform.storage import media
from kirana.stock.store_queries import (
    StockedQuery,
    count_store_products,
    get_stock,
    list_store_products,
)
from kirana.stores.shapes import StoreView

PAGE_SIZE = 40
PLANS_SHOWN = 12
LIST = ".products"
ONE = ".product"
MOVES = {"published": publish_product, "hidden": hide_product, "archived": archive_product}


class StatusForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a product should go; ``seen`` is the version that the page showed."""

    to: str
    seen: int


@pages.get("/<store_slug>/products")
@requires(Permission.READ_STORE_PRODUCTS)
def products(store_slug: str) -> Response:
    """The store's products by words, status and stock."""
    store = my_store(store_slug, Permission.READ_STORE_PRODUCTS)
    wanted = _wanted()
    found = list_store_products(current_actor(), store.slug, wanted)
    chosen = {"q": wanted.q, "status": wanted.status, "stock": wanted.stock}

    def address(**changed: Any) -> str:
        return url_for(LIST, store_slug=store.slug, **{**chosen, **changed})

    rows = count_store_products(current_actor(), store.slug)
    counts: dict[str, int] = {row.status: row.count for row in rows}
    return store_page(
        "office/products.html",
        store,
        products=found.items,
        query=wanted.q or "",
        status=wanted.status,
        stock=wanted.stock,
        statuses=[
            {"text": f"All {sum(counts.values())}", "url": address(status=None),
             "current": wanted.status is None},
            *({"text": f"{PRODUCT_WORDS[name]} {counts.get(name, 0)}",
               "url": address(status=name), "current": wanted.status == name}
              for name in PRODUCT_WORDS),
        ],
        bands=[{"value": "", "label": "Any stock"}]
        + [{"value": value, "label": label} for value, label in BAND_WORDS.items()],
        words=PRODUCT_WORDS,
        first_url=address() if wanted.cursor else None,
        next_url=address(cursor=found.next_cursor) if found.next_cursor else None,
    )  # fmt: skip


@pages.get("/<store_slug>/products/new")
@requires(Permission.WRITE_STORE_PRODUCTS)
def new_product(store_slug: str) -> Response:
    """An empty form."""
    empty = Form({"unit": "each", "increment": "1", "minimum": "1"})
    return _form_page(my_store(store_slug, Permission.WRITE_STORE_PRODUCTS), None, empty)


@pages.post("/<store_slug>/products")
@requires(Permission.WRITE_STORE_PRODUCTS)
@limited("hour", "upload_per_hour", when=brings_file)
def add_product(store_slug: str) -> Response:
    """Make a draft; the picture may come with it."""
    store = my_store(store_slug, Permission.WRITE_STORE_PRODUCTS)
    try:
        new = posted(ProductForm).to_new(settings().currency)
        made = create_product(current_actor(), store.slug, new)
        _take_picture(made)
    except (Invalid, Conflict) as error:
        return _form_page(store, None, refused(error), error.status)
    note(f"{made.title} is a draft. Put it on sale when it is ready.", "success")
    return see_other(ONE, store_slug=store.slug, slug=made.slug)


@pages.get("/<store_slug>/products/<slug>")
@requires(Permission.READ_STORE_PRODUCTS)
def product(store_slug: str, slug: str) -> Response:
    """One product: what it is, its picture, its stock."""
    store = my_store(store_slug, Permission.READ_STORE_PRODUCTS)
    found = own_product(store, slug)
    return product_page(store, found)


@pages.post("/<store_slug>/products/<slug>")
@requires(Permission.WRITE_STORE_PRODUCTS)
@limited("hour", "upload_per_hour", when=brings_file)
def change_product(store_slug: str, slug: str) -> Response:
    """Save the form; what somebody else changed meanwhile is not overwritten."""
    store = my_store(store_slug, Permission.WRITE_STORE_PRODUCTS)
    found = own_product(store, slug)
    try:
        form = posted(ProductForm)
        changes = form.to_changes(settings().currency)
        changed = edit_product(current_actor(), slug, changes, form.seen)
        _take_picture(changed)
    except (Invalid, Conflict, Stale) as error:
        return _form_page(store, found, refused(error), error.status)
    note(f"{changed.title} is saved.", "success")
    return see_other(ONE, store_slug=store.slug, slug=slug)


@pages.post("/<store_slug>/products/<slug>/status")
@requires(Permission.WRITE_STORE_PRODUCTS)
def move_product(store_slug: str, slug: str) -> Response:
    """Put on sale, hide or archive."""
    store = my_store(store_slug, Permission.WRITE_STORE_PRODUCTS)
    form = posted(StatusForm)
    move = MOVES.get(form.to)
    if move is None:
        raise Invalid.at("/to", "is not a status that can be chosen")
    found = own_product(store, slug)
    try:
        moved = move(current_actor(), slug, form.seen)
    except (Invalid, Conflict, Stale) as error:
        return _form_page(store, found, refused(error), error.status)
    note(f"{moved.title}: {PRODUCT_WORDS[moved.status]}.", "success")
    return see_other(ONE, store_slug=store.slug, slug=slug)


def product_page(
    store: StoreView, found: ProductView, status: int = 200, panel: tuple[str, Form] | None = None
) -> Response:
    """The page of a product as it is kept; ``panel`` is another form of it that was refused."""
    kept = Form(form_values(found, settings().currency), chosen=chosen_values(found))
    return _form_page(store, found, kept, status, dict([panel] if panel else []))


def _form_page(
    store: StoreView,
    found: ProductView | None,
    form: Form,
    status: int = 200,
    panels: dict[str, Form] | None = None,
) -> Response:
    return store_page(
        "office/product.html", store, status, product=found, form=form, panels=panels or {},
        categories=category_choices(), allergens=ALLERGEN_WORDS, nutrients=NUTRIENTS,
        words=PRODUCT_WORDS, currency_sign=sign(settings().currency),
        **_of_product(store, found) if found else {},
    )  # fmt: skip


def _of_product(store: StoreView, found: ProductView) -> dict[str, Any]:
    """What stands beside the form of a product that is there."""
    actor, zone = current_actor(), zone_of(store)
    plans = list_planned_prices(actor, found.slug, PageQuery(limit=PLANS_SHOWN)).items
    return {
        "level": get_stock(actor, found.slug),
        "pictures": list_pictures(actor, found.slug),
        "plans": [(plan, plan.due_at.astimezone(zone)) for plan in plans],
        "publish_at": moment_text(found.publish_at, zone) if found.publish_at else "",
        "zone": store.zone,
    }


def own_product(store: StoreView, slug: str) -> ProductView:
    found = get_product(current_actor(), slug)
    if found.store != store.slug:
        raise NotFound
    return found


def _take_picture(of: ProductView) -> None:
    given = request.files.get("picture")
    if given is not None and given.filename:
        put_picture(current_actor(), media(settings()), of.slug, given.read(), of.title)


def _wanted() -> StockedQuery:
    names = ("q", "status", "stock", "cursor")
    args = {name: [value] for name, value in request.args.items() if name in names and value}
    try:
        return texts_to_struct({**args, "limit": [str(PAGE_SIZE)]}, StockedQuery)
    except Invalid:
        return StockedQuery(limit=PAGE_SIZE)
