"""Who asked to be erased is gone from every table and file, and the books still add up."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, LargeBinary, String, insert, make_url, select, text, update
from sqlalchemy.types import JSON

from kirana import check
from kirana.accounts.errors import ErasureUnderWay, LastAdmin
from kirana.accounts.models import Account, AccountEvent, Approval, Session
from kirana.accounts.services import suspend
from kirana.cart.models import Cart, CartLine
from kirana.cart.services import set_line
from kirana.catalog.models import Product
from kirana.exports.files import exports_folder
from kirana.jobs.models import Job
from kirana.lists.keys import link_token
from kirana.lists.queries import get_list
from kirana.lists.services import keep_favourite, make_list, set_list_line, share_list
from kirana.lists.shapes import Place
from kirana.mailing import delivery
from kirana.mailing.mail import Message
from kirana.notifications import mails
from kirana.orders.models import Order, OrderEvent, OrderGroup
from kirana.orders.services import cancel_my_order, move_order
from kirana.platform import audit_seal, clock, db
from kirana.platform.config import Settings
from kirana.platform.db import query, verb
from kirana.platform.idempotency import Idempotency
from kirana.platform.outbox import Outbox, enqueue
from kirana.platform.schedule import JobRun
from kirana.platform.wake import on_wake
from kirana.privacy.services import erasing
from kirana.privacy.services.exporting import request_data, run_data_export
from kirana.reports.models import ReportDelivery
from kirana.reports.queries import JOB
from kirana.reviews.models import Review
from kirana.reviews.services import move_review, report_review, write_review
from kirana.reviews.shapes import ReviewMove, ReviewWish
from kirana.schema import metadata
from tests.accounts.people import PASSWORD, join, person_row, rows, sign_in
from tests.machinery.databases import SECRET
from tests.privacy.columns import NOT_PERSONAL, PERSONAL
from tests.world import World, build

MARK = "Zyxwvut"
EMAIL = "zyxwvut@example.org"
NOTE = f"Ring at {MARK}, 4th floor"
HOME = {
    "name": f"Asha {MARK}", "phone": "+91 98450 77777", "street": f"77 {MARK} Road",
    "city": f"{MARK}pur", "postcode": "560777",
}  # fmt: skip
TRACES = (MARK, MARK.lower(), "98450 77777", "560777")
DAYS = 14


class Sink:
    """Stands where mail goes out."""

    def __init__(self) -> None:
        self.sent: list[Message] = []

    def send(self, message: Message, message_id: str) -> None:
        self.sent.append(message)

    def new_message_id(self) -> str:
        return f"<{len(self.sent)}@example.org>"


@pytest.fixture
def sink(app: Any, settings: Settings) -> Iterator[Sink]:
    mails.register(settings)
    made = Sink()
    delivery.use_mailer(made)
    yield made
    mails.register(settings)


@pytest.fixture
def world(app: Any, settings: Settings) -> World:
    (settings.home / erasing.LIST).unlink(missing_ok=True)
    made = build(app)
    made.people["asha"] = join(app, email=EMAIL)
    _live(made)
    return made


def _live(world: World) -> None:
    """Leave a trace of Asha in every table that can hold one."""
    asha = world.people["asha"]
    asha.call("PATCH", "/me", {"name": f"Asha {MARK}"})
    assert asha.post("/me/addresses", HOME, **{"Idempotency-Key": "address"}).status_code == 201
    for status in ("cancelled", "placed"):
        set_line(world.actor("asha"), world.keys["product"], 1)
        body = {
            "delivery": HOME | {"note": NOTE},
            "expected_total": {"amount": 9900, "currency": "INR"},
        }
        told = asha.post("/orders", body, **{"Idempotency-Key": status})
        assert told.status_code == 201, told.json
        world.keys[status] = told.json["orders"][0]["number"]
    cancel_my_order(world.actor("asha"), world.keys["cancelled"], f"{MARK} is away")
    set_line(world.actor("asha"), world.keys["product"], 1)
    _write_rows(world.actor("asha").me())
    request_data(world.actor("asha"))


@verb
def _write_rows(connection: Connection, me: int) -> None:
    mine = Cart.account_id == me
    lines = CartLine.cart_id.in_(select(Cart.id).where(mine))
    connection.execute(update(CartLine).where(lines).values(note=NOTE))
    connection.execute(update(Session).where(Session.account_id == me).values(device=MARK))
    moves = update(AccountEvent).where(AccountEvent.account_id == me)
    connection.execute(moves.values(reason=MARK))
    month = "2026-10"
    report = {"account_id": me, "period": month, "figures": {"period": month, "greeting": MARK}}
    made = connection.execute(insert(ReportDelivery).values(**report)).inserted_primary_key
    connection.execute(insert(JobRun).values(name=JOB, period=month, cursor=me))
    enqueue(connection, "monthly_report", f"report:{me}:{month}", delivery_id=made[0])


def deliver_order(world: World) -> None:
    for to in ("accepted", "picking", "packed", "ready", "handed_over"):
        move_order(world.actor("manager"), world.keys["placed"], (to, f"{MARK} {to}"))


@query
def dump(connection: Connection) -> str:
    """Every cell of every table, as text."""
    cells = []
    for table in metadata.sorted_tables:
        for row in connection.execute(select(table)):
            cells += [f"{table.name}.{name}={value!r}" for name, value in row._mapping.items()]
    return "\n".join(cells)


def traces(settings: Settings) -> list[str]:
    """Where something of Asha still stands."""
    found = [line for line in dump().splitlines() if any(trace in line for trace in TRACES)]
    for path in settings.home.rglob("*"):
        if path.is_file() and path.suffix in (".json", ".part", ".csv", ".txt"):
            told = path.read_bytes().decode(errors="replace")
            found += [str(path) for trace in TRACES if trace in told]
    return found


def left_on_disk(settings: Settings) -> list[str]:
    """Traces in SQLite's file or its log, where no statement finds them any more."""
    path = make_url(settings.database_url).database or ""
    paths = [Path(path), Path(f"{path}-wal")]
    data = b"".join(each.read_bytes() for each in paths if each.is_file())
    return [trace for trace in TRACES if trace.encode() in data]


