"""Counting what a request does, and telling the caller what is left (RateLimit fields)."""

from flask import Flask, Response, g, request

from kirana.platform import limits
from kirana.platform.errors import TooMany
from kirana.platform.limits import Allowance, Deed
from kirana.platform.plain import COUNTED


def install(app: Flask) -> None:
    app.after_request(_tell)


def count(*deeds: Deed) -> None:
    """Count these deeds and tell what is left with the answer.

    Raises TooMany for the first that is one too many; those behind it are not counted.
    """
    counted = limits.count(deeds)
    g.setdefault("allowances", []).extend(found for _is_free, found in counted)
    is_free, last = counted[-1]
    if not is_free:
        raise TooMany(last.reset)


def _tell(response: Response) -> Response:
    """One structured field each for what is allowed and what is left of it.

    An answer that a shared cache may keep tells nobody's figures.
    """
    told: list[Allowance] = request.environ.get(COUNTED, []) + g.get("allowances", [])
    if told and "public" not in response.headers.get("Cache-Control", ""):
        policies = [f'"{one.name}";q={one.quota};w={one.window}' for one in told]
        response.headers["RateLimit-Policy"] = ", ".join(policies)
        left = [f'"{one.name}";r={one.left};t={one.reset}' for one in told]
        response.headers["RateLimit"] = ", ".join(left)
    return response
