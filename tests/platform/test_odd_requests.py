"""Requests that nobody's browser sends, as the attackers of the first review sent them."""

from typing import Any

import pytest

from kirana.platform.inputs import MAX_BODY_BYTES
from tests.accounts.people import join
from tests.catalog.market import open_market

JSON = {"Content-Type": "application/json"}
SIGN_IN = "/api/v1/auth/sign-in"


@pytest.mark.parametrize("body", [b'{"\\ud800": 1}', b'{"email": {"\\ud800": {"x": 1}}}'])
def test_a_surrogate_in_a_name_is_told_as_any_other_name(client: Any, body: bytes) -> None:
    answer = client.post(SIGN_IN, data=body, headers=JSON)
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize(("length", "status"), [("", 411), ("41", 400)])
def test_a_body_in_pieces_is_not_read(client: Any, length: str, status: int) -> None:
    pieces = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": length}
    body = b'{"email": "a@b.example", "password": "x"}'
    answer = client.post(SIGN_IN, data=body, headers=JSON, environ_overrides=pieces)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"


def test_a_body_has_a_limit(client: Any) -> None:
    for size in (MAX_BODY_BYTES + 1, 8 * MAX_BODY_BYTES):
        body = b'{"email": "a@b.example", "password": "x"}' + b" " * size + b"GARBAGE"
        assert client.post(SIGN_IN, data=body, headers=JSON).status_code == 413, size


@pytest.mark.parametrize("month", ["2026-10\n", "20２６-10", "2026-13", "2026-1"])
def test_a_month_is_seven_plain_characters(app: Any, month: str) -> None:
    admin = join(app, "admin")
    assert admin.post("/reports/monthly", {"month": month}).status_code == 422


@pytest.mark.parametrize(
    ("field", "value"),
    [("sku", "ABC\n"), ("barcode", "12345678\n"), ("title", "a\r\nb"), ("brand", "a\u202eb")],
)
def test_names_of_goods_are_one_line(app: Any, field: str, value: str) -> None:
    market = open_market()
    slug = market.sell("Oat milk")
    app.extensions["actor_loader"] = lambda: market.manager
    answer = app.test_client().patch(f"/api/v1/products/{slug}", json={field: value})
    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == f"/{field}"


def test_a_doubled_slash_leads_nowhere(client: Any) -> None:
    answer = client.get("/api/v1//me")
    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize("path", ["/api", "/API/v1/none"])
def test_whatever_begins_with_api_is_told_in_json(client: Any, path: str) -> None:
    assert client.get(path).mimetype == "application/problem+json"
