"""Words, shares and bars of a month."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirana.notifications.month import BAR_PIXELS, present, shares
from kirana.reports.figures import CategorySpend, MonthFigures, Week


def month(**values: object) -> MonthFigures:
    given = {"period": "2026-10", "currency": "INR", "orders": 2, "items": 3, "spend_minor": 10000}
    return MonthFigures(**(given | values))  # type: ignore[arg-type]


@given(st.lists(st.integers(0, 10**12), max_size=8))
def test_shares_add_up_to_the_whole(amounts: list[int]) -> None:
    found = shares(amounts)
    assert sum(found) == (100 if sum(amounts) else 0)
    for amount, share in zip(amounts, found, strict=True):
        assert abs(share * sum(amounts) - amount * 100) <= sum(amounts)


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (0, ""),
        (10000, "as in September"),
        (9852, "1.5% more than September"),
        (20000, "50% less than September"),
        (5000, "100% more than September"),
    ],
)
def test_the_month_is_compared_with_the_one_before(before: int, words: str) -> None:
    assert present(month(before_minor=before), "Asha")["compared"] == words


def test_january_follows_december() -> None:
    shown = present(month(period="2027-01", before_minor=1), "Asha")
    assert shown["month_name"] == "January"
    assert shown["pale_bars"] == "pale bars are December"


def test_bars_are_scaled_to_the_tallest() -> None:
    weeks = [Week(1, 7, 500, 1000), Week(8, 14, 0, 0), Week(15, 21, 250, 0), Week(22, 31, 1, 0)]
    heights = [
        (week["height"], week["before_height"])
        for week in present(month(weeks=weeks), "A")["weeks"]
    ]
    assert heights == [(BAR_PIXELS // 2, BAR_PIXELS), (1, 1), (28, 1), (1, 1)]


def test_what_was_not_for_goods_has_a_part_of_its_own() -> None:
    shown = present(month(categories=[CategorySpend("Dairy", 9000)]), "Asha")["categories"]
    assert [(part["name"], part["percent"]) for part in shown] == [("Dairy", 90), ("Delivery", 10)]
