"""Queries in their one form, by the short way and by the library's."""

from urllib.parse import parse_qsl, quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirana.edge.addresses import MOST_PAIRS, plain_query

LETTERS = st.text("aZ0_-.~%+&=; é/", max_size=20)


@given(LETTERS)
def test_the_short_way_gives_what_the_library_gives(query: str) -> None:
    found = plain_query(None, query)
    if not query.isascii():
        assert found is None
        return
    pairs = sorted(parse_qsl(query, keep_blank_values=True), key=lambda pair: pair[0])
    if any("\ufffd" in name + value for name, value in pairs):
        assert found is None
        return
    assert found is not None
    assert found.text == urlencode(pairs, quote_via=quote)
    assert [(name, text) for name, texts in found.texts.items() for text in texts] == pairs


@pytest.mark.parametrize("value", ["1", "%20"])
def test_far_too_many_pairs_are_left_to_flask(value: str) -> None:
    assert plain_query(None, "&".join([f"a={value}"] * MOST_PAIRS)) is not None
    assert plain_query(None, "&".join([f"a={value}"] * (MOST_PAIRS + 1))) is None
