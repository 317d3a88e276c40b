"""What goes into the verbs of lists, and what the queries give."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from kirana.catalog.inputs import Closed
from kirana.platform.amounts import Money, Quantity
from kirana.platform.words import ONE_LINE
from kirana.stock.bands import Band

ListName = Annotated[str, msgspec.Meta(min_length=1, max_length=80, pattern=ONE_LINE)]
May = Literal["read", "edit"]


class NewList(Closed, frozen=True):
    """A list to make, or its new name."""

    name: ListName


class ListWish(Closed, frozen=True):
    """How many steps of the product's unit the list should hold."""

    quantity: Annotated[int, msgspec.Meta(ge=1, le=10**9)]


class NewLink(Closed, frozen=True):
    """What whoever has the link may do: read the list, or change its lines too."""

    may: May


@dataclass(frozen=True, slots=True)
class Place:
    """Which list is meant: one of the caller's, or the one that a link leads to."""

    uid: str = ""
    token: str = ""


class ListSummary(msgspec.Struct, frozen=True):
    """One of the caller's lists; ``links`` are those that count."""

    uid: str
    name: str
    lines: int
    links: int
    created_at: datetime


class LineFields(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it stands on the shelf now, but for money; ``added_by`` is a first name."""

    product: str
    title: str
    size_text: str
    quantity: Quantity
    increment: int
    minimum: int
    price_per: int
    on_sale: bool
    stock: Band
    picture_url: str
    well: str
    added_by: str


class KeptLine(LineFields, frozen=True, kw_only=True):
    """``price_minor`` buys ``price_per`` steps."""

    price_minor: int


class ListLineView(LineFields, frozen=True, kw_only=True):
    """A line in JSON."""

    price: Money


class ListFields(msgspec.Struct, frozen=True, kw_only=True):
    """A list; ``owner`` is a first name, ``may`` what the caller may do, ``uid`` its owner's."""

    uid: str
    name: str
    owner: str
    may: Literal["own", "edit", "read"]
    version: int


class KeptList(ListFields, frozen=True, kw_only=True):
    """A list with its lines."""

    lines: list[KeptLine]


class ListView(ListFields, frozen=True, kw_only=True):
    """A list in JSON."""

    lines: list[ListLineView]


def show_list(found: KeptList, currency: str) -> ListView:
    lines = [
        ListLineView(
            **{name: getattr(line, name) for name in LineFields.__struct_fields__},
            price=Money(line.price_minor, currency),
        )
        for line in found.lines
    ]
    same = {name: getattr(found, name) for name in ListFields.__struct_fields__}
    return ListView(**same, lines=lines)


class LinkView(msgspec.Struct, frozen=True):
    """A link that counts; ``path`` is where it leads, null if it must be made anew."""

    uid: str
    may: May
    path: str | None
    created_at: datetime
