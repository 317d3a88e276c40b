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

from kirana.edge import openapi
from kirana.platform import db
from tests.journeys.access import WHO, outcome, read_matrix, write_matrix, write_row
from tests.reviews.speaking import speak
from tests.world import World, build

FILES = {
    ("PUT", "/api/v1/products/<slug>/picture"),
    ("PUT", "/api/v1/categories/<slug>/picture"),
    ("POST", "/api/v1/products/<slug>/pictures"),
}
# Signing in verifies a password outside any transaction; what it refuses is tested elsewhere.
API = "/api/v1/"
# Set, the test writes the file instead of comparing with it.
WRITE = "KIRANA_TEST_WRITE_MATRIX"


@pytest.fixture
def world(app: Any) -> World:
    made = build(app)
    speak(made)
    return made


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
        "<path:path>": "app.css", "<int:page>": "1",
        "<name>": keys["picture"] if "/pictures/" in path else "none.webp",
        "<token>": keys["token"],
        "<list_token>": keys["list_token"], "<link>": keys["link"],
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
    "/api/v1/products/<slug>/planned-prices/": "plan",
    "/office/<store_slug>/products/<slug>/plans/": "plan",
    "/api/v1/incidents/": "incident",
    "/api/v1/me/lists/": "list",
    "/lists/<uid>": "list",
    "/api/v1/reviews/": "review",
    "/reviews/": "review",
    "/office/<store_slug>/reviews/": "review",
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
    ("POST", "/api/v1/products/<slug>/planned-prices"): {
        "price": {"amount": 5000, "currency": "INR"},
        "due_at": "2100-01-01T00:00:00Z",
    },
    ("PUT", "/api/v1/products/<slug>/planned-publication"): {"publish_at": "2100-01-01T00:00:00Z"},
    ("PUT", "/api/v1/products/<slug>/picture-order"): {"names": ["oats.webp"]},
    ("PATCH", "/api/v1/products/<slug>/pictures/<name>"): {"alt": "A carton"},
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
    ("PUT", "/api/v1/products/<slug>/review"): {"stars": 4, "text": "Good."},
    ("POST", "/api/v1/reviews/<uid>/moves"): {"to": "hidden", "reason": "no"},
    ("POST", "/api/v1/reviews/<uid>/reports"): {"complaint": "untrue"},
    ("POST", "/api/v1/reviews/<uid>/answer"): {"text": "Thank you."},
    ("PATCH", "/api/v1/me/lists/<uid>"): {"name": "Party"},
    ("PUT", "/api/v1/me/lists/<uid>/lines/<slug>"): {"quantity": 2},
    ("POST", "/api/v1/me/lists/<uid>/links"): {"may": "read"},
    ("PUT", "/api/v1/shared-lists/<list_token>/lines/<slug>"): {"quantity": 2},
    ("POST", "/api/v1/incidents/<uid>/resolution"): {"note": "counted again"},
}


class RolledBack(Exception):
    """Ends the transaction of one call."""


def call(world: World, who: str, method: str, path: str) -> str:
    visitor = world.people[who]
    options: dict[str, Any] = {"headers": dict(visitor.headers)}
    if (method, path) in FILES:
        options |= {"data": picture(), "content_type": "image/png"}
    elif path.startswith(API) and method in ("POST", "PUT", "PATCH"):
        body = BODIES.get((method, path), {})
        options["json"] = {
            name: address(value, world.keys) if value in ("<store>", "<token>") else value
            for name, value in body.items()
        }
    client = visitor.client.application.test_client()  # without the cookies of earlier calls
    with rolled_back(unless=(method, path) in FILES):
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


@pytest.mark.on_database("sqlite")
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
