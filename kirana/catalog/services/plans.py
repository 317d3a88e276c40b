"""What becomes true by itself: prices from a moment on, and products that go on sale.

Any number of beats may ask at once: each plan is carried out in a transaction of its own that
locks the product and asks again whether the plan is due.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from kirana.accounts.permissions import Permission
from kirana.catalog.errors import PricePlannedAlready, TooManyPlans
from kirana.catalog.inputs import NewPlannedPrice
from kirana.catalog.models import PlannedPrice, Product
from kirana.catalog.plan_queries import due_plans, due_publications, get_planned_price
from kirana.catalog.queries import get_product
from kirana.catalog.services.plan_records import cancel_plans, plan_facts
from kirana.catalog.services.products import move_locked, require_price
from kirana.catalog.services.records import (
    close_price,
    lock_product,
    open_price,
    save_product,
    tell_public,
)
from kirana.catalog.states import PRODUCT_MOVES
from kirana.catalog.views import PlannedPriceView, ProductView
from kirana.platform import audit, clock, columns
from kirana.platform.access import SYSTEM, Actor
from kirana.platform.db import verb
from kirana.platform.errors import IllegalMove, Invalid, NotFound
from kirana.platform.money import LARGEST
from kirana.platform.probes import reached
from kirana.platform.states import require_move

MOST_PLANS = 20
# Further ahead nobody knows a price.
FURTHEST = timedelta(days=731)


@verb
def plan_price(
    connection: Connection, actor: Actor, slug: str, new: NewPlannedPrice
) -> PlannedPriceView:
    """Let a price become true at a moment to come. Locks the product.

    Raises NotFound, IllegalMove (of what is archived), Invalid, PricePlannedAlready, TooManyPlans.
    """
    actor.require(Permission.WRITE_STORE_PRODUCTS)
    row = lock_product(connection, actor, slug)
    if not PRODUCT_MOVES[row["status"]]:
        raise IllegalMove(legal=[])
    was = new.was_price.amount if new.was_price else None
    _check_amounts(new.price.amount, was)
    now = _require_ahead(connection, new.due_at, "due_at")
    values = {
        "uid": columns.new_uid(), "product_id": row["id"], "amount_minor": new.price.amount,
        "was_minor": was, "due_at": new.due_at, "planned_by": actor.account_id, "created_at": now,
    }  # fmt: skip
    _insert(connection, values)
    plan = get_planned_price(connection, row["id"], values["uid"])
    audit.record(
        connection, actor, "product_price_planned", ("product", slug), after=plan_facts(plan)
    )
    return plan


@verb
def cancel_planned_price(connection: Connection, actor: Actor, slug: str, uid: str) -> None:
    """Call a planned price off. Locks the product. Raises NotFound, IllegalMove."""
    actor.require(Permission.WRITE_STORE_PRODUCTS)
    row = lock_product(connection, actor, slug)
    if not cancel_plans(connection, actor, row["id"], slug, [uid]):
        raise NotFound


@verb
def plan_publication(
    connection: Connection,
    actor: Actor,
    slug: str,
    publish_at: datetime | None,
    version: int | None = None,
) -> ProductView:
    """Let a draft or hidden product go on sale at a moment to come; None calls it off.

    Locks the product. Raises NotFound, Stale, IllegalMove, Invalid.
    """
    actor.require(Permission.WRITE_STORE_PRODUCTS)
    row = lock_product(connection, actor, slug, version=version)
    if publish_at is not None:
        require_move(PRODUCT_MOVES, row["status"], "published")
        require_price(row["price_minor"])
        _require_ahead(connection, publish_at, "publish_at")
    if publish_at != row["publish_at"]:
        now = clock.now(connection)
        save_product(connection, row["id"], {"publish_at": publish_at, "updated_at": now})
        audit.record(
            connection, actor, "product_publication_planned", ("product", slug),
            before={"publish_at": _text(row["publish_at"])},
            after={"publish_at": _text(publish_at)},
        )  # fmt: skip
    return get_product(actor, slug)


def carry_out_due() -> int:
    """Do all that is due by the database's clock; how much was done here.

    Never called inside a transaction: each plan has its own.
    """
    prices = sum(apply_planned_price(plan_id) for plan_id in due_plans())
    return prices + sum(publish_due(product_id) for product_id in due_publications())


@verb
def apply_planned_price(connection: Connection, plan_id: int) -> bool:
    """Make a due plan the price, once however many try; whether it was done here.

    Locks the product; the catalogue's version rises with it.
    """
    of_plan = select(PlannedPrice.product_id).where(PlannedPrice.id == plan_id)
    found = select(Product.__table__).where(Product.id == of_plan.scalar_subquery())
    product = connection.execute(found.with_for_update(key_share=True)).one()
    reached("planned_price.seen")
    now = clock.now(connection)
    plan = take_plan(connection, plan_id, now)
    if plan is None:
        return False
    close_price(connection, product.id, now)
    price_id = open_price(connection, SYSTEM, product.id, plan.amount_minor, now)
    link = update(PlannedPrice).where(PlannedPrice.id == plan_id)
    connection.execute(link.values(price_id=price_id))
    after = {"price_minor": plan.amount_minor, "was_minor": plan.was_minor}
    save_product(connection, product.id, {**after, "updated_at": now})
    audit.record(
        connection, SYSTEM, "product_price_applied", ("product", product.slug),
        before={"price_minor": product.price_minor, "was_minor": product.was_minor},
        after={**after, "plan": plan.uid},
    )  # fmt: skip
    tell_public(connection, product.status, product.id)
    return True


@verb
def publish_due(connection: Connection, product_id: int) -> bool:
    """Put a product on sale whose time has come; whether it was done here. Locks the product."""
    found = select(Product.__table__).where(Product.id == product_id)
    row = connection.execute(found.with_for_update(key_share=True)).one()
    if row.publish_at is None or row.publish_at > clock.now(connection):
        return False
    reached("publication.seen")
    move_locked(connection, SYSTEM, dict(row._mapping), "published")
    return True


def take_plan(connection: Connection, plan_id: int, now: datetime) -> PlannedPrice | None:
    """The guarded move from planned to applied; None if it is not due, or not planned any more."""
    taking = (
        update(PlannedPrice)
        .where(
            PlannedPrice.id == plan_id,
            PlannedPrice.status == "planned",
            PlannedPrice.due_at <= now,
        )
        .values(status="applied", ended_at=now)
        .returning(PlannedPrice.uid, PlannedPrice.amount_minor, PlannedPrice.was_minor)
    )
    return connection.execute(taking).one_or_none()  # type: ignore[return-value] # its columns


def _insert(connection: Connection, values: dict[str, object]) -> None:
    open_plans = select(func.count()).where(
        PlannedPrice.product_id == values["product_id"], PlannedPrice.status == "planned"
    )
    if connection.execute(open_plans).scalar_one() >= MOST_PLANS:
        raise TooManyPlans
    try:
        connection.execute(insert(PlannedPrice).values(**values))
    except IntegrityError as error:
        is_same = "due_at" in str(error.orig) or "uq_planned_price_moment" in str(error.orig)
        raise (PricePlannedAlready() if is_same else error) from None


def _check_amounts(price: int, was: int | None) -> None:
    if not 0 < price <= LARGEST:
        raise Invalid.at("/price", "must be above 0 and at most 10^12")
    if was is not None and not price < was <= LARGEST:
        raise Invalid.at("/was_price", "must be above the price")


def _require_ahead(connection: Connection, moment: datetime, name: str) -> datetime:
    """The present. Raises Invalid for a moment that is past, or more than two years away."""
    now = clock.now(connection)
    if not now < moment <= now + FURTHEST:
        raise Invalid.at(f"/{name}", "must lie in the next two years")
    return now


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
