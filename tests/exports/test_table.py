"""CSV that every reader takes apart alike, and no spreadsheet runs."""

import csv
import io
from dataclasses import dataclass
from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirana.exports.table import HEADERS, ExportRow, encode, header, safe_text
from tests.jobs.rows import LONG_AGO

ROW = ExportRow(
    1, "Milk", "M-1", "Dairy", "each", 1, 9450, 12, 3, 28350, LONG_AGO, LONG_AGO, "published",
    10, date(2026, 11, 28), "India", "milk", ["vegetarian", "organic"], ["milk"],
    ["nuts", "soybeans"],
)  # fmt: skip


def parse(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


@dataclass(frozen=True)
class Rfc4180:
    """A second reader, written from the grammar of the RFC."""

    data: str

    def rows(self) -> list[list[str]]:
        rows, row, cell, quoted, position = [], [], "", False, 0
        while position < len(self.data):
            sign = self.data[position]
            if quoted and sign == '"' and self.data[position + 1 : position + 2] == '"':
                cell, position = cell + '"', position + 1
            elif sign == '"':
                quoted = not quoted
            elif not quoted and sign == ",":
                row, cell = [*row, cell], ""
            elif not quoted and self.data.startswith("\r\n", position):
                rows, row, cell, position = [*rows, [*row, cell]], [], "", position + 1
            else:
                cell += sign
            position += 1
        assert not cell
        assert not row, "the last line ends with CRLF too"
        return rows


def test_a_row_is_what_the_store_holds() -> None:
    (cells,) = parse(encode([ROW], "INR"))
    assert dict(zip(HEADERS, cells, strict=True)) == {
        "title": "Milk", "sku": "M-1", "category": "Dairy", "unit": "each", "price_per": "1",
        "price": "94.50", "currency": "INR", "stock": "12", "units_sold": "3",
        "revenue": "283.50", "created_at": "2025-01-01T00:00:00Z",
        "updated_at": "2025-01-01T00:00:00Z", "status": "published",
        "available": "10", "best_before": "2026-11-28",
        "origin": "India", "family": "milk", "diet": "vegetarian, organic",
        "allergens": "milk", "may_contain": "nuts, soybeans",
    }  # fmt: skip
    assert parse(header()) == [list(HEADERS)]


@pytest.mark.parametrize(("currency", "price"), [("JPY", "9450"), ("KWD", "9.450")])
def test_prices_have_the_currencys_digits(currency: str, price: str) -> None:
    assert parse(encode([ROW], currency))[0][5] == price


@pytest.mark.parametrize(
    "text",
    [
        "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "\u00a0=1", "\u3000=1",
        "\uff1dcmd", "\uff0b1", "\uff0d1", "\uff20x", " \t x", '=HYPERLINK("http://x")',
    ],
)  # fmt: skip
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert safe_text(text) == "'" + text
    row = msgspec.structs.replace(ROW, title=text, sku=text, category=text)
    cells = parse(encode([row], "INR"))[0]
    assert cells[:3] == ["'" + text] * 3


@pytest.mark.parametrize("text", ["Milk", "1=1", "a-b", "", "  Milk", "'x", "5 @ 3", "é", "₹"])
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert safe_text(text) == text


def test_numbers_stay_numbers() -> None:
    row = msgspec.structs.replace(ROW, revenue_minor=-5)
    assert parse(encode([row], "INR"))[0][9] == "-0.05"


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), max_size=6))
def test_any_text_survives_quoting(texts: list[str]) -> None:
    rows = [msgspec.structs.replace(ROW, title=text, category=text) for text in texts]
    data = encode(rows, "INR")
    for reader in (parse(data), Rfc4180(data.decode()).rows()):
        assert [cells[0] for cells in reader] == [safe_text(text) for text in texts]
        assert all(len(cells) == len(HEADERS) for cells in reader)
