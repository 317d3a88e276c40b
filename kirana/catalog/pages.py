"""Pictures as the browser fetches them."""

from flask import Blueprint, Response

from kirana.catalog.drawing import MEDIA_TYPE, PackFacts, draw_pack
from kirana.catalog.queries import find_pack_facts
from kirana.catalog.services.pictures import find_picture
from kirana.catalog.uploads import picture_files
from kirana.platform.access import GUEST
from kirana.platform.cache import answer_if_none_match
from kirana.platform.errors import NotFound
from kirana.platform.http import current_actor, public

pages = Blueprint("catalog_pages", __name__)
FOREVER = "public, max-age=31536000, immutable"
A_WHILE = "public, max-age=300"


@pages.get("/media/<name>")
@public
def picture(name: str) -> Response:
    """A picture; its random name is never given to another."""
    return _webp(find_picture(picture_files(), name))


@pages.get("/media/small/<name>")
@public
def small_picture(name: str) -> Response:
    """The same in the size of a card."""
    return _webp(find_picture(picture_files(), name, small=True))


@pages.get("/media/tiny/<name>")
@public
def tiny_picture(name: str) -> Response:
    """The same in the size of a line in a list."""
    return _webp(find_picture(picture_files(), name, tiny=True))


@pages.get("/media/drawn/<slug>.svg")
@public
def drawn(slug: str) -> Response:
    """The pack of a product without a picture; of a draft for its own managers only."""
    facts, keep = find_pack_facts(GUEST, slug), A_WHILE
    if facts is None:
        facts, keep = find_pack_facts(current_actor(), slug), "no-store"
    if facts is None:
        raise NotFound
    response = _file(draw_pack(PackFacts(**facts)).encode(), MEDIA_TYPE, keep)
    response.add_etag()
    answer_if_none_match(response)
    return response


def _webp(data: bytes) -> Response:
    return _file(data, "image/webp", FOREVER)


def _file(data: bytes, media_type: str, keep: str) -> Response:
    return Response(data, headers={"Cache-Control": keep}, content_type=media_type)
