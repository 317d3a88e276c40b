"""Favourites and shopping lists as pages; every task works without scripts."""

from typing import Any, Literal

import msgspec
from flask import Blueprint, Response, request

from kirana.accounts.permissions import Permission
from kirana.lists import queries, services
from kirana.lists.baskets import gather
from kirana.lists.shapes import KeptList, May, Place
from kirana.platform.errors import Conflict, Forbidden, Invalid, NotFound, ShopError
from kirana.platform.http import current_actor, limited, public, requires
from kirana.platform.inputs import read_query
from kirana.platform.pages import (
    Form,
    back,
    go_to,
    note,
    posted,
    render,
    see_other,
    wants_fragment,
)
from kirana.platform.paging import PageQuery
from kirana.platform.shop_settings import settings
from kirana.pricing.errors import TotalTooLarge
from kirana.pricing.quote import line_total
from kirana.stock.cached import find_product_page

pages = Blueprint("lists", __name__)
_STEPS = {"+": 1, "-": -1}
STOPS = (Conflict, Invalid, Forbidden)


class HeartForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A product, and whether it is to be a favourite."""

    product: str
    keep: bool


class NameForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str = ""


class LineForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A stepper's form; x takes the line off."""

    product: str
    change: Literal["+", "-", "x"]


class LinkForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    may: May = "read"


class AdditionQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which product is to go on a list."""

    product: str


class AdditionForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Onto which of one's lists, or onto a new one of that name."""

    product: str
    list_uid: str = ""
    name: str = ""


@pages.post("/favourites")
@requires(Permission.WRITE_OWN_LISTS)
@limited("minute", "list_writes_per_minute")
def change_favourite() -> Response:
    """Keep a product or let go of it; answers a script of ours with the heart."""
    form, actor = posted(HeartForm), current_actor()
    try:
        if form.keep:
            services.keep_favourite(actor, form.product, settings().most_favourites)
        else:
            services.drop_favourite(actor, form.product)
    except Conflict as error:
        if wants_fragment("heart"):
            raise
        note(error.detail, "warn")
        return back("/favourites")
    if wants_fragment("heart"):
        return render("shop/fragments/heart.html", slug=form.product, is_kept=form.keep)
    return back("/favourites")


@pages.get("/lists")
@requires(Permission.READ_OWN_LISTS)
def lists() -> Response:
    """One's shopping lists."""
    return _lists_page(Form())


@pages.post("/lists")
@requires(Permission.WRITE_OWN_LISTS)
@limited("minute", "list_writes_per_minute")
def make() -> Response:
    """A new list."""
    try:
        uid = services.make_list(current_actor(), posted(NameForm).name, settings().most_lists)
    except (Conflict, Invalid) as error:
        return _lists_page(_refused(error, "name"), error.status)
    return see_other(".one", uid=uid)


@pages.get("/lists/addition")
@requires(Permission.WRITE_OWN_LISTS)
def choose() -> Response:
    """Onto which list a product goes."""
    return _choice_page(read_query(request, AdditionQuery).product, Form())


@pages.post("/lists/addition")
@requires(Permission.WRITE_OWN_LISTS)
@limited("minute", "list_writes_per_minute")
def add() -> Response:
    """Put one step of a product onto a list of one's own, which may be new."""
    form, actor, most = posted(AdditionForm), current_actor(), settings()
    try:
        uid = form.list_uid or services.make_list(actor, form.name, most.most_lists)
        line = (form.product, 1)
        services.step_list_line(actor, Place(uid=uid), line, most.most_list_lines)
    except STOPS as error:
        return _choice_page(form.product, _refused(error, "name"), error.status)
    note("It is on the list.", "success")
    return see_other(".one", uid=uid)


@pages.get("/lists/<uid>")
@requires(Permission.READ_OWN_LISTS)
def one(uid: str) -> Response:
    """A list with its lines and its links."""
    return _list_page(uid, Form())


@pages.post("/lists/<uid>")
@requires(Permission.WRITE_OWN_LISTS)
@limited("minute", "list_writes_per_minute")
def rename(uid: str) -> Response:
    """Another name."""
    try:
        services.rename_list(current_actor(), uid, posted(NameForm).name)
    except (Conflict, Invalid) as error:
        return _list_page(uid, _refused(error, "name"), error.status)
    return see_other(".one", uid=uid)


@pages.post("/lists/<uid>/removal")
@requires(Permission.WRITE_OWN_LISTS)
@limited("minute", "list_writes_per_minute")
def delete(uid: str) -> Response:
    """Delete a list."""
    services.delete_list(current_actor(), uid)
    note("The list is deleted.", "success")
    return see_other(".lists")


