"""The HTTP edge: who may call a route, what goes in, what comes out, and how errors look.

A route is a plain Flask view under two decorators::

    @api.post("/orders")
    @requires(Permission.PLACE_ORDER)
    @operation("placeOrder", status=201, raises=(OutOfStock,), idempotency="required")
    def place_order(actor: Actor, body: NewOrder) -> OrderView: ...

``operation`` reads the annotations: ``body`` and ``query`` are validated against their structs,
``actor`` is who calls, the return type becomes the JSON answer; OpenAPI is made from the same.
"""

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from flask import Response, current_app, g, request

from kirana.platform import allowances, idempotency, lean
from kirana.platform.access import GUEST, Actor
from kirana.platform.errors import Invalid, ShopError
from kirana.platform.inputs import NoFields, read_body, read_no_body, read_query, to_query
from kirana.platform.limits import Deed
from kirana.platform.networks import caller_of
from kirana.platform.plain import COUNTED, is_api_path

T = TypeVar("T")
View = Callable[..., Any]
# What a route answers to the texts of a query and to what its path says, beside any request.
Read = Callable[..., idempotency.Stored]
IdempotencyUse = Literal["none", "accepted", "required"]
PUBLIC = "public"
JSON = "application/json"
GUESTS_PER_ADDRESS = 10
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
made_for_all: ContextVar[bool] = ContextVar("made for all", default=False)


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A JSON answer with more than its body: headers, an entity tag, another status."""

    body: T
    headers: dict[str, str] = field(default_factory=dict)
    version: int | None = None
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """What one API route declares; the OpenAPI document is made from these."""

    operation_id: str
    summary: str
    status: int
    body: type | None
    query: type | None
    returns: Any
    raises: tuple[type[ShopError], ...]
    idempotency: IdempotencyUse
    uploads: tuple[str, ...] = ()


def public(view: View) -> View:
    """Anybody may call this route."""
    view.__access__ = PUBLIC  # type: ignore[attr-defined]
    return view


def requires(permission: str) -> Callable[[View], View]:
    """Only people whose role and status hold ``permission`` right now may call this route.

    Over JSON a signed-in person's calls are counted, refused ones too. Raises TooMany.
    """

    def declare(view: View) -> View:
        # To count all at once is one call to Redis instead of two.
        deeds_of: Callable[[], list[Deed]] = getattr(view, "__deeds__", list)

        @functools.wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            actor = current_actor()
            if actor.is_signed_in and is_api_path(request.path):
                more = deeds_of() if actor.may(permission) else []
                g.is_counted = bool(more)
                allowances.count(_deed("minute", "api_per_minute", actor.owner_key), *more)
            actor.require(permission)
            return view(*args, **kwargs)

        guarded.__access__ = str(permission)  # type: ignore[attr-defined]
        return guarded

    return declare


def limited(
    rule: str,
    setting: str,
    by: Literal["person", "address"] = "person",
    when: Callable[[], int] = lambda: True,
) -> Callable[[View], View]:
    """At most ``settings.<setting>`` calls per ``rule`` ("minute", "hour"). Raises TooMany.

    Calls count for which ``when`` holds, before anything else is done; a number counts as so many.
    """

    def declare(view: View) -> View:
        def deeds() -> list[Deed]:
            if not (times := int(when())):
                return []
            if by == "person":
                return _deeds_of_person(rule, setting, current_actor()) * times
            return [_deed(rule, setting, caller_of(request.remote_addr or ""))] * times

        @functools.wraps(view)
        def counted(*args: Any, **kwargs: Any) -> Any:
            is_counted = g.pop("is_counted", False) or COUNTED in request.environ
            if not is_counted and (due := deeds()):
                allowances.count(*due)
            return view(*args, **kwargs)

        counted.__deeds__ = deeds  # type: ignore[attr-defined]
        if by == "address":
            counted.__limit__ = rule, setting  # type: ignore[attr-defined]
        return counted

    return declare


def is_search() -> bool:
    """Whether the request looks for words."""
    return bool(request.query_string and request.args.get("q", "").strip())


def brings_file() -> bool:
    """Whether a form comes with a file."""
    return any(file.filename for file in request.files.values())


def brought_files() -> int:
    """How many files a form comes with."""
    return sum(bool(file.filename) for _name, file in request.files.items(multi=True))


def files_of(field: str) -> list[bytes]:
    """The files of one field of a form that takes several."""
    return [file.read() for file in request.files.getlist(field) if file.filename]


def _deeds_of_person(rule: str, setting: str, actor: Actor) -> list[Deed]:
    """Guests make up as many basket cookies as they like: their address counts too."""
    own = [_deed(rule, setting, actor.owner_key)]
    if actor.is_signed_in:
        return own
    return [_deed(rule, setting, caller_of(actor.network), GUESTS_PER_ADDRESS), *own]


def _deed(rule: str, setting: str, owner: str, people: int = 1) -> Deed:
    amount = getattr(current_app.config["SETTINGS"], setting) * people
    name = setting if people == 1 else f"{setting}_address"
    return Deed(f"{amount}/{rule}", name, owner)


def operation(
    operation_id: str,
    *,
    status: int = 200,
    raises: Sequence[type[ShopError]] = (),
    idempotency: IdempotencyUse = "none",
    uploads: Sequence[str] = (),
) -> Callable[[View], View]:
    """Make a typed function an API route: validate what comes in, encode what goes out.

    ``uploads`` names the media types of a file in the body, which the view reads itself; a view
    that returns a ``Response`` answers with a file.
    """

    def declare(view: View) -> View:
        hints = get_type_hints(view)
        returned = hints.get("return")
        declared = Operation(
            operation_id=operation_id,
            summary=(view.__doc__ or operation_id).strip().splitlines()[0],
            status=204 if returned is type(None) else status,
            body=hints.get("body"),
            query=hints.get("query"),
            returns=get_args(returned)[0] if get_origin(returned) is Answer else returned,
            raises=tuple(raises),
            idempotency=idempotency,
            uploads=tuple(uploads),
        )
        return _handler(view, declared)

    return declare


def _handler(view: View, declared: Operation) -> View:
    """What Flask calls: gathers the view's arguments and answers with its result."""
    takes_actor = "actor" in inspect.signature(view).parameters

    @functools.wraps(view)
    def handle(**given: Any) -> Response:
        asked = request._get_current_object()  # type: ignore[attr-defined]
        if takes_actor:
            given["actor"] = current_actor()
        if declared.query is not None:
            given["query"] = read_query(asked, declared.query)
        elif asked.query_string:
            read_query(asked, NoFields)
        if declared.body is not None:
            given["body"] = read_body(asked, declared.body)
        elif asked.method not in SAFE_METHODS and not declared.uploads:
            read_no_body(asked)
        return _run(declared, lambda: view(**given))

    handle.__operation__ = declared  # type: ignore[attr-defined]
    if not takes_actor and declared.body is None and declared.idempotency == "none":
        handle.__read__ = _reader(view, declared)  # type: ignore[attr-defined]
    return handle


