"""What the edges of the second factor share: keys, limits, and the cookie between two steps."""

from contextlib import AbstractContextManager

from kirana.accounts import services, web_session
from kirana.accounts.errors import ProofExpired
from kirana.accounts.factor_queries import find_proof
from kirana.accounts.passkeys import ANSWER_SECONDS, RelyingParty
from kirana.accounts.queries import get_person
from kirana.accounts.services.records import check_reach
from kirana.accounts.shapes import RoleChange
from kirana.platform import allowances, cookies
from kirana.platform.access import Actor
from kirana.platform.cookies import PROOF_COOKIE
from kirana.platform.limits import Deed, deed_of
from kirana.platform.sealing import Sealer, sealer_for
from kirana.platform.shop_settings import settings


def sealer() -> Sealer:
    return sealer_for(*settings().secrets)


def relying_party() -> RelyingParty:
    return RelyingParty.at(settings().public_url, settings().shop_name)


def limit_code(proof: str) -> None:
    """Count a try at a code, per network address and per account, whatever came of the password.

    Raises TooMany, ProofExpired.
    """
    limit_passkeys()
    found = find_proof(proof)
    if found is None:
        raise ProofExpired
    names = {rule: f"second_factor_per_{rule}" for rule in ("minute", "hour")}
    allowances.count(
        *(deed_of(settings(), rule, name, found.uid) for rule, name in names.items())
    )  # fmt: skip


def limit_passkeys() -> None:
    """Count a step towards signing in, per network address. Raises TooMany."""
    per_minute = f"{settings().sign_in_per_address}/minute"
    allowances.count(Deed(per_minute, "second_step_per_address", web_session.caller()))


def counted_presence(actor: Actor, password: str) -> AbstractContextManager[None]:
    """Count a try at the caller's own password, if there is one. Raises TooMany."""
    return web_session.counted_for(actor.email if password else "")


def require_presence(actor: Actor, password: str) -> None:
    """Be sure that the owner is there: a young session, or the password.

    Raises Invalid, TooMany.
    """
    with counted_presence(actor, password):
        services.prove_presence(actor, password)


def change_role(actor: Actor, uid: str, given: RoleChange) -> None:
    """Give a person another role; be sure of who does it where an admin is made or unmade.

    Raises as ``services.give_role`` and ``require_presence``.
    """
    if is_about_admin(actor, uid, given.role):
        check_reach(actor, "admin")
        require_presence(actor, given.current_password)
    services.give_role(actor, uid, given.role)


def is_about_admin(actor: Actor, uid: str, role: str) -> bool:
    return "admin" in (role, get_person(actor, uid).person.role)


def keep_proof(proof: str) -> None:
    cookies.keep(PROOF_COOKIE, proof, ANSWER_SECONDS)


def kept_proof() -> str:
    return cookies.read(PROOF_COOKIE)


def forget_proof() -> None:
    cookies.drop(PROOF_COOKIE)
