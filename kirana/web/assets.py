"""Static files under addresses that change with their content, kept by browsers for ever."""

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Response, send_from_directory

from kirana.edge.declared import kept_at_edge
from kirana.platform.http import public

FOLDER = Path(__file__).parent / "static"
KEPT = "public, max-age=31536000, immutable"
KEPT_A_DAY = "public, max-age=86400"

pages = Blueprint("assets", __name__)


@lru_cache(maxsize=1)
def edition() -> str:
    """One digest over all static files: modules and style sheets refer to each other relatively."""
    digest = hashlib.sha256()
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file():
            digest.update(str(path.relative_to(FOLDER)).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def asset(path: str) -> str:
    """The address of a static file."""
    return f"/assets/{edition()}/{path}"


@pages.get("/assets/<known_edition>/<path:path>")
@public
@kept_at_edge("fixed")
def serve(known_edition: str, path: str) -> Response:
    """A static file; kept for ever when its edition is today's, else asked for again."""
    response = send_from_directory(FOLDER, path)
    is_today = known_edition == edition()
    response.headers["Cache-Control"] = KEPT if is_today else "no-cache"
    return response


@pages.get("/favicon.ico")
@public
def favicon() -> Response:
    """The shop's sign, for whoever asks without having read a page."""
    response = send_from_directory(FOLDER, "favicon.svg")
    response.headers["Cache-Control"] = KEPT_A_DAY
    return response
