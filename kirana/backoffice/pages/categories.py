"""Categories: the admin keeps them, managers ask for changes, the admin decides."""

from typing import Any, Literal

import msgspec
from flask import Response

from kirana.accounts.permissions import Permission
from kirana.backoffice.category_choices import category_choices
from kirana.backoffice.pages.blueprint import (
    admin_page,
    my_store,
    pages,
    refused,
    store_page,
)
from kirana.backoffice.words import REQUEST_WORDS
from kirana.catalog.inputs import CategoryChanges, CategoryWish, NewCategory
from kirana.catalog.queries import departments, list_categories
from kirana.catalog.request_queries import RequestQuery, list_requests
from kirana.catalog.services.categories import create_category, delete_category, edit_category
from kirana.catalog.services.requests import (
    approve_request,
    ask_for_category,
    reject_request,
    withdraw_request,
)
from kirana.catalog.views import TaxClass, Well
from kirana.platform.errors import Conflict, Invalid, ShopError, Stale
from kirana.platform.http import current_actor, requires
from kirana.platform.inputs import to_struct
from kirana.platform.pages import Form, note, posted, see_other
from kirana.stores.shapes import StoreView

LIST = ".categories"
REQUESTS = ".requests"
WISHES = ".wishes"
WELLS = ("mint", "butter", "blush", "sky", "lilac", "sand")
TAXES = {"zero": "No tax", "reduced": "Reduced", "standard": "Standard"}
KINDS = {"create": "New category", "rename": "Rename", "move": "Move", "delete": "Delete"}


class CategoryForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A category as the admin types it; an empty parent makes a department, an empty colour is
    that of what it stands in."""

    name: str
    parent: str = ""
    position: int = 0
    well: Well | Literal[""] = ""
    tax_class: TaxClass = "standard"
    seen: int | None = None

    def values(self) -> dict[str, Any]:
        return {
            "name": self.name.strip(),
            "parent": self.parent or None,
            "position": self.position,
            "well": self.well or None,
            "tax_class": self.tax_class,
        }


class WishForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a manager asks for."""

    kind: Literal["create", "rename", "move", "delete"]
    category: str = ""
    name: str = ""
    parent: str = ""
    note: str = ""

    def wish(self, store: str) -> CategoryWish:
        texts = {"category": self.category, "name": self.name.strip(), "parent": self.parent}
        given: dict[str, Any] = {name: text or None for name, text in texts.items()}
        return to_struct(
            {**given, "kind": self.kind, "note": self.note, "store": store}, CategoryWish
        )


class SeenForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The version that the page showed."""

    seen: int | None = None


class RefusalForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str = ""


@pages.get("/categories")
@requires(Permission.WRITE_CATEGORIES)
def categories() -> Response:
    """The tree of departments and shelves."""
    return _categories_page()


@pages.post("/categories")
@requires(Permission.WRITE_CATEGORIES)
def add_category() -> Response:
    """Make a department or a shelf."""
    try:
        made = create_category(
            current_actor(), to_struct(posted(CategoryForm).values(), NewCategory)
        )
    except (Invalid, Conflict) as error:
        return _categories_page("new", error)
    note(f"{made.name} is there now.", "success")
    return see_other(LIST)


@pages.post("/categories/<slug>")
@requires(Permission.WRITE_CATEGORIES)
def change_category(slug: str) -> Response:
    """Rename, move or restyle a category."""
    try:
        form = posted(CategoryForm)
        changes = to_struct(form.values(), CategoryChanges)
        changed = edit_category(current_actor(), slug, changes, form.seen)
    except (Invalid, Conflict, Stale) as error:
        return _categories_page(slug, error)
    note(f"{changed.name} is saved.", "success")
    return see_other(LIST)


@pages.post("/categories/<slug>/deletion")
@requires(Permission.WRITE_CATEGORIES)
def remove_category(slug: str) -> Response:
    """Delete a category that holds nothing."""
    try:
        delete_category(current_actor(), slug, posted(SeenForm).seen)
    except (Conflict, Stale) as error:
        return _categories_page(slug, error)
    note("The category is deleted.", "success")
    return see_other(LIST)


@pages.get("/requests")
@requires(Permission.DECIDE_CATEGORY_REQUESTS)
def requests() -> Response:
    """What managers ask for."""
    return _requests_page()


@pages.post("/requests/<uid>/approval")
@requires(Permission.DECIDE_CATEGORY_REQUESTS)
def approve_wish(uid: str) -> Response:
    """Carry a request out."""
    try:
        approve_request(current_actor(), uid)
    except (Invalid, Conflict, Stale) as error:
        return _requests_page(uid, error)
    note("Approved and done.", "success")
    return see_other(REQUESTS)


@pages.post("/requests/<uid>/rejection")
@requires(Permission.DECIDE_CATEGORY_REQUESTS)
def reject_wish(uid: str) -> Response:
    """Refuse a request with a reason."""
    try:
        reject_request(current_actor(), uid, posted(RefusalForm).reason)
    except (Invalid, Conflict) as error:
        return _requests_page(uid, error)
    note("Refused; the manager sees your reason.", "success")
    return see_other(REQUESTS)


@pages.get("/<store_slug>/requests")
@requires(Permission.READ_CATEGORY_REQUESTS)
def wishes(store_slug: str) -> Response:
    """What this store has asked of the admin."""
    return _wishes_page(my_store(store_slug, Permission.READ_CATEGORY_REQUESTS))


@pages.post("/<store_slug>/requests")
@requires(Permission.WRITE_CATEGORY_REQUESTS)
def ask(store_slug: str) -> Response:
    """Ask the admin for a change of the categories."""
    store = my_store(store_slug, Permission.WRITE_CATEGORY_REQUESTS)
    try:
        ask_for_category(current_actor(), posted(WishForm).wish(store.slug))
    except (Invalid, Conflict) as error:
        return _wishes_page(store, error)
    note("Sent to the admin. You see the decision here.", "success")
    return see_other(WISHES, store_slug=store.slug)


@pages.post("/<store_slug>/requests/<uid>/withdrawal")
@requires(Permission.WRITE_CATEGORY_REQUESTS)
def withdraw(store_slug: str, uid: str) -> Response:
    """Take a request back."""
    store = my_store(store_slug, Permission.WRITE_CATEGORY_REQUESTS)
    try:
        withdraw_request(current_actor(), uid)
    except Conflict as error:
        return _wishes_page(store, error)
    note("Taken back.", "success")
    return see_other(WISHES, store_slug=store.slug)


def _categories_page(at: str = "", error: ShopError | None = None) -> Response:
    found = list_categories()
    return admin_page(
        "office/categories.html", error.status if error else 200, categories=found,
        totals={item.slug: item.product_count for item in departments()},
        form=Form() if error is None else refused(error), form_at=at, **_choices(),
    )  # fmt: skip


def _requests_page(uid: str = "", error: ShopError | None = None) -> Response:
    actor = current_actor()
    waiting = list_requests(actor, RequestQuery(status="requested", limit=100)).items
    found = list_requests(actor, RequestQuery(limit=100)).items
    return admin_page(
        "office/requests.html", error.status if error else 200, waiting=waiting,
        decided=[item for item in found if item.status != "requested"],
        form=Form() if error is None else refused(error), form_uid=uid, words=REQUEST_WORDS,
        kinds=KINDS, **_choices(),
    )  # fmt: skip


def _wishes_page(store: StoreView, error: ShopError | None = None) -> Response:
    found = list_requests(current_actor(), RequestQuery(limit=100)).items
    return store_page(
        "office/wishes.html", store, error.status if error else 200,
        wishes=[item for item in found if item.store == store.slug],
        form=Form() if error is None else refused(error), words=REQUEST_WORDS, kinds=KINDS,
        kind_choices=[{"value": value, "label": label} for value, label in KINDS.items()],
        **_choices(),
    )  # fmt: skip


def _choices() -> dict[str, Any]:
    choices = category_choices()
    return {
        "places": choices,
        "names": {item["value"]: item["label"].strip() for item in choices},
        "wells": [{"value": well, "label": well.capitalize()} for well in WELLS],
        "taxes": [{"value": value, "label": label} for value, label in TAXES.items()],
    }
