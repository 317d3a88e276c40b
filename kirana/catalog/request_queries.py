"""Reads of category requests: the admin sees all, managers those of their stores."""

from typing import Any, Literal

from sqlalchemy import Connection, select

from kirana.accounts.models import Account
from kirana.accounts.permissions import Permission
from kirana.catalog.models import CategoryRequest
from kirana.catalog.views import RequestView
from kirana.platform.access import Actor
from kirana.platform.db import query
from kirana.platform.paging import Page, PageQuery
from kirana.platform.rows import existing_row, newest_page
from kirana.stores.models import Store

_REQUESTS = (
    select(
        CategoryRequest.id, CategoryRequest.uid, CategoryRequest.kind, CategoryRequest.wish,
        CategoryRequest.status, CategoryRequest.reason, CategoryRequest.created_at,
        CategoryRequest.decided_at, CategoryRequest.store_id, Store.slug.label("store"),
        Account.name.label("requester"),
    )
    .join(Store, Store.id == CategoryRequest.store_id)
    .join(Account, Account.id == CategoryRequest.requester_id)
)  # fmt: skip


class RequestQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Filter of the list of category requests."""

    status: Literal["requested", "approved", "rejected", "withdrawn"] | None = None


@query
def list_requests(connection: Connection, actor: Actor, wanted: RequestQuery) -> Page[RequestView]:
    """Requests that the actor may see, newest first. Raises Invalid (cursor)."""
    statement = _seen_by(actor)
    if wanted.status is not None:
        statement = statement.where(CategoryRequest.status == wanted.status)
    return newest_page(connection, statement, CategoryRequest.id, wanted, _view)


@query
def get_request(connection: Connection, actor: Actor, uid: str) -> RequestView:
    """One request. Raises NotFound for strangers."""
    return _view(existing_row(connection, _seen_by(actor).where(CategoryRequest.uid == uid)))


def _seen_by(actor: Actor) -> Any:
    if actor.via == "system" or Permission.DECIDE_CATEGORY_REQUESTS in actor.permissions:
        return _REQUESTS
    stores = actor.stores_for(Permission.READ_CATEGORY_REQUESTS)
    return _REQUESTS.where(CategoryRequest.store_id.in_(stores))


def _view(row: Any) -> RequestView:
    wish: dict[str, Any] = row.wish
    return RequestView(
        uid=row.uid, kind=row.kind, category=wish.get("category"), name=wish.get("name"),
        parent=wish.get("parent"), note=wish.get("note", ""), store=row.store,
        requester=row.requester, status=row.status, reason=row.reason, created_at=row.created_at,
        decided_at=row.decided_at,
    )  # fmt: skip
