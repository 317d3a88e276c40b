"""The caller's second factors: /me/second-factors, /me/totp, /me/recovery-codes, /me/passkeys."""

from kirana.accounts import factor_queries, second_step, services
from kirana.accounts.api.blueprint import api
from kirana.accounts.errors import (
    LastFactor,
    NoFactor,
    NothingToConfirm,
    PasskeyNotAdded,
    TooManyPasskeys,
)
from kirana.accounts.factor_shapes import (
    AddedPasskey,
    Ceremony,
    NewPasskey,
    PasskeyName,
    PasskeyView,
    Presence,
    RecoveryCodes,
    SecondFactors,
    TotpCode,
    TotpSetUp,
)
from kirana.accounts.permissions import Permission
from kirana.platform import one_time_codes
from kirana.platform.access import Actor
from kirana.platform.errors import NotFound, TooMany
from kirana.platform.http import operation, requires
from kirana.platform.shop_settings import settings


@api.get("/me/second-factors")
@requires(Permission.READ_OWN_PROFILE)
@operation("showSecondFactors")
def show_second_factors(actor: Actor) -> SecondFactors:
    """What I sign in with besides the password."""
    return factor_queries.get_second_factors(actor)


@api.post("/me/totp")
@requires(Permission.WRITE_OWN_PROFILE)
@operation("setUpTotp", status=201, raises=(TooMany,))
def set_up_totp(actor: Actor, body: Presence) -> TotpSetUp:
    """Begin to set up an authenticator app, also in place of another; then confirm a code."""
    password = body.current_password
    with second_step.counted_presence(actor, password):
        secret = services.start_totp(actor, second_step.sealer(), password)
    uri = one_time_codes.totp_uri(secret, actor.email, settings().shop_name)
    return TotpSetUp(secret, uri)


@api.post("/me/totp/confirmation")
@requires(Permission.WRITE_OWN_PROFILE)
@operation("confirmTotp", raises=(NothingToConfirm,))
def confirm_totp(actor: Actor, body: TotpCode) -> RecoveryCodes:
    """Show that the app works; with the first factor come recovery codes, shown this once."""
    return services.confirm_totp(actor, second_step.sealer(), body.code)


@api.post("/me/totp/removal")
@requires(Permission.WRITE_OWN_PROFILE)
@operation("removeTotp", raises=(NotFound, LastFactor, TooMany))
def remove_totp(actor: Actor, body: Presence) -> None:
    """Sign in without the app again; other sessions end."""
    with second_step.counted_presence(actor, body.current_password):
        services.remove_totp(actor, body.current_password)


@api.post("/me/recovery-codes")
@requires(Permission.WRITE_OWN_PROFILE)
@operation("makeRecoveryCodes", status=201, raises=(NoFactor, TooMany))
def make_recovery_codes(actor: Actor, body: Presence) -> RecoveryCodes:
    """Ten new recovery codes in place of the old ones, shown this once."""
    with second_step.counted_presence(actor, body.current_password):
        return services.make_recovery_codes(actor, body.current_password)


@api.post("/me/passkey-challenges")
@requires(Permission.WRITE_OWN_PROFILE)
@operation("beginPasskey", status=201, raises=(TooMany,))
def begin_passkey(actor: Actor, body: Presence) -> Ceremony:
    """Ask for a challenge to make a passkey with; good once, for this session."""
    party, password = second_step.relying_party(), body.current_password
    with second_step.counted_presence(actor, password):
        return services.begin_passkey(actor, party, password)


@api.post("/me/passkeys")
@requires(Permission.WRITE_OWN_PROFILE)
@operation("addPasskey", status=201, raises=(PasskeyNotAdded, TooManyPasskeys))
def add_passkey(actor: Actor, body: NewPasskey) -> AddedPasskey:
    """Keep a passkey; with the first factor come recovery codes, shown this once."""
    return services.add_passkey(actor, second_step.relying_party(), body)


@api.patch("/me/passkeys/<uid>")
@requires(Permission.WRITE_OWN_PROFILE)
@operation("renamePasskey", raises=(NotFound,))
def rename_passkey(actor: Actor, uid: str, body: PasskeyName) -> PasskeyView:
    """Call one of my passkeys something else."""
    return services.rename_passkey(actor, uid, body.name)


@api.post("/me/passkeys/<uid>/removal")
@requires(Permission.WRITE_OWN_PROFILE)
@operation("removePasskey", raises=(NotFound, LastFactor, TooMany))
def remove_passkey(actor: Actor, uid: str, body: Presence) -> None:
    """Let a passkey open nothing any more; other sessions end."""
    with second_step.counted_presence(actor, body.current_password):
        services.remove_passkey(actor, uid, body.current_password)