@pages.post("/lists/<uid>/lines")
@requires(Permission.WRITE_OWN_LISTS)
@limited("minute", "list_writes_per_minute")
def change_line(uid: str) -> Response:
    """More, less, or off the list."""
    _change(Place(uid=uid))
    return see_other(".one", uid=uid)


@pages.post("/lists/<uid>/basket")
@requires(Permission.WRITE_OWN_LISTS)
@limited("minute", "cart_writes_per_minute")
def to_basket(uid: str) -> Response:
    """All of it into the basket."""
    note(gather(Place(uid=uid)).note)
    return go_to("/basket")


@pages.post("/lists/<uid>/links")
@requires(Permission.WRITE_OWN_LISTS)
@limited("minute", "list_writes_per_minute")
def share(uid: str) -> Response:
    """A link for others."""
    try:
        services.share_list(current_actor(), uid, posted(LinkForm).may, settings().secret)
    except Conflict as error:
        note(error.detail, "warn")
    return see_other(".one", uid=uid, _anchor="share")


@pages.post("/lists/<uid>/links/<link>/removal")
@requires(Permission.WRITE_OWN_LISTS)
@limited("minute", "list_writes_per_minute")
def revoke(uid: str, link: str) -> Response:
    """The link leads nowhere from now on."""
    services.revoke_link(current_actor(), uid, link)
    note("The link leads nowhere any more.", "success")
    return see_other(".one", uid=uid, _anchor="share")


@pages.get("/shared-lists/<list_token>")
@public
def shared(list_token: str) -> Response:
    """The list that a link leads to."""
    found = queries.get_list(current_actor(), Place(token=list_token))
    answer = render(
        "shop/list.html", list=found, base=f"/shared-lists/{list_token}", links=[], form=Form(),
        public_url="", total_minor=_total(found),
    )  # fmt: skip
    # The address is the key: it is told to nobody on the way out.
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


@pages.post("/shared-lists/<list_token>/lines")
@requires(Permission.WRITE_OWN_LISTS)
@limited("minute", "list_writes_per_minute")
def change_shared_line(list_token: str) -> Response:
    """More, less, or off the list, if the link lets one."""
    _change(Place(token=list_token))
    return see_other(".shared", list_token=list_token)


@pages.post("/shared-lists/<list_token>/basket")
@requires(Permission.WRITE_OWN_BASKET)
@limited("minute", "cart_writes_per_minute")
def shared_to_basket(list_token: str) -> Response:
    """All of it into the caller's own basket."""
    note(gather(Place(token=list_token)).note)
    return go_to("/basket")


def _change(place: Place) -> None:
    form, actor = posted(LineForm), current_actor()
    try:
        if form.change == "x":
            services.remove_list_line(actor, place, form.product)
            return
        line = (form.product, _STEPS[form.change])
        services.step_list_line(actor, place, line, settings().most_list_lines)
    except STOPS as error:
        note(_told(error), "warn")


def _lists_page(form: Form, code: int = 200) -> Response:
    wanted = read_query(request, PageQuery)
    page = queries.list_lists(current_actor(), wanted)
    return render(
        "shop/lists.html", code, lists=page.items, form=form,
        next_url=f"/lists?cursor={page.next_cursor}" if page.next_cursor else None,
        first_url="/lists" if wanted.cursor else None,
    )  # fmt: skip


def _choice_page(slug: str, form: Form, code: int = 200) -> Response:
    product = find_product_page(slug)
    if product is None:
        raise NotFound("This product is not on sale any more.")
    found = queries.list_lists(current_actor(), PageQuery(limit=100))
    return render("shop/list_choice.html", code, product=product.item, lists=found.items, form=form)


def _list_page(uid: str, form: Form, code: int = 200) -> Response:
    actor, shop = current_actor(), settings()
    found = queries.get_list(actor, Place(uid=uid))
    return render(
        "shop/list.html", code, list=found, base=f"/lists/{uid}", form=form,
        links=queries.list_links(actor, uid, shop.secrets), public_url=shop.public_url,
        total_minor=_total(found),
    )  # fmt: skip


def _total(found: KeptList) -> int:
    """About what it would cost now; 0 where that is more than can be paid."""
    lines = [line for line in found.lines if line.on_sale and line.stock != "none"]
    try:
        return sum(line_total(x.price_minor, x.price_per, x.quantity.value) for x in lines)
    except TotalTooLarge:
        return 0


def _refused(error: ShopError, at: str) -> Form:
    """The posted form again, with what is wrong at the field that it is about."""
    return Form.posted(error if isinstance(error, Invalid) else Invalid.at(f"/{at}", error.detail))


def _told(error: ShopError) -> str:
    errors: Any = error.details.get("errors") or [{"detail": error.detail}]
    return str(errors[0]["detail"])
