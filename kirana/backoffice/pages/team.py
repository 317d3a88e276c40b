"""A store's team: members and their places, invitations that wait."""

from typing import Any

from flask import Response, request, url_for

from kirana.accounts.errors import BeyondYourRights
from kirana.accounts.permissions import Permission
from kirana.backoffice.pages.blueprint import admin_page, my_store, pages, refused, store_page
from kirana.backoffice.words import PLACE_WORDS
from kirana.platform.errors import Conflict, Invalid, ShopError
from kirana.platform.http import current_actor, limited, requires
from kirana.platform.inputs import read_query
from kirana.platform.pages import Form, note, posted, see_other
from kirana.platform.paging import PageQuery
from kirana.platform.shop_settings import settings
from kirana.stores import services
from kirana.stores.queries import get_store, list_all_stores
from kirana.stores.shapes import StoreView
from kirana.stores.team_queries import grantable_places, list_invitations, list_members
from kirana.stores.team_shapes import InvitationsQuery, NewInvitation, PlaceChange

TEAM = ".team"
WAITING = 50


@pages.get("/teams")
@requires(Permission.WRITE_STORES)
def teams() -> Response:
    """Every store, with the way to its team."""
    return admin_page("office/teams.html", stores=list_all_stores(current_actor()))


@pages.get("/<store_slug>/team")
@requires(Permission.READ_STORE_MEMBERS)
def team(store_slug: str) -> Response:
    """Who works in the store, and who is invited."""
    return _team_page(_store(store_slug, Permission.READ_STORE_MEMBERS))


@pages.post("/<store_slug>/team/invitations")
@requires(Permission.WRITE_STORE_MEMBERS)
@limited("hour", "invitation_per_hour")
def invite(store_slug: str) -> Response:
    """Offer a place to an address, by mail."""
    store = _store(store_slug, Permission.WRITE_STORE_MEMBERS)
    try:
        services.invite(current_actor(), settings().secret, store.slug, posted(NewInvitation))
    except (Invalid, Conflict, BeyondYourRights) as error:
        return _team_page(store, error)
    note("The invitation is on its way. It is good for seven days.", "success")
    return see_other(TEAM, store_slug=store.slug)


@pages.post("/<store_slug>/team/invitations/<uid>/mails")
@requires(Permission.WRITE_STORE_MEMBERS)
@limited("hour", "invitation_per_hour")
def invite_again(store_slug: str, uid: str) -> Response:
    """Mail an invitation once more."""
    store = _store(store_slug, Permission.WRITE_STORE_MEMBERS)
    try:
        services.invite_again(current_actor(), store.slug, uid)
    except (Conflict, BeyondYourRights) as error:
        return _team_page(store, error, uid)
    note("Mailed again; it is good for another seven days.", "success")
    return see_other(TEAM, store_slug=store.slug)


@pages.post("/<store_slug>/team/invitations/<uid>/revocation")
@requires(Permission.WRITE_STORE_MEMBERS)
def revoke_invitation(store_slug: str, uid: str) -> Response:
    """Take an invitation back."""
    store = _store(store_slug, Permission.WRITE_STORE_MEMBERS)
    try:
        services.revoke_invitation(current_actor(), store.slug, uid)
    except (Conflict, BeyondYourRights) as error:
        return _team_page(store, error, uid)
    note("The invitation is taken back; its link is dead.", "success")
    return see_other(TEAM, store_slug=store.slug)


@pages.post("/<store_slug>/team/members/<uid>/place")
@requires(Permission.WRITE_STORE_MEMBERS)
def change_place(store_slug: str, uid: str) -> Response:
    """Give somebody another place."""
    store = _store(store_slug, Permission.WRITE_STORE_MEMBERS)
    try:
        role = posted(PlaceChange).role
        services.change_place(current_actor(), store.slug, uid, role)
    except (Invalid, Conflict, BeyondYourRights) as error:
        return _team_page(store, error, uid)
    note(f"Saved. The new place is: {PLACE_WORDS[role].lower()}.", "success")
    return _after(store, uid)


@pages.post("/<store_slug>/team/members/<uid>/removal")
@requires(Permission.WRITE_STORE_MEMBERS)
def remove_member(store_slug: str, uid: str) -> Response:
    """End somebody's work in the store."""
    store = _store(store_slug, Permission.WRITE_STORE_MEMBERS)
    try:
        services.remove_member(current_actor(), store.slug, uid)
    except (Conflict, BeyondYourRights) as error:
        return _team_page(store, error, uid)
    note("They no longer work here. Invite them to have them back.", "success")
    return _after(store, uid)


def _store(slug: str, permission: Permission) -> StoreView:
    actor = current_actor()
    if Permission.WRITE_STORES in actor.permissions:
        return get_store(actor, slug)
    return my_store(slug, permission)


def _after(store: StoreView, uid: str) -> Response:
    """Back to the team; to the door for who changed their own place."""
    if uid == current_actor().uid:
        return see_other(".office")
    return see_other(TEAM, store_slug=store.slug)


def _team_page(store: StoreView, error: ShopError | None = None, at: str = "") -> Response:
    """``at`` is the member or the invitation that ``error`` is about; else it is a new one."""
    actor = current_actor()
    wanted = PageQuery() if error else read_query(request, PageQuery)
    found = list_members(actor, store.slug, wanted)
    places = grantable_places(actor, store.slug)
    waiting = InvitationsQuery(limit=WAITING, is_open=True)
    invited = list_invitations(actor, store.slug, waiting).items if places else []
    here = url_for(TEAM, store_slug=store.slug)
    context: dict[str, Any] = {
        "members": found.items,
        "places": [{"value": role, "label": PLACE_WORDS[role]} for role in places],
        "invitations": invited,
        "form": refused(error) if error and not at else Form(),
        "row_form": refused(error) if error and at else Form(),
        "form_at": at,
        "words": PLACE_WORDS,
        "me": actor.uid,
        "team_url": here,
        "first_url": here if wanted.cursor else None,
        "next_url": f"{here}?cursor={found.next_cursor}" if found.next_cursor else None,
    }
    code = error.status if error else 200
    if Permission.WRITE_STORES in actor.permissions:
        return admin_page("office/team.html", code, store=store, **context)
    return store_page("office/team.html", store, code, **context)
