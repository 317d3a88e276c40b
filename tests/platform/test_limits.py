"""Limits: each one bites, with Redis and without, before anything costly is done."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest
from limits.storage import RedisStorage
from redis.exceptions import TimeoutError  # noqa: A004

from kirana.accounts import passwords, web_session
from kirana.platform import limits
from kirana.platform.config import Settings
from kirana.platform.errors import TooMany
from kirana.platform.limits import FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS, Counter, Deed
from tests.accounts.factors import add_totp
from tests.accounts.people import OWN_ORIGIN, PASSWORD, Visitor, join, sign_in
from tests.catalog.market import make_actor, make_store
from tests.checkout.calling import bearer_of
from tests.machinery.valkey import Valkey
from tests.races.threads import at_once

Call = Callable[[int], Any]
ELSEWHERE = "203.0.113.7"


def set_limits(app: Any, **chosen: int) -> None:
    """All limits but ``chosen`` are out of the way."""
    far = {item.name: 10_000 for item in fields(Settings) if "_per_" in item.name}
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], **(far | chosen))


def call(app: Any, method: str, path: str, actor: Any = None, **options: Any) -> Any:
    headers = {"Authorization": f"Bearer {bearer_of(actor)}"} if actor else dict(OWN_ORIGIN)
    headers |= options.pop("headers", {})
    return app.test_client().open(path, method=method, headers=headers, **options)


def try_password(app: Any, email: str, password: str = "not the one", **options: Any) -> Any:  # noqa: S107 - a wrong one
    body = {"email": email, "password": password}
    return call(app, "POST", "/api/v1/auth/sign-in", json=body, **options)


def mails(app: Any, limit: Callable[[str], bool], email: str) -> Any:
    """What a route that mails answers, by the helper that it calls first."""
    with app.test_request_context("/", environ_base={"REMOTE_ADDR": ELSEWHERE}):
        try:
            status = 202 if limit(email) else 429
        except TooMany:
            status = 429
        return app.response_class(status=status)


def code_tries(app: Any) -> Call:
    """The n-th wrong code at the second step of somebody who knows the password."""
    kept: dict[str, str] = {}

    def act(number: int) -> Any:
        if not kept:
            person = join(app)
            add_totp(person)
            kept["proof"] = try_password(app, person.email, PASSWORD).json["proof"]
        body = {**kept, "code": f"{number:06}"}
        return call(app, "POST", "/api/v1/auth/second-factor", json=body)

    return act


def calls(app: Any) -> dict[str, Call]:
    """By setting: the n-th call of what it limits."""
    store, store_id = make_store()
    buyer, manager = make_actor("customer"), make_actor("manager", store_id)
    admin = make_actor("admin")
    person = {"name": "N", "password": PASSWORD}
    key = {"Idempotency-Key": "k"}
    forgot, verify = web_session.limit_forgot, web_session.limit_verification
    return {
        "sign_in_per_minute": lambda n: try_password(app, "a@example.org"),
        "sign_in_per_hour": lambda n: try_password(app, "a@example.org"),
        "sign_in_per_address": lambda n: try_password(app, f"a{n}@example.org"),
        "sign_up_per_hour": lambda n: call(
            app, "POST", "/api/v1/auth/sign-up", json={"email": f"a{n}@example.org", **person}
        ),
        "second_factor_per_minute": code_tries(app),
        "second_factor_per_hour": code_tries(app),
        "forgot_per_hour": lambda n: mails(app, forgot, "a@example.org"),
        "forgot_per_address": lambda n: mails(app, forgot, f"a{n}@example.org"),
        "verification_per_hour": lambda n: mails(app, verify, "a@example.org"),
        "password_checks_per_minute": lambda n: call(
            app, "POST", "/api/v1/auth/password-checks", json={}
        ),
        "invitation_per_hour": lambda n: call(
            app, "POST", f"/api/v1/stores/{store}/invitations", admin, json={}
        ),
        "order_per_minute": lambda n: call(
            app, "POST", "/api/v1/orders", buyer, json={}, headers=key
        ),
        "hold_per_hour": lambda n: call(app, "POST", "/api/v1/checkout", buyer),
        "review_per_hour": lambda n: call(
            app, "PUT", "/api/v1/products/none/review", buyer, json={}
        ),
        "list_writes_per_minute": lambda n: call(
            app, "DELETE", "/api/v1/me/favourites/none", buyer
        ),
        "cart_writes_per_minute": lambda n: call(app, "DELETE", "/api/v1/cart", buyer),
        "suggestions_per_minute": lambda n: call(
            app, "GET", ("/search/suggestions?q=mi", "/api/v1/search/suggestions?q=mi")[n % 2]
        ),
        "search_per_minute": lambda n: call(
            app, "GET", ("/search?q=milk", "/api/v1/products?q=milk")[n % 2]
        ),
        "upload_per_hour": lambda n: call(
            app, "PUT", "/api/v1/products/none/picture", manager, data=b"x"
        ),
        "export_per_hour": lambda n: call(
            app, "POST", "/api/v1/exports", manager, json={"store_slug": store}
        ),
        "api_per_minute": lambda n: call(app, "GET", "/api/v1/me", buyer),
    }


HELPERS = ("forgot_per_hour", "forgot_per_address", "verification_per_hour")
LIMITS = [item.name for item in fields(Settings) if "_per_" in item.name]


@pytest.mark.parametrize("redis", ["with Redis", "without"])
@pytest.mark.parametrize("setting", LIMITS)
def test_each_limit_bites(app: Any, valkey: Valkey, setting: str, redis: str) -> None:
    if redis == "without":
        valkey.stop()
    set_limits(app, **{setting: 3})
    act = calls(app)[setting]
    seen = [act(number).status_code for number in range(3)]
    assert 429 not in seen
    last = act(3)
    assert last.status_code == 429
    if setting not in HELPERS:
        assert 0 < int(last.headers["Retry-After"]) <= 3601
    assert bool(limits._local.storage.storage) == (redis == "without")


COUNT = """
import sys
from kirana.platform import limits
from kirana.platform.errors import TooMany
limits.use_redis(sys.argv[1])
for _ in range(3):
    try:
        limits.spend("4/minute", "deeds", "somebody")
        print("ok")
    except TooMany as error:
        print(error.retry_after)