def erase(world: World, settings: Settings) -> str:
    uid = world.people["asha"].uid
    erasing.erase(world.actor("admin"), uid, settings)
    return uid


# ---- every column is decided on


def _texts() -> set[str]:
    kinds = (String, JSON, LargeBinary)
    return {
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, kinds)
    }


def test_every_column_of_text_is_decided_on() -> None:
    decided = set(PERSONAL) | set(NOT_PERSONAL)
    assert not set(PERSONAL) & set(NOT_PERSONAL)
    assert _texts() - decided == set(), "say in tests/privacy/columns.py what erasing does to it"
    assert decided - _texts() == {"idempotency.status"}


# ---- nothing is left


def test_nothing_of_the_person_is_left(world: World, settings: Settings) -> None:
    deliver_order(world)
    me = world.actor("asha").me()
    job = next(row for row in rows(Job) if row.requester_id == me)
    run_data_export(job.id, exports_folder(settings))
    seen = {
        line.partition("=")[0] for line in dump().splitlines() if any(t in line for t in TRACES)
    }
    assert seen >= {
        "account.email", "account.name", "address.street", "order_group.name", "order_group.phone",
        "order_group.note", "order_event.reason", "cart_line.note", "idempotency.body",
        "report_delivery.figures", "session.device", "account_event.reason",
    }  # fmt: skip
    assert [place for place in traces(settings) if place.endswith(".json")]
    money = _money()
    uid = erase(world, settings)
    assert traces(settings) == []
    assert _money() == money
    assert check.run() == []
    key = audit_seal.seal_key(settings)
    audit_seal.seal(key)
    assert audit_seal.verify(key).fault is None
    assert _left_by(me) == {Session: 0, Idempotency: 0}
    with pytest.raises(Exception, match="not right"):
        sign_in(EMAIL)
    assert world.people["asha"].get("/me").status_code == 401
    erasing.erase(world.actor("admin"), uid, settings)  # safe to repeat
    assert check.run() == []


