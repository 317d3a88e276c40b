from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirana.platform import paging
from kirana.platform.errors import Invalid

# What a column can hold: no NUL, no lone surrogate.
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))


@given(NAMES, st.integers(-(2**63), 2**63 - 1))
def test_a_cursor_carries_its_values(name: str, number: int) -> None:
    cursor = paging.encode_cursor([name, number])
    assert cursor.isascii()
    assert paging.decode_cursor(cursor, (str, int)) == [name, number]


@pytest.mark.parametrize(
    "cursor", ["", "x", "!!!", "W10", "WyJhIl0", "e30", "é", "W" * 10_000, "WyJcdTAwMDAiLDBd"]
)
def test_what_is_no_cursor_is_named(cursor: str) -> None:
    with pytest.raises(Invalid) as caught:
        paging.decode_cursor(cursor, (str, int))
    assert caught.value.errors[0]["pointer"] == "/cursor"


def test_the_extra_row_only_says_that_there_is_more() -> None:
    page = paging.to_page([1, 2, 3], 2, lambda row: row * 10, lambda row: [row])
    assert page.items == [10, 20]
    assert page.next_cursor is not None
    assert paging.decode_cursor(page.next_cursor, (int,)) == [2]
    assert paging.to_page([1, 2], 2, str, lambda row: [row]).next_cursor is None


@pytest.mark.parametrize(
    "moment", ["2026-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]
)
def test_a_moment_that_no_query_can_ask_for_is_no_cursor(moment: str) -> None:
    with pytest.raises(Invalid):
        paging.decode_cursor(paging.encode_cursor([moment, 1]), (datetime, int))
