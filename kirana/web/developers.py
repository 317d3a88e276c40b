"""For developers: the OpenAPI document, its browsable form, the style guide."""

import json
from functools import lru_cache
from pathlib import Path

import msgspec
from flask import Blueprint, Flask, Response, current_app

from kirana.accounts.permissions import GUEST_PERMISSIONS
from kirana.edge import openapi
from kirana.platform.errors import NotFound
from kirana.platform.http import public
from kirana.platform.pages import render

SAMPLE = Path(__file__).parent / "styleguide.json"

pages = Blueprint("developers", __name__)


@lru_cache(maxsize=4)
def document(app: Flask) -> bytes:
    """The OpenAPI document as bytes; routes do not change while the process lives."""
    return msgspec.json.encode(openapi.build(app, frozenset(map(str, GUEST_PERMISSIONS))))


@pages.get("/api/v1/openapi.json")
@public
def openapi_document() -> Response:
    """The API as OpenAPI 3.1."""
    answer = Response(
        document(current_app._get_current_object()),  # type: ignore[attr-defined]
        content_type="application/json",
    )
    answer.headers["Cache-Control"] = "public, max-age=300"
    return answer


@pages.get("/api/docs")
@public
def docs() -> Response:
    """Swagger UI, all of it served by us."""
    return render("docs.html")


@pages.get("/styleguide")
@public
def styleguide() -> Response:
    """Every component and state, outside production."""
    if current_app.config["SETTINGS"].env == "production":
        raise NotFound
    return render("styleguide.html", styleguide_sample=json.loads(SAMPLE.read_text()))
