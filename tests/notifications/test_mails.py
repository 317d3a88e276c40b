"""What people read: every mail in both forms, with true facts and links of ours."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from kirana.accounts import services
from kirana.accounts.factor_shapes import FACTOR_NEWS
from kirana.accounts.models import Account, AccountEvent, ApiKey, Approval
from kirana.accounts.services.links import MAILS, ask_for_link, find_account
from kirana.catalog.models import CategoryRequest
from kirana.exports import services as exports
from kirana.exports.files import exports_folder
from kirana.mailing.mail import Message, encode
from kirana.notifications import mails
from kirana.notifications.factor_mails import NEWS
from kirana.notifications.rendering import Letters
from kirana.orders.models import Order, OrderEvent
from kirana.platform import clock
from kirana.platform.config import Settings
from kirana.platform.db import query, verb
from kirana.reports import services as reports
from kirana.reports.models import ReportDelivery
from tests.jobs.rows import (
    actor_of,
    add_account,
    add_category,
    add_member,
    add_order,
    add_product,
    add_store,
)

PLACED = datetime(2026, 10, 15, 20, 30, tzinfo=UTC)
EVIL = "<script>alert(1)</script> & Söhne"


class _Reader(HTMLParser):
    """Collects links and tags, and checks that what is opened is closed."""

    VOID = ("meta", "br", "img")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


@pytest.fixture
def letters(database: Any, settings: Settings) -> Letters:
    return Letters(replace(settings, base_url="https://kirana.example/"))


def build(letters: Letters, kind: str, **payload: Any) -> Message:
    message = mails.BUILDERS[kind](letters, payload)
    assert message is not None
    found = _Reader(message.html)
    assert all(link.startswith("https://kirana.example/") for link in found.links)
    assert not {"script", "style", "img", "link"}.intersection(found.tags)
    assert "<" not in message.text.replace(EVIL, "")
    assert "{" not in message.html + message.text
    assert "object at" not in message.html + message.text
    assert "\n\n\n" not in message.text
    encode(message, "Kirana <shop@kirana.example>", "<1@kirana.example>")
    return message


@pytest.fixture
def order_id(database: Any) -> int:
    store = add_store("corner")
    _rename(store, EVIL)
    milk = add_product(store, f"Milk {EVIL}", price_minor=6050, size_text="1 l")
    rice = add_product(
        store, "Rice", unit="g", price_per=1000, increment=50, minimum=100, price_minor=8000
    )
    asha = add_account("asha@shop.example", name="Asha")
    return add_order(asha, store, PLACED, [(milk, 2), (rice, 1500)], delivery=4000)


def test_an_order_is_confirmed_with_its_lines(letters: Letters, order_id: int) -> None:
    message = build(letters, "order_confirmation", order_id=order_id)
    number = _number(order_id)
    assert message.to == "asha@shop.example"
    assert number in message.subject
    for part in (message.html, message.text):
        for fact in (number, "₹121", "1.5 kg", "₹120", "₹40", "₹281", "Lake View", "cash"):
            assert fact in part
        assert f"https://kirana.example/orders/{number}" in part
        assert "16 October 2026, 02:00" in part, "the store's own time"
    assert "<script>" not in message.html
    assert EVIL in message.text


def test_a_cancelled_order_tells_why(letters: Letters, order_id: int) -> None:
    _cancel(order_id, "The delivery van is broken")
    message = build(letters, "order_cancelled", order_id=order_id)
    assert "broken" in message.html
    assert "broken" in message.text


def test_an_erased_person_gets_no_mail(letters: Letters, order_id: int) -> None:
    _set_everyone("closed")
    assert mails.BUILDERS["order_confirmation"](letters, {"order_id": order_id}) is None


def test_managers_hear_what_was_decided(letters: Letters) -> None:
    account = add_account("mira@shop.example", "manager", name="Mira")
    approved = _apply(account, "approved", add_store("corner"))
    message = build(letters, "manager_approved", approval_id=approved)
    assert "Corner" in message.subject
    assert "https://kirana.example/office" in message.text
    rejected = _apply(account, "rejected", None)
    message = build(letters, "manager_rejected", approval_id=rejected)
    assert "No room" in message.html
    assert "No room" in message.text


def test_a_known_address_is_told(letters: Letters) -> None:
    account = add_account("asha@shop.example", name=EVIL)
    message = build(letters, "sign_up_known", link_id=_link(account, "known"))
    assert "nothing was changed" in message.text
    assert "<script>" not in message.html


LINKS = {
    "password_reset": ("reset", "asha@shop.example", "/reset/"),
    "email_confirmation": ("confirm", "asha@shop.example", "/confirm/"),
    "email_change": ("change", "new@shop.example", "/confirm/"),
    "email_change_asked": ("change", "asha@shop.example", "/account/security"),
    "email_changed": ("change", "asha@shop.example", "answer this mail at once"),
}


@pytest.mark.parametrize("kind", LINKS)
def test_mails_about_an_account(letters: Letters, kind: str) -> None:
    purpose, to, fact = LINKS[kind]
    account = add_account("asha@shop.example", name=EVIL)
    message = build(letters, kind, link_id=_link(account, purpose))
    assert message.to == to
    assert "<script>" not in message.html
    for part in (message.html, message.text):
        assert fact in part


def test_a_changed_password_is_told(letters: Letters) -> None:
    account = add_account("asha@shop.example", name="Asha")
    message = build(letters, "password_changed", account_id=account)
    assert "https://kirana.example/forgot" in message.text


class TestExport:
    @pytest.fixture
    def job_id(self, letters: Letters) -> int:
        store, manager = add_store("corner"), add_account("mira@shop.example", "manager")
        add_member(manager, store)
        add_product(store, "Milk")
        job = exports.request_export(actor_of(manager), None)
        exports.run_export(job.id, exports_folder(letters.settings), "INR")
        return job.id

    def test_the_file_is_attached(self, letters: Letters, job_id: int) -> None:
        message = build(letters, "export_ready", job_id=job_id)
        (file,) = message.attachments
        assert file.filename.startswith("products-corner-")
        assert file.content.startswith(b"title,sku,")
        assert file.filename in message.text

    def test_a_large_file_is_linked(
        self, letters: Letters, job_id: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(mails, "LARGEST_ATTACHMENT", 10)
        message = build(letters, "export_ready", job_id=job_id)
        assert message.attachments == ()
        for part in (message.html, message.text):
            assert "https://kirana.example/office/corner/exports/" in part

    def test_a_suspended_manager_gets_none(self, letters: Letters, job_id: int) -> None:
        _set_everyone("suspended")
        assert mails.BUILDERS["export_ready"](letters, {"job_id": job_id}) is None


@pytest.mark.parametrize("kind", ["personal_data_ready", "erasure_asked", "erased"])
def test_the_mails_about_ones_own_data(letters: Letters, kind: str) -> None:
    store, manager = add_store("corner"), add_account("mira@shop.example", "manager", name=EVIL)
    add_member(manager, store)
    payload = {"account_id": manager, "job_id": exports.request_export(actor_of(manager), None).id}
    if kind == "erasure_asked":
        assert mails.BUILDERS[kind](letters, payload) is None, "it was taken back"
        _set_everyone("active", erase_at=datetime(2026, 12, 24, 20, tzinfo=UTC))
    message = build(letters, kind, **payload)
    assert message.to == "mira@shop.example"
    assert "<script>" not in message.html
    assert ("25 December 2026" in message.text) == (kind == "erasure_asked")
    _set_everyone("closed")
    assert mails.BUILDERS[kind](letters, payload) is None


class TestMonth:
    def owe(self, letters: Letters) -> int:
        with clock.frozen(datetime(2026, 11, 2, tzinfo=UTC)):
            reports.run_month("2026-10", letters.settings)
        return _only_delivery()

    def test_the_report_shows_the_month(self, letters: Letters) -> None:
        store = add_store("corner")
        asha = add_account("asha@shop.example", name="Asha Rao")
        for number in range(7):
            add_category(f"Shelf {number}")
            product = add_product(
                store, f"Thing {number}", category=f"Shelf {number}", price_minor=1000
            )
            add_order(asha, store, PLACED, [(product, number + 1)])
        september = datetime(2026, 9, 20, tzinfo=UTC)
        add_order(asha, store, september, [(product, 20)])
        message = build(letters, "monthly_report", delivery_id=self.owe(letters))
        assert message.subject == "Your October at Kirana"
        for part in (message.html, message.text):
            for fact in (
                "Your October, Asha", "₹280", "40% more than September", "₹40 on average",
                "Shelf 6", "25%", "Other", "Thing 6", "15–21 Oct", "from 7 categories",
                "https://kirana.example/account",
            ):  # fmt: skip
                assert fact in part, fact
        assert "Shelf 0" not in message.text, "the small ones are one part"

    def test_an_empty_month_takes_two_lines(self, letters: Letters) -> None:
        add_store("corner")
        add_account("idle@shop.example", name="Ravi")
        message = build(letters, "monthly_report", delivery_id=self.owe(letters))
        assert "Ravi" in message.text
        assert "no order in October 2026" in message.text
        assert len(message.text.strip().splitlines()) == 2

    def test_who_turned_it_off_meanwhile_gets_none(self, letters: Letters) -> None:
        add_store("corner")
        add_account("idle@shop.example")
        payload = {"delivery_id": self.owe(letters)}
        _set_everyone("active", wants_report=False)
        assert mails.BUILDERS["monthly_report"](letters, payload) is None


def test_every_news_about_a_factor_is_told(letters: Letters) -> None:
    account = add_account("asha@shop.example", name="Asha")
    assert set(NEWS) == set(FACTOR_NEWS)
    for number, what in enumerate(FACTOR_NEWS):
        title, text = NEWS[what]
        message = build(letters, "factor_note", account_id=account, news=number)
        assert (message.to, title in message.subject) == ("asha@shop.example", True)
        for part in (message.html, message.text):
            assert text in part
            assert "https://kirana.example/account/security" in part
    source = "".join(path.read_text() for path in Path(services.__file__).parent.glob("*.py"))
    assert [what for what in NEWS if f'"{what}"' not in source] == []


def test_people_hear_what_others_did_to_them(letters: Letters) -> None:
    asha = add_account("asha@shop.example", name=EVIL)
    boss = add_account("boss@shop.example", "admin", name="Boss")
    ids = _things_of(asha, add_store("corner"))
    told = {
        "account_suspended": "The reason: too loud",
        "account_reinstated": "you can sign in again",
        "team_left": "You no longer work at Corner",
        "api_key_made": "“till”",
        "category_decided": "The reason: not here",
    }
    for kind, fact in told.items():
        message = build(letters, kind, account_id=asha, **ids)
        assert message.to == "asha@shop.example"
        assert "<script>" not in message.html
        for part in (message.html, message.text):
            assert fact in part, kind
    for reader, about, fact in ((asha, asha, "made you a customer"), (asha, boss, "boss@shop")):
        assert fact in build(letters, "role_changed", account_id=reader, about_id=about).text
    message = build(letters, "role_changed", account_id=asha, about_id=boss)
    assert "Boss is an admin now" in message.subject


def test_every_kind_that_is_owed_can_be_built(letters: Letters, order_id: int) -> None:
    _cancel(order_id, "")
    assert _kinds_written_in_code() | set(MAILS.values()) == set(mails.BUILDERS)


def _kinds_written_in_code() -> set[str]:
    """Names given to ``enqueue``, or kept for it by an export, anywhere in the shop's code."""
    found: set[str] = set()
    for path in Path(mails.__file__).parents[1].rglob("*.py"):
        found |= set(
            re.findall(r'(?:enqueue(?:_all)?\(connection, |mail: str = )"(\w+)"', path.read_text())
        )
    return found


