"""Pages about one's own work: an invitation to a team, and one's API keys."""

from typing import Any

import msgspec
from flask import Blueprint, Response, request

from kirana.accounts import services as people
from kirana.accounts.errors import BeyondYourRights, TooManyKeys
from kirana.accounts.factor_queries import is_fresh
from kirana.accounts.key_shapes import NewKey
from kirana.accounts.permission_words import PERMISSION_WORDS
from kirana.accounts.permissions import STORE_TABLE, Permission, permissions_of
from kirana.accounts.second_step import require_presence
from kirana.platform.errors import Conflict, Invalid, NotFound, ShopError
from kirana.platform.http import current_actor, public, requires
from kirana.platform.inputs import read_query, to_struct
from kirana.platform.pages import Form, go_to, note, posted, render, see_other
from kirana.platform.paging import PageQuery
from kirana.stores import services
from kirana.stores.errors import NotInvited
from kirana.stores.key_queries import list_keys, store_for_key
from kirana.stores.queries import list_workplaces
from kirana.stores.team_queries import get_offer
from kirana.stores.team_shapes import PLACES

pages = Blueprint("pages", __name__)
LASTING = {"": "Until it is revoked", "30": "30 days", "90": "90 days", "365": "A year"}


class KeyForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person types to make a key."""

    name: str
    permissions: list[str] = []
    store_slug: str = ""
    days: str = ""
    current_password: str = ""

    def key(self) -> NewKey:
        """Raises Invalid."""
        if not self.permissions:
            raise Invalid.at("/permissions", "choose at least one", "required")
        days = int(self.days) if self.days in LASTING and self.days else None
        chosen = {"name": self.name, "permissions": self.permissions}
        chosen |= {"current_password": self.current_password}
        limits = {"store_slug": self.store_slug or None, "expires_in_days": days}
        return to_struct({**chosen, **limits}, NewKey)


@pages.get("/invitations/<token>")
@public
def invitation(token: str) -> Response:
    """What is offered, and by whom; the way in for whoever is not signed in."""
    return _invitation(token)


@pages.post("/invitations/<token>")
@requires(Permission.WRITE_OWN_PROFILE)
def accept(token: str) -> Response:
    """Take the offered place."""
    try:
        slug = services.accept_invitation(current_actor(), token)
    except (Conflict, NotInvited) as error:
        return _invitation(token, error)
    note("Welcome to the team.", "success")
    return go_to(f"/office/{slug}/orders")


@pages.post("/account/invitations/<uid>/acceptance")
@requires(Permission.WRITE_OWN_PROFILE)
def accept_offer(uid: str) -> Response:
    """Take a place that was offered to the caller's confirmed address."""
    try:
        slug = services.accept_offer(current_actor(), uid)
    except Conflict as error:
        note(error.detail, "error")
        return go_to("/account")
    note("Welcome to the team.", "success")
    return go_to(f"/office/{slug}/orders")


@pages.post("/account/invitations/<uid>/refusal")
@requires(Permission.WRITE_OWN_PROFILE)
def decline_offer(uid: str) -> Response:
    """Say no."""
    services.decline_offer(current_actor(), uid)
    note("Declined. The store can invite you again.", "success")
    return go_to("/account")


@pages.get("/account/keys")
@requires(Permission.READ_OWN_PROFILE)
def keys() -> Response:
    """The caller's API keys."""
    return _keys(Form())


@pages.post("/account/keys")
@requires(Permission.WRITE_OWN_PROFILE)
def make_key() -> Response:
    """Make a key and show its token this once."""
    actor = current_actor()
    try:
        new = posted(KeyForm).key()
        require_presence(actor, new.current_password)
        _uid, token = people.make_key(actor, new, store_for_key(actor, new.store_slug))
    except (Invalid, BeyondYourRights, TooManyKeys) as error:
        shown = error if isinstance(error, Invalid) else Invalid(error.detail)
        return _keys(Form.posted(shown), error.status)
    return _keys(Form(), token=token, token_name=new.name)


@pages.post("/account/keys/<uid>/revocation")
@requires(Permission.WRITE_OWN_PROFILE)
def revoke_key(uid: str) -> Response:
    """End a key at once."""
    people.revoke_key(current_actor(), uid)
    note("The key is dead.", "success")
    return see_other(".keys")


def _invitation(token: str, error: ShopError | None = None) -> Response:
    try:
        offer = get_offer(current_actor(), token)
    except NotFound:
        return render("shop/invitation.html", 404, offer=None, problem="", token="")
    code = error.status if error else 200
    return render(
        "shop/invitation.html", code, offer=offer, place=PLACES[offer.role], token=token,
        problem=error.detail if error else "",
    )  # fmt: skip


def _groups(held: frozenset[str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """What may be given, by whose things it is about, in words."""
    own, stores = permissions_of("customer", "active"), STORE_TABLE["owner"]
    found: dict[str, list[tuple[str, str]]] = {"Yourself": [], "Your stores": [], "The shop": []}
    for right in (p for p in Permission if p in held):
        group = "Yourself" if right in own else "Your stores" if right in stores else "The shop"
        found[group].append((right, PERMISSION_WORDS.get(right, right)))
    return [(name, rights) for name, rights in found.items() if rights]


def _keys(form: Form, code: int = 200, **made: str) -> Response:
    actor = current_actor()
    wanted = PageQuery() if request.method == "POST" else read_query(request, PageQuery)
    found = list_keys(actor, wanted)
    held = people.grantable(actor, None)
    context: dict[str, Any] = {
        "keys": found.items,
        "asks_password": not is_fresh(actor),
        "groups": _groups(held),
        "stores": [{"value": p.store.slug, "label": p.store.name} for p in list_workplaces(actor)],
        "lasting": [{"value": days, "label": text} for days, text in LASTING.items()],
        "chosen": form.chosen.get("permissions", []),
        "words": PERMISSION_WORDS,
        "first_url": "/account/keys" if wanted.cursor else None,
        "next_url": f"/account/keys?cursor={found.next_cursor}" if found.next_cursor else None,
    }
    return render("accounts/keys.html", code, form=form, **made, **context)
