"""Pictures that are something else as well, and pictures that decoders trip over."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from kirana.catalog.errors import PictureRefused
from kirana.catalog.imaging import encode_picture
from kirana.catalog.uploads import picture_files
from tests.accounts.people import API
from tests.catalog.drawings import opened, picture, saved
from tests.catalog.market import open_market

SCRIPT = b"<html><script>alert('Asha')</script></html>"
DRAWN_SCRIPT = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"


def animated(kind: str) -> bytes:
    red, *others = (Image.new("RGB", (50, 40), colour) for colour in ("red", "blue", "green"))
    return saved(kind, red, save_all=True, append_images=others)


def talking() -> bytes:
    text = PngInfo()
    text.add_text("Comment", SCRIPT.decode() * 10)
    text.add_text("XML:com.adobe.xmp", SCRIPT.decode())
    return picture("PNG", pnginfo=text)


def profiled() -> bytes:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return picture("JPEG", icc_profile=profile, comment=SCRIPT)


@pytest.mark.parametrize(
    "make",
    [
        lambda: picture("PNG") + SCRIPT,
        lambda: picture("PNG") + DRAWN_SCRIPT,
        lambda: picture("JPEG", comment=SCRIPT),
        lambda: picture("WEBP") + b"PK\x03\x04" + SCRIPT,
        talking,
        profiled,
        lambda: animated("WEBP"),
        lambda: animated("PNG"),
        lambda: animated("MPO"),
        lambda: saved("JPEG", Image.new("CMYK", (50, 40))),
        *(lambda mode=mode: saved("PNG", Image.new(mode, (50, 40))) for mode in ("1", "L", "LA")),
        *(lambda mode=mode: saved("PNG", Image.new(mode, (50, 40))) for mode in ("P", "I;16")),
        lambda: picture("PNG", (1, 1)),
    ],
)
def test_only_what_is_seen_is_kept(make: Callable[[], bytes]) -> None:
    encoded = encode_picture(make())
    for data in (encoded.large, encoded.small):
        image = opened(data)
        assert (image.format, getattr(image, "n_frames", 1)) == ("WEBP", 1)
        assert image.mode in ("RGB", "RGBA")
        assert not {"exif", "xmp", "icc_profile", "comment"} & image.info.keys()
        assert b"script" not in data
        assert b"svg" not in data


def packed_bomb() -> bytes:
    """A comment of 50 MB in 50 KB."""
    text = PngInfo()
    text.add_text("Comment", "A" * 50_000_000, zip=True)
    return picture("PNG", pnginfo=text)


@pytest.mark.parametrize(
    "make",
    [
        packed_bomb,
        lambda: SCRIPT + picture("PNG"),
        lambda: b"GIF89a" + picture("JPEG"),
        lambda: picture("WEBP")[:60],
        lambda: picture("JPEG")[: len(picture("JPEG")) // 2],
        lambda: saved("ICO", Image.new("RGB", (32, 32))),
        lambda: animated("GIF"),
        lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        lambda: b"push graphic-context\nfill 'url(https://example.com/x.png)'\n",
        lambda: b"\x00" * 1000,
    ],
)
def test_what_is_broken_or_foreign_is_refused(make: Callable[[], bytes]) -> None:
    with pytest.raises(PictureRefused):
        encode_picture(make())


@pytest.mark.on_database("sqlite")
def test_name_and_type_of_an_upload_mean_nothing(app: Any) -> None:
    market = open_market()
    slug = market.sell()
    app.extensions["actor_loader"] = lambda: market.manager
    client, path = app.test_client(), f"{API}/products/{slug}/picture"

    def put(data: bytes, name: str, media_type: str) -> Any:
        return client.put(path, data={"picture": (io.BytesIO(data), name, media_type)})

    for data in (SCRIPT, DRAWN_SCRIPT, b""):
        assert put(data, "honest.png", "image/png").status_code == 422
    with app.app_context():
        folder = picture_files().folder
    before = set(folder.glob("*"))
    answer = put(picture("PNG") + SCRIPT, "../../evil.html", "text/html")
    assert answer.status_code == 200
    new = {each.name for each in set(folder.glob("*")) - before}
    assert len(new) == 3
    assert all(len(name) > 24 and name.endswith(".webp") for name in new)
    for url in (answer.json["url"], answer.json["small_url"]):
        shown = client.get(url)
        assert shown.headers["Content-Type"] == "image/webp"
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in shown.headers["Content-Security-Policy"]
        assert b"script" not in shown.data
    again = put(picture("PNG") + SCRIPT, "../../evil.html", "text/html")
    assert again.json["url"] != answer.json["url"]
