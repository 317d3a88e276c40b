"""What people may do: one catalogue of permissions, used by roles, memberships and API keys alike.

A guest browses and keeps a basket. Whoever can sign in has a profile of their own. Orders are
placed by active people of every role; a store's work is done by the active members of its team,
each by their place there (``STORE_TABLE``) and in that store only; the shop is run by active
admins. A manager who waits or was refused signs in, reads the decision and may apply again,
nothing more. Suspended and closed accounts hold nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Permission(StrEnum):
    """One thing that a route can ask for. ``own`` means the caller's, ``store`` their store's."""

    READ_OWN_BASKET = "read:own_basket"
    WRITE_OWN_BASKET = "write:own_basket"
    # Name, password, mail preferences, addresses, sessions.
    READ_OWN_PROFILE = "read:own_profile"
    WRITE_OWN_PROFILE = "write:own_profile"
    READ_OWN_ORDERS = "read:own_orders"
    PLACE_ORDER = "write:own_orders"
    CANCEL_OWN_ORDER = "write:own_cancellations"
    # Favourites and shopping lists.
    READ_OWN_LISTS = "read:own_lists"
    WRITE_OWN_LISTS = "write:own_lists"
    READ_OWN_REVIEWS = "read:own_reviews"
    WRITE_OWN_REVIEWS = "write:own_reviews"
    READ_OWN_APPLICATION = "read:own_application"
    WRITE_OWN_APPLICATION = "write:own_application"
    # Jobs that the caller asked for.
    READ_OWN_JOBS = "read:own_jobs"
    WRITE_OWN_JOBS = "write:own_jobs"

    READ_STORE_FIGURES = "read:store_figures"
    WRITE_STORE_SETTINGS = "write:store_settings"
    READ_STORE_MEMBERS = "read:store_members"
    WRITE_STORE_MEMBERS = "write:store_members"
    READ_STORE_PRODUCTS = "read:store_products"
    WRITE_STORE_PRODUCTS = "write:store_products"
    READ_STORE_STOCK = "read:store_stock"
    WRITE_STORE_STOCK = "write:store_stock"
    READ_STORE_ORDERS = "read:store_orders"
    WRITE_STORE_ORDERS = "write:store_orders"
    # Of the store's orders those that are with the courier.
    READ_STORE_DELIVERIES = "read:store_deliveries"
    WRITE_STORE_DELIVERIES = "write:store_deliveries"
    READ_STORE_REVIEWS = "read:store_reviews"
    WRITE_STORE_REVIEWS = "write:store_reviews"
    READ_EXPORTS = "read:exports"
    WRITE_EXPORTS = "write:exports"
    # A manager asks for a category; an admin decides.
    READ_CATEGORY_REQUESTS = "read:category_requests"
    WRITE_CATEGORY_REQUESTS = "write:category_requests"
    DECIDE_CATEGORY_REQUESTS = "write:category_decisions"

    WRITE_CATEGORIES = "write:categories"
    # All reviews: who moderates them.
    READ_REVIEWS = "read:reviews"
    WRITE_REVIEWS = "write:reviews"
    WRITE_SYNONYMS = "write:synonyms"
    READ_APPROVALS = "read:approvals"
    WRITE_APPROVALS = "write:approvals"
    READ_PEOPLE = "read:people"
    WRITE_PEOPLE = "write:people"
    WRITE_STORES = "write:stores"
    READ_REPORTS = "read:reports"
    WRITE_REPORTS = "write:reports"
    READ_JOBS = "read:jobs"
    WRITE_JOBS = "write:jobs"
    READ_OUTBOX = "read:outbox"
    WRITE_OUTBOX = "write:outbox"
    READ_AUDIT = "read:audit"
    # What checks found, and the check itself.
    READ_INCIDENTS = "read:incidents"
    WRITE_INCIDENTS = "write:incidents"


P = Permission

GUEST_PERMISSIONS = frozenset({P.READ_OWN_BASKET, P.WRITE_OWN_BASKET})
_SIGNED_IN = GUEST_PERMISSIONS | {
    P.READ_OWN_PROFILE, P.WRITE_OWN_PROFILE, P.READ_OWN_JOBS, P.WRITE_OWN_JOBS,
}  # fmt: skip
_CUSTOMER = _SIGNED_IN | {
    P.READ_OWN_ORDERS, P.PLACE_ORDER, P.CANCEL_OWN_ORDER, P.READ_OWN_LISTS, P.WRITE_OWN_LISTS,
    P.READ_OWN_REVIEWS, P.WRITE_OWN_REVIEWS,
}  # fmt: skip
_WAITING = _SIGNED_IN | {P.READ_OWN_APPLICATION, P.WRITE_OWN_APPLICATION}
_MANAGER = _CUSTOMER | {P.READ_OWN_APPLICATION}
_ADMIN = _CUSTOMER | {
    P.WRITE_CATEGORIES, P.WRITE_SYNONYMS, P.READ_CATEGORY_REQUESTS,
    P.DECIDE_CATEGORY_REQUESTS, P.READ_APPROVALS, P.WRITE_APPROVALS, P.READ_PEOPLE, P.WRITE_PEOPLE,
    P.WRITE_STORES, P.WRITE_STORE_SETTINGS, P.READ_STORE_MEMBERS, P.WRITE_STORE_MEMBERS,
    P.READ_REPORTS, P.WRITE_REPORTS, P.READ_JOBS, P.WRITE_JOBS, P.READ_OUTBOX, P.WRITE_OUTBOX,
    P.READ_AUDIT, P.READ_INCIDENTS, P.WRITE_INCIDENTS, P.READ_REVIEWS, P.WRITE_REVIEWS,
}  # fmt: skip

_COURIER = frozenset({P.READ_STORE_DELIVERIES, P.WRITE_STORE_DELIVERIES})
_PICKING = {P.READ_STORE_ORDERS, P.WRITE_STORE_ORDERS, P.READ_STORE_PRODUCTS, P.READ_STORE_STOCK}
_PICKER = _COURIER | _PICKING
_STORE_MANAGER = _PICKER | {
    P.READ_OWN_JOBS, P.WRITE_OWN_JOBS, P.READ_STORE_FIGURES, P.READ_STORE_MEMBERS,
    P.WRITE_STORE_PRODUCTS, P.WRITE_STORE_STOCK, P.READ_EXPORTS, P.WRITE_EXPORTS,
    P.READ_CATEGORY_REQUESTS, P.WRITE_CATEGORY_REQUESTS, P.READ_STORE_REVIEWS,
    P.WRITE_STORE_REVIEWS,
}  # fmt: skip
_OWNER = _STORE_MANAGER | {P.WRITE_STORE_SETTINGS, P.WRITE_STORE_MEMBERS}

# Never given to an API key: with it a key could make itself more than it is.
NOT_FOR_KEYS = frozenset({P.WRITE_OWN_PROFILE})

# Routes ask for the smaller one.
_INCLUDED = {
    P.READ_STORE_ORDERS: P.READ_STORE_DELIVERIES,
    P.WRITE_STORE_ORDERS: P.WRITE_STORE_DELIVERIES,
}

# What a place in a store's team allows, in that store.
STORE_TABLE: dict[str, frozenset[Permission]] = {
    "owner": _OWNER,
    "manager": _STORE_MANAGER,
    "picker": _PICKER,
    "courier": _COURIER,
}

TABLE: dict[tuple[str, str], frozenset[Permission]] = {
    ("customer", "active"): frozenset(_CUSTOMER),
    ("manager", "active"): frozenset(_MANAGER),
    ("manager", "pending"): frozenset(_WAITING),
    ("manager", "rejected"): frozenset(_WAITING),
    ("admin", "active"): frozenset(_ADMIN),
}


def permissions_of(role: str, status: str) -> frozenset[Permission]:
    """What an account of this role and status may do right now."""
    return TABLE.get((role, status), frozenset())


def completed(wanted: Iterable[Permission], held: frozenset[str]) -> frozenset[Permission]:
    """``wanted`` with what it is no use without, where held: who writes also reads the answer."""
    chosen = frozenset(wanted)
    chosen |= {part for whole, part in _INCLUDED.items() if whole in chosen and part in held}
    answers = {right.replace("write:", "read:", 1) for right in chosen}
    return chosen | {right for right in Permission if right in answers & held}


@dataclass(frozen=True, slots=True)
class Rights:
    """What somebody may do right now: anywhere, and in each store where they work.

    ``permissions`` includes those of all ``stores``: it says whether a route is theirs at all.
    """

    permissions: frozenset[str]
    stores: Mapping[int, frozenset[str]]

    def narrowed(self, to: Iterable[str], store_id: int | None) -> "Rights":
        """No more than ``to``; with ``store_id`` nothing but the work of that one store."""
        kept = frozenset(to)
        stores = {place: rights & kept for place, rights in self.stores.items()}
        if store_id is None:
            return Rights(self.permissions & kept, stores)
        only = stores.get(store_id, frozenset())
        return Rights(only, {store_id: only})


def read_places(text: str | None) -> dict[int, str]:
    """``7:owner,9:picker``, as the database gathers it, as the role in each store."""
    pairs = (place.split(":") for place in text.split(",")) if text else ()
    return {int(store_id): role for store_id, role in pairs}


def rights_of(role: str, status: str, places: Mapping[int, str]) -> Rights:
    """The rights of an account with these places (role in the store, by store)."""
    stores = {
        store_id: frozenset[str](STORE_TABLE[place])
        for store_id, place in places.items()
        if status == "active"
    }
    return Rights(frozenset[str](permissions_of(role, status)).union(*stores.values()), stores)
