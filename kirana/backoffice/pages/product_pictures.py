"""A product's pictures: several at once, their order, their words, their end."""

from collections.abc import Sequence
from typing import Literal

import msgspec
from flask import Response

from kirana.accounts.permissions import Permission
from kirana.backoffice.pages.blueprint import my_store, pages, refused
from kirana.backoffice.pages.products import ONE, own_product, product_page
from kirana.catalog.inputs import Alt
from kirana.catalog.picture_queries import list_pictures
from kirana.catalog.services.pictures import (
    add_picture,
    arrange_pictures,
    describe_picture,
    remove_picture,
)
from kirana.platform.errors import Conflict, Invalid, ShopError
from kirana.platform.http import brought_files, current_actor, files_of, limited, requires
from kirana.platform.pages import note, posted, see_other
from kirana.platform.shop_settings import settings
from kirana.platform.storage import media

FIELD = "pictures"


class PictureForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to do with one picture."""

    act: Literal["save", "earlier", "later", "first", "remove"]
    alt: Alt = ""


class NoPicture(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The form of files may come without any."""

    pictures: str = ""


@pages.post("/<store_slug>/products/<slug>/pictures")
@requires(Permission.WRITE_STORE_PRODUCTS)
@limited("hour", "upload_per_hour", when=brought_files)
def add_pictures(store_slug: str, slug: str) -> Response:
    """Add the files, each behind the last; those before one that is refused stay."""
    store = my_store(store_slug, Permission.WRITE_STORE_PRODUCTS)
    found = own_product(store, slug)
    try:
        posted(NoPicture)
        given = files_of(FIELD)
        if not given:
            raise Invalid.at(f"/{FIELD}", "choose at least one file")
        for file in given:
            add_picture(current_actor(), media(settings()), slug, file)
    except ShopError as error:
        return product_page(store, found, error.status, ("pictures", refused(error)))
    note("The picture is there." if len(given) == 1 else "The pictures are there.", "success")
    return see_other(ONE, store_slug=store.slug, slug=slug)


@pages.post("/<store_slug>/products/<slug>/pictures/<name>")
@requires(Permission.WRITE_STORE_PRODUCTS)
def change_picture(store_slug: str, slug: str, name: str) -> Response:
    """Move a picture to and fro, say what it shows, or take it away."""
    store = my_store(store_slug, Permission.WRITE_STORE_PRODUCTS)
    found = own_product(store, slug)
    try:
        form = posted(PictureForm)
        _act(slug, name, form)
    except (Invalid, Conflict) as error:
        return product_page(store, found, error.status, ("pictures", refused(error)))
    note("The picture is gone." if form.act == "remove" else "Saved.", "success")
    return see_other(ONE, store_slug=store.slug, slug=slug)


def _act(slug: str, name: str, form: PictureForm) -> None:
    actor = current_actor()
    if form.act == "remove":
        remove_picture(actor, media(settings()), slug, name)
    elif form.act == "save":
        describe_picture(actor, slug, name, form.alt.strip())
    else:
        names = [picture.name for picture in list_pictures(actor, slug)]
        arrange_pictures(actor, slug, _moved(names, name, form.act))


def _moved(names: Sequence[str], name: str, where: str) -> list[str]:
    """``names`` with one of them a place earlier or later, or in front."""
    if name not in names:
        return [name]
    place = names.index(name)
    rest = [each for each in names if each != name]
    goal = {"first": 0, "earlier": max(0, place - 1), "later": place + 1}[where]
    return [*rest[:goal], name, *rest[goal:]]
