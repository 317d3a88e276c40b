"""The caller's own account: /me."""

from kirana.accounts import queries, services, web_session
from kirana.accounts.api.blueprint import api
from kirana.accounts.errors import TooManyAddresses
from kirana.accounts.permissions import Permission
from kirana.accounts.shapes import (
    AddressDetails,
    AddressView,
    Application,
    Me,
    PasswordChange,
    ProfileChange,
    RenewedApplication,
    Tokens,
)
from kirana.platform.access import Actor
from kirana.platform.errors import IllegalMove, NotFound, TooMany
from kirana.platform.http import operation, requires


@api.get("/me")
@requires(Permission.READ_OWN_PROFILE)
@operation("showMe")
def show_me(actor: Actor) -> Me:
    """Who I am, and what I may do right now."""
    return queries.get_me(actor)


@api.patch("/me")
@requires(Permission.WRITE_OWN_PROFILE)
@operation("changeMe")
def change_me(actor: Actor, body: ProfileChange) -> Me:
    """Change my name, time zone, locale or whether I want the monthly report."""
    services.change_profile(actor, body)
    return queries.get_me(actor)


@api.put("/me/password")
@requires(Permission.WRITE_OWN_PROFILE)
@operation("changePassword", raises=(TooMany,))
def change_password(actor: Actor, body: PasswordChange) -> Tokens:
    """Change my password; all other sessions end, this one goes on with the new tokens."""
    with web_session.counted_try(actor.email):
        tokens = services.change_password(actor, web_session.keys(), body)
    if actor.via == "cookie":
        web_session.start(tokens)
    return tokens


@api.get("/me/addresses")
@requires(Permission.READ_OWN_PROFILE)
@operation("listAddresses")
def list_addresses(actor: Actor) -> list[AddressView]:
    """My addresses, newest first."""
    return queries.list_addresses(actor)


@api.post("/me/addresses")
@requires(Permission.WRITE_OWN_PROFILE)
@operation("addAddress", status=201, raises=(TooManyAddresses,), idempotency="accepted")
def add_address(actor: Actor, body: AddressDetails) -> AddressView:
    """Keep another address."""
    return services.add_address(actor, body)


@api.put("/me/addresses/<uid>")
@requires(Permission.WRITE_OWN_PROFILE)
@operation("changeAddress", raises=(NotFound,))
def change_address(actor: Actor, uid: str, body: AddressDetails) -> AddressView:
    """Replace one of my addresses."""
    return services.change_address(actor, uid, body)


@api.delete("/me/addresses/<uid>")
@requires(Permission.WRITE_OWN_PROFILE)
@operation("removeAddress", raises=(NotFound,))
def remove_address(actor: Actor, uid: str) -> None:
    """Forget one of my addresses."""
    services.remove_address(actor, uid)


@api.get("/me/manager-application")
@requires(Permission.READ_OWN_APPLICATION)
@operation("showMyApplication", raises=(NotFound,))
def show_my_application(actor: Actor) -> Application:
    """My latest application as a manager, and what was decided."""
    return queries.get_own_application(actor)


@api.post("/me/manager-application")
@requires(Permission.WRITE_OWN_APPLICATION)
@operation("applyAgain", status=201, raises=(IllegalMove,), idempotency="accepted")
def apply_again(actor: Actor, body: RenewedApplication) -> Application:
    """Apply again after a refusal."""
    services.apply_again(actor, body)
    return queries.get_own_application(actor)
