"""The OpenAPI 3.1 document, made from what the routes declare."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import msgspec
from flask import Flask, Response
from werkzeug.routing import Rule

from kirana import __version__
from kirana.edge import bodies, front
from kirana.platform.errors import (
    Forbidden,
    Invalid,
    NotFound,
    SecondFactorNeeded,
    ShopError,
    Stale,
    TooMany,
    Unauthorized,
)
from kirana.platform.http import PUBLIC, SAFE_METHODS, Operation
from kirana.platform.idempotency import KeyMissing, KeyReused, RightsChanged
from kirana.platform.inputs import TooLarge, WrongMediaType, is_optional
from kirana.platform.strict_json import MalformedBody

PREFIX = "/api/v1"
BINARY: dict[str, str] = {}  # OpenAPI 3.1: an empty schema stands for raw bytes
RATE_HEADERS = {
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
    "RateLimit-Policy": {"description": "What is allowed.", "schema": {"type": "string"}},
    "RateLimit": {"description": "What is left of it.", "schema": {"type": "string"}},
}
_TEMPLATE = "#/components/schemas/{name}"


class ProblemError(msgspec.Struct, frozen=True):
    """One thing that is wrong, at a JSON pointer into the input."""

    pointer: str
    code: str
    detail: str


class Problem(msgspec.Struct, frozen=True):
    """Problem details, RFC 9457. ``code`` is stable.

    ``proof``, ``methods`` and ``expires_in`` (seconds) come with ``second_factor_required`` alone.
    """

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    errors: list[ProblemError] = []
    proof: str = ""
    methods: list[str] = []
    expires_in: int = 0


def build(app: Flask, guests: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The whole document for ``app``'s routes below /api/v1; ``guests`` are the permissions
    that nobody needs to sign in for."""
    routes = list(api_routes(app))
    schemas, components = _schemas(routes)
    paths: dict[str, Any] = {}
    for rule, method, view in routes:
        path = re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule)
        paths.setdefault(path, {})[method.lower()] = {
            **_operation(rule, method, view, schemas),
            "security": _security(view.__access__, guests),
        }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Kirana",
            "version": __version__,
            "summary": "A self-hosted online store for neighbourhood shops",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": components,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
            },
        },
    }


