"""How the catalogue looks in JSON."""

from datetime import datetime
from typing import Literal

import msgspec
from flask import current_app

from kirana.catalog.inputs import Closed, Reason
from kirana.catalog.views import ManagedFields, PlannedPriceView, PriceView, ProductView
from kirana.platform.amounts import Money
from kirana.platform.errors import Invalid


class ManagedProduct(ManagedFields, frozen=True, kw_only=True):
    """A product as its managers see it. ``price`` buys ``price_per`` steps of ``unit``."""

    price: Money
    was_price: Money | None


class PastPrice(msgspec.Struct, frozen=True):
    """A price and when it was true; the current one has no end."""

    price: Money
    valid_from: datetime
    valid_until: datetime | None


class PlannedPriceShown(msgspec.Struct, frozen=True):
    """A price that is to become true at ``due_at``, or was (``ended_at``), or was called off."""

    uid: str
    price: Money
    was_price: Money | None
    due_at: datetime
    status: Literal["planned", "applied", "cancelled"]
    ended_at: datetime | None


class PictureUrl(msgspec.Struct, frozen=True):
    """Where a category's picture is."""

    url: str


class Rejection(Closed, frozen=True):
    """Why a wish is not granted."""

    reason: Reason


class CacheCheck(msgspec.Struct, frozen=True):
    """A moment that stays the same for ten seconds while Redis is there."""

    moment: str
    redis: Literal["here", "away"]


def currency() -> str:
    """The shop's one currency."""
    code: str = current_app.config["SETTINGS"].currency
    return code


def money(amount: int) -> Money:
    return Money(amount, currency())


def managed(product: ProductView) -> ManagedProduct:
    return ManagedProduct(
        **{name: getattr(product, name) for name in ManagedFields.__struct_fields__},
        price=money(product.price_minor),
        was_price=_money_or_none(product.was_minor),
    )


def past_price(price: PriceView) -> PastPrice:
    return PastPrice(money(price.amount_minor), price.valid_from, price.valid_until)


def planned_price(plan: PlannedPriceView) -> PlannedPriceShown:
    return PlannedPriceShown(
        plan.uid, money(plan.amount_minor), _money_or_none(plan.was_minor), plan.due_at,
        plan.status, plan.ended_at,
    )  # fmt: skip


def _money_or_none(amount: int | None) -> Money | None:
    return None if amount is None else money(amount)


def in_our_currency(body: object) -> None:
    """Raise Invalid unless the prices in ``body`` are in the shop's currency."""
    for name in ("price", "was_price"):
        given = getattr(body, name)
        if isinstance(given, Money) and given.currency != currency():
            raise Invalid.at(f"/{name}/currency", f"must be {currency()}")
