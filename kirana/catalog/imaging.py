"""Uploaded pictures, decoded with care and encoded anew. Nothing of the original file is kept."""

import io
import threading
import warnings

import msgspec
from PIL import Image, ImageOps

from kirana.catalog.errors import PictureRefused, PictureTooLarge

MOST_BYTES = 5 * 1024 * 1024
MOST_PIXELS = 40_000_000
LONGEST_SIDE = 16_000
FORMATS = ("JPEG", "PNG", "WEBP")
LARGE, SMALL = 640, 320
_QUALITY = 82
# Forty million pixels are 160 MB once decoded: one at a time in each process.
_one_at_a_time = threading.Lock()


class Encoded(msgspec.Struct, frozen=True):
    """A picture in its two sizes, as WebP without any metadata; width and height of the large."""

    large: bytes
    small: bytes
    width: int
    height: int


def encode_picture(raw: bytes) -> Encoded:
    """Turn a JPEG, PNG or WebP, told by its content, into our own two WebP files.

    The turn that a camera noted is applied. Raises PictureTooLarge (bytes or pixels; decided
    before anything is decoded) or PictureRefused.
    """
    if len(raw) > MOST_BYTES:
        raise PictureTooLarge
    with _one_at_a_time, warnings.catch_warnings():
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


def _encode(raw: bytes) -> Encoded:
    with Image.open(io.BytesIO(raw), formats=FORMATS) as opened:
        width, height = opened.size
        if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
            raise PictureTooLarge
        opened.draft("RGB", (2 * LARGE, 2 * LARGE))
        opened.load()
        upright = ImageOps.exif_transpose(opened)
        clean = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    large = _within(clean, LARGE)
    return Encoded(_webp(large), _webp(_within(large, SMALL)), large.width, large.height)


def _within(image: Image.Image, side: int) -> Image.Image:
    fitted = image.copy()
    fitted.thumbnail((side, side), Image.Resampling.LANCZOS)
    return fitted


def _webp(image: Image.Image) -> bytes:
    image.info.clear()
    file = io.BytesIO()
    image.save(file, "WEBP", quality=_QUALITY, method=4, exif=b"", xmp=b"", icc_profile=None)
    return file.getvalue()
