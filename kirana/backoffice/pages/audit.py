"""Who did what: the audit log for the admin."""

import json
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from flask import Response, request, url_for

from kirana.accounts.permissions import Permission
from kirana.backoffice.pages.blueprint import admin_page, pages
from kirana.oversight.queries import AuditQuery, Deed, list_actions, list_deeds
from kirana.platform.clock import local_midnight
from kirana.platform.errors import Invalid
from kirana.platform.http import current_actor, requires
from kirana.platform.inputs import texts_to_struct
from kirana.platform.pages import Form
from kirana.platform.shop_settings import settings

PAGE_SIZE = 30
LOG = ".audit_log"
TEXTS = ("action", "actor", "object_kind", "object_key", "request_id")


class Filters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The page's filters; days are those of the shop's zone, both included."""

    action: str | None = None
    actor: str | None = None
    object_kind: str | None = None
    object_key: str | None = None
    request_id: str | None = None
    first: date | None = None
    last: date | None = None
    cursor: str | None = None

    def query(self) -> AuditQuery:
        if self.first and self.last and self.last < self.first:
            raise Invalid.at("/last", "is before the first day")
        texts = {name: getattr(self, name) for name in (*TEXTS, "cursor")}
        after_last = self.last and self.last + timedelta(days=1)
        return AuditQuery(
            limit=PAGE_SIZE, since=_midnight(self.first), until=_midnight(after_last), **texts
        )


@pages.get("/audit")
@requires(Permission.READ_AUDIT)
def audit_log() -> Response:
    """Every deed, newest first, by who, what, on what and when."""
    actor, typed = current_actor(), {k: v.strip() for k, v in request.args.items() if v.strip()}
    try:
        filters = texts_to_struct({k: [v] for k, v in typed.items()}, Filters)
        found, form = list_deeds(actor, filters.query()), Form(typed)
    except Invalid as error:
        told = {item["pointer"].strip("/"): item["detail"] for item in error.errors}
        found, form = list_deeds(actor, AuditQuery(limit=PAGE_SIZE)), Form(typed, told)
    chosen: dict[str, Any] = {
        name: value for name, value in typed.items() if name in Filters.__struct_fields__
    }
    chosen.pop("cursor", None)
    return admin_page(
        "office/audit.html",
        422 if form.errors else 200,
        deeds=[_shown(deed) for deed in found.items],
        form=form,
        actions=[{"value": name, "label": name} for name in list_actions(actor)],
        is_filtered=bool(chosen),
        first_url=url_for(LOG, **chosen) if "cursor" in typed else None,
        next_url=url_for(LOG, **chosen, cursor=found.next_cursor) if found.next_cursor else None,
    )


def _midnight(day: date | None) -> datetime | None:
    return local_midnight(day, settings().tz) if day else None


def _shown(deed: Deed) -> dict[str, Any]:
    """A deed with its change field by field, and the addresses of what is like it."""
    alike: dict[str, dict[str, Any]] = {
        "actor": {"actor": deed.actor},
        "action": {"action": deed.action},
        "object": {"object_kind": deed.object_kind, "object_key": deed.object_key},
        "request": {"request_id": deed.request_id},
    }
    urls = {name: url_for(LOG, **values) for name, values in alike.items()}
    return {"deed": deed, "urls": urls, "changes": _changes(deed.before or {}, deed.after or {})}


def _changes(before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, str | None]]:
    """The fields of both sides; None where a side has none."""
    return [
        {"name": name.replace("_", " "), "before": _text(before, name), "after": _text(after, name)}
        for name in dict.fromkeys([*before, *after])
        if (name in before, before.get(name)) != (name in after, after.get(name))
    ]


def _text(side: dict[str, Any], name: str) -> str | None:
    value = side.get(name)
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
