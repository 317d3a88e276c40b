"""Pictures to upload, friendly and hostile."""

import io
import struct
import zlib
from typing import Any

from PIL import Image

ORIENTATION = 0x0112
ARTIST = 0x013B


def picture(kind: str = "JPEG", size: tuple[int, int] = (1000, 500), **options: object) -> bytes:
    """Left half red, right half blue."""
    mode = "RGBA" if kind in ("PNG", "WEBP") else "RGB"
    image = Image.new(mode, size, "red")
    image.paste("blue", (size[0] // 2, 0, size[0], size[1]))
    return saved(kind, image, **options)


def saved(kind: str, image: Image.Image, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def turned_and_signed() -> bytes:
    """A JPEG whose camera was turned by 90 degrees, and that names its owner."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[ARTIST] = "Asha of Lake Road 12"
    return picture("JPEG", exif=exif)


def bomb(side: int = 50_000) -> bytes:
    """A few bytes of PNG that say they are a picture of side × side pixels."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\x00" * 1000)
    chunks = ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image
