"""JSON: categories, the requests for them, and whether the cache works."""

from typing import Any

from flask import Blueprint, request

from kirana.accounts.permissions import Permission
from kirana.catalog import picture_api, plan_api, product_api
from kirana.catalog.errors import (
    CategoryExists,
    CategoryGone,
    CategoryInUse,
    CategoryLoop,
    CategoryTooDeep,
    PictureRefused,
    PictureTooLarge,
)
from kirana.catalog.inputs import CategoryChanges, CategoryWish, NewCategory
from kirana.catalog.queries import get_category, list_categories
from kirana.catalog.request_queries import RequestQuery, get_request, list_requests
from kirana.catalog.services.categories import create_category, delete_category, edit_category
from kirana.catalog.services.pictures import put_category_picture
from kirana.catalog.services.requests import (
    approve_request,
    ask_for_category,
    reject_request,
    withdraw_request,
)
from kirana.catalog.shapes import CacheCheck, PictureUrl, Rejection
from kirana.catalog.uploads import PICTURE_TYPES, picture_files, uploaded_picture
from kirana.catalog.views import CategoryView, RequestView
from kirana.edge.bodies import Busy
from kirana.edge.declared import kept_at_edge
from kirana.platform import clock
from kirana.platform.access import Actor
from kirana.platform.cache import cached_answer, steady
from kirana.platform.errors import IllegalMove, NotFound, Stale
from kirana.platform.http import Answer, if_match, limited, operation, public, requires
from kirana.platform.paging import Page

api = Blueprint("catalog_api", __name__)
api.register_blueprint(product_api.products)
api.register_blueprint(picture_api.pictures)
api.register_blueprint(plan_api.plans)


@api.get("/cache-check")
@public
@operation("checkCache")
def check_cache() -> CacheCheck:
    """A moment that stays the same for ten seconds; X-Cache says where it came from."""
    moment, is_here = steady("cache-check", lambda: clock.utc_now().isoformat(), 10)
    return CacheCheck(moment, "here" if is_here else "away")


@api.get("/categories")
@public
@kept_at_edge("catalogue")
@operation("listCategories")
def list_all() -> Answer[Page[CategoryView]]:
    """All categories, each after its parent."""
    return cached_answer("categories", "", lambda: Page(list_categories()))


@api.post("/categories")
@requires(Permission.WRITE_CATEGORIES)
@operation(
    "createCategory",
    status=201,
    raises=(CategoryExists, CategoryTooDeep),
    idempotency="accepted",
)
def create(actor: Actor, body: NewCategory) -> Answer[CategoryView]:
    """Make a category."""
    return _tagged(create_category(actor, body), created=True)


@api.get("/categories/<slug>")
@public
@operation("getCategory", raises=(NotFound,))
def get_one(slug: str) -> Answer[CategoryView]:
    """One category."""
    return _tagged(get_category(slug))


@api.patch("/categories/<slug>")
@requires(Permission.WRITE_CATEGORIES)
@operation("editCategory", raises=(Stale, CategoryExists, CategoryLoop, CategoryTooDeep))
def edit(actor: Actor, slug: str, body: CategoryChanges) -> Answer[CategoryView]:
    """Rename, move or restyle a category; with If-Match only the version that was seen."""
    return _tagged(edit_category(actor, slug, body, if_match()))


@api.delete("/categories/<slug>")
@requires(Permission.WRITE_CATEGORIES)
@operation("deleteCategory", raises=(Stale, CategoryInUse))
def delete(actor: Actor, slug: str) -> None:
    """Delete a category that holds nothing."""
    delete_category(actor, slug, if_match())


@api.put("/categories/<slug>/picture")
@requires(Permission.WRITE_CATEGORIES)
@limited("hour", "upload_per_hour")
@operation(
    "putCategoryPicture", raises=(PictureTooLarge, PictureRefused, Busy), uploads=PICTURE_TYPES
)
def put_picture(actor: Actor, slug: str) -> PictureUrl:
    """Give a category its picture: JPEG, PNG or WebP, raw or as the form file "picture"."""
    raw = uploaded_picture(request)
    return PictureUrl(put_category_picture(actor, picture_files(), slug, raw))


@api.get("/category-requests")
@requires(Permission.READ_CATEGORY_REQUESTS)
@operation("listCategoryRequests")
def list_wishes(actor: Actor, query: RequestQuery) -> Page[RequestView]:
    """Requests, newest first: all for an admin, those of one's stores for a manager."""
    return list_requests(actor, query)


@api.post("/category-requests")
@requires(Permission.WRITE_CATEGORY_REQUESTS)
@operation("requestCategory", status=201, idempotency="accepted")
def ask(actor: Actor, body: CategoryWish) -> Answer[RequestView]:
    """Ask the admin to create, rename, move or delete a category."""
    uid = ask_for_category(actor, body)
    location = f"/api/v1/category-requests/{uid}"
    return Answer(get_request(actor, uid), {"Location": location})


@api.get("/category-requests/<uid>")
@requires(Permission.READ_CATEGORY_REQUESTS)
@operation("getCategoryRequest")
def get_wish(actor: Actor, uid: str) -> RequestView:
    """One request."""
    return get_request(actor, uid)


@api.post("/category-requests/<uid>/approval")
@requires(Permission.DECIDE_CATEGORY_REQUESTS)
@operation(
    "approveCategoryRequest",
    raises=(
        IllegalMove,
        CategoryGone,
        CategoryInUse,
        CategoryExists,
        CategoryLoop,
        CategoryTooDeep,
    ),
    idempotency="accepted",
)
def approve(actor: Actor, uid: str) -> RequestView:
    """Approve a request and carry it out at once."""
    approve_request(actor, uid)
    return get_request(actor, uid)


@api.post("/category-requests/<uid>/rejection")
@requires(Permission.DECIDE_CATEGORY_REQUESTS)
@operation("rejectCategoryRequest", raises=(IllegalMove,), idempotency="accepted")
def reject(actor: Actor, uid: str, body: Rejection) -> RequestView:
    """Reject a request with a reason."""
    reject_request(actor, uid, body.reason)
    return get_request(actor, uid)


@api.post("/category-requests/<uid>/withdrawal")
@requires(Permission.WRITE_CATEGORY_REQUESTS)
@operation("withdrawCategoryRequest", raises=(IllegalMove,), idempotency="accepted")
def withdraw(actor: Actor, uid: str) -> RequestView:
    """Take a request back."""
    withdraw_request(actor, uid)
    return get_request(actor, uid)


def _tagged(category: CategoryView, created: bool = False) -> Answer[Any]:
    headers = {"Location": f"/api/v1/categories/{category.slug}"} if created else {}
    return Answer(category, headers, version=category.version)
