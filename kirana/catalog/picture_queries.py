"""Reads of a product's pictures, in their order."""

from typing import Any

from sqlalchemy import Connection, bindparam, select

from kirana.accounts.permissions import Permission
from kirana.catalog.addresses import picture_url, small_picture_url, tiny_picture_url
from kirana.catalog.models import Picture, Product
from kirana.catalog.queries import CATALOG_VERSION
from kirana.catalog.views import PictureView
from kirana.platform import freshness
from kirana.platform.access import Actor
from kirana.platform.db import query
from kirana.platform.errors import NotFound
from kirana.platform.prepared import Prepared

_PICTURES = Prepared(
    select(Picture.file, Picture.alt, Picture.width, Picture.height, CATALOG_VERSION)
    .join(Product, Product.id == Picture.product_id)
    .where(Product.slug == bindparam("slug"))
    .order_by(Picture.position)
)


@query
def list_pictures(connection: Connection, actor: Actor, slug: str) -> list[PictureView]:
    """The pictures of a product of the actor's stores. Raises NotFound for strangers."""
    find = select(Product.store_id).where(Product.slug == slug)
    store_id = connection.execute(find).scalar_one_or_none()
    if store_id is None or not actor.may_in(store_id, Permission.READ_STORE_PRODUCTS):
        raise NotFound
    return pictures_of(connection, slug)


def pictures_of(connection: Connection, slug: str) -> list[PictureView]:
    """The pictures of a product that the caller may see."""
    rows = _PICTURES.all(connection, {"slug": slug})
    if rows:
        freshness.read_along(rows[0].catalog_version)
    return [picture_view(row, slug) for row in rows]


def picture_view(row: Any, slug: str) -> PictureView:
    """``row`` has the file, its words and its size."""
    return PictureView(
        name=row.file,
        url=picture_url(row.file, slug),
        small_url=small_picture_url(row.file, slug),
        tiny_url=tiny_picture_url(row.file, slug),
        width=row.width,
        height=row.height,
        alt=row.alt,
    )
