"""The verbs about people, one file for each family."""

from kirana.accounts.services.addresses import add_address, change_address, remove_address
from kirana.accounts.services.applications import (
    apply_again,
    apply_as_manager,
    approve_application,
    reject_application,
)
from kirana.accounts.services.factors import (
    confirm_totp,
    make_recovery_codes,
    prove_presence,
    remove_totp,
    reset_factors,
    secret_of_set_up,
    start_totp,
)
from kirana.accounts.services.joining import sign_up
from kirana.accounts.services.keys import grantable, make_key, note_use, revoke_key
from kirana.accounts.services.passkeys import (
    add_passkey,
    begin_passkey,
    remove_passkey,
    rename_passkey,
)
from kirana.accounts.services.people import (
    PersonToCreate,
    change_role,
    create_account,
    give_role,
    reinstate,
    suspend,
)
from kirana.accounts.services.profile import change_password, change_profile
from kirana.accounts.services.recovery import (
    ask_for_confirmation,
    ask_for_reset,
    ask_to_change_email,
    asks_password,
    cancel_email_change,
    confirm_address,
    reset_password,
)
from kirana.accounts.services.second_step import (
    begin_passkey_sign_in,
    sign_in_by_passkey,
    take_second_step,
)
from kirana.accounts.services.session_endings import (
    end_other_sessions,
    end_session,
    end_session_of,
    end_sessions_of,
    forget_sessions,
    sign_out,
    sign_out_everywhere,
)
from kirana.accounts.services.sessions import refresh
from kirana.accounts.services.signing_in import sign_in

__all__ = [
    "PersonToCreate", "add_address", "add_passkey", "apply_again", "apply_as_manager",
    "approve_application", "ask_for_confirmation", "ask_for_reset", "ask_to_change_email",
    "asks_password", "begin_passkey", "begin_passkey_sign_in", "cancel_email_change",
    "change_address", "change_password", "change_profile", "change_role", "confirm_address",
    "confirm_totp", "create_account", "end_other_sessions", "end_session", "end_session_of",
    "end_sessions_of", "forget_sessions", "give_role", "grantable", "make_key",
    "make_recovery_codes", "note_use", "prove_presence", "refresh", "reinstate",
    "reject_application", "remove_address", "remove_passkey", "remove_totp", "rename_passkey",
    "reset_factors", "reset_password", "revoke_key", "secret_of_set_up", "sign_in",
    "sign_in_by_passkey", "sign_out", "sign_out_everywhere", "sign_up", "start_totp", "suspend",
    "take_second_step",
]  # fmt: skip
