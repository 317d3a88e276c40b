"""A store's team over JSON: members, invitations, and accepting one."""

from flask import Blueprint, current_app

from kirana.accounts.errors import BeyondYourRights
from kirana.accounts.permissions import Permission
from kirana.platform.access import Actor
from kirana.platform.errors import NotFound, TooMany
from kirana.platform.http import Answer, limited, operation, requires
from kirana.platform.paging import Page, PageQuery
from kirana.stores import services
from kirana.stores.errors import (
    AlreadyInvited,
    AlreadyMember,
    InvitationOver,
    LastOwner,
    NotInvited,
    StoreClosed,
)
from kirana.stores.queries import get_workplace
from kirana.stores.shapes import Member, StoreView
from kirana.stores.team_queries import (
    get_invitation,
    get_member,
    list_invitations,
    list_members,
)
from kirana.stores.team_shapes import (
    InvitationsQuery,
    InvitationToken,
    InvitationView,
    NewInvitation,
    PlaceChange,
)

team = Blueprint("team", __name__)


@team.get("/stores/<slug>/members")
@requires(Permission.READ_STORE_MEMBERS)
@operation("listMembers", raises=(NotFound,))
def list_team(actor: Actor, slug: str, query: PageQuery) -> Page[Member]:
    """Who works in a store."""
    return list_members(actor, slug, query)


@team.patch("/stores/<slug>/members/<uid>")
@requires(Permission.WRITE_STORE_MEMBERS)
@operation("changeMember", raises=(NotFound, BeyondYourRights, LastOwner))
def change(actor: Actor, slug: str, uid: str, body: PlaceChange) -> Member:
    """Give a member another role in the store, from their next request on."""
    services.change_place(actor, slug, uid, body.role)
    return get_member(actor, slug, uid)


@team.delete("/stores/<slug>/members/<uid>")
@requires(Permission.WRITE_STORE_MEMBERS)
@operation("removeMember", raises=(NotFound, BeyondYourRights, LastOwner))
def remove(actor: Actor, slug: str, uid: str) -> None:
    """End somebody's work in the store, from their next request on."""
    services.remove_member(actor, slug, uid)


@team.delete("/me/stores/<slug>")
@requires(Permission.WRITE_OWN_PROFILE)
@operation("leaveStore", raises=(NotFound, LastOwner))
def leave(actor: Actor, slug: str) -> None:
    """End my work in a store."""
    services.leave_store(actor, slug)


@team.get("/stores/<slug>/invitations")
@requires(Permission.WRITE_STORE_MEMBERS)
@operation("listInvitations", raises=(NotFound,))
def list_invited(actor: Actor, slug: str, query: InvitationsQuery) -> Page[InvitationView]:
    """A store's invitations, newest first."""
    return list_invitations(actor, slug, query)


@team.post("/stores/<slug>/invitations")
@requires(Permission.WRITE_STORE_MEMBERS)
@limited("hour", "invitation_per_hour")
@operation(
    "invite",
    status=201,
    raises=(NotFound, BeyondYourRights, AlreadyMember, AlreadyInvited, TooMany),
    idempotency="accepted",
)
def invite(actor: Actor, slug: str, body: NewInvitation) -> Answer[InvitationView]:
    """Offer a place in the store's team to an e-mail address; the link is mailed, for 7 days."""
    uid = services.invite(actor, current_app.config["SETTINGS"].secret, slug, body)
    location = f"/api/v1/stores/{slug}/invitations/{uid}"
    return Answer(get_invitation(actor, slug, uid), {"Location": location})


@team.get("/stores/<slug>/invitations/<uid>")
@requires(Permission.WRITE_STORE_MEMBERS)
@operation("showInvitation", raises=(NotFound,))
def show(actor: Actor, slug: str, uid: str) -> InvitationView:
    """One invitation."""
    return get_invitation(actor, slug, uid)


@team.post("/stores/<slug>/invitations/<uid>/mails")
@requires(Permission.WRITE_STORE_MEMBERS)
@limited("hour", "invitation_per_hour")
@operation(
    "inviteAgain",
    raises=(NotFound, BeyondYourRights, InvitationOver, TooMany),
    idempotency="accepted",
)
def invite_again(actor: Actor, slug: str, uid: str) -> InvitationView:
    """Mail an open invitation once more, for another seven days."""
    services.invite_again(actor, slug, uid)
    return get_invitation(actor, slug, uid)


@team.delete("/stores/<slug>/invitations/<uid>")
@requires(Permission.WRITE_STORE_MEMBERS)
@operation("revokeInvitation", raises=(NotFound, BeyondYourRights, InvitationOver))
def revoke(actor: Actor, slug: str, uid: str) -> None:
    """Take an invitation back; its link is dead at once."""
    services.revoke_invitation(actor, slug, uid)


@team.post("/invitations/acceptance")
@requires(Permission.WRITE_OWN_PROFILE)
@operation(
    "acceptInvitation",
    raises=(NotFound, NotInvited, InvitationOver, AlreadyMember, StoreClosed),
    idempotency="accepted",
)
def accept(actor: Actor, body: InvitationToken) -> StoreView:
    """Take the offered place, once, signed in with the invited address."""
    return get_workplace(actor, services.accept_invitation(actor, body.token))
