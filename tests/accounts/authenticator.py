"""A device with passkeys, in software: makes and uses them as a browser would, honestly or not."""

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import bytes_to_base64url as b64
from webauthn.helpers import encode_cbor

ORIGIN = "http://localhost:8000"
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Device:
    """Holds one passkey. ``origin`` is where its browser believes to be."""

    origin: str = ORIGIN
    host: str = "localhost"
    count: int = 0
    flags: int = PRESENT | VERIFIED
    handle: str = ""
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def make(self, asked: dict[str, Any], name: str = "My key") -> dict[str, Any]:
        """The answer to ``/me/passkey-challenges``."""
        options = asked["public_key"]
        self.handle = options["user"]["id"]
        numbers = self.key.public_key().public_numbers()
        key = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        attested = bytes(16) + len(self.credential_id).to_bytes(2) + self.credential_id
        data = self._data(ATTESTED) + attested + encode_cbor(key)
        return {
            "name": name,
            "ceremony": asked["ceremony"],
            "id": b64(self.credential_id),
            "client_data_json": b64(self._said("webauthn.create", options["challenge"])),
            "attestation_object": b64(
                encode_cbor({"fmt": "none", "attStmt": {}, "authData": data})
            ),
            "transports": ["internal"],
        }

    def use(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The answer to ``/auth/passkey-challenges``."""
        self.count += 1
        said = self._said("webauthn.get", asked["public_key"]["challenge"])
        data = self._data()
        signed = data + hashlib.sha256(said).digest()
        return {
            "ceremony": asked["ceremony"],
            "id": b64(self.credential_id),
            "client_data_json": b64(said),
            "authenticator_data": b64(data),
            "signature": b64(self.key.sign(signed, ec.ECDSA(hashes.SHA256()))),
            "user_handle": self.handle,
        }

    def _data(self, more: int = 0) -> bytes:
        host = hashlib.sha256(self.host.encode()).digest()
        return host + bytes([self.flags | more]) + self.count.to_bytes(4)

    def _said(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()
