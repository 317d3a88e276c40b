"""Who a request comes from: a bearer token or API key, else our cookies, else a guest.

Pages keep both tokens in HttpOnly cookies. When the access token has expired (15 minutes) and the
refresh token is still good, any request that comes by cookie is refreshed on the way, and the new
pair leaves with its answer; requests that come at once get the same pair. ``__Host-`` cookies have
no path but /, so the refresh cookie comes with every request, and no page needs to know of it.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

from flask import Flask, g, request

from kirana.accounts.email_addresses import find_normal_email
from kirana.accounts.errors import (
    KeyRefused,
    RefreshRefused,
    SecondFactorRequired,
    SessionEnded,
)
from kirana.accounts.key_queries import PREFIX, find_key_holder
from kirana.accounts.obligation import obliged
from kirana.accounts.permissions import (
    GUEST_PERMISSIONS,
    NOT_FOR_KEYS,
    Rights,
    read_places,
    rights_of,
)
from kirana.accounts.queries import Places, find_caller
from kirana.accounts.services import note_use, refresh
from kirana.accounts.services.joining import check_newcomer
from kirana.accounts.services.keys import NOTED_EACH
from kirana.accounts.services.signing_in import note_refused_tries
from kirana.accounts.session_keys import SessionKeys, keys_for
from kirana.accounts.session_queries import knows_network
from kirana.accounts.shapes import ManagerApplication, SignUp, Tokens
from kirana.platform import allowances, clock, cookies, limits
from kirana.platform.access import Actor
from kirana.platform.cookies import ACCESS_COOKIE, GUEST_COOKIE, REFRESH_COOKIE
from kirana.platform.csrf import has_bearer
from kirana.platform.errors import TooMany, Unauthorized
from kirana.platform.http import use_actor_loader
from kirana.platform.limits import Deed
from kirana.platform.networks import caller_of
from kirana.platform.problems import request_id
from kirana.platform.shop_settings import settings
from kirana.platform.tokens import hash_secret

REFRESH_SECONDS = 30 * 24 * 3600
LONGEST_COOKIE = 200
NOTED_PER_HOUR = 60


def install(app: Flask, places: Places) -> None:
    """Load the caller of each request; ``places`` is the column that tells where they work."""
    cookies.install(app)

    def load() -> Actor:
        found = load_actor(places)
        return obliged(found) if settings().admin_second_factor else found

    use_actor_loader(app, load)


def load_actor(places: Places) -> Actor:
    """The caller, in one statement while the access token is good.

    Raises Unauthorized for a bearer token that is not good; bad cookies are dropped.
    """
    if has_bearer():
        g.actor = visitor()  # for the error page, should the token be refused
        token = request.headers["Authorization"][7:].strip()
        if token.startswith(PREFIX):
            return _by_key(token, places)
        found = _find(token, places)
        if found is None:
            raise SessionEnded
        return found
    return _from_cookies(places) or visitor()


def visitor() -> Actor:
    """The caller as nobody in particular, whatever tokens came along."""
    secret = "" if has_bearer() else cookies.read(GUEST_COOKIE)
    return Actor(
        permissions=frozenset(GUEST_PERMISSIONS),
        guest_hash=hash_secret(secret) if 0 < len(secret) <= LONGEST_COOKIE else "",
        network=request.remote_addr or "",
        request_id=request_id(),
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
    return keys_for(*settings().secrets)


def device() -> str:
    """What the caller says it is, one line."""
    agent = "".join(char for char in request.user_agent.string if char.isprintable())
    return agent[:200]


@contextlib.contextmanager
def counted_try(email: str) -> Iterator[None]:
    """Count a try at a password before it is looked at; a right one ends the row of wrong ones.

    Raises TooMany.
    """
    limit_sign_in(email)
    try:
        yield
    except SecondFactorRequired:
        forgive_tries(email)
        raise
    forgive_tries(email)


def counted_for(email: str) -> contextlib.AbstractContextManager[None]:
    """``counted_try`` where it is known whose password it is; nothing else is looked at then."""
    return counted_try(email) if email else contextlib.nullcontext()


def limit_sign_in(email: str) -> None:
    """Count a try at a password before it is looked at. Raises TooMany.

    Three counts, and why: docs/decisions, "Whose tries at a password count".
    """
    whose = caller()
    per_address = f"{settings().sign_in_per_address}/minute"
    allowances.count(Deed(per_address, "sign_in_per_address", whose))
    try:
        _limit_tries(email, whose)
    except TooMany:
        _note_refusal(email)
        raise


def _limit_tries(email: str, whose: str) -> None:
    pair = _pair(email)
    limits.wait_for("sign_in", pair)
    try:
        _spend_tries(_account_key(email))
    except TooMany:
        # Strangers must not use up the tries of who comes from where they always come from.
        if not knows_network(find_normal_email(email) or "", whose):
            raise
        _spend_tries(pair)
    limits.count_failure("sign_in", pair, settings().sign_in_per_minute)


def _note_refusal(email: str) -> None:
    """One audit row an hour for each address that is tried too often, known or not: the same
    work for both, and never more than ``NOTED_PER_HOUR`` in all, so that nobody fills the disk."""
    with contextlib.suppress(TooMany):
        limits.spend("1/hour", "sign_in_noted", _account_key(email))
        limits.spend(f"{NOTED_PER_HOUR}/hour", "sign_in_noted", "all")
        note_refused_tries(visitor(), find_normal_email(email) or "")


def forgive_tries(email: str) -> None:
    """The password was right: the next try need not wait for those that were not."""
    limits.forgive("sign_in", _pair(email))


def limit_sign_up(person: SignUp | ManagerApplication) -> None:
    """Count a newcomer per network address, before the hash; a form that is plainly wrong is
    refused without. Raises Invalid, TooMany."""
    wished = person.wished_store if isinstance(person, ManagerApplication) else None
    check_newcomer(person.email, person.name, person.password, wished)
    per_hour = f"{settings().sign_up_per_hour}/hour"
    allowances.count(Deed(per_hour, "sign_up_per_hour", caller()))


def limit_forgot(email: str) -> bool:
    """Count a request to mail somebody who forgot the password, known or not.

    Raises TooMany for the caller's network address. False when this account had its share of
    mails: answer as always, and send nothing, so that nobody learns what others asked for.
    """
    return _may_mail("forgot", settings().forgot_per_hour, email)


def limit_verification(email: str) -> bool:
    """Count a request to send the verification mail again; as ``limit_forgot``."""
    return _may_mail("verification", settings().verification_per_hour, email)


def shop_zone() -> str:
    return settings().zone


def _may_mail(purpose: str, per_account: int, email: str) -> bool:
    per_address = f"{settings().forgot_per_address}/hour"
    allowances.count(Deed(per_address, f"{purpose}_per_address", caller()))
    try:
        limits.spend(f"{per_account}/hour", f"{purpose}_account", _account_key(email))
    except TooMany:
        return False
    return True


def _spend_tries(owner: str) -> None:
    """What others did is nobody's business: these figures are not told."""
    limits.spend(f"{settings().sign_in_per_minute}/minute", "sign_in", owner)
    limits.spend(f"{settings().sign_in_per_hour}/hour", "sign_in", owner)


