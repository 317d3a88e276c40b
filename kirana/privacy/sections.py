"""What belongs to one person: a statement for each part of their data."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Select, and_, case, or_, select

from kirana.accounts.factor_models import Passkey
from kirana.accounts.models import Account, AccountEvent, Address, ApiKey, Approval, Session
from kirana.cart.models import Cart, CartLine
from kirana.catalog.models import CategoryRequest, Product
from kirana.jobs.models import Job
from kirana.lists.models import Favourite, ListLine, ListLink, ShoppingList
from kirana.orders.models import Charge, Order, OrderEvent, OrderGroup, OrderLine
from kirana.payments.models import Payment
from kirana.platform.audit import AuditEvent
from kirana.reports.models import ReportDelivery
from kirana.reviews.models import Review, ReviewReport
from kirana.stores.models import Invitation, Membership, Store

Find = Select[*tuple[Any, ...]]


def _own(owner: Any, *columns: Any) -> Callable[[int], Find]:
    """These columns of the rows whose ``owner`` is the person."""
    return lambda me: select(*columns).where(owner == me)


_account = _own(
    Account.id, Account.id, Account.uid, Account.email, Account.name, Account.role, Account.status,
    Account.locale, Account.zone, Account.wants_report, Account.verified_at, Account.created_at,
    Account.erase_at,
)  # fmt: skip

_history = _own(
    AccountEvent.account_id, AccountEvent.id, AccountEvent.from_status, AccountEvent.to_status,
    AccountEvent.reason, AccountEvent.at,
)  # fmt: skip

_addresses = _own(
    Address.account_id, Address.id, Address.name, Address.phone, Address.street, Address.city,
    Address.postcode, Address.created_at,
)  # fmt: skip

_sessions = _own(
    Session.account_id, Session.id, Session.device, Session.network, Session.created_at,
    Session.seen_at, Session.ended_at, Session.expires_at,
)  # fmt: skip

_passkeys = _own(
    Passkey.account_id, Passkey.id, Passkey.name, Passkey.created_at, Passkey.last_used_at,
)  # fmt: skip

_api_keys = _own(
    ApiKey.account_id, ApiKey.id, ApiKey.name, ApiKey.permissions, ApiKey.created_at,
    ApiKey.used_at, ApiKey.expires_at, ApiKey.revoked_at,
)  # fmt: skip


def _invitations(me: int) -> Find:
    address = select(Account.email).where(Account.id == me).scalar_subquery()
    return select(
        Invitation.id, Invitation.email, Invitation.role, Invitation.created_at,
        Invitation.accepted_at, Invitation.revoked_at,
    ).where(or_(Invitation.accepted_by == me, Invitation.email == address))  # fmt: skip


_applications = _own(
    Approval.account_id, Approval.id, Approval.wished_store, Approval.status, Approval.reason,
    Approval.created_at, Approval.decided_at,
)  # fmt: skip


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


_order_groups = _own(
    OrderGroup.account_id, OrderGroup.id, OrderGroup.uid, OrderGroup.total_minor,
    OrderGroup.currency, OrderGroup.name, OrderGroup.phone, OrderGroup.street, OrderGroup.city,
    OrderGroup.postcode, OrderGroup.note, OrderGroup.placed_at,
)  # fmt: skip


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
    return select(*columns).join(Order, Order.id == Charge.order_id).where(Order.account_id == me)


def _order_history(me: int) -> Find:
    columns = (
        OrderEvent.id, Order.number.label("order"), OrderEvent.from_status, OrderEvent.to_status,
        OrderEvent.reason, OrderEvent.at,
    )  # fmt: skip
    joined = select(*columns).join(Order, Order.id == OrderEvent.order_id)
    return joined.where(Order.account_id == me)


_reports = _own(
    ReportDelivery.account_id, ReportDelivery.id, ReportDelivery.period, ReportDelivery.figures
)


def _favourites(me: int) -> Find:
    columns = (Favourite.id, Product.title.label("product"), Favourite.created_at)
    joined = select(*columns).join(Product, Product.id == Favourite.product_id)
    return joined.where(Favourite.account_id == me)


_lists = _own(
    ShoppingList.account_id, ShoppingList.id, ShoppingList.uid, ShoppingList.name,
    ShoppingList.created_at,
)  # fmt: skip


def _list_lines(me: int) -> Find:
    """Of one's own lists, whoever added them, and what one added to others'."""
    is_mine = ShoppingList.account_id == me
    columns = (
        ListLine.id, case((is_mine, ShoppingList.name)).label("list"),
        Product.title.label("product"), ListLine.quantity, ListLine.created_at,
    )  # fmt: skip
    joined = select(*columns).join(ShoppingList, ShoppingList.id == ListLine.list_id)
    mine = or_(is_mine, ListLine.added_by == me)
    return joined.join(Product, Product.id == ListLine.product_id).where(mine)


def _list_links(me: int) -> Find:
    columns = (
        ListLink.id, ShoppingList.name.label("list"), ListLink.may, ListLink.created_at,
        ListLink.revoked_at,
    )  # fmt: skip
    joined = select(*columns).join(ShoppingList, ShoppingList.id == ListLink.list_id)
    return joined.where(ShoppingList.account_id == me)


def _reviews(me: int) -> Find:
    columns = (
        Review.id, Product.title.label("product"), Review.author, Review.stars, Review.text,
        Review.status, Review.reason, Review.answer, Review.written_at,
    )  # fmt: skip
    joined = select(*columns).join(Product, Product.id == Review.product_id)
    return joined.where(Review.account_id == me)


def _review_reports(me: int) -> Find:
    columns = (
        ReviewReport.id, Product.title.label("product"), ReviewReport.complaint,
        ReviewReport.created_at,
    )  # fmt: skip
    joined = select(*columns).join(Review, Review.id == ReviewReport.review_id)
    return joined.join(Product, Product.id == Review.product_id).where(
        ReviewReport.account_id == me
    )


_category_requests = _own(
    CategoryRequest.requester_id, CategoryRequest.id, CategoryRequest.kind, CategoryRequest.wish,
    CategoryRequest.status, CategoryRequest.reason, CategoryRequest.created_at,
)  # fmt: skip


def _jobs(me: int) -> Find:
    columns = (Job.id, Job.kind, Job.status, Job.created_at, Job.finished_at)
    return select(*columns).where(Job.requester_id == me)


def _deeds(me: int) -> Find:
    uid = select(Account.uid).where(Account.id == me).scalar_subquery()
    by_me = AuditEvent.actor_id == me  # where others were is theirs
    about = and_(AuditEvent.object_kind == "account", AuditEvent.object_key == uid)
    return select(
        AuditEvent.id, AuditEvent.at, AuditEvent.action, AuditEvent.object_kind,
        AuditEvent.object_key, AuditEvent.before, AuditEvent.after,
        case((by_me, AuditEvent.network)).label("network"),
        case((by_me, AuditEvent.request_id)).label("request_id"),
    ).where(or_(by_me, about))  # fmt: skip


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
    "favourites": _favourites,
    "shopping_lists": _lists,
    "shopping_list_lines": _list_lines,
    "shopping_list_links": _list_links,
    "reviews": _reviews,
    "review_reports": _review_reports,
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
