"""Every route asked as everybody, for things that are there and for things that are not."""

import re
from collections.abc import Iterator
from typing import Any

from tests.journeys.test_access import BODIES, FILES, address, picture, rolled_back, routes
from tests.world import World

API = "/api/v1/"
# What differs between two answers to the same question.
_OF_ITS_OWN = re.compile(rb'(?<=request_id":")[0-9a-f]{16}|\b[0-9a-f]{16}\b')
# What belongs to one answer: its number, its time, how often the caller may still ask.
_ALSO_OF_ITS_OWN = ("X-Request-Id", "Date", "RateLimit")


def get_routes(app: Any, prefix: str = "/") -> list[str]:
    return sorted(
        path for method, path in routes(app) if method == "GET" and path[: len(prefix)] == prefix
    )


def with_path_value(app: Any) -> Iterator[tuple[str, str]]:
    return ((method, path) for method, path in sorted(routes(app)) if "<" in path)


def ask(world: World, who: str, method: str, path: str, keys: dict[str, str]) -> Any:
    """The answer; what it wrote is undone."""
    visitor = world.people[who]
    options: dict[str, Any] = {"headers": dict(visitor.headers)}
    if (method, path) in FILES:
        options |= {"data": picture(), "content_type": "image/png"}
    elif path.startswith(API) and method in ("POST", "PUT", "PATCH"):
        options["json"] = {
            name: address(value, world.keys) if value == "<store>" else value
            for name, value in BODIES.get((method, path), {}).items()
        }
    with rolled_back(unless=(method, path) in FILES):
        answer = visitor.client.open(address(path, keys), method=method, **options)
        answer.get_data()  # while the request's own context is there
    return answer


def plain(answer: Any, keys: dict[str, str]) -> tuple[int, list[tuple[str, str]], bytes]:
    """Status, headers and body without the request id and the name of the thing asked for."""
    headers = sorted((n, v) for n, v in answer.headers if n not in _ALSO_OF_ITS_OWN)
    body = _OF_ITS_OWN.sub(b"-", answer.get_data())
    for key in sorted(keys.values(), key=len, reverse=True):
        body = body.replace(key.encode(), b"*" * len(key))
        headers = [(name, value.replace(key, "*" * len(key))) for name, value in headers]
    return answer.status_code, headers, body


def not_there(keys: dict[str, str]) -> dict[str, str]:
    """For each key one of the same form and length that nothing has."""
    return {name: f"{key[:-1]}{_other(key[-1])}" for name, key in keys.items()}


def _other(character: str) -> str:
    if character.isdecimal():
        return str((int(character) + 7) % 10)
    return "q" if character != "q" else "z"