def caller() -> str:
    """Whose tries count together: an IPv4 address, an IPv6 network."""
    return caller_of(request.remote_addr or "")


def _pair(email: str) -> str:
    return f"{_account_key(email)}/{caller()}"


def _account_key(email: str) -> str:
    """Tries at an address count alike whether somebody has an account by it or not."""
    return hash_secret(find_normal_email(email) or "")


def _from_cookies(places: Places) -> Actor | None:
    access, token = cookies.read(ACCESS_COOKIE), cookies.read(REFRESH_COOKIE)
    if access:
        try:
            found = _find(access, places)
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
        g.is_signed_out = True  # for the page that says why
        return None
    start(tokens)
    return _find(tokens.access_token, places)


def _find(access_token: str, places: Places) -> Actor | None:
    row = find_caller(keys().signer.read(access_token), places)
    if row is None:
        return None
    rights = rights_of(row.role, row.status, read_places(row.places))
    via = "bearer" if has_bearer() else "cookie"
    return _actor(row, rights, session_id=row.session_id, via=via)


def _by_key(token: str, places: Places) -> Actor:
    """Who an API key acts for, with what both its owner and the key may do right now."""
    row = find_key_holder(token, places)
    if row is None:
        raise KeyRefused
    if row.used_at is None or row.used_at <= clock.utc_now() - NOTED_EACH:
        note_use(row.key_id)
    held = rights_of(row.role, row.status, read_places(row.places))
    rights = held.narrowed(frozenset(row.permissions) - NOT_FOR_KEYS, row.store_id)
    return _actor(row, rights, key_uid=row.key_uid, via="key")


def _actor(row: Any, rights: Rights, **how: Any) -> Actor:
    return Actor(
        account_id=row.id, uid=row.uid, email=row.email, name=row.name, role=row.role,
        status=row.status, permissions=rights.permissions, stores=rights.stores,
        network=request.remote_addr or "", request_id=request_id(), **how,
    )  # fmt: skip