def test_what_was_said_liked_and_listed_goes_too(world: World, settings: Settings) -> None:
    asha, milk = world.actor("asha"), world.keys["product"]
    deliver_order(world)
    uid = write_review(asha, milk, ReviewWish(stars=5, text=f"{MARK} liked it")).uid
    move_review(world.actor("admin"), uid, ReviewMove(to="shown"))
    other = world.actor("other_customer")
    report_review(other, uid, "private")
    keep_favourite(asha, milk, 10)
    mine = Place(uid=make_list(asha, f"For {MARK}", 10))
    set_list_line(asha, mine, (milk, 1), 10)
    theirs = Place(uid=make_list(other, "Shared", 10))
    link = share_list(other, theirs.uid, "edit", SECRET)
    set_list_line(asha, Place(token=link_token(SECRET, link)), (milk, 2), 10)
    assert {row.review_count for row in rows(Product)} >= {1}
    erase(world, settings)
    assert traces(settings) == []
    assert (rows(Review), {row.review_count for row in rows(Product)}) == ([], {0})
    assert [line.added_by for line in get_list(other, theirs).lines] == [""]
    assert check.run() == []


def test_answers_to_others_tell_nothing_any_more(world: World, settings: Settings) -> None:
    """They are kept for 72 hours, so that a request that is sent again has no second effect."""
    asha, place = world.people["asha"], f"/orders/{world.keys['placed']}/moves"
    calls = [
        (world.people["manager"], place, {"to": "accepted"}),
        (world.people["admin"], f"/people/{asha.uid}/suspension", {"reason": "unpaid"}),
        (world.people["admin"], f"/people/{asha.uid}/reinstatement", None),
    ]
    told = [who.post(path, body, **{"Idempotency-Key": path}) for who, path, body in calls]
    assert [answer.status_code for answer in told] == [200] * 3
    assert MARK in told[0].text
    other = world.people["manager"].post(
        f"/products/{world.keys['product']}/stock/movements",
        {"kind": "received", "quantity": 5}, **{"Idempotency-Key": "other"},
    )  # fmt: skip
    erase(world, settings)
    assert traces(settings) == []
    for (who, path, body), before in zip(calls, told, strict=True):
        again = who.post(path, body, **{"Idempotency-Key": path})
        assert (again.status_code, again.data) == (before.status_code, b"")
        assert again.headers["Idempotent-Replayed"] == "true"
    assert other.data in {row.body for row in rows(Idempotency)}


@query
def _money(connection: Connection) -> list[Any]:
    columns = (Order.number, Order.total_minor, Order.tax_minor, OrderGroup.total_minor)
    joined = select(*columns).join(OrderGroup, OrderGroup.id == Order.group_id)
    return list(connection.execute(joined.order_by(Order.id)))


@query
def _left_by(connection: Connection, me: int) -> dict[Any, int]:
    mine = {Session: Session.account_id == me, Idempotency: Idempotency.owner == f"a:{me}"}
    return {
        table: len(list(connection.execute(select(table.id).where(where))))
        for table, where in mine.items()
    }


def test_an_applicant_leaves_no_wish_behind(world: World, settings: Settings) -> None:
    wanted = {"pending": "withdrawn", "rejected": "rejected", "manager": "approved"}
    ids = {name: world.actor(name).me() for name in wanted}
    for name in wanted:
        erasing.erase(world.actor("admin"), world.people[name].uid, settings)
    kept = {row.account_id: row for row in rows(Approval)}
    assert {name: kept[me].status for name, me in ids.items()} == wanted
    assert {kept[me].wished_store for me in ids.values()} == {""}
    assert "Too far away." not in dump()
    assert check.run() == []


def test_the_same_address_is_a_new_person(app: Any, world: World, settings: Settings) -> None:
    old = world.people["asha"].uid
    erase(world, settings)
    again = join(app, email=EMAIL)
    assert again.uid != old
    assert again.get("/orders").json["items"] == []
    assert again.get("/me/addresses").json == []


