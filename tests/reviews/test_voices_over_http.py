"""Reviews and lists over JSON and on pages: shapes, caches, and what a guest's page depends on."""

from typing import Any

import pytest

from kirana.mailing import delivery
from kirana.notifications import mails
from kirana.platform.config import Settings
from kirana.platform.cookies import ACCESS_COOKIE
from kirana.reviews.services import answer_review, move_review
from kirana.reviews.shapes import ReviewAnswer, ReviewMove
from tests.checkout.calling import bearer_of
from tests.races.scenes import Counter, open_counter
from tests.reviews.speaking import have, shown


@pytest.fixture
def at(app: Any) -> Counter:
    found = open_counter(50)
    have(found.buyer, found.staff, found.milk)
    return found


def ask(client: Any, who: Any, method: str, path: str, body: Any = None, **headers: str) -> Any:
    given = {"Authorization": f"Bearer {bearer_of(who)}", **headers}
    return client.open(f"/api/v1{path}", method=method, json=body, headers=given)


def test_a_review_over_json(client: Any, at: Counter) -> None:
    mine = f"/products/{at.milk}/review"
    assert ask(client, at.buyer, "GET", mine).status_code == 404
    written = ask(client, at.buyer, "PUT", mine, {"stars": 5, "text": "Good."})
    assert (written.status_code, written.headers["ETag"]) == (200, '"1"')
    uid = written.json["uid"]
    stale = ask(client, at.buyer, "PUT", mine, {"stars": 4, "text": "Well."}, **{"If-Match": '"9"'})
    assert (stale.status_code, stale.json["code"]) == (412, "stale")
    for body, pointer in (
        ({"stars": 6, "text": "x"}, "/stars"),
        ({"stars": 0, "text": "x"}, "/stars"),
        ({"stars": 5, "text": ""}, "/text"),
        ({"stars": 5, "text": "x" * 2001}, "/text"),
        ({"stars": 5, "text": "x", "status": "shown"}, "/status"),
    ):
        refused = ask(client, at.buyer, "PUT", mine, body)
        assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, pointer)
    stranger = ask(client, at.staff, "PUT", mine, {"stars": 1, "text": "Bad."})
    assert (stranger.status_code, stranger.json["code"]) == (409, "not_bought")
    shelf = f"/api/v1/products/{at.milk}"
    assert client.get(f"{shelf}/reviews").json["items"] == []
    moved = ask(client, at.admin, "POST", f"/reviews/{uid}/moves", {"to": "shown"})
    assert (moved.json["status"], moved.json["legal_moves"]) == ("shown", ["hidden"])
    [told] = client.get(f"{shelf}/reviews").json["items"]
    assert set(told) == {"uid", "author", "stars", "text", "answer", "answered_at", "written_at"}
    assert client.get(shelf).json["rating"] == {"tenths": 50, "count": 1}
    again = ask(client, at.admin, "POST", f"/reviews/{uid}/moves", {"to": "refused", "reason": "x"})
    assert (again.status_code, again.json["legal"]) == (409, ["hidden", "waiting"])
    assert ask(client, at.buyer, "DELETE", mine).status_code == 204
    assert client.get(shelf).json["rating"] is None


def test_what_changes_a_review_changes_the_cached_page(client: Any, at: Counter) -> None:
    def page() -> str:
        return str(client.get(f"/products/{at.milk}").text)

    assert "Nobody has reviewed it yet" in page()
    uid = shown(at.buyer, at.admin, at.milk, 4)
    assert "Fresh, and it kept well." in page()
    answer_review(at.staff, uid, ReviewAnswer(text="Come again."))
    assert "Come again." in page()
    move_review(at.admin, uid, ReviewMove(to="hidden", reason="A mistake."))
    assert "Fresh, and it kept well." not in page()


