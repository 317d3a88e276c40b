"""A picture in a request: as the raw body, or as the file of a form."""

from flask import Request, current_app

from kirana.catalog.errors import PictureTooLarge
from kirana.catalog.imaging import MOST_BYTES
from kirana.platform.errors import Invalid
from kirana.platform.inputs import TooLarge, read_bytes
from kirana.platform.storage import Storage, media

FIELD = "picture"
PICTURE_TYPES = ("image/jpeg", "image/png", "image/webp")
# What a form adds around its file.
_AROUND = 64 * 1024


def uploaded_picture(request: Request) -> bytes:
    """The bytes of the picture. Raises PictureTooLarge before they are read, or Invalid."""
    if (request.content_length or 0) > MOST_BYTES + _AROUND:
        raise PictureTooLarge
    if request.mimetype == "multipart/form-data":
        file = request.files.get(FIELD)
        data = file.stream.read(MOST_BYTES + 1) if file is not None else b""
    else:
        data = _raw(request)
    if not data:
        raise Invalid.at(f"/{FIELD}", "must be given", "required")
    return data


def _raw(request: Request) -> bytes:
    try:
        return read_bytes(request, MOST_BYTES)
    except TooLarge:
        raise PictureTooLarge from None


def picture_files() -> Storage:
    """The media folder of this application."""
    return media(current_app.config["SETTINGS"])