def _reader(view: View, declared: Operation) -> Read:
    def read(texts: Mapping[str, list[str]], **given: Any) -> idempotency.Stored:
        """Raises what the view raises, and Invalid."""
        query: object = to_query(texts, declared.query or NoFields)
        if declared.query is not None:
            given["query"] = query
        return _store(declared, view(**given))

    return read


def current_actor() -> Actor:
    """Who is calling, as loaded once per request by the loader that ``app.py`` installs.

    Raises RuntimeError while something is made that everybody will see.
    """
    if made_for_all.get():
        raise RuntimeError("what is made for all must not depend on who is calling")
    found: Actor | None = g.get("actor")
    if found is None:
        loader = current_app.extensions.get("actor_loader")
        found = g.actor = loader() if loader else GUEST
    return found


def use_actor_loader(app: Any, loader: Callable[[], Actor]) -> None:
    app.extensions["actor_loader"] = loader


def if_match() -> int | None:
    """The version in ``If-Match``, or None without the header. Raises Invalid."""
    text = request.headers.get("If-Match")
    if text is None:
        return None
    bare = text.removeprefix("W/").strip('"')
    if not bare.isdecimal() or len(bare) > 18:
        raise Invalid.at("/If-Match", "must be an entity tag of this resource")
    return int(bare)


def _run(declared: Operation, act: Callable[[], Any]) -> Response:
    use = declared.idempotency
    key = None if use == "none" else request.headers.get(idempotency.HEADER)
    if key is None and use != "required":
        result = act()
        return result if isinstance(result, Response) else _respond(_store(declared, result))
    if key is None:
        raise idempotency.KeyMissing
    path = request.full_path.encode()
    claim = idempotency.Claim.of(
        current_actor(), key, request.method.encode(), path, request.get_data()
    )
    return _respond(idempotency.once(claim, lambda: _store(declared, act())))


def _store(declared: Operation, result: Any) -> idempotency.Stored:
    answer = result if isinstance(result, Answer) else Answer(result)
    headers = dict(answer.headers)
    if answer.version is not None:
        headers["ETag"] = f'"{answer.version}"'
    body = b"" if answer.body is None else msgspec.json.encode(answer.body)
    return idempotency.Stored(answer.status or declared.status, body, headers)


def _respond(stored: idempotency.Stored) -> Response:
    response = lean.LeanResponse(stored.body, stored.status, content_type=JSON)
    for each in stored.headers.items():
        response.headers.add(*each)
    if not stored.body:
        response.headers.pop("Content-Type", None)
    if stored.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response
