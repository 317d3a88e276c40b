"""Mails about what somebody did to a person's account, place or wish."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, select

from kirana.accounts.models import AccountEvent, ApiKey
from kirana.catalog.models import CategoryRequest, Product
from kirana.mailing.mail import Message
from kirana.notifications import queries
from kirana.notifications.rendering import Letters
from kirana.platform.db import query
from kirana.reviews.models import Review
from kirana.stores.models import Store

Payload = dict[str, Any]


def role_changed(letters: Letters, payload: Payload) -> Message | None:
    """To the person, and where it is about an admin to the other admins."""
    about = queries.get_person(payload["about_id"])
    if payload["about_id"] == payload["account_id"]:
        text = f"The shop made you {_a(about.role)}. All your devices were signed out."
        return _write(letters, payload, "Your role has changed", text, "/sign-in")
    title = f"{about.full_name} is {_a(about.role)} now"
    text = (
        f"An admin or the operator gave this role to {about.email}. If it should not be, act now."
    )
    return _write(letters, payload, title, text, "/office/people")


def account_suspended(letters: Letters, payload: Payload) -> Message | None:
    text = f"You cannot sign in for now. The reason: {_latest_reason(payload['account_id'])}"
    text += "\nIf you think that this is a mistake, answer this mail."
    return _write(letters, payload, "Your account is suspended", text, "/")


def account_reinstated(letters: Letters, payload: Payload) -> Message | None:
    text = "The suspension has ended: you can sign in again."
    return _write(letters, payload, "Your account is open again", text, "/sign-in")


def team_left(letters: Letters, payload: Payload) -> Message | None:
    store = _text(Store.name, Store.id, payload["store_id"])
    text = "Your place in the team was ended. Your account stays, and you can shop as before."
    return _write(letters, payload, f"You no longer work at {store}", text, "/account")


def api_key_made(letters: Letters, payload: Payload) -> Message | None:
    name = _text(ApiKey.name, ApiKey.id, payload["key_id"])
    text = f"The key “{name}” can act for you from now on. If you did not make it, revoke it"
    text += " and change your password now."
    return _write(letters, payload, "You have a new API key", text, "/account/keys")


def category_decided(letters: Letters, payload: Payload) -> Message | None:
    request = CategoryRequest.id, payload["request_id"]
    is_approved = _text(CategoryRequest.status, *request) == "approved"
    reason = _text(CategoryRequest.reason, *request)
    text = "It is done: the shop shows it." if is_approved else f"The reason: {reason}"
    title = f"Your wish for the categories was {'approved' if is_approved else 'refused'}"
    return _write(letters, payload, title, text, "/office")


def review_refused(letters: Letters, payload: Payload) -> Message | None:
    """None once it was written anew or taken back."""
    found = _refused_review(payload["review_id"])
    if found is None:
        return None
    text = f"It is not shown. The reason: {found.reason}\nYou can change it; we look again."
    title = f"Your review of {found.title} was refused"
    return _write(letters, payload, title, text, f"/products/{found.slug}/review")


BUILDERS: dict[str, Callable[[Letters, Payload], Message | None]] = {
    build.__name__: build
    for build in (
        role_changed, account_suspended, account_reinstated, team_left, api_key_made,
        category_decided, review_refused,
    )
}  # fmt: skip


def _a(role: str) -> str:
    return f"{'an' if role[0] in 'aeiou' else 'a'} {role}"


def _write(letters: Letters, payload: Payload, title: str, text: str, path: str) -> Message | None:
    person = queries.get_person(payload["account_id"])
    if person.status == "closed":
        return None
    facts = {"name": person.name, "title": title, "text": text, "url": letters.url(path)}
    return letters.write("news", person.email, f"{title} · {letters.settings.shop_name}", facts)


@query
def _text(connection: Connection, column: Any, key: Any, key_value: int) -> str:
    return str(connection.execute(select(column).where(key == key_value)).scalar_one())


@query
def _refused_review(connection: Connection, review_id: int) -> Any:
    find = select(Review.reason, Product.title, Product.slug)
    joined = find.join(Product, Product.id == Review.product_id)
    refused = (Review.id == review_id, Review.status == "refused")
    return connection.execute(joined.where(*refused)).one_or_none()


@query
def _latest_reason(connection: Connection, account_id: int) -> str:
    theirs = (AccountEvent.account_id == account_id) & (AccountEvent.to_status == "suspended")
    find = select(AccountEvent.reason).where(theirs).order_by(AccountEvent.id.desc()).limit(1)
    return connection.execute(find).scalar() or "none was given"
