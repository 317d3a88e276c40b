"""What goes into the verbs about API keys, and what comes out."""

from datetime import datetime
from typing import Annotated

import msgspec

from kirana.accounts.permissions import Permission
from kirana.accounts.shapes import Input, Line

Days = Annotated[int, msgspec.Meta(ge=1, le=366)]


class NewKey(Input, frozen=True):
    """A key with some of the caller's permissions; with a store, for its work only.

    ``current_password`` is asked of a session that was opened more than ten minutes ago.
    """

    name: Annotated[str, msgspec.Meta(max_length=80)]
    permissions: Annotated[list[Permission], msgspec.Meta(min_length=1, max_length=100)]
    store_slug: Line | None = None
    expires_in_days: Days | None = None
    current_password: str = ""


class KeyView(msgspec.Struct, frozen=True):
    """An API key without its token. ``used_at`` is right to the minute."""

    uid: str
    name: str
    permissions: list[str]
    store_slug: str | None
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    is_live: bool


class MadeKey(msgspec.Struct, frozen=True):
    """A new key with its token, which is told this once."""

    token: str
    key: KeyView
