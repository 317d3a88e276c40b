"""One key, one effect, on both databases."""

import threading
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, insert, select

from kirana.catalog.models import Category
from kirana.platform import clock, db, idempotency, purging
from kirana.platform.access import Actor
from kirana.platform.db import verb
from kirana.platform.errors import BadRequest, Conflict
from kirana.platform.idempotency import Claim, KeyReused, RightsChanged, Stored

pytestmark = pytest.mark.usefixtures("database")
PERSON, OTHER = Actor(account_id=1), Actor(account_id=2)
CLAIM = Claim.of(PERSON, "key", b"POST", b"/orders", b"{}")


@verb
def add(connection: Connection, slug: str) -> Stored:
    connection.execute(insert(Category).values(slug=slug, name=slug))
    return Stored(201, slug.encode(), {"Location": f"/{slug}"})


def slugs() -> list[str]:
    with db.reading() as connection:
        return list(connection.execute(select(Category.slug)).scalars())


def test_the_first_answer_is_replayed() -> None:
    first = idempotency.once(CLAIM, lambda: add("a"))
    again = idempotency.once(CLAIM, lambda: add("b"))
    assert (again.status, again.body, again.headers) == (201, b"a", {"Location": "/a"})
    assert not first.replayed
    assert again.replayed
    assert slugs() == ["a"]


def test_a_key_stands_for_one_request_and_one_owner() -> None:
    idempotency.once(CLAIM, lambda: add("a"))
    with pytest.raises(KeyReused):
        idempotency.once(Claim.of(PERSON, "key", b"other"), lambda: add("b"))
    idempotency.once(Claim.of(OTHER, "key", b"POST", b"/orders", b"{}"), lambda: add("c"))
    assert slugs() == ["a", "c"]


def test_parts_cannot_be_shifted_into_each_other() -> None:
    one, other = Claim.of(PERSON, "k", b"ab", b"c"), Claim.of(PERSON, "k", b"a", b"bc")
    assert one.fingerprint != other.fingerprint


def with_rights(*stores: int, permissions: Iterable[str] = ("read:x",)) -> Claim:
    places = dict.fromkeys(stores, frozenset({"write:y"}))
    person = replace(PERSON, permissions=frozenset(permissions), stores=places)
    return Claim.of(person, "key", b"POST")


@pytest.mark.parametrize("now", [with_rights(7, permissions=()), with_rights(), with_rights(8)])
def test_whoever_lost_a_right_is_not_told_again(now: Claim) -> None:
    idempotency.once(with_rights(7), lambda: add("a"))
    with pytest.raises(RightsChanged):
        idempotency.once(now, lambda: add("b"))
    assert idempotency.once(with_rights(7, 8), lambda: add("b")).replayed
    assert slugs() == ["a"]


def test_a_refusal_frees_the_key() -> None:
    def refuse() -> Stored:
        raise Conflict

    with pytest.raises(Conflict):
        idempotency.once(CLAIM, refuse)
    assert idempotency.once(CLAIM, lambda: add("a")).status == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "with\nbreak", "naïve"])
def test_a_key_is_printable_ascii(key: str) -> None:
    with pytest.raises(BadRequest):
        Claim.of(PERSON, key, b"")


def test_five_twins_at_once_have_one_effect_and_one_answer() -> None:
    start = threading.Barrier(5)
    answers: list[Stored] = []

    def run(number: int) -> None:
        start.wait()
        answers.append(idempotency.once(CLAIM, lambda: add(f"slug-{number}")))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(slugs()) == 1
    assert len({(answer.status, answer.body) for answer in answers}) == 1
    assert sorted(answer.replayed for answer in answers) == [False, True, True, True, True]


def test_keys_are_forgotten_after_three_days() -> None:
    idempotency.once(CLAIM, lambda: add("a"))
    assert idempotency.purge() == 0
    with clock.frozen(clock.utc_now() + idempotency.KEPT + timedelta(seconds=1)):
        assert idempotency.purge() == 1


def test_more_keys_than_one_transaction_forgets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purging, "BATCH", 2)
    for number in range(5):
        idempotency.once(Claim.of(PERSON, f"old-{number}", b"x"), lambda: Stored(201, b"{}"))
    with clock.frozen(clock.utc_now() + idempotency.KEPT + timedelta(hours=1)):
        idempotency.once(Claim.of(PERSON, "young", b"x"), lambda: Stored(201, b"{}"))
        assert idempotency.purge() == 5
        assert idempotency.purge() == 0
