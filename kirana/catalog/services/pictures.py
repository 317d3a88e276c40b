"""Pictures of products and categories: encoded first, then shown in one transaction."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from kirana.accounts.permissions import Permission
from kirana.catalog.addresses import picture_url
from kirana.catalog.errors import TooManyPictures
from kirana.catalog.imaging import Encoded, encode_picture
from kirana.catalog.models import Picture, Product
from kirana.catalog.picture_queries import list_pictures, picture_view
from kirana.catalog.queries import get_product
from kirana.catalog.services.categories import set_category_picture
from kirana.catalog.services.records import lock_product
from kirana.catalog.services.versions import raise_version
from kirana.catalog.views import PictureView
from kirana.platform import audit, clock
from kirana.platform.access import Actor
from kirana.platform.db import after_commit, require_no_transaction, verb
from kirana.platform.errors import Invalid, NotFound
from kirana.platform.storage import Storage

MOST_PICTURES = 8
LONGEST_ALT = 200


class _Shown(msgspec.Struct, frozen=True):
    file: str
    alt: str
    width: int
    height: int


def put_picture(actor: Actor, files: Storage, slug: str, raw: bytes, alt: str = "") -> PictureView:
    """Give a product its first picture, in place of the one it had; the others stay.

    Raises NotFound (before anything is decoded), PictureTooLarge, PictureRefused.
    """
    return _keep(actor, files, slug, (raw, alt), is_first=True)


def add_picture(actor: Actor, files: Storage, slug: str, raw: bytes, alt: str = "") -> PictureView:
    """Give a product one more picture, behind those it has.

    Raises NotFound, TooManyPictures (before anything is decoded), PictureTooLarge, PictureRefused.
    """
    return _keep(actor, files, slug, (raw, alt), is_first=False)


def _keep(
    actor: Actor, files: Storage, slug: str, given: tuple[bytes, str], is_first: bool
) -> PictureView:
    actor.require(Permission.WRITE_STORE_PRODUCTS)
    get_product(actor, slug)
    if not is_first and len(list_pictures(actor, slug)) >= MOST_PICTURES:
        raise TooManyPictures
    encoded = encode_picture(given[0])
    file = save_picture(files, encoded)
    shown = _Shown(file, given[1][:LONGEST_ALT], encoded.width, encoded.height)
    try:
        _show_picture(actor, files, slug, shown, is_first)
    except BaseException:
        forget_picture(files, file)
        raise
    return picture_view(shown, slug)


def put_category_picture(actor: Actor, files: Storage, slug: str, raw: bytes) -> str:
    """Give a category its picture; returns its address. Raises as ``put_picture`` does."""
    actor.require(Permission.WRITE_CATEGORIES)
    file = save_picture(files, encode_picture(raw))
    try:
        before = set_category_picture(actor, slug, file)
    except BaseException:
        forget_picture(files, file)
        raise
    forget_picture(files, before)
    return picture_url(file, slug)


@verb
def remove_picture(
    connection: Connection, actor: Actor, files: Storage, slug: str, name: str | None = None
) -> None:
    """Take a picture away, the first one if none is named; the next moves up.

    After the last one the drawn pack is shown again. Raises NotFound.
    """
    actor.require(Permission.WRITE_STORE_PRODUCTS)
    product = lock_product(connection, actor, slug)
    there = _pictures_of(connection, product["id"])
    going = [row for row in there if row.file == name] if name else there[:1]
    if name and not going:
        raise NotFound
    for row in going:
        _drop(connection, files, row)
    _number(connection, [row for row in there if row not in going])
    action = "product_picture_removed" if name else "product_picture_set"
    _finish(connection, actor, product, action, {"picture": None, "removed": name})


@verb
def arrange_pictures(connection: Connection, actor: Actor, slug: str, names: Sequence[str]) -> None:
    """Put a product's pictures into the order of ``names``, which are all of them.

    Raises NotFound, Invalid.
    """
    actor.require(Permission.WRITE_STORE_PRODUCTS)
    product = lock_product(connection, actor, slug)
    there = {row.file: row for row in _pictures_of(connection, product["id"])}
    if sorted(names) != sorted(there):
        raise Invalid.at("/names", "must name each picture of the product once")
    _number(connection, [there[name] for name in names])
    _finish(connection, actor, product, "product_pictures_arranged", {"pictures": list(names)})


@verb
def describe_picture(
    connection: Connection, actor: Actor, slug: str, name: str, alt: str
) -> PictureView:
    """Say what a picture shows, for who cannot see it. Raises NotFound."""
    actor.require(Permission.WRITE_STORE_PRODUCTS)
    product = lock_product(connection, actor, slug)
    for row in _pictures_of(connection, product["id"]):
        if row.file == name:
            change = update(Picture).where(Picture.id == row.id)
            connection.execute(change.values(alt=alt[:LONGEST_ALT]))
            told = {"picture": name, "alt": alt}
            _finish(connection, actor, product, "product_picture_described", told)
            return picture_view(_Shown(name, alt, row.width, row.height), slug)
    raise NotFound


def save_picture(files: Storage, encoded: Encoded) -> str:
    """Keep all sizes; the name of the large one stands for them."""
    require_no_transaction()
    file = files.save(encoded.large, ".webp")
    files.save_as(small_name(file), encoded.small)
    files.save_as(tiny_name(file), encoded.tiny)
    return file


def small_name(file: str) -> str:
    return file.replace(".webp", "-s.webp")


def tiny_name(file: str) -> str:
    return file.replace(".webp", "-t.webp")


def forget_picture(files: Storage, file: str) -> None:
    if file:
        for name in (file, small_name(file), tiny_name(file)):
            files.delete(name)


@verb
def _show_picture(
    connection: Connection, actor: Actor, files: Storage, slug: str, shown: _Shown, is_first: bool
) -> None:
    product = lock_product(connection, actor, slug)
    there = _pictures_of(connection, product["id"])
    if is_first and there:
        _drop(connection, files, there[0])
    elif len(there) >= MOST_PICTURES:
        raise TooManyPictures
    connection.execute(
        insert(Picture).values(
            product_id=product["id"], position=0 if is_first else len(there), file=shown.file,
            alt=shown.alt, width=shown.width, height=shown.height,
            created_at=clock.now(connection),
        )
    )  # fmt: skip
    action = "product_picture_set" if is_first else "product_picture_added"
    _finish(connection, actor, product, action, {"picture": shown.file})


def _pictures_of(connection: Connection, product_id: int) -> list[Any]:
    mine = select(Picture.__table__).where(Picture.product_id == product_id)
    return list(connection.execute(mine.order_by(Picture.position)))


def _number(connection: Connection, ordered: Sequence[Any]) -> None:
    """Give the pictures the places 0, 1, 2 …; no place is held by two in between."""
    if not ordered or [row.position for row in ordered] == list(range(len(ordered))):
        return
    mine = Picture.product_id == ordered[0].product_id
    connection.execute(
        update(Picture).where(mine).values(position=Picture.position + 2 * MOST_PICTURES)
    )
    for place, row in enumerate(ordered):
        connection.execute(update(Picture).where(Picture.id == row.id).values(position=place))


def _drop(connection: Connection, files: Storage, row: Any) -> None:
    connection.execute(delete(Picture).where(Picture.id == row.id))
    after_commit(partial(forget_picture, files, row.file))


def _finish(
    connection: Connection,
    actor: Actor,
    product: dict[str, Any],
    action: str,
    told: dict[str, Any],
) -> None:
    connection.execute(
        update(Product)
        .where(Product.id == product["id"])
        .values(version=Product.version + 1, updated_at=clock.now(connection))
    )
    audit.record(connection, actor, action, ("product", product["slug"]), after=told)
    raise_version(connection, ("product", product["id"]))


def find_picture(files: Storage, name: str, small: bool = False, tiny: bool = False) -> bytes:
    """The picture's bytes; the next larger one where that size was not made. Raises NotFound."""
    sizes = [tiny_name(name)] * tiny + [small_name(name)] * (small or tiny) + [name]
    for wanted in sizes:
        try:
            with files.open(wanted) as file:
                return file.read()
        except FileNotFoundError:
            continue
    raise NotFound
