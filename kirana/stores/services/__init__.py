"""The verbs about stores, one file for each family."""

from kirana.stores.services.approving import approve_manager, reject_manager
from kirana.stores.services.invitations import (
    accept_invitation,
    accept_offer,
    decline_offer,
    invite,
    invite_again,
    revoke_invitation,
)
from kirana.stores.services.keeping import change_store, create_store, move_store
from kirana.stores.services.team import (
    change_place,
    leave_all_stores,
    leave_store,
    remove_member,
)

__all__ = [
    "accept_invitation", "accept_offer", "approve_manager", "change_place", "change_store",
    "create_store", "decline_offer", "invite", "invite_again", "leave_all_stores", "leave_store",
    "move_store", "reject_manager", "remove_member", "revoke_invitation",
]  # fmt: skip