"""


def test_processes_share_the_figures(valkey: Valkey) -> None:
    command = [sys.executable, "-c", COUNT, valkey.url]
    told = [
        subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
        for _ in range(2)
    ]
    words = "".join(told).split()
    assert words[:4] == ["ok"] * 4
    assert [0 < int(word) <= 61 for word in words[4:]] == [True, True]


def test_one_call_to_redis_says_what_the_librarys_say_in_two_for_each(valkey: Valkey) -> None:
    theirs, ours = Counter(RedisStorage(valkey.url)), Counter(limits._OneTrip(valkey.url))
    client = limits.connect(valkey.url)
    limits._hit(ours, [Deed("3/minute", "few", "the first, who brings the script")])
    for number in range(5):
        deeds = [Deed("3/minute", "few", "somebody"), Deed("9/hour", "many", "somebody")]
        expected = limits._hit(theirs, [deed._replace(owner="else") for deed in deeds])
        before = client.info("commandstats")["cmdstat_evalsha"]["calls"]
        counted = limits._hit(ours, deeds)
        assert client.info("commandstats")["cmdstat_evalsha"]["calls"] - before == 1
        assert [is_free for is_free, _found in counted] == ([True, True] if number < 3 else [False])
        for (is_free, found), (wanted, other) in zip(counted, expected, strict=True):
            # Asked in the millisecond in which the window began, theirs says that it is over.
            assert (is_free, replace(found, reset=other.reset)) == (wanted, other)
            assert found.window - 2 <= found.reset <= found.window
            assert found.left == max(0, found.quota - 1 - number)


def test_a_cut_connection_is_opened_anew_and_its_late_answers_are_nobody_s(valkey: Valkey) -> None:
    ours, client = Counter(limits._OneTrip(valkey.url)), limits.connect(valkey.url)

    def left(name: str) -> int:
        ((_is_free, found),) = limits._hit(ours, [Deed("9/minute", name, "somebody")])
        return found.left

    assert [left("cut"), left("cut")] == [8, 7]
    client.client_kill_filter(_type="normal", skipme=True)
    assert [left("cut"), left("cut")] == [6, 5]
    client.execute_command("CLIENT", "PAUSE", 400)
    with pytest.raises(TimeoutError):
        left("late")
    time.sleep(0.5)
    assert [left("cut"), left("cut")] == [4, 3]


class _Shared(list[Any]):
    """Gives everybody the one that it has."""

    def pop(self, *_: Any) -> Any:
        return self[-1]

    def append(self, _connection: Any) -> None:
        pass


@pytest.mark.parametrize("is_guarded", [True, False])
def test_each_call_has_a_connection_of_its_own(valkey: Valkey, is_guarded: bool) -> None:
    """The mutant has one for all threads, and answers go astray."""
    storage = limits._OneTrip(valkey.url)
    ours = Counter(storage)
    limits._hit(ours, [Deed("9/minute", "first", "somebody")])
    if not is_guarded:
        storage._idle[os.getpid()] = _Shared(storage._idle[os.getpid()])

    def count() -> list[int]:
        deeds = [Deed("999/minute", "many", f"somebody {is_guarded}")]
        return [limits._hit(ours, deeds)[0][1].left for _ in range(100)]

    outcomes = at_once([count] * 4)
    counted = [left for told in outcomes if isinstance(told, list) for left in told]
    assert (len(set(counted)) == 400) is is_guarded


def test_threads_that_come_and_go_leave_no_connections(valkey: Valkey) -> None:
    """Nor do they use up what the pool may open."""
    storage, client = limits._OneTrip(valkey.url), limits.connect(valkey.url)
    ours = Counter(storage)
    pool = storage._script.registered_client.connection_pool

    def count() -> object:
        return limits._hit(ours, [Deed("999/minute", "many", "somebody")])

    at_once([count] * 4)
    before = client.info("clients")["connected_clients"], pool._created_connections
    for _ in range(30):
        assert all(isinstance(told, list) for told in at_once([count] * 4))
    assert len(storage._idle[os.getpid()]) <= 4
    after = client.info("clients")["connected_clients"], pool._created_connections
    assert after[0] <= before[0] + 4
    assert after[1] == before[1]


def test_a_write_is_counted_in_one_call(app: Any, valkey: Valkey) -> None:
    client, buyer = limits.connect(valkey.url), make_actor("customer")
    assert call(app, "DELETE", "/api/v1/cart", buyer).status_code == 200
    before = client.info("commandstats")["cmdstat_evalsha"]["calls"]
    answer = call(app, "DELETE", "/api/v1/cart", buyer)
    assert client.info("commandstats")["cmdstat_evalsha"]["calls"] - before == 1
    told = dict(re.findall(r'"(\w+)";r=(\d+)', answer.headers["RateLimit"]))
    settings = app.config["SETTINGS"]
    assert told == {
        name: str(getattr(settings, name) - 2)
        for name in ("api_per_minute", "cart_writes_per_minute")
    }


@pytest.mark.parametrize("redis", ["with Redis", "without"])
def test_a_call_too_many_uses_up_no_other_limit(app: Any, valkey: Valkey, redis: str) -> None:
    if redis == "without":
        valkey.stop()
    buyer = make_actor("customer")
    set_limits(app, api_per_minute=2, cart_writes_per_minute=9)
    answers = [call(app, "DELETE", "/api/v1/cart", buyer) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    assert [len(answer.headers["RateLimit"].split(",")) for answer in answers] == [2, 2, 1, 1]
    set_limits(app, cart_writes_per_minute=9)
    last = call(app, "DELETE", "/api/v1/cart", buyer)
    assert '"cart_writes_per_minute";r=6;' in last.headers["RateLimit"]


def test_a_call_that_is_refused_uses_up_nothing_else(app: Any) -> None:
    buyer = make_actor("customer")
    answer = call(app, "PUT", "/api/v1/products/none/picture", buyer, data=b"x")
    assert answer.status_code == 403
    assert re.findall(r'"(\w+)"', answer.headers["RateLimit"]) == ["api_per_minute"]


@pytest.mark.parametrize("redis", ["with Redis", "without"])
def test_the_count_comes_before_the_hash(
    app: Any, valkey: Valkey, monkeypatch: pytest.MonkeyPatch, redis: str
) -> None:
    if redis == "without":
        valkey.stop()
    asha = join(app, email="asha@example.org")
    set_limits(app, sign_in_per_minute=2, sign_up_per_hour=2)
    hashed: list[str] = []
    for name in ("matches", "hash_password"):
        real = getattr(passwords, name)
        monkeypatch.setattr(
            passwords, name, lambda *given, r=real, n=name: hashed.append(n) or r(*given)
        )
    for _ in range(4):
        try_password(app, asha.email)
    assert hashed == ["matches"] * 2
    change = {"current_password": "wrong", "new_password": "black coffee, no sugar"}
    assert asha.call("PUT", "/me/password", change).status_code == 429
    assert hashed == ["matches"] * 2
    for number in range(4):
        body = {"email": f"n{number}@example.org", "name": "N", "password": PASSWORD}
        call(app, "POST", "/api/v1/auth/sign-up", json=body)
    assert hashed == ["matches"] * 2 + ["hash_password"] * 2


# ---- what is told


def test_every_answer_of_a_limited_route_tells_what_is_left(app: Any) -> None:
    buyer = make_actor("customer")
    set_limits(app, cart_writes_per_minute=3, api_per_minute=300)
    answers = [call(app, "DELETE", "/api/v1/cart", buyer) for _ in range(4)]
    policy = '"api_per_minute";q=300;w=60, "cart_writes_per_minute";q=3;w=60'
    assert {answer.headers["RateLimit-Policy"] for answer in answers} == {policy}
    fields_ = [
        re.findall(r'"(\w+)";r=(\d+);t=(\d+)', answer.headers["RateLimit"]) for answer in answers
    ]
    assert [[name for name, _, _ in one] for one in fields_] == [
        ["api_per_minute", "cart_writes_per_minute"]
    ] * 4
    assert [int(one[1][1]) for one in fields_] == [2, 1, 0, 0]
    assert [int(one[0][1]) for one in fields_] == [299, 298, 297, 296]
    assert all(0 < int(seconds) <= 61 for one in fields_ for _, _, seconds in one)
    assert answers[-1].status_code == 429
    assert answers[-1].json["code"] == "too_many_requests"
    assert answers[-1].headers["Retry-After"] == fields_[-1][1][2]
    assert set(answers[-1].json) == {
        "type", "title", "status", "code", "detail", "errors", "request_id",
    }  # fmt: skip


def test_what_a_shared_cache_may_keep_tells_nobodys_figures(app: Any) -> None:
    answer = call(app, "GET", "/api/v1/products?q=milk")
    assert "public" in answer.headers["Cache-Control"]
    assert "RateLimit" not in answer.headers


def test_pages_without_words_are_not_counted(app: Any) -> None:
    set_limits(app, search_per_minute=1)
    for path in ("/search", "/products", "/", "/api/v1/products", "/api/v1/categories"):
        for _ in range(3):
            answer = call(app, "GET", path)
            assert answer.status_code == 200
            assert "RateLimit" not in answer.headers


def test_a_refused_call_counts_as_well(app: Any) -> None:
    buyer = make_actor("customer")
    set_limits(app, api_per_minute=2)
    seen = [call(app, "GET", "/api/v1/people", buyer).status_code for _ in range(3)]
    assert seen == [403, 403, 429]


# ---- whose count


def test_an_address_cannot_be_made_up(app: Any) -> None:
    set_limits(app, sign_in_per_address=2)
    names = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "CF-Connecting-IP", "True-Client-IP")
    seen = [
        try_password(
            app, f"a{n}@example.org", headers=dict.fromkeys(names, f"198.51.100.{n}")
        ).status_code
        for n in range(4)
    ]
    assert seen == [401, 401, 429, 429]


@pytest.mark.parametrize(
    ("first", "second", "is_one"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
    ],
)
def test_a_network_of_ipv6_counts_as_one(app: Any, first: str, second: str, is_one: bool) -> None:
    set_limits(app, sign_in_per_address=1)
    base = [{"REMOTE_ADDR": address} for address in (first, second)]
    seen = [
        try_password(app, f"a{n}@example.org", environ_base=place).status_code
        for n, place in enumerate(base)
    ]
    assert seen == [401, 429 if is_one else 401]


# ---- tries at a password


def waits(app: Any, email: str, times: int) -> list[int]:
    """The wait after each of ``times`` wrong tries that had to wait for the one before."""
    found = []
    pair = _pair(app, email)
    for _ in range(times):
        assert try_password(app, email).status_code == 401
        refused = try_password(app, email)
        found.append(int(refused.headers["Retry-After"]) if refused.status_code == 429 else 0)
        for storage in (limits._local.storage, limits._shared[0].storage):
            storage.clear(f"sign_in/wait/{pair}")  # as if that long had passed
    return found


def _pair(app: Any, email: str) -> str:
    with app.test_request_context("/", environ_base={"REMOTE_ADDR": "127.0.0.1"}):
        return web_session._pair(email)


def test_the_wait_grows_with_failures_in_a_row(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "matches", lambda *_: False)
    set_limits(app, sign_in_per_minute=1)
    monkeypatch.setattr(web_session, "_spend_tries", lambda _owner: None)
    expected = [min(FIRST_WAIT_SECONDS * 2**n, LONGEST_WAIT_SECONDS) for n in range(6)]
    found = waits(app, "asha@example.org", 6)
    assert [abs(wait - due) <= 2 for wait, due in zip(found, expected, strict=True)] == [True] * 6
    assert found[-1] <= LONGEST_WAIT_SECONDS + 1


def test_the_right_password_ends_the_row(app: Any) -> None:
    join(app, email="asha@example.org")
    set_limits(app, sign_in_per_minute=3)
    assert [try_password(app, "asha@example.org").status_code for _ in range(2)] == [401] * 2
    assert try_password(app, "asha@example.org", PASSWORD).status_code == 201
    pair = _pair(app, "asha@example.org")
    limits.wait_for("sign_in", pair)
    assert limits._shared[0].storage.get(f"sign_in/row/{pair}") == 0


def test_strangers_do_not_lock_out_who_comes_from_the_usual_place(app: Any) -> None:
    """The rule for tries at a password: see the decision of that name."""
    join(app, email="asha@example.org")
    home = {"environ_base": {"REMOTE_ADDR": "192.0.2.1"}}
    away = {"environ_base": {"REMOTE_ADDR": "192.0.2.99"}}
    assert try_password(app, "asha@example.org", PASSWORD, **home).status_code == 201
    set_limits(app, sign_in_per_minute=3, sign_in_per_hour=3)
    for number in range(9):
        attacker = {"REMOTE_ADDR": f"198.51.100.{number}"}
        try_password(app, "asha@example.org", environ_base=attacker)
    assert try_password(app, "asha@example.org", PASSWORD, **away).status_code == 429
    assert try_password(app, "asha@example.org", PASSWORD, **home).status_code == 201
    seen = [try_password(app, "asha@example.org", **home).status_code for _ in range(3)]
    assert seen == [401, 401, 429]


def test_nobody_learns_what_others_tried(app: Any) -> None:
    join(app, email="asha@example.org")
    answers = [try_password(app, name) for name in ("asha@example.org", "no@example.org")]
    for answer in answers:
        assert answer.headers["RateLimit-Policy"] == '"sign_in_per_address";q=30;w=60'


def test_mails_for_a_forgotten_password_end_in_silence(app: Any) -> None:
    """Beyond the account's share nothing is sent and nothing is told; a network is told."""
    with app.test_request_context("/", environ_base={"REMOTE_ADDR": ELSEWHERE}):
        told = [web_session.limit_forgot("a@example.org") for _ in range(5)]
        assert told == [True, True, True, False, False]
        assert [web_session.limit_forgot(f"b{n}@example.org") for n in range(5)] == [True] * 5
        with pytest.raises(TooMany):
            web_session.limit_forgot("c@example.org")
    with app.test_request_context("/", environ_base={"REMOTE_ADDR": "203.0.113.8"}):
        assert not web_session.limit_forgot("A@EXAMPLE.ORG ")
        assert web_session.limit_verification("a@example.org")


def test_sessions_of_one_person_share_the_count(app: Any) -> None:
    asha = join(app)
    other = Visitor(app.test_client(), asha.email, sign_in(asha.email))
    set_limits(app, api_per_minute=2)
    assert [who.get("/me").status_code for who in (asha, other, asha)] == [200, 200, 429]
