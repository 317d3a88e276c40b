"""Is it alive, and is it ready? For supervisors and load balancers."""

from collections.abc import Callable

import msgspec
from flask import Blueprint, Response, current_app
from redis import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from kirana.platform import migrations
from kirana.platform.config import Settings
from kirana.platform.db import reading
from kirana.platform.http import public
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


def _database_answers() -> bool:
    with reading() as connection:
        return connection.execute(text("SELECT 1")).scalar() == 1


def _holds(question: Callable[[], bool]) -> bool:
    try:
        return question()
    except (SQLAlchemyError, RedisError, OSError) as error:
        current_app.logger.warning("readyz: %s", error)
        return False