def test_history_lets_only_a_reason_be_emptied(world: World) -> None:
    for change in (
        "reason = 'other'",
        "reason = '', to_status = 'completed'",
        "reason = '', actor_id = NULL, order_id = order_id + 1",
    ):
        with pytest.raises(Exception, match="insert-only"), db.transaction() as connection:
            connection.execute(text(f"UPDATE order_event SET {change}"))  # noqa: S608
    with pytest.raises(Exception, match="insert-only"), db.transaction() as connection:
        connection.execute(text("DELETE FROM order_event"))
    assert any(row.reason for row in rows(OrderEvent))


# ---- asking, waiting, changing one's mind


def test_the_way_from_asking_to_good_bye(world: World, settings: Settings, sink: Sink) -> None:
    asha, now = world.people["asha"], clock.utc_now()
    wrong = asha.post("/me/erasure", {"password": "not the password"})
    assert (wrong.status_code, wrong.json["errors"][0]["pointer"]) == (422, "/password")
    asked = asha.post("/me/erasure", {"password": PASSWORD})
    assert asked.status_code == 202
    assert asha.post("/me/erasure", {"password": PASSWORD}).json == asked.json  # once is enough
    assert asha.get("/me").json["erase_at"] == asked.json["erase_at"]
    notes = sign_in(EMAIL).notes
    assert any("Your account ends on" in note for note in notes)
    deliver_order(world)
    delivery.deliver_due()
    [mail] = [each for each in sink.sent if "will be erased" in each.subject]
    assert mail.to == EMAIL
    assert "/account/data" in mail.text
    with clock.frozen(now + timedelta(days=DAYS - 1)):
        assert erasing.erase_due(settings) == 0
    with clock.frozen(now + timedelta(days=DAYS, minutes=1)):
        assert erasing.erase_due(settings) == 0  # good-bye comes first
        assert person_row(EMAIL).status == "active"
        with pytest.raises(ErasureUnderWay):
            erasing.keep_account(world.actor("asha"))
        delivery.deliver_due()
        assert sink.sent[-1].to == EMAIL
        assert sink.sent[-1].subject.endswith("is erased")
        assert erasing.erase_due(settings) == 1
        assert erasing.erase_due(settings) == 0
        delivery.deliver_due()
    assert traces(settings) == []
    assert left_on_disk(settings) == []
    assert (settings.home / erasing.LIST).read_text().split() == [asha_uid(asked)]
    assert check.run() == []


def asha_uid(answer: Any) -> str:
    return str(answer.json["uid"])


def test_changing_ones_mind(world: World, settings: Settings, sink: Sink) -> None:
    asha, now = world.people["asha"], clock.utc_now()
    assert asha.call("DELETE", "/me/erasure").status_code == 404
    asha.post("/me/erasure", {"password": PASSWORD})
    assert asha.call("DELETE", "/me/erasure").status_code == 204
    delivery.deliver_due()
    assert not [each for each in sink.sent if "erased" in each.subject]
    with clock.frozen(now + timedelta(days=DAYS + 1)):
        assert erasing.erase_due(settings) == 0
    assert person_row(EMAIL).status == "active"


def test_an_order_on_its_way_arrives_first(world: World, settings: Settings, sink: Sink) -> None:
    with clock.frozen(clock.utc_now() - timedelta(days=DAYS + 1)):
        erasing.ask_erasure_for(world.actor("admin"), world.people["asha"].uid, DAYS)
    for _ in range(2):
        erasing.erase_due(settings)
        delivery.deliver_due()
    assert person_row(EMAIL).status == "active"
    assert not [each for each in sink.sent if each.subject.endswith("is erased")]
    deliver_order(world)
    erasing.erase_due(settings)
    delivery.deliver_due()
    assert erasing.erase_due(settings) == 1


