"""Signing up, in, on and out: /auth."""

from kirana.accounts import services, web_session
from kirana.accounts.api.blueprint import api
from kirana.accounts.errors import (
    AccountClosed,
    AccountSuspended,
    AddressUnconfirmed,
    RefreshRefused,
    SecondFactorRequired,
    SignInFailed,
)
from kirana.accounts.house_rules import house_rules
from kirana.accounts.permissions import Permission
from kirana.accounts.shapes import (
    Accepted,
    Credentials,
    ManagerApplication,
    RefreshToken,
    SignUp,
    Tokens,
)
from kirana.platform.access import Actor
from kirana.platform.errors import TooMany
from kirana.platform.http import operation, public, requires

WELCOME = Accepted("Thank you. You can sign in now, unless you had an account: see your mail.")
WAITING = Accepted("Thank you. Sign in to see what became of your application.")
SEE_MAIL = Accepted("Thank you. We have sent you a mail; it says how to go on.")
REFUSALS = (SignInFailed, AccountSuspended, AccountClosed, AddressUnconfirmed, TooMany)


@api.post("/auth/sign-up")
@public
@operation("signUp", status=202, raises=(TooMany,))
def sign_up(body: SignUp) -> Accepted:
    """Become a customer; sign in next. The answer is the same for a known address."""
    web_session.limit_sign_up(body)
    services.sign_up(web_session.visitor(), body, web_session.shop_zone())
    return SEE_MAIL if house_rules().confirms_addresses else WELCOME


@api.post("/auth/manager-applications")
@public
@operation("applyAsManager", status=202, raises=(TooMany,))
def apply_as_manager(body: ManagerApplication) -> Accepted:
    """Apply to run a store; an admin decides. The answer is the same for a known address."""
    web_session.limit_sign_up(body)
    services.apply_as_manager(web_session.visitor(), body, web_session.shop_zone())
    return SEE_MAIL if house_rules().confirms_addresses else WAITING


@api.post("/auth/sign-in")
@public
@operation("signIn", status=201, raises=(SecondFactorRequired, *REFUSALS))
def sign_in(body: Credentials) -> Tokens:
    """Open a session: an access token for 15 minutes and a refresh token."""
    visitor, device = web_session.visitor(), web_session.device()
    with web_session.counted_try(body.email):
        return services.sign_in(visitor, web_session.keys(), body, device)


@api.post("/auth/refresh")
@public
@operation("refresh", status=201, raises=(RefreshRefused,))
def refresh(body: RefreshToken) -> Tokens:
    """Exchange a refresh token for a new pair; the old one is used up."""
    return services.refresh(web_session.visitor(), web_session.keys(), body.refresh_token)


@api.post("/auth/sign-out")
@requires(Permission.READ_OWN_PROFILE)
@operation("signOut")
def sign_out(actor: Actor) -> None:
    """End this session; its tokens are dead at once."""
    services.sign_out(actor)
    if actor.via == "cookie":
        web_session.forget()
