"""Who a request comes from: a bearer token or API key, else our cookies, else a guest.

Pages keep both tokens in HttpOnly cookies. When the access token has expired (15 minutes) and the
refresh token is still good, any request that comes by cookie is refreshed on the way, and the new
pair leaves with its answer; requests that come at once get the same pair. ``__Host-`` cookies have
no path but /, so the refresh cookie comes with every request, and no page needs to know of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from flask import Flask, current_app, g, request

from kirana.accounts.email_addresses import find_normal_email
from kirana.accounts.errors import KeyRefused, RefreshRefused, SessionEnded
from kirana.accounts.key_queries import PREFIX, find_key_holder
from kirana.accounts.permissions import GUEST_PERMISSIONS, NOT_FOR_KEYS, Rights, rights_of
from kirana.accounts.queries import find_caller
from kirana.accounts.services import note_use, refresh
from kirana.accounts.services.keys import NOTED_EACH
from kirana.accounts.session_keys import SessionKeys, keys_for
from kirana.accounts.shapes import Tokens
from kirana.platform import clock, cookies
from kirana.platform.access import Actor
from kirana.platform.config import Settings
from kirana.platform.cookies import ACCESS_COOKIE, GUEST_COOKIE, REFRESH_COOKIE
from kirana.platform.csrf import has_bearer
from kirana.platform.errors import Unauthorized
from kirana.platform.http import use_actor_loader
from kirana.platform.limits import spend
from kirana.platform.tokens import hash_secret

Places = Callable[[int], Mapping[int, str]]
REFRESH_SECONDS = 30 * 24 * 3600
LONGEST_COOKIE = 200


def install(app: Flask, places_of: Places) -> None:
    """Load the caller of each request; ``places_of`` gives an account's role in each store."""
    cookies.install(app)
    use_actor_loader(app, lambda: load_actor(places_of))


def load_actor(places_of: Places) -> Actor:
    """The caller, in at most two statements while the access token is good.

    Raises Unauthorized for a bearer token that is not good; bad cookies are dropped.
    """
    if has_bearer():
        g.actor = visitor()  # for the error page, should the token be refused
        token = request.headers["Authorization"][7:].strip()
        if token.startswith(PREFIX):
            return _by_key(token, places_of)
        found = _find(token, places_of)
        if found is None:
            raise SessionEnded
        return found
    return _from_cookies(places_of) or visitor()


def visitor() -> Actor:
    """The caller as nobody in particular, whatever tokens came along."""
    secret = "" if has_bearer() else cookies.read(GUEST_COOKIE)
    return Actor(
        permissions=frozenset(GUEST_PERMISSIONS),
        guest_hash=hash_secret(secret) if 0 < len(secret) <= LONGEST_COOKIE else "",
        network=request.remote_addr or "",
        request_id=g.get("request_id", ""),
    )


def start(tokens: Tokens) -> None:
    """Let the browser go on with these tokens."""
    cookies.keep(ACCESS_COOKIE, tokens.access_token, tokens.expires_in)
    cookies.keep(REFRESH_COOKIE, tokens.refresh_token, REFRESH_SECONDS)


def forget() -> None:
    """Let the browser forget who it was."""
    cookies.drop(ACCESS_COOKIE)
    cookies.drop(REFRESH_COOKIE)


def keys() -> SessionKeys:
    return keys_for(_settings().secret)


def device() -> str:
    """What the caller says it is, one line."""
    agent = "".join(char for char in request.user_agent.string if char.isprintable())
    return agent[:200]


def limit_sign_in(email: str) -> None:
    """Count a try at a password, per network address and per account. Raises TooMany."""
    per_minute = _settings().sign_in_per_minute
    spend(f"{_settings().sign_in_per_address}/minute", "sign_in_address", visitor().network)
    account = hash_secret(find_normal_email(email) or "")
    spend(f"{per_minute}/minute", "sign_in_account", account)
    spend(f"{4 * per_minute}/hour", "sign_in_account", account)


def limit_sign_up() -> None:
    """Count a newcomer per network address. Raises TooMany."""
    spend(f"{_settings().sign_up_per_hour}/hour", "sign_up_address", visitor().network)


def shop_zone() -> str:
    return _settings().zone


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


def _from_cookies(places_of: Places) -> Actor | None:
    access, token = cookies.read(ACCESS_COOKIE), cookies.read(REFRESH_COOKIE)
    if access:
        try:
            found = _find(access, places_of)
        except Unauthorized:
            found = None
        if found is not None:
            return found
    if not token:
        return None
    try:
        tokens = refresh(visitor(), keys(), token)
    except RefreshRefused:
        forget()
        return None
    start(tokens)
    return _find(tokens.access_token, places_of)


def _find(access_token: str, places_of: Places) -> Actor | None:
    row = find_caller(keys().signer.read(access_token))
    if row is None:
        return None
    rights = rights_of(row.role, row.status, places_of(row.id))
    actor = replace(_actor(row, rights), session_id=row.session_id)
    return replace(actor, via="bearer" if has_bearer() else "cookie")


def _by_key(token: str, places_of: Places) -> Actor:
    """Who an API key acts for, with what both its owner and the key may do right now."""
    row = find_key_holder(token)
    if row is None:
        raise KeyRefused
    if row.used_at is None or row.used_at <= clock.utc_now() - NOTED_EACH:
        note_use(row.key_id)
    held = rights_of(row.role, row.status, places_of(row.id))
    rights = held.narrowed(frozenset(row.permissions) - NOT_FOR_KEYS, row.store_id)
    return replace(_actor(row, rights), key_uid=row.key_uid, via="key")


def _actor(row: Any, rights: Rights) -> Actor:
    return Actor(
        account_id=row.id,
        uid=row.uid,
        email=row.email,
        name=row.name,
        role=row.role,
        status=row.status,
        permissions=rights.permissions,
        stores=rights.stores,
        network=request.remote_addr or "",
        request_id=g.get("request_id", ""),
    )
