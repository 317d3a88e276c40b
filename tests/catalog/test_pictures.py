"""Pictures: told by their content, bounded before decoding, encoded anew."""

from pathlib import Path

import pytest

from kirana.catalog.errors import PictureRefused, PictureTooLarge
from kirana.catalog.imaging import LARGE, MOST_BYTES, SMALL, TINY, encode_picture
from kirana.catalog.models import Picture
from kirana.catalog.queries import catalog_version, get_product
from kirana.catalog.services.pictures import find_picture, put_picture, remove_picture
from kirana.platform.errors import Forbidden, NotFound
from kirana.platform.storage import Storage
from tests.catalog.drawings import bomb, opened, picture, turned_and_signed
from tests.catalog.market import Market, make_actor, open_market, rows

# One file for each size.
ENDS = (".webp", "-s.webp", "-t.webp")


@pytest.fixture
def files(tmp_path: Path) -> Storage:
    return Storage(tmp_path / "media")


@pytest.fixture
def market(database: object) -> Market:
    return open_market()


def names(files: Storage) -> list[str]:
    return sorted(path.name for path in files.folder.glob("*")) if files.folder.exists() else []


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_becomes_webp_in_three_sizes(kind: str) -> None:
    encoded = encode_picture(picture(kind))
    large, small, tiny = (opened(x) for x in (encoded.large, encoded.small, encoded.tiny))
    assert {each.format for each in (large, small, tiny)} == {"WEBP"}
    assert tiny.size == (TINY, TINY // 2) == (160, 80)
    assert large.size == (encoded.width, encoded.height) == (LARGE, LARGE // 2)
    assert small.size == (SMALL, SMALL // 2)


def test_a_small_picture_is_not_blown_up() -> None:
    encoded = encode_picture(picture("PNG", (100, 40)))
    assert opened(encoded.large).size == opened(encoded.small).size == (100, 40)


def test_what_the_camera_wrote_is_applied_and_dropped() -> None:
    encoded = encode_picture(turned_and_signed())
    image = opened(encoded.large)
    assert image.size == (LARGE // 2, LARGE)
    red, _, blue = image.convert("RGB").getpixel((LARGE // 4, 10))
    assert red > 200 > blue
    assert not image.getexif()
    assert b"Asha" not in encoded.large + encoded.small


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"GIF89a" + b"\x00" * 100,
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"%PDF-1.4",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\x00\x00\x00\x00WEBPVP8 ",
        picture("JPEG")[:200],
        picture("PNG")[:-40],
        picture("GIF"),
        picture("BMP"),
        picture("TIFF"),
    ],
    ids=range(11),
)
def test_what_is_no_picture_of_ours_is_refused(raw: bytes) -> None:
    with pytest.raises(PictureRefused):
        encode_picture(raw)


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    assert len(bomb()) < 200
    for raw in (bomb(), bomb(6_500), picture("PNG", (17_000, 1))):
        with pytest.raises(PictureTooLarge):
            encode_picture(raw)


def test_too_many_bytes_are_refused_unseen() -> None:
    with pytest.raises(PictureTooLarge):
        encode_picture(picture() + b"\x00" * MOST_BYTES)


def test_forty_million_pixels_are_allowed() -> None:
    assert encode_picture(picture("JPEG", (8_000, 5_000))).width == LARGE


def test_a_product_shows_its_latest_picture_and_the_old_files_go(
    market: Market, files: Storage
) -> None:
    slug = market.sell()
    before = catalog_version()
    first = put_picture(market.manager, files, slug, picture(), "A carton")
    second = put_picture(market.manager, files, slug, picture("PNG"))
    assert first.url != second.url
    (row,) = rows(Picture)
    assert get_product(market.manager, slug).picture_url == second.url == f"/media/{row.file}"
    assert names(files) == sorted(row.file.replace(".webp", end) for end in ENDS)
    assert opened(find_picture(files, row.file, small=False)).width == LARGE
    assert opened(find_picture(files, row.file, small=True)).width == SMALL
    assert opened(find_picture(files, row.file, tiny=True)).width == TINY
    assert catalog_version() == before + 2
    remove_picture(market.manager, files, slug)
    assert names(files) == []
    assert get_product(market.manager, slug).picture_url == f"/media/drawn/{slug}.svg"


def test_a_refused_picture_leaves_the_old_one(market: Market, files: Storage) -> None:
    slug = market.sell()
    shown = put_picture(market.manager, files, slug, picture())
    with pytest.raises(PictureRefused):
        put_picture(market.manager, files, slug, b"no picture")
    assert get_product(market.manager, slug).picture_url == shown.url
    assert len(names(files)) == len(ENDS)


def test_strangers_put_no_picture(market: Market, files: Storage) -> None:
    slug = market.sell()
    for actor, refusal in ((market.stranger, NotFound), (make_actor("customer"), Forbidden)):
        with pytest.raises(refusal):
            put_picture(actor, files, slug, picture())
    assert names(files) == []


def test_a_picture_from_elsewhere_without_a_small_size_is_shown_whole(files: Storage) -> None:
    name = files.save(b"whole", ".webp")
    assert find_picture(files, name, small=True) == b"whole"
    assert find_picture(files, name, tiny=True) == b"whole"


@pytest.mark.parametrize(
    "name",
    [
        "../secret",
        "..",
        ".hidden.webp",
        "a/b.webp",
        "a.webp/..",
        "a\x00.webp",
        "",
        "x" * 90 + ".webp",
    ],
)
def test_names_that_are_not_ours_are_not_there(files: Storage, name: str) -> None:
    files.folder.mkdir()
    (files.folder.parent / "secret").write_text("x")
    (files.folder / ".hidden.webp").write_text("x")
    with pytest.raises(NotFound):
        find_picture(files, name, small=False)
    with pytest.raises(FileNotFoundError):
        files.save_as(name, b"x")


def test_a_file_is_whole_or_not_there(files: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    files.save_as("a.webp", b"before")

    def fail(self: Path, target: Path) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        files.save_as("a.webp", b"after")
    assert names(files) == ["a.webp"]
    assert files.open("a.webp").read() == b"before"
