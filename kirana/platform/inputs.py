"""Input at the edge: strict JSON, closed schemas, and every error named by its field."""

import re
import types
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache
from itertools import islice
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin

import msgspec
from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge

from kirana.platform.clock import is_reachable
from kirana.platform.errors import Invalid, ShopError
from kirana.platform.strict_json import MOST_NAMES, parse_json
from kirana.platform.words import ONE_LINE, as_typed

T = TypeVar("T")
MOST_ERRORS = 20
_WHOLE = re.compile(r"-?[0-9]{1,19}")
MAX_BODY_BYTES = 1024 * 1024

# Names that decide about rights, ownership or money: refused as ``forbidden_field`` wherever the
# operation's schema does not own them.
PRIVILEGED = frozenset(
    {
        "role", "roles", "status", "state", "store", "store_id", "stores", "owner", "owner_id",
        "account", "account_id", "user_id", "customer_id", "actor", "actor_id", "permissions",
        "is_admin", "is_active", "verified_at", "token_version", "password_hash", "price",
        "price_minor", "unit_price", "total", "total_minor", "subtotal", "tax", "tax_minor",
        "discount", "amount", "id", "uid", "version", "created_at", "updated_at", "placed_at",
        "on_hand", "reserved", "membership", "approved", "decided_by",
    }
)  # fmt: skip


@cache
def _fields(schema: Any) -> Mapping[str, Any]:
    """By the name that comes over the wire."""
    return {item.encode_name: item for item in msgspec.structs.fields(schema)}


class TooLarge(ShopError):
    status = 413
    code = "body_too_large"
    message = "The body is larger than 1 MiB."


class WrongMediaType(ShopError):
    status = 415
    code = "unsupported_media_type"
    message = "Send the body as application/json in UTF-8, not packed."


def read_body(request: Request, schema: type[T]) -> T:
    """The JSON body as ``schema``; none at all is an empty one where nothing must be given.

    Raises MalformedBody, WrongMediaType, TooLarge or Invalid.
    """
    if is_optional(schema) and not read_bytes(request, MAX_BODY_BYTES):
        return to_struct({}, schema)
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if request.mimetype != "application/json" or charset not in ("utf-8", "utf8"):
        raise WrongMediaType
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise WrongMediaType
    return to_struct(parse_json(read_bytes(request, MAX_BODY_BYTES)), schema)


def is_optional(schema: type) -> bool:
    """Whether no field of ``schema`` must be given."""
    return not any(item.required for item in _fields(schema).values())


def read_no_body(request: Request) -> None:
    """Refuse a body that says anything, where none is meant; an empty object says nothing."""
    if read_bytes(request, MAX_BODY_BYTES):
        read_body(request, NoFields)


def read_bytes(request: Request, most: int) -> bytes:
    """The body if it has at most ``most`` bytes, whatever length was announced. Raises TooLarge."""
    if (request.content_length or 0) > most:
        raise TooLarge
    request.max_content_length = most + 1
    try:
        data = request.get_data()
    except RequestEntityTooLarge:
        raise TooLarge from None
    if len(data) > most:
        raise TooLarge
    return data


def read_query(request: Request, schema: type[T]) -> T:
    """The query string as ``schema``; unknown and repeated names are errors, and so is an empty
    text where no text is meant. Raises Invalid."""
    return to_query(request.args.to_dict(flat=False) if request.query_string else {}, schema)


def to_query(texts: Mapping[str, list[str]], schema: type[T]) -> T:
    """As ``read_query``, of the texts by name."""
    if not texts:
        return cast(T, _nothing_given(cast(Any, schema)))
    return texts_to_struct(texts, schema, blank_is_missing=False)


@cache
def _nothing_given(schema: Any) -> Any:
    """Made once: structs of queries are frozen. Raises Invalid."""
    return texts_to_struct({}, schema)


def read_form(request: Request, schema: type[T], *also: str) -> T:
    """A posted form as ``schema``, beside the names in ``also`` (csrf_token, return_to …).

    An empty field counts as missing where the schema has a default. Raises Invalid.
    """
    given = request.form.to_dict(flat=False)
    fields = {name: values for name, values in given.items() if name not in also}
    read_query(request, NoFields)
    return texts_to_struct(fields, schema)


