"""Admins who must have a second factor: without one they may do nothing but set it up.

Asked in each request, of whoever was found to be calling, by whatever token: a factor that is
removed closes the doors at once, and one that is set up opens them.
"""

from dataclasses import replace

from kirana.accounts.factor_queries import has_second_factor
from kirana.accounts.permissions import GUEST_PERMISSIONS, Permission
from kirana.platform.access import Actor

LEFT = GUEST_PERMISSIONS | {Permission.READ_OWN_PROFILE, Permission.WRITE_OWN_PROFILE}


def obliged(actor: Actor) -> Actor:
    """An admin as this shop sees them; anybody else as they are."""
    if actor.account_id is None or actor.role != "admin":
        return actor
    if has_second_factor(actor.account_id):
        return replace(actor, is_obliged=True)
    left = actor.permissions & LEFT
    return replace(
        actor, permissions=left, store_ids=frozenset(), is_obliged=True, lacks_factor=True
    )
