"""Uploaded pictures, decoded with care and encoded anew. Nothing of the original file is kept."""

import contextlib
import io
import threading
import warnings
from collections.abc import Iterator

import msgspec
from PIL import Image, ImageOps

from kirana.catalog.errors import PictureRefused, PictureTooLarge
from kirana.edge.bodies import Busy

MOST_BYTES = 5 * 1024 * 1024
# What a decoder holds at once for each pixel: a plain JPEG is made small while it is read, a
# progressive one is kept whole at up to 8 bytes, PNG and WebP at up to 16. Never 256 MB in all.
MOST_PIXELS = 40_000_000
MOST_PROGRESSIVE = 25_000_000
MOST_UNDRAFTED = 12_500_000
LONGEST_SIDE = 16_000
# A progressive JPEG is gone through once for each of its scans; cameras and editors make ten.
MOST_SCANNED_PIXELS = 600_000_000
SCAN = b"\xff\xda"
FORMATS = ("JPEG", "PNG", "WEBP")
LARGE, SMALL, TINY = 640, 320, 160
_QUALITY = 82
# Seconds. One picture at a time in each process, and one that waits; the other threads serve on.
PATIENCE = 5
_one_at_a_time = threading.Lock()
_places = threading.BoundedSemaphore(2)


class Encoded(msgspec.Struct, frozen=True):
    """A picture in its three sizes, as WebP without any metadata; the large one's are told."""

    large: bytes
    small: bytes
    tiny: bytes
    width: int
    height: int


def encode_picture(raw: bytes) -> Encoded:
    """Turn a JPEG, PNG or WebP, told by its content, into our own three WebP files.

    The turn that a camera noted is applied. Raises PictureTooLarge (bytes or pixels; decided
    before anything is decoded), PictureRefused, or Busy while others' pictures are worked on.
    """
    if len(raw) > MOST_BYTES:
        raise PictureTooLarge
    with _turn(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _encode(raw)
        except (PictureTooLarge, PictureRefused):
            raise
        except Image.DecompressionBombError:
            raise PictureTooLarge from None
        except Exception:
            # Decoders raise whatever broken or hostile bytes lead them to.
            raise PictureRefused from None


@contextlib.contextmanager
def _turn() -> Iterator[None]:
    """Alone at work. Raises Busy, at once where somebody waits already."""
    with contextlib.ExitStack() as held:
        for gate, seconds in ((_places, 0), (_one_at_a_time, PATIENCE)):
            if not gate.acquire(timeout=seconds):
                raise Busy
            held.callback(gate.release)
        yield


def _encode(raw: bytes) -> Encoded:
    image: Image.Image = Image.open(io.BytesIO(raw), formats=FORMATS)
    _check_size(image, raw)
    width, height = image.size
    shrink = max(1, max(width, height) // (2 * LARGE))
    image.draft("RGB", (max(1, width // shrink), max(1, height // shrink)))
    image.load()
    mode = "RGBA" if image.has_transparency_data else "RGB"
    if image.mode != mode:
        image = image.convert(mode)  # the first one is let go of
    image.thumbnail((LARGE, LARGE), Image.Resampling.LANCZOS)
    ImageOps.exif_transpose(image, in_place=True)
    large, (width, height) = _webp(image), image.size
    image.thumbnail((SMALL, SMALL), Image.Resampling.LANCZOS)
    small = _webp(image)
    image.thumbnail((TINY, TINY), Image.Resampling.LANCZOS)
    return Encoded(large, small, _webp(image), width, height)


def _check_size(image: Image.Image, raw: bytes) -> None:
    """Raise PictureTooLarge for more than one decoder's share of memory or time."""
    pixels = image.width * image.height
    if image.format not in ("JPEG", "MPO"):
        most = MOST_UNDRAFTED
    elif raw.count(SCAN) > 1 and image.info.get("progressive"):
        most = min(MOST_PROGRESSIVE, MOST_SCANNED_PIXELS // raw.count(SCAN))
    else:
        most = MOST_PIXELS
    if pixels > most or max(image.size) > LONGEST_SIDE:
        raise PictureTooLarge


def _webp(image: Image.Image) -> bytes:
    image.info.clear()
    file = io.BytesIO()
    image.save(file, "WEBP", quality=_QUALITY, method=4, exif=b"", xmp=b"", icc_profile=None)
    return file.getvalue()
