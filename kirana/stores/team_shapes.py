"""What goes into the verbs about a store's team, and what comes out."""

from datetime import datetime
from typing import Literal

import msgspec

from kirana.accounts.shapes import Input, Line
from kirana.platform.paging import PageQuery
from kirana.stores.shapes import StoreRole

PLACES = {"owner": "an owner", "manager": "a manager", "picker": "a picker", "courier": "a courier"}
InvitationState = Literal["open", "expired", "accepted", "revoked"]


class NewInvitation(Input, frozen=True):
    """Whom to invite, and to which place; they sign in with this address."""

    email: Line
    role: StoreRole


class PlaceChange(Input, frozen=True):
    """A member's new place in the team."""

    role: StoreRole


class InvitationToken(Input, frozen=True):
    """The token that was mailed."""

    token: Line


class InvitationsQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Filter of a store's invitations: those that were neither accepted nor taken back."""

    is_open: bool = False


class InvitationView(msgspec.Struct, frozen=True):
    """An invitation as the store's owner sees it."""

    uid: str
    email: str
    role: StoreRole
    state: InvitationState
    invited_by: str
    created_at: datetime
    expires_at: datetime


class Offer(msgspec.Struct, frozen=True):
    """An invitation as the invited person sees it; ``is_mine`` if they signed in as invited."""

    uid: str
    store: str
    store_slug: str
    role: StoreRole
    state: InvitationState
    invited_by: str
    expires_at: datetime
    is_mine: bool
