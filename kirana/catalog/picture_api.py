"""JSON: the pictures of a product, in their order."""

from flask import Blueprint, request

from kirana.accounts.permissions import Permission
from kirana.catalog.errors import PictureRefused, PictureTooLarge, TooManyPictures
from kirana.catalog.inputs import PictureOrder, PictureWords
from kirana.catalog.picture_queries import list_pictures
from kirana.catalog.services.pictures import (
    add_picture,
    arrange_pictures,
    describe_picture,
    remove_picture,
)
from kirana.catalog.uploads import PICTURE_TYPES, picture_files, uploaded_picture
from kirana.catalog.views import PictureView
from kirana.edge.bodies import Busy
from kirana.platform.access import Actor
from kirana.platform.http import limited, operation, requires
from kirana.platform.paging import Page

pictures = Blueprint("pictures", __name__)


@pictures.get("/products/<slug>/pictures")
@requires(Permission.READ_STORE_PRODUCTS)
@operation("listPictures")
def list_all(actor: Actor, slug: str) -> Page[PictureView]:
    """A product's pictures, at most eight; the first is shown on cards."""
    return Page(list_pictures(actor, slug))


@pictures.post("/products/<slug>/pictures")
@requires(Permission.WRITE_STORE_PRODUCTS)
@limited("hour", "upload_per_hour")
@operation(
    "addPicture",
    status=201,
    raises=(TooManyPictures, PictureTooLarge, PictureRefused, Busy),
    uploads=PICTURE_TYPES,
)
def add(actor: Actor, slug: str) -> PictureView:
    """Give a product one more picture: JPEG, PNG or WebP, raw or as the form file "picture"."""
    return add_picture(actor, picture_files(), slug, uploaded_picture(request))


@pictures.put("/products/<slug>/picture-order")
@requires(Permission.WRITE_STORE_PRODUCTS)
@operation("arrangePictures")
def arrange(actor: Actor, slug: str, body: PictureOrder) -> Page[PictureView]:
    """Put all pictures of a product into an order."""
    arrange_pictures(actor, slug, body.names)
    return Page(list_pictures(actor, slug))


@pictures.patch("/products/<slug>/pictures/<name>")
@requires(Permission.WRITE_STORE_PRODUCTS)
@operation("describePicture")
def describe(actor: Actor, slug: str, name: str, body: PictureWords) -> PictureView:
    """Say what a picture shows, for who cannot see it."""
    return describe_picture(actor, slug, name, body.alt)


@pictures.delete("/products/<slug>/pictures/<name>")
@requires(Permission.WRITE_STORE_PRODUCTS)
@operation("removePicture")
def remove(actor: Actor, slug: str, name: str) -> None:
    """Take one picture away; those behind it move up."""
    remove_picture(actor, picture_files(), slug, name)
