"""The caller's API keys, with the store that each is for."""

from sqlalchemy import Connection, Row, select

from kirana.accounts.key_queries import is_live
from kirana.accounts.key_shapes import KeyView
from kirana.accounts.models import ApiKey
from kirana.accounts.permissions import Permission
from kirana.platform.access import Actor
from kirana.platform.db import query
from kirana.platform.errors import Invalid
from kirana.platform.paging import Page, PageQuery
from kirana.platform.rows import existing_row, newest_page
from kirana.stores.models import Store

_KEYS = select(
    ApiKey.id, ApiKey.uid, ApiKey.name, ApiKey.permissions, ApiKey.created_at, ApiKey.expires_at,
    ApiKey.used_at, Store.slug.label("store_slug"),
).outerjoin(Store, Store.id == ApiKey.store_id)  # fmt: skip


@query
def list_keys(connection: Connection, actor: Actor, wanted: PageQuery) -> Page[KeyView]:
    """The caller's keys that were not revoked, newest first. Raises Invalid (cursor)."""
    actor.require(Permission.READ_OWN_PROFILE)
    find = _KEYS.add_columns(is_live().label("is_live"))
    find = find.where(ApiKey.account_id == actor.me(), ApiKey.revoked_at.is_(None))
    return newest_page(connection, find, ApiKey.id, wanted, _view)


@query
def get_key(connection: Connection, actor: Actor, uid: str) -> KeyView:
    """One of the caller's keys. Raises NotFound."""
    actor.require(Permission.READ_OWN_PROFILE)
    mine = (ApiKey.account_id == actor.me()) & (ApiKey.uid == uid) & ApiKey.revoked_at.is_(None)
    find = _KEYS.add_columns(is_live().label("is_live")).where(mine)
    return _view(existing_row(connection, find))


@query
def store_for_key(connection: Connection, actor: Actor, slug: str | None) -> int | None:
    """The id of a store where the caller works, to restrict a key to. Raises Invalid."""
    if slug is None:
        return None
    find = select(Store.id).where(Store.slug == slug, Store.id.in_(actor.stores))
    store_id: int | None = connection.execute(find).scalar_one_or_none()
    if store_id is None:
        raise Invalid.at("/store_slug", "choose a store that you work in")
    return store_id


def _view(row: Row) -> KeyView:  # type: ignore[type-arg]
    names = KeyView.__struct_fields__
    return KeyView(**{name: getattr(row, name) for name in names})