def api_routes(app: Flask) -> Iterator[tuple[Rule, str, Any]]:
    """(rule, method, view) of every route that declares an operation."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        view = app.view_functions[rule.endpoint]
        if hasattr(view, "__operation__"):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method, view


def _schemas(routes: list[tuple[Rule, str, Any]]) -> tuple[dict[Any, Any], dict[str, Any]]:
    """Schema by type, and the components they refer to."""
    kinds: list[Any] = [Problem]
    for _rule, _method, view in routes:
        declared: Operation = view.__operation__
        for kind in (declared.body, declared.returns):
            if kind not in (None, type(None), Response) and kind not in kinds:
                kinds.append(kind)
    found, components = msgspec.json.schema_components(kinds, ref_template=_TEMPLATE)
    return dict(zip(kinds, _bounded(list(found)), strict=True)), _bounded(components)


def _bounded(schema: Any) -> Any:
    """The same, where a number without bounds has those of 64 bits, beyond which none is read."""
    if isinstance(schema, list):
        return [_bounded(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    bounded = {name: _bounded(value) for name, value in schema.items()}
    if bounded.get("type") == "integer":
        for name, most in (("Minimum", -(2**63)), ("Maximum", 2**63 - 1)):
            if f"exclusive{name}" not in bounded:
                bounded.setdefault(name.lower(), most)
    return bounded


IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The entity tag that was read: refused if the thing has changed since.",
    "schema": {"type": "string", "pattern": '^(W/)?"?[0-9]{1,18}"?$'},
}


def _operation(rule: Rule, method: str, view: Any, schemas: dict[Any, Any]) -> dict[str, Any]:
    declared: Operation = view.__operation__
    access: str = view.__access__
    found: dict[str, Any] = {
        "operationId": declared.operation_id,
        "summary": declared.summary,
        "tags": [_tag(rule)],
        "parameters": [*_path_parameters(rule), *_query_parameters(declared)],
        "responses": _responses(declared, method, access, schemas),
        "x-permission": access,
    }
    if declared.idempotency != "none":
        found["parameters"].append(_idempotency_parameter(declared))
    if Stale in declared.raises:
        found["parameters"].append(IF_MATCH)
    if declared.body is not None or declared.uploads:
        content = {name: {"schema": BINARY} for name in declared.uploads}
        is_required = declared.body is None or not is_optional(declared.body)
        if declared.body is not None:
            content = {"application/json": {"schema": schemas[declared.body]}}
        found["requestBody"] = {"required": is_required, "content": content}
    return found


def _security(access: str, guests: frozenset[str]) -> list[dict[str, list[str]]]:
    is_open = access == PUBLIC or access in guests
    return [*([{}] if is_open else []), {"bearer": []}]


def _tag(rule: Rule) -> str:
    parts = rule.rule.removeprefix(PREFIX).strip("/").split("/")
    return parts[0]


def _path_parameters(rule: Rule) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in sorted(rule.arguments)
    ]


def _query_parameters(declared: Operation) -> list[dict[str, Any]]:
    if declared.query is None:
        return []
    _, components = msgspec.json.schema_components([declared.query], ref_template=_TEMPLATE)
    own = components[declared.query.__name__]
    return [
        {
            "name": name,
            "in": "query",
            "required": name in own.get("required", ()),
            "schema": _bounded(_inlined(schema, components)),
        }
        for name, schema in own["properties"].items()
    ]


def _inlined(schema: Any, components: dict[str, Any]) -> Any:
    """Query schemas are small: enumerations are written out in place."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            return _inlined(components[schema["$ref"].rsplit("/", 1)[1]], components)
        return {key: _inlined(value, components) for key, value in schema.items()}
    return [_inlined(item, components) for item in schema] if isinstance(schema, list) else schema


def _idempotency_parameter(declared: Operation) -> dict[str, Any]:
    return {
        "name": "Idempotency-Key",
        "in": "header",
        "required": declared.idempotency == "required",
        "description": "1 to 255 printable ASCII characters; the first answer is replayed.",
        "schema": {"type": "string", "pattern": "^[ -~]{1,255}$"},
    }


def _responses(
    declared: Operation, method: str, access: str, schemas: dict[Any, Any]
) -> dict[str, Any]:
    success: dict[str, Any] = {"description": HTTPStatus(declared.status).phrase}
    if declared.returns is Response:
        success["content"] = {"application/octet-stream": {"schema": BINARY}}
    elif declared.returns not in (None, type(None)):
        success["content"] = {"application/json": {"schema": schemas[declared.returns]}}
    responses = {str(declared.status): success}
    for status, facts in sorted(_facts(declared, method, access).items()):
        responses[str(status)] = {
            "description": "; ".join(sorted({f"`{fact.code}`: {fact.message}" for fact in facts})),
            "content": {"application/problem+json": {"schema": schemas[Problem]}},
        }
        if status == TooMany.status:
            responses[str(status)]["headers"] = RATE_HEADERS
    return responses


def _facts(declared: Operation, method: str, access: str) -> dict[int, list[type[ShopError]]]:
    facts: list[type[ShopError]] = [Invalid, Unauthorized, *front.REFUSALS, *declared.raises]
    if access != PUBLIC:
        facts += [Forbidden, SecondFactorNeeded, NotFound, TooMany]
    if method not in SAFE_METHODS and not declared.uploads:
        facts += [MalformedBody, WrongMediaType, TooLarge]
    if method not in SAFE_METHODS:
        facts += bodies.REFUSALS
    if declared.idempotency != "none":
        facts += [KeyReused, RightsChanged]
        facts += [KeyMissing] if declared.idempotency == "required" else []
    by_status: dict[int, list[type[ShopError]]] = {}
    for fact in facts:
        by_status.setdefault(fact.status, []).append(fact)
    return by_status
