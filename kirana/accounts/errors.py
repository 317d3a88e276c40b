"""Facts that stop a verb about people."""

from kirana.platform.errors import Conflict, Forbidden, Unauthorized


class SignInFailed(Unauthorized):
    """The same for an unknown address and a wrong password."""

    code = "sign_in_failed"
    message = "The e-mail address or the password is not right."


class AccountSuspended(Forbidden):
    code = "account_suspended"
    message = "This account is suspended. Please write to the shop."


class AccountClosed(Forbidden):
    code = "account_closed"
    message = "This account was closed."


class SessionEnded(Unauthorized):
    code = "session_ended"
    message = "This session has ended. Sign in again."


class RefreshRefused(Unauthorized):
    code = "refresh_refused"
    message = "This refresh token is not valid any more. Sign in again."


class LastAdmin(Conflict):
    code = "last_admin"
    message = "The shop needs at least one active admin."


class AddressTaken(Conflict):
    """For operators only; sign-up answers alike for a known address."""

    code = "address_taken"
    message = "There is an account with this e-mail address already."


class TooManyAddresses(Conflict):
    code = "too_many_addresses"
    message = "Twenty addresses are the most that we keep. Remove one first."


class BeyondYourRights(Forbidden):
    code = "beyond_your_rights"
    message = "You can only give, change or take what you may do yourself."


class KeyRefused(Unauthorized):
    code = "api_key_refused"
    message = "This API key is not valid, or not any more."


class TooManyKeys(Conflict):
    code = "too_many_api_keys"
    message = "Twenty API keys are the most that one person has. Revoke one first."
