"""What goes into the verbs about people, and what comes out."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from kirana.platform.paging import Limit

Line = Annotated[str, msgspec.Meta(max_length=200)]
Secret = Annotated[str, msgspec.Meta(max_length=1024)]
Role = Literal["customer", "manager", "admin"]
AccountStatus = Literal["pending", "rejected", "active", "suspended", "closed"]
ApprovalStatus = Literal["requested", "approved", "rejected", "withdrawn"]


class Input(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parent of what callers send: closed, so that nobody smuggles a role in."""


class SignUp(Input, frozen=True):
    """A new customer."""

    email: Line
    name: Line
    password: Secret


class ManagerApplication(Input, frozen=True):
    """Somebody who wants to run a store; ``wished_store`` is its name as free text."""

    email: Line
    name: Line
    password: Secret
    wished_store: Line


class RenewedApplication(Input, frozen=True):
    """A refused manager's further try."""

    wished_store: Line


class Credentials(Input, frozen=True):
    email: Line
    password: Secret


class RefreshToken(Input, frozen=True):
    refresh_token: Secret


class ProfileChange(Input, frozen=True):
    """What is left out stays as it is."""

    name: Line | None = None
    wants_report: bool | None = None
    zone: Line | None = None
    locale: Line | None = None


class PasswordChange(Input, frozen=True):
    current_password: Secret
    new_password: Secret


class AddressDetails(Input, frozen=True):
    """Where to bring things, and whom to call."""

    name: Line
    phone: Line
    street: Line
    city: Line
    postcode: Line


class Suspension(Input, frozen=True):
    """Why; kept in the account's history."""

    reason: Annotated[str, msgspec.Meta(max_length=500)]


class RoleChange(Input, frozen=True):
    """A person's new role; their sessions end.

    ``current_password`` is the caller's: for the role of an admin, given or taken, it is asked of
    a session that was opened more than ten minutes ago.
    """

    role: Role
    current_password: Secret = ""


class PeopleQuery(Input, frozen=True):
    """Filter of the list of people; ``q`` is looked for in names and e-mail addresses."""

    role: Role | None = None
    status: AccountStatus | None = None
    q: Line | None = None
    limit: Limit = 20
    cursor: str | None = None


class ApplicationsQuery(Input, frozen=True):
    status: ApprovalStatus | None = None
    limit: Limit = 20
    cursor: str | None = None


class Accepted(msgspec.Struct, frozen=True):
    """The same answer for a new and for a known e-mail address."""

    detail: str


class Tokens(msgspec.Struct, frozen=True):
    """A session's two tokens. ``notes`` say what signing in brought about."""

    access_token: str
    refresh_token: str
    expires_in: int
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the scheme's name
    notes: list[str] = []


class Me(msgspec.Struct, frozen=True):
    """The caller, with what they may do right now; ``erase_at`` if they asked for their end."""

    uid: str
    email: str
    name: str
    role: Role
    status: AccountStatus
    locale: str
    zone: str
    wants_report: bool
    created_at: datetime
    erase_at: datetime | None
    permissions: list[str]


class AddressView(msgspec.Struct, frozen=True):
    uid: str
    name: str
    phone: str
    street: str
    city: str
    postcode: str


class Person(msgspec.Struct, frozen=True):
    """An account as an admin sees it."""

    uid: str
    email: str
    name: str
    role: Role
    status: AccountStatus
    created_at: datetime
    erase_at: datetime | None = None


class Move(msgspec.Struct, frozen=True):
    """One step of an account's status."""

    from_status: str | None
    to_status: str
    reason: str
    at: datetime


class PersonDetail(msgspec.Struct, frozen=True):
    """An account with its history, oldest step first."""

    person: Person
    history: list[Move]


class Application(msgspec.Struct, frozen=True):
    """A manager's application and what was decided. ``reason`` is given with a refusal."""

    uid: str
    applicant: Person
    wished_store: str
    status: ApprovalStatus
    reason: str
    created_at: datetime
    decided_at: datetime | None
