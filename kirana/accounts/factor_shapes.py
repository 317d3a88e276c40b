"""Second factors: what goes into their verbs, and what comes out."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from kirana.accounts.shapes import Input, Line, Secret

Base64Url = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]+$", max_length=16_384)]
Transport = Annotated[str, msgspec.Meta(pattern="^[a-z-]+$", max_length=20)]
# What owners are told by mail. An outbox row holds the number: append only.
FACTOR_NEWS = (
    "totp_added",
    "totp_removed",
    "passkey_added",
    "passkey_removed",
    "recovery_codes_made",
    "recovery_code_used",
    "codes_refused",
    "passkey_copied",
    "reset",
)
Method = Literal["totp", "recovery_code", "passkey"]


class SecondStep(Input, frozen=True):
    """``proof`` came with ``second_factor_required``; ``code`` is the app's or a recovery code."""

    proof: Secret
    code: Line


class PasskeyUse(Input, frozen=True):
    """The browser's answer to a sign-in challenge, its buffers in base64url."""

    ceremony: Secret
    id: Base64Url
    client_data_json: Base64Url
    authenticator_data: Base64Url
    signature: Base64Url
    user_handle: Base64Url


class NewPasskey(Input, frozen=True):
    """The browser's answer to a challenge of one's own, its buffers in base64url."""

    name: Line
    ceremony: Secret
    id: Base64Url
    client_data_json: Base64Url
    attestation_object: Base64Url
    transports: Annotated[list[Transport], msgspec.Meta(max_length=8)] = []


class PasskeyName(Input, frozen=True):
    name: Line


class Presence(Input, frozen=True):
    """The password, to be given unless this session was opened in the last ten minutes."""

    current_password: Secret = ""


class TotpCode(Input, frozen=True):
    code: Line


class TotpSetUp(msgspec.Struct, frozen=True):
    """What the authenticator app must know; shown until the first code confirms it."""

    secret: str
    uri: str


class Ceremony(msgspec.Struct, frozen=True):
    """``public_key`` are the options of WebAuthn; answer with ``ceremony`` within five minutes."""

    ceremony: str
    public_key: dict[str, Any]
    expires_in: int


class RecoveryCodes(msgspec.Struct, frozen=True):
    """Shown this once; empty where older ones still hold."""

    recovery_codes: list[str]


class PasskeyView(msgspec.Struct, frozen=True):
    """``is_backed_up``: the maker's cloud has it too, so that losing the device is no loss."""

    uid: str
    name: str
    is_backed_up: bool
    created_at: datetime
    last_used_at: datetime | None


class AddedPasskey(msgspec.Struct, frozen=True):
    passkey: PasskeyView
    recovery_codes: list[str]


class SecondFactors(msgspec.Struct, frozen=True):
    """What I sign in with besides the password. ``is_obliged``: the last one cannot be removed."""

    totp_since: datetime | None
    passkeys: list[PasskeyView]
    recovery_codes_left: int
    is_obliged: bool
    asks_password: bool

    @property
    def is_on(self) -> bool:
        return self.totp_since is not None or bool(self.passkeys)
