"""Several pictures: added behind each other, put in order, described, taken away."""

from pathlib import Path
from typing import Any

import pytest

from kirana.catalog.addresses import picture_choices
from kirana.catalog.errors import PictureRefused, TooManyPictures
from kirana.catalog.models import Picture
from kirana.catalog.picture_queries import list_pictures
from kirana.catalog.queries import catalog_version, get_product
from kirana.catalog.services.pictures import (
    MOST_PICTURES,
    add_picture,
    arrange_pictures,
    describe_picture,
    put_picture,
    remove_picture,
)
from kirana.platform.audit import AuditEvent
from kirana.platform.errors import Forbidden, Invalid, NotFound
from kirana.platform.storage import Storage
from kirana.stock.queries import find_product_page
from tests.accounts.people import API, at_once
from tests.catalog.drawings import opened, picture
from tests.catalog.market import Market, make_actor, open_market, rows


@pytest.fixture
def files(tmp_path: Path) -> Storage:
    return Storage(tmp_path / "media")


@pytest.fixture
def market(database: object) -> Market:
    return open_market()


def places() -> list[tuple[int, str]]:
    return sorted((row.position, row.file) for row in rows(Picture))


def with_three(market: Market, files: Storage) -> tuple[str, list[str]]:
    slug = market.sell()
    made = [add_picture(market.manager, files, slug, picture()).name for _ in range(3)]
    return slug, made


def test_pictures_stand_in_the_order_they_came(market: Market, files: Storage) -> None:
    slug, (one, two, three) = with_three(market, files)
    assert places() == [(0, one), (1, two), (2, three)]
    assert get_product(market.manager, slug).picture_url == f"/media/{one}"
    page = find_product_page(slug)
    assert page is not None
    assert [(each.name, each.width, each.height) for each in page.pictures] == [
        (name, 640, 320) for name in (one, two, three)
    ]


def test_any_order_can_be_had_and_the_first_is_on_the_card(market: Market, files: Storage) -> None:
    slug, (one, two, three) = with_three(market, files)
    before = catalog_version()
    arrange_pictures(market.manager, slug, [three, one, two])
    assert places() == [(0, three), (1, one), (2, two)]
    assert catalog_version() == before + 1
    page = find_product_page(slug)
    assert page is not None
    assert page.item.picture_url == f"/media/small/{three}"
    for wrong in ([one], [one, two], [one, two, two], [one, two, three, "x.webp"]):
        with pytest.raises(Invalid):
            arrange_pictures(market.manager, slug, wrong)
    assert places() == [(0, three), (1, one), (2, two)]


def test_what_is_taken_away_leaves_no_gap_and_no_file(market: Market, files: Storage) -> None:
    slug, (one, two, three) = with_three(market, files)
    remove_picture(market.manager, files, slug, two)
    assert places() == [(0, one), (1, three)]
    remove_picture(market.manager, files, slug)
    assert places() == [(0, three)]
    assert len(list(files.folder.iterdir())) == 3
    with pytest.raises(NotFound):
        remove_picture(market.manager, files, slug, two)
    remove_picture(market.manager, files, slug, three)
    assert list(files.folder.iterdir()) == []
    assert get_product(market.manager, slug).picture_url.startswith("/media/drawn/")


def test_a_new_first_picture_leaves_the_others(market: Market, files: Storage) -> None:
    slug, (one, two, three) = with_three(market, files)
    new = put_picture(market.manager, files, slug, picture()).name
    assert places() == [(0, new), (1, two), (2, three)]
    assert one not in {path.name for path in files.folder.iterdir()}


def test_eight_at_most_also_at_once(market: Market, files: Storage) -> None:
    slug = market.sell()
    for _ in range(MOST_PICTURES - 1):
        add_picture(market.manager, files, slug, picture())
    adding = lambda: add_picture(market.manager, files, slug, picture())  # noqa: E731
    found = at_once(adding, adding)
    assert sum(isinstance(each, TooManyPictures) for each in found) == 1
    assert [place for place, _file in places()] == list(range(MOST_PICTURES))
    assert len(list(files.folder.iterdir())) == 3 * MOST_PICTURES


def test_a_refused_one_leaves_the_others(market: Market, files: Storage) -> None:
    slug, made = with_three(market, files)
    with pytest.raises(PictureRefused):
        add_picture(market.manager, files, slug, b"no picture")
    assert [name for _place, name in places()] == made


def test_what_a_picture_shows_is_said_and_audited(market: Market, files: Storage) -> None:
    slug, (one, two, _three) = with_three(market, files)
    describe_picture(market.manager, slug, two, "The back of the pack")
    assert [each.alt for each in list_pictures(market.manager, slug)] == [
        "", "The back of the pack", "",
    ]  # fmt: skip
    with pytest.raises(NotFound):
        describe_picture(market.manager, slug, "nothing.webp", "x")
    arrange_pictures(market.manager, slug, [name for _place, name in reversed(places())])
    remove_picture(market.manager, files, slug, one)
    done = [row.action for row in rows(AuditEvent) if row.action.startswith("product_picture")]
    assert done == [
        *["product_picture_added"] * 3,
        "product_picture_described",
        "product_pictures_arranged",
        "product_picture_removed",
    ]


def test_strangers_touch_no_picture(market: Market, files: Storage) -> None:
    slug, made = with_three(market, files)
    for actor, refusal in ((market.stranger, NotFound), (make_actor("customer"), Forbidden)):
        for attempt in (
            lambda: add_picture(actor, files, slug, picture()),  # noqa: B023 - called at once
            lambda: arrange_pictures(actor, slug, made[::-1]),  # noqa: B023
            lambda: describe_picture(actor, slug, made[0], "x"),  # noqa: B023
            lambda: remove_picture(actor, files, slug, made[0]),  # noqa: B023
        ):
            with pytest.raises(refusal):
                attempt()
    with pytest.raises(NotFound):
        list_pictures(market.stranger, slug)
    assert [name for _place, name in places()] == made


def test_over_http(app: Any, market: Market) -> None:
    app.extensions["actor_loader"] = lambda: market.manager
    client, slug = app.test_client(), market.sell()
    path = f"{API}/products/{slug}/pictures"
    names = [client.post(path, data=picture()).json["name"] for _ in range(2)]
    answer = client.put(path.replace("pictures", "picture-order"), json={"names": names[::-1]})
    assert [each["name"] for each in answer.json["items"]] == names[::-1]
    assert client.patch(f"{path}/{names[0]}", json={"alt": "Back"}).json["alt"] == "Back"
    shown = client.get(path).json["items"]
    assert [each["alt"] for each in shown] == ["", "Back"]
    for each, width in (("url", 640), ("small_url", 320), ("tiny_url", 160)):
        found = client.get(shown[0][each])
        assert found.headers["Cache-Control"].endswith("immutable")
        assert opened(found.data).width == width
    assert client.delete(f"{path}/{names[1]}").status_code == 204
    assert client.patch(f"{path}/{names[1]}", json={"alt": "x"}).status_code == 404
    assert (
        client.put(path.replace("pictures", "picture-order"), json={"names": [1]}).status_code
        == 422
    )


def test_sizes_to_choose_from_are_told_of_our_own_pictures_alone() -> None:
    wanted = "/media/tiny/a.webp 160w, /media/small/a.webp 320w, /media/a.webp 640w"
    for url in ("/media/a.webp", "/media/small/a.webp", "/media/tiny/a.webp"):
        assert picture_choices(url) == wanted
    for url in ("/media/drawn/a.svg", "/assets/1/departments/a.webp", "", "/media/x/a.webp"):
        assert picture_choices(url) == ""
