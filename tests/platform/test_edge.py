"""The edge in front of Flask: whose host, whose address, how much."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kirana.edge.front import LARGEST_HEADERS, LONGEST_ADDRESS, MOST_HEADERS
from kirana.platform.audit import AuditEvent
from kirana.platform.config import Settings
from kirana.platform.networks import shortened
from tests.accounts.people import API, join, rows
from tests.machinery.memory import make_app

pytestmark = pytest.mark.on_database("sqlite")
SIGN_IN = f"{API}/auth/sign-in"


def app_with(settings: Settings, home: Path, **changes: Any) -> Any:
    return make_app(replace(settings, **changes), home)


# ---- hosts


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("host", "is_ours"),
    [
        ("shop.example", True),
        ("SHOP.example:8443", True),
        ("second.example", True),
        ("localhost", False),
        ("127.0.0.1:8000", False),
        ("evil.example", False),
        ("shop.example.evil.example", False),
        ("evil.example/shop.example", False),
        ("shop.example@evil.example", False),
        ("shop.example,evil.example", False),
        ("shop.example:80:80", False),
        ("shop.example\r\nX-Evil: 1", False),
        ("", False),
    ],
)
def test_only_our_hosts_are_answered(
    settings: Settings, home: Path, host: str, is_ours: bool
) -> None:
    app = app_with(
        settings, home, env="production", base_url="https://shop.example", hosts="second.example"
    )
    for path in ("/sign-in", "/api/v1/stores"):
        answer = app.test_client().get(path, environ_overrides={"HTTP_HOST": host})
        assert answer.status_code == (200 if is_ours else 400), path
        assert b"evil" not in answer.data + str(answer.headers).encode()
    assert answer.mimetype == ("application/json" if is_ours else "application/problem+json")
    for path in ("/healthz", "/readyz"):
        assert app.test_client().get(path, environ_overrides={"HTTP_HOST": host}).json


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000"])
def test_the_own_machine_is_answered_outside_production(client: Any, host: str) -> None:
    assert client.get("/sign-in", headers={"Host": host}).status_code == 200


# ---- proxies

FORGED = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Real-IP": "203.0.113.9",
    "Forwarded": "for=203.0.113.9;host=evil.example;proto=https",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Prefix": "/evil",
}


def address_in_audit(app: Any, forwarded: dict[str, str]) -> str:
    """The network that a deed from there leaves in the audit, which keeps no whole address."""
    admin = join(app, "admin")
    assert admin.post("/categories", {"name": "Tea", "well": "sky"}, **forwarded).status_code == 201
    return str(rows(AuditEvent)[-1].network)


def test_nobody_forges_an_address_without_a_proxy(app: Any) -> None:
    assert address_in_audit(app, FORGED) == shortened("127.0.0.1")
    wrong = {"email": "asha@example.org", "password": "wrong password"}
    statuses = []
    for number in range(31):
        body = {**wrong, "email": f"nobody{number}@example.org"}
        forged = {**FORGED, "X-Forwarded-For": f"203.0.113.{number}"}
        statuses.append(app.test_client().post(SIGN_IN, json=body, headers=forged).status_code)
    assert statuses == [401] * 30 + [429]


@pytest.mark.parametrize(
    ("hops", "forwarded", "address"),
    [
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        (2, "203.0.113.9, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        (1, "2001:DB8::7", "2001:db8::7"),
        (2, "198.51.100.7", "127.0.0.1"),
        (1, "unknown", "127.0.0.1"),
        (1, "203.0.113.9, <script>", "127.0.0.1"),
        (1, "", "127.0.0.1"),
    ],
)
@pytest.mark.usefixtures("database")
def test_behind_proxies_the_outermost_of_ours_is_believed(
    settings: Settings, home: Path, hops: int, forwarded: str, address: str
) -> None:
    app = app_with(settings, home, proxy_hops=hops)
    assert address_in_audit(app, {**FORGED, "X-Forwarded-For": forwarded}) == shortened(address)


def test_no_link_is_made_from_what_a_client_says(client: Any) -> None:
    for path in ("/account", "/", "/none"):
        answer = client.get(path, headers=FORGED)
        assert b"evil" not in answer.data + str(answer.headers).encode()


# ---- sizes


def test_what_just_fits_is_let_in(client: Any) -> None:
    length = LONGEST_ADDRESS - len("/healthz") - 2
    assert client.get(f"/healthz?q={'x' * length}").status_code == 200
    headers = {f"X-{number}": "x" * 400 for number in range(MOST_HEADERS - 4)}
    assert client.get("/healthz", headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/stores"])
def test_what_does_not_is_told(client: Any, path: str) -> None:
    too_long = client.get(f"{path}?q={'x' * LONGEST_ADDRESS}")
    too_many = client.get(path, headers={f"X-{n}": "1" for n in range(MOST_HEADERS + 1)})
    too_large = client.get(path, headers={"X-Large": "x" * LARGEST_HEADERS})
    assert [each.status_code for each in (too_long, too_many, too_large)] == [414, 431, 431]
    for answer in (too_long, too_many, too_large):
        identifier = answer.headers["X-Request-Id"]
        assert identifier in answer.text
        if path.startswith("/api/"):
            assert answer.json["request_id"] == identifier
            assert answer.json["status"] == answer.status_code
        else:
            assert answer.mimetype == "text/html"


@pytest.mark.parametrize("length", ["-1", "5x", "٣", "1,1", "9" * 30])
def test_a_length_is_a_number(client: Any, length: str) -> None:
    answer = client.post(SIGN_IN, environ_overrides={"CONTENT_LENGTH": length})
    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"


def test_a_body_cut_short_is_not_worked_on(client: Any) -> None:
    answer = client.post(
        SIGN_IN,
        input_stream=io.BytesIO(b'{"email": "a@b.example", "password": "x"}'),
        content_type="application/json",
        environ_overrides={"CONTENT_LENGTH": "900"},
    )
    assert (answer.status_code, answer.json["code"]) == (408, "request_timeout")


def test_a_form_has_so_many_fields_and_so_many_letters(client: Any) -> None:
    parts = {f"f{number}": "x" for number in range(1_100)}
    kind = "multipart/form-data"
    assert client.post("/sign-in", data=parts, content_type=kind).status_code == 413
    assert client.post("/sign-in", data={"email": "x" * 300_000}).status_code == 413
    assert client.post("/sign-in", data=parts).status_code == 413
    assert client.post("/sign-in", data=dict(list(parts.items())[:999])).status_code == 422


def test_a_page_has_at_most_a_hundred_rows(client: Any) -> None:
    for limit in (0, -1, 101, 10**30, "ten"):
        answer = client.get(f"{API}/products", query_string={"limit": limit})
        assert answer.status_code == 422, limit
        assert answer.json["errors"][0]["pointer"] == "/limit"
    assert client.get(f"{API}/products?limit=100").status_code == 200
