"""Counting what a request does, and telling the caller what is left (RateLimit fields)."""

from flask import Flask, Response, g

from kirana.platform import limits
from kirana.platform.errors import TooMany
from kirana.platform.limits import Allowance


def install(app: Flask) -> None:
    app.after_request(_tell)


def count(rule: str, name: str, owner: str) -> None:
    """Count one deed of ``owner`` and tell what is left with the answer. Raises TooMany."""
    told: list[Allowance] = g.setdefault("allowances", [])
    try:
        told.append(limits.spend(rule, name, owner))
    except TooMany as error:
        if error.allowance is not None:
            told.append(error.allowance)
        raise


def _tell(response: Response) -> Response:
    """One structured field each for what is allowed and what is left of it.

    An answer that a shared cache may keep tells nobody's figures.
    """
    told: list[Allowance] = g.get("allowances", [])
    if told and "public" not in response.headers.get("Cache-Control", ""):
        policies = [f'"{one.name}";q={one.quota};w={one.window}' for one in told]
        response.headers["RateLimit-Policy"] = ", ".join(policies)
        left = [f'"{one.name}";r={one.left};t={one.reset}' for one in told]
        response.headers["RateLimit"] = ", ".join(left)
    return response
