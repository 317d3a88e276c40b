"""What people see of their sessions."""

from datetime import datetime

import msgspec


class SessionView(msgspec.Struct, frozen=True):
    """A device that is signed in; ``is_current`` marks the one that asks.

    ``device`` is in words; ``network`` is shortened to the /24 or /48; ``seen_at`` is at most as
    old as an access token lives (15 minutes).
    """

    uid: str
    device: str
    network: str
    created_at: datetime
    seen_at: datetime
    is_current: bool