def test_a_guests_page_holds_nothing_personal(client: Any, at: Counter) -> None:
    path = f"/products/{at.milk}"
    shown(at.buyer, at.admin, at.milk)
    before = client.get(path).text
    client.set_cookie(ACCESS_COOKIE, bearer_of(at.buyer))
    signed_in = client.get(path).text
    client.delete_cookie(ACCESS_COOKIE)
    assert client.get(path).text == before
    assert "data-heart" in signed_in
    assert "data-heart" not in before
    assert "Your review" not in before


def test_a_refused_review_is_mailed_with_its_reason(
    client: Any, at: Counter, settings: Settings
) -> None:
    sent: list[Any] = []

    class Sink:
        def send(self, message: Any, message_id: str) -> None:
            sent.append(message)

        def new_message_id(self) -> str:
            return f"<{len(sent)}@example.org>"

    mails.register(settings)
    delivery.use_mailer(Sink())
    mine = f"/products/{at.milk}/review"
    uid = ask(client, at.buyer, "PUT", mine, {"stars": 1, "text": "Awful."}).json["uid"]
    refusal = {"to": "refused", "reason": "It names a neighbour."}
    assert ask(client, at.admin, "POST", f"/reviews/{uid}/moves", refusal).status_code == 200
    delivery.deliver_due()
    [mail] = [each for each in sent if "was refused" in each.subject]
    assert mail.to == at.buyer.email
    for body in (mail.text, mail.html):
        assert "It names a neighbour." in body
        assert f"/products/{at.milk}/review" in body
    mails.register(settings)


def test_lists_over_json(client: Any, at: Counter) -> None:
    made = ask(client, at.buyer, "POST", "/me/lists", {"name": "The week"})
    assert made.status_code == 201
    uid, mine = made.json["uid"], f"/me/lists/{made.json['uid']}"
    assert made.headers["Location"] == f"/api/v1{mine}"
    line = f"{mine}/lines/{at.milk}"
    for _ in range(2):
        held = ask(client, at.buyer, "PUT", line, {"quantity": 2})
    assert [(x["product"], x["quantity"]["value"]) for x in held.json["lines"]] == [(at.milk, 2)]
    assert held.json["lines"][0]["price"] == {"amount": 5000, "currency": "INR"}
    link = ask(client, at.buyer, "POST", f"{mine}/links", {"may": "read"})
    assert link.status_code == 201
    token = link.json["path"].rpartition("/")[2]
    shared = client.get(f"/api/v1/shared-lists/{token}")
    assert (shared.json["owner"], shared.json["may"], shared.json["uid"]) == ("Person", "read", "")
    assert shared.headers["Cache-Control"] == "no-store"
    page = client.get(f"/shared-lists/{token}")
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert uid not in page.text
    other = ask(client, at.admin, "PUT", f"/shared-lists/{token}/lines/{at.milk}", {"quantity": 1})
    assert (other.status_code, other.json["code"]) == (403, "read_only")
    told = ask(client, at.admin, "POST", f"/shared-lists/{token}/basket")
    assert told.json == {"put": 1, "short": []}
    gone = ask(client, at.buyer, "DELETE", f"{mine}/links/{link.json['uid']}")
    assert gone.status_code == 204
    assert client.get(f"/api/v1/shared-lists/{token}").status_code == 404
    renamed = ask(client, at.buyer, "PATCH", mine, {"name": "Feast"}, **{"If-Match": '"1"'})
    assert renamed.status_code == 412


def test_a_guest_gets_a_basket_from_a_shared_list(client: Any, at: Counter) -> None:
    mine = f"/me/lists/{ask(client, at.buyer, 'POST', '/me/lists', {'name': 'A'}).json['uid']}"
    ask(client, at.buyer, "PUT", f"{mine}/lines/{at.milk}", {"quantity": 3})
    path = ask(client, at.buyer, "POST", f"{mine}/links", {"may": "edit"}).json["path"]
    answer = client.post(f"/api/v1{path}/basket", headers={"Origin": "http://localhost"})
    assert (answer.status_code, answer.json["put"]) == (200, 1)
    assert "Set-Cookie" in answer.headers
    assert [x["quantity"]["value"] for x in client.get("/api/v1/cart").json["lines"]] == [3]
