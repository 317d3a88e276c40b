"""What people may do: one table from role and status to permissions.

A guest browses and keeps a basket. Whoever can sign in has a profile of their own. Orders are
placed by active people of every role; the store's work is done by active managers only, and only
in the stores of their memberships (``Actor.store_ids``); the shop is run by active admins. A
manager who waits or was refused signs in, reads the decision and may apply again, nothing more.
Suspended and closed accounts hold nothing.
"""

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
    READ_OWN_APPLICATION = "read:own_application"
    WRITE_OWN_APPLICATION = "write:own_application"
    # Jobs that the caller asked for.
    READ_OWN_JOBS = "read:own_jobs"
    WRITE_OWN_JOBS = "write:own_jobs"

    READ_STORE_FIGURES = "read:store_figures"
    WRITE_STORE_SETTINGS = "write:store_settings"
    READ_STORE_MEMBERS = "read:store_members"
    READ_STORE_PRODUCTS = "read:store_products"
    WRITE_STORE_PRODUCTS = "write:store_products"
    READ_STORE_STOCK = "read:store_stock"
    WRITE_STORE_STOCK = "write:store_stock"
    READ_STORE_ORDERS = "read:store_orders"
    WRITE_STORE_ORDERS = "write:store_orders"
    READ_EXPORTS = "read:exports"
    WRITE_EXPORTS = "write:exports"
    # A manager asks for a category; an admin decides.
    READ_CATEGORY_REQUESTS = "read:category_requests"
    WRITE_CATEGORY_REQUESTS = "write:category_requests"
    DECIDE_CATEGORY_REQUESTS = "write:category_decisions"

    WRITE_CATEGORIES = "write:categories"
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


P = Permission

GUEST_PERMISSIONS = frozenset({P.READ_OWN_BASKET, P.WRITE_OWN_BASKET})
_SIGNED_IN = GUEST_PERMISSIONS | {
    P.READ_OWN_PROFILE, P.WRITE_OWN_PROFILE, P.READ_OWN_JOBS, P.WRITE_OWN_JOBS,
}  # fmt: skip
_CUSTOMER = _SIGNED_IN | {P.READ_OWN_ORDERS, P.PLACE_ORDER, P.CANCEL_OWN_ORDER}
_WAITING = _SIGNED_IN | {P.READ_OWN_APPLICATION, P.WRITE_OWN_APPLICATION}
_MANAGER = _CUSTOMER | {
    P.READ_OWN_APPLICATION,
    P.READ_STORE_FIGURES, P.WRITE_STORE_SETTINGS, P.READ_STORE_MEMBERS,
    P.READ_STORE_PRODUCTS, P.WRITE_STORE_PRODUCTS,
    P.READ_STORE_STOCK, P.WRITE_STORE_STOCK, P.READ_STORE_ORDERS, P.WRITE_STORE_ORDERS,
    P.READ_EXPORTS, P.WRITE_EXPORTS, P.READ_CATEGORY_REQUESTS, P.WRITE_CATEGORY_REQUESTS,
}  # fmt: skip
_ADMIN = _CUSTOMER | {
    P.WRITE_CATEGORIES, P.READ_CATEGORY_REQUESTS,
    P.DECIDE_CATEGORY_REQUESTS, P.READ_APPROVALS, P.WRITE_APPROVALS, P.READ_PEOPLE, P.WRITE_PEOPLE,
    P.WRITE_STORES, P.WRITE_STORE_SETTINGS, P.READ_STORE_MEMBERS, P.READ_REPORTS, P.WRITE_REPORTS,
    P.READ_JOBS, P.WRITE_JOBS, P.READ_OUTBOX, P.WRITE_OUTBOX, P.READ_AUDIT,
}  # fmt: skip

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
