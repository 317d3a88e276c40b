"""The sidebar of the back office, by what the person may do and what waits for them."""

from typing import Any

from sqlalchemy import Connection, func, select

from kirana.accounts.models import Approval
from kirana.accounts.permissions import Permission
from kirana.backoffice.words import PLACE_WORDS
from kirana.catalog.models import CategoryRequest
from kirana.orders.models import Order
from kirana.oversight.models import Incident
from kirana.platform.access import Actor
from kirana.platform.db import query
from kirana.platform.errors import NotFound
from kirana.reviews.models import Review
from kirana.stores.models import Store
from kirana.stores.queries import list_workplaces
from kirana.stores.shapes import Workplace

Item = tuple[str, str, str, int]
P = Permission
WAITING_ORDERS = ("placed", "accepted", "awaiting_customer")


def own_place(actor: Actor, slug: str, permission: Permission) -> Workplace:
    """The caller's place in a store where they hold ``permission``. Raises NotFound."""
    for place in list_workplaces(actor):
        if place.store.slug == slug and permission in place.rights:
            return place
    raise NotFound


def first_page(place: Workplace) -> str:
    """Where somebody's work in a store begins."""
    return next(url for _, (permission, _, _, url) in _places(place) if permission in place.rights)


def store_sidebar(actor: Actor, slug: str) -> dict[str, Any]:
    """The ``office`` of layouts/office.html for one store: what the caller may do there.

    ``may`` tells a template what else they may.
    """
    places = list_workplaces(actor)
    place = next(place for place in places if place.store.slug == slug)
    groups: dict[str, list[Item]] = {}
    for title, (permission, text, icon, url) in _places(place):
        if permission in place.rights:
            picks = text == "Orders" and P.READ_STORE_ORDERS in place.rights
            waiting = count_waiting_orders(slug) if picks else 0
            groups.setdefault(title, []).append((text, icon, url, waiting))
    others = [other for other in places if other.store.slug != slug and other.rights]
    if others:
        shops = [(other.store.name, "store", first_page(other), 0) for other in others]
        groups["Other stores"] = shops
    return {
        "name": place.store.name,
        "role_text": PLACE_WORDS[place.role],
        "groups": [_group(title, *items) for title, items in groups.items()],
        "may": place.rights,
    }


def _places(place: Workplace) -> list[tuple[str, tuple[Permission, str, str, str]]]:
    base = f"/office/{place.store.slug}"
    return [
        ("Shop floor", (P.READ_STORE_FIGURES, "Today", "layout-dashboard", f"{base}/today")),
        ("Shop floor", (P.READ_STORE_DELIVERIES, "Orders", "package", f"{base}/orders")),
        ("Catalogue", (P.READ_STORE_PRODUCTS, "Products", "tag", f"{base}/products")),
        ("Catalogue", (P.READ_CATEGORY_REQUESTS, "Categories", "folder-tree", f"{base}/requests")),
        ("Catalogue", (P.READ_STORE_REVIEWS, "Reviews", "star", f"{base}/reviews")),
        ("Know", (P.READ_EXPORTS, "Exports", "file-down", f"{base}/exports")),
        ("People", (P.READ_STORE_MEMBERS, "Team", "users", f"{base}/team")),
    ]


def admin_sidebar() -> dict[str, Any]:
    """The ``office`` of layouts/office.html for the admin; ``incidents`` are the open ones."""
    applications, requests, incidents, reviews = count_waiting_decisions()
    return {
        "name": "All stores",
        "role_text": "Admin",
        "incidents": incidents,
        "groups": [
            _group(
                "Decide",
                ("Approvals", "user-check", "/office/approvals", applications),
                ("Category requests", "inbox", "/office/requests", requests),
                ("Reviews", "star", "/office/reviews", reviews),
            ),
            _group(
                "Keep",
                ("Categories", "folder-tree", "/office/categories", 0),
                ("Synonyms", "search", "/office/synonyms", 0),
                ("People", "users", "/office/people", 0),
                ("Teams", "store", "/office/teams", 0),
            ),
            _group(
                "Know",
                ("Monthly reports", "chart-line", "/office/reports", 0),
                ("Audit log", "shield-check", "/office/audit", 0),
                ("Checks", "list-checks", "/office/checks", incidents),
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
def count_waiting_decisions(connection: Connection) -> tuple[int, int, int, int]:
    """Applications and category requests that nobody has decided, open incidents, and reviews."""
    row = connection.execute(
        select(
            select(func.count()).where(Approval.status == "requested").scalar_subquery(),
            select(func.count()).where(CategoryRequest.status == "requested").scalar_subquery(),
            select(func.count()).where(Incident.status == "open").scalar_subquery(),
            select(func.count()).where(Review.status == "waiting").scalar_subquery(),
        )
    ).one()
    return row[0], row[1], row[2], row[3]


def _group(title: str, *items: Item) -> dict[str, Any]:
    return {
        "title": title,
        "items": [
            {"text": text, "icon": icon, "url": url, "badge": waiting or None}
            for text, icon, url, waiting in items
        ],
    }
