"""What people change about themselves, and that they reach nobody else."""

from typing import Any

from kirana.accounts.models import Address
from tests.accounts.people import OWN_ORIGIN, PASSWORD, join, person_row, rows

HOME = {
    "name": "Asha Rao",
    "phone": "+91 98450 12345",
    "street": "12 Temple Street",
    "city": "Mysuru",
    "postcode": "570001",
}


def test_a_profile_is_changed_field_by_field(app: Any) -> None:
    asha = join(app)
    change = {"name": " Asha R. ", "zone": "Europe/Berlin", "locale": "hi-IN"}
    answer = asha.call("PATCH", "/me", change)
    assert answer.status_code == 200
    shown = answer.json
    assert (shown["name"], shown["zone"], shown["locale"]) == ("Asha R.", "Europe/Berlin", "hi-IN")
    assert shown["wants_report"] is True
    assert asha.call("PATCH", "/me", {"wants_report": False}).json["wants_report"] is False
    assert asha.call("PATCH", "/me", {}).json["name"] == "Asha R."


REFUSED = [
        ("role", "admin", "forbidden_field"), ("status", "active", "forbidden_field"),
        ("store", "x", "forbidden_field"), ("owner", "x", "forbidden_field"),
        ("permissions", [], "forbidden_field"), ("token_version", 1, "forbidden_field"),
        ("verified_at", "2026-01-01T00:00:00Z", "forbidden_field"),
        ("email", "x@example.org", "unknown_field"), ("password", PASSWORD, "unknown_field"),
        ("zone", "Nowhere/Land", "invalid"), ("locale", "x" * 9, "invalid"),
        ("name", " ", "required"),
        ("wants_report", "true", "invalid"), ("wants_report", 1, "invalid"),
]  # fmt: skip


def test_what_is_not_theirs_or_not_right(app: Any) -> None:
    asha = join(app)
    before = person_row(asha.email)
    for field, value, code in REFUSED:
        answer = asha.call("PATCH", "/me", {"name": "Changed", field: value})
        assert answer.status_code == 422, field
        assert {"pointer": f"/{field}", "code": code}.items() <= answer.json["errors"][0].items()
        assert asha.call("PATCH", f"/me?{field}=x", {"name": "Changed"}).status_code == 422
    assert person_row(asha.email) == before


def test_addresses(app: Any) -> None:
    asha = join(app)
    added = asha.post("/me/addresses", HOME)
    assert added.status_code == 201
    uid = added.json["uid"]
    assert asha.get("/me/addresses").json == [{"uid": uid, **HOME}]
    moved = {**HOME, "street": "14 Temple Street"}
    assert asha.call("PUT", f"/me/addresses/{uid}", moved).json["street"] == "14 Temple Street"
    assert asha.call("DELETE", f"/me/addresses/{uid}").status_code == 204
    assert asha.get("/me/addresses").json == []
    assert asha.call("DELETE", f"/me/addresses/{uid}").status_code == 404


def test_another_persons_address_is_not_there(app: Any) -> None:
    asha, ravi = join(app), join(app)
    uid = asha.post("/me/addresses", HOME).json["uid"]
    assert ravi.get("/me/addresses").json == []
    assert ravi.call("PUT", f"/me/addresses/{uid}", HOME).status_code == 404
    assert ravi.call("DELETE", f"/me/addresses/{uid}").status_code == 404
    assert asha.get("/me/addresses").json[0]["uid"] == uid


def test_an_address_is_given_to_nobody_else(app: Any) -> None:
    asha = join(app)
    for field in ("account_id", "owner", "uid", "id"):
        answer = asha.post("/me/addresses", {**HOME, field: "1"})
        assert answer.json["errors"][0]["code"] == "forbidden_field"
    assert rows(Address) == []


def test_a_telephone_number_has_digits(app: Any) -> None:
    asha = join(app)
    for phone in ("call me", "12", "+91 98450 12345 ext. 7", "98450\n12345"):
        answer = asha.post("/me/addresses", {**HOME, "phone": phone})
        assert [error["pointer"] for error in answer.json["errors"]] == ["/phone"]


def test_one_key_keeps_one_address(app: Any) -> None:
    asha = join(app)
    key = {"Idempotency-Key": "k1"}
    first = asha.post("/me/addresses", HOME, **key)
    again = asha.post("/me/addresses", HOME, **key)
    assert (first.status_code, first.data) == (again.status_code, again.data)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(rows(Address)) == 1


def test_twenty_addresses_are_enough(app: Any) -> None:
    asha = join(app)
    seen = [asha.post("/me/addresses", HOME).status_code for _ in range(21)]
    assert seen == [201] * 20 + [409]


def test_the_page_of_addresses(app: Any, client: Any) -> None:
    join(app, email="asha@example.org")
    form = {"email": "asha@example.org", "password": PASSWORD, "return_to": ""}
    client.post("/sign-in", data=form, headers=OWN_ORIGIN)
    wrong = client.post("/account/addresses", data={**HOME, "phone": "x"}, headers=OWN_ORIGIN)
    assert wrong.status_code == 422
    assert b"Telephone: write a telephone number, such as +91 98450 12345" in wrong.data
    kept = client.post("/account/addresses", data=HOME, headers=OWN_ORIGIN)
    assert kept.status_code == 303
    assert b"12 Temple Street" in client.get("/account/addresses").data
    path = f"/account/addresses/{rows(Address)[0].uid}/removal"
    assert client.post(path, headers=OWN_ORIGIN).status_code == 303
    assert rows(Address) == []
