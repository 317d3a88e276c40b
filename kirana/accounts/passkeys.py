"""WebAuthn: what a browser is asked, and whether its answer is good. Pure; keeps nothing.

Every passkey is found by its device without a name being typed, and unlocked by it with a PIN, a
finger or a face: it is two factors in one. No attestation is asked for: any maker will do.
"""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, options_to_json_dict
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from kirana.accounts.factor_shapes import NewPasskey, PasskeyUse

ANSWER_SECONDS = 5 * 60
VERIFIED = UserVerificationRequirement.REQUIRED


class BadAnswer(Exception):
    """The browser's answer does not prove what it should. The reason is for the log."""


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """The shop as browsers know it: from the configured address only, whatever Host says."""

    name: str
    host: str
    origin: str

    @classmethod
    def at(cls, public_url: str, name: str) -> "RelyingParty":
        parts = urlsplit(public_url)
        return cls(name, parts.hostname or "", f"{parts.scheme}://{parts.netloc}")


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose passkey it will be, and the credential ids that they have already."""

    uid: str
    email: str
    name: str
    known: list[str]


@dataclass(frozen=True, slots=True)
class Verified:
    """A good answer. ``public_key`` is empty where the key was known before."""

    sign_count: int
    is_backed_up: bool
    public_key: str = ""


def new_challenge() -> str:
    return bytes_to_base64url(webauthn.helpers.generate_challenge())


def creation_options(party: RelyingParty, holder: Holder, challenge: str) -> dict[str, Any]:
    """What ``navigator.credentials.create`` is asked, buffers in base64url."""
    return options_to_json_dict(
        webauthn.generate_registration_options(
            rp_id=party.host,
            rp_name=party.name,
            user_id=holder.uid.encode(),
            user_name=holder.email,
            user_display_name=holder.name,
            challenge=base64url_to_bytes(challenge),
            timeout=ANSWER_SECONDS * 1000,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=VERIFIED
            ),
            exclude_credentials=[
                PublicKeyCredentialDescriptor(base64url_to_bytes(known)) for known in holder.known
            ],
        )
    )


def request_options(party: RelyingParty, challenge: str) -> dict[str, Any]:
    """What ``navigator.credentials.get`` is asked: any passkey of this shop, unlocked."""
    return options_to_json_dict(
        webauthn.generate_authentication_options(
            rp_id=party.host,
            challenge=base64url_to_bytes(challenge),
            timeout=ANSWER_SECONDS * 1000,
            user_verification=VERIFIED,
        )
    )


def check_new(party: RelyingParty, challenge: str, given: NewPasskey) -> Verified:
    """Read a new credential. Raises BadAnswer."""
    answer = {
        "clientDataJSON": given.client_data_json,
        "attestationObject": given.attestation_object,
    }
    try:
        found = webauthn.verify_registration_response(
            credential=_credential(given.id, answer),
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=party.host,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except Exception as error:
        # The library lets through whatever its parsers raise at bytes that a stranger chose.
        raise BadAnswer(str(error)) from error
    if bytes_to_base64url(found.credential_id) != given.id:
        raise BadAnswer("the id is not the one that was attested")
    key = bytes_to_base64url(found.credential_public_key)
    return Verified(found.sign_count, found.credential_backed_up, key)


def check_use(
    party: RelyingParty, challenge: str, given: PasskeyUse, public_key: str, holder_uid: str
) -> Verified:
    """Verify that the holder's device signed ``challenge`` for us. Raises BadAnswer.

    The signature counter is not judged here: the one conditional write that raises it does.
    """
    answer = {
        "clientDataJSON": given.client_data_json,
        "authenticatorData": given.authenticator_data,
        "signature": given.signature,
        "userHandle": given.user_handle,
    }
    try:
        found = webauthn.verify_authentication_response(
            credential=_credential(given.id, answer),
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=party.host,
            expected_origin=party.origin,
            credential_public_key=base64url_to_bytes(public_key),
            credential_current_sign_count=0,
            require_user_verification=True,
        )
        is_theirs = base64url_to_bytes(given.user_handle) == holder_uid.encode()
    except Exception as error:
        raise BadAnswer(str(error)) from error
    if not is_theirs:
        raise BadAnswer("the device says that it belongs to somebody else")
    return Verified(found.new_sign_count, found.credential_backed_up)


def _credential(credential_id: str, response: dict[str, str]) -> str:
    shape = {"id": credential_id, "rawId": credential_id, "type": "public-key"}
    return json.dumps({**shape, "response": response})
