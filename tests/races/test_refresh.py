"""One refresh token, many who come with it at once: one successor, and nobody goes back."""

import threading
from typing import Any

import pytest
from sqlalchemy import update

from kirana.accounts import services
from kirana.accounts.models import Session
from kirana.accounts.services import sessions
from kirana.accounts.shapes import Tokens
from kirana.platform.access import GUEST, SYSTEM
from kirana.platform.tokens import hash_secret
from tests.accounts.people import KEYS, Visitor, join, rows
from tests.races.threads import at_once, raised, repeated, succeeded

TIMES = 5


def refresh(token: str) -> Tokens:
    return services.refresh(GUEST, KEYS, token)


@repeated
def test_five_at_once_get_one_successor(app: Any, attempt: int) -> None:
    first = join(app).tokens.refresh_token
    outcomes = at_once([lambda: refresh(first)] * TIMES)
    assert raised(outcomes) == []
    assert {tokens.refresh_token for tokens in outcomes} == {KEYS.successor(first)}
    (session,) = rows(Session)
    assert session.ended_at is None
    assert session.current_hash == hash_secret(KEYS.successor(first))
    assert refresh(KEYS.successor(first)).refresh_token


@repeated
def test_ending_wins_over_refreshing(app: Any, attempt: int) -> None:
    """Whatever comes first, afterwards neither the old nor the new token is worth anything."""
    asha = join(app)
    ends = [lambda: services.end_sessions_of(SYSTEM, asha.uid)]
    outcomes = at_once([lambda: refresh(asha.tokens.refresh_token)] * TIMES + ends)
    assert set(raised(outcomes)) <= {"RefreshRefused"}
    for tokens in [asha.tokens, *filter(None, succeeded(outcomes))]:
        assert Visitor(asha.client, tokens=tokens).get("/me").status_code == 401
        assert raised(at_once([lambda t=tokens: refresh(t.refresh_token)])) == ["RefreshRefused"]


def without_condition(connection: Any, session: Any, given: str, following: str) -> bool:
    """The mutant: the write that does not ask whether ``given`` is still the current token."""
    moving = update(Session).where(Session.id == session.id)
    changed = moving.values(current_hash=following, previous_hash=given)
    return bool(connection.execute(changed).rowcount == 1)


def overtake(monkeypatch: pytest.MonkeyPatch, first: str, advance: Any) -> None:
    """Refresh with ``first``; between the read and the write a rival rotates twice."""

    def overtaken(*given: Any) -> bool:
        monkeypatch.setattr(sessions, "_advance", advance)
        rival = threading.Thread(target=lambda: refresh(refresh(first).refresh_token))
        rival.start()
        rival.join(20)
        return bool(advance(*given))

    monkeypatch.setattr(sessions, "_advance", overtaken)
    at_once([lambda: refresh(first)])


def is_where_the_rival_left_it(first: str) -> bool:
    third = KEYS.successor(KEYS.successor(first))
    return bool(rows(Session)[0].current_hash == hash_secret(third))


@pytest.mark.on_database("postgresql")
def test_who_is_overtaken_turns_nothing_back(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite's writers wait in a queue."""
    first = join(app).tokens.refresh_token
    overtake(monkeypatch, first, sessions._advance)
    assert is_where_the_rival_left_it(first)


@pytest.mark.on_database("postgresql")
def test_without_its_condition_it_would(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first = join(app).tokens.refresh_token
    overtake(monkeypatch, first, without_condition)
    assert not is_where_the_rival_left_it(first)
