"""What a hostile picture may cost: memory, time, and the threads of others."""

import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from kirana.catalog import imaging
from kirana.catalog.errors import PictureTooLarge
from kirana.catalog.imaging import MOST_UNDRAFTED, SCAN, encode_picture
from kirana.edge.bodies import Busy
from tests.accounts.people import API
from tests.catalog.drawings import opened, picture, saved
from tests.catalog.market import open_market

MOST_MEGABYTES = 256
SIDE = 3_500
MEASURE = """
import sys
from kirana.catalog.imaging import encode_picture
encode_picture(sys.stdin.buffer.read())
status = open("/proc/self/status").read()
print(int(status.split("VmHWM:")[1].split()[0]) // 1024)
"""


def scanned(times: int, size: tuple[int, int] = (800, 600)) -> bytes:
    """A progressive JPEG that tells its last part so many times more; each is 100 bytes or so."""
    whole = saved("JPEG", Image.new("RGB", size, "teal"), progressive=True)
    last = whole[whole.rindex(SCAN) : -2]
    return whole[:-2] + last * times + whole[-2:]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="measured on Linux")
@pytest.mark.parametrize(
    "make",
    [
        lambda: saved("PNG", Image.new("RGBA", (SIDE, SIDE), (1, 2, 3, 128))),
        lambda: saved("PNG", Image.new("P", (SIDE, SIDE)), transparency=0),
        lambda: saved("WEBP", Image.new("RGBA", (SIDE, SIDE), (1, 2, 3, 128)), method=0),
        lambda: saved("JPEG", Image.new("CMYK", (5_000, 5_000)), progressive=True, quality=20),
        lambda: saved("JPEG", Image.new("RGB", (16_000, 2_500)), quality=20),
    ],
)
def test_the_largest_that_is_taken_fits_into_the_stated_memory(make: Callable[[], bytes]) -> None:
    command = [sys.executable, "-c", MEASURE]
    told = subprocess.run(command, input=make(), capture_output=True, check=True, timeout=60)  # noqa: S603
    assert int(told.stdout) < MOST_MEGABYTES


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_beyond_it_nothing_is_decoded(kind: str) -> None:
    side = int((MOST_UNDRAFTED + 100_000) ** 0.5)
    with pytest.raises(PictureTooLarge):
        encode_picture(saved(kind, Image.new("L", (side, side)), quality=1))


def test_a_jpeg_of_many_parts_is_refused_before_it_is_read() -> None:
    """Each part goes through all pixels once more: 3,000 of them were 200 KB and minutes."""
    assert encode_picture(scanned(0)).width == imaging.LARGE
    assert encode_picture(scanned(60)).width == imaging.LARGE
    with pytest.raises(PictureTooLarge):
        encode_picture(scanned(3_000))
    with pytest.raises(PictureTooLarge):
        encode_picture(scanned(30, (5_000, 5_000)))


def test_a_turn_of_the_camera_is_applied_to_the_small_one_as_well() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    encoded = encode_picture(picture("PNG", (1_000, 500), exif=exif))
    assert (encoded.width, encoded.height) == (320, 640)
    assert opened(encoded.small).size == (160, 320)


@pytest.mark.on_database("sqlite")
def test_who_waits_too_long_is_sent_away(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imaging, "PATIENCE", 0.05)
    market = open_market()
    slug = market.sell()
    app.extensions["actor_loader"] = lambda: market.manager
    with imaging._one_at_a_time:
        answer = app.test_client().put(f"{API}/products/{slug}/picture", data=picture())
    assert (answer.status_code, answer.json["code"]) == (503, "busy")
    assert re.fullmatch(r"\d+", answer.headers["Retry-After"])
    assert encode_picture(picture()).width == imaging.LARGE


def test_only_one_waits() -> None:
    """The others would hold the threads that serve."""
    with imaging._one_at_a_time:
        waiting = [threading.Thread(target=encode_picture, args=(picture(),)) for _ in range(1)]
        with imaging._places:  # as whoever is at work holds it
            waiting[0].start()
            while imaging._places.acquire(blocking=False):
                imaging._places.release()
            with pytest.raises(Busy):
                encode_picture(picture())
    waiting[0].join(10)