class NoFields(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing may be given."""


def to_struct(value: Any, schema: type[T]) -> T:
    """Convert parsed JSON strictly; collects one error per field. Raises Invalid."""
    if not isinstance(value, dict):
        raise Invalid.at("", "must be an object")
    return cast(T, _convert(value, schema, strict=True))


def texts_to_struct(
    fields: Mapping[str, list[str]], schema: type[T], blank_is_missing: bool = True
) -> T:
    """Convert texts (query, form): numbers and booleans are read from their text."""
    if len(fields) > MOST_NAMES:
        raise Invalid.at("", f"has more than {MOST_NAMES} names", "too_many_names")
    values: dict[str, Any] = {}
    known = _fields(cast(Any, schema))
    errors = []
    for name, texts in fields.items():
        item = known.get(name)
        if item is not None and _is_list(item.type):
            values[name] = texts
        elif len(texts) > 1:
            errors.append(_error(f"/{_escape(name)}", "was given more than once"))
        elif item is None or texts[0] != "" or item.required or not blank_is_missing:
            values[name] = _text(texts[0], item)
    if errors:
        raise Invalid(errors=errors[:MOST_ERRORS])
    return cast(T, _convert(values, schema, strict=False))


def _text(text: str, item: Any) -> Any:
    if item is not None and item.type is bool:
        return {"on": True, "1": True, "true": True, "0": False, "false": False}.get(text, text)
    return text


def _convert(values: dict[str, Any], schema: Any, strict: bool) -> Any:
    fields = _fields(schema)
    # Texts have nothing inside, so that their names tell all.
    is_known = not strict and values.keys() <= fields.keys()
    errors = [] if is_known else list(islice(_unknown_fields(values, schema, ""), MOST_ERRORS))
    for name, item in fields.items():
        if name not in values:
            if item.required:
                errors.append(_error(f"/{name}", "must be given", "required"))
            continue
        if errors and any(f"{error['pointer']}/".startswith(f"/{name}/") for error in errors):
            continue
        value = values[name]
        try:
            found = msgspec.convert(value, item.type, strict=strict or _is_moment(item.type))
            _check_text(value)
            if isinstance(found, date) and not is_reachable(found):
                raise ValueError("must lie between the years 2 and 9998")
            if not strict and type(found) is int and not _WHOLE.fullmatch(value):
                raise ValueError("must be a whole number, in digits")
        except (msgspec.ValidationError, ValueError) as error:
            told = _from_msgspec(name, error)
            errors.append(told if strict else as_typed(value, told))
    if errors:
        raise Invalid(errors=errors[:MOST_ERRORS])
    try:
        return msgspec.convert(values, schema, strict=strict)
    except msgspec.ValidationError as error:
        raise Invalid(errors=[_from_msgspec("", error)]) from None


def _unknown_fields(value: Any, kind: Any, pointer: str) -> Iterator[dict[str, str]]:
    """Names that the schema does not own, at any depth."""
    kind = _bare(kind)
    if isinstance(value, dict) and _is_struct(kind):
        known = _fields(kind)
        for name, inner in value.items():
            if name in known and not isinstance(inner, dict | list):
                continue
            path = f"{pointer}/{_escape(name)}"
            if name in known:
                yield from _unknown_fields(inner, known[name].type, path)
            elif name in PRIVILEGED:
                yield _error(path, "is not yours to set", "forbidden_field")
            else:
                yield _error(path, "is not a field of this operation", "unknown_field")
    elif isinstance(value, list) and _is_list(kind) and get_args(kind):
        for index, inner in enumerate(value):
            yield from _unknown_fields(inner, get_args(kind)[0], f"{pointer}/{index}")
    elif get_origin(kind) in (Union, types.UnionType):
        for choice in get_args(kind):
            if _is_struct(_bare(choice)) or _is_list(choice):
                yield from _unknown_fields(value, choice, pointer)


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _bare(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


@cache
def _is_moment(kind: Any) -> bool:
    """Whether a number in its text is no time, lest 0.5 be read as half a second of 1970."""
    return any(_bare(each) in (datetime, date) for each in (kind, *get_args(kind)))


@cache
def _is_list(kind: Any) -> bool:
    kind = _bare(kind)
    return kind is list or get_origin(kind) in (list, set, tuple, frozenset)


def _error(pointer: str, detail: str, code: str = "invalid") -> dict[str, str]:
    return {"pointer": pointer, "code": code, "detail": detail}


def _escape(name: str) -> str:
    """A name as part of a JSON pointer; a lone surrogate in it cannot be sent back."""
    plain = name.encode("utf-8", "replace").decode()
    return plain.replace("~", "~0").replace("/", "~1")[:80]


def _from_msgspec(name: str, error: Exception) -> dict[str, str]:
    text, _, path = str(error).partition(" - at `$")
    inner = path.rstrip("`").replace("[", "/").replace("]", "").replace(".", "/")
    if text.startswith("Object missing required field"):
        text, inner = "is needed", f"{inner}/{_escape(text.split('`')[1])}"
    pointer = (f"/{name}" if name else "") + inner
    if "matching regex" in text:
        text = "must be one line of plain text" if ONE_LINE in text else "does not have that form"
    return _error(pointer, text[:1].lower() + text[1:200])


def _check_text(value: Any) -> None:
    """NUL cannot be stored on PostgreSQL, lone surrogates nowhere."""
    if isinstance(value, str):
        if "\x00" in value:
            raise ValueError("must not contain NUL")
        value.encode("utf-8")
    elif isinstance(value, list):
        for inner in value:
            _check_text(inner)
    elif isinstance(value, dict):
        for key, inner in value.items():
            _check_text(key)
            _check_text(inner)
