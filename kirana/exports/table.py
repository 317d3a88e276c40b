"""Rows as CSV: RFC 4180, and no text that a spreadsheet would take for a formula. Pure.

Figures: ``units_sold`` (in steps of the unit) and ``revenue`` add up the lines of orders that are
neither cancelled nor returned. ``price`` buys ``price_per`` steps of the unit. ``available`` is
what of ``stock`` is in date and held for nobody, ``best_before`` the next day on which some of it
ends. Lists are words with commas between.
"""

import csv
import io
import unicodedata
from collections.abc import Iterable
from datetime import UTC, date, datetime
from itertools import dropwhile

import msgspec

from kirana.platform.money import decimal_text

HEADERS = (
    "title", "sku", "category", "unit", "price_per", "price", "currency", "stock", "units_sold",
    "revenue", "created_at", "updated_at", "status",
    "available", "best_before", "origin", "family", "diet", "allergens", "may_contain",
)  # fmt: skip

# What begins a formula, with the full-width forms that some programs fold.
_SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20"
_BREAKS = "\t\r\n"


class ExportRow(msgspec.Struct, frozen=True):
    """One product as the export shows it."""

    id: int
    title: str
    sku: str
    category: str
    unit: str
    price_per: int
    price_minor: int
    stock: int
    units_sold: int
    revenue_minor: int
    created_at: datetime
    updated_at: datetime
    status: str
    available: int = 0
    best_before: date | None = None
    origin: str = ""
    family: str = ""
    diet: list[str] = []
    allergens: list[str] = []
    may_contain: list[str] = []


def header() -> bytes:
    return _lines([HEADERS])


def encode(rows: Iterable[ExportRow], currency: str) -> bytes:
    """The rows in UTF-8 with CRLF. Texts are made safe, numbers stay numbers."""
    return _lines(_cells(row, currency) for row in rows)


def _is_unseen(char: str) -> bool:
    """Space, or a mark without width that a spreadsheet skips."""
    return char.isspace() or unicodedata.category(char) == "Cf"


def safe_text(text: str) -> str:
    """``text`` with an apostrophe before it if a spreadsheet could run it."""
    bare = "".join(dropwhile(_is_unseen, text))
    skipped = text[: len(text) - len(bare)]
    is_risky = bare[:1] in tuple(_SIGNS) or any(sign in skipped for sign in _BREAKS)
    return f"'{text}" if is_risky else text


def _cells(row: ExportRow, currency: str) -> tuple[str | int, ...]:
    return (
        safe_text(row.title), safe_text(row.sku), safe_text(row.category), row.unit,
        row.price_per, decimal_text(row.price_minor, currency), currency, row.stock,
        row.units_sold, decimal_text(row.revenue_minor, currency), _moment(row.created_at),
        _moment(row.updated_at), row.status, row.available,
        row.best_before.isoformat() if row.best_before else "",
        safe_text(row.origin), row.family, safe_text(", ".join(row.diet)),
        ", ".join(row.allergens), ", ".join(row.may_contain),
    )  # fmt: skip


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _lines(rows: Iterable[Iterable[str | int]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()
