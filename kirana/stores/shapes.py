"""What goes into the verbs about stores, and what comes out."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from kirana.accounts.shapes import Application, Input, Line, Person
from kirana.platform.paging import Limit

StoreStatus = Literal["draft", "open", "holiday", "closed"]
StoreRole = Literal["owner", "manager", "picker", "courier"]


class NewStore(Input, frozen=True):
    """A store to be made. Its slug comes from the name, its zone from the shop's settings."""

    name: Line
    zone: Line | None = None
    street: Line = ""
    city: Line = ""
    phone: Line = ""
    opening_hours: Line = ""


class StoreChange(Input, frozen=True):
    """What is left out stays as it is."""

    name: Line | None = None
    street: Line | None = None
    city: Line | None = None
    phone: Line | None = None
    opening_hours: Line | None = None


class Placement(Input, frozen=True):
    """Where an approved manager works: an existing store or a new one, not both."""

    store_slug: Line | None = None
    new_store: NewStore | None = None


class Rejection(Input, frozen=True):
    """Why; mailed to the applicant."""

    reason: Annotated[str, msgspec.Meta(max_length=500)]


class StoresQuery(Input, frozen=True):
    limit: Limit = 20
    cursor: str | None = None


class StoreView(msgspec.Struct, frozen=True):
    """A store as everybody sees it."""

    slug: str
    name: str
    zone: str
    street: str
    city: str
    phone: str
    opening_hours: str
    status: StoreStatus


class Workplace(msgspec.Struct, frozen=True):
    """A store where somebody works, with what they may do there."""

    store: StoreView
    role: StoreRole
    rights: frozenset[str]


class Member(msgspec.Struct, frozen=True):
    """Somebody who works in a store."""

    person: Person
    store_role: StoreRole
    since: datetime


class Placed(msgspec.Struct, frozen=True):
    """A decided application, with the store that the manager now works in."""

    application: Application
    store: StoreView
