"""The mails about one's own data."""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from kirana.exports.running import KEPT
from kirana.mailing.mail import Message
from kirana.notifications import queries
from kirana.notifications.rendering import Letters


def personal_data_ready(letters: Letters, payload: dict[str, Any]) -> Message | None:
    """With a link for who signs in; the file itself is never mailed."""
    person = queries.get_person(queries.get_requester_id(payload["job_id"]))
    facts = {"days": KEPT.days, "url": letters.url("/account/data")}
    return _write(letters, "personal_data_ready", person, "Your data is ready", facts)


def erasure_asked(letters: Letters, payload: dict[str, Any]) -> Message | None:
    """None once it was taken back."""
    person = queries.get_person(payload["account_id"])
    if person.erase_at is None:
        return None
    day = f"{person.erase_at.astimezone(ZoneInfo(person.zone)):%-d %B %Y}"
    facts = {"day": day, "url": letters.url("/account/data")}
    subject = f"Your account at {letters.settings.shop_name} will be erased"
    return _write(letters, "erasure_asked", person, subject, facts)


def erased(letters: Letters, payload: dict[str, Any]) -> Message | None:
    """Good-bye; sent just before the address is forgotten."""
    person = queries.get_person(payload["account_id"])
    subject = f"Your account at {letters.settings.shop_name} is erased"
    return _write(letters, "erased", person, subject, {"url": letters.url("/")})


def _write(
    letters: Letters, template: str, person: Any, subject: str, facts: dict[str, Any]
) -> Message | None:
    if person.status == "closed":
        return None
    return letters.write(template, person.email, subject, {"name": person.name, **facts})


BUILDERS: dict[str, Callable[[Letters, dict[str, Any]], Message | None]] = {
    "personal_data_ready": personal_data_ready,
    "erasure_asked": erasure_asked,
    "erased": erased,
}
