"""JSON: what a store's managers do to their products."""

from typing import Any

from flask import Blueprint, request

from kirana.accounts.permissions import Permission
from kirana.catalog.errors import PictureRefused, PictureTooLarge, SkuTaken
from kirana.catalog.inputs import NewProduct, ProductChanges
from kirana.catalog.queries import get_product, list_prices, own_store_id
from kirana.catalog.services.pictures import put_picture, remove_picture
from kirana.catalog.services.products import (
    archive_product,
    create_product,
    edit_product,
    hide_product,
    publish_product,
)
from kirana.catalog.shapes import ManagedProduct, PastPrice, in_our_currency, managed, past_price
from kirana.catalog.uploads import PICTURE_TYPES, picture_files, uploaded_picture
from kirana.catalog.views import PictureView, ProductView
from kirana.edge.bodies import Busy
from kirana.platform.access import Actor
from kirana.platform.errors import IllegalMove, NotFound, Stale
from kirana.platform.http import Answer, if_match, limited, operation, requires
from kirana.platform.paging import Page

products = Blueprint("products", __name__)


@products.post("/stores/<store>/products")
@requires(Permission.WRITE_STORE_PRODUCTS)
@operation("createProduct", status=201, raises=(SkuTaken,), idempotency="accepted")
def create(actor: Actor, store: str, body: NewProduct) -> Answer[ManagedProduct]:
    """Make a product of the store, as a draft."""
    in_our_currency(body)
    product = create_product(actor, store, body)
    location = f"/api/v1/stores/{store}/products/{product.slug}"
    return Answer(managed(product), {"Location": location}, version=product.version)


@products.get("/stores/<store>/products/<slug>")
@requires(Permission.READ_STORE_PRODUCTS)
@operation("getStoreProduct")
def get_one(actor: Actor, store: str, slug: str) -> Answer[ManagedProduct]:
    """A product of the store, whatever its status."""
    own_store_id(actor, store, Permission.READ_STORE_PRODUCTS)
    product = get_product(actor, slug)
    if product.store != store:
        raise NotFound
    return _tagged(product)


@products.patch("/products/<slug>")
@requires(Permission.WRITE_STORE_PRODUCTS)
@operation("editProduct", raises=(Stale, SkuTaken))
def edit(actor: Actor, slug: str, body: ProductChanges) -> Answer[ManagedProduct]:
    """Change a product; with If-Match only the version that was seen."""
    in_our_currency(body)
    return _tagged(edit_product(actor, slug, body, if_match()))


@products.post("/products/<slug>/publication")
@requires(Permission.WRITE_STORE_PRODUCTS)
@operation("publishProduct", raises=(Stale, IllegalMove), idempotency="accepted")
def publish(actor: Actor, slug: str) -> Answer[ManagedProduct]:
    """Put a product on sale."""
    return _tagged(publish_product(actor, slug, if_match()))


@products.post("/products/<slug>/hiding")
@requires(Permission.WRITE_STORE_PRODUCTS)
@operation("hideProduct", raises=(Stale, IllegalMove), idempotency="accepted")
def hide(actor: Actor, slug: str) -> Answer[ManagedProduct]:
    """Take a product off sale for a while."""
    return _tagged(hide_product(actor, slug, if_match()))


@products.post("/products/<slug>/archiving")
@requires(Permission.WRITE_STORE_PRODUCTS)
@operation("archiveProduct", raises=(Stale, IllegalMove), idempotency="accepted")
def archive(actor: Actor, slug: str) -> Answer[ManagedProduct]:
    """Take a product off sale for good."""
    return _tagged(archive_product(actor, slug, if_match()))


@products.put("/products/<slug>/picture")
@requires(Permission.WRITE_STORE_PRODUCTS)
@limited("hour", "upload_per_hour")
@operation(
    "putProductPicture", raises=(PictureTooLarge, PictureRefused, Busy), uploads=PICTURE_TYPES
)
def put_one_picture(actor: Actor, slug: str) -> PictureView:
    """Give a product its first picture: JPEG, PNG or WebP, raw or as the form file "picture"."""
    return put_picture(actor, picture_files(), slug, uploaded_picture(request))


@products.delete("/products/<slug>/picture")
@requires(Permission.WRITE_STORE_PRODUCTS)
@operation("removeProductPicture")
def remove_one_picture(actor: Actor, slug: str) -> None:
    """Take the first picture away; the next is shown then, after the last the drawn pack."""
    remove_picture(actor, picture_files(), slug)


@products.get("/products/<slug>/prices")
@requires(Permission.READ_STORE_PRODUCTS)
@operation("listPrices")
def list_past_prices(actor: Actor, slug: str) -> Page[PastPrice]:
    """The prices that a product has had, newest first."""
    return Page([past_price(price) for price in list_prices(actor, slug)])


def _tagged(product: ProductView) -> Answer[Any]:
    return Answer(managed(product), version=product.version)
