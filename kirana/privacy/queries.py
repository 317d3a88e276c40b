"""All that the store keeps about one person, section by section, row by row."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, Select, and_, func, or_, select

from kirana.accounts.factor_models import Passkey
from kirana.accounts.models import Account, AccountEvent, Address, ApiKey, Approval, Session
from kirana.accounts.permissions import Permission
from kirana.accounts.states import MAY_SIGN_IN
from kirana.cart.models import Cart, CartLine
from kirana.catalog.models import CategoryRequest, Product
from kirana.exports.errors import ExportExpired
from kirana.jobs.models import Job
from kirana.jobs.queries import offer_file
from kirana.orders.models import Charge, Order, OrderEvent, OrderGroup, OrderLine
from kirana.payments.models import Payment
from kirana.platform import clock
from kirana.platform.access import Actor
from kirana.platform.audit import AuditEvent
from kirana.platform.db import query
from kirana.platform.errors import NotFound
from kirana.platform.outbox import Outbox
from kirana.reports.models import ReportDelivery
from kirana.stores.models import Invitation, Membership, Store

KIND = "personal_data"
Find = Select[*tuple[Any, ...]]

offer_file(KIND, "/api/v1/me/data-exports/{uid}/file")


class Due(msgspec.Struct, frozen=True):
    """An account whose time has come."""

    id: int
    uid: str
    erase_at: datetime


def _account(me: int) -> Find:
    return select(
        Account.id, Account.uid, Account.email, Account.name, Account.role, Account.status,
        Account.locale, Account.zone, Account.wants_report, Account.verified_at,
        Account.created_at, Account.erase_at,
    ).where(Account.id == me)  # fmt: skip


def _history(me: int) -> Find:
    return select(
        AccountEvent.id, AccountEvent.from_status, AccountEvent.to_status, AccountEvent.reason,
        AccountEvent.at,
    ).where(AccountEvent.account_id == me)  # fmt: skip


def _addresses(me: int) -> Find:
    return select(
        Address.id, Address.name, Address.phone, Address.street, Address.city, Address.postcode,
        Address.created_at,
    ).where(Address.account_id == me)  # fmt: skip


def _sessions(me: int) -> Find:
    return select(
        Session.id, Session.device, Session.network, Session.created_at, Session.seen_at,
        Session.ended_at, Session.expires_at,
    ).where(Session.account_id == me)  # fmt: skip


def _passkeys(me: int) -> Find:
    return select(Passkey.id, Passkey.name, Passkey.created_at, Passkey.last_used_at).where(
        Passkey.account_id == me
    )


def _api_keys(me: int) -> Find:
    return select(
        ApiKey.id, ApiKey.name, ApiKey.permissions, ApiKey.created_at, ApiKey.used_at,
        ApiKey.expires_at, ApiKey.revoked_at,
    ).where(ApiKey.account_id == me)  # fmt: skip


def _invitations(me: int) -> Find:
    address = select(Account.email).where(Account.id == me).scalar_subquery()
    return select(
        Invitation.id, Invitation.email, Invitation.role, Invitation.created_at,
        Invitation.accepted_at, Invitation.revoked_at,
    ).where(or_(Invitation.accepted_by == me, Invitation.email == address))  # fmt: skip


def _applications(me: int) -> Find:
    return select(
        Approval.id, Approval.wished_store, Approval.status, Approval.reason,
        Approval.created_at, Approval.decided_at,
    ).where(Approval.account_id == me)  # fmt: skip


def _memberships(me: int) -> Find:
    columns = (Membership.id, Store.name.label("store"), Membership.role, Membership.created_at)
    joined = select(*columns).join(Store, Store.id == Membership.store_id)
    return joined.where(Membership.account_id == me)


def _basket(me: int) -> Find:
    columns = (CartLine.id, Product.title.label("product"), CartLine.quantity, CartLine.note)
    joined = select(*columns).join(Product, Product.id == CartLine.product_id)
    return joined.join(Cart, Cart.id == CartLine.cart_id).where(
        Cart.account_id == me, Cart.status == "open"
    )


def _order_groups(me: int) -> Find:
    return select(
        OrderGroup.id, OrderGroup.uid, OrderGroup.total_minor, OrderGroup.currency,
        OrderGroup.name, OrderGroup.phone, OrderGroup.street, OrderGroup.city,
        OrderGroup.postcode, OrderGroup.note, OrderGroup.placed_at,
    ).where(OrderGroup.account_id == me)  # fmt: skip


def _orders(me: int) -> Find:
    columns = (
        Order.id, Order.number, OrderGroup.uid.label("group"), Store.name.label("store"),
        Order.status, Order.total_minor, Order.tax_minor, Order.currency, Order.placed_at,
        Payment.method.label("payment"), Payment.status.label("payment_status"),
    )  # fmt: skip
    joined = select(*columns).join(Store, Store.id == Order.store_id)
    joined = joined.join(OrderGroup, OrderGroup.id == Order.group_id)
    return joined.outerjoin(Payment, Payment.order_id == Order.id).where(Order.account_id == me)


def _order_lines(me: int) -> Find:
    return (
        select(
            OrderLine.id, Order.number.label("order"), OrderLine.title, OrderLine.size_text,
            OrderLine.unit, OrderLine.quantity, OrderLine.price_minor, OrderLine.total_minor,
            OrderLine.status,
        )
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.account_id == me)
    )  # fmt: skip


def _charges(me: int) -> Find:
    columns = (Charge.id, Order.number.label("order"), Charge.label, Charge.amount_minor)
    joined = select(*columns).join(Order, Order.id == Charge.order_id)
    return joined.where(Order.account_id == me)


def _order_history(me: int) -> Find:
    columns = (
        OrderEvent.id, Order.number.label("order"), OrderEvent.from_status, OrderEvent.to_status,
        OrderEvent.reason, OrderEvent.at,
    )  # fmt: skip
    joined = select(*columns).join(Order, Order.id == OrderEvent.order_id)
    return joined.where(Order.account_id == me)


def _reports(me: int) -> Find:
    columns = (ReportDelivery.id, ReportDelivery.period, ReportDelivery.figures)
    return select(*columns).where(ReportDelivery.account_id == me)


def _category_requests(me: int) -> Find:
    return select(
        CategoryRequest.id, CategoryRequest.kind, CategoryRequest.wish, CategoryRequest.status,
        CategoryRequest.reason, CategoryRequest.created_at,
    ).where(CategoryRequest.requester_id == me)  # fmt: skip


def _jobs(me: int) -> Find:
    columns = (Job.id, Job.kind, Job.status, Job.created_at, Job.finished_at)
    return select(*columns).where(Job.requester_id == me)


def _deeds(me: int) -> Find:
    uid = select(Account.uid).where(Account.id == me).scalar_subquery()
    about = and_(AuditEvent.object_kind == "account", AuditEvent.object_key == uid)
    return select(
        AuditEvent.id, AuditEvent.at, AuditEvent.action, AuditEvent.object_kind,
        AuditEvent.object_key, AuditEvent.before, AuditEvent.after, AuditEvent.network,
        AuditEvent.request_id,
    ).where(or_(AuditEvent.actor_id == me, about))  # fmt: skip


SECTIONS: dict[str, Callable[[int], Find]] = {
    "account": _account,
    "account_history": _history,
    "addresses": _addresses,
    "sessions": _sessions,
    "passkeys": _passkeys,
    "api_keys": _api_keys,
    "invitations": _invitations,
    "applications": _applications,
    "memberships": _memberships,
    "basket": _basket,
    "order_groups": _order_groups,
    "orders": _orders,
    "order_lines": _order_lines,
    "charges": _charges,
    "order_history": _order_history,
    "monthly_reports": _reports,
    "category_requests": _category_requests,
    "jobs": _jobs,
    "audit_log": _deeds,
}


@query
def count_rows(connection: Connection, account_id: int) -> int:
    """About how many rows there are in all sections."""
    return sum(
        connection.execute(select(func.count()).select_from(find(account_id).subquery())).scalar()
        or 0
        for find in SECTIONS.values()
    )


@query
def list_section(
    connection: Connection, account_id: int, section: str, after_id: int, limit: int
) -> list[dict[str, Any]]:
    """The next rows of a section by their inner ``id``."""
    find = SECTIONS[section](account_id)
    key = next(iter(find.selected_columns))
    page = find.where(key > after_id).order_by(key).limit(limit)
    return [dict(row._mapping) for row in connection.execute(page)]


@query
def may_have_data(connection: Connection, account_id: int) -> bool:
    """Whether the person can still sign in."""
    status = connection.execute(select(Account.status).where(Account.id == account_id)).scalar()
    return status in MAY_SIGN_IN


@query
def find_data_file(connection: Connection, actor: Actor, uid: str) -> tuple[str, str]:
    """The caller's finished file and its SHA-256. Raises NotFound, ExportExpired."""
    actor.require(Permission.READ_OWN_PROFILE)
    mine = (Job.uid == uid, Job.kind == KIND, Job.requester_id == actor.me())
    find = select(Job.status, Job.file, Job.sha256).where(*mine)
    row = connection.execute(find).one_or_none()
    if row is not None and row.status == "expired":
        raise ExportExpired
    if row is None or row.status != "done":
        raise NotFound
    return row.file, row.sha256


