"""The verbs about people, one file for each family."""

from kirana.accounts.services.addresses import add_address, change_address, remove_address
from kirana.accounts.services.applications import (
    apply_again,
    apply_as_manager,
    approve_application,
    reject_application,
)
from kirana.accounts.services.joining import sign_up
from kirana.accounts.services.keys import grantable, make_key, note_use, revoke_key
from kirana.accounts.services.people import (
    PersonToCreate,
    change_role,
    create_account,
    give_role,
    reinstate,
    suspend,
)
from kirana.accounts.services.profile import change_password, change_profile
from kirana.accounts.services.sessions import (
    end_other_sessions,
    end_session,
    refresh,
    sign_out,
)
from kirana.accounts.services.signing_in import sign_in

__all__ = [
    "PersonToCreate",
    "add_address",
    "apply_again",
    "apply_as_manager",
    "approve_application",
    "change_address",
    "change_password",
    "change_profile",
    "change_role",
    "create_account",
    "end_other_sessions",
    "end_session",
    "give_role",
    "grantable",
    "make_key",
    "note_use",
    "refresh",
    "reinstate",
    "reject_application",
    "remove_address",
    "revoke_key",
    "sign_in",
    "sign_out",
    "sign_up",
    "suspend",
]
