"""The token of an invitation: computed with a key of ours, so that it need not be kept anywhere."""

import base64
import hashlib
import hmac


def invitation_token(secret: str, uid: str) -> str:
    """The 256 bits that are mailed for the invitation ``uid``; ``secret`` is the shop's."""
    key = hashlib.sha256(b"kirana invitation\0" + secret.encode()).digest()
    digest = hmac.new(key, uid.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
