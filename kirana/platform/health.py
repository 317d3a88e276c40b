"""Is it alive, is it ready, and how does its cache do? For supervisors and load balancers."""

import hmac
from collections.abc import Callable
from ipaddress import ip_address

import msgspec
from flask import Blueprint, Response, current_app, request
from redis import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from kirana.platform import migrations
from kirana.platform.config import Settings
from kirana.platform.db import reading
from kirana.platform.errors import NotFound
from kirana.platform.figures import exposition
from kirana.platform.http import public
from kirana.platform.meters import meters_in
from kirana.platform.redis import connect

pages = Blueprint("health", __name__)


@pages.get("/healthz")
@public
def healthz() -> Response:
    """The process answers."""
    return Response(b'{"status":"ok"}', content_type="application/json")


@pages.get("/readyz")
@public
def readyz() -> Response:
    """Each part that the shop leans on: 200 when all are there, else 503 with the missing ones.

    Without Redis the shop still sells; what is missing then is named, so that it can be mended.
    """
    settings: Settings = current_app.config["SETTINGS"]
    parts = {
        "database": _holds(_database_answers),
        "migrations": _holds(migrations.is_current),
        "redis": _holds(lambda: bool(connect(settings.redis).ping())),
        "broker": _holds(lambda: connect(settings.redis).llen("default") is not None),
    }
    body = {"status": "ready" if all(parts.values()) else "not_ready", "parts": parts}
    status = 200 if all(parts.values()) else 503
    return Response(msgspec.json.encode(body), status, content_type="application/json")


@pages.get("/metrics")
@public
def metrics() -> Response:
    """How often, from where and how old the cache answered, in Prometheus' words.

    For whoever brings the token of the settings; without one in the settings only this machine
    may ask, and in production nobody. Raises NotFound.
    """
    settings: Settings = current_app.config["SETTINGS"]
    if not _may_see_metrics(settings):
        raise NotFound
    figures = exposition(meters_in(settings.home).total())
    return Response(figures, content_type="text/plain; version=0.0.4; charset=utf-8")


def _may_see_metrics(settings: Settings) -> bool:
    if settings.metrics_token:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), settings.metrics_token.encode())
    try:
        is_near = ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        is_near = False
    # A proxy on this machine makes everybody look near.
    return is_near and settings.env != "production"


def _database_answers() -> bool:
    with reading() as connection:
        return connection.execute(text("SELECT 1")).scalar() == 1


def _holds(question: Callable[[], bool]) -> bool:
    try:
        return question()
    except (SQLAlchemyError, RedisError, OSError) as error:
        current_app.logger.warning("readyz: %s", error)
        return False
