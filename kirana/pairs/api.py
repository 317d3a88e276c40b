"""JSON: what goes with a product."""

from typing import Any

import msgspec
from flask import Blueprint

from kirana.pairs.queries import list_companions
from kirana.platform.cache import cached_answer
from kirana.platform.errors import NotFound
from kirana.platform.http import Answer, operation, public
from kirana.platform.paging import Page
from kirana.stock.cached import product_key
from kirana.stock.queries import find_product_page
from kirana.stock.shapes import ProductSummary, summary

api = Blueprint("pairs_api", __name__)


class CompanionView(msgspec.Struct, frozen=True):
    """A product that goes with another: ``customers`` bought both in one order."""

    product: ProductSummary
    customers: int


@api.get("/products/<slug>/companions")
@public
@operation("listCompanions", raises=(NotFound,))
def list_all(slug: str) -> Answer[Page[CompanionView]]:
    """What is often bought together with a product; at most six, none below five customers."""
    return cached_answer("companions-api", product_key(slug), lambda: _page(slug))


def _page(slug: str) -> Page[Any]:
    if find_product_page(slug) is None:
        raise NotFound
    found = list_companions(slug)
    return Page([CompanionView(summary(each.item), each.customers) for each in found])
