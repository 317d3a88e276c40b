"""Who meets over goods that are kept for a while, and how the guards of a hold are taken out."""

from collections.abc import Iterable
from functools import partial

from sqlalchemy import Connection, delete, or_, select, update

from kirana.accounts.services import suspend
from kirana.catalog.services.products import archive_product
from kirana.checkout.services import start_checkout
from kirana.platform import clock
from kirana.platform.probes import reached
from kirana.stock.models import Reservation, StockLevel
from kirana.stock.services import holds, selling
from kirana.stock.services.holds import sweep_holds
from tests.checkout.holding import SETTINGS, buyer_with, let_lapse, shelf_of
from tests.checkout.holding import holds as kept
from tests.races.mutants import Patch
from tests.races.rivals import Met
from tests.races.scenes import Scene, checkout_of, moved, open_counter, overruled


def two_starts_for_the_last_unit() -> Scene:
    milk = open_counter(1).milk
    buyers = [buyer_with((milk, 1)) for _ in range(2)]
    first, rival = (partial(start_checkout, buyer, SETTINGS) for buyer in buyers)
    return Scene(first, rival, lambda _met: len(kept()) > 1)


def a_lapsed_hold_that_another_takes_while_it_is_ordered() -> Scene:
    milk = open_counter(1).milk
    holder, other = (buyer_with((milk, 1)) for _ in range(2))
    start_checkout(holder, SETTINGS)
    let_lapse()
    return Scene(checkout_of(holder), checkout_of(other), lambda _met: moved("sold") < -1)


def the_sweep_while_a_lapsed_hold_is_ordered() -> Scene:
    milk = open_counter(5).milk
    holder, other = buyer_with((milk, 1)), buyer_with((milk, 2))
    for buyer in (holder, other):
        start_checkout(buyer, SETTINGS)
    let_lapse()
    return Scene(checkout_of(holder), sweep_holds, lambda _met: _is_miscounted(milk))


def the_sweep_while_another_buys() -> Scene:
    milk = open_counter(5).milk
    other = buyer_with((milk, 1))
    start_checkout(buyer_with((milk, 2)), SETTINGS)
    let_lapse()
    return Scene(sweep_holds, checkout_of(other), lambda _met: _is_miscounted(milk))


def a_product_archived_while_it_is_kept() -> Scene:
    at = open_counter()
    start = partial(start_checkout, buyer_with((at.milk, 1)), SETTINGS)
    return Scene(start, partial(archive_product, at.staff, at.milk), _is_kept_of_the_archived)


def a_customer_suspended_while_they_start() -> Scene:
    at = open_counter()
    start = partial(start_checkout, buyer := buyer_with((at.milk, 1)), SETTINGS)
    return Scene(start, partial(suspend, at.admin, buyer.uid, "a test"), lambda _met: bool(kept()))


def _is_kept_of_the_archived(met: Met) -> bool:
    return overruled(met) and bool(kept())


def _is_miscounted(slug: str) -> bool:
    return shelf_of(slug)[1] != sum(quantity for _product, quantity in kept())


# ---- the mutants


def keeps_without_asking(patch: Patch) -> None:
    patch.setattr(holds, "_keep", _keep_blindly)


def _keep_blindly(connection: Connection, product_id: int, quantity: int) -> bool:
    mine = StockLevel.product_id == product_id
    more = StockLevel.reserved + quantity
    connection.execute(update(StockLevel).where(mine).values(reserved=more))
    return True


def ends_what_was_seen(patch: Patch) -> None:
    """Lapsed rows are released without the level's lock, and lowered as they were seen."""
    for module in (holds, selling):
        patch.setattr(module, "release_first", _release_what_was_seen)


def _release_what_was_seen(
    connection: Connection, product_ids: Iterable[int], cart_id: int | None = None
) -> dict[int, int]:
    gone = or_(Reservation.expires_at <= clock.now(connection), Reservation.cart_id == cart_id)
    where = (Reservation.product_id.in_(list(product_ids)), gone)
    columns = (Reservation.product_id, Reservation.quantity)
    seen = connection.execute(select(*columns).where(*where)).all()
    reached("stock.holds_seen")
    for product_id, quantity in seen:
        mine = StockLevel.product_id == product_id
        less = StockLevel.reserved - quantity
        connection.execute(update(StockLevel).where(mine).values(reserved=less))
    connection.execute(delete(Reservation).where(*where))
    return {}
