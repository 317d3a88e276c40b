"""The back office's screens: a store's for its managers, the shop's for the admin."""

from kirana.backoffice.pages import (
    admin,
    categories,
    entry,
    exports,
    orders,
    products,
    reports,
    team,
    today,
)
from kirana.backoffice.pages.blueprint import pages

__all__ = [
    "admin",
    "categories",
    "entry",
    "exports",
    "orders",
    "pages",
    "products",
    "reports",
    "team",
    "today",
]
