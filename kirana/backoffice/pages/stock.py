"""A product's stock: what is there and why, its lots, and what is written down about it."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from flask import Response, request, url_for

from kirana.accounts.permissions import Permission
from kirana.backoffice.pages.blueprint import my_store, pages, refused, store_page
from kirana.backoffice.pages.products import own_product
from kirana.backoffice.words import WASTE_WORDS
from kirana.catalog.units import quantity_text
from kirana.catalog.views import ProductView
from kirana.platform.access import Actor
from kirana.platform.errors import Conflict, Invalid, NotFound, ShopError, Stale
from kirana.platform.http import current_actor, requires
from kirana.platform.pages import Form, note, posted, see_other
from kirana.platform.paging import LARGEST_PAGE, Page, PageQuery
from kirana.stock.ledger_queries import explain_stock, list_lots, list_targets
from kirana.stock.services.goods import (
    Delivery,
    Waste,
    adjust_stock,
    count_stock,
    receive_goods,
    waste_goods,
)
from kirana.stock.services.tracking import track_lots
from kirana.stock.services.transfers import Transfer, transfer_goods
from kirana.stock.store_queries import get_stock, list_movements
from kirana.stock.views import StockView
from kirana.stores.shapes import StoreView

STOCK = ".stock"
MOVEMENTS, LOTS = 15, 50
Deed = Literal["receive", "waste", "count", "correct", "send"]
DEEDS: dict[Deed, str] = {
    "receive": "In",
    "waste": "Waste",
    "count": "Count",
    "correct": "Correct",
    "send": "Send",
}


class StockForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What happened to a product's stock, in steps of its unit; a correction may be negative.

    ``seen`` is the version of the level that the page showed.
    """

    do: Deed
    quantity: Annotated[int, msgspec.Meta(ge=-1_000_000_000, le=1_000_000_000)]
    seen: int
    reason: Annotated[str, msgspec.Meta(max_length=200)] = ""
    code: str = ""
    lot: Annotated[str, msgspec.Meta(max_length=40)] = ""
    best_before: date | None = None
    to: Annotated[str, msgspec.Meta(max_length=80)] = ""
    named: Annotated[str, msgspec.Meta(max_length=80)] = ""


class LotsForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether lots are kept from now on."""

    keep: Literal["yes", "no"]


@pages.get("/<store_slug>/products/<slug>/stock")
@requires(Permission.READ_STORE_STOCK)
def stock(store_slug: str, slug: str) -> Response:
    """How much is there, why, in which lots, and the latest movements."""
    store = my_store(store_slug, Permission.READ_STORE_STOCK)
    chosen = request.args.get("do", "receive")
    form = Form({"do": chosen if chosen in DEEDS else "receive"})
    return _page(store, own_product(store, slug), form)


@pages.post("/<store_slug>/products/<slug>/stock")
@requires(Permission.WRITE_STORE_STOCK)
def move_stock(store_slug: str, slug: str) -> Response:
    """Goods came in, were thrown away, counted, or sent to another shelf."""

    def write(actor: Actor) -> StockView:
        form = posted(StockForm)
        return _DEEDS[form.do](actor, slug, form)

    return _write(store_slug, slug, write)


@pages.post("/<store_slug>/products/<slug>/stock/lots")
@requires(Permission.WRITE_STORE_STOCK)
def keep_lots(store_slug: str, slug: str) -> Response:
    """Begin or end to keep lots."""
    return _write(
        store_slug, slug, lambda actor: track_lots(actor, slug, posted(LotsForm).keep == "yes")
    )


def _write(store_slug: str, slug: str, write: Callable[[Actor], StockView]) -> Response:
    store = my_store(store_slug, Permission.WRITE_STORE_STOCK)
    found = own_product(store, slug)
    try:
        level = write(current_actor())
    except (Invalid, Conflict, Stale, NotFound) as error:
        told = _at_field(error)
        return _page(store, found, refused(told), told.status)
    note(f"{found.title}: {quantity_text(level.on_hand, level.unit)} in stock now.", "success")
    return see_other(STOCK, store_slug=store.slug, slug=slug)


def _at_field(error: ShopError) -> ShopError:
    """The error at the field of this form that it is about."""
    if isinstance(error, NotFound):
        # The product itself was found already.
        return Invalid.at("/to", "is no product of yours")
    if isinstance(error, Invalid):
        moved = ("/on_hand", "/delta")
        at = [{**e, "pointer": "/quantity"} if e["pointer"] in moved else e for e in error.errors]
        return Invalid(error.detail, errors=at)
    return error


def _waste(actor: Actor, slug: str, form: StockForm) -> StockView:
    why = Waste(form.code, form.reason, form.lot or None)
    return waste_goods(actor, slug, form.quantity, why)


_DEEDS: dict[Deed, Callable[[Actor, str, StockForm], StockView]] = {
    "receive": lambda actor, slug, form: receive_goods(
        actor, slug, form.quantity, form.reason, Delivery(form.lot, form.best_before)
    ),
    "waste": _waste,
    "count": lambda actor, slug, form: count_stock(
        actor, slug, form.quantity, form.seen, form.reason
    ),
    "correct": lambda actor, slug, form: adjust_stock(
        actor, slug, form.quantity, form.reason, form.lot or None
    ),
    "send": lambda actor, slug, form: transfer_goods(
        actor,
        slug,
        form.quantity,
        Transfer(form.named.strip() or form.to, form.reason, form.lot or None),
    ),
}


def _page(store: StoreView, found: ProductView, form: Form, status: int = 200) -> Response:
    actor, slug = current_actor(), found.slug
    here = url_for(STOCK, store_slug=store.slug, slug=slug)
    level = get_stock(actor, slug)
    doing = form.values.get("do", "receive")
    targets = list_targets(actor, slug) if doing == "send" else []
    moves = _paged("moves", MOVEMENTS, lambda page: list_movements(actor, slug, page))
    lots = _paged("lots", LOTS, lambda page: list_lots(actor, slug, page))
    return store_page(
        "office/stock.html",
        store,
        status,
        product=found,
        level=level,
        story=explain_stock(actor, slug),
        form=form,
        doing=doing,
        deeds=[
            {"text": text, "url": f"{here}?do={deed}#write", "current": deed == doing}
            for deed, text in DEEDS.items()
        ],
        waste_codes=[{"value": key, "label": text} for key, text in WASTE_WORDS.items()],
        waste_words=WASTE_WORDS,
        is_cut=len(targets) == LARGEST_PAGE,
        target_choices=[
            {"value": each.slug, "label": f"{each.store} · {each.title}"} for each in targets
        ],
        lots=lots.items,
        lots_url=f"{here}?lots={lots.next_cursor}#lots" if lots.next_cursor else None,
        movements=moves.items,
        moves_url=f"{here}?moves={moves.next_cursor}#moves" if moves.next_cursor else None,
        here=here,
    )


def _paged(name: str, limit: int, read: Callable[[PageQuery], Page[Any]]) -> Page[Any]:
    """The page that the address names; the first if it names none that there is."""
    try:
        return read(PageQuery(limit, request.args.get(name) or None))
    except Invalid:
        return read(PageQuery(limit))
