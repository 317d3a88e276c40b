"""The sidebar of the back office, by what the person may do and what waits for them."""

from typing import Any

from sqlalchemy import Connection, func, select

from kirana.accounts.models import Approval
from kirana.catalog.models import CategoryRequest
from kirana.orders.models import Order
from kirana.platform.access import Actor
from kirana.platform.db import query
from kirana.platform.errors import NotFound
from kirana.stores.models import Store
from kirana.stores.queries import list_own_stores
from kirana.stores.shapes import StoreView

ROLE_TEXTS = {"manager": "Store manager", "admin": "Admin"}
WAITING_ORDERS = ("placed", "accepted", "awaiting_customer")


def own_store(actor: Actor, slug: str) -> StoreView:
    """One of the stores that the caller runs. Raises NotFound."""
    for store in list_own_stores(actor):
        if store.slug == slug:
            return store
    raise NotFound


def manager_sidebar(actor: Actor, store: StoreView) -> dict[str, Any]:
    """The ``office`` of layouts/office.html for one store."""
    base = f"/office/{store.slug}"
    waiting = count_waiting_orders(store.slug)
    others = [other for other in list_own_stores(actor) if other.slug != store.slug]
    groups = [
        _group(
            "Shop floor",
            ("Today", "layout-dashboard", f"{base}/today", 0),
            ("Orders", "package", f"{base}/orders", waiting),
        ),
        _group(
            "Catalogue",
            ("Products", "tag", f"{base}/products", 0),
            ("Categories", "folder-tree", f"{base}/requests", 0),
        ),
        _group("Know", ("Exports", "file-down", f"{base}/exports", 0)),
    ]
    if others:
        places = [(other.name, "store", f"/office/{other.slug}/today", 0) for other in others]
        groups.append(_group("Other stores", *places))
    return {"name": store.name, "role_text": ROLE_TEXTS["manager"], "groups": groups}


def admin_sidebar() -> dict[str, Any]:
    """The ``office`` of layouts/office.html for the admin."""
    applications, requests = count_waiting_decisions()
    return {
        "name": "All stores",
        "role_text": ROLE_TEXTS["admin"],
        "groups": [
            _group(
                "Decide",
                ("Approvals", "user-check", "/office/approvals", applications),
                ("Category requests", "inbox", "/office/requests", requests),
            ),
            _group(
                "Keep",
                ("Categories", "folder-tree", "/office/categories", 0),
                ("People", "users", "/office/people", 0),
            ),
            _group(
                "Know",
                ("Monthly reports", "chart-line", "/office/reports", 0),
                ("Audit log", "shield-check", "/office/audit", 0),
            ),
        ],
    }


@query
def count_waiting_orders(connection: Connection, store_slug: str) -> int:
    """Orders of a store that wait for somebody."""
    statement = (
        select(func.count())
        .select_from(Order)
        .join(Store, Store.id == Order.store_id)
        .where(Store.slug == store_slug, Order.status.in_(WAITING_ORDERS))
    )
    return connection.execute(statement).scalar_one()


@query
def count_waiting_decisions(connection: Connection) -> tuple[int, int]:
    """Applications and category requests that nobody has decided yet."""
    row = connection.execute(
        select(
            select(func.count()).where(Approval.status == "requested").scalar_subquery(),
            select(func.count()).where(CategoryRequest.status == "requested").scalar_subquery(),
        )
    ).one()
    return row[0], row[1]


def _group(title: str, *items: tuple[str, str, str, int]) -> dict[str, Any]:
    return {
        "title": title,
        "items": [
            {"text": text, "icon": icon, "url": url, "badge": waiting or None}
            for text, icon, url, waiting in items
        ],
    }