def test_a_lost_good_bye_is_not_waited_for_for_ever(world: World, settings: Settings) -> None:
    deliver_order(world)
    with clock.frozen(clock.utc_now() - timedelta(days=DAYS + 4)):
        erasing.ask_erasure_for(world.actor("admin"), world.people["asha"].uid, DAYS)
    assert [erasing.erase_due(settings) for _ in range(2)] == [0, 1]
    waiting = [row for row in rows(Outbox) if row.state in ("due", "retrying")]
    me = next(row.id for row in rows(Account) if row.status == "closed")
    assert not [row for row in waiting if row.payload.get("account_id") == me]


def test_the_last_admin_and_a_sole_owner_stay(world: World, settings: Settings) -> None:
    admin, owner = world.people["admin"], world.people["manager"]
    told = admin.post("/me/erasure", {"password": PASSWORD})
    assert (told.status_code, told.json["code"]) == (409, "last_admin")
    told = owner.post("/me/erasure", {"password": PASSWORD})
    assert (told.status_code, told.json["code"]) == (409, "sole_owner")
    assert "Shop of manager" in told.json["detail"]
    assert (person_row(admin.email).erase_at, person_row(owner.email).erase_at) == (None, None)
    with pytest.raises(LastAdmin):
        erasing.erase(world.actor("admin"), admin.uid, settings)


def test_an_admin_acts_for_somebody_suspended(world: World) -> None:
    asha, admin = world.people["asha"], world.people["admin"]
    uid = asha.uid
    suspend(world.actor("admin"), uid, "unpaid bills")
    asked = admin.post(f"/people/{uid}/erasure")
    assert asked.status_code == 202
    assert asked.json["person"]["erase_at"]
    assert admin.call("DELETE", f"/people/{uid}/erasure").status_code == 204
    assert admin.call("DELETE", f"/people/{uid}/erasure").status_code == 404
    assert admin.post("/people/none/erasure").status_code == 404


def test_without_a_time_to_think_the_worker_is_woken(world: World) -> None:
    woken: list[str] = []
    on_wake(lambda task, *_: woken.append(task))
    try:
        erasing.ask_erasure(world.actor("asha"), PASSWORD, 1)
        assert "upkeep.erase" not in woken
        erasing.keep_account(world.actor("asha"))
        erasing.ask_erasure(world.actor("asha"), PASSWORD, 0)
    finally:
        on_wake(None)
    assert woken.count("upkeep.erase") == 1


def test_the_page_asks_for_the_password_and_keeps_a_mind_open(world: World) -> None:
    asha = world.people["asha"]

    def send(path: str, **form: str) -> Any:
        return asha.client.post(path, data=form, headers=asha.headers)

    refused = send("/account/erasure", password="not the password")
    assert refused.status_code == 422
    assert 'id="error-password"' in refused.text
    assert send("/account/erasure", password=PASSWORD).status_code == 303
    shown = asha.client.get("/account/data", headers=asha.headers).text
    assert "Keep my account" in shown
    assert 'action="/account/erasure"' not in shown
    assert "is erased on" in asha.client.get("/account", headers=asha.headers).text
    assert send("/account/erasure/withdrawal").status_code == 303
    assert "Keep my account" not in asha.client.get("/account/data", headers=asha.headers).text


# ---- a database from before


@pytest.mark.on_database("sqlite")
def test_a_restored_database_does_not_bring_anybody_back(
    world: World, settings: Settings, tmp_path: Path
) -> None:
    file = Path(settings.database.removeprefix("sqlite:///"))
    db.dispose()
    shutil.copyfile(file, tmp_path / "backup")
    uid = world.people["asha"].uid
    erase(world, settings)
    erasing.write_list(settings.home)
    erasing.write_list(settings.home)
    assert (settings.home / erasing.LIST).read_text() == f"{uid}\n"
    db.dispose()
    for suffix in ("-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)
    shutil.copyfile(tmp_path / "backup", file)
    assert traces(settings)
    assert erasing.list_escaped(settings.home) == [uid]
    assert erasing.erase_due(settings) == 1
    assert traces(settings) == []
    assert erasing.list_escaped(settings.home) == []
    assert check.run() == []
