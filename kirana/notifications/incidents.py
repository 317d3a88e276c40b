"""The mail to an admin when a check of the books found something new."""

from typing import Any
from zoneinfo import ZoneInfo

from kirana.mailing.mail import Message
from kirana.notifications import queries
from kirana.notifications.rendering import Letters


def incidents(letters: Letters, payload: dict[str, Any]) -> Message | None:
    """None for who is no admin any more, and where all is resolved meanwhile.

    It names rules and counts; the rows are shown to who signs in.
    """
    person = queries.get_person(payload["account_id"])
    found = queries.list_incidents(payload["first_id"], payload["last_id"])
    if (person.role, person.status) != ("admin", "active") or not found:
        return None
    facts = {
        "name": person.name,
        "found": [{"rule": each.rule, "rows": each.rows_found} for each in found],
        "moment": f"{found[0].found_at.astimezone(ZoneInfo(person.zone)):%-d %B %Y, %H:%M}",
        "url": letters.url("/office/checks"),
    }
    subject = f"A check of {letters.settings.shop_name} found something"
    return letters.write("incidents", person.email, subject, facts)
