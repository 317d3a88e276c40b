"""Names and figures as screens show them."""

import pytest

from kirana.backoffice.pages.today import axis_top
from kirana.backoffice.words import month_text
from kirana.platform.devices import NAMELESS, device_name

MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
LIKE_CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (f"Mozilla/5.0 (X11; Linux x86_64) {LIKE_CHROME}", "Chrome on Linux"),
        (f"Mozilla/5.0 (Linux; Android 10; K) {LIKE_CHROME}", "Chrome on Android"),
        (f"{WINDOWS} {LIKE_CHROME} Edg/140.0.0.0", "Edge on Windows"),
        (f"{MAC} Version/18.0 Safari/605.1.15", "Safari on macOS"),
        ("Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0",
         "Firefox on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
         "Safari on iPhone"),
        ("curl/8.5.0", "curl"),
        ("", NAMELESS),
        ("/", NAMELESS),
    ],
)  # fmt: skip
def test_a_device_has_a_short_name(agent: str, name: str) -> None:
    assert device_name(agent) == name


@pytest.mark.parametrize(
    ("peak", "top"),
    [
        (0, 0), (1, 1000), (1000, 1000), (1001, 2000), (2100, 5000), (10001, 20000),
        (20001, 25000), (25001, 50000), (430_000, 500_000), (1_200_000, 2_000_000),
        (2_100_000, 2_500_000),
    ],
)  # fmt: skip
def test_an_axis_ends_at_a_round_number(peak: int, top: int) -> None:
    assert axis_top(peak, 100) == top


def test_an_axis_of_a_currency_without_small_change() -> None:
    assert axis_top(11, 1) == 20


def test_a_month_is_named() -> None:
    assert month_text("2026-10") == "October 2026"
