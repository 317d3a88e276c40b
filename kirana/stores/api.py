"""Stores over JSON, and the admin's decisions on managers' applications."""

from flask import Blueprint

from kirana.accounts import queries as people
from kirana.accounts import web_session
from kirana.accounts.errors import BeyondYourRights
from kirana.accounts.permissions import Permission
from kirana.accounts.shapes import Application
from kirana.platform.access import Actor
from kirana.platform.errors import IllegalMove, NotFound
from kirana.platform.http import Answer, operation, public, requires
from kirana.platform.paging import Page
from kirana.stores import queries, services
from kirana.stores.errors import NotTheOwner, StoreClosed
from kirana.stores.key_api import keys
from kirana.stores.shapes import (
    NewStore,
    Placed,
    Placement,
    Rejection,
    StoreChange,
    StoresQuery,
    StoreView,
)
from kirana.stores.team_api import team

api = Blueprint("api", __name__)
api.register_blueprint(team)
api.register_blueprint(keys)


@api.post("/manager-applications/<uid>/approval")
@requires(Permission.WRITE_APPROVALS)
@operation(
    "approveManager",
    raises=(NotFound, BeyondYourRights, IllegalMove, StoreClosed),
    idempotency="accepted",
)
def approve_manager(actor: Actor, uid: str, body: Placement) -> Placed:
    """Let an applicant in: as manager of an existing store or as owner of a new one."""
    slug = services.approve_manager(actor, uid, body, web_session.shop_zone())
    return Placed(people.get_application(actor, uid), queries.get_store(actor, slug))


@api.post("/manager-applications/<uid>/rejection")
@requires(Permission.WRITE_APPROVALS)
@operation("rejectManager", raises=(NotFound, IllegalMove), idempotency="accepted")
def reject_manager(actor: Actor, uid: str, body: Rejection) -> Application:
    """Refuse an application with a reason, which is mailed."""
    services.reject_manager(actor, uid, body.reason)
    return people.get_application(actor, uid)


@api.get("/stores")
@public
@operation("listStores")
def list_stores(query: StoresQuery) -> Page[StoreView]:
    """Stores that are open or on holiday, by slug."""
    return queries.list_stores(query)


@api.post("/stores")
@requires(Permission.WRITE_STORES)
@operation("createStore", status=201, idempotency="accepted")
def create_store(actor: Actor, body: NewStore) -> Answer[StoreView]:
    """Make a store; it is a draft until it is opened."""
    slug = services.create_store(actor, body, web_session.shop_zone())
    headers = {"Location": f"/api/v1/stores/{slug}"}
    return Answer(queries.get_store(actor, slug), headers)


@api.get("/stores/<slug>")
@public
@operation("showStore", raises=(NotFound,))
def show_store(actor: Actor, slug: str) -> StoreView:
    """One store."""
    return queries.get_store(actor, slug)


@api.patch("/stores/<slug>")
@requires(Permission.WRITE_STORE_SETTINGS)
@operation("changeStore", raises=(NotFound, NotTheOwner))
def change_store(actor: Actor, slug: str, body: StoreChange) -> StoreView:
    """Change a store's name, address, telephone or opening hours."""
    services.change_store(actor, slug, body)
    return queries.get_store(actor, slug)


@api.post("/stores/<slug>/opening")
@requires(Permission.WRITE_STORE_SETTINGS)
@operation("openStore", raises=(NotFound, NotTheOwner, IllegalMove), idempotency="accepted")
def open_store(actor: Actor, slug: str) -> StoreView:
    """Open a draft, or end a holiday."""
    return _move(actor, slug, "open")


@api.post("/stores/<slug>/holiday")
@requires(Permission.WRITE_STORE_SETTINGS)
@operation("beginHoliday", raises=(NotFound, NotTheOwner, IllegalMove), idempotency="accepted")
def begin_holiday(actor: Actor, slug: str) -> StoreView:
    """Send a store on holiday: it can be seen and sells nothing."""
    return _move(actor, slug, "holiday")


@api.post("/stores/<slug>/closure")
@requires(Permission.WRITE_STORES)
@operation("closeStore", raises=(NotFound, IllegalMove), idempotency="accepted")
def close_store(actor: Actor, slug: str) -> StoreView:
    """Close a store for good."""
    return _move(actor, slug, "closed")


def _move(actor: Actor, slug: str, to: str) -> StoreView:
    services.move_store(actor, slug, to)
    return queries.get_store(actor, slug)
