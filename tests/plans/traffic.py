"""Makes the shop send every statement that it has: all routes, all filters, all scheduled work."""

import contextlib
import os
from collections.abc import Iterator
from typing import Any

from sqlalchemy import event

import kirana.workload  # noqa: F401 - the tasks
from kirana.edge import openapi
from kirana.mailing.delivery import use_mailer
from kirana.platform import db
from kirana.platform.celery import configuration
from kirana.platform.config import Settings
from kirana.worker import celery
from tests.cart.counting import CONTROL
from tests.journeys.test_access import API, address, call, routes
from tests.world import World

Asked = dict[str, Any]
WHO = ("admin", "manager", "customer", "courier", "key")
PAGES_AS = ("anonymous", "admin", "manager", "customer", "courier")
# It reads whole tables because it proves something of each row; at night, on one connection.
READS_EVERYTHING = ("check.schedule",)
NOTHING_LIKE_IT = {"q": "milk", "actor": "asha", "cursor": ""}
EXAMPLES = {"string": "x", "integer": 1, "boolean": "true", "number": 1}
BY_FORMAT = {"date": "2026-01-31", "date-time": "2026-01-31T00:00:00Z"}


@contextlib.contextmanager
def collected() -> Iterator[Asked]:
    """The text of each statement that runs inside the block, with the values of its first run."""
    found: Asked = {}

    def keep(_c: Any, _cursor: Any, sql: str, values: Any, _context: Any, _many: bool) -> None:
        if not sql.startswith(CONTROL):
            found.setdefault(sql, values[0] if isinstance(values, list) else values)

    engine = db.engine()
    event.listen(engine, "before_cursor_execute", keep)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", keep)


def send_everything(app: Any, world: World, settings: Settings) -> None:
    """Each route as everybody who has something to see there, each filter, each scheduled task."""
    for method, path in routes(app):
        for who in WHO if path.startswith(API) else PAGES_AS:
            call(world, who, method, path)
    for path, parameters in lists(app):
        for who in WHO:
            filter_list(world, who, path, parameters)
    run_scheduled(settings)


def lists(app: Any) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The API's lists, with the parameters of their queries."""
    document = openapi.build(app)
    for path, methods in document["paths"].items():
        parameters = [p for p in methods.get("get", {}).get("parameters", []) if p["in"] == "query"]
        if parameters:
            yield path.replace("{", "<").replace("}", ">"), parameters


def filter_list(world: World, who: str, path: str, parameters: list[dict[str, Any]]) -> None:
    """Page by page, then narrowed by each parameter alone."""
    client, headers = world.people[who].client, world.people[who].headers
    place = address(path, world.keys)
    first = client.get(place, query_string={"limit": 1}, headers=headers)
    cursor = (first.get_json() or {}).get("next_cursor") if first.status_code == 200 else None
    if cursor:
        client.get(place, query_string={"limit": 1, "cursor": cursor}, headers=headers)
    for parameter in parameters:
        for value in examples(parameter, world):
            query = {parameter["name"]: value}
            client.get(place, query_string=query, headers=headers)


def examples(parameter: dict[str, Any], world: World) -> list[Any]:
    """Values that the parameter takes; all of an enumeration."""
    name, schema = parameter["name"], parameter["schema"]
    for choice in (schema, *schema.get("anyOf", ())):
        if "enum" in choice:
            return list(choice["enum"])
    if name in ("limit", "cursor"):
        return []
    if name in NOTHING_LIKE_IT:
        return [NOTHING_LIKE_IT[name]]
    if name in ("category", "store"):
        return [world.keys["category" if name == "category" else "manager.store"]]
    kinds = [choice for choice in (schema, *schema.get("anyOf", ())) if "type" in choice]
    kind = next(choice for choice in kinds if choice["type"] != "null")
    return [BY_FORMAT.get(kind.get("format", ""), EXAMPLES.get(kind["type"], "x"))]


def run_scheduled(settings: Settings) -> None:
    """Each task of beat's schedule, once."""
    names = {entry["task"] for entry in configuration(settings)["beat_schedule"].values()}
    with environment(settings):
        for name in sorted(names - set(READS_EVERYTHING)):
            celery.tasks[name]()


class NoPost:
    """A mailer that drops what it is given."""

    def send(self, message: Any, message_id: str) -> None:
        del message, message_id

    def new_message_id(self) -> str:
        return "<plans@localhost>"


@contextlib.contextmanager
def environment(settings: Settings) -> Iterator[None]:
    """Tasks read the settings themselves; no mail leaves."""
    use_mailer(NoPost())  # type: ignore[arg-type]
    given = {
        "KIRANA_ENV": settings.env, "KIRANA_HOME": str(settings.home),
        "KIRANA_SECRET": settings.secret, "KIRANA_DATABASE_URL": settings.database_url,
        "KIRANA_REDIS_URL": settings.redis_url, "KIRANA_SMTP_URL": settings.smtp_url,
    }  # fmt: skip
    before = dict(os.environ)
    os.environ.update({name: value for name, value in given.items() if value})
    try:
        yield
    finally:
        for name in given:
            os.environ.pop(name, None)
        os.environ.update({name: before[name] for name in given if name in before})