@query
def list_due(connection: Connection, limit: int = 100) -> list[Due]:
    """Accounts whose time has come, oldest first."""
    find = select(Account.id, Account.uid, Account.erase_at).where(
        Account.erase_at <= clock.now(connection), Account.status != "closed"
    )
    rows = connection.execute(find.order_by(Account.erase_at, Account.id).limit(limit))
    return [Due(key, uid, at) for key, uid, at in rows if at]


@query
def has_taken_leave(connection: Connection, dedupe_key: str) -> bool | None:
    """Whether nothing more will come of the last mail to a person; None if there is none yet."""
    find = select(Outbox.state, Outbox.doubts).where(Outbox.dedupe_key == dedupe_key)
    row = connection.execute(find).one_or_none()
    if row is None:
        return None
    return row.state in ("sent", "dead") or (row.state == "uncertain" and row.doubts > 1)


@query
def list_closed(connection: Connection) -> list[str]:
    """The uids of all accounts that were erased."""
    return list(connection.execute(select(Account.uid).where(Account.status == "closed")).scalars())


@query
def list_living(connection: Connection, uids: list[str]) -> list[str]:
    """Those of ``uids`` whose accounts exist and are not closed."""
    find = select(Account.uid).where(Account.uid.in_(uids), Account.status != "closed")
    return list(connection.execute(find).scalars())


@query
def find_erase_at(connection: Connection, account_id: int) -> datetime | None:
    """When this account ends, in its owner's zone; None if nobody asked."""
    find = select(Account.erase_at, Account.zone).where(Account.id == account_id)
    row = connection.execute(find).one()
    return row.erase_at.astimezone(ZoneInfo(row.zone)) if row.erase_at else None


@query
def id_of(connection: Connection, uid: str) -> int:
    found: int = connection.execute(select(Account.id).where(Account.uid == uid)).scalar_one()
    return found


@query
def is_past(connection: Connection, moment: datetime) -> bool:
    return moment <= clock.now(connection)
