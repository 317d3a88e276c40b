"""The caller's API keys over JSON; here, for a key may be for one store only."""

from flask import Blueprint

from kirana.accounts import services
from kirana.accounts.errors import BeyondYourRights, TooManyKeys
from kirana.accounts.key_shapes import KeyView, MadeKey, NewKey
from kirana.accounts.permissions import Permission
from kirana.accounts.second_step import require_presence
from kirana.platform.access import Actor
from kirana.platform.errors import NotFound, TooMany
from kirana.platform.http import Answer, operation, requires
from kirana.platform.paging import Page, PageQuery
from kirana.stores.key_queries import get_key, list_keys, store_for_key

keys = Blueprint("keys", __name__)


@keys.get("/me/api-keys")
@requires(Permission.READ_OWN_PROFILE)
@operation("listApiKeys")
def list_own(actor: Actor, query: PageQuery) -> Page[KeyView]:
    """My API keys that are not revoked, newest first."""
    return list_keys(actor, query)


@keys.post("/me/api-keys")
@requires(Permission.WRITE_OWN_PROFILE)
@operation("makeApiKey", status=201, raises=(BeyondYourRights, TooManyKeys, TooMany))
def make(actor: Actor, body: NewKey) -> Answer[MadeKey]:
    """Make an API key with some of my permissions; its token is told this once.

    No Idempotency-Key: a kept answer would keep the token.
    """
    require_presence(actor, body.current_password)
    uid, token = services.make_key(actor, body, store_for_key(actor, body.store_slug))
    return Answer(MadeKey(token, get_key(actor, uid)), {"Location": f"/api/v1/me/api-keys/{uid}"})


@keys.get("/me/api-keys/<uid>")
@requires(Permission.READ_OWN_PROFILE)
@operation("showApiKey", raises=(NotFound,))
def show(actor: Actor, uid: str) -> KeyView:
    """One of my API keys."""
    return get_key(actor, uid)


@keys.delete("/me/api-keys/<uid>")
@requires(Permission.WRITE_OWN_PROFILE)
@operation("revokeApiKey", raises=(NotFound,))
def revoke(actor: Actor, uid: str) -> None:
    """End one of my API keys at once."""
    services.revoke_key(actor, uid)
