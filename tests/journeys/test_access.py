"""Every route, called as everybody, answers as the matrix file says.

Each call runs inside a transaction that is rolled back, so that no call changes the world of the
next one. A route without a row fails, and so does a row without a
route. The API's rows are those of its OpenAPI document.
"""

import contextlib
import io
import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image

from kirana.platform import db, openapi
from tests.journeys.access import WHO, outcome, read_matrix, write_matrix, write_row
from tests.world import World, build

FILES = ("/api/v1/products/<slug>/picture", "/api/v1/categories/<slug>/picture")
# Signing in verifies a password outside any transaction; what it refuses is tested elsewhere.
API = "/api/v1/"
# Set, the test writes the file instead of comparing with it.
WRITE = "KIRANA_TEST_WRITE_MATRIX"


@pytest.fixture
def world(app: Any) -> World:
    return build(app)


def routes(app: Any) -> Iterator[tuple[str, str]]:
    """The API's operations from its own document, and the pages from the map of addresses."""
    for path, methods in openapi.build(app)["paths"].items():
        for method in methods:
            yield method.upper(), re.sub(r"{(\w+)}", r"<\1>", path)
    for rule in app.url_map.iter_rules():
        if not hasattr(app.view_functions[rule.endpoint], "__operation__"):
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                yield method, rule.rule


def address(path: str, keys: dict[str, str]) -> str:
    """The route's path with the keys of things that exist."""
    slug = next(
        (keys[name] for part, name in SLUGS.items() if path.startswith(part)), keys["product"]
    )
    uid = next((keys[name] for part, name in UIDS.items() if path.startswith(part)), "none")
    values = {
        "<slug>": slug, "<uid>": uid, "<number>": keys["order"], "<month>": "2020-01",
        "<store>": keys["manager.store"], "<store_slug>": keys["manager.store"],
        "<session>": keys["person_session"], "<known_edition>": "x",
        "<path:path>": "app.css", "<name>": "none.webp", "<token>": keys["token"],
    }  # fmt: skip
    for name, value in values.items():
        path = path.replace(name, value)
    return path


SLUGS = {
    "/api/v1/categories/": "category",
    "/categories/": "category",
    "/office/categories/": "category",
    "/api/v1/stores/<slug>": "manager.store",
    "/api/v1/me/stores/<slug>": "manager.store",
}
UIDS = {
    "/api/v1/category-requests/": "request",
    "/office/requests/": "request",
    "/api/v1/search/synonyms/": "synonym",
    "/office/synonyms/": "synonym",
    "/office/<store_slug>/requests/": "request",
    "/api/v1/jobs/": "job",
    "/api/v1/exports/": "job",
    "/office/<store_slug>/exports/": "job",
    "/api/v1/manager-applications/": "application",
    "/office/approvals/": "application",
    "/api/v1/me/addresses/": "address",
    "/account/addresses/": "address",
    "/api/v1/me/passkeys/": "passkey",
    "/api/v1/me/sessions/": "session",
    "/account/passkeys/": "passkey",
    "/account/sessions/": "session",
    "/account/security/": "session",
    "/api/v1/people/": "person",
    "/office/people/": "person",
    "/api/v1/stores/<slug>/members/": "member",
    "/office/<store_slug>/team/members/": "member",
    "/api/v1/stores/<slug>/invitations/": "invitation",
    "/office/<store_slug>/team/invitations/": "invitation",
    "/api/v1/me/api-keys/": "key",
    "/account/keys/": "key",
    "/api/v1/incidents/": "incident",
    "/office/checks/": "incident",
}


# Where ownership is only asked once the body is understood, the body is a good one.
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/api/v1/orders/<number>/moves"): {"to": "accepted"},
    ("PATCH", "/api/v1/products/<slug>/stock"): {"low_at": 3},
    ("POST", "/api/v1/products/<slug>/stock/movements"): {"kind": "received", "quantity": 5},
    ("POST", "/api/v1/stores/<store>/products"): {
        "title": "Rice",
        "category": "drinks",
        "price": {"amount": 5000, "currency": "INR"},
    },
    ("PUT", "/api/v1/me/addresses/<uid>"): {
        "name": "Asha",
        "phone": "+91 98450 12345",
        "street": "1 Road",
        "city": "Bengaluru",
        "postcode": "560001",
    },
    ("PATCH", "/api/v1/me/passkeys/<uid>"): {"name": "Phone"},
    ("POST", "/api/v1/exports"): {"store_slug": "<store>"},
    ("POST", "/api/v1/invitations/acceptance"): {"token": "<token>"},
    ("POST", "/api/v1/stores/<slug>/invitations"): {"email": "new@x.org", "role": "picker"},
    ("PATCH", "/api/v1/stores/<slug>/members/<uid>"): {"role": "courier"},
    ("PUT", "/api/v1/people/<uid>/role"): {"role": "manager"},
    ("POST", "/api/v1/incidents/<uid>/resolution"): {"note": "counted again"},
}


class RolledBack(Exception):
    """Ends the transaction of one call."""


def call(world: World, who: str, method: str, path: str) -> str:
    visitor = world.people[who]
    options: dict[str, Any] = {"headers": dict(visitor.headers)}
    if path in FILES and method == "PUT":
        options |= {"data": picture(), "content_type": "image/png"}
    elif path.startswith(API) and method in ("POST", "PUT", "PATCH"):
        body = BODIES.get((method, path), {})
        options["json"] = {
            name: address(value, world.keys) if value in ("<store>", "<token>") else value
            for name, value in body.items()
        }
    client = visitor.client.application.test_client()  # without the cookies of earlier calls
    with rolled_back(unless=path in FILES):
        answer = client.open(address(path, world.keys), method=method, **options)
    return outcome(answer.status_code, answer.headers.get("Location", ""))


@contextlib.contextmanager
def rolled_back(unless: bool) -> Iterator[None]:
    """Undo what is written inside. Pictures are stored outside any transaction and may stay."""
    if unless:
        yield
        return
    with contextlib.suppress(RolledBack), db.transaction():
        yield
        raise RolledBack


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "green").save(file, "PNG")
    return file.getvalue()


def test_every_route_answers_everybody_as_the_matrix_says(app: Any, world: World) -> None:
    found = {
        (method, path): {who: call(world, who, method, path) for who in WHO}
        for method, path in sorted(routes(app), key=lambda route: (route[1], route[0]))
    }
    if WRITE in os.environ:
        write_matrix(found)
        pytest.fail("the matrix file is written anew; read its difference")
    matrix = read_matrix()
    wrong = [
        f"is:  {write_row(*route, found[route])}\nfile: {_row(route, matrix)}"
        for route in found
        if found[route] != matrix.get(route)
    ]
    gone = [route for route in matrix if route not in found]
    assert not wrong, "\n".join(wrong)
    assert not gone, f"rows without a route: {gone}"


def _row(route: tuple[str, str], matrix: dict[tuple[str, str], dict[str, str]]) -> str:
    return write_row(*route, matrix[route]) if route in matrix else "no row"
