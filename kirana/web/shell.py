"""What every page shows: shop name, person, departments, basket, formats."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, current_app, g, request
from werkzeug.local import LocalProxy

from kirana.cart.visitors import shown_basket
from kirana.catalog.addresses import picture_choices
from kirana.catalog.units import grid_text, per_text, quantity_text, typed_text, unit_price_text
from kirana.platform import freshness
from kirana.platform.config import Settings
from kirana.platform.http import current_actor, made_for_all
from kirana.platform.money import format_money
from kirana.stock.cached import departments
from kirana.stores.team_queries import list_offers
from kirana.stores.team_shapes import PLACES
from kirana.web import assets, fragments
from kirana.web.own import person


def install(app: Flask) -> None:
    """Give the templates their globals and filters."""
    settings: Settings = app.config["SETTINGS"]
    fragments.install(app)
    app.jinja_env.globals.update(
        asset=assets.asset,
        grid_text=grid_text,
        settings_view={
            "shop_name": settings.shop_name,
            "currency": settings.currency,
            "locale": "en-IN",
            "is_development": settings.env == "development",
        },
    )
    app.jinja_env.filters.update(
        money=lambda minor: format_money(minor, settings.currency), quantity=quantity_text,
        picture_choices=picture_choices, typed=typed_text, per=per_text,
        unit_price=lambda price: unit_price_text(price, settings.currency),
        datetime=lambda moment: local(moment).strftime("%-d %b %Y, %H:%M"),
        time=lambda moment: local(moment).strftime("%H:%M"),
        date=lambda moment: local(moment).strftime("%-d %B %Y"),
    )  # fmt: skip
    app.context_processor(page_values)


def page_values() -> dict[str, Any]:
    """Values of this request; the dear ones are read when a template first touches them."""
    return {
        **_visitor(),
        "theme": fragments.theme(),
        # What the departments are kept by: they are the same for as long as it is.
        "stamp": _late("stamp", freshness.stamp),
        "departments": _late("departments", _departments),
        "product_total": _late("product_total", _product_total),
    }


def _visitor() -> dict[str, Any]:
    """What is the visitor's alone; a page that is made for all shows it by ``own`` alone."""
    if made_for_all.get():
        return {
            name: fragments.out_of_reach(name) for name in ("actor", "basket", "offers", "path")
        }
    return {
        "actor": person(),
        "path": request.full_path.rstrip("?"),
        "basket": _late("basket", shown_basket),
        "offers": _late("offers", _offers),
    }


def _late(name: str, read: Callable[[], Any]) -> Any:
    """``read()`` on first use, once per request."""

    def value() -> Any:
        if name not in g:
            setattr(g, name, read())
        return g.get(name)

    return LocalProxy(value)


def _offers() -> list[dict[str, str]]:
    return [
        {"uid": one.uid, "text": f"{one.store} invites you to its team as {PLACES[one.role]}."}
        for one in list_offers(current_actor())
    ]


def _departments() -> list[dict[str, Any]]:
    return [
        {
            "slug": found.slug,
            "name": found.name,
            "count": found.product_count,
            "picture_url": found.picture_url,
            "well": found.well,
            "children": found.children,
        }
        for found in departments()
    ]


def _product_total() -> int:
    return sum(found.product_count for found in departments())


def local(moment: datetime) -> datetime:
    """``moment`` in the shop's zone."""
    settings: Settings = current_app.config["SETTINGS"]
    return moment.astimezone(ZoneInfo(settings.zone))
