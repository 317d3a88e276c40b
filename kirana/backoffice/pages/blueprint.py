"""The blueprint that all screens of the back office hang on, and how they are rendered."""

from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, make_response, render_template

from kirana.accounts.permissions import Permission
from kirana.backoffice.navigation import admin_sidebar, own_place, store_sidebar
from kirana.platform.errors import Invalid, ShopError
from kirana.platform.http import current_actor
from kirana.platform.pages import Form
from kirana.stores.shapes import StoreView

pages = Blueprint("backoffice", __name__, url_prefix="/office")


def store_page(template: str, store: StoreView, code: int = 200, /, **context: Any) -> Response:
    """A screen of one store, answered with status ``code``."""
    sidebar = store_sidebar(current_actor(), store.slug)
    base = f"/office/{store.slug}"
    return _page(template, code, office=sidebar, store=store, base=base, **context)


def admin_page(template: str, code: int = 200, /, **context: Any) -> Response:
    """A screen of the whole shop, answered with status ``code``."""
    return _page(template, code, office=admin_sidebar(), **context)


def _page(template: str, code: int, /, **context: Any) -> Response:
    return make_response(render_template(template, **context), code)


def my_store(slug: str, permission: Permission) -> StoreView:
    """The store in the address, if the caller holds ``permission`` there. Raises NotFound."""
    return own_place(current_actor(), slug, permission).store


def zone_of(store: StoreView) -> ZoneInfo:
    return ZoneInfo(store.zone)


def refused(error: ShopError) -> Form:
    """The posted form again, with what is wrong."""
    return Form.posted(error if isinstance(error, Invalid) else Invalid(error.detail))
