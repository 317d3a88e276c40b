"""Who is acting. Verbs take an ``Actor`` explicitly; ``SYSTEM`` stands for tasks and the CLI."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from kirana.platform.errors import Forbidden, SecondFactorNeeded, Unauthorized
from kirana.platform.networks import caller_of


@dataclass(frozen=True, slots=True)
class Actor:
    """The person (or guest, or the system) behind a call, read from the database each time.

    ``guest_hash`` is the SHA-256 of the secret in a guest's basket cookie. ``permissions`` is what
    is allowed anywhere, ``stores`` what is allowed in each store; ``key_uid`` names the API key
    that narrows both. ``is_obliged``: must have a second factor; ``lacks_factor``: has none, and
    may do little.
    """

    account_id: int | None = None
    uid: str = ""
    email: str = ""
    name: str = ""
    role: str = ""
    status: str = ""
    permissions: frozenset[str] = frozenset()
    stores: Mapping[int, frozenset[str]] = field(default_factory=dict)
    session_id: int | None = None
    is_obliged: bool = False
    lacks_factor: bool = False
    key_uid: str = ""
    guest_hash: str = ""
    via: Literal["bearer", "cookie", "key", "guest", "system"] = "guest"
    network: str = ""
    request_id: str = ""

    @property
    def is_signed_in(self) -> bool:
        return self.account_id is not None

    @property
    def owner_key(self) -> str:
        """Owner of idempotency keys and limits; never empty."""
        if self.account_id:
            return f"a:{self.account_id}"
        return f"g:{self.guest_hash or caller_of(self.network)}"

    @property
    def rights(self) -> list[str]:
        """All that the caller may do, anywhere and in each store, as texts in order."""
        local = {f"{store} {right}" for store, held in self.stores.items() for right in held}
        return sorted(self.permissions | local)

    def may(self, permission: str) -> bool:
        """Whether ``permission`` is held; by the system each is."""
        return self.via == "system" or permission in self.permissions

    def require(self, permission: str) -> None:
        """Raise Unauthorized for a guest without it, Forbidden for anybody else."""
        if self.may(permission):
            return
        if not self.is_signed_in:
            raise Unauthorized
        raise SecondFactorNeeded if self.lacks_factor else Forbidden

    def stores_for(self, permission: str) -> frozenset[int]:
        """The stores in which ``permission`` is held."""
        return frozenset(store for store, held in self.stores.items() if permission in held)

    def may_in(self, store_id: int, permission: str) -> bool:
        """Whether ``permission`` is held in this store; the system may anywhere."""
        return self.via == "system" or permission in self.stores.get(store_id, ())

    def me(self) -> int:
        """The account's id. Raises Unauthorized for a guest."""
        if self.account_id is None:
            raise Unauthorized
        return self.account_id


GUEST = Actor()
SYSTEM = Actor(name="system", role="system", via="system")