@verb
def _link(connection: Connection, account_id: int, purpose: str) -> int:
    email = connection.execute(select(Account.email).where(Account.id == account_id)).scalar_one()
    new_email = "new@shop.example" if purpose == "change" else None
    return ask_for_link(connection, purpose, find_account(connection, email), new_email)


@query
def _only_delivery(connection: Connection) -> int:
    found: int = connection.execute(select(ReportDelivery.id)).scalar_one()
    return found


@verb
def _rename(connection: Connection, store_id: int, name: str) -> None:
    stores = mails.queries.Store
    connection.execute(update(stores).where(stores.id == store_id).values(name=name))


@verb
def _cancel(connection: Connection, order_id: int, reason: str) -> None:
    step = {"from_status": "placed", "to_status": "cancelled", "reason": reason}
    connection.execute(update(Order).where(Order.id == order_id).values(status="cancelled"))
    connection.execute(insert(OrderEvent).values(order_id=order_id, **step))


@verb
def _things_of(connection: Connection, account_id: int, store_id: int) -> dict[str, int]:
    """A suspension, a key and a refused wish of this account."""
    step = {"from_status": "active", "to_status": "suspended", "reason": "too loud"}
    connection.execute(insert(AccountEvent).values(account_id=account_id, **step))
    key = {"uid": "k", "name": "till", "token_hash": "x", "permissions": []}
    made = connection.execute(insert(ApiKey).values(account_id=account_id, **key))
    wish = {
        "uid": "w", "requester_id": account_id, "store_id": store_id, "kind": "create",
        "wish": {}, "status": "rejected", "reason": "not here", "decided_at": PLACED,
    }  # fmt: skip
    asked = connection.execute(insert(CategoryRequest).values(**wish))
    (key_id,), (request_id,) = made.inserted_primary_key or (), asked.inserted_primary_key or ()
    return {"store_id": store_id, "key_id": key_id, "request_id": request_id}


@verb
def _apply(connection: Connection, account_id: int, status: str, store_id: int | None) -> int:
    values = {"account_id": account_id, "wished_store": "My Shop", "reason": "No room"}
    decided = {"status": status, "store_id": store_id, "decided_at": PLACED}
    done = connection.execute(insert(Approval).values(**values, **decided))
    approval_id: int = done.inserted_primary_key[0]  # type: ignore[index]
    return approval_id


@verb
def _set_everyone(connection: Connection, status: str, **values: Any) -> None:
    connection.execute(update(Account).values(status=status, **values))


@query
def _number(connection: Connection, order_id: int) -> str:
    found: str = connection.execute(select(Order.number).where(Order.id == order_id)).scalar_one()
    return found
