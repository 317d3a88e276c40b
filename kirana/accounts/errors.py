"""Facts that stop a verb about people."""

from kirana.platform.errors import Conflict, Forbidden, ShopError, Unauthorized


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


class AddressUnconfirmed(Forbidden):
    """Only after the right password, where addresses are to be confirmed."""

    code = "address_unconfirmed"
    message = "Confirm your e-mail address first: open the link in the mail that we sent you."


class LinkRefused(ShopError):
    """The same for a link that was used, is too old, was made for another state, or never was."""

    status = 410
    code = "link_refused"
    message = "This link was used already or is too old. Ask for a new one."


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


class SecondFactorRequired(Unauthorized):
    """The password was right; ``proof`` and ``methods`` say how to go on."""

    code = "second_factor_required"
    message = "The password is right. Now the second step: a code or a passkey."


class SecondFactorFailed(Unauthorized):
    code = "second_factor_failed"
    message = "That code is not right, or it was used before."


class ProofExpired(Unauthorized):
    code = "proof_expired"
    message = "That took too long, or the password has changed. Begin again with the password."


class PasskeyRefused(Unauthorized):
    code = "passkey_refused"
    message = "That passkey was not accepted. Try again, or sign in with your password."


class PasskeyNotAdded(Conflict):
    code = "passkey_not_added"
    message = "That passkey could not be added. Please try again."


class TooManyPasskeys(Conflict):
    code = "too_many_passkeys"
    message = "Twenty passkeys are the most that we keep. Remove one first."


class NothingToConfirm(Conflict):
    code = "nothing_to_confirm"
    message = "There is no app to confirm, or it took too long. Start the set-up again."


class LastFactor(Conflict):
    code = "last_factor"
    message = "This shop asks its admins for a second factor. Add another before you remove this."


class NoFactor(Conflict):
    code = "no_factor"
    message = "Recovery codes stand in for an app or a passkey. Set up one of them first."


class ErasureUnderWay(Conflict):
    code = "erasure_under_way"
    message = "The account is being erased; this cannot be taken back any more."
