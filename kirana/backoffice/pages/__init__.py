"""The back office's screens: a store's for its managers, the shop's for the admin."""

from kirana.backoffice.pages import (
    admin,
    audit,
    categories,
    checks,
    entry,
    exports,
    orders,
    person,
    product_pictures,
    product_plans,
    products,
    reports,
    reviews,
    stock,
    synonyms,
    team,
    today,
)
from kirana.backoffice.pages.blueprint import pages

__all__ = [
    "admin",
    "audit",
    "categories",
    "checks",
    "entry",
    "exports",
    "orders",
    "pages",
    "person",
    "product_pictures",
    "product_plans",
    "products",
    "reports",
    "reviews",
    "stock",
    "synonyms",
    "team",
    "today",
]
