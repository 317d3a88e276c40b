"""What two people do at once in the shop, and how one sees that it went wrong."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from kirana.accounts.models import Approval
from kirana.accounts.services import suspend
from kirana.accounts.services.applications import _ask
from kirana.accounts.services.records import NewAccount, add_account
from kirana.cart.queries import basket_view
from kirana.cart.services import merge_guest_cart, set_line
from kirana.catalog.inputs import CategoryWish, NewCategory, NewProduct, ProductChanges
from kirana.catalog.models import Category, Product
from kirana.catalog.services.categories import create_category, delete_category
from kirana.catalog.services.products import archive_product, create_product, edit_product
from kirana.catalog.services.requests import approve_request, ask_for_category, reject_request
from kirana.checkout.services import check_out
from kirana.orders.models import Order, OrderGroup, OrderLine
from kirana.orders.services import cancel_my_order, move_order
from kirana.payments.models import PaymentEvent
from kirana.platform.access import SYSTEM, Actor
from kirana.platform.amounts import Money
from kirana.platform.db import query, verb
from kirana.platform.idempotency import Claim, Stored, once
from kirana.stock.models import StockLevel, StockMovement
from kirana.stock.services.goods import count_stock, receive_goods
from kirana.stores.models import Store
from kirana.stores.services import approve_manager, reject_manager
from kirana.stores.shapes import NewStore, Placement
from tests.cart.goods import make_guest, make_person, make_product, make_store
from tests.checkout.buying import HOME, buy, count, rows
from tests.races.rivals import Met, failed

Deed = Callable[[], Any]
ZONE = "Asia/Kolkata"


class Scene(NamedTuple):
    """Two deeds, and whether what became of them is what must never be."""

    act: Deed
    rival: Deed
    harm: Callable[[Met], bool]


class Counter(NamedTuple):
    """A store with a product of which there are ten at 50.00, and its people."""

    store: int
    milk: str
    buyer: Actor
    staff: Actor
    admin: Actor


def open_counter(stock: int = 10) -> Counter:
    admin, store = make_person("admin"), make_store()
    milk = make_product(store, stock)
    return Counter(store, milk, make_person(), make_person("manager", store), admin)


def with_basket(at: Counter, quantity: int = 2) -> Deed:
    """The checkout of a basket, at the total that it shows now."""
    set_line(at.buyer, at.milk, quantity)
    return checkout_of(at.buyer)


def checkout_of(buyer: Actor) -> Deed:
    return partial(check_out, buyer, HOME, Money(basket_view(buyer).total_minor, "INR"))


def overruled(met: Met) -> bool:
    """The rival's deed was done before, and yet the first was let through."""
    return not (met.waited or failed(met.rival) or failed(met.first))


def both_done(met: Met) -> bool:
    return not (failed(met.first) or failed(met.rival))


# ---- the last unit, one basket, one key


def two_buyers_of_the_last_unit() -> Scene:
    at = open_counter(1)
    other = at._replace(buyer=make_person())
    first, rival = with_basket(at, 1), with_basket(other, 1)
    return Scene(first, rival, lambda _met: moved("sold") < -1)


def one_key_twice() -> Scene:
    return _one_basket(("one key", "one key"))


def two_keys_for_one_basket() -> Scene:
    return _one_basket(("a key", "another key"))


def _one_basket(keys: tuple[str, str]) -> Scene:
    at = open_counter()
    order = with_basket(at)
    first, rival = (partial(_order_once, at.buyer, key, order) for key in keys)
    return Scene(first, rival, lambda _met: count(OrderGroup) > 1)


def _order_once(buyer: Actor, key: str, order: Deed) -> bytes:
    claim = Claim.of(buyer, key, b"order")
    return once(claim, lambda: Stored(201, order().uid.encode())).body


# ---- checkout against what happens around it


def a_line_added_while_the_basket_is_ordered() -> Scene:
    at = open_counter()
    order, rice = with_basket(at), make_product(at.store)
    return Scene(partial(set_line, at.buyer, rice, 1), order, lambda _met: _is_lost(at.buyer, rice))


def a_merge_while_the_basket_is_ordered() -> Scene:
    at = open_counter()
    order, rice, guest = with_basket(at), make_product(at.store), make_guest()
    set_line(guest, rice, 1)
    return Scene(partial(sign_in, at.buyer, guest), order, lambda _met: _is_lost(at.buyer, rice))


def _is_lost(buyer: Actor, slug: str) -> bool:
    """Neither ordered nor in the basket."""
    ordered = {row.product_id for row in rows(OrderLine)}
    product = next(row.id for row in rows(Product) if row.slug == slug)
    return product not in ordered and slug not in {x.slug for x in basket_view(buyer).lines}


def another_price_than_was_seen() -> Scene:
    at = open_counter()
    order, dearer = with_basket(at), ProductChanges(price=Money(6000, "INR"))
    rival = partial(edit_product, at.staff, at.milk, dearer)
    return Scene(order, rival, lambda _met: 12_000 in {row.total_minor for row in rows(Order)})


def a_product_archived() -> Scene:
    at = open_counter()
    return Scene(with_basket(at), partial(archive_product, at.staff, at.milk), overruled)


def a_customer_suspended() -> Scene:
    at = open_counter()
    rival = partial(suspend, at.admin, at.buyer.uid, "a test")
    return Scene(with_basket(at), rival, overruled)


