"""Pictures of products and categories: encoded first, then shown in one transaction."""

from functools import partial

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from kirana.accounts.permissions import Permission
from kirana.catalog.addresses import picture_url, small_picture_url
from kirana.catalog.imaging import Encoded, encode_picture
from kirana.catalog.models import Picture, Product
from kirana.catalog.queries import get_product
from kirana.catalog.services.categories import set_category_picture
from kirana.catalog.services.products import lock_product
from kirana.catalog.services.versions import raise_version
from kirana.platform import audit, clock
from kirana.platform.access import Actor
from kirana.platform.db import after_commit, require_no_transaction, verb
from kirana.platform.errors import NotFound
from kirana.platform.storage import Storage


class PictureView(msgspec.Struct, frozen=True):
    """Where the picture is, and the size of the large one in pixels."""

    url: str
    small_url: str
    width: int
    height: int
    alt: str


class _Shown(msgspec.Struct, frozen=True):
    file: str
    alt: str
    width: int
    height: int


def put_picture(actor: Actor, files: Storage, slug: str, raw: bytes, alt: str = "") -> PictureView:
    """Give a product its picture, in place of the one it had.

    Raises NotFound (before anything is decoded), PictureTooLarge, PictureRefused.
    """
    actor.require(Permission.WRITE_STORE_PRODUCTS)
    get_product(actor, slug)
    encoded = encode_picture(raw)
    file = save_picture(files, encoded)
    try:
        _show_picture(actor, files, slug, _Shown(file, alt[:200], encoded.width, encoded.height))
    except BaseException:
        forget_picture(files, file)
        raise
    return PictureView(
        picture_url(file, slug), small_picture_url(file, slug), encoded.width, encoded.height, alt
    )


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
def remove_picture(connection: Connection, actor: Actor, files: Storage, slug: str) -> None:
    """Back to the drawn pack. Raises NotFound."""
    actor.require(Permission.WRITE_STORE_PRODUCTS)
    row = lock_product(connection, actor, slug)
    _drop(connection, files, row["id"])
    _finish(connection, actor, slug, row["id"], None)


def save_picture(files: Storage, encoded: Encoded) -> str:
    """Keep both sizes; the name of the large one stands for both."""
    require_no_transaction()
    file = files.save(encoded.large, ".webp")
    files.save_as(small_name(file), encoded.small)
    return file


def small_name(file: str) -> str:
    return file.replace(".webp", "-s.webp")


def forget_picture(files: Storage, file: str) -> None:
    if file:
        files.delete(file)
        files.delete(small_name(file))


@verb
def _show_picture(
    connection: Connection, actor: Actor, files: Storage, slug: str, shown: _Shown
) -> None:
    row = lock_product(connection, actor, slug)
    _drop(connection, files, row["id"])
    connection.execute(
        insert(Picture).values(
            product_id=row["id"], position=0, file=shown.file, alt=shown.alt, width=shown.width,
            height=shown.height, created_at=clock.now(connection),
        )
    )  # fmt: skip
    _finish(connection, actor, slug, row["id"], shown.file)


def _drop(connection: Connection, files: Storage, product_id: int) -> None:
    mine = Picture.product_id == product_id
    file = connection.execute(select(Picture.file).where(mine)).scalar_one_or_none()
    if file is not None:
        connection.execute(delete(Picture).where(mine))
        after_commit(partial(forget_picture, files, file))


def _finish(
    connection: Connection, actor: Actor, slug: str, product_id: int, file: str | None
) -> None:
    connection.execute(
        update(Product)
        .where(Product.id == product_id)
        .values(version=Product.version + 1, updated_at=clock.now(connection))
    )
    audit.record(
        connection, actor, "product_picture_set", ("product", slug), after={"picture": file}
    )
    raise_version(connection)


def find_picture(files: Storage, name: str, small: bool) -> bytes:
    """The picture's bytes; the large one where no small one was made. Raises NotFound."""
    for wanted in [small_name(name), name] if small else [name]:
        try:
            with files.open(wanted) as file:
                return file.read()
        except FileNotFoundError:
            continue
    raise NotFound
