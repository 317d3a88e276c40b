"""What asks for the caller's own password before a deed."""

from kirana.accounts import passwords
from kirana.accounts.queries import find_own_credentials
from kirana.platform.access import Actor
from kirana.platform.errors import Invalid


def require_own_password(actor: Actor, password: str, at: str = "/current_password") -> str:
    """The stored hash that ``password`` fits. Raises Invalid ``at`` the field it came from.

    Not to be called inside a transaction: the hash takes tens of milliseconds.
    """
    stored: str = find_own_credentials(actor).password_hash
    if not password or not passwords.matches(stored, password):
        raise wrong_password(at)
    return stored


def wrong_password(at: str = "/current_password") -> Invalid:
    return Invalid.at(at, "That is not your password.")
