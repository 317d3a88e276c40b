"""Who may make a visitor's browser change something: only pages of ours."""

from typing import Any

import pytest

from kirana.accounts.models import Account
from tests.accounts.people import OWN_ORIGIN, PASSWORD, Visitor, join, person_row, rows

FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "http://localhost:81"},
    {"Origin": "https://localhost"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
]
OWN = [
    {"Origin": "http://localhost"},
    {"Sec-Fetch-Site": "same-origin"},
    {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"},
    {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
]
UNSAID: list[dict[str, str]] = [{}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"}]
CHANGE = {"name": "Changed", "wants_report": "1"}


@pytest.fixture
def asha(app: Any, client: Any) -> Visitor:
    """Signed in by cookies."""
    visitor = Visitor(client, join(app, email="asha@example.org").email)
    form = {"email": visitor.email, "password": PASSWORD, "return_to": ""}
    assert client.post("/sign-in", data=form, headers=OWN_ORIGIN).status_code == 303
    return visitor


def token_in(page: str) -> str:
    return page.partition('name="csrf_token" value="')[2].partition('"')[0]


def is_refused(answer: Any) -> bool:
    return answer.status_code == 403 and b"did not come from a page of this shop" in answer.data


def test_a_foreign_page_changes_nothing(asha: Visitor) -> None:
    token = token_in(asha.client.get("/account").text)
    form = {**CHANGE, "csrf_token": token}
    for headers in FOREIGN:
        assert is_refused(asha.client.post("/account", data=form, headers=headers)), headers
        answer = asha.client.patch("/api/v1/me", json={"name": "Changed"}, headers=headers)
        assert (answer.status_code, answer.json["code"]) == (403, "csrf_failed")
    assert person_row(asha.email).name != "Changed"


def test_nor_for_somebody_without_cookies(client: Any) -> None:
    body = {"email": "new@example.org", "name": "N", "password": PASSWORD}
    for headers in FOREIGN:
        assert client.post("/api/v1/auth/sign-up", json=body, headers=headers).status_code == 403
    assert rows(Account) == []


def test_our_own_page_does(asha: Visitor) -> None:
    for headers in OWN:
        answer = asha.client.post("/account", data=CHANGE, headers=headers)
        assert answer.status_code == 303, headers
    assert person_row(asha.email).name == "Changed"


@pytest.mark.parametrize("place", ["form", "header"])
def test_without_word_from_the_browser_the_token_decides(asha: Visitor, place: str) -> None:
    token = token_in(asha.client.get("/account").text)
    assert len(token) == 64

    def send(word: str, headers: dict[str, str]) -> Any:
        form = {**CHANGE, "csrf_token": word} if place == "form" else CHANGE
        extra = {"X-CSRF-Token": word} if place == "header" else {}
        return asha.client.post("/account", data=form, headers={**headers, **extra})

    for headers in UNSAID:
        for wrong in ("", "x", "0" * 64, token[:-1], token.upper()):
            assert is_refused(send(wrong, headers)), (wrong, headers)
        assert send(token, headers).status_code == 303


def test_a_token_is_bound_to_its_session(app: Any, asha: Visitor) -> None:
    other = app.test_client()
    join(app, email="ravi@example.org")
    form = {"email": "ravi@example.org", "password": PASSWORD, "return_to": ""}
    other.post("/sign-in", data=form, headers=OWN_ORIGIN)
    theirs = token_in(other.get("/account").text)
    assert is_refused(asha.client.post("/account", data={**CHANGE, "csrf_token": theirs}))


def test_a_bearer_needs_neither(app: Any) -> None:
    asha = join(app)
    evil = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    answer = asha.call("PATCH", "/me", {"name": "Changed"}, **evil)
    assert answer.status_code == 200


def test_a_guests_basket_cookie_counts_as_ours(client: Any) -> None:
    client.set_cookie("basket", "a secret")
    body = {"email": "new@example.org", "name": "N", "password": PASSWORD}
    refused = client.post("/api/v1/auth/sign-up", json=body)
    assert (refused.status_code, refused.json["code"]) == (403, "csrf_failed")
    sent = client.post("/api/v1/auth/sign-up", json=body, headers=OWN_ORIGIN)
    assert sent.status_code == 202


def test_reading_is_free(asha: Visitor) -> None:
    evil = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert asha.client.get("/sign-up", headers=evil).status_code == 200
    assert asha.client.head("/sign-up", headers=evil).status_code == 200