def the_category_deleted() -> Scene:
    at = open_counter()
    rival = partial(delete_category, at.admin, "shelf")
    return Scene(with_basket(at), rival, lambda _met: _homeless() > 0)


def a_product_made_in_a_category_deleted() -> Scene:
    at = open_counter()
    tea = create_category(at.admin, NewCategory(name="Tea")).slug
    store = next(row.slug for row in rows(Store) if row.id == at.store)
    new = NewProduct(title="Assam", category=tea, price=Money(9900, "INR"))
    first = partial(create_product, at.staff, store, new)
    return Scene(first, partial(delete_category, at.admin, tea), lambda _met: _homeless() > 0)


@query
def _homeless(connection: Connection) -> int:
    known = select(Category.id)
    lost = select(func.count()).select_from(Product).where(Product.category_id.not_in(known))
    return connection.execute(lost).scalar_one()


# ---- stock edits against sales


def goods_received_while_selling() -> Scene:
    at = open_counter()
    return Scene(partial(receive_goods, at.staff, at.milk, 5), with_basket(at), _is_off_the_ledger)


def stock_counted_while_selling() -> Scene:
    at = open_counter()
    counted = partial(count_stock, at.staff, at.milk, 7, 1, "counted")
    return Scene(counted, with_basket(at), _is_off_the_ledger)


@query
def _is_off_the_ledger(connection: Connection, _met: Met) -> bool:
    level = connection.execute(select(StockLevel.on_hand)).scalar_one()
    entries = connection.execute(select(func.sum(StockMovement.delta))).scalar_one()
    return bool(level != entries)


@query
def moved(connection: Connection, kind: str) -> int:
    """What the ledger says of one kind of movement."""
    of = select(func.coalesce(func.sum(StockMovement.delta), 0)).where(StockMovement.kind == kind)
    return int(connection.execute(of).scalar_one())


# ---- decisions


def a_category_approved_twice() -> Scene:
    at = open_counter()
    approve = partial(approve_request, at.admin, _wish(at))
    return Scene(approve, approve, lambda _met: count(Category, Category.name == "Tea") > 1)


def a_category_approved_and_rejected() -> Scene:
    at = open_counter()
    uid = _wish(at)
    rival = partial(reject_request, at.admin, uid, "no tea here")
    return Scene(partial(approve_request, at.admin, uid), rival, both_done)


def _wish(at: Counter) -> str:
    return ask_for_category(at.staff, CategoryWish(kind="create", name="Tea"))


def a_manager_approved_twice() -> Scene:
    at, uid = open_counter(), wait_for_a_place()
    approve = partial(approve_manager, at.admin, uid, _a_new_store(), ZONE)
    return Scene(approve, approve, lambda _met: count(Store) > 2)


def a_manager_approved_and_rejected() -> Scene:
    at, uid = open_counter(), wait_for_a_place()
    rival = partial(reject_manager, at.admin, uid, "too far away")
    return Scene(partial(approve_manager, at.admin, uid, _a_new_store(), ZONE), rival, both_done)


def _a_new_store() -> Placement:
    return Placement(new_store=NewStore(name="Corner Shop"))


@verb
def wait_for_a_place(connection: Connection, email: str = "mira@example.org") -> str:
    """Somebody applies as a manager; the application's uid."""
    new = NewAccount(email, "Mira", "-", "manager", "pending", "UTC")
    account_id = add_account(connection, SYSTEM, new)
    _ask(connection, account_id, "Corner Shop")
    find = select(Approval.uid).where(Approval.account_id == account_id)
    return str(connection.execute(find).scalar_one())


# ---- an order's moves


def an_order_cancelled_twice() -> Scene:
    at = open_counter()
    with_basket(at)
    cancel = partial(cancel_my_order, at.buyer, buy(at.buyer).orders[0].number)
    return Scene(cancel, cancel, lambda _met: moved("returned") > 2)


def an_order_cancelled_and_handed_over() -> Scene:
    at = open_counter()
    with_basket(at)
    number = buy(at.buyer).orders[0].number
    for to in ("accepted", "picking", "packed"):
        move_order(at.staff, number, (to, ""))

    def hand_over() -> None:
        for to in ("ready", "handed_over"):
            move_order(at.staff, number, (to, ""))

    def given_and_taken(_met: Met) -> bool:
        return moved("returned") > 0 and count(PaymentEvent, PaymentEvent.kind == "captured") > 0

    cancel = partial(move_order, at.staff, number, ("cancelled", "no show"))
    return Scene(cancel, hand_over, given_and_taken)


# ---- two devices


@verb
def sign_in(connection: Connection, person: Actor, guest: Actor) -> str | None:
    return merge_guest_cart(connection, account_id=person.me(), guest_hash=guest.guest_hash)


def two_devices_sign_in() -> Scene:
    at = open_counter()
    set_line(at.buyer, at.milk, 1)
    phone, laptop = make_guest(), make_guest()
    set_line(phone, at.milk, 3)
    set_line(laptop, at.milk, 5)
    first, rival = (partial(sign_in, at.buyer, device) for device in (phone, laptop))
    return Scene(first, rival, lambda _met: basket_view(at.buyer).lines[0].quantity < 5)
